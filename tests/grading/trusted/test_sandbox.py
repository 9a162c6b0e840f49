"""The sandbox holds; and where it would not, the self-test says so and nothing is graded."""

import ast
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from grading.trusted.made_release import RIGHT, bundle, submission

from nnlib.course import ROOT
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.trusted import bubblewrap, cgroup, provisioner, sandbox
from nnlib.grading.trusted.assess import assess
from nnlib.grading.trusted.bubblewrap import SandboxError
from nnlib.grading.trusted.kernel import CellOutput, Kernel
from nnlib.grading.trusted.notebook import released_cells
from nnlib.grading.trusted.sandbox import self_test

RELEASES = sorted(ROOT.glob("exercises/*/*.ipynb"))


@pytest.fixture
def cold() -> Iterator[None]:
    """Before and after: no warm process that was started otherwise, no self-test that is remembered."""
    provisioner.WARM.close()
    sandbox.proven.cache_clear()
    yield
    provisioner.WARM.close()
    sandbox.proven.cache_clear()


def test_the_self_test_names_the_level() -> None:
    expected = ["bubblewrap"] + ["own uid"] * (os.getuid() == 0) + ["cgroup"] * bool(cgroup.parents())
    assert self_test() == ", ".join(expected)


def test_without_bubblewrap_nothing_is_graded(cold: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match="sudo apt install bubblewrap.*WSL2.*--unsandboxed"):
        self_test()
    result = assess(bundle(), json.dumps(submission(RIGHT)).encode(), 1)
    assert result.outcome == "grader error"
    assert "--unsandboxed" in result.what
    assert result.scores == ()


def test_without_a_sandbox_on_demand() -> None:
    result = assess(bundle(), json.dumps(submission(RIGHT)).encode(), 1, sandboxed=False)
    assert (result.outcome, result.level) == ("graded", "none")
    assert sum(score.points or 0 for score in result.scores) == 8


def with_folder_visible(arguments: list[str]) -> list[str]:
    # before the root becomes read-only
    return [
        *arguments[:-4],
        "--ro-bind",
        bubblewrap.seen(str(bubblewrap.NNLIB)),
        str(bubblewrap.NNLIB),
        *arguments[-4:],
    ]


def with_writable_root(arguments: list[str]) -> list[str]:
    place = len(arguments) - 1 - arguments[::-1].index("/") - 1
    return arguments[:place] + arguments[place + 2 :]


def with_room(arguments: list[str]) -> list[str]:
    return [str(10**9) if argument == str(bubblewrap.SCRATCH) else argument for argument in arguments]


