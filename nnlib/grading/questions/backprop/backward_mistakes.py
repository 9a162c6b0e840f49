"""What goes wrong in a backward pass."""

from collections.abc import Callable

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.grading.question import Mistake
from nnlib.grading.questions.backprop.passes import backward_with, forward, output_delta, reference
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_from_output, slope_of


def _changed(change: Callable) -> Callable:
    """The reference with its two lists changed afterwards."""

    def backward(X, Y, Ws, bs, sigmas):
        dWs, dbs = reference(X, Y, Ws, bs, sigmas)
        return change(dWs, dbs, len(X))

    return backward


def _indexed(delta_before: Callable, input_of: Callable = lambda As, Zs, j: Zs[j]) -> Callable:
    """The backward pass with other indices in the recursion or in the input of a layer."""

    def backward(X, Y, Ws, bs, sigmas):
        As, Zs = forward(X, Ws, bs, sigmas)
        L = len(Ws)
        dWs, dbs = [None] * L, [None] * L
        delta = output_delta(Y, As, Zs, sigmas)
        for j in reversed(range(L)):
            dWs[j], dbs[j] = delta.T @ input_of(As, Zs, j), delta.sum(axis=0)
            if j > 0:
                delta = delta_before(delta, Ws, As, Zs, sigmas, j)
        return dWs, dbs

    return backward


def _step_back(delta, Ws, As, Zs, sigmas, j):
    return (delta @ Ws[j]) * slope_of(sigmas[j - 1], As[j - 1])


def _error_sent_back(X, Y, Ws, bs, sigmas):
    As, Zs = forward(X, Ws, bs, sigmas)
    error = (Zs[-1] - Y) / len(Y)
    dWs, dbs = [], []
    for j in reversed(range(len(Ws))):
        sigma_prime = ACTIVATIONS[sigmas[j]].sigma_prime
        delta = error * sigma_prime(As[j])
        dWs.insert(0, delta.T @ Zs[j])
        dbs.insert(0, delta.sum(axis=0))
        error = error @ Ws[j]
    return dWs, dbs


def _updated_weights(X, Y, Ws, bs, sigmas):
    As, Zs = forward(X, Ws, bs, sigmas)
    dWs, dbs = [], []
    delta = output_delta(Y, As, Zs, sigmas)
    for j in reversed(range(len(Ws))):
        dWs.insert(0, delta.T @ Zs[j])
        dbs.insert(0, delta.sum(axis=0))
        W = Ws[j] - dWs[0]
        if j > 0:
            delta = (delta @ W) * slope_of(sigmas[j - 1], As[j - 1])
    return dWs, dbs


def _weights_updated_in_place(X, Y, Ws, bs, sigmas):
    dWs, dbs = reference(X, Y, Ws, bs, sigmas)
    for W, dW in zip(Ws, dWs, strict=True):
        W -= 0.1 * dW
    return dWs, dbs


def _lists_used_up(X, Y, Ws, bs, sigmas):
    As, Zs = forward(X, Ws, bs, sigmas)
    dWs, dbs = [], []
    delta = output_delta(Y, As, Zs, sigmas)
    while Ws:
        As.pop(), Zs.pop(), sigmas.pop()
        dWs.insert(0, delta.T @ Zs[-1])
        dbs.insert(0, delta.sum(axis=0))
        W = Ws.pop()
        if Ws:
            delta = (delta @ W) * slope_of(sigmas[-1], As[-1])
    return dWs, dbs


def _forward_with(sigma_at: Callable) -> Callable:
    """A forward pass in which layer i (from 0) has the activation sigma_at(sigmas, i)."""

    def run_forward(X, Ws, bs, sigmas):
        return forward(X, Ws, bs, [sigma_at(sigmas, i) for i in range(len(Ws))])

    return run_forward


def _forward_without_bias(X, Ws, bs, sigmas):
    return forward(X, Ws, [0 * b for b in bs], sigmas)


def _forward_with_late_bias(X, Ws, bs, sigmas):
    As, Zs = [], [X]
    for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
        As.append(Zs[-1] @ W.T)
        Zs.append(sigma_of(sigma, As[-1]) + b)
    return As, Zs


