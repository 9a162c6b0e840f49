"""Losses: the mean over the m samples of a mini-batch.

The gradient with respect to Z_L holds the 1/m of that mean. It is put there once, here, and nowhere else:
the backward pass, the layers and the optimizers know nothing of m.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SquaredError:
    """L = 1/m Σ ½ ‖z_L - y‖², the mean over the m samples; Z_L and Y have shape (m, d_L).

    Source: Lecture, warm-up and backward pass.

    >>> Z_L, Y = np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [0.0, 2.0]])
    >>> SquaredError().value(Z_L, Y)
    2.25
    >>> SquaredError().gradient(Z_L, Y)
    array([[ 0.5,  1. ],
           [ 0. , -1. ]])
    """

    def value(self, Z_L: np.ndarray, Y: np.ndarray) -> float:
        """The loss, a float."""
        return float(0.5 * np.sum((Z_L - Y) ** 2) / len(Y))

    def gradient(self, Z_L: np.ndarray, Y: np.ndarray) -> np.ndarray:
        """∂L/∂z_L = (z_L - y) / m, shape (m, d_L)."""
        return (Z_L - Y) / len(Y)


@dataclass(frozen=True)
class SoftmaxCrossEntropy:
    """L = -1/m Σ y · log softmax(a_L), for an output layer with the identity as its activation.

    Softmax mixes the entries of a row: its Jacobian is not diagonal, so there is no σ'_L to multiply elementwise.
    It therefore belongs to the loss here, and the backward pass starts at δ_L = (softmax(a_L) - y) / m.

    Z_L has shape (m, d_L); the rows of Y (m, d_L) sum to one (one-hot labels).

    >>> scores, Y = np.zeros((1, 4)), np.array([[0.0, 1.0, 0.0, 0.0]])
    >>> round(SoftmaxCrossEntropy().value(scores, Y), 4)  # log 4: four classes, no idea which
    1.3863
    >>> SoftmaxCrossEntropy().gradient(scores, Y)
    array([[ 0.25, -0.75,  0.25,  0.25]])
    """

    def value(self, Z_L: np.ndarray, Y: np.ndarray) -> float:
        """The loss, a float."""
        shifted = Z_L - Z_L.max(axis=1, keepdims=True)
        log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return float(-np.sum(Y * log_softmax) / len(Y))

    def gradient(self, Z_L: np.ndarray, Y: np.ndarray) -> np.ndarray:
        """∂L/∂z_L = (softmax(z_L) - y) / m, shape (m, d_L)."""
        dZ = softmax(Z_L)
        dZ -= Y
        return dZ / len(Y)


Loss = SquaredError | SoftmaxCrossEntropy


def softmax(A: np.ndarray) -> np.ndarray:
    """Each row of A (m, d) as probabilities: exp(a_i) / Σ exp(a_k), shifted so that nothing overflows.

    >>> softmax(np.array([[0.0, 1e4]]))
    array([[0., 1.]])
    """
    E = A.T.copy()  # one class a row: numpy is faster along the long axis
    E -= E.max(axis=0)
    np.exp(E, out=E)
    E /= E.sum(axis=0)
    return E.T


def accuracy(Z_L: np.ndarray, Y: np.ndarray) -> float:
    """The fraction of rows whose largest score stands where the one-hot row of Y has its 1.

    >>> accuracy(np.array([[0.2, 0.9], [3.0, -1.0]]), np.array([[0, 1], [0, 1]]))
    0.5
    """
    return float(np.mean(Z_L.argmax(axis=1) == Y.argmax(axis=1)))
