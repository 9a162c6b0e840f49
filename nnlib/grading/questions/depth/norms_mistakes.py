"""What goes wrong when the norms of the deltas are measured."""

from collections.abc import Callable

import numpy as np

from nnlib.grading.question import Mistake
from nnlib.grading.questions.backprop.sigmas import finite_differences, sigma_of, slope_from_output, slope_of
from nnlib.grading.questions.depth.norms_passes import norms_with, output_gradient, reference, square


def _but(forgotten: Callable) -> Callable:
    """Square layers skip, but not those for which forgotten(i, L) is true; i = 0, …, L - 1."""
    return lambda i, Ws, skip: square(i, Ws, skip) and not forgotten(i, len(Ws))


def _never(i, Ws, skip) -> bool:
    return False


def _every_layer(i, Ws, skip) -> bool:
    return skip


def _even_if_not_asked(i, Ws, skip) -> bool:
    return square(i, Ws, True)


def _only_if_not_asked(i, Ws, skip) -> bool:
    return square(i, Ws, not skip)


def _layer_below_is_square(i, Ws, skip) -> bool:
    return square(max(i - 1, 0), Ws, skip)


def _measured(measure: Callable) -> Callable:
    """Another number made of delta."""
    return norms_with(measure=lambda record: measure(record.delta))


def _scaled(factor: Callable) -> Callable:
    """Another factor before ∂L/∂z_L, made of Y."""
    return norms_with(first=lambda Z_L, Y: factor(Y) * output_gradient(Z_L, Y))


def _delta_in_place_of_dZ(X, Y, Ws, bs, sigmas, skip):
    As, Zs = [], [X]
    for i, (W, b, sigma) in enumerate(zip(Ws, bs, sigmas, strict=True)):
        As.append(Zs[-1] @ W.T + b)
        Z = sigma_of(sigma, As[-1])
        Zs.append(Z + Zs[-1] if square(i, Ws, skip) else Z)
    delta = (Zs[-1] - Y) / len(Y) * slope_of(sigmas[-1], As[-1])
    norms = [np.linalg.norm(delta)]
    for i in range(len(Ws) - 1, 0, -1):
        below = (delta @ Ws[i]) * slope_of(sigmas[i - 1], As[i - 1])
        delta = below + delta if square(i, Ws, skip) else below
        norms.insert(0, np.linalg.norm(delta))
    return norms


def _skip_inside_sigma(X, Y, Ws, bs, sigmas, skip):
    As, Zs = [], [X]
    for i, (W, b, sigma) in enumerate(zip(Ws, bs, sigmas, strict=True)):
        A = Zs[-1] @ W.T + b
        As.append(A + Zs[-1] if square(i, Ws, skip) else A)
        Zs.append(sigma_of(sigma, As[-1]))
    dZ = (Zs[-1] - Y) / len(Y)
    norms = []
    for i in reversed(range(len(Ws))):
        delta = dZ * slope_of(sigmas[i], As[i])
        norms.insert(0, np.linalg.norm(delta))
        dZ = delta @ Ws[i] + delta if square(i, Ws, skip) else delta @ Ws[i]
    return norms


def _indexed(weights: Callable, pre_activation: Callable, sigma: Callable) -> Callable:
    """The recursion with other indices: each is made of the layer i = L - 1, …, 1 from which delta goes back."""

    def gradient_norms(X, Y, Ws, bs, sigmas, skip):
        As, Zs = [], [X]
        for i in range(len(Ws)):
            As.append(Zs[i] @ Ws[i].T + bs[i])
            Z = sigma_of(sigmas[i], As[i])
            Zs.append(Z + Zs[i] if square(i, Ws, skip) else Z)
        dZ = (Zs[-1] - Y) / len(Y)
        delta = dZ * slope_of(sigmas[-1], As[-1])
        norms = [np.linalg.norm(delta)]
        for i in range(len(Ws) - 1, 0, -1):
            branch = delta @ Ws[weights(i)]
            dZ = dZ + branch if square(i, Ws, skip) else branch
            delta = dZ * slope_of(sigmas[sigma(i)], As[pre_activation(i)])
            norms.insert(0, np.linalg.norm(delta))
        return norms

    return gradient_norms


