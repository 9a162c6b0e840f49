"""Feedback pages: a graded notebook with its points and comments from the gradebook."""

import hashlib
import re
import warnings
from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import is_grade, is_solution, is_task

from nnlib.course.files import write
from nnlib.course.gradebook import Marks, grade_id, settings
from nnlib.course.nbgrader_log import captured_log
from nnlib.course.paths import Course
from nnlib.course.writer import GraderError, autograded

SHOWN = re.compile(rb"\n<!-- shows ([0-9a-f]{64}) -->\n$")


class FeedbackPages:
    """Makes the pages of one assignment as nbgrader does, by its settings, with one exporter for all."""

    def __init__(self, course: Course, assignment: str) -> None:
        self.course, self.assignment = course, assignment
        config = settings(course)
        config.CourseDirectory.assignment_id = assignment
        self.db_url = config.CourseDirectory.db_url
        converter = GenerateFeedback(coursedir=CourseDirectory(config=config), config=config)
        self.exporter = converter.exporter_class(parent=converter, config=converter.config)
        self.marks: Marks | None = None
        for preprocessor in converter.preprocessors:
            name = preprocessor if isinstance(preprocessor, str) else preprocessor.__name__
            is_get_grades = name.rpartition(".")[2] == GetGrades.__name__
            self.exporter.register_preprocessor(self.give_marks if is_get_grades else preprocessor)

    def path(self, student: str) -> Path:
        """Where a student's page lies."""
        name = self.course.notebook(self.assignment).stem
        return self.course.grading / "feedback" / student / self.assignment / f"{name}.html"

    def write(self, student: str, marks: Marks) -> None:
        """Write a student's page, unless the one there shows exactly this notebook, these marks and comments.

        Raises:
            GraderError: it cannot be made.
        """
        source = autograded(self.course, self.assignment, student) / self.course.notebook(self.assignment).name
        page = self.path(student)
        shows = hashlib.sha256(source.read_bytes() + repr(marks).encode()).hexdigest().encode()
        shown = SHOWN.search(page.read_bytes()) if page.exists() else None
        if shown and shown[1] == shows:
            return
        self.marks = marks
        of = {"student": student, "assignment": self.assignment, "notebook": source.stem, "db_url": self.db_url}
        resources = {"unique_key": source.stem, "output_files_dir": f"{source.stem}_files", "nbgrader": of}
        with captured_log() as log, warnings.catch_warnings(action="ignore"):
            try:
                html, _ = self.exporter.from_filename(str(source), resources=resources)
            except Exception as error:
                raise GraderError(f"no feedback page: {log.reason() or error}") from error
        write(page, html.encode("utf-8", "replace") + b"\n<!-- shows " + shows + b" -->\n")

    def give_marks(self, notebook: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """What nbgrader's GetGrades does, from marks that are known already: it opens the gradebook for each page."""
        for cell in notebook.cells:
            if is_solution(cell) or is_task(cell):
                cell.metadata.nbgrader["comment"] = self.marks.comments.get(grade_id(cell))
            if is_grade(cell) or is_task(cell):
                mark = self.marks.cells[grade_id(cell)]
                cell.metadata.nbgrader.update(score=mark.points, points=mark.of)
        known = {"score": self.marks.points, "max_score": self.marks.of, "late_penalty": self.marks.penalty}
        resources["nbgrader"].update(known)
        return notebook, resources
