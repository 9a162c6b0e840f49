"""Plug-ins of nbgrader, so that `nbgrader autograde` and Formgrader's button grade as `assess` does.

c.Autograde.sanitize_preprocessors = ["nnlib.grading.trusted.preprocessors.FromRelease", ...]
c.Autograde.autograde_preprocessors = ["nnlib.grading.trusted.preprocessors.Assess", ...SaveAutoGrades...]
"""

import hashlib
import secrets
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Callable, Unicode

from nnlib.grading.trusted.assess import GRADED, Bundle, assess
from nnlib.grading.trusted.notebook import graded_notebook, merge, released_cells, submitted_cells


class NotGradedError(RuntimeError):
    """A submission could not be graded; nbgrader reports it and goes on with the next one."""


class _Trusted(NbGraderPreprocessor):
    """What both plug-ins need: the release and the submission, as files."""

    release_directory = Unicode("exercises", help="Where the released notebooks lie").tag(config=True)

    def _release(self, resources: ResourcesDict) -> bytes:
        of = resources["nbgrader"]
        return Path(self.release_directory, of["assignment"], f"{of['notebook']}.ipynb").read_bytes()

    def _submission(self, resources: ResourcesDict) -> bytes:
        of = resources["nbgrader"]
        course = CourseDirectory(parent=self)
        folder = course.format_path(course.submitted_directory, of["student"], of["assignment"])
        return Path(folder, f"{of['notebook']}.ipynb").read_bytes()


class FromRelease(_Trusted):
    """Makes a submitted notebook of the release's cells, with the student's text in its answers, and nothing else."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """The notebook that is going to be graded, without outputs."""
        release = self._release(resources)
        cells, _ = merge(released_cells(release), submitted_cells(self._submission(resources)))
        return nbformat.reads(graded_notebook(cells, {}, release).decode(), as_version=4), resources


class Assess(_Trusted):
    """Grades as `assess` does, in the place of nbgrader's Execute; SaveAutoGrades then reads the points."""

    sandboxed = Bool(True, help="Whether students' code runs in a sandbox").tag(config=True)
    seed = Callable(
        lambda assignment, sha256: secrets.randbits(32), help="(assignment, SHA-256 of the submission) -> seed"
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """The graded notebook.

        Raises:
            NotGradedError: it cannot be graded.
        """
        of, submission = resources["nbgrader"], self._submission(resources)
        seed = self.seed(of["assignment"], hashlib.sha256(submission).hexdigest())
        bundle = Bundle(of["assignment"], of["notebook"], self._release(resources))
        assessment = assess(bundle, submission, seed, self.sandboxed)
        if assessment.outcome != GRADED:
            raise NotGradedError(f"{assessment.outcome}: {assessment.what}")
        graded = nbformat.reads(assessment.notebook.decode(), as_version=4)
        graded.metadata["graded"] = {"level": assessment.level, "seed": seed, "what": assessment.what}
        return graded, resources