def _skip_from_the_start(X, Y, Ws, bs, sigmas, skip):
    return norms_with(join=lambda Z_prev, Z: X + Z)(X, Y, Ws, bs, sigmas, skip)


def _X_overwritten(X, Y, Ws, bs, sigmas, skip):
    As, Z = [], X
    for i, (W, b, sigma) in enumerate(zip(Ws, bs, sigmas, strict=True)):
        As.append(Z @ W.T + b)
        if square(i, Ws, skip):
            Z += sigma_of(sigma, As[-1])
        else:
            Z = sigma_of(sigma, As[-1])
    dZ = (Z - Y) / len(Y)
    norms = []
    for i in reversed(range(len(Ws))):
        delta = dZ * slope_of(sigmas[i], As[i])
        norms.insert(0, np.linalg.norm(delta))
        dZ = dZ + delta @ Ws[i] if square(i, Ws, skip) else delta @ Ws[i]
    return norms


def _lists_reversed(X, Y, Ws, bs, sigmas, skip):
    norms = reference(X, Y, Ws, bs, sigmas, skip)
    for entries in (Ws, bs, sigmas):
        entries.reverse()
    return norms


def _lists_used_up(X, Y, Ws, bs, sigmas, skip):
    norms = reference(X, Y, Ws, bs, sigmas, skip)
    for entries in (Ws, bs, sigmas):
        entries.clear()
    return norms


def _truncated(X, Y, Ws, bs, sigmas, skip):
    def activation(sigma, A):
        Z = np.zeros(A.shape, dtype=X.dtype)
        Z[...] = sigma_of(sigma, A)
        return Z

    return norms_with(activation=activation)(X, Y, Ws, bs, sigmas, skip)


