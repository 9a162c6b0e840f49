"""The training desk's picture: two curves, the confusion matrix, the worst mistakes."""

from itertools import zip_longest

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from matplotlib.transforms import Affine2D

from nnlib.widgets.digits.desk import SHOWN_MISTAKES, DeskState, Verdict
from nnlib.widgets.digits.experiment import CLASSES
from nnlib.widgets.plots import BEFORE, BLUE, CROSS, NOW, VERMILLION, frame
from nnlib.widgets.quick_line import quick_line
from nnlib.widgets.quick_text import quick_text

COLUMNS = 4
TILE, WORDS = 10, 4  # 8 pixels and a margin of 1, and room above for the words
SHEET_ROWS = SHOWN_MISTAKES // COLUMNS * (TILE + WORDS)
PAPER = 0.94
FULL_COLOUR_AT = 4


class Pixels(Artist):
    """Fills its axes with a small image. An `imshow` takes three times as long to find out where it lies."""

    def __init__(self, axes: Axes) -> None:
        super().__init__()
        self.box = axes.bbox
        self.set_colours(np.ones((1, 1, 3)))
        axes.add_artist(self)

    def set_colours(self, colours: np.ndarray) -> None:
        """Colours in [0, 1], (rows, columns, 3), the first row at the top."""
        self.bytes = np.full((*colours.shape[:2], 4), 255, np.uint8)
        self.bytes[..., :3] = 255 * colours

    def draw(self, renderer: RendererBase) -> None:
        """Small if the renderer can enlarge it, else with an entry for each pixel."""
        image, (left, bottom, right, top) = self.bytes[::-1], self.box.extents.round().astype(int).tolist()
        width, height = right - left, top - bottom
        if renderer.option_scale_image():
            renderer.draw_image(renderer.new_gc(), left, bottom, image, Affine2D().scale(width, height))
        else:
            rows, columns = np.arange(height) * len(image) // height, np.arange(width) * image.shape[1] // width
            renderer.draw_image(renderer.new_gc(), left, bottom, image[rows][:, columns])


def desk_panels(fig: Figure, epochs: int) -> dict:
    """Four panels for `draw_desk`."""
    (loss, accuracy), (confusion, mistakes) = fig.subplots(2, 2, height_ratios=[2, 3])
    frame(loss, "training loss of the mini-batches", "epoch", xlim=(0, 1.03 * epochs), ylim=(1e-3, 20), yscale="log")
    frame(accuracy, "accuracy on the validation images", "epoch", xlim=(0, 1.03 * epochs), ylim=(0.5, 1))
    accuracy.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    accuracy.axhline(0.95, color="#bbbbbb", linewidth=1, linestyle=":")
    frame(confusion, "confusion: mistakes counted", "the network says")
    confusion.set_ylabel("it is")
    cells = {"xlim": (-0.5, CLASSES - 0.5), "ylim": (CLASSES - 0.5, -0.5), "aspect": "equal"}
    confusion.set(xticks=range(CLASSES), yticks=range(CLASSES), **cells)
    confusion.grid(visible=False)
    frame(mistakes, "worst mistakes: is → said", "")
    mistakes.grid(visible=False)
    mistakes.axis("off")
    small = {"colour": "black", "fontsize": 8.5}
    artists = {
        "loss before": quick_line(loss, label="run before", **BEFORE),
        "loss": quick_line(loss, label="this run", **NOW),
        "diverged": quick_line(loss, **CROSS),
        "accuracy before": quick_line(accuracy, **BEFORE),
        "accuracy": quick_line(accuracy, **NOW),
        "confusion": Pixels(confusion),
        "counts": [quick_text(confusion, said, truth, **small) for truth in range(CLASSES) for said in range(CLASSES)],
    }
    mistakes.set(xlim=(0, COLUMNS * TILE), ylim=(SHEET_ROWS, 0), aspect="equal")
    artists["images"] = Pixels(mistakes)
    artists["words"] = [quick_text(mistakes, *above(i), **small) for i in range(SHOWN_MISTAKES)]
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
    artists["images"].set_colours(contact_sheet(images[state.verdict.worst[:SHOWN_MISTAKES]]))
    for panel, words in {"counts": counts(state.verdict.confusion), "words": labels(state.verdict)}.items():
        for text, word in zip_longest(artists[panel], words, fillvalue=""):
            text.set_text(word)


def confusion_colours(confusion: np.ndarray) -> np.ndarray:
    """(10, 10, 3): blue on the diagonal, the more are right; vermillion beside it, the more are wrong.

    >>> confusion_colours(3 * np.eye(10))[0, :2].round(2).tolist()
    [[0.0, 0.45, 0.7], [1.0, 1.0, 1.0]]
    """
    right = np.eye(CLASSES, dtype=bool)
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    strength = np.where(right, share, np.minimum(confusion / FULL_COLOUR_AT, 1))[..., None]
    return 1 + strength * (np.where(right[..., None], to_rgb(BLUE), to_rgb(VERMILLION)) - 1)


def counts(confusion: np.ndarray) -> list[str]:
    """A number for each wrong cell that is not empty, row by row.

    >>> counts(np.array([[5, 0], [2, 4]]))
    ['', '', '2', '']
    """
    wrong = confusion * (1 - np.eye(len(confusion), dtype=int))
    return [str(count) if count else "" for count in wrong.ravel().tolist()]


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


def above(i: int) -> tuple[float, float]:
    """The middle of the room above image i of the sheet.

    >>> above(0), above(5)
    ((5.0, 2.0), (15.0, 16.0))
    """
    return (i % COLUMNS + 0.5) * TILE, i // COLUMNS * (TILE + WORDS) + WORDS / 2


def labels(verdict: Verdict) -> list[str]:
    """What each shown image is, and what the network said."""
    return [f"{verdict.truth[i]} → {verdict.answer[i]}" for i in verdict.worst[:SHOWN_MISTAKES]]
