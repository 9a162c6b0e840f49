"""The figure of y = x: a plain and a residual network with the same random weights learn to repeat their input."""

from collections.abc import Iterator, Mapping
from functools import partial

from nnlib.widgets.depth.experiment import IdentityState, identity_training
from nnlib.widgets.depth.plots import draw_identity, identity_panels
from nnlib.widgets.live import LiveFigure, live, log_slider, slider
from nnlib.widgets.plots import number

STEPS = 200
STEPS_PER_FRAME = 4


def identity_figure() -> LiveFigure:
    """Number of blocks B, branch scale c and step size α: the answers and the errors while both networks train."""
    return live(
        partial(identity_panels, steps=STEPS),
        film,
        size=(720, 320),
        caption_lines=3,
        blocks=slider("blocks B", 10, 1, 16, 1),
        c=slider("branch times c", 0.3, 0.0, 1.0, 0.05),
        step_size=log_slider("step size α", 0.003162, 0.0001, 0.1),
    )


def film(artists: dict, blocks: int, c: float, step_size: float) -> Iterator[str]:
    """Both runs side by side; one which has diverged waits for the other."""
    runs = {kind: identity_training(kind, blocks, c, step_size, steps=STEPS) for kind in ("plain", "residual")}
    states: dict[str, IdentityState] = {}
    for step in range(STEPS + 1):
        for kind, run in runs.items():
            states[kind] = next(run, states.get(kind))
        if step % STEPS_PER_FRAME == 0:
            for kind, state in states.items():
                draw_identity(artists, kind, state)
            yield caption(states, step, blocks, c)


def caption(states: Mapping[str, IdentityState], step: int, blocks: int, c: float) -> str:
    """The errors now and at the start, and what the start's should be."""
    now = ", ".join(f"{kind} {told(state)}" for kind, state in states.items())
    start = ", ".join(f"{kind} {number(state.errors[0])}" for kind, state in states.items())
    expected = number((1 + c**2) ** blocks - 1)
    return (
        f"Step {step} of {STEPS}: error {now} (always answering 0 has error 1). At the start: {start}; "
        f"for residual, (1 + c²)ᴮ − 1 = {expected} on average over random weights."
    )


def told(state: IdentityState) -> str:
    """The error, or when it left all bounds."""
    return f"diverged at step {state.step}" if state.diverged else number(state.error)
