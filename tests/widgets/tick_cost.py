"""What a tick costs the kernel, beside one of the simplest figure in the same run: a busy machine slows both."""

import statistics
import time
from collections.abc import Iterable

from ipywidgets import Widget

from nnlib.widgets.first_slider import step_size_figure

AT_MOST = 2.2
DEAR = 2.8
"""The limits. On a quiet machine the first slider's tick takes less than 3 ms of CPU; the budget of every figure is 8.

What draws into eight panels, or fills two with pixels, may come closer to it.
"""


def relative_cost(control: Widget, values: Iterable) -> float:
    """The median CPU time of setting the control to each value, over that of a tick of the first slider."""
    yardstick = step_size_figure().controls["step_size"]
    mine, its = [], []
    for i, value in enumerate(values):
        for seconds, widget, new in ((mine, control, value), (its, yardstick, 0.1 + 0.01 * (i % 2))):
            start = time.process_time()
            widget.value = new
            seconds.append(time.process_time() - start)
    return statistics.median(mine) / statistics.median(its)
