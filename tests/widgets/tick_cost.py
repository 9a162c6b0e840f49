"""What a tick costs the kernel, beside the simplest figure in the same run: a busy machine slows both."""

import statistics
import time
from collections.abc import Iterable

from ipywidgets import Widget

from nnlib.widgets.first_slider import step_size_figure

AT_MOST = 0.8
DEAR = 1.1
"""The limits. On a quiet machine the yardstick takes about 5 ms of CPU; the budget of every figure is 8.

What draws into eight panels, or shows images and many numbers, may come closer to it.
"""


def relative_cost(control: Widget, values: Iterable) -> float:
    """The median CPU time of setting the control to each value, over that of the yardstick.

    The yardstick is a tick of the first slider's figure, and its picture on paper: drawn by matplotlib, as a JPEG.
    """
    figure = step_size_figure()
    mine, its = [], []
    for i, value in enumerate(values):
        start = time.process_time()
        control.value = value
        mine.append(time.process_time() - start)
        start = time.process_time()
        figure.controls["step_size"].value = 0.1 + 0.01 * (i % 2)
        figure._repr_mimebundle_()
        its.append(time.process_time() - start)
    return statistics.median(mine) / statistics.median(its)
