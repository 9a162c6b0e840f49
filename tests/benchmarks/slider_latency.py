"""From a slider's tick to new pixels: every figure of every lecture in JupyterLab in a headless Chromium.

    pytest -s tests/benchmarks/slider_latency.py               # all of them
    pytest -s tests/benchmarks/slider_latency.py -k "made or training"

A tick is a single key press; its time runs until the browser has painted the new picture, at twice the resolution: of
a film, its first frame. "figure CPU" is what this picture costs the kernel, computed and drawn; "kernel CPU" adds the
messages of JupyterLab and ipywidgets. "frames/s" is the rate at which a film streams. The row "made beforehand" draws
nothing at all, it sends two ready pictures in turn: the floor of this machine, its browser and JupyterLab. Run it on a
machine with nothing else to do: the budgets are for that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
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
VBox([control, figure.children[-1].children[0], picture])
"""
METER = """
import os
import time
from contextlib import contextmanager
from inspect import isgenerator
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
def first_frame_of(update):
    def draw(artists, **values):
        answer = update(artists, **values)
        return next(answer) if isgenerator(answer) else answer
    return draw
figure_class = nnlib.widgets.live.LiveFigure
if figure_class.__name__ != "Metered":  # JupyterLab keeps a kernel for the next time
    class Metered(figure_class):
        def __init__(self, setup, update, *rest):
            super().__init__(setup, first_frame_of(update) if ONLY_THE_FIRST_FRAME else update, *rest)
        def redraw(self, _change=None):
            with metered():
                super().redraw(_change)
    nnlib.widgets.live.LiveFigure = Metered
print(os.getpid())
"""
TICKS = 25
LEAST_FRAMES = 6
"""Films with fewer frames have no rate."""


@dataclass(frozen=True)
class Figure:
    """A row of the table: the figure which `make` makes, moved by the slider of that label."""

    title: str
    module: str
    make: str
    label: str
    frames: int = 1
    pause: float | None = 0.3
    """Seconds between two ticks; None waits until the film is over."""
    far: str = "Home"
    """The key after which the rate of the film is measured."""

    @property
    def cell(self) -> str:
        """The code which shows it."""
        return f"from nnlib.widgets.{self.module} import {self.make}\nfigure = {self.make}()\nfigure"


FIGURES = [
    Figure("0 first slider", "first_slider", "step_size_figure", "step size"),
    Figure("1 unit", "forward_pass", "unit_figure", "bias b"),
    Figure("1 random network", "forward_pass", "random_network_figure", "spread s", 2, None),
    Figure("2 chain rule", "chain_rule", "chain_rule_figure", "step"),
    # here and in lecture 8 the step size does not change the first frame: a picture that stays the same cannot be timed
    Figure("3 training", "training", "training_figure", "hidden layers", 51, None, "End"),
    Figure("3 training, while it streams", "training", "training_figure", "hidden layers", 51, 0.5, "End"),
    Figure("4 noise", "minibatch", "noise_figure", "w − w*"),
    Figure("4 race", "minibatch", "race_figure", "batch size m"),
    Figure("5 step size", "ravine", "step_size_figure", "step size"),
    Figure("6 momentum", "ravine", "momentum_figure", "momentum β"),
    Figure("7 features", "features", "features_figure", "stretch s"),
    Figure("8 BatchNorm", "normalized", "batchnorm_figure", "initial W times", 51, None),
    Figure("9 gradient", "depth", "gradient_figure", "weights times c", 6, None),
    Figure("9 identity", "depth", "identity_figure", "branch times c", 51, None),
    Figure("10 desk", "digits", "training_desk", "step size", 81, None),
]


@pytest.fixture(scope="module")
def figures_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with two notebooks for each figure: the whole film, and the first frame alone."""
    root = tmp_path_factory.mktemp("notebooks")
    cells = {figure.make + figure.module: figure.cell for figure in FIGURES} | {"made beforehand": MADE_BEFOREHAND}
    for name, cell in cells.items():
        for only_first in (True, False):
            write_notebook(root / f"{name}_{only_first}.ipynb", f"ONLY_THE_FIRST_FRAME = {only_first}", METER, cell)
    with running_lab(tmp_path_factory.mktemp("lab"), root) as lab:
        yield lab


def cpu_ms(page: Page, root: Path) -> np.ndarray:
    """The CPU time so far of the page's figure, and of the kernel behind it with all its threads."""
    process = psutil.Process(int(page.locator(".jp-OutputArea-output pre").first.inner_text()))
    return np.array([float((root / f"{process.pid}.cpu").read_text()), 1000 * sum(process.cpu_times()[:2])])


def cpu_per_tick(page: Page, root: Path, label: str) -> np.ndarray:
    """Milliseconds of the figure and of the kernel for each of many single ticks of the slider."""
    before = cpu_ms(page, root)
    tick_latencies(page, handle(page, label), TICKS, pause=0.1)
    return (cpu_ms(page, root) - before) / TICKS


def film_rate(page: Page, figure: Figure) -> float:
    """Pictures a second while a film runs."""
    page.evaluate(RECORDER)
    handle(page, figure.label).press(figure.far)
    page.wait_for_selector("figcaption [aria-busy=true]")
    wait_until_films_are_over(page)
    times = page.evaluate("() => stopRecorder().times")
    return 1000 * (len(times) - 2) / (times[-1] - times[1])  # the first one is that from before the key


def pictures_in_a_drag(page: Page, label: str) -> int:
    """Distinct pictures while the slider is dragged for 1.5 s."""
    page.evaluate(RECORDER)
    drag(page, handle(page, label), pixels=180, seconds=1.5)
    return len(page.evaluate("() => stopRecorder().times"))


HEADER = (
    f"{'tick to pixels [ms]':30}{'median':>8}{'p95':>8}{'figure CPU [ms]':>18}{'kernel CPU [ms]':>18}"
    f"{'frames/s':>10}{'in a drag':>11}"
)


def print_row(chromium: Browser, lab: Lab, name: str, figure: Figure) -> tuple[float, float, float, float | None]:
    """Measure; print the row; give median, p95, the figure's CPU time and the film's rate."""
    with notebook_page(chromium, lab, f"{name}_True.ipynb") as page:
        figure_cpu, kernel_cpu = cpu_per_tick(page, lab.root, figure.label)
    with notebook_page(chromium, lab, f"{name}_False.ipynb") as page:
        latencies = tick_latencies(page, handle(page, figure.label), TICKS, figure.pause)
        wait_until_films_are_over(page)
        rate = film_rate(page, figure) if figure.frames >= LEAST_FRAMES else None
        pictures = pictures_in_a_drag(page, figure.label)
    median, p95 = np.percentile(latencies, [50, 95])
    told = f"{rate:.1f}" if rate else ""
    row = f"{figure.title:30}{median:8.0f}{p95:8.0f}{figure_cpu:18.1f}{kernel_cpu:18.1f}{told:>10}{pictures:11}"
    print(f"\n{HEADER}\n{row}")
    return median, p95, figure_cpu, rate


def test_made_beforehand(chromium: Browser, figures_lab: Lab):
    print_row(chromium, figures_lab, "made beforehand", Figure("made beforehand", "", "", "step size"))


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.title)
def test_figure(chromium: Browser, figures_lab: Lab, figure: Figure):
    median, p95, figure_cpu, rate = print_row(chromium, figures_lab, figure.make + figure.module, figure)
    assert median <= 60
    assert p95 <= 100
    assert figure_cpu <= 8
    assert rate is None or rate >= 15
