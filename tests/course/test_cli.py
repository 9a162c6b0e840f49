"""The command line itself: its help, its exit codes, its lazy verbs."""

import os
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.util import find_spec

import click
import pytest
from click.testing import CliRunner

from nnlib.course import ROOT, cli, test


def run(*arguments: str):
    """Call the command line in this process."""
    return CliRunner().invoke(cli.command, arguments, prog_name="course")


def test_help_names_each_verb_on_one_line_and_the_exit_codes():
    answer = run("--help")
    assert answer.exit_code == 0
    lines = answer.output.splitlines()
    for verb, line in cli.VERBS.items():
        assert [one.split() for one in lines].count([verb, *line.split()]) == 1
    assert "Exit codes: 0" in answer.output


def test_help_loads_no_verb():
    code = "import sys; from nnlib.course import cli; cli.command(['-h'], standalone_mode=False); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "nnlib.course.cli" in modules
    assert not {f"nnlib.course.{verb}" for verb in cli.VERBS} & set(modules)


@pytest.mark.parametrize("verb", cli.VERBS)
def test_each_verb_explains_itself(verb):
    assert isinstance(import_module(f"nnlib.course.{verb}").command, click.Command)
    answer = run(verb, "--help")
    assert answer.exit_code == 0
    assert answer.output.startswith(f"Usage: course {verb} ")
    assert len(answer.output.split("\n\n")[1].strip()) > 20


def test_without_a_verb_it_is_lab(monkeypatch):
    @click.command()
    def pretended_lab():
        click.echo("JupyterLab")

    monkeypatch.setattr(import_module("nnlib.course.lab"), "command", pretended_lab)
    answer = run()
    assert (answer.exit_code, answer.output) == (0, "JupyterLab\n")


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["lab", "no_such.ipynb"], ["lab", "--port", "0"]])
def test_what_is_not_understood_ends_with_2(arguments):
    answer = run(*arguments)
    assert answer.exit_code == 2
    assert "Error" in answer.output


def test_the_version_is_that_of_the_project():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert run("--version").output.strip() == f"course, version {version}"


def test_programs_of_the_environment_are_found(monkeypatch, capsys):
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setattr(sys, "argv", ["course", "--version"])
    with pytest.raises(SystemExit):
        cli.main()
    assert shutil.which("alembic")  # nbgrader calls it
    assert "version" in capsys.readouterr().out


@pytest.mark.parametrize(("assertion", "code"), [("True", 0), ("False", 1)])
def test_the_exit_code_of_test_is_that_of_the_tests(tmp_path, assertion, code):
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    assert {assertion}\n")
    arguments = [sys.executable, "-c", "from nnlib.course.cli import main; main()", "test", "-q", str(tmp_path)]
    assert subprocess.run(arguments, capture_output=True).returncode == code


def test_one_failed_stage_fails_the_whole_and_the_summary_names_it(monkeypatch, tmp_path):
    monkeypatch.setattr(test, "ARTIFACTS", tmp_path)
    monkeypatch.setattr(test, "succeeds", lambda module, *arguments: "check" not in arguments)
    answer = run("test")
    assert answer.exit_code == 1
    summary = answer.output.split("== summary\n")[1].splitlines()
    assert [line.split()[0] for line in summary] == ["passed", "FAILED", *["passed"] * 3]
    assert "style of the code" in summary[1]


def test_the_summary_names_what_failed_in_this_run_and_why(monkeypatch, tmp_path):
    tests = tmp_path / "test_three.py"
    tests.write_text(
        "import pytest\n\n"
        "def test_wrong():\n    assert 1 + 1 == 3, 'the sum\\nin detail'\n\n"
        "@pytest.fixture\ndef broken():\n    raise OSError('no server')\n\n"
        "def test_without_its_server(broken):\n    pass\n\n"
        "def test_right():\n    pass\n"
    )
    (tmp_path / "before.xml").write_text('<testcase classname="t" name="earlier"><failure message="then"/></testcase>')
    monkeypatch.setattr(test, "ARTIFACTS", tmp_path)
    stage = ["pytest", "-p", "no:cacheprovider", f"--junit-xml={tmp_path / 'it.xml'}", str(tests)]
    monkeypatch.setattr(test, "STAGES", {"three tests": stage})
    summary = run("test").output.split("== summary\n")[1].splitlines()
    assert summary[0].startswith("FAILED  three tests")
    assert [line.split("::")[-1] for line in summary[1:]] == [
        "test_wrong: AssertionError: the sum",
        'test_without_its_server: failed on setup with "OSError: no server"',
    ]


def test_without_the_tests_packages_it_says_how_to_get_them(monkeypatch):
    monkeypatch.setattr(test, "find_spec", lambda name: None if name == "nbval" else find_spec(name))
    answer = run("test")
    assert answer.exit_code == 1
    assert "python3 course.py test" in answer.output
