"""The reusable piece: what it draws, what it says, how it streams, how it fails."""

import asyncio
import base64
import io
import re
import threading
import time
from itertools import count

import numpy as np
import pytest
from ipywidgets import Button
from matplotlib.lines import Line2D
from PIL import Image

from nnlib.widgets import live as live_module
from nnlib.widgets.live import LiveFigure, live, log_slider, slider


def setup(fig) -> dict:
    axes = fig.subplots()
    axes.set(xlim=(-1, 1), ylim=(-1, 1))
    return {"line": axes.plot([], [], "-")[0], "dots": [axes.plot([], [], "o")[0], axes.plot([], [], "s")[0]]}


def update(artists: dict, slope: float) -> str:
    artists["line"].set_data([-1, 1], [-slope, slope])
    artists["dots"][0].set_data([0.5], [0.5 * slope])
    return f"slope {slope:.1f}"


def slope_slider():
    return slider("slope", 0.5, 0.0, 1.0, 0.1)


def page_of(figure: LiveFigure) -> str:
    return figure.children[-1].children[-1].value


def image_in(page: str) -> np.ndarray | None:
    """The pixels of the image that a page holds."""
    found = re.search(r'src="data:image/png;base64,([^"]+)"', page)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(found[1])))) if found else None


def still_of(figure: LiveFigure) -> np.ndarray:
    return image_in(figure.children[-1].children[0].value)


def drawing_of(figure: LiveFigure) -> str:
    """What lies on it."""
    return re.search(r"<svg.*</svg>", page_of(figure))[0]


def text_of(figure: LiveFigure, role: str) -> list[str]:
    return re.findall(rf'<p role="{role}"[^>]*>(.*?)</p>', page_of(figure))


# the picture


def test_picture_on_paper_is_what_matplotlib_itself_would_draw():
    figure = live(setup, update, slope=slope_slider())
    figure.controls["slope"].value = 0.9
    picture = figure.picture()
    for artist in (figure.artists["line"], *figure.artists["dots"]):
        artist.set_animated(False)
    figure.fig.canvas.draw()
    drawn = np.asarray(figure.fig.canvas.buffer_rgba())
    assert np.mean(picture != drawn) < 1e-4  # where the line meets the frame, which lies above it otherwise


def test_old_position_does_not_remain_in_the_picture():
    figure = live(setup, update, slope=slope_slider())
    before = drawing_of(figure), figure.picture()
    figure.controls["slope"].value = 0.9
    assert drawing_of(figure) != before[0]
    assert np.abs(figure.picture().astype(int) - before[1]).max() > 100
    figure.controls["slope"].value = 0.5
    assert drawing_of(figure) == before[0]
    np.testing.assert_array_equal(figure.picture(), before[1])


def test_what_stands_still_has_twice_the_resolution_of_its_fixed_size_and_is_opaque():
    figure = live(setup, update, size=(400, 240), slope=slope_slider())
    assert still_of(figure).shape == (480, 800, 4)
    assert (still_of(figure)[..., 3] == 255).all()
    assert (still_of(figure)[0, 0] == 255).all()  # white: a readable card on a dark page too
    for page in (page_of(figure), figure.children[-1].children[0].value):
        assert "max-width:400px;aspect-ratio:400/240" in page


def test_only_what_moves_is_sent():
    figure = live(setup, update, size=(720, 480), slope=slope_slider())
    sent = []
    figure.children[-1].children[0].observe(lambda change: sent.append(change.new), "value")
    for slope in (0.0, 1.0):
        figure.controls["slope"].value = slope
        assert image_in(page_of(figure)) is None
        assert len(drawing_of(figure)) < 1500
    assert sent == []


def test_a_picture_with_nothing_in_motion_is_what_stands_still():
    figure = live(setup, lambda artists, slope: update(artists, np.nan), slope=slope_slider())
    assert re.search(r"<svg[^>]*></svg>", page_of(figure))
    np.testing.assert_array_equal(figure.picture(), still_of(figure))


def test_what_an_artist_drew_before_another_failed_does_not_remain():
    class Fragile(Line2D):
        def draw(self, renderer):
            if self.get_ydata()[0] < 0:
                raise RuntimeError("planted")

    def with_fragile(fig):
        return setup(fig) | {"fragile": fig.axes[0].add_line(Fragile([0], [0]))}

    def failing(artists, slope):
        artists["fragile"].set_ydata([-1 if slope > 0.85 else 1])
        return update(artists, slope)

    figure = live(with_fragile, failing, slope=slope_slider())
    before = drawing_of(figure)
    with pytest.raises(RuntimeError, match="planted"):
        figure.controls["slope"].value = 0.9
    figure.controls["slope"].value = 0.5
    assert drawing_of(figure) == before


