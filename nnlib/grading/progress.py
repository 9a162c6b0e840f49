"""What a student has earned so far, as a table in the notebook that follows each check: `progress("momentum")`."""

import contextlib
import difflib
import html
import os
import sys
from pathlib import Path

from nnlib.grading.questions import CHAPTERS, QUESTIONS
from nnlib.grading.saved_points import FILE, Points, add, merged, one_check, read
from nnlib.grading.verdict import Verdict

FOOT = "Written answers are read by your instructor and do not stand here. " + (
    "Your points stay in this browser."
    if sys.platform == "emscripten"
    else "All exercises: python3 course.py progress, in a terminal."
)

_unsaved: dict[str, Points] = {}
"""Checks in this kernel that are not in the file."""
_shown: set[str] = set()
"""Chapters whose table stands in the notebook."""
_told: set[str] = set()
"""What went wrong, so that it is said once."""


def progress(chapter: str) -> None:
    """Show the points of each question of a chapter; a later check in this notebook renews the table.

    Args:
        chapter: such as "momentum".

    >>> progress("momentom")
    There is no chapter 'momentom'. Did you mean: momentum?
    """
    if chapter not in CHAPTERS:
        near = difflib.get_close_matches(str(chapter), CHAPTERS, cutoff=0.4) or list(CHAPTERS)
        print(f"There is no chapter {chapter!r}. Did you mean: {', '.join(near)}?")
    elif hasattr(_shell(), "kernel"):
        _shown.add(chapter)
        _display(chapter)
    else:
        print(as_text(chapter, _known()))


def record(verdict: Verdict) -> None:
    """Keep the points of a check, and renew the table. Whatever goes wrong here, the check has its points."""
    with contextlib.suppress(Exception):
        check = one_check(verdict.earned, verdict.possible)
        _unsaved.update(merged(_unsaved, {verdict.question: check}))
        if _is_kept():
            _save()
        for chapter in _shown:
            _display(chapter, update=True)


def as_text(chapter: str, known: dict[str, Points]) -> str:
    """The table in plain text.

    >>> print(as_text("chain_rule", {"scalar_forward": Points(1, 1, 1, 2, "")}).splitlines()[1])
      scalar_forward           1 of 1  best 1, 2 checks
    """
    width = max(map(len, CHAPTERS[chapter]))
    lines = [_title(chapter, known)]
    for name in CHAPTERS[chapter]:
        entry = known.get(name)
        state = f"best {_number(entry.best)}, {_checks(entry)}" if entry else "not checked yet"
        lines.append(f"  {name:{width}}  {_number(entry.points) if entry else '-':>4} of {_of(name)}  {state}")
    return "\n".join([*lines, FOOT])


def as_html(chapter: str, known: dict[str, Points]) -> str:
    """The table for a notebook, with a caption and headers for those who cannot see it."""
    cell = '<td style="text-align:{side}">{text}</td>'
    rows = []
    for name in CHAPTERS[chapter]:
        entry = known.get(name)
        numbers = [_number(entry.points), _of(name), _number(entry.best)] if entry else ["-", _of(name), "-"]
        cells = "".join(cell.format(side="right", text=text) for text in numbers)
        state = cell.format(side="left", text=_checks(entry) if entry else "not checked yet")
        rows.append(
            f'<tr><th scope="row" style="text-align:left"><code>{html.escape(name)}</code></th>{cells}{state}</tr>'
        )
    head = "".join(f'<th scope="col">{text}</th>' for text in ("question", "points", "of", "best", "checks"))
    caption = f'<caption style="text-align:left;white-space:normal"><b>{html.escape(_title(chapter, known))}</b>'
    return (
        f"<table>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f"<p><small>{html.escape(FOOT)}</small></p>"
    )


def _title(chapter: str, known: dict[str, Points]) -> str:
    earned = sum(known[name].points for name in CHAPTERS[chapter] if name in known)
    possible = sum(QUESTIONS[name].points for name in CHAPTERS[chapter])
    return f"Your points so far: {_number(earned)} of {_number(possible)}"


def _of(name: str) -> str:
    return _number(QUESTIONS[name].points)


def _checks(entry: Points) -> str:
    return f"{entry.checks} check{'s' * (entry.checks != 1)}"


def _number(points: float) -> str:
    return f"{round(points, 2):g}"


def _known() -> dict[str, Points]:
    """What the file holds, and the checks that could not be saved."""
    saved = {}
    if _is_kept():
        # what is wrong with the file is said by the next check
        with contextlib.suppress(OSError, ValueError):
            saved = read(Path.cwd())
    return merged(saved, _unsaved)


def _save() -> None:
    try:
        sentence = add(Path.cwd(), _unsaved)
        _unsaved.clear()
    except OSError as error:
        sentence = (
            f"(Your points could not be saved in {FILE}: {error.strerror or error}. They count all the same, "
            "and the next check tries again.)"
        )
    if sentence and sentence not in _told:
        _told.add(sentence)
        print(sentence)


def _is_kept() -> bool:
    """In a student's notebook; not where the project's tests run it, nor where it is graded."""
    graded = os.environ.get("NBGRADER_EXECUTION") == "autograde"
    return _shell() is not None and not graded and os.environ.get("COURSE_PROGRESS") != "off"


def _shell() -> object | None:
    """The IPython that runs this notebook, or None in plain Python, where IPython need not be there."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def _display(chapter: str, update: bool = False) -> None:
    """Show the table, or renew it wherever it stands in this notebook."""
    from IPython.display import display

    known = _known()
    table = {"text/html": as_html(chapter, known), "text/plain": as_text(chapter, known)}
    display(table, raw=True, display_id=f"progress-{chapter}", update=update)