MISTAKES = (
    Mistake(
        "the order of the backward pass",
        norms_with(in_the_end=lambda norms: norms[::-1]),
        "‖δ_1‖ comes first, ‖δ_L‖ last: insert at the front, or reverse the list at the end.",
    ),
    Mistake(
        "what comes straight back is missing",
        norms_with(skips_back=_never),
        "The forward pass skips, the backward pass does not. At a layer that skips, ∂L/∂z_{i-1} = ∂L/∂z_i + δ_i W_i.",
    ),
    Mistake(
        "the skip is missing in the forward pass",
        norms_with(skips=_never, skips_back=square),
        "The backward pass skips, the forward pass does not: z_i = z_{i-1} + σ(a_i) at each square layer.",
    ),
    Mistake(
        "skip is ignored: no layer skips",
        norms_with(skips=_never),
        "With skip = True each square layer adds its input: on the way forward and on the way back.",
    ),
    Mistake(
        "skip is ignored: each square layer skips",
        norms_with(skips=_even_if_not_asked),
        "With skip = False the network is a plain one: no layer adds its input.",
    ),
    Mistake(
        "skip the wrong way round",
        norms_with(skips=_only_if_not_asked),
        "skip = True means that the square layers add their input, skip = False that none does.",
    ),
    Mistake(
        "layers that are not square skip as well",
        norms_with(skips=_every_layer),
        "Only a square layer, d_i = d_{i-1}, can add its input. Where one width is 1, numpy spreads it silently.",
    ),
    Mistake(
        "the first layer does not skip",
        norms_with(skips=_but(lambda i, L: i == 0)),
        "Every square layer skips: the first one as well, if d_1 = d_0.",
    ),
    Mistake(
        "the last layer does not skip",
        norms_with(skips=_but(lambda i, L: i == L - 1)),
        "Every square layer skips: the last one as well, if d_L = d_{L-1}.",
    ),
    Mistake(
        "the last layer does not skip on the way back",
        norms_with(skips_back=_but(lambda i, L: i == L - 1)),
        "If d_L = d_{L-1}, the last layer skips on the way back, too: ∂L/∂z_{L-1} = ∂L/∂z_L + δ_L W_L.",
    ),
    Mistake(
        "on the way back the layer below decides about the skip",
        norms_with(skips_back=_layer_below_is_square),
        "From z_i back to z_{i-1} it is W_i that has to be square: lists count from 0, so check the index.",
    ),
    Mistake(
        "each skip adds X",
        _skip_from_the_start,
        "A layer adds its own input z_{i-1}; X is the input of layer 1 only.",
    ),
    Mistake(
        "a layer adds its own activation",
        norms_with(join=lambda Z_prev, Z: Z + Z),
        "Add the layer's input z_{i-1}. Was σ(a_i) stored in the list before Zs[-1] was read?",
    ),
    Mistake(
        "the input is added inside of σ",
        _skip_inside_sigma,
        "The input is added outside of σ: z_i = z_{i-1} + σ(a_i), so σ' is evaluated at a_i alone.",
    ),
    Mistake(
        "delta goes straight back, with its σ'",
        norms_with(join_back=lambda dZ, delta, branch: delta + branch),
        "Past the layer goes ∂L/∂z_i, without σ'(a_i): carry ∂L/∂z_i from layer to layer, and make δ_i of it.",
    ),
    Mistake(
        "delta is added to the delta of the layer below",
        _delta_in_place_of_dZ,
        "What skips is added before σ': δ_{i-1} = (∂L/∂z_i + δ_i W_i) ∘ σ'(a_{i-1}).",
    ),
    Mistake(
        "the branch is missing on the way back",
        norms_with(join_back=lambda dZ, delta, branch: dZ),
        "Two ways lead back: ∂L/∂z_{i-1} = ∂L/∂z_i + δ_i W_i.",
    ),
    Mistake(
        "the 1/m of the mean is missing",
        _scaled(len),
        "All norms are m times too large: the loss is the mean over the m samples, ∂L/∂z_L = (z_L - y)/m.",
    ),
    Mistake(
        "the 1/m of the mean is in it twice",
        _scaled(lambda Y: 1 / len(Y)),
        "All norms are m times too small: the 1/m enters once, in ∂L/∂z_L.",
    ),
    Mistake(
        "the mean over all m·d_L entries",
        _scaled(lambda Y: 1 / Y.shape[1]),
        "The loss adds up the d_L outputs of a sample and averages over the m samples only.",
    ),
    Mistake(
        "a factor 2 too many",
        _scaled(lambda Y: 2),
        "The loss has a ½ in front of the square, which the 2 of the derivative cancels.",
    ),
    Mistake(
        "a factor ½ too many",
        _scaled(lambda Y: 0.5),
        "The derivative of ½‖z - y‖² is z - y: the ½ is gone.",
    ),
    Mistake(
        "divided by m at every layer",
        norms_with(back=lambda delta, W: delta @ W / len(delta)),
        "The 1/m enters once, in ∂L/∂z_L, and is inside every δ_i from there on.",
    ),
    Mistake(
        "Y is missing",
        norms_with(first=lambda Z_L, Y: Z_L / len(Y)),
        "The derivative of ½‖z - y‖² is z - y.",
    ),
    Mistake(
        "∂L/∂z_L scaled to norm 1",
        norms_with(first=lambda Z_L, Y: (Z_L - Y) / np.linalg.norm(Z_L - Y)),
        "The lecture sends a gradient of norm 1 from above. Here it is the loss's own, (z_L - y)/m.",
    ),
    Mistake(
        "the norms relative to the last one",
        norms_with(in_the_end=lambda norms: [norm / norms[-1] for norm in norms]),
        "The ratios to ‖δ_L‖ are what the figure tells; here the norms themselves are asked for.",
    ),
    Mistake(
        "the norms of the gradients for z",
        norms_with(measure=lambda record: np.linalg.norm(record.dZ)),
        "This is ‖∂L/∂z_i‖. For δ_i = ∂L/∂a_i the factor σ'(a_i) is still to come.",
    ),
    Mistake(
        "the norms of the gradients for the layers' inputs",
        norms_with(measure=lambda record: np.linalg.norm(record.dZ_prev)),
        "This is ‖∂L/∂z_{i-1}‖: take the norm of δ_i before you go back through W_i.",
    ),
    Mistake(
        "the norms of the gradients for W",
        norms_with(measure=lambda record: np.linalg.norm(record.delta.T @ record.Z_prev)),
        "This is ‖∂L/∂W_i‖; asked for is ‖δ_i‖.",
    ),
    Mistake(
        "the norms of the gradients for b",
        _measured(lambda delta: np.linalg.norm(delta.sum(axis=0))),
        "δ_i is not summed over the samples: its norm is taken over all its m·d_i entries.",
    ),
    Mistake(
        "the norms of the mean delta",
        _measured(lambda delta: np.linalg.norm(delta.mean(axis=0))),
        "δ_i is not averaged over the samples: its norm is taken over all its m·d_i entries.",
    ),
    Mistake(
        "the deltas themselves",
        _measured(lambda delta: delta),
        "Return one number for each layer: the root of the sum of all squares of δ_i, np.linalg.norm(delta).",
    ),
    Mistake(
        "a norm for each sample",
        _measured(lambda delta: np.linalg.norm(delta, axis=1)),
        "One number for each layer: the norm over all m·d_i entries, without axis.",
    ),
    Mistake(
        "the mean of the samples' norms",
        _measured(lambda delta: np.linalg.norm(delta, axis=1).mean()),
        "One norm over all m·d_i entries of δ_i: the root of the sum of all squares.",
    ),
    Mistake(
        "the sum of the samples' norms",
        _measured(lambda delta: np.linalg.norm(delta, axis=1).sum()),
        "One norm over all m·d_i entries of δ_i: the root of the sum of all squares.",
    ),
    Mistake(
        "the squares of the norms",
        _measured(lambda delta: np.sum(delta**2)),
        "‖δ_i‖ is the root of the sum of the squares.",
    ),
    Mistake(
        "the root of the mean square",
        _measured(lambda delta: np.sqrt(np.mean(delta**2))),
        "The Frobenius norm is the root of the sum of the squares, not of their mean.",
    ),
    Mistake(
        "the largest entry",
        _measured(lambda delta: np.abs(delta).max()),
        "The Frobenius norm is the root of the sum of the squares.",
    ),
    Mistake(
        "the sum of the absolute values",
        _measured(lambda delta: np.abs(delta).sum()),
        "The Frobenius norm is the root of the sum of the squares.",
    ),
    Mistake(
        "the spectral norm",
        _measured(lambda delta: np.linalg.norm(delta, 2)),
        "np.linalg.norm(delta, 2) of a matrix is its largest singular value: leave out the 2.",
    ),
    Mistake(
        "the logarithms of the norms",
        _measured(lambda delta: np.log10(np.linalg.norm(delta))),
        "The figure has a logarithmic axis; here the norms themselves are asked for.",
    ),
    Mistake(
        "one norm for all layers",
        norms_with(in_the_end=lambda norms: float(np.linalg.norm(norms))),
        "Return a list with one norm for each layer.",
    ),
    Mistake(
        "the norm of layer 1 is missing",
        norms_with(in_the_end=lambda norms: norms[1:]),
        "The list begins with ‖δ_1‖: the loop on the way back ends with layer 1.",
    ),
    Mistake(
        "the norm of layer L is missing",
        norms_with(in_the_end=lambda norms: norms[:-1]),
        "The list ends with ‖δ_L‖: the loop on the way back begins with layer L.",
    ),
    Mistake(
        "σ' is missing everywhere",
        norms_with(slope=lambda sigma, A: 1.0),
        "δ_i = ∂L/∂z_i ∘ σ'(a_i) in every layer.",
    ),
    Mistake(
        "σ in place of σ'",
        norms_with(slope=sigma_of),
        "δ_i has the derivative σ'(a_i) as its factor: ACTIVATIONS[sigma].sigma_prime.",
    ),
    Mistake(
        "σ' evaluated at σ(a) instead of a",
        norms_with(slope=lambda sigma, A: slope_of(sigma, sigma_of(sigma, A))),
        "sigma_prime is a function of the pre-activation: take As, not Zs.",
    ),
    Mistake(
        "σ' evaluated at z instead of a",
        norms_with(slope_at=lambda As, Zs, i: Zs[i + 1]),
        "sigma_prime is a function of the pre-activation: take As, not Zs.",
    ),
    Mistake(
        "σ' written for z, but given a",
        norms_with(slope=slope_from_output),
        "1 - z² and z (1 - z) are σ' in terms of σ(a): here you have a.",
    ),
    Mistake(
        "σ' written for σ(a), but given the sum",
        norms_with(slope=slope_from_output, slope_at=lambda As, Zs, i: Zs[i + 1]),
        "1 - z² and z (1 - z) are σ' in terms of σ(a): at a layer that skips, z has the input added to it.",
    ),
    Mistake(
        "W_i the wrong way round",
        norms_with(back=lambda delta, W: delta @ W.T),
        "(m, d_i) times (d_i, d_{i-1}) gives (m, d_{i-1}): with samples in rows, which transpose is needed?",
    ),
    Mistake(
        "W_i the wrong way round in the forward pass",
        norms_with(pre_activation=lambda Z, W, b: Z @ W + b),
        "W is (out, in): with the samples in rows, A = Z_prev @ W.T + b.",
    ),
    Mistake(
        "W_i is missing on the way back",
        norms_with(back=lambda delta, W: delta),
        "Back through layer i goes δ_i W_i.",
    ),
    Mistake(
        "delta goes back through the weights of the wrong layer",
        _indexed(lambda i: i - 1, lambda i: i - 1, lambda i: i - 1),
        "From layer i to layer i-1 delta goes through W_i: lists count from 0, so check the index.",
    ),
    Mistake(
        "σ' of the wrong layer",
        _indexed(lambda i: i, lambda i: i - 1, lambda i: i),
        "a_{i-1} belongs to the activation of layer i-1: lists count from 0, so check the index of sigmas.",
    ),
    Mistake(
        "σ' at the pre-activation of the wrong layer",
        _indexed(lambda i: i, lambda i: i, lambda i: i - 1),
        "δ_{i-1} has the factor σ'(a_{i-1}): lists count from 0, so check the index of As.",
    ),
    Mistake(
        "the bias is missing",
        norms_with(pre_activation=lambda Z, W, b: Z @ W.T),
        "a_i = W_i z_{i-1} + b_i.",
    ),
    Mistake(
        "the activation of layer 1 in every layer",
        lambda X, Y, Ws, bs, sigmas, skip: reference(X, Y, Ws, bs, [sigmas[0]] * len(Ws), skip),
        "Each layer has its own activation: sigmas[0] belongs to layer 1 only.",
    ),
    Mistake(
        "the output layer has no activation",
        lambda X, Y, Ws, bs, sigmas, skip: reference(X, Y, Ws, bs, [*sigmas[:-1], "identity"], skip),
        "The last layer has the activation that sigmas names, too.",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "An array of X's dtype holds integers if X does, and cuts σ(a_i): do without, or ask for dtype=float.",
    ),
    Mistake(
        "X is overwritten",
        _X_overwritten,
        "Z += … changes the array in place, and z_0 is the caller's X: write Z = Z + ….",
    ),
    Mistake(
        "the lists are reversed",
        _lists_reversed,
        "reverse() changes the caller's lists: use reversed(…) or an index.",
    ),
    Mistake(
        "the lists are used up",
        _lists_used_up,
        "pop() shortens the caller's lists: use an index.",
    ),
    *finite_differences(lambda slope: norms_with(slope=slope)),
)
