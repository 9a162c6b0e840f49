"""What goes wrong in the backward pass of BatchNorm."""

from collections.abc import Callable

import numpy as np

from nnlib.grading.question import Mistake


def normalized(A: np.ndarray, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """(â, r) with r = 1/√(σ² + ε)."""
    r = 1 / np.sqrt(A.var(axis=0) + eps)
    return (A - A.mean(axis=0)) * r, r


def reference(dout, A, gamma, beta, eps):
    """γ r (∂out - its mean - â · mean of â ∘ ∂out), and the sums of â ∘ ∂out and of ∂out."""
    A_hat, r = normalized(A, eps)
    dA = gamma * r * (dout - dout.mean(axis=0) - A_hat * (A_hat * dout).mean(axis=0))
    return dA, (A_hat * dout).sum(axis=0), dout.sum(axis=0)


def _with_dA(dA: Callable) -> Callable:
    """Another dA, made of (dout, A_hat, gamma, r)."""

    def batchnorm_backward(dout, A, gamma, beta, eps):
        _, dgamma, dbeta = reference(dout, A, gamma, beta, eps)
        A_hat, r = normalized(A, eps)
        return dA(dout, A_hat, gamma, r), dgamma, dbeta

    return batchnorm_backward


def _paths(mean: float | Callable = 1.0, variance: float | Callable = 1.0) -> Callable:
    """The path through μ and the path through σ², each times a factor, which may depend on m."""

    def dA(dout, A_hat, gamma, r):
        factors = [factor(len(dout)) if callable(factor) else factor for factor in (mean, variance)]
        through_mean, through_variance = dout.mean(axis=0), A_hat * (A_hat * dout).mean(axis=0)
        return gamma * r * (dout - factors[0] * through_mean - factors[1] * through_variance)

    return _with_dA(dA)


def _with_dgamma(dgamma: Callable) -> Callable:
    """Another dgamma, made of (dout, A, gamma, beta, eps)."""

    def batchnorm_backward(dout, A, gamma, beta, eps):
        dA, _, dbeta = reference(dout, A, gamma, beta, eps)
        return dA, dgamma(dout, A, gamma, beta, eps), dbeta

    return batchnorm_backward


def _with_dbeta(dbeta: Callable) -> Callable:
    """Another dbeta, made of (dout, gamma)."""
    return lambda dout, A, gamma, beta, eps: (*reference(dout, A, gamma, beta, eps)[:2], dbeta(dout, gamma))


def _changed(change: Callable) -> Callable:
    """The reference with its three results changed afterwards."""
    return lambda dout, A, gamma, beta, eps: change(*reference(dout, A, gamma, beta, eps), len(A))


def _divided_by(root: Callable) -> Callable:
    """All formulas right, with another denominator in place of √(σ² + ε)."""

    def batchnorm_backward(dout, A, gamma, beta, eps):
        r = 1 / root(A, eps)
        A_hat = (A - A.mean(axis=0)) * r
        dA = gamma * r * (dout - dout.mean(axis=0) - A_hat * (A_hat * dout).mean(axis=0))
        return dA, (A_hat * dout).sum(axis=0), dout.sum(axis=0)

    return batchnorm_backward


def _no_path_through_the_mean(dout, A, gamma, beta, eps):
    m = len(A)
    c = A - A.mean(axis=0)
    r = 1 / np.sqrt((c**2).mean(axis=0) + eps)
    A_hat = c * r
    dA_hat = gamma * dout
    dr = (c * dA_hat).sum(axis=0)
    dv = -(r**3) / 2 * dr
    dA = r * dA_hat + 2 / m * c * dv
    return dA, (A_hat * dout).sum(axis=0), dout.sum(axis=0)


def _root_missing_in_the_variance_path(dout, A_hat, gamma, r):
    # (√(σ² + ε))^(-3/2) in place of (σ² + ε)^(-3/2)
    through_variance = A_hat / r * r**1.5 * (A_hat / r * dout).mean(axis=0)
    return gamma * (r * (dout - dout.mean(axis=0)) - through_variance)


def _layer_normalization(dout, A, gamma, beta, eps):
    r = 1 / np.sqrt(A.var(axis=1, keepdims=True) + eps)
    A_hat = (A - A.mean(axis=1, keepdims=True)) * r
    dA_hat = gamma * dout
    mean_of = lambda B: B.mean(axis=1, keepdims=True)  # noqa: E731
    return (
        r * (dA_hat - mean_of(dA_hat) - A_hat * mean_of(A_hat * dA_hat)),
        (A_hat * dout).sum(axis=0),
        dout.sum(axis=0),
    )


def _wrong_axis(dout, A, gamma, beta, eps):
    r = 1 / np.sqrt(A.var(axis=1) + eps)
    A_hat = (A - A.mean(axis=1)) * r
    dA = gamma * r * (dout - dout.mean(axis=1) - A_hat * (A_hat * dout).mean(axis=1))
    return dA, (A_hat * dout).sum(axis=1), dout.sum(axis=1)


def _dgamma_and_dbeta_over_the_units(dout, A, gamma, beta, eps):
    A_hat, _ = normalized(A, eps)
    return reference(dout, A, gamma, beta, eps)[0], (A_hat * dout).sum(axis=1), dout.sum(axis=1)


def _gradients_through_gamma(dout, A, gamma, beta, eps):
    dA, dgamma, dbeta = reference(dout, A, gamma, beta, eps)
    return dA, gamma * dgamma, gamma * dbeta


def _dout_overwritten(dout, A, gamma, beta, eps):
    A_hat, r = normalized(A, eps)
    dgamma, dbeta = (A_hat * dout).sum(axis=0), dout.sum(axis=0)
    dout -= dout.mean(axis=0) + A_hat * (A_hat * dout).mean(axis=0)
    return gamma * r * dout, dgamma, dbeta


def _A_overwritten(dout, A, gamma, beta, eps):
    A_hat, _ = normalized(A, eps)
    results = reference(dout, A, gamma, beta, eps)
    A[...] = A_hat
    return results


def _truncated(dout, A, gamma, beta, eps):
    right, dgamma, dbeta = reference(dout, A, gamma, beta, eps)
    dA = np.zeros_like(A)
    dA[...] = right
    return dA, dgamma, dbeta


def _dgamma_truncated(dout, A, gamma, beta, eps):
    dA, right, dbeta = reference(dout, A, gamma, beta, eps)
    dgamma = np.zeros_like(gamma)
    dgamma[...] = right
    return dA, dgamma, dbeta


def _difference_quotient(h: float, central: bool) -> Callable:
    """∂L/∂A as a difference quotient of Σ ∂out ∘ out."""

    def batchnorm_backward(dout, A, gamma, beta, eps):
        A = np.array(A, dtype=float)
        _, dgamma, dbeta = reference(dout, A, gamma, beta, eps)
        objective = lambda: np.sum(dout * (gamma * normalized(A, eps)[0] + beta))  # noqa: E731
        dA = np.zeros(A.shape)
        for index in np.ndindex(A.shape):
            entry = A[index]
            A[index] = entry + h
            f_plus = objective()
            A[index] = entry - h * central
            f_minus = objective()
            A[index] = entry
            dA[index] = (f_plus - f_minus) / (h * (1 + central))
        return dA, dgamma, dbeta

    return batchnorm_backward


MISTAKES = (
    Mistake(
        "μ and σ² treated as constants",
        _paths(mean=0, variance=0),
        "a reaches the loss on three paths: directly, through μ and through σ². Two are missing in dA.",
    ),
    Mistake(
        "the path through σ² is missing",
        _paths(variance=0),
        "dA lacks the path through σ², which removes the part of dout along â.",
    ),
    Mistake(
        "the path through μ is missing",
        _no_path_through_the_mean,
        "dA lacks the path through μ: its column sums have to be 0.",
    ),
    Mistake(
        "only the path through μ is kept",
        _with_dA(lambda dout, A_hat, gamma, r: -gamma * r * np.ones((len(dout), 1)) * dout.mean(axis=0)),
        "Where paths meet, their contributions are added: += instead of =.",
    ),
    Mistake(
        "only the path through σ² is kept",
        _with_dA(lambda dout, A_hat, gamma, r: -gamma * r * A_hat * (A_hat * dout).mean(axis=0)),
        "Where paths meet, their contributions are added: += instead of =.",
    ),
    Mistake(
        "the direct path is missing",
        _with_dA(lambda dout, A_hat, gamma, r: -gamma * r * (dout.mean(axis=0) + A_hat * (A_hat * dout).mean(axis=0))),
        "The two means are subtracted from dout itself: add the direct path a → â.",
    ),
    Mistake(
        "sums in place of the means in dA",
        _paths(mean=lambda m: m, variance=lambda m: m),
        "In dA the sums of dout and of â ∘ dout are divided by m.",
    ),
    Mistake(
        "the 1/m is missing in the path through μ",
        _paths(mean=lambda m: m),
        "∂μ/∂a = 1/m for each sample: subtract the mean of dout, not its sum.",
    ),
    Mistake(
        "the 1/m is missing in the path through σ²",
        _paths(variance=lambda m: m),
        "∂σ²/∂a = (2/m)(a - μ): it is the mean of â ∘ dout, not its sum.",
    ),
    Mistake(
        "1/(m - 1) in the path through σ²",
        _paths(variance=lambda m: m / (m - 1)),
        "The forward pass has the biased variance: 1/m on the way back as well.",
    ),
    Mistake(
        "the path through σ² is twice too large",
        _paths(variance=2),
        "The derivative of (σ² + ε)^(-1/2) has a factor ½, which cancels the 2 of the square.",
    ),
    Mistake(
        "the path through σ² is half as large as it should be",
        _paths(variance=0.5),
        "The derivative of the square has a factor 2: ∂σ²/∂a = (2/m)(a - μ).",
    ),
    Mistake(
        "the wrong sign in the path through σ²",
        _paths(variance=-1),
        "The derivative of (σ² + ε)^(-1/2) is negative: the part along â is subtracted.",
    ),
    Mistake(
        "the wrong sign in the path through μ",
        _paths(mean=-1),
        "c = a - μ: the path through μ has a minus, so the mean of dout is subtracted.",
    ),
    Mistake(
        "the wrong sign in both paths",
        _paths(mean=-1, variance=-1),
        "The mean of dout and its part along â are both subtracted.",
    ),
    Mistake(
        "the power -3/2 of the standard deviation",
        _with_dA(_root_missing_in_the_variance_path),
        "The -3/2 belongs to σ² + ε: in terms of the root it is its power -3.",
    ),
    Mistake(
        "gamma is missing in dA",
        _with_dA(lambda dout, A_hat, gamma, r: r * (dout - dout.mean(axis=0) - A_hat * (A_hat * dout).mean(axis=0))),
        "∂L/∂â = γ ∂L/∂out: the scale γ comes in on the way back, too.",
    ),
    Mistake(
        "gamma is missing in the paths through μ and σ²",
        _with_dA(
            lambda dout, A_hat, gamma, r: r * (gamma * dout - dout.mean(axis=0) - A_hat * (A_hat * dout).mean(axis=0))
        ),
        "All three paths begin with ∂L/∂â = γ ∂L/∂out.",
    ),
    Mistake(
        "gamma twice in dA",
        _with_dA(
            lambda dout, A_hat, gamma, r: (
                gamma**2 * r * (dout - dout.mean(axis=0) - A_hat * (A_hat * dout).mean(axis=0))
            )
        ),
        "γ is one factor of dA: once it is in ∂L/∂â, it must not come in again.",
    ),
    Mistake(
        "dA is the gradient for â",
        _with_dA(lambda dout, A_hat, gamma, r: gamma * dout),
        "γ dout is ∂L/∂â: from â go back to a, on three paths.",
    ),
    Mistake(
        "dA is not divided by the root",
        _with_dA(
            lambda dout, A_hat, gamma, r: gamma * (dout - dout.mean(axis=0) - A_hat * (A_hat * dout).mean(axis=0))
        ),
        "dA has the factor γ/√(σ² + ε).",
    ),
    Mistake(
        "dA divided by the variance instead of its root",
        _with_dA(
            lambda dout, A_hat, gamma, r: (
                gamma * r**2 * (dout - dout.mean(axis=0) - A_hat * (A_hat * dout).mean(axis=0))
            )
        ),
        "The factor of dA is γ/√(σ² + ε), with the root.",
    ),
    Mistake(
        "dA multiplied by the root",
        _with_dA(
            lambda dout, A_hat, gamma, r: gamma / r * (dout - dout.mean(axis=0) - A_hat * (A_hat * dout).mean(axis=0))
        ),
        "The factor of dA is γ/√(σ² + ε): divide by the root.",
    ),
    Mistake(
        "a - μ in place of â in the path through σ²",
        _with_dA(
            lambda dout, A_hat, gamma, r: (
                gamma * r * (dout - dout.mean(axis=0) - A_hat / r * (A_hat / r * dout).mean(axis=0))
            )
        ),
        "The part along â is subtracted: â = (a - μ)/√(σ² + ε), twice.",
    ),
    Mistake(
        "a - μ in place of the outer â in the path through σ²",
        _with_dA(
            lambda dout, A_hat, gamma, r: (
                gamma * r * (dout - dout.mean(axis=0) - A_hat / r * (A_hat * dout).mean(axis=0))
            )
        ),
        "The mean of â ∘ dout is multiplied by â, not by a - μ.",
    ),
    Mistake(
        "the mean of dout in place of that of â ∘ dout",
        _with_dA(lambda dout, A_hat, gamma, r: gamma * r * (dout - dout.mean(axis=0) - A_hat * dout.mean(axis=0))),
        "What multiplies â is the mean of â ∘ dout: multiply first, then take the mean.",
    ),
    Mistake(
        "the means in dA over the units of each sample",
        _with_dA(
            lambda dout, A_hat, gamma, r: (
                gamma
                * r
                * (dout - dout.mean(axis=1, keepdims=True) - A_hat * (A_hat * dout).mean(axis=1, keepdims=True))
            )
        ),
        "Both means run over the m samples, which are the rows: axis=0.",
    ),
    Mistake(
        "the backward pass of layer normalization",
        _layer_normalization,
        "μ, σ² and the means in dA are taken over the m samples, which are the rows: axis=0.",
    ),
    Mistake(
        "everything over the wrong axis",
        _wrong_axis,
        "With axis=1 the means and sums run over the units. They run over the m samples, the rows: axis=0.",
    ),
    Mistake(
        "eps is missing",
        _divided_by(lambda A, eps: A.std(axis=0)),
        "The root is √(σ² + ε), on the way back as well.",
    ),
    Mistake(
        "eps = 1e-5 whatever is given",
        _divided_by(lambda A, eps: np.sqrt(A.var(axis=0) + 1e-5)),
        "ε is an argument: use eps.",
    ),
    Mistake(
        "eps is missing in dA only",
        lambda dout, A, gamma, beta, eps: (
            _divided_by(lambda A, eps: A.std(axis=0))(dout, A, gamma, beta, eps)[0],
            *reference(dout, A, gamma, beta, eps)[1:],
        ),
        "The root is √(σ² + ε), in dA as well as in â.",
    ),
    Mistake(
        "eps outside the root",
        _divided_by(lambda A, eps: A.std(axis=0) + eps),
        "ε is added to σ², under the root: √(σ² + ε).",
    ),
    Mistake(
        "the variance with 1/(m - 1)",
        _divided_by(lambda A, eps: np.sqrt(A.var(axis=0, ddof=1) + eps)),
        "σ² is the biased variance, with 1/m, as in the forward pass.",
    ),
    Mistake(
        "divided by the variance instead of its root, everywhere",
        _divided_by(lambda A, eps: A.var(axis=0) + eps),
        "Both â and dA have the root √(σ² + ε) in the denominator.",
    ),
    Mistake(
        "dgamma made of a instead of â",
        _with_dgamma(lambda dout, A, gamma, beta, eps: (A * dout).sum(axis=0)),
        "out = γ â + β: the factor of γ is â.",
    ),
    Mistake(
        "dgamma made of a - μ instead of â",
        _with_dgamma(lambda dout, A, gamma, beta, eps: ((A - A.mean(axis=0)) * dout).sum(axis=0)),
        "out = γ â + β: the factor of γ is â, divided by √(σ² + ε).",
    ),
    Mistake(
        "dgamma made of out instead of â",
        _with_dgamma(lambda dout, A, gamma, beta, eps: ((gamma * normalized(A, eps)[0] + beta) * dout).sum(axis=0)),
        "out = γ â + β: the factor of γ is â, before it is scaled and shifted.",
    ),
    Mistake(
        "dgamma is the mean instead of the sum",
        _with_dgamma(lambda dout, A, gamma, beta, eps: (normalized(A, eps)[0] * dout).mean(axis=0)),
        "One γ serves all m samples: add up their contributions. The 1/m of the loss is inside dout already.",
    ),
    Mistake(
        "dgamma summed over the units",
        _with_dgamma(lambda dout, A, gamma, beta, eps: (normalized(A, eps)[0] * dout).sum(axis=1)),
        "dgamma has one entry for each unit: the sum runs over the samples, axis=0.",
    ),
    Mistake(
        "dgamma summed over everything",
        _with_dgamma(lambda dout, A, gamma, beta, eps: (normalized(A, eps)[0] * dout).sum()),
        "dgamma has one entry for each unit, (d_i,): sum over axis 0 only.",
    ),
    Mistake(
        "dgamma is not summed",
        _with_dgamma(lambda dout, A, gamma, beta, eps: normalized(A, eps)[0] * dout),
        "One γ serves all m samples: add up their contributions.",
    ),
    Mistake(
        "dgamma without dout",
        _with_dgamma(lambda dout, A, gamma, beta, eps: normalized(A, eps)[0].sum(axis=0)),
        "∂L/∂γ is the sum of â ∘ dout: the chain rule begins with dout.",
    ),
    Mistake(
        "dgamma multiplied by gamma",
        _with_dgamma(lambda dout, A, gamma, beta, eps: gamma * (normalized(A, eps)[0] * dout).sum(axis=0)),
        "∂L/∂γ is the sum of â ∘ dout; γ dout is ∂L/∂â.",
    ),
    Mistake(
        "dbeta is the mean instead of the sum",
        _with_dbeta(lambda dout, gamma: dout.mean(axis=0)),
        "One β serves all m samples: add up their contributions. The 1/m of the loss is inside dout already.",
    ),
    Mistake(
        "dgamma and dbeta are means instead of sums",
        _changed(lambda dA, dgamma, dbeta, m: (dA, dgamma / m, dbeta / m)),
        "One γ and one β serve all m samples: add up. The 1/m of the loss is inside dout already.",
    ),
    Mistake(
        "dgamma and dbeta summed over the units",
        _dgamma_and_dbeta_over_the_units,
        "dgamma and dbeta have one entry for each unit: the sums run over the samples, axis=0.",
    ),
    Mistake(
        "dbeta summed over the units",
        _with_dbeta(lambda dout, gamma: dout.sum(axis=1)),
        "dbeta has one entry for each unit: the sum runs over the samples, axis=0.",
    ),
    Mistake(
        "dbeta summed over everything",
        _with_dbeta(lambda dout, gamma: dout.sum()),
        "dbeta has one entry for each unit, (d_i,): sum over axis 0 only.",
    ),
    Mistake(
        "dbeta is dout itself",
        _with_dbeta(lambda dout, gamma: dout.copy()),
        "One β serves all m samples: add up their contributions.",
    ),
    Mistake(
        "dbeta multiplied by gamma",
        _with_dbeta(lambda dout, gamma: gamma * dout.sum(axis=0)),
        "out = γ â + β: the factor of β is 1, so dbeta is made of dout alone.",
    ),
    Mistake(
        "dgamma and dbeta multiplied by gamma",
        _gradients_through_gamma,
        "γ and β come after â: both gradients are made of dout, not of ∂L/∂â = γ dout.",
    ),
    Mistake(
        "everything divided by m again",
        _changed(lambda dA, dgamma, dbeta, m: (dA / m, dgamma / m, dbeta / m)),
        "The 1/m of the loss is inside dout already.",
    ),
    Mistake(
        "the wrong sign everywhere",
        _changed(lambda dA, dgamma, dbeta, m: (-dA, -dgamma, -dbeta)),
        "The minus belongs in the update, not into the gradient.",
    ),
    Mistake(
        "dbeta before dgamma",
        _changed(lambda dA, dgamma, dbeta, m: (dA, dbeta, dgamma)),
        "Return them in the order (dA, dgamma, dbeta).",
    ),
    Mistake(
        "dA comes last",
        _changed(lambda dA, dgamma, dbeta, m: (dgamma, dbeta, dA)),
        "Return them in the order (dA, dgamma, dbeta).",
    ),
    Mistake(
        "dA written into an integer array",
        _truncated,
        "np.zeros_like of an integer array holds integers and cuts dA: do without, or ask for dtype=float.",
    ),
    Mistake(
        "dgamma written into an integer array",
        _dgamma_truncated,
        "np.zeros_like of an integer array holds integers and cuts dgamma: do without, or ask for dtype=float.",
    ),
    Mistake(
        "dout is overwritten",
        _dout_overwritten,
        "dout -= … changes the caller's array: make a new one.",
    ),
    Mistake(
        "A is overwritten",
        _A_overwritten,
        "A is the caller's array: give â a name of its own.",
    ),
    *(
        Mistake(
            f"a {'central' if central else 'one-sided'} difference with h = {h:g} in place of dA",
            _difference_quotient(h, central),
            "A difference is not exact: use the formula of the backward pass.",
            share=0.5,
        )
        for h, central in [(1e-3, False), (1e-4, False), (1e-5, False), (1e-6, False), (1e-2, True), (1e-3, True)]
    ),
)
