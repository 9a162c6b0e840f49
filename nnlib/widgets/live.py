"""Live figures: sliders, a picture that follows them at once, and a caption. The one reusable piece.

An author writes two functions:

    def setup(fig):                              # once: axes, labels, whatever stands still
        ax = fig.subplots()
        ax.set(xlim=(0, 6.3), ylim=(-1, 1))
        return {"wave": ax.plot([], [])[0]}      # the artists that move

    def update(artists, frequency):              # at every tick of a slider
        x = np.linspace(0, 6.3, 200)
        artists["wave"].set_data(x, np.sin(frequency * x))
        return f"{frequency:.1f} waves"          # the caption, which is also the alternative text

    live(setup, update, frequency=slider("frequency", 1.0, 0.0, 5.0, 0.1))

If `update` is a generator, each `yield caption` is a frame of a film: a training, while it trains.

Why it is fast: what stands still is rendered and sent once, as an image of twice the resolution. A tick draws only the
artists that move, as an SVG that lies on it.
"""

import asyncio
import html
import inspect
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import numpy as np
from IPython import get_ipython
from ipywidgets import HTML, Button, FloatLogSlider, FloatSlider, IntSlider, Layout, VBox, Widget
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cbook import flatten
from matplotlib.figure import Figure

from nnlib.widgets.accessible import SLIDER_NAMER
from nnlib.widgets.images import jpeg, png_url
from nnlib.widgets.svg import SvgRenderer

DPI = 100
SCALE = 2
FRAME_SECONDS = 1 / 20
# a message from the browser takes several turns of the event loop: sleep(0) between two frames would starve it
BREATH_SECONDS = 0.01

COVER = "position:absolute;top:0;left:0;width:100%;height:100%"
SLIDER_LOOK = {"style": {"description_width": "8em"}, "layout": {"width": "min(34em, 98%)"}}
END = object()


def slider(label: str, value: float, lo: float, hi: float, step: float) -> FloatSlider | IntSlider:
    """A slider from lo to hi, of integers if all four numbers are.

    >>> slider("momentum β", 0.9, 0, 0.99, 0.01).readout_format
    '.2f'
    """
    if all(isinstance(number, int) for number in (value, lo, hi, step)):
        return IntSlider(value, lo, hi, step, description=label, **SLIDER_LOOK)
    decimals = max(0, -Decimal(str(step)).normalize().as_tuple().exponent)
    return FloatSlider(
        value, min=lo, max=hi, step=step, description=label, readout_format=f".{decimals}f", **SLIDER_LOOK
    )


def log_slider(label: str, value: float, lo: float, hi: float, steps_per_decade: int = 10) -> FloatLogSlider:
    """A slider from lo to hi on which each step multiplies; its read-out has three digits.

    >>> log_slider("step size α", 0.1, 0.001, 10).min
    -3.0
    """
    exponents = {"min": math.log10(lo), "max": math.log10(hi), "step": 1 / steps_per_decade}
    return FloatLogSlider(value, **exponents, description=label, readout_format=".3g", **SLIDER_LOOK)


def live(
    setup: Callable[[Figure], dict],
    update: Callable[..., str | Iterator[str]],
    /,
    *,
    size: tuple[int, int] = (720, 288),
    caption_lines: int = 2,
    **controls: Widget,
) -> "LiveFigure":
    """A box of controls, a picture and a caption, drawn anew whenever a control changes.

    Args:
        setup: draws on an empty figure what stands still, and returns the artists that move (or lists of artists)
            by name. They are drawn in this order, on top of everything else. Any of matplotlib's will do; those of
            `quick_line` and `quick_text` are quicker.
        update: gets these artists and the value of each control by its name. It moves the artists and returns the
            caption; or it is a generator and yields a caption for each frame. If it sets anything else in the
            figure, axis limits for example, the background is rendered again, which takes about 20 times longer:
            set it only when it changes.
        size: width and height of the picture in CSS pixels.
        caption_lines: the lines to keep free for the caption, so that nothing moves when its length changes.
        controls: widgets with a `value`, as `slider` and `log_slider` make them; or buttons, which just draw anew.

    A new tick ends the film of the one before. An error in `update` is shown under the picture, and raised.

    >>> def setup(fig):
    ...     return {"line": fig.subplots().plot([0, 1], [0, 1])[0]}
    >>> def update(artists, slope):
    ...     artists["line"].set_ydata([0, slope])
    ...     return f"slope {slope:.1f}"
    >>> figure = live(setup, update, slope=slider("slope", 0.5, 0, 1, 0.1))
    >>> figure.controls["slope"].value = 0.8
    >>> figure.caption
    'slope 0.8'
    """
    return LiveFigure(setup, update, controls, size, caption_lines)


