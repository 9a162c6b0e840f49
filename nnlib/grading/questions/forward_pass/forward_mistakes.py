"""What goes wrong in a forward pass."""

from collections.abc import Callable

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.grading.question import Mistake
from nnlib.grading.questions.backprop.passes import forward as reference
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_of


def forward_with(
    *,
    pre_activation: Callable = lambda Z_prev, W, b: Z_prev @ W.T + b,
    activation: Callable = sigma_of,
    index: Callable = lambda i, L: (i, i, i),
    input_of: Callable = lambda As, Zs: Zs[-1],
) -> Callable:
    """The forward pass with one part exchanged; `index` gives the entries of Ws, bs and sigmas for i = 0, …, L - 1."""

    def forward(X, Ws, bs, sigmas):
        As, Zs = [], [X]
        for i in range(len(Ws)):
            of_W, of_b, of_sigma = index(i, len(Ws))
            As.append(pre_activation(input_of(As, Zs), Ws[of_W], bs[of_b]))
            Zs.append(activation(sigmas[of_sigma], As[-1]))
        return As, Zs

    return forward


def _changed(change: Callable) -> Callable:
    """The reference with its two lists changed afterwards."""
    return lambda X, Ws, bs, sigmas: change(*reference(X, Ws, bs, sigmas))


def _linear_where(linear: Callable) -> Callable:
    """The reference with the identity in the layers for which linear(i, L) is true, i = 1, …, L."""

    def forward(X, Ws, bs, sigmas):
        names = ["identity" if linear(i, len(Ws)) else sigma for i, sigma in enumerate(sigmas, start=1)]
        return reference(X, Ws, bs, names)

    return forward


def _fed_with_a(X, Ws, bs, sigmas):
    As, Zs = [], [X]
    A = X
    for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
        A = A @ W.T + b
        Z = ACTIVATIONS[sigma].sigma(A)
        As.append(A)
        Zs.append(Z)
    return As, Zs


def _late_bias(X, Ws, bs, sigmas):
    As, Zs = [], [X]
    for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
        As.append(Zs[-1] @ W.T)
        Zs.append(sigma_of(sigma, As[-1]) + b)
    return As, Zs


def _bent_input(X, Ws, bs, sigmas):
    return reference(sigma_of(sigmas[0], X), Ws, bs, sigmas)


def _bent_constant(X, Ws, bs, sigmas):
    one = np.ones((len(X), 1))
    As, Zs = [], [X]
    for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
        As.append(Zs[-1] @ W.T + one * b)
        Zs.append(sigma_of(sigma, As[-1]))
        one = sigma_of(sigma, one)
    return As, Zs


def _constant_kept(As, Zs):
    return As, [np.column_stack([Z, np.ones(len(Z))]) for Z in Zs]


def _bias_of_the_first_layer_only(X, Ws, bs, sigmas):
    return reference(X, Ws, [bs[0], *(0 * b for b in bs[1:])], sigmas)


def _truncated(X, Ws, bs, sigmas):
    As, Zs = [], [X]
    for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
        A = np.zeros((len(X), len(b)), dtype=X.dtype)
        A[...] = Zs[-1] @ W.T + b
        Z = np.zeros_like(A)
        Z[...] = sigma_of(sigma, A)
        As.append(A)
        Zs.append(Z)
    return As, Zs


def _lists_used_up(X, Ws, bs, sigmas):
    As, Zs = [], [X]
    while Ws:
        As.append(Zs[-1] @ Ws.pop(0).T + bs.pop(0))
        Zs.append(sigma_of(sigmas.pop(0), As[-1]))
    return As, Zs


def _bs_overwritten(X, Ws, bs, sigmas):
    As, Zs = [], [X]
    for i, sigma in enumerate(sigmas):
        bs[i] = Zs[-1] @ Ws[i].T + bs[i]
        As.append(bs[i])
        Zs.append(sigma_of(sigma, As[-1]))
    return As, Zs


