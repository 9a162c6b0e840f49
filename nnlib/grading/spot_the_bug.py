"""What a lecture shows: `spot_the_bug("descend")`, code with one mistake and four buttons to say which."""

import html
from functools import partial

from ipywidgets import HTML, Button, Layout, Output, VBox

from nnlib.grading.riddles import RIDDLES, answer_to, choices, code_of

QUESTION = "What is wrong?"
CLASS = "spot-the-bug"
STYLE = f"""<style>
.{CLASS} .widget-output pre, .{CLASS} .widget-output pre code {{ white-space: pre-wrap }}
.{CLASS} button.widget-button {{ white-space: normal; height: auto; min-height: 28px; line-height: 1.5 }}
</style>"""
"""In a narrow window, lines are broken: to scroll the code, one would need a mouse."""


def spot_the_bug(name: str) -> "SpotTheBug":
    """A riddle: code with one mistake, and four buttons to say which; the answer stands below at once.

    Args:
        name: of the graded function.

    Raises:
        ValueError: there is no riddle of that name.

    >>> riddle = spot_the_bug("descend")
    >>> riddle.buttons[-1].click()
    >>> riddle.said.split(".")[0]
    'Right: the entries of w updated one after another'
    """
    if name not in RIDDLES:
        raise ValueError(f"there is no riddle {name!r}; choose one of: {', '.join(RIDDLES)}")
    return SpotTheBug(name)


class SpotTheBug(VBox):
    """What `spot_the_bug` returns.

    Attributes:
        buttons: one for each choice; the tab key goes from one to the next, Enter or Space presses it.
        said: the answer to the last choice.
    """

    def __init__(self, name: str) -> None:
        self.said = ""
        self._text = f"{code_of(name)}\n\n{QUESTION}\n" + "\n".join(f"- {choice}" for choice in choices(name))
        code = {"text/markdown": f"```python\n{code_of(name)}\n```", "text/plain": code_of(name)}
        shown = Output(outputs=({"output_type": "display_data", "data": code, "metadata": {}},))
        self.buttons = [Button(description=choice, layout=Layout(width="auto")) for choice in choices(name)]
        self._answer = HTML(_message(""))
        for choice, button in zip(choices(name), self.buttons, strict=True):
            button.on_click(partial(self._choose, name, choice))
        # of fixed width: nothing moves when a button gets its icon
        column = VBox(self.buttons, layout=Layout(align_items="stretch", width="34em", max_width="98%"))
        super().__init__([shown, HTML(f"{STYLE}<b>{QUESTION}</b>"), column, self._answer])
        self.add_class(CLASS)

    def _choose(self, name: str, choice: str, button: Button) -> None:
        self.said = answer_to(name, choice)
        button.icon = "check" if choice == RIDDLES[name].mistake else "times"
        self._answer.value = _message(self.said)

    def _repr_mimebundle_(self, **kwargs: object) -> dict:
        """The widget; where none can be shown, code and choices as text stand in."""
        return {**super()._repr_mimebundle_(**kwargs), "text/plain": self._text}


def _message(text: str) -> str:
    """A place that is read out when it changes, with room for three lines."""
    style = "margin:0.5em 0 0;line-height:1.5;min-height:4.5em;max-width:50em"
    return f'<p role="status" style="{style}">{html.escape(text)}</p>'
