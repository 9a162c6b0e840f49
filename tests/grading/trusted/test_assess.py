"""One submission: bytes in, scores and a notebook out, whatever it does."""

import contextlib
import copy
import io
import json
import re
import threading
import warnings
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest
from grading.trusted.hostile import notebooks
from grading.trusted.made_release import RIGHT, bundle, points, release, submission
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbconvert import HTMLExporter

from nnlib.course.demo import ASSIGNMENT, STUDENTS
from nnlib.course.paths import find_course
from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.trusted import answers
from nnlib.grading.trusted.assess import Assessment, Bundle, assess, question_seed
from nnlib.grading.trusted.kernel import Kernel

SEED = 11
FULL = {
    "output-delta-check": 2.0,
    "hidden-delta-check": 3.0,
    "layer-gradients-check": 2.0,
    "soft-switch-check": 1.0,
    "why-answer": 0.0,
}


def graded(answers: dict[str, str] = RIGHT, before: str = "", after: str = "", **options: object) -> Assessment:
    return assess(bundle(), json.dumps(submission(answers, before, after)).encode(), SEED, **options)


def text_of(assessment: Assessment, question: str) -> str:
    return next(score.text for score in assessment.scores if score.question == question)


def outputs_of(assessment: Assessment, cell: str) -> list:
    notebook = nbformat.reads(assessment.notebook.decode(), as_version=4)
    return next(each.outputs for each in notebook.cells if each.id == cell)


def test_right_answers_earn_everything() -> None:
    result = graded()
    assert (result.outcome, result.what, result.seed) == ("graded", "", SEED)
    assert points(result) == FULL
    assert [score.cell for score in result.scores] == list(FULL)
    assert [score.of for score in result.scores] == [2, 3, 2, 1, 2]
    nbformat.validate(nbformat.reads(result.notebook.decode(), as_version=4))


def test_the_untouched_release_earns_nothing() -> None:
    result = assess(bundle(), release(), SEED)
    assert set(points(result).values()) == {0.0}
    assert "output_delta is not defined" in text_of(result, "output_delta")
    assert "soft_switch is not defined" in text_of(result, "soft_switch")


def test_the_same_seed_gives_the_same_verdict_also_at_the_same_time() -> None:
    wrong = {**RIGHT, "output_delta": RIGHT["output_delta"].replace(" / len(Y)", "")}
    results = {}

    def work(number: int) -> None:
        results[number] = graded(wrong)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results[2] = graded(wrong)
    assert results[0].scores == results[1].scores == results[2].scores
    assert results[0].notebook == results[1].notebook == results[2].notebook


@pytest.mark.parametrize(
    "student", [student for student in STUDENTS if student.points is not None], ids=lambda s: s.name
)
def test_the_texts_are_those_of_a_check_in_the_notebook(student: object) -> None:
    """The same answers, judged here in one process: same points, same words."""
    course = find_course()
    path = course.notebook(ASSIGNMENT)
    notebook = nbformat.read(path, as_version=4)
    source = {cell.id: cell.source for cell in nbformat.read(course.source(ASSIGNMENT), as_version=4).cells}
    namespace: dict = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.id.endswith("-answer") and student.leaves is not None and cell.id not in student.leaves:
            answer = re.sub(r"^ *### (BEGIN|END) SOLUTION\n?", "", source[cell.id], flags=re.MULTILINE)
            cell.source = answer.replace(*student.edits.get(cell.id, ("", "")))
        if cell.cell_type == "code" and (cell.id == "set-up" or cell.id.endswith("-answer")):
            with contextlib.suppress(NotImplementedError):
                exec(cell.source, namespace)
    result = assess(Bundle(ASSIGNMENT, path.stem, path.read_bytes()), nbformat.writes(notebook).encode(), SEED)
    assert result.outcome == "graded"
    earned = 0.0
    for score in result.scores:
        if score.question in namespace:
            with np.errstate(all="ignore"), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                name = score.question
                verdict = judge(QUESTIONS[name], namespace[name], question_seed(SEED, name))
            assert score.points == verdict.earned
            assert score.mistake == verdict.mistake
            # an answer that calls a wrong one says so first
            text = [line for line in score.text.splitlines() if "begin there" not in line]
            assert " ".join(" ".join(text).split()) == " ".join(report(verdict).split())
        earned += score.points or 0.0
    assert earned == student.points


