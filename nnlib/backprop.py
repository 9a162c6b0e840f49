"""The lecture's two algorithms on lists of W and b, as they stand on the board.

Layer i of the lecture, i = 1, …, L, is entry i - 1 of the lists Ws, bs, sigmas, As, deltas; Zs starts with
Zs[0] = X, so that Zs[i] is z_i. `layers.py` says the same with objects; a test shows that both agree exactly.
"""

from collections.abc import Sequence

import numpy as np

from nnlib.activations import activation
from nnlib.losses import Loss, SquaredError

Arrays = list[np.ndarray]


def forward(X: np.ndarray, Ws: Sequence, bs: Sequence, sigmas: Sequence[str]) -> tuple[Arrays, Arrays]:
    """The forward pass: a_i = W_i z_{i-1} + b_i and z_i = σ_i(a_i) for i = 1, …, L, all of them stored.

    Args:
        X: the mini-batch (m, d_0), one sample a row.
        Ws, bs, sigmas: W_i (d_i, d_{i-1}), b_i (d_i,) and the name of σ_i for each layer.

    Returns:
        (As, Zs): L pre-activations and L + 1 activations; Zs[0] is X, Zs[L] the prediction.

    Source: Lecture, forward pass.

    >>> As, Zs = forward(np.array([[1.0, 2.0]]), [np.array([[3.0, -1.0]])], [np.array([0.5])], ["relu"])
    >>> As[0], Zs[1]
    (array([[1.5]]), array([[1.5]]))
    """
    As, Zs = [], [X]
    for W, b, name in zip(Ws, bs, sigmas, strict=True):
        A = Zs[-1] @ W.T + b
        As.append(A)
        Zs.append(activation(name).sigma(A))
    return As, Zs


def backward(
    Y: np.ndarray, As: Arrays, Zs: Arrays, Ws: Sequence, sigmas: Sequence[str], loss: Loss | None = None
) -> tuple[Arrays, Arrays, Arrays]:
    """The backward pass: δ_L = ∇ℓ(z_L, y) ∘ σ'_L(a_L), then for j = L, …, 1

        ∂L/∂W_j = δ_jᵀ z_{j-1},   ∂L/∂b_j = Σ δ_j over the samples,   δ_{j-1} = (δ_j W_j) ∘ σ'(a_{j-1}).

    Args:
        Y: the targets (m, d_L).
        As, Zs, Ws, sigmas: what `forward` stored, and what it was given, before any update.

    Returns:
        (deltas, dWs, dbs), L entries each; δ_i (m, d_i) has the 1/m of the mean loss inside.

    Source: Lecture, backward pass. The notes let j start at L - 1, which would never update the last layer.

    >>> W, X, Y = np.array([[2.0]]), np.array([[1.0], [2.0]]), np.zeros((2, 1))
    >>> As, Zs = forward(X, [W], [np.zeros(1)], ["identity"])
    >>> backward(Y, As, Zs, [W], ["identity"])[1]  # 1/2 (2·1 + 4·2)
    [array([[5.]])]
    """
    L = len(Ws)
    deltas, dWs, dbs = [None] * L, [None] * L, [None] * L
    delta = (loss or SquaredError()).gradient(Zs[L], Y) * activation(sigmas[L - 1]).sigma_prime(As[L - 1])
    for j in range(L, 0, -1):
        deltas[j - 1] = delta
        dWs[j - 1] = delta.T @ Zs[j - 1]
        dbs[j - 1] = delta.sum(axis=0)
        if j > 1:
            delta = (delta @ Ws[j - 1]) * activation(sigmas[j - 2]).sigma_prime(As[j - 2])
    return deltas, dWs, dbs


def gradient_step(
    X: np.ndarray, Y: np.ndarray, Ws: Sequence, bs: Sequence, sigmas: Sequence[str], step_size: float
) -> tuple[Arrays, Arrays]:
    """One step W_j ← W_j - η ∂L/∂W_j, b_j ← b_j - η ∂L/∂b_j for all layers; returns new lists (Ws, bs).

    All gradients are taken before any W_j changes: the notes update W_j first and then use it for δ_{j-1}.

    Source: Lecture, backward pass (gradient step).

    >>> Ws, bs = gradient_step(np.ones((1, 1)), np.zeros((1, 1)), [np.ones((1, 1))], [np.zeros(1)], ["identity"], 0.5)
    >>> Ws[0], bs[0]
    (array([[0.5]]), array([-0.5]))
    """
    As, Zs = forward(X, Ws, bs, sigmas)
    _, dWs, dbs = backward(Y, As, Zs, Ws, sigmas)
    new_Ws = [W - step_size * dW for W, dW in zip(Ws, dWs, strict=True)]
    new_bs = [b - step_size * db for b, db in zip(bs, dbs, strict=True)]
    return new_Ws, new_bs