def _scaled_output_delta(factor: Callable) -> Callable:
    return lambda Y, As, Zs, sigmas: factor(Y) * output_delta(Y, As, Zs, sigmas)


def _per_layer(dWs, dbs, m):
    L = len(dWs)
    return [dW / m ** (L - 1 - j) for j, dW in enumerate(dWs)], [db / m ** (L - 1 - j) for j, db in enumerate(dbs)]


def _loss(X, Y, Ws, bs, sigmas) -> float:
    _, Zs = forward(X, Ws, bs, sigmas)
    return 0.5 * np.sum((Zs[-1] - Y) ** 2) / len(X)


def _difference_quotient(h: float, central: bool) -> Callable:
    """The gradients as difference quotients of the loss."""

    def backward(X, Y, Ws, bs, sigmas):
        Ws, bs = [np.array(W, dtype=float) for W in Ws], [np.array(b, dtype=float) for b in bs]

        def slope(P: np.ndarray, index: tuple[int, ...]) -> float:
            entry = P[index]
            P[index] = entry + h
            f_plus = _loss(X, Y, Ws, bs, sigmas)
            P[index] = entry - h * central
            f_minus = _loss(X, Y, Ws, bs, sigmas)
            P[index] = entry
            return (f_plus - f_minus) / (h * (1 + central))

        def gradient(P: np.ndarray) -> np.ndarray:
            return np.array([slope(P, index) for index in np.ndindex(P.shape)]).reshape(P.shape)

        return [gradient(W) for W in Ws], [gradient(b) for b in bs]

    return backward


