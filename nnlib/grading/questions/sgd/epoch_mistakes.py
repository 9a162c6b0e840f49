"""What goes wrong in an epoch of SGD."""

from collections.abc import Callable

import numpy as np

from nnlib.grading.question import Mistake
from nnlib.grading.questions.sgd.minibatches import reference as minibatches
from nnlib.grading.questions.sgd.visits import (
    Rule,
    Visit,
    columns,
    cut,
    epoch,
    every_order,
    mean_gradient,
    one_order_each,
    summed_gradient,
    with_replacement,
)


def _with_gradient(gradient: Callable) -> Rule:
    """The right epoch with another gradient(x, y, w, n, m)."""

    def rule(X, Y, w, m, step_size):
        for x, y in cut(X, Y, m):
            w = w - step_size * gradient(x, y, w, X.shape[-2], m)
        return w

    return rule


def _with_mean_gradient(change: Callable) -> Rule:
    """The right epoch with change(gradient, x, y) in place of the gradient."""
    return _with_gradient(lambda x, y, w, n, m: change(mean_gradient(x, y, w), x, y))


def _residual(residual: Callable) -> Rule:
    """The right epoch with another residual(x, y, w)."""
    return _with_gradient(lambda x, y, w, n, m: np.swapaxes(x, -1, -2) @ residual(x, y, w) / x.shape[-2])


