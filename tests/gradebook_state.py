"""All that grading has made, in a form that can be compared: the gradebook's content and every file."""

import json
from pathlib import Path

from nbgrader.api import Assignment, Student, SubmittedAssignment
from sqlalchemy import select
from sqlalchemy.orm import Session

from nnlib.course.gradebook import open_gradebook
from nnlib.course.paths import Course

DURATIONS = ("graded", "seconds")
"""What a record says about the run itself."""


def state(course: Course, ignore: str = "") -> tuple[list, dict[str, str]]:
    """(the gradebook's content, the content of each file in grading/ by its path); without student `ignore`."""
    return gradebook_of(course, ignore), files_of(course.grading, ignore)


def gradebook_of(course: Course, ignore: str = "") -> list:
    """What the gradebook says, without the names of its rows."""
    content = []
    with open_gradebook(course) as gradebook, Session(gradebook.engine) as session:
        content += [("student", one.id) for one in session.scalars(select(Student)) if one.id != ignore]
        content += [("assignment", one.name, one.duedate) for one in session.scalars(select(Assignment))]
        for submission in session.scalars(select(SubmittedAssignment)):
            if submission.student_id == ignore:
                continue
            who = (submission.assignment.name, submission.student_id)
            content.append(("submission", *who, submission.timestamp))
            for notebook in submission.notebooks:
                content.append(("notebook", *who, notebook.name, notebook.late_submission_penalty))
                for mark in notebook.grades:
                    marks = (mark.auto_score, mark.manual_score, mark.extra_credit, mark.needs_manual_grade)
                    content.append(("grade", *who, mark.name, *marks))
                for one in notebook.comments:
                    content.append(("comment", *who, one.name, one.auto_comment, one.manual_comment))
    return sorted(content, key=repr)


def files_of(grading: Path, ignore: str) -> dict[str, str]:
    """Each file, links and empty folders too, without the database and the lock."""
    found = {}
    for path in sorted(grading.rglob("*")):
        name = path.relative_to(grading).as_posix()
        if name.startswith(("gradebook.db", ".lock", "exchange")) or (ignore and ignore in name):
            continue
        if path.is_dir():
            found[name] = f"a folder of {len([one for one in path.iterdir() if not ignore or ignore not in one.name])}"
        elif path.name == "graded.json":
            record = json.loads(path.read_text())
            found[name] = json.dumps({key: value for key, value in record.items() if key not in DURATIONS})
        elif path.name == "grades.csv" and ignore:
            found[name] = "\n".join(line for line in path.read_text().splitlines() if f",{ignore}," not in line) + "\n"
        else:
            found[name] = path.read_bytes().decode("latin-1").replace("\r\n", "\n")
    if ignore:  # files of the store lie under their content, not under a name
        found = {name: text for name, text in found.items() if not name.startswith("received/files")}
    return found
