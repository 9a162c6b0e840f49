"""What goes wrong on the way back through both connections."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake
from nnlib.grading.questions.backprop.sigmas import finite_differences, sigma_of, slope_from_output, slope_of
from nnlib.grading.questions.depth.passes import Parts, through


def connection_mistakes(parts: Parts, forward: Callable) -> tuple[Mistake, ...]:
    """The mistakes of a connection's backward pass that do not depend on its kind.

    Args:
        parts: how the connection divides dout.
        forward: its forward pass.
    """
    back = partial(through, parts)
    return (
        *_in_dZ(back),
        *_in_delta(back),
        *_in_dW_and_db(back),
        *_in_the_end(back()),
        *finite_differences(lambda slope: back(slope=slope)),
        *(
            Mistake(
                f"a {'central' if central else 'one-sided'} difference of the loss with h = {h:g}",
                _difference_quotient(forward, h, central),
                "A finite difference earns half the points: use the formulas of the backward pass.",
                share=0.5,
            )
            for h, central in [(1e-3, False), (1e-5, False), (1e-2, True)]
        ),
    )


def _in_dZ(back: Callable) -> tuple[Mistake, ...]:
    return (
        Mistake(
            "the branch is missing in dZ",
            back(dZ=lambda way: 1.0 * way.skip),
            "z_{i-1} goes two ways: to what comes straight back, add δ_i W_i, which comes through the layer.",
        ),
        Mistake(
            "σ' is missing in dZ",
            back(dZ=lambda way: way.skip + way.branch @ way.W),
            "Back through the layer goes δ_i, with its factor σ'(a_i): δ_i W_i.",
        ),
        Mistake(
            "W is missing in dZ",
            back(dZ=lambda way: way.skip + way.delta),
            "δ_i = ∂L/∂a_i. From a_i back to z_{i-1} the way leads through W_i: δ_i W_i.",
        ),
        Mistake(
            "σ' and W are missing in dZ",
            back(dZ=lambda way: way.skip + way.branch),
            "What comes back through the layer needs the layer's derivative: δ_i W_i, not ∂L/∂z_i again.",
        ),
        Mistake(
            "W the wrong way round in dZ",
            back(dZ=lambda way: way.skip + way.delta @ way.W.T),
            "a = Z Wᵀ + b goes back with W itself: δ_i W_i, samples in rows. Where W is square, no shape tells you.",
        ),
        Mistake(
            "an elementwise product with W in dZ",
            back(dZ=lambda way: way.skip + way.delta * way.W),
            "Each input collects from all units: a matrix product, δ_i W_i, @ in numpy.",
        ),
        Mistake(
            "σ' multiplied after the product with W in dZ",
            back(dZ=lambda way: way.skip + (way.branch @ way.W) * way.slope),
            "Go back through σ first, then through W: σ'(a_i) belongs to the units of the layer, not to its inputs.",
        ),
        Mistake(
            "σ' twice in dZ",
            back(dZ=lambda way: way.skip + (way.delta @ way.W) * way.slope),
            "σ'(a_i) is inside δ_i already. After the product with W_i you are at z_{i-1}: no σ' comes in there.",
        ),
        Mistake(
            "all of dZ is multiplied by σ'",
            back(dZ=lambda way: (way.skip + way.delta @ way.W) * way.slope),
            "dZ is the gradient for z_{i-1}, which is no pre-activation of this layer: no σ' after the sum.",
        ),
        Mistake(
            "what comes straight back is multiplied by σ'",
            back(dZ=lambda way: way.skip * way.slope + way.delta @ way.W),
            "Past the layer leads a path without factors: only the branch's part gets σ'(a_i). Was it dout *= …?",
        ),
        Mistake(
            "the branch's part of dZ has the wrong sign",
            back(dZ=lambda way: way.skip - way.delta @ way.W),
            "Where two ways meet, their gradients are added.",
        ),
        Mistake(
            "the mean of the two ways in dZ",
            back(dZ=lambda way: (way.skip + way.delta @ way.W) / 2),
            "Where two ways meet, their gradients are added, without a ½.",
        ),
        Mistake(
            "what comes straight back is counted twice in dZ",
            back(dZ=lambda way: 2 * way.skip + way.delta @ way.W),
            "Each way counts once. Was dout in your dZ already when you added it?",
        ),
        Mistake(
            "the branch is counted twice in dZ",
            back(dZ=lambda way: way.skip + 2 * way.delta @ way.W),
            "Each way counts once. If you wrote dout += …, the branch is inside dout already.",
        ),
        Mistake(
            "Z is added in place of its gradient",
            back(dZ=lambda way: way.Z + way.delta @ way.W),
            "Z is added on the way forward. Its derivative is 1, so on the way back what is added is ∂L/∂out.",
        ),
        Mistake(
            "1 is added in dZ",
            back(dZ=lambda way: 1 + way.delta @ way.W),
            "The derivative of z with respect to z is 1, and the chain rule multiplies it by what comes from above.",
        ),
        Mistake(
            "dZ is divided by m",
            back(dZ=lambda way: (way.skip + way.delta @ way.W) / len(way.Z)),
            "The 1/m of the loss is inside dout already.",
        ),
    )


def _in_delta(back: Callable) -> tuple[Mistake, ...]:
    return (
        Mistake(
            "σ' is missing",
            back(slope=lambda sigma, A: 1.0),
            "∂L/∂out is a gradient for what comes out of σ. For δ_i = ∂L/∂a_i the factor σ'(a_i) is still to come.",
        ),
        Mistake(
            "σ in place of σ'",
            back(slope=sigma_of),
            "δ_i has the derivative σ'(a_i) as its factor: ACTIVATIONS[sigma].sigma_prime.",
        ),
        Mistake(
            "σ' is in it twice",
            back(slope=lambda sigma, A: slope_of(sigma, A) ** 2),
            "From σ(a_i) to a_i the chain rule has one factor σ'(a_i).",
        ),
        Mistake(
            "σ' evaluated at σ(a) instead of a",
            back(slope=lambda sigma, A: slope_of(sigma, sigma_of(sigma, A))),
            "sigma_prime is a function of the pre-activation: σ'(a_i), with a_i = W_i z_{i-1} + b_i.",
        ),
        Mistake(
            "σ' evaluated at Z",
            _slope_at_Z(back),
            "σ' belongs to the pre-activation: σ'(a_i), with a_i = W_i z_{i-1} + b_i.",
        ),
        Mistake(
            "σ' written for z, but given a",
            back(slope=slope_from_output),
            "1 - z² and z (1 - z) are σ' in terms of z = σ(a): here you have a.",
        ),
        Mistake(
            "the bias is missing in the pre-activation",
            back(pre_activation=lambda Z, W, b: Z @ W.T),
            "σ' is evaluated at the pre-activation of the forward pass: a_i = W_i z_{i-1} + b_i.",
        ),
        Mistake(
            "W the wrong way round in the pre-activation",
            back(pre_activation=lambda Z, W, b: Z @ W + b),
            "W is (out, in): with the samples in rows, a = Z Wᵀ + b. Where W is square, no shape tells you.",
        ),
        Mistake(
            "tanh' whatever sigma says",
            back(slope=lambda sigma, A: slope_of("tanh", A)),
            "The activation is named by the argument sigma: ACTIVATIONS[sigma].",
        ),
        Mistake(
            "sigmoid' whatever sigma says",
            back(slope=lambda sigma, A: slope_of("sigmoid", A)),
            "The activation is named by the argument sigma: ACTIVATIONS[sigma].",
        ),
        Mistake(
            "relu cuts off what comes back",
            back(
                slope=lambda sigma, A: 1.0 if sigma == "relu" else slope_of(sigma, A),
                branch=lambda sigma, branch, A: np.maximum(branch, 0) if sigma == "relu" else branch,
            ),
            "On the way back relu lets through where a_i > 0, whatever the sign of what comes back.",
        ),
        Mistake(
            "relu lets only positive gradients back",
            back(branch=lambda sigma, branch, A: np.maximum(branch, 0) if sigma == "relu" else branch),
            "relu' looks at the sign of a_i alone; what comes back may be negative.",
        ),
        Mistake(
            "delta is divided by m",
            back(branch=lambda sigma, branch, A: branch / len(A)),
            "What comes from above contains the 1/m of the loss already: put no other one into δ_i.",
        ),
        Mistake(
            "delta has the wrong sign",
            back(branch=lambda sigma, branch, A: -branch),
            "δ_i is what comes from above times σ'(a_i). A minus belongs in the update only.",
        ),
    )


def _in_dW_and_db(back: Callable) -> tuple[Mistake, ...]:
    return (
        Mistake(
            "dW is transposed",
            back(dW=lambda way: way.Z.T @ way.delta),
            "dW has the shape of W, (out, in): δ_iᵀ z_{i-1}. Where W is square, no shape tells you.",
        ),
        Mistake(
            "dW without a transpose",
            back(dW=lambda way: way.delta @ way.Z),
            "The sum runs over the samples, which are the rows of both: δ_iᵀ z_{i-1}.",
        ),
        Mistake(
            "dW with the transpose on the wrong factor",
            back(dW=lambda way: way.delta @ way.Z.T),
            "The sum runs over the samples: δᵀ z has the shape of W, δ zᵀ is (m, m).",
        ),
        Mistake(
            "dW uses a in place of Z",
            back(dW=lambda way: way.delta.T @ way.A),
            "∂L/∂W_i = δ_iᵀ z_{i-1}: the input of the layer.",
        ),
        Mistake(
            "dW uses σ(a) in place of Z",
            back(dW=lambda way: way.delta.T @ sigma_of(way.sigma, way.A)),
            "∂L/∂W_i = δ_iᵀ z_{i-1}: the input of the layer, not what it gives.",
        ),
        Mistake(
            "dW uses σ(Z) in place of Z",
            back(dW=lambda way: way.delta.T @ sigma_of(way.sigma, way.Z)),
            "∂L/∂W_i = δ_iᵀ z_{i-1}: Z is an activation already, so no σ is applied to it.",
        ),
        Mistake(
            "σ' is missing in dW",
            back(dW=lambda way: way.branch.T @ way.Z),
            "W is inside σ: dW is made of δ_i, with its factor σ'(a_i).",
        ),
        Mistake(
            "dW is divided by m",
            back(dW=lambda way: way.delta.T @ way.Z / len(way.Z)),
            "Your dW is m times too small: the 1/m is inside dout already, so add up the samples.",
        ),
        Mistake(
            "dW of the last sample only",
            back(dW=lambda way: np.outer(way.delta[-1], way.Z[-1])),
            "In the loop dW is overwritten: add up the samples with +=.",
        ),
        Mistake(
            "db is the mean instead of the sum",
            back(db=lambda way: way.delta.mean(axis=0)),
            "Your db is m times too small: the 1/m is inside dout already, so add up the samples.",
        ),
        Mistake(
            "db summed over the units",
            back(db=lambda way: way.delta.sum(axis=1)),
            "The sum runs over the samples, which are the rows: axis 0.",
        ),
        Mistake(
            "db is delta itself",
            back(db=lambda way: way.delta.copy()),
            "One bias serves all m samples: add up their contributions.",
        ),
        Mistake(
            "db of the last sample only",
            back(db=lambda way: way.delta[-1].copy()),
            "In the loop db is overwritten: add up the samples with +=.",
        ),
        Mistake(
            "σ' is missing in db",
            back(db=lambda way: way.branch.sum(axis=0)),
            "b is inside σ: db is the sum of δ_i, with its factor σ'(a_i).",
        ),
        Mistake(
            "dW and db are means instead of sums",
            back(dW=lambda way: way.delta.T @ way.Z / len(way.Z), db=lambda way: way.delta.mean(axis=0)),
            "Your dW and db are m times too small: the 1/m is inside dout already, so add up the samples.",
        ),
        Mistake(
            "σ' is missing in dW and db",
            back(dW=lambda way: way.branch.T @ way.Z, db=lambda way: way.branch.sum(axis=0)),
            "W and b are inside σ: both gradients are made of δ_i, with its factor σ'(a_i).",
        ),
        Mistake(
            "dW and db count the way past the layer, too",
            back(
                dW=lambda way: (way.skip + way.delta).T @ way.Z,
                db=lambda way: (way.skip + way.delta).sum(axis=0),
            ),
            "On the way past the layer there is neither W nor b: both gradients are made of δ_i alone.",
        ),
        Mistake(
            "dW and db are made of dZ",
            back(
                dW=lambda way: (way.skip + way.delta @ way.W).T @ way.Z,
                db=lambda way: (way.skip + way.delta @ way.W).sum(axis=0),
            ),
            "dW and db are made of δ_i = ∂L/∂a_i; dZ belongs to the layer's input, on the other side of W.",
        ),
    )


def _in_the_end(reference: Callable) -> tuple[Mistake, ...]:
    """The right results, changed afterwards."""

    def changed(change: Callable) -> Callable:
        return lambda dout, Z, W, b, sigma: change(*reference(dout, Z, W, b, sigma), len(Z))

    def truncated(k: int) -> Callable:
        def backward(dout, Z, W, b, sigma):
            results = list(reference(dout, Z, W, b, sigma))
            whole = np.zeros_like((Z, W, b)[k])
            whole[...] = results[k]
            results[k] = whole
            return tuple(results)

        return backward

    def W_updated(dout, Z, W, b, sigma):
        dZ, dW, db = reference(dout, Z, W, b, sigma)
        W -= 0.1 * dW
        b -= 0.1 * db
        return dZ, dW, db

    def Z_overwritten(dout, Z, W, b, sigma):
        dZ, dW, db = reference(dout, Z, W, b, sigma)
        Z[...] = dZ
        return Z, dW, db

    return (
        Mistake(
            "everything divided by m again",
            changed(lambda dZ, dW, db, m: (dZ / m, dW / m, db / m)),
            "The 1/m of the loss is inside dout already.",
        ),
        Mistake(
            "everything multiplied by m",
            changed(lambda dZ, dW, db, m: (dZ * m, dW * m, db * m)),
            "The 1/m of the loss is inside dout, and it has to stay inside.",
        ),
        Mistake(
            "the wrong sign everywhere",
            changed(lambda dZ, dW, db, m: (-dZ, -dW, -db)),
            "The minus belongs in the update W - η dW, not into the gradient.",
        ),
        Mistake(
            "a factor 2 everywhere",
            changed(lambda dZ, dW, db, m: (2 * dZ, 2 * dW, 2 * db)),
            "The square of the loss was dealt with in δ_L; no 2 comes in here.",
        ),
        Mistake(
            "dZ comes last",
            changed(lambda dZ, dW, db, m: (dW, db, dZ)),
            "Return them in the order (dZ, dW, db).",
        ),
        Mistake(
            "db before dW",
            changed(lambda dZ, dW, db, m: (dZ, db, dW)),
            "Return them in the order (dZ, dW, db).",
        ),
        Mistake(
            "dW before dZ",
            changed(lambda dZ, dW, db, m: (dW, dZ, db)),
            "Return them in the order (dZ, dW, db).",
        ),
        Mistake(
            "only dZ is returned",
            changed(lambda dZ, dW, db, m: dZ),
            "Return three values: (dZ, dW, db).",
        ),
        Mistake(
            "dW and db are returned without dZ",
            changed(lambda dZ, dW, db, m: (dW, db)),
            "Return three values: dZ comes first, (dZ, dW, db).",
        ),
        *(
            Mistake(
                f"{name} written into an integer array",
                truncated(k),
                f"np.zeros_like of an integer array holds integers and cuts {name}: do without, or use dtype=float.",
            )
            for k, name in enumerate(("dZ", "dW", "db"))
        ),
        Mistake(
            "W and b are updated",
            W_updated,
            "This function computes gradients only; W -= … changes the caller's weights.",
        ),
        Mistake(
            "Z is overwritten",
            Z_overwritten,
            "Z is the caller's array: give dZ an array of its own.",
        ),
    )


def _slope_at_Z(back: Callable) -> Callable:
    def backward(dout, Z, W, b, sigma):
        return back(slope=lambda sigma, A: slope_of(sigma, Z))(dout, Z, W, b, sigma)

    return backward


def _difference_quotient(forward: Callable, h: float, central: bool) -> Callable:
    """∂L/∂Z, ∂L/∂W and ∂L/∂b as difference quotients of Σ ∂out ∘ out."""

    def backward(dout, Z, W, b, sigma):
        arrays = [np.array(value, dtype=float) for value in (Z, W, b)]
        gradients = []
        for array in arrays:
            gradients.append(np.zeros(array.shape))
            for index in np.ndindex(array.shape):
                entry = array[index]
                array[index] = entry + h
                f_plus = np.sum(dout * forward(*arrays, sigma))
                array[index] = entry - h * central
                f_minus = np.sum(dout * forward(*arrays, sigma))
                array[index] = entry
                gradients[-1][index] = (f_plus - f_minus) / (h * (1 + central))
        return tuple(gradients)

    return backward
