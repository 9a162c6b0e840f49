"""What is taken from a submitted notebook, and the graded notebook that is given back.

The release says which cells there are, what each is for, their order and points. Of a submission, only the text of
the answers and of additional cells is taken; nothing that it says about itself.
"""

import ast
import binascii
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

LARGEST = 20_000_000
"""Bytes of a submission."""
CELLS = 1000
SOURCE = 1_000_000
"""Characters of a cell."""
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
SURROGATES = re.compile(r"[\ud800-\udfff]")
TAG = re.compile(r"<(?=[A-Za-z/!?])")
PICTURE = re.compile(r"!(?=\[(?![^\]]*\]\(attachment:))")
LINK = re.compile(r"\](?=\((?!\s*(https?://|mailto:|#|attachment:))|:(?!\s*https?://))")
MATH_WITH_EFFECT = re.compile(r"\\(?=(href|require|style|class|cssId|html\w*|unicode|url|data)\b)", re.IGNORECASE)


class SubmissionError(ValueError):
    """What is wrong with a submission, in words for whoever handed it in."""


class BundleError(ValueError):
    """The release cannot be used to grade with; a fault of the course."""


@dataclass(frozen=True)
class Cell:
    """A cell of the notebook that is graded.

    Attributes:
        role: "set-up", "answer", "check", "written", "text", "free" (a figure, something to try) or "own".
        id: the cell's id.
        code: whether it is a code cell.
        source: the text that counts.
        released: the text in the release; "" for a cell of the student's own.
        metadata: of the release.
        question: what a check cell judges.
        points: of a check cell or a written answer.
        attachments: pictures in a written answer: name -> {type: base64}.
    """

    role: str
    id: str
    code: bool
    source: str
    released: str = ""
    metadata: dict = field(default_factory=dict)
    question: str = ""
    points: float = 0.0
    attachments: dict = field(default_factory=dict)

    @property
    def name(self) -> str:
        """nbgrader's name of it, else its id."""
        return self.metadata.get("nbgrader", {}).get("grade_id", self.id)

    @property
    def runs(self) -> bool:
        """Whether it runs in the kernel: figures and things to try only if the student has changed them."""
        if not self.code or not self.source.strip():
            return False
        return self.role in ("set-up", "answer", "written", "own") or (
            self.role == "free" and self.source.strip() != self.released.strip()
        )


def released_cells(release: bytes) -> list[Cell]:
    """The cells of a released notebook.

    Raises:
        BundleError: it is not a release that can be graded.
    """
    try:
        notebook = nbformat.reads(release.decode("utf-8"), as_version=4)
        cells = [_released(cell) for cell in notebook.cells]
    except BundleError:
        raise
    except Exception as error:
        raise BundleError(f"the released notebook cannot be read: {type(error).__name__}: {error}") from None
    if not any(cell.role in ("check", "written") for cell in cells):
        raise BundleError("no cell of the released notebook is graded")
    return cells


def _released(cell: NotebookNode) -> Cell:
    of = cell.metadata.get("nbgrader", {})
    code = cell.cell_type == "code"
    if (of.get("grade") and of.get("solution")) or of.get("task"):
        role = "written"
    elif of.get("solution"):
        role = "answer"
    elif of.get("grade"):
        role = "check"
    elif of.get("locked"):
        role = "set-up" if code else "text"
    else:
        role = "free" if code else "text"
    return Cell(
        role=role,
        id=cell.id,
        code=code,
        source=cell.source,
        released=cell.source,
        metadata={key: value for key, value in cell.metadata.items() if key != "tags"},
        question=_question(cell.source, cell.id) if role == "check" else "",
        points=float(of.get("points", 0)) if role in ("check", "written") else 0.0,
    )


