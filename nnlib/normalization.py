"""Normalization: of the features, once before training (scaling, PCA), and of every a_i in training (BatchNorm)."""

import numpy as np

from nnlib.layers import Layer


class UnitScaling:
    """Scale each feature to [0, 1] on the training set: (x - low) / (high - low).

    Other data get the same low and high, and may fall outside. A feature that is constant on the training set has
    no scale: it becomes 0 everywhere. Integers become float64.

    Args:
        X_train: (n, d) with n > 0, finite; the training set only: what the test set looks like is not known yet.

    Source: Lecture, optimization tricks.

    >>> scale = UnitScaling(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> scale(np.array([[2.0, 5.0], [5.0, 6.0]]))
    array([[0.5, 0. ],
           [2. , 0. ]])
    """

    def __init__(self, X_train: np.ndarray) -> None:
        X = _features(X_train)
        self.low, self.high = X.min(axis=0), X.max(axis=0)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """X (m, d), scaled."""
        width = self.high - self.low
        return np.where(width > 0, (_features(X, len(width)) - self.low) / np.where(width > 0, width, 1), 0)


class PCA:
    """De-correlate the features: (x - mean) V, whose covariance on the training set is diagonal.

    V (d, d) holds the eigenvectors of the covariance matrix in its columns, `variances` (d,) its eigenvalues in
    descending order. With fewer samples than features, or dependent ones, the last variances are 0.

    Args:
        X_train: (n, d) with n > 0, finite.
        unit_variance: divide by the standard deviations as well (whitening); columns of variance 0 become 0.

    Source: Lecture, optimization tricks.

    >>> X = np.random.default_rng(0).normal(size=(50, 2)) @ np.array([[3.0, 1.0], [0.0, 0.1]])
    >>> Z = PCA(X)(X)
    >>> bool(np.isclose(Z[:, 0] @ Z[:, 1], 0))
    True
    """

    def __init__(self, X_train: np.ndarray, unit_variance: bool = False) -> None:
        X = _features(X_train)
        n, d = X.shape
        self.mean = X.mean(axis=0)
        _, s, Vt = np.linalg.svd(X - self.mean, full_matrices=n < d)
        rounding = s[0] * max(n, d) * np.finfo(X.dtype).eps
        self.variances = np.pad(np.where(s > rounding, s, 0), (0, d - len(s))) ** 2 / n
        self.V = Vt.T
        self.unit_variance = unit_variance

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """X (m, d), de-correlated."""
        Z = (_features(X, len(self.mean)) - self.mean) @ self.V
        if not self.unit_variance:
            return Z
        present = self.variances > 0
        return np.where(present, Z / np.sqrt(np.where(present, self.variances, 1)), 0)


def _features(X: np.ndarray, d: int | None = None) -> np.ndarray:
    X = np.asarray(X)
    if X.ndim != 2 or len(X) == 0 or d not in (None, X.shape[1]):
        raise ValueError(f"X has shape {X.shape}; expected (n, {d or 'd'}) with n > 0 samples, one a row")
    X = X if X.dtype.kind == "f" else X.astype(float)
    if not np.isfinite(X).all():
        raise ValueError("X holds NaN or infinity: remove or replace these entries first")
    return X


