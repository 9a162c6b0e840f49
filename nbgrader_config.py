"""The one place for nbgrader's settings: read by `course`, by `nbgrader` and by JupyterLab's nbgrader pages.

solutions/ is written by hand, exercises/ is generated from it; everything that grading makes lies in grading/.
"""

import os
import shutil
import sys
from pathlib import Path

from nnlib.course.paths import Course
from nnlib.course.seeds import assignment_seed, submission_seed

c = get_config()  # noqa: F821, given by traitlets

root = Path(__file__).resolve().parent
grading = root / "grading"
exchange = Path(os.environ.get("COURSE_EXCHANGE", grading / "exchange"))
work = root / "work"
for folder in (grading, exchange, work):
    folder.mkdir(parents=True, exist_ok=True)

# The first use of a gradebook calls the program `alembic`, which lies beside the interpreter.
if shutil.which("alembic") is None:
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
# The Assignment List looks for its settings from within work/, where this file is not.
os.environ.setdefault("JUPYTER_CONFIG_PATH", str(root))

# Folders. Steps take forward slashes on every system: nbgrader puts them into regular expressions unescaped.
c.CourseDirectory.course_id = "neural-networks"
c.CourseDirectory.root = str(root)
# for more than 2000 students a PostgreSQL: postgresql+psycopg://user@host/database, its password in PGPASSFILE
c.CourseDirectory.db_url = os.environ.get("COURSE_GRADEBOOK") or f"sqlite:///{grading / 'gradebook.db'}"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
# nbgrader's default names differ from solutions/ by one letter, and would lie at the top.
c.CourseDirectory.solution_directory = "grading/solution"
c.CourseDirectory.source_with_tests_directory = "grading/source_with_tests"

# Only notebooks travel. nbgrader copies whatever else lies beside one, to students and next to their code when graded.
c.CourseDirectory.include = ["*.ipynb", "timestamp.txt", "submission_secret.txt"]
c.CourseDirectory.ignore = [".*", "__pycache__", "feedback", "*.py", "*.pyc", "*.so", "*.pth"]
c.CourseDirectory.ignore += ["*.json", "*.csv", "*.np[yz]", "*.pkl", "*.md", "*.html", "*.pdf", "*.zip"]
c.CourseDirectory.max_file_size = 20_000  # kilobytes

c.Exchange.root = str(exchange)
c.Exchange.assignment_dir = str(work)
c.Exchange.cache = str(work / ".submitted")

# Grading, when Formgrader or nbgrader's own command does it: as `course grade` does.
trusted = "nnlib.grading.trusted.preprocessors"
c.Autograde.sanitize_preprocessors = [f"{trusted}.FromRelease", "nbgrader.preprocessors.CheckCellMetadata"]
c.Autograde.autograde_preprocessors = [
    f"{trusted}.Assess",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.FromRelease.release_directory = c.Assess.release_directory = str(root / "exercises")
c.Assess.seed = lambda assignment, sha256: submission_seed(assignment_seed(Course(root), assignment), sha256)

c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
