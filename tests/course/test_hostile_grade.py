"""Hostile submissions through the real `course grade`; all of them: python tests/hostile_grade.py."""

import hostile_grade


def test_tricks_earn_nothing_and_cost_nobody_else_a_point(capsys):
    assert hostile_grade.main("full points", "scripts in", "100 points") == 0
    said = capsys.readouterr().out
    assert "scripts in outputs" in said
    assert said.endswith(" tricks, 0 faults\n")
