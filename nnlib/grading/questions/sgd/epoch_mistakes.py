"""What goes wrong in an epoch of SGD."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake
from nnlib.grading.questions.sgd.minibatches import reference as minibatches
from nnlib.grading.questions.sgd.visits import (
    Gradient,
    Loop,
    Visit,
    columns,
    cut,
    epoch,
    every_order,
    leads_to,
    with_replacement,
)


def _with(gradient: Gradient) -> Loop:
    """The right loop with a gradient of its own."""
    return lambda X, Y, w, m, step_size, _gradient: epoch(X, Y, w, m, step_size, gradient)


def _number_of_batches(n, m):
    return -(-n // m)


def _loss(x, y, w):
    return 0.5 * ((x @ w - y) ** 2).sum(axis=(-1, -2), keepdims=True) / x.shape[-2]


def _not_transposed(x, y, w):
    if len({*x.shape[-2:], w.shape[-2]}) > 1:
        raise ValueError("this runs for square matrices only")
    return x @ (x @ w - y) / x.shape[-2]


def _gradients_at_the_start(X, Y, w, m, step_size, gradient):
    return w - step_size * sum(gradient(x, y, w) for x, y in cut(X, Y, m))


def _one_step_with_the_mean(X, Y, w, m, step_size, gradient):
    gradients = [gradient(x, y, w) for x, y in cut(X, Y, m)]
    return w - step_size * sum(gradients) / len(gradients)


def _each_from_the_start(X, Y, w, m, step_size, gradient):
    *_, (x, y) = cut(X, Y, m)
    return w - step_size * gradient(x, y, w)


def _first_only(X, Y, w, m, step_size, gradient):
    x, y = next(cut(X, Y, m))
    return w - step_size * gradient(x, y, w)


def _first_in_every_step(X, Y, w, m, step_size, gradient):
    x, y = next(cut(X, Y, m))
    for _ in cut(X, Y, m):
        w = w - step_size * gradient(x, y, w)
    return w


def _all_samples_once(X, Y, w, m, step_size, gradient):
    return w - step_size * gradient(X, Y, w)


def _all_samples_in_every_step(X, Y, w, m, step_size, gradient):
    for _ in cut(X, Y, m):
        w = w - step_size * gradient(X, Y, w)
    return w


def _short_one_dropped(X, Y, w, m, step_size, gradient):
    full = X.shape[-2] // m * m
    return epoch(X[..., :full, :], Y[..., :full, :], w, m, step_size, gradient)


def _last_one_dropped(X, Y, w, m, step_size, gradient):
    kept = (_number_of_batches(X.shape[-2], m) - 1) * m
    return epoch(X[..., :kept, :], Y[..., :kept, :], w, m, step_size, gradient)


def _filled_up(X, Y, w, m, step_size, gradient):
    places = np.arange(_number_of_batches(X.shape[-2], m) * m) % X.shape[-2]
    return epoch(X[..., places, :], Y[..., places, :], w, m, step_size, gradient)


def _two_epochs(X, Y, w, m, step_size, gradient):
    return epoch(X, Y, epoch(X, Y, w, m, step_size, gradient), m, step_size, gradient)


def _change(X, Y, w, m, step_size, gradient):
    return epoch(X, Y, w, m, step_size, gradient) - w


def _last_gradient(X, Y, w, m, step_size, gradient):
    for x, y in cut(X, Y, m):
        last = gradient(x, y, w)
        w = w - step_size * last
    return last


def _mean_of_all_w(X, Y, w, m, step_size, gradient):
    ends = []
    for x, y in cut(X, Y, m):
        w = w - step_size * gradient(x, y, w)
        ends.append(w)
    return sum(ends) / len(ends)


def _with_momentum(X, Y, w, m, step_size, gradient):
    total = 0.0
    for x, y in cut(X, Y, m):
        total = total + gradient(x, y, w)
        w = w - step_size * total
    return w


def _step_size_missing(X, Y, w, m, step_size, gradient):
    return epoch(X, Y, w, m, 1.0, gradient)


def _from_0(X, Y, w, m, step_size, gradient):
    return epoch(X, Y, np.zeros_like(w), m, step_size, gradient)


def _step_for_each_sample(X, Y, w, m, step_size, gradient):
    return epoch(X, Y, w, 1, step_size, gradient)


def _epoch_of(visit: Visit) -> Callable:
    """The visit with samples in the order that the seed gives."""

    def sgd_epoch(X, Y, w, m, step_size, seed):
        order = np.random.default_rng(seed).permutation(len(X))
        X, Y, W = columns(X, Y, w)
        return np.broadcast_to(visit.rule(X[order], Y[order], W, m, step_size), W.shape).reshape(w.shape)

    return sgd_epoch


def _w_not_updated(X, Y, w, m, step_size, seed):
    total = np.zeros(w.shape)
    for batch in minibatches(len(X), m, seed):
        residual = X[batch] @ w - Y[batch]
        total += X[batch].T @ residual / len(batch)
    return w - step_size * total


def _divided_by_m(X, Y, w, m, step_size, seed):
    for batch in minibatches(len(X), m, seed):
        residual = X[batch] @ w - Y[batch]
        w = w - step_size * X[batch].T @ residual / m
    return w


def _returns_inside_the_loop(X, Y, w, m, step_size, seed):
    for batch in minibatches(len(X), m, seed):
        residual = X[batch] @ w - Y[batch]
        w = w - step_size * X[batch].T @ residual / len(batch)
        return w


def _apart(X, Y, w, m, step_size, seed):
    order = np.random.default_rng(seed).permutation(len(X))
    X, Y = X[order], Y[np.roll(order, 1)]
    for start in range(0, len(X), m):
        x, y = X[start : start + m], Y[start : start + m]
        w = w - step_size * x.T @ (x @ w - y) / len(x)
    return w


def _one_sample_twice(X, Y, w, m, step_size, seed):
    # independent draws may happen to be all different
    order = np.random.default_rng(seed).permutation(len(X))
    order[-1] = order[0]
    X, Y = X[order], Y[order]
    for start in range(0, len(X), m):
        x, y = X[start : start + m], Y[start : start + m]
        w = w - step_size * x.T @ (x @ w - y) / len(x)
    return w


def _overwritten(X, Y, w, m, step_size, seed):
    for batch in minibatches(len(X), m, seed):
        residual = X[batch] @ w - Y[batch]
        w -= step_size * X[batch].T @ residual / len(batch)
    return w


def _data_shuffled_in_place(X, Y, w, m, step_size, seed):
    order = np.random.default_rng(seed).permutation(len(X))
    X[:], Y[:] = X[order], Y[order]
    for start in range(0, len(X), m):
        x, y = X[start : start + m], Y[start : start + m]
        w = w - step_size * x.T @ (x @ w - y) / len(x)
    return w


def _cut_to_whole_numbers(X, Y, w, m, step_size, seed):
    w = w.copy()
    for batch in minibatches(len(X), m, seed):
        w[...] = w - step_size * X[batch].T @ (X[batch] @ w - Y[batch]) / len(batch)
    return w


def _not_shuffled(X, Y, w, m, step_size, seed):
    for start in range(0, len(X), m):
        x, y = X[start : start + m], Y[start : start + m]
        w = w - step_size * x.T @ (x @ w - y) / len(x)
    return w


def _always_the_same_seed(X, Y, w, m, step_size, seed):
    for batch in minibatches(len(X), m, 0):
        w = w - step_size * X[batch].T @ (X[batch] @ w - Y[batch]) / len(batch)
    return w


def _wrong(name: str, hint: str, code: Callable | None = None, **wrong: Any) -> tuple[Visit, Mistake]:
    """A wrong visit, recognised whatever the order is; and the mistake, which is this visit unless code is given."""
    visit = Visit(**wrong)
    return visit, Mistake(name, code or _epoch_of(visit), hint)


WRONG = (
    _wrong(
        "divided by n",
        "The gradient of a mini-batch is the mean over its own samples: divide by len(batch), not by all n.",
        size=lambda x, y, n, m: n,
    ),
    _wrong(
        "every mini-batch divided by m",
        "The last mini-batch may be short, and then its step is too: divide by its own size, len(batch).",
        size=lambda x, y, n, m: m,
        code=_divided_by_m,
    ),
    _wrong(
        "the sum in place of the mean",
        "The gradient of a mini-batch is the mean over its samples: divide by len(batch).",
        size=lambda x, y, n, m: 1,
    ),
    _wrong(
        "divided by the number of mini-batches",
        "The mean is over the samples of the mini-batch: divide by len(batch), not by the number of mini-batches.",
        size=lambda x, y, n, m: _number_of_batches(n, m),
    ),
    _wrong(
        "divided by the size of the mini-batch twice",
        "One division is enough: the gradient is a mean already when you divide it once more.",
        size=lambda x, y, n, m: x.shape[-2] ** 2,
    ),
    _wrong(
        "divided by d",
        "The mean is over the samples, which are the rows of X[batch]: divide by len(batch).",
        size=lambda x, y, n, m: x.shape[-1],
    ),
    _wrong(
        "the mean over the outputs, too",
        "The loss of a sample is ½ ‖z - y‖², a sum over the k outputs: divide by the number of samples "
        "only. np.mean of the whole array does more.",
        size=lambda x, y, n, m: x.shape[-2] * y.shape[-1],
    ),
    _wrong(
        "a factor 2 too many",
        "The 2 of the square's derivative cancels the ½ of the loss: the gradient is xᵀ(xw - y)/m.",
        size=lambda x, y, n, m: x.shape[-2] / 2,
    ),
    _wrong(
        "the ½ is left in the gradient",
        "The ½ of the loss cancels the 2 of the derivative: the gradient is xᵀ(xw - y)/m.",
        size=lambda x, y, n, m: x.shape[-2] * 2,
    ),
    _wrong(
        "uphill instead of downhill",
        "A sign is wrong: the error is xw - y, and the step is subtracted.",
        error=lambda x, y, w: y - x @ w,
    ),
    _wrong(
        "the step size is missing",
        "Each step is step_size times the gradient.",
        loop=_step_size_missing,
    ),
    _wrong(
        "Y is missing",
        "The error of the model is xw - y: where is y?",
        error=lambda x, y, w: x @ w,
    ),
    _wrong(
        "the prediction is missing",
        "The error of the model is xw - y, with the present w: where is xw?",
        error=lambda x, y, w: -y,
    ),
    _wrong(
        "only the sign of the error",
        "The derivative of ½(z - y)² is z - y itself. Its sign belongs to the loss |z - y|.",
        error=lambda x, y, w: np.sign(x @ w - y),
    ),
    _wrong(
        "the error in place of the gradient",
        "xw - y is ∂L/∂z. With the chain rule the gradient is xᵀ(xw - y)/m.",
        loop=_with(lambda x, y, w: (x @ w - y).mean(axis=-2, keepdims=True)),
    ),
    _wrong(
        "the loss in place of its gradient",
        "The loss is one number; a step needs its gradient xᵀ(xw - y)/m, like w.",
        loop=_with(_loss),
    ),
    _wrong(
        "X is not transposed",
        "Every weight collects from all samples: xᵀ(xw - y), with a transpose. Your code runs by chance "
        "where the mini-batch is square.",
        loop=_with(_not_transposed),
    ),
    _wrong(
        "the gradients are all those at the start",
        "w has to move after each mini-batch, and the next gradient is taken at the new w. As it is, "
        "this is one long step.",
        loop=_gradients_at_the_start,
        code=_w_not_updated,
    ),
    _wrong(
        "one step with the mean of the gradients",
        "In an epoch w moves after each mini-batch, not once at the end.",
        loop=_one_step_with_the_mean,
    ),
    _wrong(
        "each step begins at the first w",
        "A step goes on from where the one before ended: w = w - …",
        loop=_each_from_the_start,
    ),
    _wrong(
        "one step with all samples",
        "This is one step of gradient descent. An epoch of SGD takes a step for each mini-batch.",
        loop=_all_samples_once,
    ),
    _wrong(
        "all samples in every step",
        "The number of steps is right, but each gradient comes from all of X: use X[batch] and Y[batch].",
        loop=_all_samples_in_every_step,
    ),
    _wrong(
        "only the first mini-batch",
        "An epoch sees all mini-batches. Does the return stand inside the loop?",
        loop=_first_only,
        code=_returns_inside_the_loop,
    ),
    _wrong(
        "the first mini-batch in every step",
        "The number of steps is right, but they all use the same samples: does the slice move on?",
        loop=_first_in_every_step,
    ),
    _wrong(
        "the last, short mini-batch is dropped",
        "n // m steps leave the rest out: the last, short mini-batch counts too.",
        loop=_short_one_dropped,
    ),
    _wrong(
        "the last mini-batch is dropped",
        "The loop ends one mini-batch too early; if there is only one, w does not move at all.",
        loop=_last_one_dropped,
    ),
    _wrong(
        "the last mini-batch is filled up",
        "The last mini-batch may be short: do not fill it with samples that were seen already.",
        loop=_filled_up,
        orders=every_order,
    ),
    _wrong(
        "a step for each sample",
        "A step takes the mean over a whole mini-batch of m samples; yours takes one sample at a time.",
        loop=_step_for_each_sample,
        orders=every_order,
    ),
    _wrong(
        "two epochs",
        "Each sample is seen once: is there a loop too many?",
        loop=_two_epochs,
    ),
    _wrong(
        "w starts at 0",
        "The first step starts from the w that is given.",
        loop=_from_0,
    ),
    _wrong(
        "the change in place of the new w",
        "Return the new w, not how far it has moved.",
        loop=_change,
    ),
    _wrong(
        "the last gradient in place of w",
        "Return w as it is after the last step, not the gradient.",
        loop=_last_gradient,
    ),
    _wrong(
        "the mean of all w",
        "Return the last w. (Its mean over the steps is another method, averaged SGD.)",
        loop=_mean_of_all_w,
    ),
    _wrong(
        "the gradients are added up",
        "Each step uses the gradient of its own mini-batch: does the sum start at 0 again?",
        loop=_with_momentum,
    ),
    _wrong(
        "X and Y in different orders",
        "Each x has to keep its own y: use the same indices for both, X[batch] and Y[batch].",
        code=_apart,
        apart=True,
    ),
    _wrong(
        "samples drawn with replacement",
        "In an epoch each sample is seen once: here some come twice and others never. Shuffle, then cut.",
        code=_one_sample_twice,
        orders=with_replacement,
    ),
)

_SURE = [visit for visit, _ in WRONG[:-2]]
_AT_A_TIME = 6
VISITS = (
    *(_SURE[k : k + _AT_A_TIME] for k in range(0, len(_SURE), _AT_A_TIME)),
    *([visit] for visit, _ in reversed(WRONG[-2:])),
)
"""The surest first; each of the last two, which have thousands of orders, on its own, the one with more last."""

PARTS = {
    "the error": (
        "uphill instead of downhill",
        "Y is missing",
        "the prediction is missing",
        "only the sign of the error",
    ),
    "the mean": (
        "divided by n",
        "every mini-batch divided by m",
        "the sum in place of the mean",
        "divided by the number of mini-batches",
        "divided by the size of the mini-batch twice",
        "divided by d",
        "the mean over the outputs, too",
        "a factor 2 too many",
        "the ½ is left in the gradient",
    ),
    "the steps": (
        "the step size is missing",
        "the gradients are all those at the start",
        "one step with the mean of the gradients",
        "each step begins at the first w",
        "one step with all samples",
        "all samples in every step",
        "only the first mini-batch",
        "the first mini-batch in every step",
        "the last, short mini-batch is dropped",
        "the last mini-batch is dropped",
        "a step for each sample",
        "two epochs",
        "w starts at 0",
        "the change in place of the new w",
        "the gradients are added up",
    ),
}

_VISIT = {mistake.name: visit for visit, mistake in WRONG}


def together(one: Mistake, other: Mistake, value: Any, arguments: tuple) -> bool:
    """Both mistakes at once lead to this w, with the samples in some order."""
    return leads_to(_VISIT[one.name].and_also(_VISIT[other.name]), value, arguments)


MISTAKES = (
    *(mistake for _, mistake in WRONG),
    Mistake(
        "w is overwritten",
        _overwritten,
        "w -= … changes the caller's array: write w = w - …, which makes a new one.",
    ),
    Mistake(
        "X and Y are shuffled where they lie",
        _data_shuffled_in_place,
        "The caller's data are in another order afterwards: shuffle indices, and take X[batch] and Y[batch].",
    ),
    Mistake(
        "cut to whole numbers",
        _cut_to_whole_numbers,
        "A copy of an integer w cuts off what is behind the point: write w = w - …, which makes an array of floats.",
    ),
    Mistake(
        "not shuffled",
        _not_shuffled,
        "The samples come in the order in which they lie. Deal them out at random, as in minibatches(n, m, seed).",
    ),
    Mistake(
        "the seed is ignored",
        _always_the_same_seed,
        "The order is that of a fixed seed: hand the argument seed on.",
    ),
)