def _number_of_batches(n, m):
    return -(-n // m)


def _loss(x, y, w, n, m):
    return 0.5 * ((x @ w - y) ** 2).sum(axis=(-1, -2), keepdims=True) / x.shape[-2]


def _not_transposed(x, y, w, n, m):
    if len({*x.shape[-2:], w.shape[-2]}) > 1:
        raise ValueError("this runs for square matrices only")
    return x @ (x @ w - y) / x.shape[-2]


def _gradients_at_the_start(X, Y, w, m, step_size):
    return w - step_size * sum(mean_gradient(x, y, w) for x, y in cut(X, Y, m))


def _one_step_with_the_mean(X, Y, w, m, step_size):
    gradients = [mean_gradient(x, y, w) for x, y in cut(X, Y, m)]
    return w - step_size * sum(gradients) / len(gradients)


def _each_from_the_start(X, Y, w, m, step_size):
    *_, (x, y) = cut(X, Y, m)
    return w - step_size * mean_gradient(x, y, w)


def _first_only(X, Y, w, m, step_size):
    x, y = next(cut(X, Y, m))
    return w - step_size * mean_gradient(x, y, w)


def _first_in_every_step(X, Y, w, m, step_size):
    x, y = next(cut(X, Y, m))
    for _ in cut(X, Y, m):
        w = w - step_size * mean_gradient(x, y, w)
    return w


def _all_samples_once(X, Y, w, m, step_size):
    return w - step_size * mean_gradient(X, Y, w)


def _all_samples_in_every_step(X, Y, w, m, step_size):
    for _ in cut(X, Y, m):
        w = w - step_size * mean_gradient(X, Y, w)
    return w


def _short_one_dropped(X, Y, w, m, step_size):
    full = X.shape[-2] // m * m
    return epoch(X[..., :full, :], Y[..., :full, :], w, m, step_size)


def _last_one_dropped(X, Y, w, m, step_size):
    kept = (_number_of_batches(X.shape[-2], m) - 1) * m
    return epoch(X[..., :kept, :], Y[..., :kept, :], w, m, step_size)


def _filled_up(X, Y, w, m, step_size):
    places = np.arange(_number_of_batches(X.shape[-2], m) * m) % X.shape[-2]
    return epoch(X[..., places, :], Y[..., places, :], w, m, step_size)


def _two_epochs(X, Y, w, m, step_size):
    return epoch(X, Y, epoch(X, Y, w, m, step_size), m, step_size)


def _change(X, Y, w, m, step_size):
    return epoch(X, Y, w, m, step_size) - w


def _last_gradient(X, Y, w, m, step_size):
    for x, y in cut(X, Y, m):
        gradient = mean_gradient(x, y, w)
        w = w - step_size * gradient
    return gradient


def _mean_of_all_w(X, Y, w, m, step_size):
    ends = []
    for x, y in cut(X, Y, m):
        w = w - step_size * mean_gradient(x, y, w)
        ends.append(w)
    return sum(ends) / len(ends)


def _with_momentum(X, Y, w, m, step_size):
    total = 0.0
    for x, y in cut(X, Y, m):
        total = total + mean_gradient(x, y, w)
        w = w - step_size * total
    return w


def _epoch_of(rule: Rule) -> Callable:
    """The rule with samples in the order that the seed gives."""

    def sgd_epoch(X, Y, w, m, step_size, seed):
        order = np.random.default_rng(seed).permutation(len(X))
        X, Y, W = columns(X, Y, w)
        return np.broadcast_to(rule(X[order], Y[order], W, m, step_size), W.shape).reshape(w.shape)

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


def _wrong(
    name: str,
    rule: Rule,
    hint: str,
    code: Callable | None = None,
    orders: Callable = one_order_each,
    apart: bool = False,
) -> tuple[Visit, Mistake]:
    """A wrong rule, recognised whatever the order is; and the mistake, which is this rule unless code is given."""
    return Visit(rule, orders, apart), Mistake(name, code or _epoch_of(rule), hint)


WRONG = (
    _wrong(
        "divided by n",
        _with_gradient(lambda x, y, w, n, m: summed_gradient(x, y, w) / n),
        "The gradient of a mini-batch is the mean over its own samples: divide by len(batch), not by all n.",
    ),
    _wrong(
        "every mini-batch divided by m",
        _with_gradient(lambda x, y, w, n, m: summed_gradient(x, y, w) / m),
        "The last mini-batch may be short, and then its step is too: divide by its own size, len(batch).",
        code=_divided_by_m,
    ),
    _wrong(
        "the sum in place of the mean",
        _with_gradient(lambda x, y, w, n, m: summed_gradient(x, y, w)),
        "The gradient of a mini-batch is the mean over its samples: divide by len(batch).",
    ),
    _wrong(
        "divided by the number of mini-batches",
        _with_gradient(lambda x, y, w, n, m: summed_gradient(x, y, w) / _number_of_batches(n, m)),
        "The mean is over the samples of the mini-batch: divide by len(batch), not by the number of mini-batches.",
    ),
    _wrong(
        "divided by the size of the mini-batch twice",
        _with_mean_gradient(lambda g, x, y: g / x.shape[-2]),
        "One division is enough: the gradient is a mean already when you divide it once more.",
    ),
    _wrong(
        "divided by d",
        _with_gradient(lambda x, y, w, n, m: summed_gradient(x, y, w) / x.shape[-1]),
        "The mean is over the samples, which are the rows of X[batch]: divide by len(batch).",
    ),
    _wrong(
        "the mean over the outputs, too",
        _with_mean_gradient(lambda g, x, y: g / y.shape[-1]),
        "The loss of a sample is ½ ‖z - y‖², a sum over the k outputs: divide by the number of samples "
        "only. np.mean of the whole array does more.",
    ),
    _wrong(
        "a factor 2 too many",
        _with_mean_gradient(lambda g, x, y: 2 * g),
        "The 2 of the square's derivative cancels the ½ of the loss: the gradient is xᵀ(xw - y)/m.",
    ),
    _wrong(
        "the ½ is left in the gradient",
        _with_mean_gradient(lambda g, x, y: g / 2),
        "The ½ of the loss cancels the 2 of the derivative: the gradient is xᵀ(xw - y)/m.",
    ),
    _wrong(
        "uphill instead of downhill",
        _with_mean_gradient(lambda g, x, y: -g),
        "A sign is wrong: the error is xw - y, and the step is subtracted.",
    ),
    _wrong(
        "the step size is missing",
        lambda X, Y, w, m, step_size: epoch(X, Y, w, m, 1.0),
        "Each step is step_size times the gradient.",
    ),
    _wrong(
        "Y is missing",
        _residual(lambda x, y, w: x @ w),
        "The error of the model is xw - y: where is y?",
    ),
    _wrong(
        "the prediction is missing",
        _residual(lambda x, y, w: -y),
        "The error of the model is xw - y, with the present w: where is xw?",
    ),
    _wrong(
        "only the sign of the error",
        _residual(lambda x, y, w: np.sign(x @ w - y)),
        "The derivative of ½(z - y)² is z - y itself. Its sign belongs to the loss |z - y|.",
    ),
    _wrong(
        "the error in place of the gradient",
        _with_gradient(lambda x, y, w, n, m: (x @ w - y).mean(axis=-2, keepdims=True)),
        "xw - y is ∂L/∂z. With the chain rule the gradient is xᵀ(xw - y)/m.",
    ),
    _wrong(
        "the loss in place of its gradient",
        _with_gradient(_loss),
        "The loss is one number; a step needs its gradient xᵀ(xw - y)/m, like w.",
    ),
    _wrong(
        "X is not transposed",
        _with_gradient(_not_transposed),
        "Every weight collects from all samples: xᵀ(xw - y), with a transpose. Your code runs by chance "
        "where the mini-batch is square.",
    ),
    _wrong(
        "the gradients are all those at the start",
        _gradients_at_the_start,
        "w has to move after each mini-batch, and the next gradient is taken at the new w. As it is, "
        "this is one long step.",
        code=_w_not_updated,
    ),
    _wrong(
        "one step with the mean of the gradients",
        _one_step_with_the_mean,
        "In an epoch w moves after each mini-batch, not once at the end.",
    ),
    _wrong(
        "each step begins at the first w",
        _each_from_the_start,
        "A step goes on from where the one before ended: w = w - …",
    ),
    _wrong(
        "one step with all samples",
        _all_samples_once,
        "This is one step of gradient descent. An epoch of SGD takes a step for each mini-batch.",
    ),
    _wrong(
        "all samples in every step",
        _all_samples_in_every_step,
        "The number of steps is right, but each gradient comes from all of X: use X[batch] and Y[batch].",
    ),
    _wrong(
        "only the first mini-batch",
        _first_only,
        "An epoch sees all mini-batches. Does the return stand inside the loop?",
        code=_returns_inside_the_loop,
    ),
    _wrong(
        "the first mini-batch in every step",
        _first_in_every_step,
        "The number of steps is right, but they all use the same samples: does the slice move on?",
    ),
    _wrong(
        "the last, short mini-batch is dropped",
        _short_one_dropped,
        "n // m steps leave the rest out: the last, short mini-batch counts too.",
    ),
    _wrong(
        "the last mini-batch is dropped",
        _last_one_dropped,
        "The loop ends one mini-batch too early; if there is only one, w does not move at all.",
    ),
    _wrong(
        "the last mini-batch is filled up",
        _filled_up,
        "The last mini-batch may be short: do not fill it with samples that were seen already.",
        orders=every_order,
    ),
    _wrong(
        "a step for each sample",
        lambda X, Y, w, m, step_size: epoch(X, Y, w, 1, step_size),
        "A step takes the mean over a whole mini-batch of m samples; yours takes one sample at a time.",
        orders=every_order,
    ),
    _wrong(
        "two epochs",
        _two_epochs,
        "Each sample is seen once: is there a loop too many?",
    ),
    _wrong(
        "w starts at 0",
        lambda X, Y, w, m, step_size: epoch(X, Y, np.zeros_like(w), m, step_size),
        "The first step starts from the w that is given.",
    ),
    _wrong(
        "the change in place of the new w",
        _change,
        "Return the new w, not how far it has moved.",
    ),
    _wrong(
        "the last gradient in place of w",
        _last_gradient,
        "Return w as it is after the last step, not the gradient.",
    ),
    _wrong(
        "the mean of all w",
        _mean_of_all_w,
        "Return the last w. (Its mean over the steps is another method, averaged SGD.)",
    ),
    _wrong(
        "the gradients are added up",
        _with_momentum,
        "Each step uses the gradient of its own mini-batch: does the sum start at 0 again?",
    ),
    _wrong(
        "X and Y in different orders",
        epoch,
        "Each x has to keep its own y: use the same indices for both, X[batch] and Y[batch].",
        code=_apart,
        orders=every_order,
        apart=True,
    ),
    _wrong(
        "samples drawn with replacement",
        epoch,
        "In an epoch each sample is seen once: here some come twice and others never. Shuffle, then cut.",
        code=_one_sample_twice,
        orders=with_replacement,
    ),
)

VISITS = tuple(visit for visit, _ in WRONG[:-2]), *([visit] for visit, _ in WRONG[-2:])
"""The surest first; each of the last two, which have thousands of orders, on its own."""

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
