"""Tricks with what the notebook says about itself, and with active content."""

import copy

from grading.trusted.hostile import Hostile


def _cell(notebook: dict, name: str) -> dict:
    return next(cell for cell in notebook["cells"] if cell["id"] == name)


def _tag_checks(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if cell["id"].endswith("-check"):
            cell["metadata"]["tags"] = ["skip-execution", "remove_cell"]


def _no_grade(notebook: dict) -> None:
    _cell(notebook, "output-delta-check")["metadata"]["nbgrader"]["grade"] = False


def _solution(notebook: dict) -> None:
    _cell(notebook, "output-delta-check")["metadata"]["nbgrader"]["solution"] = True


def _points(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["points"] = 100


def _delete_checks(notebook: dict) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["id"].endswith("-check")]


def _markdown_check(notebook: dict) -> None:
    _cell(notebook, "output-delta-check")["cell_type"] = "markdown"


def _raw_check(notebook: dict) -> None:
    _cell(notebook, "output-delta-check")["cell_type"] = "raw"


def _own_check(notebook: dict) -> None:
    _cell(notebook, "output-delta-check")["source"] = 'check("layer_gradients")'


def _outputs(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            result = {"output_type": "execute_result", "data": {"text/plain": "100"}, "metadata": {}}
            cell["outputs"] = [{**result, "execution_count": 1}]


def _swap(notebook: dict) -> None:
    one, other = _cell(notebook, "output-delta-check"), _cell(notebook, "layer-gradients-check")
    one["id"], other["id"] = other["id"], one["id"]
    one["metadata"], other["metadata"] = other["metadata"], one["metadata"]


def _twice(notebook: dict) -> None:
    notebook["cells"] += [copy.deepcopy(_cell(notebook, "layer-gradients-check")) for _ in range(3)]


def _reversed(notebook: dict) -> None:
    notebook["cells"].reverse()


def _other_set_up(notebook: dict) -> None:
    _cell(notebook, "set-up")["source"] = "check = lambda name: print(2.0)"


def _kernel(notebook: dict) -> None:
    notebook["metadata"] = {"kernelspec": {"name": "bash", "display_name": "x", "language": "bash"}, "widgets": {}}


SCRIPT = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
MARKDOWN = f"""{SCRIPT}
[a](javascript:document.title='owned') ![b](http://example.invalid/x.png) <svg onload="document.title='owned'">
[c]: javascript:alert(1)
$\\href{{javascript:alert(1)}}{{x}}$ <iframe src="data:text/html,{SCRIPT}"></iframe> <style>*{{display:none}}</style>
"""


def _script(notebook: dict) -> None:
    _cell(notebook, "why-answer")["source"] = MARKDOWN
    attachment = {"text/html": SCRIPT, "image/svg+xml": "<svg onload=alert(1)>", "image/png": "no picture"}
    _cell(notebook, "why-answer")["attachments"] = {"x.png": attachment, "a\"onerror='x'.png": {"image/png": "aaaa"}}
    for kind in ("markdown", "raw"):
        metadata = {"format": "text/html", "raw_mimetype": "text/html"}
        notebook["cells"].append({"cell_type": kind, "id": f"{kind}-x", "metadata": metadata, "source": MARKDOWN})


SHOW = f"""
from IPython.display import display, HTML, Javascript, SVG
display(HTML({SCRIPT!r}), Javascript("document.title='owned'"))
display({{"text/markdown": {SCRIPT!r}, "image/svg+xml": {SCRIPT!r}, "text/latex": {SCRIPT!r},
         "application/javascript": "document.title='owned'", "image/png": "javascript:alert(1)",
         "application/vnd.jupyter.widget-view+json": {{"model_id": "x"}}, "text/plain": {SCRIPT!r}}}, raw=True)
print({SCRIPT!r}, "\\x1b]8;;javascript:alert(1)\\x07x\\x1b]8;;\\x07")
raise Exception({SCRIPT!r})
"""

CASES = (
    Hostile("tags that skip the checks", edit=_tag_checks),
    Hostile("a check that is not graded", edit=_no_grade),
    Hostile("a check that is an answer", edit=_solution),
    Hostile("100 points for each cell", edit=_points),
    Hostile("no checks", edit=_delete_checks),
    Hostile("a check in markdown", edit=_markdown_check),
    Hostile("a check in a raw cell", edit=_raw_check),
    Hostile("a check of its own", edit=_own_check),
    Hostile("outputs with points", edit=_outputs),
    Hostile("two checks change places", edit=_swap),
    Hostile("checks in many copies", edit=_twice),
    Hostile("the notebook from its end", edit=_reversed),
    Hostile("a set-up of its own", edit=_other_set_up),
    Hostile("another kernel", edit=_kernel),
    Hostile("scripts in markdown and attachments", edit=_script),
    Hostile("scripts in outputs", after=SHOW),
)