MISTAKES = (
    Mistake(
        "the 1/m of the mean is missing",
        backward_with(first=_scaled_output_delta(len)),
        "All gradients are m times too large: the loss is the mean over the m samples, and its 1/m enters in delta_L.",
    ),
    Mistake(
        "the 1/m of the mean is in it twice",
        backward_with(first=_scaled_output_delta(lambda Y: 1 / len(Y))),
        "All gradients are m times too small: the 1/m is inside delta already, so dW and db add up the samples.",
    ),
    Mistake(
        "divided by m at every layer",
        _changed(_per_layer),
        "Each step back makes your gradients m times smaller: the 1/m enters once, in delta_L.",
    ),
    Mistake(
        "dWs divided by m again",
        _changed(lambda dWs, dbs, m: ([dW / m for dW in dWs], dbs)),
        "Your dWs are m times too small: the 1/m is inside delta already.",
    ),
    Mistake(
        "dbs are means instead of sums",
        backward_with(db=lambda delta: delta.mean(axis=0)),
        "Your dbs are m times too small: the 1/m is inside delta already, so add up the samples.",
    ),
    Mistake(
        "the mean over all m·d_L entries",
        backward_with(first=_scaled_output_delta(lambda Y: 1 / Y.shape[1])),
        "The loss adds up the d_L outputs of a sample and averages over the m samples only.",
    ),
    Mistake(
        "a factor 2 too many",
        backward_with(first=_scaled_output_delta(lambda Y: 2)),
        "The loss has a ½ in front of the square, which the 2 of the derivative cancels.",
    ),
    Mistake(
        "a factor ½ too many",
        backward_with(first=_scaled_output_delta(lambda Y: 0.5)),
        "The derivative of ½‖z - y‖² is z - y: the ½ is gone.",
    ),
    Mistake(
        "the wrong sign",
        backward_with(first=_scaled_output_delta(lambda Y: -1)),
        "All gradients have the wrong sign: delta_L begins with z_L - y, and the minus belongs in the update.",
    ),
    Mistake(
        "σ in place of σ' in the hidden layers",
        backward_with(slope=sigma_of),
        "The step back multiplies by the derivative σ'(a).",
    ),
    Mistake(
        "σ' evaluated at z instead of a in the hidden layers",
        backward_with(slope=lambda sigma, A: slope_of(sigma, sigma_of(sigma, A))),
        "sigma_prime is a function of the pre-activation: take As, not Zs.",
    ),
    Mistake(
        "σ' evaluated at z instead of a, everywhere",
        backward_with(
            first=lambda Y, As, Zs, sigmas: (Zs[-1] - Y) / len(Y) * slope_of(sigmas[-1], Zs[-1]),
            slope=lambda sigma, A: slope_of(sigma, sigma_of(sigma, A)),
        ),
        "sigma_prime is a function of the pre-activation: take As, not Zs.",
    ),
    Mistake(
        "σ' written for z, but given a in the hidden layers",
        backward_with(slope=slope_from_output),
        "1 - z² and z (1 - z) are σ' in terms of z = σ(a): here you have a.",
    ),
    Mistake(
        "σ' is missing in the hidden layers",
        backward_with(slope=lambda sigma, A: 1.0),
        "Each step back has two factors: W_{j}ᵀ δ_j and σ'(a_{j-1}).",
    ),
    Mistake(
        "σ' is missing in the output layer",
        backward_with(first=lambda Y, As, Zs, sigmas: (Zs[-1] - Y) / len(Y)),
        "delta_L is (z_L - y)/m times σ'(a_L).",
    ),
    Mistake(
        "σ' is missing everywhere",
        backward_with(first=lambda Y, As, Zs, sigmas: (Zs[-1] - Y) / len(Y), slope=lambda sigma, A: 1.0),
        "Every layer has a factor σ'(a_j), the last one too.",
    ),
    Mistake(
        "the error is sent back instead of delta",
        _error_sent_back,
        "Back through W_j goes δ_j, with its factor σ'(a_j), not z_L - y alone.",
    ),
    Mistake(
        "W_j is updated before delta goes back through it",
        _updated_weights,
        "The step back needs the W_j that the forward pass used: compute all gradients first, update later.",
    ),
    Mistake(
        "W_j the wrong way round",
        backward_with(back=lambda delta, W: delta @ W.T),
        "(m, d_j) times (d_j, d_{j-1}) gives (m, d_{j-1}): with samples in rows, which transpose is needed?",
    ),
    Mistake(
        "delta goes back through the weights of the wrong layer",
        _indexed(lambda delta, Ws, As, Zs, sigmas, j: (delta @ Ws[j - 1]) * slope_of(sigmas[j - 1], As[j - 1])),
        "From layer j to layer j-1 delta goes through W_j: lists count from 0, so check the index.",
    ),
    Mistake(
        "an elementwise product with W_j",
        backward_with(back=lambda delta, W: delta * W),
        "Each unit collects from all units of the next layer: a matrix product, @.",
    ),
    Mistake(
        "the delta of the output layer is used for all layers",
        _indexed(lambda delta, Ws, As, Zs, sigmas, j: delta),
        "Each layer has its own delta: go one step back before the next layer's gradients.",
    ),
    Mistake(
        "delta goes back without W_j",
        backward_with(back=lambda delta, W: delta),
        "Each step back goes through the weights W_j first.",
    ),
    Mistake(
        "σ' of the wrong layer",
        _indexed(lambda delta, Ws, As, Zs, sigmas, j: (delta @ Ws[j]) * slope_of(sigmas[j], As[j - 1])),
        "a_{j-1} belongs to the activation of layer j-1: lists count from 0, so check the index of sigmas.",
    ),
    Mistake(
        "σ' at the pre-activation of the wrong layer",
        _indexed(lambda delta, Ws, As, Zs, sigmas, j: (delta @ Ws[j]) * slope_of(sigmas[j - 1], As[j])),
        "δ_{j-1} has the factor σ'(a_{j-1}): lists count from 0, so check the index of As.",
    ),
    Mistake(
        "dW_j uses the layer's own output z_j",
        _indexed(_step_back, lambda As, Zs, j: Zs[j + 1]),
        "∂L/∂W_j = δ_j z_{j-1}ᵀ: the input of the layer, not its output.",
    ),
    Mistake(
        "dW_j uses the pre-activation a_{j-1}",
        _indexed(_step_back, lambda As, Zs, j: As[j - 1] if j else Zs[0]),
        "∂L/∂W_j = δ_j z_{j-1}ᵀ: the layer's input is z = σ(a).",
    ),
    Mistake(
        "dW_j uses X in every layer",
        _indexed(_step_back, lambda As, Zs, j: Zs[0]),
        "∂L/∂W_j = δ_j z_{j-1}ᵀ: X is the input of layer 1 only.",
    ),
    Mistake(
        "dWs are transposed",
        backward_with(dW=lambda delta, Z_prev: Z_prev.T @ delta),
        "dW has the shape of W, (d_i, d_{i-1}).",
    ),
    Mistake(
        "dWs of the last sample only",
        backward_with(dW=lambda delta, Z_prev: np.outer(delta[-1], Z_prev[-1])),
        "In the loop dW is overwritten: add up the samples with +=.",
    ),
    Mistake(
        "only the last sample counts",
        backward_with(dW=lambda delta, Z_prev: np.outer(delta[-1], Z_prev[-1]), db=lambda delta: delta[-1]),
        "In the loop the gradients are overwritten: add up the samples with +=.",
    ),
    Mistake(
        "dbs summed over the units",
        backward_with(db=lambda delta: delta.sum(axis=1)),
        "The sum runs over the samples, which are the rows: axis 0.",
    ),
    Mistake(
        "dbs summed over everything",
        backward_with(db=lambda delta: delta.sum()),
        "db has one entry for each unit, (d_i,): sum over axis 0 only.",
    ),
    Mistake(
        "dbs are zero",
        backward_with(db=lambda delta: np.zeros(delta.shape[1])),
        "∂L/∂b_j = δ_j for one sample: the bias has a gradient too.",
    ),
    Mistake(
        "dbs are the deltas themselves",
        backward_with(db=lambda delta: delta),
        "One bias serves all m samples: add up their contributions.",
    ),
    Mistake(
        "the loop stops before layer 1",
        _changed(lambda dWs, dbs, m: ([0 * dWs[0], *dWs[1:]], [0 * dbs[0], *dbs[1:]])),
        "j runs from L down to 1, both included: range(L, 0, -1), or reversed(range(L)) for lists.",
    ),
    Mistake(
        "the loop begins at L-1",
        _changed(lambda dWs, dbs, m: ([*dWs[:-1], 0 * dWs[-1]], [*dbs[:-1], 0 * dbs[-1]])),
        "That is the slip in the notes: the last layer has gradients too, j = L, ..., 1.",
    ),
    Mistake(
        "the lists are in the order of the backward pass",
        _changed(lambda dWs, dbs, m: (dWs[::-1], dbs[::-1])),
        "Layer 1 comes first in dWs and dbs, as in Ws and bs: insert at the front, or reverse at the end.",
    ),
    Mistake(
        "dbs before dWs",
        _changed(lambda dWs, dbs, m: (dbs, dWs)),
        "Return them in the order (dWs, dbs).",
    ),
    Mistake(
        "the bias is missing in the forward pass",
        backward_with(run_forward=_forward_without_bias),
        "a_i = W_i z_{i-1} + b_i.",
    ),
    Mistake(
        "the bias is added after the activation",
        backward_with(run_forward=_forward_with_late_bias),
        "z_i = σ_i(W_i z_{i-1} + b_i): the bias is inside.",
    ),
    Mistake(
        "the hidden layers have no activation in the forward pass",
        backward_with(run_forward=_forward_with(lambda sigmas, i: sigmas[i] if i == len(sigmas) - 1 else "identity")),
        "z_i = σ_i(a_i) in every layer: Zs holds the activations, As the pre-activations.",
    ),
    Mistake(
        "the output layer has no activation in the forward pass",
        backward_with(run_forward=_forward_with(lambda sigmas, i: "identity" if i == len(sigmas) - 1 else sigmas[i])),
        "z_L = σ_L(a_L): the last layer has an activation too.",
    ),
    Mistake(
        "the activation of layer 1 in every layer of the forward pass",
        backward_with(run_forward=_forward_with(lambda sigmas, i: sigmas[0])),
        "Each layer has its own activation: sigmas[0] belongs to layer 1 only.",
    ),
    Mistake(
        "the weights are updated",
        _weights_updated_in_place,
        "backward computes gradients only; W -= ... changes the caller's weights.",
    ),
    Mistake(
        "the lists are used up",
        _lists_used_up,
        "pop() shortens the caller's lists: use an index.",
    ),
    *(
        Mistake(
            f"a {'central' if central else 'one-sided'} difference of the loss with h = {h:g}",
            _difference_quotient(h, central),
            "A finite difference earns half the points: send delta back instead.",
            share=0.5,
        )
        for h, central in [(1e-3, False), (1e-4, False), (1e-5, False)]
    ),
)