def with_more_user_namespaces(arguments: list[str]) -> list[str]:
    return [argument for argument in arguments if argument != "--disable-userns"]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (with_folder_visible, "can be seen"),
        (with_writable_root, "/ can be written to"),
        (with_room, "has no limit"),
        (with_more_user_namespaces, "it can make a user namespace"),
    ],
)
def test_a_leak_in_the_arguments_is_found(
    fault: object, says: str, cold: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = bubblewrap.arguments
    monkeypatch.setattr(bubblewrap, "arguments", lambda modules: fault(arguments(modules)))
    with pytest.raises(SandboxError, match=says):
        self_test()


def test_missing_limits_are_found(cold: None, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {name: limit for name, limit in bubblewrap.limits(os.getuid()).items() if name != "RLIMIT_NPROC"}
    monkeypatch.setattr(bubblewrap, "limits", lambda user: limits)
    monkeypatch.setattr(cgroup, "make", lambda *_: [])
    with pytest.raises(SandboxError, match="number of its processes has no limit"):
        self_test()


def test_privileges_that_are_kept_are_found(cold: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = (Path(bubblewrap.__file__).with_name("warm.py")).read_text()
    given_up = '    """Run a kernel until it is told to end."""\n    give_up_privileges()\n'
    assert given_up in source
    command = bubblewrap.warm_command

    def careless(user: int, control: int) -> list[str]:
        words = command(user, control)
        place = next(number for number, word in enumerate(words) if word.endswith("warm.py"))
        code = source.replace(given_up, given_up.splitlines()[0] + "\n")
        return [*words[:place], "-c", code, *words[place + 1 :]]

    monkeypatch.setattr(bubblewrap, "warm_command", careless)
    with pytest.raises(SandboxError, match="it has capabilities"):
        self_test()


def test_a_failing_self_test_grades_nothing(cold: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_probed", lambda bait: ["the moon can be seen"])
    result = assess(bundle(), json.dumps(submission(RIGHT)).encode(), 1)
    assert (result.outcome, result.scores, result.notebook) == ("grader error", (), b"")
    assert "the moon can be seen" in result.what


def run(kernel: Kernel, source: str) -> CellOutput:
    output = CellOutput()
    kernel.run_cell(source, 60, output)
    return output


def text(output: CellOutput) -> str:
    return "".join(each.get("text", each.get("evalue", "")) for each in output.outputs)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    kernel = Kernel(["activations"])
    yield kernel
    kernel.close()


@pytest.mark.parametrize("name", ["torch", "jax", "autograd.numpy", "sklearn.linear_model"])
def test_libraries_that_differentiate_are_not_there(kernel: Kernel, name: str) -> None:
    output = run(kernel, f"import {name}")
    assert output.failed
    assert "cannot be imported while answers are graded: the question is to write it yourself" in text(output)


@pytest.mark.parametrize(
    "statement",
    [
        "import nnlib.backprop",
        "from nnlib.backprop import backward",
        "from nnlib import Network",
        "from nnlib.grading.questions import QUESTIONS",
        "from nnlib.grading.diagnosis import judge",
        "from nnlib.widgets.training import training_figure",
    ],
)
def test_the_rest_of_nnlib_is_not_there(kernel: Kernel, statement: str) -> None:
    output = run(kernel, statement)
    assert output.failed
    assert "cannot be imported while answers are graded: only what the exercise's set-up imports" in text(output)


def test_nothing_of_them_is_on_the_disk(kernel: Kernel) -> None:
    """Really hidden: not only from the import statement."""
    output = run(
        kernel,
        """
import os
for folder, folders, files in os.walk("/"):
    if folder.startswith("/proc"):
        folders.clear()
    for name in folders + files:
        if name in ("torch", "jax", "autograd", "sklearn", "backprop", "backprop.py", "questions", "gradebook.db",
                    "solutions", "exercises", "distributed", "nbgrader", "diagnosis.py"):
            if not folder.startswith(("/usr/lib/python3.", "/usr/lib/python3/")):
                print(os.path.join(folder, name))
""",
    )
    assert text(output) == ""
    assert not output.failed


def test_what_answers_need_is_there(kernel: Kernel) -> None:
    output = run(
        kernel,
        """
import math, tqdm, matplotlib.pyplot as plt, numpy as np
from nnlib.activations import ACTIVATIONS
from nnlib.grading import check
check("anything")
plt.plot([1, 2]); plt.show()
print(ACTIVATIONS["relu"].sigma(np.array([-1.0, 1.0])))
""",
    )
    assert not output.failed, text(output)
    assert "the grader judges" in text(output)
    assert any("image/png" in each.get("data", {}) for each in output.outputs)


@pytest.mark.parametrize("path", RELEASES, ids=lambda path: path.parent.name)
def test_no_reference_is_visible_in_any_exercise(path: Path) -> None:
    """What an exercise's set-up imports must not define a function that the exercise asks for."""
    cells = released_cells(path.read_bytes())
    modules = frozenset().union(*(bubblewrap.imported(cell.source) for cell in cells if cell.role == "set-up"))
    asked = {cell.question for cell in cells if cell.role == "check"}
    assert asked <= set(QUESTIONS)
    defined = set()
    for source in bubblewrap.course(modules):
        for file in [Path(source)] if source.endswith(".py") else Path(source).rglob("*.py"):
            defined |= {
                node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)
            }
    assert not asked & defined


def test_control_groups_of_version_2(tmp_path: Path) -> None:
    """The files that are written, in a made-up tree: this machine may have version 1."""
    cgroup.parents.cache_clear()
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    (tmp_path / "cgroup.subtree_control").write_text("cpu")
    assert cgroup.parents(tmp_path) == ()
    cgroup.parents.cache_clear()
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory pids")
    assert cgroup.parents(tmp_path) == (tmp_path,)
    cgroup.parents.cache_clear()