def test_background_is_rendered_and_sent_only_when_something_in_it_changes():
    def zoom(artists, slope, far):
        axes, limits = artists["line"].axes, (-3, 3) if far else (-1, 1)
        if axes.get_xlim() != limits:
            axes.set_xlim(limits)
        return update(artists, slope)

    figure = live(setup, zoom, slope=slope_slider(), far=slider("far", 0, 0, 1, 1))
    sent = []
    figure.children[-1].children[0].observe(lambda change: sent.append(image_in(change.new)), "value")
    for slope in np.linspace(0, 1, 11):
        figure.controls["slope"].value = slope
    assert sent == []
    near = still_of(figure), drawing_of(figure)
    figure.controls["far"].value = 1
    (far,) = sent
    assert np.abs(far.astype(int) - near[0]).max() > 100
    np.testing.assert_array_equal(image_in(page_of(figure)), far)  # at no moment do new lines lie on old axes
    assert drawing_of(figure) != near[1]
    figure.controls["slope"].value = 0.5
    assert image_in(page_of(figure)) is None
    figure.controls["slope"].value = 1
    figure.controls["far"].value = 0
    np.testing.assert_array_equal(still_of(figure), near[0])
    assert drawing_of(figure) == near[1]


# the text


def test_caption_is_also_the_alternative_text():
    figure = live(setup, update, slope=slope_slider())
    figure.controls["slope"].value = 0.8
    assert figure.caption == "slope 0.8"
    assert text_of(figure, "status") == ["slope 0.8"]
    assert 'aria-label="slope 0.8"' in page_of(figure)


def test_caption_is_text_not_markup():
    figure = live(setup, lambda artists: '1 < 2 & "quoted" <script>', size=(200, 100))
    assert 'aria-label="1 &lt; 2 &amp; &quot;quoted&quot; &lt;script&gt;"' in page_of(figure)
    assert "<script>" not in page_of(figure)


def test_a_picture_and_its_caption_stand_in_where_no_widget_can_be_shown():
    figure = live(setup, update, size=(400, 240), slope=slope_slider())
    data, metadata = figure._repr_mimebundle_()
    assert data["text/plain"] == "slope 0.5"
    assert Image.open(io.BytesIO(base64.b64decode(data["image/jpeg"]))).size == (800, 480)
    assert metadata["image/jpeg"] == {"width": 400, "height": 240}
    assert "application/vnd.jupyter.widget-view+json" in data


# controls


def test_a_button_draws_anew():
    drawn = []
    figure = live(setup, lambda artists: str(drawn.append(1)), size=(200, 100), again=Button(description="again"))
    figure.controls["again"].click()
    assert len(drawn) == 2


def test_one_slider_may_drive_two_figures_and_outlives_either():
    shared = slope_slider()
    first, second = live(setup, update, slope=shared), live(setup, update, slope=shared)
    shared.value = 0.1
    assert first.caption == second.caption == "slope 0.1"
    first.close()
    shared.value = 0.2
    assert (first.caption, second.caption) == ("slope 0.1", "slope 0.2")


@pytest.mark.parametrize(("step", "read_out"), [(0.25, ".2f"), (0.1, ".1f"), (1.0, ".0f"), (0.005, ".3f")])
def test_read_out_shows_every_digit_of_the_step(step, read_out):
    assert slider("x", 0.0, 0.0, 10.0, step).readout_format == read_out


def test_log_slider_takes_its_ends_as_they_are():
    control = log_slider("step size α", 0.1, 0.001, 10)
    assert (control.min, control.max, control.value) == pytest.approx((-3, 1, 0.1))


# errors


def test_error_is_shown_and_raised_and_forgotten_at_the_next_tick():
    def fragile(artists, slope):
        return update(artists, slope) if slope < 0.7 else 1 / 0

    figure = live(setup, fragile, slope=slope_slider())
    with pytest.raises(ZeroDivisionError):
        figure.controls["slope"].value = 0.8
    assert text_of(figure, "alert") == ["<b>The figure stopped.</b> ZeroDivisionError: division by zero"]
    assert not text_of(figure, "status")
    figure.controls["slope"].value = 0.6
    assert text_of(figure, "status") == ["slope 0.6"]
    assert not text_of(figure, "alert")


def test_update_without_a_caption_is_told_so():
    with pytest.raises(TypeError, match="update gave None; expected the caption"):
        live(setup, lambda artists: None)


def test_error_of_the_first_frame_raises_in_the_tick():
    def film(artists, slope):
        yield update(artists, slope / (slope - 0.8))

    figure = live(setup, film, slope=slope_slider())
    with pytest.raises(ZeroDivisionError):
        figure.controls["slope"].value = 0.8
    assert text_of(figure, "alert")


def test_error_of_a_later_frame_raises_in_finish():
    def film(artists):
        yield "first"
        raise RuntimeError("planted")

    figure = live(setup, film)
    with pytest.raises(RuntimeError, match="planted"):
        figure.finish()
    assert "planted" in text_of(figure, "alert")[0]


# films


def counting(frames: int, log: list | None = None):
    """An update with so many frames, which notes what happens to it."""
    log = [] if log is None else log

    def film(artists, slope):
        try:
            for frame in range(frames):
                update(artists, slope * frame / frames)
                log.append((slope, frame))
                yield f"slope {slope:.1f}, frame {frame}"
        finally:
            log.append((slope, "closed"))

    return film


