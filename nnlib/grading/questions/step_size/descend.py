"""The path of gradient descent on a quadratic."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.fixtures import float32, integers, off_zero
from nnlib.grading.questions.step_size.quadratics import draw_H, draw_whole_H


def _descend_with(step: Callable) -> Callable:
    """The path with another step: (H, w, step_size, w0) -> the next w."""

    def descend(H, w0, step_size, steps):
        path = [w0]
        for _ in range(steps):
            path.append(step(H, path[-1], step_size, w0))
        return np.array(path)

    return descend


reference = _descend_with(lambda H, w, step_size, w0: w - step_size * (H @ w))


def _draw(rng: np.random.Generator, d: int, steps: int, share: tuple[float, float] = (0.55, 0.95)) -> tuple:
    H = draw_H(rng, d)
    return H, 2 * off_zero(rng, d), float(rng.uniform(*share) * 2 / np.linalg.eigvalsh(H).max()), steps


def _draw_one_weight(rng: np.random.Generator) -> tuple:
    lam = rng.uniform(0.3, 8.0)
    return np.array([[lam]]), 2 * off_zero(rng, 1), float(rng.uniform(0.6, 0.9) * 2 / lam), 4


def _draw_integers(rng: np.random.Generator) -> tuple:
    # so far from 0, and so slow, that every step has something to cut off
    H = draw_whole_H(rng, 3)
    return H, 1000 * integers(rng, 3), float(rng.uniform(0.85, 0.95) * 2 / np.linalg.eigvalsh(H).max()), 6


def _with_gradient(gradient: Callable) -> Callable:
    """The path with another gradient: (H, w) -> gradient."""
    return _descend_with(lambda H, w, step_size, w0: w - step_size * gradient(H, w))


def _changed(change: Callable) -> Callable:
    """The reference with its path changed afterwards: (path, H) -> what is returned."""
    return lambda H, w0, step_size, steps: change(reference(H, w0, step_size, steps), H)


def _entries_one_after_another(H, w0, step_size, steps):
    w = np.array(w0, dtype=float)
    path = [w.copy()]
    for _ in range(steps):
        for i in range(len(w)):
            w[i] -= step_size * (H[i] @ w)
        path.append(w.copy())
    return np.array(path)


def _one_array(H, w0, step_size, steps):
    w, path = w0, [w0]
    for _ in range(steps):
        w -= step_size * H @ w
        path.append(w)
    return np.array(path)


def _overwritten(H, w0, step_size, steps):
    w, path = w0, [w0.copy()]
    for _ in range(steps):
        w -= step_size * H @ w
        path.append(w.copy())
    return np.array(path)


def _rounded_at_each_step(H, w0, step_size, steps):
    path = np.zeros((steps + 1, len(w0)), dtype=w0.dtype)
    path[0] = w0
    for t in range(steps):
        path[t + 1] = path[t] - step_size * H @ path[t]
    return path


def _rounded_path(H, w0, step_size, steps):
    w = w0
    path = np.zeros((steps + 1, len(w0)), dtype=w0.dtype)
    path[0] = w0
    for t in range(steps):
        w = w - step_size * H @ w
        path[t + 1] = w
    return path


def _last_row_empty(path, _):
    return np.vstack([path[:-1], np.zeros((1, path.shape[1]))]) if len(path) > 1 else path


def _decaying(H, w0, step_size, steps):
    path = [w0]
    for t in range(steps):
        path.append(path[-1] - step_size / (1 + t) * H @ path[-1])
    return np.array(path)


def _growing(H, w0, step_size, steps):
    path = [w0]
    for t in range(steps):
        path.append(path[-1] - step_size * t * H @ path[-1])
    return np.array(path)


MISTAKES = (
    Mistake(
        "uphill instead of downhill",
        _with_gradient(lambda H, w: -H @ w),
        "The gradient Hw points uphill: subtract step_size * H @ w.",
    ),
    Mistake(
        "a factor 2 too many in the gradient",
        _with_gradient(lambda H, w: 2 * H @ w),
        "The loss has a ½ in front, which the 2 of the derivative cancels: the gradient is Hw.",
    ),
    Mistake(
        "a factor ½ too many in the gradient",
        _with_gradient(lambda H, w: 0.5 * H @ w),
        "The gradient of ½ wᵀHw is Hw: the ½ is gone.",
    ),
    Mistake(
        "H is missing",
        _with_gradient(lambda H, w: w),
        "The gradient is Hw. With w in its place, every direction would be equally steep.",
    ),
    Mistake(
        "the step size is missing",
        _descend_with(lambda H, w, step_size, w0: w - H @ w),
        "A step is step_size times the gradient.",
    ),
    Mistake(
        "only the diagonal of H",
        _with_gradient(lambda H, w: np.diag(H) * w),
        "H @ w is the matrix product: the other entries of H count too.",
    ),
    Mistake(
        "the columns of H summed in place of the product Hw",
        _with_gradient(lambda H, w: (H * w).sum(axis=0)),
        "H * w is elementwise; the gradient is the matrix product H @ w.",
    ),
    Mistake(
        "the loss in place of its gradient",
        _with_gradient(lambda H, w: 0.5 * w @ H @ w),
        "½ wᵀHw is a number, the same for all entries of w; a step needs the gradient Hw.",
    ),
    Mistake(
        "wᵀHw in place of the gradient",
        _with_gradient(lambda H, w: w @ H @ w),
        "wᵀHw is a number, the same for all entries of w; a step needs the gradient Hw.",
    ),
    Mistake(
        "the gradient is scaled to length 1",
        _with_gradient(lambda H, w: H @ w / np.linalg.norm(H @ w)),
        "The length of a step is step_size times the length of the gradient: do not normalise.",
    ),
    Mistake(
        "only the signs of the gradient",
        _with_gradient(lambda H, w: np.sign(H @ w)),
        "A step is step_size times the gradient itself, not its signs.",
    ),
    Mistake(
        "the gradient is divided by d",
        _with_gradient(lambda H, w: H @ w / len(w)),
        "The loss ½ wᵀHw is no mean: do not divide by the number of weights.",
    ),
    Mistake(
        "always the gradient at the start",
        _descend_with(lambda H, w, step_size, w0: w - step_size * H @ w0),
        "Compute the gradient anew at each step: H @ w with the present w, not w0.",
    ),
    Mistake(
        "each step starts from w0",
        _descend_with(lambda H, w, step_size, w0: w0 - step_size * H @ w),
        "A step goes on from the present w: w = w - step_size * H @ w.",
    ),
    Mistake(
        "the old w is forgotten",
        _descend_with(lambda H, w, step_size, w0: -step_size * H @ w),
        "-step_size * H @ w is the step alone; the new point is the old w plus this step.",
    ),
    Mistake(
        "the old w is forgotten, and the sign",
        _descend_with(lambda H, w, step_size, w0: step_size * H @ w),
        "step_size * H @ w is what is to be subtracted from the old w.",
    ),
    Mistake(
        "the entries of w updated one after another",
        _entries_one_after_another,
        "The second entry already sees the new first one: compute the whole gradient first, then move all entries.",
    ),
    Mistake(
        "the step size falls at each step",
        _decaying,
        "Here the step size is constant; decay comes in the next question.",
    ),
    Mistake(
        "the step size is multiplied by t",
        _growing,
        "The number of the step does not enter: each step is step_size times the gradient.",
    ),
    Mistake(
        "the start is missing",
        _changed(lambda path, H: path[1:]),
        "The first row is w0 itself: steps + 1 rows in all.",
    ),
    Mistake(
        "one step too few",
        lambda H, w0, step_size, steps: reference(H, w0, step_size, steps - 1),
        "The path has w0 and then one row for each step, steps + 1 in all: is it range(steps)?",
    ),
    Mistake(
        "one step too many",
        lambda H, w0, step_size, steps: reference(H, w0, step_size, steps + 1),
        "w0 is the first of the steps + 1 rows: is it range(steps)?",
    ),
    Mistake(
        "the path starts after the first step",
        lambda H, w0, step_size, steps: reference(H, w0, step_size, steps + 1)[1:],
        "The first row is w0: write w down before you move it.",
    ),
    Mistake(
        "the last row is left empty",
        _changed(_last_row_empty),
        "The loop ends one step too early: step t fills row t + 1, for t = 0, …, steps - 1.",
    ),
    Mistake(
        "the first row is left empty",
        _changed(lambda path, H: np.vstack([np.zeros((1, path.shape[1])), path[1:]])),
        "Put w0 into row 0: path[0] = w0.",
    ),
    Mistake(
        "only the last point",
        _changed(lambda path, H: path[-1]),
        "Return all the points, one in each row, with w0 in the first.",
    ),
    Mistake(
        "the points in columns",
        _changed(lambda path, H: path.T),
        "Rows are points: (steps + 1, d).",
    ),
    Mistake(
        "backwards, the last point first",
        _changed(lambda path, H: path[::-1]),
        "The first row is w0, the last row is where the descent ends.",
    ),
    Mistake(
        "the losses in place of the points",
        _changed(lambda path, H: 0.5 * np.sum(path @ H * path, axis=1)),
        "Asked are the points w_t themselves, one in each row.",
    ),
    Mistake(
        "the steps in place of the points",
        _changed(lambda path, H: np.vstack([path[:1], np.diff(path, axis=0)])),
        "Each row is the point reached, w - step_size * H @ w, not the step that led there.",
    ),
    Mistake(
        "all rows are the same array",
        _one_array,
        "w -= … changes the one array that all rows refer to: write w = w - …, which makes a new one.",
    ),
    Mistake(
        "w0 is overwritten",
        _overwritten,
        "w = w0 is a second name for the caller's array, and w -= … changes it: write w = w - …",
    ),
    Mistake(
        "each point is cut to whole numbers",
        _rounded_at_each_step,
        "A path with the dtype of an integer w0 cuts each point, and the next step starts from it: make it of floats.",
    ),
    Mistake(
        "the rows are cut to whole numbers",
        _rounded_path,
        "A path with the dtype of an integer w0 cuts what is written into it: make it of floats.",
    ),
)


def _rows_filled(H, w0, step_size, steps):
    path = np.empty((steps + 1, len(w0)))
    path[0] = w0
    for t in range(steps):
        path[t + 1] = path[t] - step_size * H @ path[t]
    return path


def _in_place(H, w0, step_size, steps):
    w = np.array(w0, dtype=float)
    path = [w.copy()]
    for _ in range(steps):
        w -= step_size * (w @ H)
        path.append(w.copy())
    return np.stack(path)


def _along_the_eigen_directions(H, w0, step_size, steps):
    lam, Q = np.linalg.eigh(H)
    t = np.arange(steps + 1)[:, np.newaxis]
    return (1 - step_size * lam) ** t * (Q.T @ w0) @ Q.T


def _recursive(H, w0, step_size, steps):
    rest = _recursive(H, w0 - step_size * np.dot(H, w0), step_size, steps - 1) if steps else []
    return [list(w0), *rest]


def _powers(H, w0, step_size, steps):
    M = np.eye(len(H)) - step_size * H
    return np.array([np.linalg.matrix_power(M, t) @ w0 for t in range(steps + 1)])


def _loops(H, w0, step_size, steps):
    path = [[float(entry) for entry in w0]]
    for _ in range(steps):
        w = path[-1]
        path.append([w[i] - step_size * sum(H[i, j] * w[j] for j in range(len(w))) for i in range(len(w))])
    return path


EQUIVALENTS = {
    "rows of an array filled": _rows_filled,
    "in place, on a copy": _in_place,
    "along the eigen-directions": _along_the_eigen_directions,
    "recursive, a list of lists": _recursive,
    "powers of I - αH": _powers,
    "loops over all entries": _loops,
}

QUESTION = Question(
    name="descend",
    points=2,
    arguments={"H": "(d, d)", "w0": "(d,)", "step_size": "", "steps": ""},
    results=(
        Result(
            "path",
            "(steps + 1, d)",
            ask="What is the gradient of ½ wᵀHw, and at which point is each step's taken?",
            formula="w_{t+1} = w_t - α H w_t; row t of the result is w_t.",
        ),
    ),
    reference=reference,
    families={
        "non-square, two weights": partial(_draw, d=2, steps=5),
        "non-square, three weights": partial(_draw, d=3, steps=6),
        "square (steps + 1 = d)": partial(_draw, d=4, steps=3),
        "square, larger": partial(_draw, d=5, steps=4),
    },
    edges={
        "no step (steps = 0)": partial(_draw, d=3, steps=0),
        "a single step": partial(_draw, d=3, steps=1),
        "one weight (d = 1)": _draw_one_weight,
        "a step size that is too large": partial(_draw, d=3, steps=6, share=(1.2, 2.0)),
        "many steps": partial(_draw, d=2, steps=100),
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, d=3, steps=5)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