def batchnorm_forward(
    A: np.ndarray, scale: np.ndarray, shift: np.ndarray, mean: np.ndarray, var: np.ndarray, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """(A_hat, out): A_hat = (A - μ) / √(σ² + ε), out = scale ∘ A_hat + shift, both (m, d).

    >>> A = np.array([[1.0], [3.0]])
    >>> batchnorm_forward(A, np.array([2.0]), np.array([10.0]), A.mean(axis=0), A.var(axis=0), eps=0.0)[1]
    array([[ 8.],
           [12.]])
    """
    A_hat = (A - mean) / np.sqrt(var + eps)
    return A_hat, scale * A_hat + shift


def batchnorm_backward(
    dout: np.ndarray, A_hat: np.ndarray, scale: np.ndarray, var: np.ndarray, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dA, dscale, dshift) where μ and σ² are those of the mini-batch, so that every row of dA depends on all rows:

        dA = scale / √(σ² + ε) ∘ (dout - mean(dout) - A_hat ∘ mean(dout ∘ A_hat)), means over the m samples.

    Source: Ioffe and Szegedy 2015, arXiv:1502.03167.

    >>> A_hat = np.array([[-1.0], [1.0]])
    >>> dA, dscale, dshift = batchnorm_backward(np.array([[1.0], [4.0]]), A_hat, np.ones(1), np.ones(1), eps=0.0)
    >>> dA.tolist(), dscale, dshift  # two samples are always at -1 and 1: nothing of it reaches A
    ([[0.0], [0.0]], array([3.]), array([5.]))
    """
    m = len(dout)
    dshift = dout.sum(axis=0)
    dscale = (dout * A_hat).sum(axis=0)
    dA = scale / np.sqrt(var + eps) * (dout - dshift / m - A_hat * (dscale / m))
    return dA, dscale, dshift


class BatchNorm(Layer):
    """Normalize each of d features over the mini-batch, then scale and shift it; both are learned.

    In training μ and σ² (the biased variance, over m) are those of the mini-batch; in prediction running means of
    them, so that a prediction does not depend on the other samples. The lecture calls scale γ and shift β.

    Args:
        d: the number of features.
        decay: running ← decay · running + (1 - decay) · this mini-batch's.
        eps: ε, added to σ², so that a constant feature divides by √ε and not by 0.

    Source: Lecture, batch normalization; Ioffe and Szegedy 2015, arXiv:1502.03167.

    >>> Z = BatchNorm(3).forward(np.random.default_rng(0).normal(5, 2, size=(64, 3)), train=True)
    >>> bool(np.allclose(Z.mean(axis=0), 0)), bool(np.allclose(Z.std(axis=0), 1, atol=1e-4))
    (True, True)
    """

    def __init__(self, d: int, decay: float = 0.9, eps: float = 1e-5, dtype: type = np.float64) -> None:
        super().__init__(d, d)
        self.decay, self.eps = decay, eps
        self.params = {"scale": np.ones(d, dtype), "shift": np.zeros(d, dtype)}
        self.grads = {"scale": np.zeros(d, dtype), "shift": np.zeros(d, dtype)}
        self.state = {"running_mean": np.zeros(d, dtype), "running_var": np.ones(d, dtype)}
        self.A_hat = self.var = None

    def forward(self, A: np.ndarray, train: bool = False) -> np.ndarray:
        """scale ∘ A_hat + shift, shape (m, d)."""
        scale, shift = self.params.values()
        if not train:
            return batchnorm_forward(A, scale, shift, *self.state.values(), self.eps)[1]
        if len(A) < 2:
            raise ValueError(
                "BatchNorm needs at least 2 samples in training: of one sample, a - μ is always 0. "
                "If it is the last mini-batch of an epoch, choose an m that leaves another rest"
            )
        mean, self.var = A.mean(axis=0), A.var(axis=0)
        for running, now in zip(self.state.values(), (mean, self.var), strict=True):
            running += (1 - self.decay) * (now - running)
        self.A_hat, out = batchnorm_forward(A, scale, shift, mean, self.var, self.eps)
        return out

    def backward(self, dZ: np.ndarray, to_input: bool = True) -> np.ndarray | None:
        """∂L/∂A, shape (m, d)."""
        if self.A_hat is None:
            raise RuntimeError("backward needs the a's of a forward pass: call forward(A, train=True) first")
        dA, self.grads["scale"][:], self.grads["shift"][:] = batchnorm_backward(
            dZ, self.A_hat, self.params["scale"], self.var, self.eps
        )
        return dA if to_input else None

    def __repr__(self) -> str:
        return f"BatchNorm({self.d_in})"