def _question(source: str, cell: str) -> str:
    """The name in `check("name")`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="check"), args=[ast.Constant(value=str(name)), *_]):
                return name
    raise BundleError(f'cell {cell} is graded, but has no check("name") that says which question it judges')


def submitted_cells(submission: bytes) -> list[dict]:
    """The cells of a submitted notebook: id, name, source, attachments; whatever else it holds is not read.

    Raises:
        SubmissionError: there are none, or too many.
    """
    if len(submission) > LARGEST:
        raise SubmissionError(f"{len(submission) / 1e6:.0f} MB are more than {LARGEST / 1e6:.0f} MB; clear its outputs")
    if not submission.strip():
        raise SubmissionError("the file is empty")
    try:
        notebook = json.loads(submission.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SubmissionError("not a notebook: the file is not text (UTF-8)") from None
    except json.JSONDecodeError as error:
        raise SubmissionError(f"not a notebook: no JSON from line {error.lineno} on ({error.msg})") from None
    except (RecursionError, ValueError, MemoryError):
        raise SubmissionError("not a notebook: nested too deeply, or with numbers too long") from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise SubmissionError("not a notebook: JSON, but without `nbformat`")
    if notebook["nbformat"] != 4 or not isinstance(notebook.get("cells"), list):
        version = f"{notebook['nbformat']!r:.20}"
        raise SubmissionError(
            f"notebook of format {version}, or without cells; open it in JupyterLab and save it again"
        )
    if len(notebook["cells"]) > CELLS:
        raise SubmissionError(f"{len(notebook['cells'])} cells are more than {CELLS}")
    return [_submitted(cell, number) for number, cell in enumerate(notebook["cells"], start=1)]


def _submitted(cell: Any, number: int) -> dict:
    if not isinstance(cell, dict):
        raise SubmissionError(f"damaged notebook: cell {number} is not a cell")
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise SubmissionError(f"damaged notebook: the text of cell {number} is not text")
    if len(source) > SOURCE:
        raise SubmissionError(f"cell {number} has {len(source)} characters, more than {SOURCE}")
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return {
        "id": cell.get("id") if isinstance(cell.get("id"), str) else None,
        "name": name if isinstance(name, str) else None,
        "code": cell.get("cell_type") == "code",
        "source": SURROGATES.sub("\N{REPLACEMENT CHARACTER}", source),
        "attachments": _pictures(cell.get("attachments")),
    }


def _pictures(attachments: Any) -> dict:
    """Attached PNG and JPEG pictures; nothing else."""
    kept = {}
    for name, data in attachments.items() if isinstance(attachments, dict) else ():
        for kind, start in {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}.items():
            text = data.get(kind) if isinstance(data, dict) else None
            try:
                raw = b64decode("".join(text.split()), validate=True) if isinstance(text, str) else b""
            except (binascii.Error, ValueError):
                continue
            if raw.startswith(start) and re.fullmatch(r"[\w .-]{1,100}", name):
                kept[name] = {kind: b64encode(raw).decode("ascii")}
    return kept


def merge(released: Sequence[Cell], submitted: Sequence[dict]) -> tuple[list[Cell], list[str]]:
    """The notebook that is graded: the release's cells in its order, with the student's text in the answers.

    A cell is found by its id, else by nbgrader's name, else by its text. Cells of the student's own stay behind the
    cell that they stand behind.

    Returns:
        (cells, names of the graded and of the answer cells that are missing).
    """
    found = _match(released, submitted)
    behind: dict[int | None, list[dict]] = {None: []}
    at = {index: position for position, index in found.items()}
    last = None
    for index, cell in enumerate(submitted):
        last = at.get(index, last)
        behind.setdefault(last, [])
        if index not in at:
            behind[last].append(cell)
    taken = {cell.id for cell in released}
    cells = _own(behind[None], taken)
    missing = []
    for position, cell in enumerate(released):
        if position in found:
            theirs = submitted[found[position]]
            if cell.role in ("answer", "written", "free"):
                attachments = theirs["attachments"] if cell.role == "written" else {}
                cell = replace(cell, source=theirs["source"], attachments=attachments)
        elif cell.role in ("answer", "written", "check"):
            missing.append(cell.name)
            # the released form of an answer would come after the student's own, which may stand in another cell
            cell = cell if cell.role == "check" else replace(cell, source="")
        cells.append(cell)
        cells += _own(behind.get(position, ()), taken)
    return cells, missing


def _match(released: Sequence[Cell], submitted: Sequence[dict]) -> dict[int, int]:
    """Position in the release -> index in the submission. Where two cells have one id, the later one counts."""
    found: dict[int, int] = {}
    keys: tuple[tuple[Callable, Callable], ...] = (
        (lambda cell: cell.id, lambda cell: cell["id"]),
        (lambda cell: cell.metadata.get("nbgrader", {}).get("grade_id"), lambda cell: cell["name"]),
        (lambda cell: cell.released.strip() or None, lambda cell: cell["source"].strip()),
    )
    for key_of_released, key_of_submitted in keys:
        used = set(found.values())
        free = {key_of_submitted(cell): index for index, cell in enumerate(submitted) if index not in used}
        for position, cell in enumerate(released):
            key = key_of_released(cell)
            if position not in found and key is not None and key in free:
                found[position] = free.pop(key)
    return found


def _own(cells: Iterable[dict], taken: set[str]) -> list[Cell]:
    """Cells of the student's own; each gets an id that no other has."""
    made = []
    for cell in cells:
        name = cell["id"]
        if not name or name in taken or not CELL_ID.fullmatch(name):
            name = next(name for k in range(len(taken) + 1) if (name := f"own-{k + 1}") not in taken)
        taken.add(name)
        made.append(Cell("own", name, cell["code"], cell["source"]))
    return made


def quiet_markdown(text: str) -> str:
    """Markdown in which nothing can act: no tags, no pictures from elsewhere, no links but to pages, none in formulas.

    >>> quiet_markdown("if a<b <script>alert(1)</script> ![](http://x/y.png) $\\\\href{javascript:f()}{x}$")
    'if a< b < script>alert(1)< /script> [](http://x/y.png) $ href{javascript:f()}{x}$'
    >>> quiet_markdown("[a](javascript:f) [b](https://x) [c]: data:x")
    '[a] (javascript:f) [b](https://x) [c] : data:x'
    """
    text = PICTURE.sub("", TAG.sub("< ", text))
    return MATH_WITH_EFFECT.sub(" ", LINK.sub("] ", text))


def graded_notebook(cells: Sequence[Cell], outputs: dict[str, list[NotebookNode]], release: bytes) -> bytes:
    """The notebook with its outputs, as bytes.

    Args:
        cells: in order.
        outputs: cell id -> what to show below it.
        release: from which the notebook's own metadata are taken.
    """
    made = []
    for cell in cells:
        if cell.code:
            made.append(
                new_code_cell(cell.source, id=cell.id, metadata=cell.metadata, outputs=outputs.get(cell.id, []))
            )
        else:
            trusted = cell.role == "text"
            text = cell.source if trusted else quiet_markdown(cell.source)
            made.append(new_markdown_cell(text, id=cell.id, metadata=cell.metadata))
            if cell.attachments:
                made[-1].attachments = nbformat.from_dict(cell.attachments)
    metadata = nbformat.reads(release.decode("utf-8"), as_version=4).metadata
    return nbformat.writes(new_notebook(cells=made, metadata=metadata)).encode("utf-8")