MISTAKES = (
    Mistake(
        "Zs begins with z_1",
        _changed(lambda As, Zs: (As, Zs[1:])),
        "z_0 = x is the first entry: Zs[0] is X, and Zs has one entry more than As.",
    ),
    Mistake(
        "As begins with X",
        _changed(lambda As, Zs: ([Zs[0], *As], Zs)),
        "The input has no pre-activation: As has the L entries a_1, …, a_L, and only Zs begins with X.",
    ),
    Mistake(
        "Zs before As",
        _changed(lambda As, Zs: (Zs, As)),
        "Return them in the order (As, Zs).",
    ),
    Mistake(
        "only the last layer is returned",
        _changed(lambda As, Zs: (As[-1], Zs[-1])),
        "Return the lists of all a_i and all z_i: the backward pass will need each of them.",
    ),
    Mistake(
        "only z_L is returned",
        _changed(lambda As, Zs: Zs[-1]),
        "Return the lists (As, Zs) of all a_i and all z_i: the backward pass will need each of them.",
    ),
    Mistake(
        "a list of pairs, one for each layer",
        _changed(lambda As, Zs: list(zip(As, Zs[1:], strict=True))),
        "Return two lists, (As, Zs), in place of one list of pairs.",
    ),
    Mistake(
        "the last layer comes first in the lists",
        _changed(lambda As, Zs: (As[::-1], Zs[::-1])),
        "Layer 1 comes first, as in Ws and bs: append at the end of the lists.",
    ),
    Mistake(
        "the loop stops before layer L",
        _changed(lambda As, Zs: (As[:-1], Zs[:-1])),
        "i runs from 1 to L, both included: for lists that is range(L).",
    ),
    Mistake(
        "the loop begins with layer 2",
        lambda X, Ws, bs, sigmas: reference(X, Ws[1:], bs[1:], sigmas[1:]),
        "Lists count from 0: Ws[0] is W_1, so the loop is range(L), from 0 to L - 1.",
    ),
    Mistake(
        "As holds the activations",
        _changed(lambda As, Zs: (Zs[1:], Zs)),
        "a_i and z_i = σ_i(a_i) are two arrays: store a_i before σ_i is applied.",
    ),
    Mistake(
        "Zs holds the pre-activations",
        _changed(lambda As, Zs: ([*As], [Zs[0], *As])),
        "Your As is right. z_i = σ_i(a_i): store it after σ_i was applied.",
    ),
    Mistake(
        "the next layer is fed with a in place of z",
        _fed_with_a,
        "a_i = W_i z_{i-1} + b_i: the input of a layer is the activation of the one before.",
    ),
    Mistake(
        "every layer is fed with X",
        forward_with(input_of=lambda As, Zs: Zs[0]),
        "a_i = W_i z_{i-1} + b_i: X is the input of layer 1 only.",
    ),
    Mistake(
        "no layer has an activation",
        _linear_where(lambda i, L: True),
        "z_i = σ_i(a_i): without σ any depth is one affine map.",
    ),
    Mistake(
        "the hidden layers have no activation",
        _linear_where(lambda i, L: i < L),
        "z_i = σ_i(a_i) in every layer, not only in the last: without σ any depth is one affine map.",
    ),
    Mistake(
        "the last layer has no activation",
        _linear_where(lambda i, L: i == L),
        "z_L = σ_L(a_L): the last layer has the activation that sigmas names, too.",
    ),
    Mistake(
        "the activation of layer 1 in every layer",
        forward_with(index=lambda i, L: (i, i, 0)),
        "Each layer has its own σ_i: sigmas[0] belongs to layer 1 only.",
    ),
    Mistake(
        "the activation of layer L in every layer",
        forward_with(index=lambda i, L: (i, i, -1)),
        "Each layer has its own σ_i: sigmas[-1] belongs to the last layer only.",
    ),
    Mistake(
        "the activation of the layer before",
        forward_with(index=lambda i, L: (i, i, i - 1)),
        "σ_i goes with W_i: Ws[i] and sigmas[i] have the same index, and sigmas[-1] is the last one.",
    ),
    *(
        Mistake(
            f"{name} in every layer",
            forward_with(activation=lambda _sigma, A, name=name: sigma_of(name, A)),
            "Each layer has the activation that its entry of sigmas names: ACTIVATIONS[sigmas[i]].",
        )
        for name in ("relu", "tanh", "sigmoid")
    ),
    Mistake(
        "σ' in place of σ",
        forward_with(activation=slope_of),
        "ACTIVATIONS[sigma] is the pair (σ, σ'): the forward pass takes the first, the backward pass the second.",
    ),
    Mistake(
        "the input goes through an activation",
        _bent_input,
        "z_0 = x: the first layer starts from X as it is.",
    ),
    Mistake(
        "W_1 in every layer",
        forward_with(index=lambda i, L: (0, i, i)),
        "Each layer has weights of its own: Ws[0] is W_1 only.",
    ),
    Mistake(
        "b_1 in every layer",
        forward_with(index=lambda i, L: (i, 0, i)),
        "Each layer has a bias of its own: bs[0] is b_1 only.",
    ),
    Mistake(
        "layer 1 in every layer",
        forward_with(index=lambda i, L: (0, 0, 0)),
        "Layer i has its own W_i, b_i and σ_i: the index has to move on in the loop.",
    ),
    Mistake(
        "the bias is missing",
        forward_with(pre_activation=lambda Z_prev, W, b: Z_prev @ W.T),
        "a_i = W_i z_{i-1} + b_i.",
    ),
    Mistake(
        "the bias is there in layer 1 only",
        _bias_of_the_first_layer_only,
        "a_i = W_i z_{i-1} + b_i in every layer: where the bias is absorbed, the 1 is appended to each layer's input.",
    ),
    Mistake(
        "the bias is added after the activation",
        _late_bias,
        "z_i = σ_i(W_i z_{i-1} + b_i): the bias is inside.",
    ),
    Mistake(
        "the bias is subtracted",
        forward_with(pre_activation=lambda Z_prev, W, b: Z_prev @ W.T - b),
        "a_i = W_i z_{i-1} + b_i, with a plus.",
    ),
    Mistake(
        "the bias is added along the samples",
        forward_with(pre_activation=lambda Z_prev, W, b: Z_prev @ W.T + b[:, np.newaxis]),
        "Each unit, that is each column of A, has its own bias: b of shape (d_i,) is added to every row as it is.",
    ),
    Mistake(
        "the constant 1 goes through σ",
        _bent_constant,
        "Append the 1 to z_i, anew for each layer: passed through σ it is no longer 1.",
    ),
    Mistake(
        "the constant feature is left in Zs",
        _changed(_constant_kept),
        "Zs holds the activations alone, (m, d_i): append the 1 only for the product.",
    ),
    Mistake(
        "the Ws are not transposed",
        forward_with(pre_activation=lambda Z_prev, W, b: Z_prev @ W + b),
        "W is (d_i, d_{i-1}) and the samples are rows: (m, d_{i-1}) times (d_{i-1}, d_i) gives (m, d_i), so it is W.T.",
    ),
    Mistake(
        "W @ Z_prev, as if samples were columns",
        forward_with(pre_activation=lambda Z_prev, W, b: W @ Z_prev + b),
        "W z is for one sample, a column. Here each row is a sample: Z_prev comes first, then W.T.",
    ),
    Mistake(
        "W @ Z_prev and a column of biases, as if samples were columns",
        forward_with(pre_activation=lambda Z_prev, W, b: W @ Z_prev + b[:, np.newaxis]),
        "W z + b is for samples in columns. Here each row is a sample: Z_prev comes first, then W.T.",
    ),
    Mistake(
        "all arrays are transposed",
        _changed(lambda As, Zs: ([A.T for A in As], [Z.T for Z in Zs])),
        "Rows are samples: each A and Z is (m, d_i).",
    ),
    Mistake(
        "an elementwise product with W",
        forward_with(pre_activation=lambda Z_prev, W, b: Z_prev * W + b),
        "Each unit adds up all inputs, each times its weight: a matrix product, @.",
    ),
    Mistake(
        "written into integer arrays",
        _truncated,
        "An array with the dtype of an integer X holds integers and cuts what is written into it: ask for dtype=float.",
    ),
    Mistake(
        "the lists are used up",
        _lists_used_up,
        "pop() shortens the caller's lists: use an index, or zip.",
    ),
    Mistake(
        "A is stored in bs",
        _bs_overwritten,
        "bs[i] = … changes the caller's list: give a_i a name of its own.",
    ),
)
