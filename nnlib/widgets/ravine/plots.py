"""The numbers of the ravine to the artists of its two figures. The flat direction 1 is always blue, round and solid."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnlib.widgets.plots import BLUE, GREY, VERMILLION, frame
from nnlib.widgets.quick_line import quick_line
from nnlib.widgets.ravine.experiment import best_momentum, best_step, largest_stable_step, momentum_rate

FLAT = {"color": BLUE, "marker": "o", "linestyle": "-", "label": "flat direction, λ₁"}
STEEP = {"color": VERMILLION, "marker": "s", "linestyle": "--", "label": "steep direction, λ₂"}
PATH = {"color": "black", "marker": "o", "markersize": 3, "linewidth": 0.9}
START = {"color": "white", "marker": "D", "markersize": 7, "markeredgecolor": "black", "linestyle": "none"}
LEVELS = 0.3 * 2.4 ** np.arange(7)
RATES = LinearSegmentedColormap.from_list("rates", ["#08306b", "#2f7ebc", "#89bfdd", "#dbe9f6"])
ALPHA_LAM_MAX = 4.2
FACTOR_MAX = 1.4
TINY, HUGE = 1e-9, 1e3


def step_size_panels(fig: Figure, lam: np.ndarray, H: np.ndarray, Q: np.ndarray, steps: int, alpha_max: float) -> dict:
    """Three panels for `draw_step_size`: contours, the loss by eigen-direction, the factors |1 - αλ_i|."""
    contours, losses, factors = fig.subplots(1, 3, width_ratios=[1.15, 1, 1.15])
    draw_contours(contours, H, "the path of w", ("w₁", "w₂"), half=(3.6, 3.6))
    draw_directions(contours, Q)
    loss_panel(losses, steps)
    factor_panel(factors, lam, alpha_max)
    artists = {
        "α": quick_line(factors, color="black", linewidth=2, solid_joinstyle="miter"),
        "factors": [quick_line(factors, **{**look, "linestyle": "none"}) for look in (FLAT, STEEP)],
        "path": quick_line(contours, **PATH),
        "start": quick_line(contours, **START),
        "losses": loss_lines(losses),
    }
    fig.legend(handles=artists["losses"], loc="outside lower center", ncols=2, frameon=False, fontsize=9.5)
    return artists


def momentum_panels(fig: Figure, lam: np.ndarray, H: np.ndarray, Q: np.ndarray, w_0: np.ndarray, steps: int) -> dict:
    """Four panels for `draw_momentum`: the path in w and in q, the loss by eigen-direction, the map of rates."""
    (in_w, in_q), (losses, rates) = fig.subplots(2, 2, height_ratios=[1.12, 1])
    draw_contours(in_w, H, "the path of w", ("w₁", "w₂"), half=(4.9, 2.9))
    draw_directions(in_w, Q)
    draw_contours(in_q, np.diag(lam), "the same path as q = Qᵀw", ("q₁ (flat)", "q₂ (steep)"), half=(4.9, 2.9))
    draw_directions(in_q, np.eye(2))
    loss_panel(losses, steps)
    rate_map(rates, lam)
    in_w.plot(*w_0, zorder=3, **START)
    in_q.plot(*(w_0 @ Q), zorder=3, **START)
    point = {"markersize": 9, "markeredgecolor": "white", "linestyle": "none", "clip_on": False, "in_layout": False}
    artists = {
        "points": [quick_line(rates, **{**look, **point}) for look in (FLAT, STEEP)],
        "path": quick_line(in_w, **PATH),
        "path in q": quick_line(in_q, **PATH),
        "losses": loss_lines(losses),
    }
    fig.legend(handles=artists["losses"], loc="outside lower center", ncols=2, frameon=False, fontsize=9.5)
    return artists


def draw_step_size(artists: dict, path: np.ndarray, losses: np.ndarray, alphas: np.ndarray, lam: np.ndarray) -> None:
    """Show the path, its losses by direction, and the factors of the first step and of the steps after it."""
    draw_path(artists["path"], path)
    artists["start"].set_data(*path[:1].T)
    draw_losses(artists["losses"], losses)
    # an L: it stands at the first α, its foot reaches to the last
    artists["α"].set_data([alphas[-1], alphas[0], alphas[0]], [0, 0, FACTOR_MAX])
    for line, lam_i in zip(artists["factors"], lam, strict=True):
        line.set_data([alphas[0]], [abs(1 - alphas[0] * lam_i)])


def draw_momentum(
    artists: dict, path: np.ndarray, q: np.ndarray, losses: np.ndarray, alpha_lam: np.ndarray, beta: float
) -> None:
    """Show the path in both coordinates, its losses, and where the two directions stand on the map."""
    draw_path(artists["path"], path)
    draw_path(artists["path in q"], q)
    draw_losses(artists["losses"], losses)
    for point, x in zip(artists["points"], alpha_lam, strict=True):
        point.set_data([x], [beta])


def draw_path(line: Line2D, points: np.ndarray) -> None:
    """Show the path; it ends at the first point far outside, which a picture cannot hold."""
    outside = np.flatnonzero(np.abs(points).max(axis=1) > HUGE)
    shown = points[: outside[0] + 1] if len(outside) else points
    line.set_data(*shown.T)


def draw_losses(lines: list, losses: np.ndarray) -> None:
    """Show the loss of each direction; a logarithmic axis has no place for 0."""
    steps = np.arange(len(losses))
    for line, loss in zip(lines, losses.T, strict=True):
        line.set_data(steps, np.clip(loss, TINY / 1e3, HUGE * 1e3))


def loss_lines(axes: Axes) -> list:
    """A line for each direction, with few enough marks."""
    return [
        quick_line(axes, linewidth=1.4, markersize=5, markevery=slice(i * 5, None, 10), **look)
        for i, look in enumerate((FLAT, STEEP))
    ]


def draw_contours(axes: Axes, H: np.ndarray, title: str, labels: tuple[str, str], half: tuple[float, float]) -> None:
    """Level lines of ½ wᵀHw, with a cross at the minimum."""
    right, top = half
    frame(axes, title, labels[0], xlim=(-right, right), ylim=(-top, top), ylabel=labels[1], aspect="equal")
    axes.grid(visible=False)
    axes.locator_params(steps=[1, 2, 10], nbins=5)
    x, y = np.meshgrid(np.linspace(-right, right, 120), np.linspace(-top, top, 100))
    loss = (H[0, 0] * x**2 + 2 * H[0, 1] * x * y + H[1, 1] * y**2) / 2
    axes.contour(x, y, loss, levels=LEVELS, colors="#b5b5b5", linewidths=0.8)
    axes.plot(0, 0, "+", color=GREY, markersize=10)


def draw_directions(axes: Axes, Q: np.ndarray) -> None:
    """The two eigen-directions, in their colours and line styles."""
    for look, q in zip((FLAT, STEEP), Q.T, strict=True):
        axes.plot(*np.outer(q, [-6, 6]), color=look["color"], linestyle=look["linestyle"], linewidth=0.9, alpha=0.7)


def loss_panel(axes: Axes, steps: int) -> None:
    """The axes for the loss of each direction."""
    frame(axes, "loss ½ λᵢ qᵢ²", "step t", xlim=(0, steps), ylim=(TINY, HUGE), yscale="log")


def factor_panel(axes: Axes, lam: np.ndarray, alpha_max: float) -> None:
    """|1 - αλ_i| against α, with the best and the largest stable step marked."""
    frame(axes, "factor of a step, |1 − α·λᵢ|", "step size α", xlim=(0, alpha_max), ylim=(0, FACTOR_MAX))
    alpha = np.linspace(0, alpha_max, 400)
    for look, lam_i in zip((FLAT, STEEP), lam, strict=True):
        line = {"color": look["color"], "linestyle": look["linestyle"]}
        axes.plot(alpha, np.abs(1 - alpha * lam_i), linewidth=1.6, **line)
    best, limit = best_step(lam), largest_stable_step(lam)
    axes.axvspan(limit, alpha_max, color="#f3e3dc", zorder=0)
    axes.axhline(1, color=GREY, linewidth=0.8)
    for step_size in (best, limit):
        axes.axvline(step_size, color="black", linestyle=":", linewidth=1.2)
    beside = {"textcoords": "offset points", "fontsize": 9}
    axes.annotate(f"best {best:g}", (best, 1.22), (-5, 0), ha="right", **beside)
    axes.annotate(f"stable to {limit:.3f}", (limit, 0.04), (4, 0), rotation=90, **beside)


def rate_map(axes: Axes, lam: np.ndarray) -> None:
    """The rate of a direction over the (αλ, β) plane, with the borders of its regimes and the best pair of points."""
    frame(axes, "rate of a direction: dark is fast", "α·λᵢ", xlim=(0, ALPHA_LAM_MAX), ylim=(0, 1), ylabel="β")
    axes.grid(visible=False)
    alpha_lam, beta = np.meshgrid(np.linspace(0, ALPHA_LAM_MAX, 300), np.linspace(0, 1, 200))
    rate = momentum_rate(alpha_lam, beta)
    extent = (0, ALPHA_LAM_MAX, 0, 1)
    stable = np.ma.masked_where(alpha_lam > 2 * (1 + beta), rate)
    axes.set_facecolor("#f3e3dc")
    picture = axes.imshow(stable, origin="lower", extent=extent, aspect="auto", cmap=RATES, vmin=0, vmax=1)
    axes.figure.colorbar(picture, ax=axes, pad=0.02, fraction=0.08, ticks=[0, 0.5, 1])
    x = np.linspace(0, 4, 200)
    axes.plot(x, (1 - np.sqrt(x)) ** 2, color="white", linewidth=1.2)
    axes.plot(x, x / 2 - 1, color=VERMILLION, linestyle=":", linewidth=1.8)
    arrow = {"arrowstyle": "-", "color": "black"}
    axes.annotate("creeps", (0.12, 0.12), (0.55, 0.36), fontsize=9.5, arrowprops=arrow)
    axes.annotate("flips", (1.9, 0.05), (1.4, 0.36), fontsize=9.5, arrowprops=arrow)
    axes.text(1.05, 0.66, "swings", fontsize=9.5)
    axes.text(3.0, 0.16, "diverges", fontsize=9.5)
    alpha, beta = best_momentum(lam)
    axes.plot(alpha * lam, [beta, beta], "*", color="white", markersize=11, markeredgecolor="black", linestyle="none")
