"""Names for sliders: without one, a screen reader says "slider, 0.09999999999999999" and not which.

ipywidgets 8.1 shows a slider's label and read-out beside it, but tells its handle of neither, and no trait of a slider
reaches the handle. (There, two lines would do: noUiSlider takes `handleAttributes`, for an `aria-label` with the
description, and `ariaFormat`, for the read-out's format.)

What lies in a figure beside its picture is ours, though, and a browser runs the `onload` of an image whenever it is
shown. So an image of one transparent pixel says there what the page shows already. Where a page forbids such scripts,
the figure works as before.
"""

import html

NAME_SLIDERS = """
const nameAll = () => {
    for (const slider of this.getRootNode().querySelectorAll('.widget-slider')) {
        const find = part => slider.querySelector(part);
        const [handle, label, readout] = ['.noUi-handle', '.widget-label', '.widget-readout'].map(find);
        if (!handle || !label || !readout) continue;
        handle.setAttribute('aria-label', label.textContent);
        handle.setAttribute('aria-valuetext', readout.textContent);
    }
};
nameAll();
setTimeout(nameAll, 500);  // the first picture may be there before the sliders are
"""
TRANSPARENT_PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

SLIDER_NAMER = f'<img alt="" style="position:absolute" src="{TRANSPARENT_PIXEL}" onload="{html.escape(NAME_SLIDERS)}">'
"""Each slider's label becomes its handle's name, its read-out the handle's value, when this is shown."""