def test_an_answer_that_calls_a_wrong_one_says_so() -> None:
    path = find_course().notebook(ASSIGNMENT)
    notebook = json.loads(path.read_bytes())
    code = {
        "output-delta-answer": "def output_delta(A_L, Z_L, Y, sigma):\n    return 2.0 * (Z_L - Y)",
        "backward-answer": "def backward(X, *rest):\n    d = output_delta(X, X, X, 'tanh')\n    return [d], [d]",
    }
    for cell in notebook["cells"]:
        cell["source"] = code.get(cell["id"], cell["source"])
    result = assess(Bundle(ASSIGNMENT, path.stem, path.read_bytes()), json.dumps(notebook).encode(), SEED)
    text = " ".join(text_of(result, "backward").split())
    assert "Your backward calls your output_delta, where something is wrong: begin there." in text


def test_a_failure_names_the_line() -> None:
    wrong = "def output_delta(A_L, Z_L, Y, sigma):\n    delta = Z_L - Y\n    return delta @ delta"
    result = graded({**RIGHT, "output_delta": wrong})
    assert "return delta @ delta" in text_of(result, "output_delta")


def test_changed_arguments_are_seen() -> None:
    wrong = RIGHT["output_delta"].replace("    return", "    Y -= Z_L\n    Y *= -1\n    return", 1)
    result = graded({**RIGHT, "output_delta": wrong.replace("(Z_L - Y)", "Y")})
    assert "changes" in text_of(result, "output_delta")
    assert points(result)["output-delta-check"] < 2.0


def test_a_loop_without_end_is_named_and_costs_one_question() -> None:
    result = graded({**RIGHT, "hidden_delta": "def hidden_delta(*a):\n    while True:\n        pass"})
    assert points(result) == {**FULL, "hidden-delta-check": 0.0}
    assert "endless loop" in text_of(result, "hidden_delta")


def test_a_kernel_that_dies_costs_one_question() -> None:
    result = graded({**RIGHT, "hidden_delta": "import os\ndef hidden_delta(*a):\n    os._exit(1)"})
    assert points(result) == {**FULL, "hidden-delta-check": 0.0}


def test_a_kernel_that_dies_of_one_answer_while_the_next_one_is_called_costs_that_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask, asked = Kernel.ask, []

    def dying(self: Kernel, expression: str, seconds: float) -> object:
        asked.append(expression)
        if sum(each.startswith("call('hidden_delta'") for each in asked) == 1:
            self._manager.provisioner.strike()  # as if output_delta had left something behind that does it
        return ask(self, expression, seconds)

    monkeypatch.setattr(Kernel, "ask", dying)
    assert points(graded()) == FULL


def test_a_cell_that_ends_the_kernel_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    result = graded(before="import os\nprint('here')\nos._exit(3)")
    assert points(result) == FULL
    assert result.what == "cell before ended the kernel"


def test_a_cell_that_does_not_end_keeps_what_it_has_defined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "SECONDS_OF_A_CELL", 2.0)
    result = graded({**RIGHT, "output_delta": RIGHT["output_delta"] + "\nwhile True: pass"})
    assert points(result) == FULL


def test_an_error_in_a_cell_does_not_stop_the_later_ones() -> None:
    assert points(graded(before="1 / 0")) == FULL


def test_what_is_printed_and_plotted_is_kept_and_nothing_else() -> None:
    show = "from IPython.display import HTML, display\nprint('mine')\ndisplay(HTML('<b>no</b>'))\n"
    show += "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    result = graded(after=show)
    outputs = outputs_of(result, "after")
    assert outputs[0].text == "mine\n"
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert {kind for output in outputs for kind in output.get("data", {})} <= {"text/plain", "image/png"}


def test_flooding_prints_are_cut() -> None:
    result = graded(after="for k in range(200_000): print(k)")
    assert points(result) == FULL
    assert len(result.notebook) < 200_000
    assert "[... and more]" in json.dumps(nbformat.reads(result.notebook.decode(), 4))


def test_the_points_stand_where_nbgrader_reads_them() -> None:
    result = graded({"output_delta": RIGHT["output_delta"]})
    stream, number = outputs_of(result, "output-delta-check")
    assert stream.text.endswith("2 of 2 points\n")
    assert number.data["text/plain"] == "2.0"


def test_only_changed_figures_run() -> None:
    notebook = submission(RIGHT)
    assert assess(bundle(), json.dumps(notebook).encode(), SEED).what == ""
    figure = next(cell for cell in notebook["cells"] if cell["id"] == "some-figure")
    figure["source"] = "print('changed')"
    result = assess(bundle(), json.dumps(notebook).encode(), SEED)
    assert outputs_of(result, "some-figure")[0].text == "changed\n"


