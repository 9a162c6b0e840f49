"""One layer: the pre-activation and the activation of a mini-batch."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_of
from nnlib.grading.questions.fixtures import float32, integers, off_zero

NON_SQUARE = {"m": 6, "d": 3, "d_prev": 5}
WIDE = {"m": 5, "d": 7, "d_prev": 2}
SQUARE = {"m": 4, "d": 4, "d_prev": 4}
BENT = ("tanh", "sigmoid", "relu")


def reference(Z_prev, W, b, sigma):
    """(A, Z): a_i = W_i z_{i-1} + b_i and z_i = σ_i(a_i), samples in rows."""
    A = Z_prev @ W.T + b
    return A, sigma_of(sigma, A)


def _draw(rng: np.random.Generator, m: int, d: int, d_prev: int, sigma: str) -> tuple:
    Z_prev, W, b = off_zero(rng, m, d_prev), off_zero(rng, d, d_prev) / np.sqrt(d_prev), off_zero(rng, d)
    A = Z_prev @ W.T + b
    if sigma == "relu" and not (A.min() < 0 < A.max()):
        return _draw(rng, m, d, d_prev, sigma)
    return Z_prev, W, b, sigma


def _draw_integers(rng: np.random.Generator) -> tuple:
    return integers(rng, 4, 2), integers(rng, 3, 2), integers(rng, 3), "tanh"


def _draw_integer_input(rng: np.random.Generator) -> tuple:
    return integers(rng, 4, 2), off_zero(rng, 3, 2), off_zero(rng, 3), "tanh"


def _with_A(pre_activation: Callable) -> Callable:
    """The layer with another pre-activation."""

    def layer_forward(Z_prev, W, b, sigma):
        A = pre_activation(Z_prev, W, b)
        return A, sigma_of(sigma, A)

    return layer_forward


def _with_Z(activation: Callable) -> Callable:
    """The layer with another function in place of σ."""

    def layer_forward(Z_prev, W, b, sigma):
        A = Z_prev @ W.T + b
        return A, activation(sigma, A)

    return layer_forward


def _late_bias(Z_prev, W, b, sigma):
    A = Z_prev @ W.T
    return A, sigma_of(sigma, A) + b


def _late_bias_in_Z(Z_prev, W, b, sigma):
    return Z_prev @ W.T + b, sigma_of(sigma, Z_prev @ W.T) + b


def _no_bias_in_A(Z_prev, W, b, sigma):
    A = Z_prev @ W.T
    return A, sigma_of(sigma, A + b)


def _no_bias_in_Z(Z_prev, W, b, sigma):
    return Z_prev @ W.T + b, sigma_of(sigma, Z_prev @ W.T)


def _bias_twice_in_Z(Z_prev, W, b, sigma):
    A = Z_prev @ W.T + b
    return A, sigma_of(sigma, A + b)


def _bent_input(Z_prev, W, b, sigma):
    return reference(sigma_of(sigma, Z_prev), W, b, sigma)


def _bent_input_only(Z_prev, W, b, sigma):
    A = sigma_of(sigma, Z_prev) @ W.T + b
    return A, A


def _other_order(Z_prev, W, b, sigma):
    A, Z = reference(Z_prev, W, b, sigma)
    return Z, A


def _A_overwritten(Z_prev, W, b, sigma):
    A = np.asarray(Z_prev @ W.T + b, dtype=float)
    A[...] = Z = sigma_of(sigma, A)
    return A, Z


def _A_cut_off(Z_prev, W, b, sigma):
    A, Z = reference(Z_prev, W, b, sigma)
    if sigma == "relu":
        A[A < 0] = 0
    return A, Z


def _in_columns(Z_prev, W, b, sigma):
    A, Z = reference(Z_prev, W, b, sigma)
    return A.T, Z.T


def _truncated(Z_prev, W, b, sigma):
    A = np.zeros((len(Z_prev), len(b)), dtype=Z_prev.dtype)
    A[...] = Z_prev @ W.T + b
    Z = np.zeros_like(A)
    Z[...] = sigma_of(sigma, A)
    return A, Z


def _bias_reshaped(Z_prev, W, b, sigma):
    b.shape = (1, len(b))
    return reference(Z_prev, W, b, sigma)


MISTAKES = (
    Mistake(
        "the bias is missing",
        _with_A(lambda Z_prev, W, b: Z_prev @ W.T),
        "a_i = W_i z_{i-1} + b_i: without b_i the layer sends the input 0 to a = 0, whatever its weights.",
    ),
    Mistake(
        "the bias is added after the activation",
        _late_bias,
        "z_i = σ_i(W_i z_{i-1} + b_i): the bias belongs to a_i, so it goes through σ_i as well.",
    ),
    Mistake(
        "Z has the bias outside σ",
        _late_bias_in_Z,
        "z_i = σ_i(a_i), and a_i has the bias inside: use your A.",
    ),
    Mistake(
        "A is without the bias",
        _no_bias_in_A,
        "Your Z is right, but a_i = W_i z_{i-1} + b_i: the bias is part of A.",
    ),
    Mistake(
        "Z is made without the bias",
        _no_bias_in_Z,
        "z_i = σ_i(a_i), and a_i has the bias inside: use your A.",
    ),
    Mistake(
        "Z has the bias twice",
        _bias_twice_in_Z,
        "z_i = σ_i(a_i): the bias is inside a_i already.",
    ),
    Mistake(
        "the bias is subtracted",
        _with_A(lambda Z_prev, W, b: Z_prev @ W.T - b),
        "a_i = W_i z_{i-1} + b_i, with a plus. A threshold would be -b_i.",
    ),
    Mistake(
        "the bias is added along the samples",
        _with_A(lambda Z_prev, W, b: Z_prev @ W.T + b[:, np.newaxis]),
        "Each unit, that is each column of A, has its own bias: b of shape (d_i,) is added to every row as it is.",
    ),
    Mistake(
        "W is not transposed",
        _with_A(lambda Z_prev, W, b: Z_prev @ W + b),
        "W is (d_i, d_{i-1}) and the samples are rows: (m, d_{i-1}) times (d_{i-1}, d_i) gives (m, d_i), so it is W.T.",
    ),
    Mistake(
        "W @ Z_prev, as if samples were columns",
        _with_A(lambda Z_prev, W, b: W @ Z_prev + b),
        "W z is for one sample, a column. Here each row of Z_prev is a sample: Z_prev comes first, then W.T.",
    ),
    Mistake(
        "W @ Z_prev and a column of biases, as if samples were columns",
        _with_A(lambda Z_prev, W, b: W @ Z_prev + b[:, np.newaxis]),
        "W z + b is for samples in columns. Here each row of Z_prev is a sample: Z_prev comes first, then W.T.",
    ),
    Mistake(
        "A and Z are transposed",
        _in_columns,
        "Rows are samples: A and Z are (m, d_i). W @ Z_prev.T has the samples in its columns.",
    ),
    Mistake(
        "the bias meets the samples in W @ Z_prev.T + b",
        _with_A(lambda Z_prev, W, b: W @ Z_prev.T + b),
        "W @ Z_prev.T is (d_i, m), so b is added to the wrong axis: with samples in rows it is Z_prev @ W.T + b.",
    ),
    Mistake(
        "an elementwise product with W",
        _with_A(lambda Z_prev, W, b: Z_prev * W + b),
        "Each unit adds up all inputs, each times its weight: a matrix product, @.",
    ),
    Mistake(
        "a mean over the inputs instead of the sum",
        _with_A(lambda Z_prev, W, b: Z_prev @ W.T / W.shape[1] + b),
        "A unit adds up its d_{i-1} weighted inputs; it does not average them.",
    ),
    Mistake(
        "only the first sample is used",
        _with_A(lambda Z_prev, W, b: W @ Z_prev[0] + b),
        "Z_prev holds m samples, one a row: A and Z are (m, d_i).",
    ),
    Mistake(
        "the activation is missing",
        _with_Z(lambda sigma, A: A),
        "Z is σ_i(a_i), not a_i: ACTIVATIONS[sigma].sigma(A).",
    ),
    Mistake(
        "σ' in place of σ",
        _with_Z(slope_of),
        "ACTIVATIONS[sigma] is the pair (σ, σ'): the forward pass takes the first, the backward pass the second.",
    ),
    Mistake(
        "σ is applied twice",
        _with_Z(lambda sigma, A: sigma_of(sigma, sigma_of(sigma, A))),
        "z_i = σ_i(a_i): one σ for each layer.",
    ),
    Mistake(
        "the input goes through σ, too",
        _bent_input,
        "Z_prev is the activation of layer i-1 already: σ_i is applied to a_i only.",
    ),
    Mistake(
        "σ is applied to the input instead of a",
        _bent_input_only,
        "First the affine map, then σ_i: z_i = σ_i(a_i).",
    ),
    Mistake(
        "A holds the activation",
        _A_overwritten,
        "A and Z are the same array: keep a_i, before σ_i, under a name of its own. The backward pass will need it.",
    ),
    Mistake(
        "relu is written into A",
        _A_cut_off,
        "A[A < 0] = 0 changes A, and after Z = A both are one array: Z = np.maximum(A, 0) leaves a_i as it is.",
    ),
    Mistake(
        "Z before A",
        _other_order,
        "Return them in the order (A, Z).",
    ),
    *(
        Mistake(
            f"{name} whatever sigma says",
            _with_Z(lambda _sigma, A, name=name: sigma_of(name, A)),
            "The activation is named by the argument sigma: ACTIVATIONS[sigma].",
        )
        for name in BENT
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "An array with the dtype of an integer Z_prev holds integers and cuts A and Z: ask for dtype=float.",
    ),
    Mistake(
        "b is given another shape in place",
        _bias_reshaped,
        "b.shape = … changes the caller's array; b is added to every row of A just as it is.",
    ),
)


def _one_sample_at_a_time(Z_prev, W, b, sigma):
    A = [W @ z + b for z in Z_prev]
    return A, [sigma_of(sigma, a) for a in A]


def _entry_by_entry(Z_prev, W, b, sigma):
    (m, d_prev), d = Z_prev.shape, len(W)
    A = np.zeros((m, d))
    for k in range(m):
        for j in range(d):
            A[k, j] = sum(W[j, i] * Z_prev[k, i] for i in range(d_prev)) + b[j]
    return A, sigma_of(sigma, A)


def _absorbed_bias(Z_prev, W, b, sigma):
    A = np.column_stack([Z_prev, np.ones(len(Z_prev))]) @ np.column_stack([W, b]).T
    return [A, sigma_of(sigma, A)]


def _by_hand(Z_prev, W, b, sigma):
    A = np.add(np.dot(W, Z_prev.T).T, b[np.newaxis, :])
    match sigma:
        case "identity":
            return A, A
        case "relu":
            return A, np.where(A > 0, A, 0)
        case "sigmoid":
            return A, 1 / (1 + np.exp(-A))
    return A, (np.exp(A) - np.exp(-A)) / (np.exp(A) + np.exp(-A))


EQUIVALENTS = {
    "one sample at a time": _one_sample_at_a_time,
    "entry by entry": _entry_by_entry,
    "the bias absorbed": _absorbed_bias,
    "σ written out": _by_hand,
    "einsum": _with_A(lambda Z_prev, W, b: np.einsum("ki,ji->kj", Z_prev, W) + b),
}

QUESTION = Question(
    name="layer_forward",
    points=2,
    arguments={"Z_prev": "(m, d_{i-1})", "W": "(d_i, d_{i-1})", "b": "(d_i,)", "sigma": ""},
    results=(
        Result(
            "A", "(m, d_i)", ask="What does each unit add up, and what comes before σ?", formula="A = Z_prev @ W.T + b."
        ),
        Result("Z", "(m, d_i)", ask="What does σ act on?", formula="Z = σ(A), entry by entry."),
    ),
    reference=reference,
    families={
        **{f"non-square, {sigma}": partial(_draw, **NON_SQUARE, sigma=sigma) for sigma in BENT},
        "non-square, wide": partial(_draw, **WIDE, sigma="tanh"),
        **{f"square, {sigma}": partial(_draw, **SQUARE, sigma=sigma) for sigma in BENT},
    },
    edges={
        "the identity": partial(_draw, **NON_SQUARE, sigma="identity"),
        "one sample (m = 1)": partial(_draw, m=1, d=3, d_prev=4, sigma="tanh"),
        "one unit (d_i = 1)": partial(_draw, m=5, d=1, d_prev=3, sigma="sigmoid"),
        "integer arrays": _draw_integers,
        "an integer input": _draw_integer_input,
        "float32 arrays": float32(partial(_draw, **NON_SQUARE, sigma="tanh")),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
