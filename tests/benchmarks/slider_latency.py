"""From a slider's tick to new pixels: every figure in JupyterLab in a headless Chromium.

    pytest -s tests/benchmarks/slider_latency.py

A tick is a single key press; its time runs until the browser has painted the new picture, at twice the resolution.
"figure CPU" is what the figure itself costs the kernel, without training and messages; "kernel CPU" is all that the
kernel spends on a tick, with the messages of JupyterLab and ipywidgets. The row "made beforehand" draws nothing at all,
it sends two ready pictures in turn: the floor of this machine, its browser and JupyterLab. Run it on a machine with
nothing else to do: the budgets are for that.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from lab_driver import Lab, running_lab
from playwright.sync_api import Browser, Page
from widgets.figure_driver import (
    RECORDER,
    drag,
    handle,
    notebook_page,
    tick_latencies,
    wait_until_films_are_over,
    write_notebook,
)

FIRST_SLIDER = "from nnlib.widgets.first_slider import step_size_figure\nstep_size_figure()"
TRAINING = "from nnlib.widgets.training import training_figure\ntraining_figure()"
DEEPEST = TRAINING.replace(
    "training_figure()", "figure = training_figure()\nfigure.controls['depth'].value = 12\nfigure"
)
# two late frames of the training in turn, without the training
ONLY_THE_FRAME = f"""
from itertools import cycle
from nnlib.widgets import training
from nnlib.widgets.experiments import digits_training
states = cycle(list(digits_training(0.1, 0.5, 12))[-5::4])
training.digits_training = lambda *_, **__: iter([next(states)])
{TRAINING}
"""
MADE_BEFOREHAND = """
from itertools import cycle
from ipywidgets import HTML, VBox
from nnlib.widgets.first_slider import step_size_figure
from nnlib.widgets.live import slider
figure = step_size_figure()
pages = []
for alpha in (0.9, 0.2):
    figure.controls["step_size"].value = alpha
    pages.append(figure._html.value)
control, picture = slider("step size", 0.5, 0.0, 1.0, 0.01), HTML(pages[1])
pages = cycle(pages)
def redraw(_change):
    with metered():
        picture.value = next(pages)
control.observe(redraw, "value")
VBox([control, picture])
"""
METER = """
import os
import time
from contextlib import contextmanager
from pathlib import Path
import nnlib.widgets.live
spent = 0.0
@contextmanager
def metered():
    global spent
    start = time.thread_time()
    yield
    spent += time.thread_time() - start
    Path(f"{os.getpid()}.cpu").write_text(str(1000 * spent))
figure_class = nnlib.widgets.live.LiveFigure
if figure_class.__name__ != "Metered":  # JupyterLab keeps a kernel for the next time
    class Metered(figure_class):
        def redraw(self, _change=None):
            with metered():
                super().redraw(_change)
    nnlib.widgets.live.LiveFigure = Metered
print(os.getpid())
"""
TICKS = 25


@pytest.fixture(scope="module")
def figures_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with a notebook for each row of the table."""
    root = tmp_path_factory.mktemp("notebooks")
    cells = {
        "made_beforehand": MADE_BEFOREHAND,
        "first_slider": FIRST_SLIDER,
        "training": TRAINING,
        "deepest": DEEPEST,
        "only_the_frame": ONLY_THE_FRAME,
    }
    for name, cell in cells.items():
        write_notebook(root / f"{name}.ipynb", METER, cell)
    with running_lab(tmp_path_factory.mktemp("lab"), root) as lab:
        yield lab


def cpu_ms(page: Page, root: Path) -> np.ndarray:
    """The CPU time so far of the page's figure, and of the kernel behind it with all its threads."""
    process = psutil.Process(int(page.locator(".jp-OutputArea-output pre").first.inner_text()))
    return np.array([float((root / f"{process.pid}.cpu").read_text()), 1000 * sum(process.cpu_times()[:2])])


def cpu_per_tick(page: Page, root: Path) -> np.ndarray:
    """Milliseconds of the figure and of the kernel for each of many single ticks of the first slider."""
    before = cpu_ms(page, root)
    tick_latencies(page, handle(page, "step size"), TICKS, pause=0.1)
    return (cpu_ms(page, root) - before) / TICKS


def film_rate(page: Page) -> float:
    """Pictures a second while a film runs."""
    page.evaluate(RECORDER)
    handle(page, "step size").press("Home")
    page.wait_for_selector("figcaption [aria-busy=true]")
    wait_until_films_are_over(page)
    times = page.evaluate("() => stopRecorder().times")
    return 1000 * (len(times) - 2) / (times[-1] - times[1])  # the first one is that from before the key


def pictures_in_a_drag(page: Page) -> int:
    """Distinct pictures while the first slider is dragged for 1.5 s."""
    page.evaluate(RECORDER)
    drag(page, handle(page, "step size"), pixels=180, seconds=1.5)
    return len(page.evaluate("() => stopRecorder().times"))


HEADER = (
    f"{'tick to pixels [ms]':28}{'median':>8}{'p95':>8}{'figure CPU [ms]':>18}{'kernel CPU [ms]':>18}"
    f"{'frames/s':>10}{'in a drag':>11}"
)


@pytest.mark.parametrize(
    ("title", "notebook", "frame", "pause"),
    [
        ("made beforehand", "made_beforehand", "made_beforehand", 0.3),
        ("first slider", "first_slider", "first_slider", 0.3),
        ("training, at rest", "training", "only_the_frame", None),
        ("training, while it streams", "training", "only_the_frame", 0.5),
        ("12 hidden layers, at rest", "deepest", "only_the_frame", None),
    ],
)
def test_row(chromium: Browser, figures_lab: Lab, title: str, notebook: str, frame: str, pause: float | None):
    with notebook_page(chromium, figures_lab, f"{frame}.ipynb") as page:
        figure_cpu, kernel_cpu = cpu_per_tick(page, figures_lab.root)
    with notebook_page(chromium, figures_lab, f"{notebook}.ipynb") as page:
        latencies = tick_latencies(page, handle(page, "step size"), TICKS, pause)
        wait_until_films_are_over(page)
        rate = f"{film_rate(page):.1f}" if frame == "only_the_frame" else ""
        pictures = pictures_in_a_drag(page)
    median, p95 = np.percentile(latencies, [50, 95])
    cpu = f"{figure_cpu:18.1f}{kernel_cpu:18.1f}"
    print(f"\n{HEADER}\n{title:28}{median:8.0f}{p95:8.0f}{cpu}{rate:>10}{pictures:11}")
    assert median <= 60
    assert p95 <= 100
    assert figure_cpu <= 8