def test_a_notebook_of_another_editor() -> None:
    """No ids, no metadata: the answers are the student's own cells then, and count."""
    notebook = submission(RIGHT)
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    result = assess(bundle(), json.dumps(notebook).encode(), SEED)
    assert {**points(result), "why-answer": 0.0} == FULL


def test_a_written_answer_is_marked_by_hand() -> None:
    notebook = submission(RIGHT)
    notebook["cells"][-1]["source"] = "Since it is so, for a<b."
    result = assess(bundle(), json.dumps(notebook).encode(), SEED)
    assert points(result)["why-answer"] is None


def test_a_missing_written_answer_is_no_silent_zero() -> None:
    notebook = submission(RIGHT)
    del notebook["cells"][-1]
    result = assess(bundle(), json.dumps(notebook).encode(), SEED)
    assert points(result)["why-answer"] is None
    assert result.what == "cells missing: why-answer"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"My answers", "not a notebook: no JSON from line 1"),
        (b"\xff\xfe\x00", "not a notebook: the file is not text"),
        (b"{}", "without `nbformat`"),
        (b'{"nbformat": 3, "worksheets": []}', "notebook of format 3"),
        (b'{"nbformat": 4, "cells": 5}', "or without cells"),
        (b'{"nbformat": 4, "cells": [5]}', "cell 1 is not a cell"),
        (b'{"nbformat": 4, "cells": [{"source": 5}]}', "the text of cell 1 is not text"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"nbformat": 4, "cells": [' + b"{}," * 2000 + b"{}]}", "2001 cells are more than 1000"),
        (b" " * 20_000_001, "MB are more than 20 MB"),
    ],
)
def test_what_is_no_notebook_is_the_students_error(content: bytes, says: str) -> None:
    result = assess(bundle(), content, SEED)
    assert (result.outcome, result.scores, result.notebook) == ("student error", (), b"")
    assert says in result.what


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (b"nothing", "the released notebook cannot be read"),
        (release({}).replace(b'"grade": true', b'"grade": false'), "no cell of the released notebook is graded"),
        (release({"nothing_like_it": 1}), "there is no question 'nothing_like_it'"),
        (release().replace(b'check(\\"soft_switch\\")', b"1.0"), "has no check"),
        (release(set_up="import a_module_that_is_nowhere"), "the set-up does not run: cell set-up stops"),
    ],
)
def test_a_faulty_release_is_the_graders_error(made: bytes, says: str) -> None:
    result = assess(Bundle("00_made", "made", made), json.dumps(submission(RIGHT)).encode(), SEED)
    assert (result.outcome, result.scores, result.notebook) == ("grader error", (), b"")
    assert says in result.what


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_json_ends_as_an_assessment(data: st.DataObject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without kernels, which no notebook of junk needs."""
    notebook = copy.deepcopy(submission({}))
    for _ in range(data.draw(st.integers(1, 3))):
        cell = data.draw(st.sampled_from(notebook["cells"]))
        key = data.draw(st.sampled_from(["cell_type", "id", "metadata", "source", "attachments", "outputs"]))
        cell[key] = data.draw(JUNK)
    monkeypatch.setattr(answers.Answers, "prepare", lambda self: None)
    monkeypatch.setattr(answers.Answers, "find", lambda self, name: answers.Found("missing"))
    result = assess(bundle(), json.dumps(notebook).encode(), SEED, sandboxed=False)
    assert result.outcome in ("graded", "student error"), result.what


class Active(HTMLParser):
    """Collects what a page can act with."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "form", "style", "svg", "link", "meta", "base"):
            self.found.append(tag)
        for name, value in attrs:
            acts = re.match(r"\s*(javascript|vbscript|data:text)", value or "") or (name == "src" and "//" in value)
            if name.startswith("on") or (name in ("src", "href") and acts):
                self.found.append(f"{tag} {name}={value}")


@pytest.mark.parametrize("template", ["lab", "classic", "basic"])
def test_pages_carry_no_active_content(template: str) -> None:
    """Feedback and Formgrader convert the graded notebook with this exporter."""

    def page(notebook: dict) -> list[str]:
        result = assess(bundle(), json.dumps(notebook).encode(), SEED)
        assert result.outcome == "graded"
        exporter = HTMLExporter(template_name=template)
        with warnings.catch_warnings(action="ignore"):
            html, _ = exporter.from_notebook_node(nbformat.reads(result.notebook.decode(), as_version=4))
        assert "owned" in html or notebook is honest
        return sorted(Active(html).found)

    honest = submission(RIGHT)
    hostile = submission(RIGHT, after=notebooks.SHOW)
    next(case.edit for case in notebooks.CASES if case.name == "scripts in markdown and attachments")(hostile)
    assert page(hostile) == page(honest)
