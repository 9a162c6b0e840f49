"""The training desk's picture: two curves, the confusion matrix, the worst mistakes."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from nnlib.widgets.digits.desk import SHOWN_MISTAKES, DeskState, Verdict
from nnlib.widgets.digits.experiment import CLASSES
from nnlib.widgets.plots import BEFORE, BLUE, NOW, VERMILLION, frame

COLUMNS = 4
TILE, WORDS = 10, 4  # 8 pixels and a margin of 1, and room above for the words
SHEET_ROWS = SHOWN_MISTAKES // COLUMNS * (TILE + WORDS)
COUNTED = 30
PAPER = 0.94
FULL_COLOUR_AT = 4


class Pixels(Artist):
    """Fills its axes with an image of bytes (rows, columns, 3): an `imshow` that costs a tenth, for it does not blend.

    The axes must not move once the first image is drawn.
    """

    def __init__(self, axes: Axes) -> None:
        super().__init__()
        self.colours = np.full((1, 1, 3), 255, np.uint8)
        self.box = axes.bbox
        axes.add_artist(self)

    def set_colours(self, colours: np.ndarray) -> None:
        """Colours in [0, 1], (rows, columns, 3), the first row at the top."""
        self.colours = (255 * colours).astype(np.uint8)

    def draw(self, renderer: RendererBase) -> None:
        """Each pixel of the screen shows the nearest entry."""
        left, bottom, right, top = (round(side) for side in self.box.extents)
        height, width = top - bottom, right - left
        rows = np.arange(height - 1, -1, -1) * len(self.colours) // height
        columns = np.arange(width) * self.colours.shape[1] // width
        image = np.full((height, width, 4), 255, np.uint8)
        image[..., :3] = self.colours[rows[:, None], columns]
        renderer.draw_image(renderer.new_gc(), left, bottom, image)


def desk_panels(fig: Figure, epochs: int) -> dict:
    """Four panels for `draw_desk`."""
    (loss, accuracy), (confusion, mistakes) = fig.subplots(2, 2, height_ratios=[2, 3])
    frame(loss, "training loss of the mini-batches", "epoch", xlim=(0, 1.03 * epochs), ylim=(1e-3, 20), yscale="log")
    frame(accuracy, "accuracy on the validation images", "epoch", xlim=(0, 1.03 * epochs), ylim=(0.5, 1))
    accuracy.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    accuracy.axhline(0.95, color="#bbbbbb", linewidth=1, linestyle=":")
    frame(confusion, "confusion: wrong answers counted at the end", "the network says")
    confusion.set_ylabel("it is a")
    cells = {"xlim": (-0.5, CLASSES - 0.5), "ylim": (CLASSES - 0.5, -0.5), "aspect": "equal"}
    confusion.set(xticks=range(CLASSES), yticks=range(CLASSES), **cells)
    confusion.grid(visible=False)
    frame(mistakes, "worst mistakes: it is → the network says", "")
    mistakes.grid(visible=False)
    mistakes.axis("off")
    artists = {
        "loss before": loss.plot([], [], label="run before", **BEFORE)[0],
        "loss": loss.plot([], [], label="this run", **NOW)[0],
        "diverged": loss.plot([], [], "x", color=VERMILLION, markersize=10, markeredgewidth=2.5)[0],
        "accuracy before": accuracy.plot([], [], **BEFORE)[0],
        "accuracy": accuracy.plot([], [], **NOW)[0],
        "confusion": Pixels(confusion),
        "counts": [confusion.text(0, 0, "", ha="center", va="center_baseline", fontsize=8) for _ in range(COUNTED)],
    }
    mistakes.set(xlim=(0, COLUMNS * TILE), ylim=(SHEET_ROWS, 0), aspect="equal")
    artists["images"] = Pixels(mistakes)
    artists["words"] = [
        mistakes.text((i % COLUMNS + 0.5) * TILE, i // COLUMNS * (TILE + WORDS) + 3.5, "", ha="center", fontsize=9.5)
        for i in range(SHOWN_MISTAKES)
    ]
    loss.legend(loc="upper right", ncols=2, frameon=False, fontsize=9)
    return artists


def begin_run(artists: dict, epochs: int) -> None:
    """Make the run in the picture the faint one, if it came to at least half of its epochs."""
    if len(artists["loss"].get_xdata()) and artists["loss"].get_xdata()[-1] > epochs / 2:
        for panel in ("loss", "accuracy"):
            artists[f"{panel} before"].set_data(*artists[panel].get_data())


def draw_desk(artists: dict, state: DeskState, images: np.ndarray) -> None:
    """Show the run up to this state; `images` (n, 64) are those which its verdict is on."""
    cross = slice(-1, None) if state.diverged else slice(0)
    artists["loss"].set_data(state.epochs, state.losses)
    artists["diverged"].set_data(state.epochs[cross], np.minimum(np.nan_to_num(state.losses[cross], nan=20), 19))
    artists["accuracy"].set_data(state.epochs, state.accuracies)
    artists["confusion"].set_colours(confusion_colours(state.verdict.confusion))
    write_counts(artists["counts"], state.verdict.confusion if state.finished else np.zeros((CLASSES, CLASSES)))
    artists["images"].set_colours(contact_sheet(images[state.verdict.worst[:SHOWN_MISTAKES]]))
    write_words(artists["words"], state.verdict)


def confusion_colours(confusion: np.ndarray) -> np.ndarray:
    """(10, 10, 3): blue on the diagonal, the more are right; vermillion beside it, the more are wrong.

    >>> confusion_colours(3 * np.eye(10))[0, :2].round(2).tolist()
    [[0.0, 0.45, 0.7], [1.0, 1.0, 1.0]]
    """
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    strength = np.where(np.eye(CLASSES), share, np.minimum(confusion / FULL_COLOUR_AT, 1))[..., None]
    ink = np.where(np.eye(CLASSES)[..., None], to_rgb(BLUE), to_rgb(VERMILLION))
    return np.clip(1 + strength * (ink - 1), 0, 1)


def write_counts(texts: list, confusion: np.ndarray) -> None:
    """A number on each wrong cell, the largest first if there are more than texts."""
    wrong = confusion * (1 - np.eye(CLASSES))
    largest = np.argsort(-wrong, axis=None, kind="stable")[: len(texts)]
    for text, cell in zip(texts, largest, strict=True):
        row, column = divmod(int(cell), CLASSES)
        text.set_position((column, row))
        text.set_text(f"{wrong[row, column]:.0f}" if wrong[row, column] else "")


def contact_sheet(images: np.ndarray) -> np.ndarray:
    """Up to 8 images (k, 64) in rows of four, ink black on light grey, room for words above each: grey (…, …, 3).

    >>> sheet = contact_sheet(np.ones((3, 64)))
    >>> sheet.shape, int((sheet == 0).all(axis=-1).sum())
    ((28, 40, 3), 192)
    """
    sheet = np.ones((SHEET_ROWS, COLUMNS * TILE, 1))
    for i, image in enumerate(images):
        top, left = i // COLUMNS * (TILE + WORDS) + WORDS, i % COLUMNS * TILE + 1
        sheet[top : top + 8, left : left + 8, 0] = PAPER * (1 - image.reshape(8, 8))
    return np.repeat(sheet, 3, axis=-1)


def write_words(texts: list, verdict: Verdict) -> None:
    """What each shown image is, and what the network said."""
    for i, text in enumerate(texts):
        wrong = i < len(verdict.worst)
        text.set_text(f"{verdict.truth[verdict.worst[i]]} → {verdict.answer[verdict.worst[i]]}" if wrong else "")