@pytest.fixture
def fast_frames(monkeypatch):
    monkeypatch.setattr(live_module, "FRAME_SECONDS", 0.01)
    monkeypatch.setattr(live_module, "BREATH_SECONDS", 0.001)


async def film_over(figure: LiveFigure) -> None:
    while 'aria-busy="true"' in page_of(figure):
        await asyncio.sleep(0.005)


def test_without_an_event_loop_the_first_frame_is_drawn_and_finish_draws_the_last():
    figure = live(setup, counting(5), slope=slope_slider())
    assert figure.caption == "slope 0.5, frame 0"
    first = drawing_of(figure)
    assert figure.finish() == figure.caption == "slope 0.5, frame 4"
    assert 'aria-busy="false"' in page_of(figure)
    assert drawing_of(figure) != first
    assert figure.finish() == "slope 0.5, frame 4"


@pytest.mark.usefixtures("fast_frames")
def test_with_an_event_loop_the_frames_follow_by_themselves():
    async def scenario():
        figure = live(setup, counting(5), slope=slope_slider())
        shown = []
        figure.children[-1].children[-1].observe(lambda change: shown.append(figure.caption[-1]), "value")
        assert 'aria-busy="true"' in page_of(figure)
        await asyncio.wait_for(film_over(figure), 10)
        return figure.caption, shown

    caption, shown = asyncio.run(scenario())
    assert caption == "slope 0.5, frame 4"
    assert shown == ["1", "2", "3", "4", "4"]  # the last one twice: it is no longer busy


async def beats_beside(film):
    """Let the film run for a second and count how often something else gets its turn."""
    figure = live(setup, film, slope=slope_slider())
    for slope in (0.1, 0.2, 0.3):  # however often it starts anew, there is one film, at one pace
        figure.controls["slope"].value = slope
    beats, end = 0, time.monotonic() + 1
    while time.monotonic() < end:
        await asyncio.sleep(0.001)
        beats += 1
    figure.close()
    return beats


def test_frames_keep_their_pace_and_leave_the_loop_free():
    log = []
    beats = asyncio.run(beats_beside(counting(100, log)))
    frames = [frame for slope, frame in log if slope == 0.3]
    assert 5 <= len(frames) <= 1 / live_module.FRAME_SECONDS + 3
    assert beats > 50


@pytest.mark.usefixtures("fast_frames")
def test_a_new_tick_ends_the_old_film_at_once():
    async def scenario():
        figure = live(setup, counting(1000, log), slope=slope_slider())
        await asyncio.sleep(0.05)
        figure.controls["slope"].value = 0.9
        assert figure.caption == "slope 0.9, frame 0"
        log.append("tick")
        await asyncio.sleep(0.1)
        figure.close()

    log = []
    asyncio.run(scenario())
    before, after = log[: log.index("tick")], log[log.index("tick") + 1 :]
    assert len(before) > 3
    assert before[-2:] == [(0.5, "closed"), (0.9, 0)]
    assert len(after) > 2
    assert all(slope == 0.9 for slope, _ in after)


@pytest.mark.usefixtures("fast_frames")
def test_a_tick_from_another_thread_waits_for_the_frame_that_is_being_made():
    """JupyterLab runs a cell, and so its film, in one thread, and handles ticks in another."""

    def film(artists, slope):
        for frame in count():
            if (slope, frame) == (0.5, 2):
                in_the_middle.set()
                time.sleep(0.1)
            yield f"slope {slope}, frame {frame}"

    async def scenario():
        figure = live(setup, film, slope=slope_slider())
        await asyncio.to_thread(lambda: in_the_middle.wait(10) and asyncio.run(tick_and_watch(figure)))
        figure.close()

    async def tick_and_watch(figure):
        figure.controls["slope"].value = 0.9
        for _ in range(20):
            captions.append(figure.caption)
            await asyncio.sleep(0.01)

    in_the_middle, captions = threading.Event(), []
    asyncio.run(scenario())
    assert captions[0] == "slope 0.9, frame 0"
    assert all(caption.startswith("slope 0.9") for caption in captions)
    assert len(set(captions)) > 3


@pytest.mark.usefixtures("fast_frames")
def test_closing_ends_the_film():
    async def scenario():
        figure = live(setup, counting(1000, log), slope=slope_slider())
        await asyncio.sleep(0.05)
        figure.close()
        log.append("closed the figure")
        figure.controls["slope"].value = 0.9
        await asyncio.sleep(0.05)

    log = []
    asyncio.run(scenario())
    assert log[-2:] == [(0.5, "closed"), "closed the figure"]


@pytest.mark.usefixtures("fast_frames")
def test_error_of_a_later_frame_is_shown_and_reaches_the_event_loop_and_finish():
    def film(artists):
        yield "first"
        yield "second"
        raise RuntimeError("planted")

    async def scenario():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context["exception"]))
        figure = live(setup, film)
        async with asyncio.timeout(10):
            while not reported:
                await asyncio.sleep(0.005)
        assert "RuntimeError: planted" in text_of(figure, "alert")[0]
        with pytest.raises(RuntimeError, match="planted"):
            figure.finish()

    reported = []
    asyncio.run(scenario())
    assert [str(error) for error in reported] == ["planted"]