class LiveFigure(VBox):
    """What `live` returns. It can be shown in several places, which then show the same.

    Attributes:
        controls: the controls by name.
        artists: what moves in the picture, by name.
        fig: the matplotlib figure.
        caption: the text under the picture, also its alternative text.
    """

    def __init__(
        self,
        setup: Callable[[Figure], dict],
        update: Callable[..., str | Iterator[str]],
        controls: dict[str, Widget],
        size: tuple[int, int],
        caption_lines: int,
    ) -> None:
        self.controls, self._update, self._size, self._caption_lines = controls, update, size, caption_lines
        self.caption = self._drawing = ""
        self._film: Iterator[str] | None = None
        self._task: asyncio.Task | None = None
        self._lock = threading.RLock()  # JupyterLab sends ticks to a thread of their own, a cell's film runs in another
        # what stands still takes no place of its own: what moves lies over it
        self._still_html = HTML(layout=Layout(height="0", margin="0", overflow="visible"))
        self._html = HTML(layout=Layout(margin="0"))
        self._picture = VBox([self._still_html, self._html], layout=Layout(margin="2px"))
        super().__init__([*controls.values(), self._picture])
        for control in controls.values():
            if isinstance(control, Button):
                control.on_click(self.redraw)
            else:
                control.observe(self.redraw, "value")
        close_when_cell_runs_again(self)

        width, height = size
        self.fig = Figure((width / DPI, height / DPI), dpi=DPI * SCALE, facecolor="white", layout="constrained")
        self.fig.get_layout_engine().set(w_pad=0.08, h_pad=0.05)
        self._canvas = FigureCanvasAgg(self.fig)
        self.artists = setup(self.fig)
        self._moving = list(flatten(self.artists.values()))
        for artist in self._moving:
            artist.set_animated(True)
        self._render_still()
        self._publish_still()
        self.fig.set_layout_engine("none")
        self.redraw()

    @property
    def values(self) -> dict[str, object]:
        """What `update` gets: the value of each control by its name. A button has none."""
        return {name: c.value for name, c in self.controls.items() if not isinstance(c, Button)}

    def redraw(self, _change: object = None) -> None:
        """A tick: draw the first frame now; if there are more, let them follow while the kernel is free.

        Where no event loop runs, in plain Python, they wait for `finish`.
        """
        with self._lock:
            self._end_film()
            with self._errors_shown():
                answer = self._update(self.artists, **self.values)
                if not inspect.isgenerator(answer):
                    self._show(answer)
                    return
                self._film = answer
                self._next_frame()
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return
            self._task = loop.create_task(self._stream(answer))
            self._task.add_done_callback(report_error)

    def finish(self) -> str:
        """Run the film to its end now, without the frames in between. Returns the caption.

        Raises:
            Exception: what `update` raised, now or earlier while it streamed.
        """
        if self._task and self._task.done():
            self._task.result()
        elif self._film:
            with self._lock, self._errors_shown():
                for caption in self._film:
                    self.caption = caption
                self._end_film()
                self._show(self.caption)
        return self.caption

    def picture(self) -> np.ndarray:
        """What is shown now, drawn by matplotlib: pixels (height, width, 4) at twice the resolution."""
        pixels = np.asarray(self._canvas.buffer_rgba())
        pixels[:] = self._still
        self._draw_with(self._canvas.get_renderer())
        return pixels.copy()

    def close(self) -> None:
        """End the film and take the figure out of the notebook. The controls stay: others may use them too."""
        if self.comm is None:
            return
        with self._lock:
            self._end_film()
        for control in self.controls.values():
            if isinstance(control, Button):
                control.on_click(self.redraw, remove=True)
            else:
                control.unobserve(self.redraw, "value")
        for part in (self._still_html, self._html, self._picture):
            part.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """The box; where no widget can be shown (GitHub, paper), its picture and its caption stand in."""
        width, height = self._size
        with self._lock:
            stand_in = {"image/jpeg": jpeg(self.picture()), "text/plain": self.caption}
        return {**super()._repr_mimebundle_(**kwargs), **stand_in}, {"image/jpeg": {"width": width, "height": height}}

    async def _stream(self, film: Iterator[str]) -> None:
        """Frame after frame at a steady rate; in between the kernel is free, for a new tick above all."""
        now = asyncio.get_running_loop().time
        started = now()
        while self._film is film:
            await asyncio.sleep(max(started + FRAME_SECONDS - now(), BREATH_SECONDS))
            started = now()
            with self._lock, self._errors_shown():
                if self._film is film:
                    self._next_frame()

    def _next_frame(self) -> None:
        caption = next(self._film, END)
        if caption is END:
            self._film = None
            self._publish()
        else:
            self._show(caption)

    def _end_film(self) -> None:
        if self._film:
            self._film.close()
        self._task = self._film = None  # its task ends as soon as it wakes

    def _draw_with(self, renderer: RendererBase) -> None:
        for artist in self._moving:
            artist.draw(renderer)

    def _render_still(self) -> None:
        self._canvas.draw()
        self._still = np.array(self._canvas.buffer_rgba())

    def _show(self, caption: str) -> None:
        """Draw what moves, and send it."""
        if not isinstance(caption, str):
            raise TypeError(f"update gave {caption!r}; expected the caption, a string (or a generator of captions)")
        self.caption = caption
        # matplotlib calls a figure stale when anything but an animated artist has changed
        if still_changes := self.fig.stale:
            self._render_still()
        renderer = SvgRenderer(*self._canvas.get_width_height(physical=True), self.fig.dpi)
        self._draw_with(renderer)
        self._drawing = renderer.svg(COVER)
        if not still_changes:
            self._publish()
            return
        # no moment must show new lines on old axes: this once, what stands still comes with them
        self._drawing = f"{image_of(self._still)}{self._drawing}"
        self._publish()
        self._publish_still()

    def _publish_still(self) -> None:
        self._still_html.value = self._framed(image_of(self._still))

    def _publish(self, error: str = "") -> None:
        """Picture and text in one message, so that they always agree."""
        caption = html.escape(self.caption)
        busy = "true" if self._film else "false"
        text = f'<p role="status" aria-busy="{busy}" style="margin:0">{caption}</p>'
        if error:
            text = f'<p role="alert" style="margin:0"><b>The figure stopped.</b> {html.escape(error)}</p>'
        self._html.value = (
            f'<figure style="margin:0;max-width:{self._size[0]}px">'
            f'<div role="img" aria-label="{caption}">{self._framed(self._drawing + SLIDER_NAMER)}</div>'
            f'<figcaption style="margin-top:6px;line-height:1.5;min-height:{1.5 * self._caption_lines}em">{text}'
            f"</figcaption></figure>"
        )

    def _framed(self, content: str) -> str:
        width, height = self._size
        frame = f"position:relative;max-width:{width}px;aspect-ratio:{width}/{height};border-radius:4px;overflow:hidden"
        return f'<div style="{frame}">{content}</div>'

    @contextmanager
    def _errors_shown(self) -> Iterator[None]:
        """An error in a callback would otherwise be seen by nobody: show it to the reader and let it go on."""
        try:
            yield
        except Exception as error:
            self._film = None
            self._publish(error=f"{type(error).__name__}: {error}")
            raise


def image_of(pixels: np.ndarray) -> str:
    """Pixels as an image that fills its frame."""
    return f'<img alt="" decoding="sync" style="{COVER};max-width:none" src="{png_url(pixels)}">'


def report_error(task: asyncio.Task) -> None:
    """Hand what a film raised to the event loop, which logs it, as soon as it happens."""
    if not task.cancelled() and task.exception():
        context = {"message": "a live figure stopped", "exception": task.exception(), "task": task}
        task.get_loop().call_exception_handler(context)


def close_when_cell_runs_again(figure: LiveFigure) -> None:
    """A cell that runs again makes a new figure; the old one must not go on training behind it."""
    shell = get_ipython()
    cell = running_cell(shell)
    if cell is None:
        return

    def close(_info: object) -> None:
        if running_cell(shell) == cell:
            shell.events.unregister("pre_run_cell", close)
            figure.close()

    shell.events.register("pre_run_cell", close)


def running_cell(shell: object) -> str | None:
    """The identifier of the notebook's cell that runs now; None if there is no notebook."""
    asked = shell if hasattr(shell, "get_parent") else getattr(shell, "kernel", None)  # the latter in a browser
    return asked.get_parent().get("metadata", {}).get("cellId") if asked else None
