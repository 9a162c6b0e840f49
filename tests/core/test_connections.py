"""Layers one after the other, residual and dense connections: every nesting against autograd, and what they refuse."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib.connections import Dense, Residual, Sequential
from nnlib.gradcheck import check_layer
from nnlib.layers import FullyConnected, Layer
from nnlib.normalization import BatchNorm

SIGMA_OF_AUTOGRAD = {
    "identity": lambda A: A,
    "sigmoid": lambda A: 1 / (1 + anp.exp(-A)),
    "tanh": anp.tanh,
    "relu": lambda A: anp.maximum(A, 0),
}

leaves = st.one_of(
    st.tuples(st.just("affine"), st.integers(1, 5), st.sampled_from(sorted(SIGMA_OF_AUTOGRAD)), st.booleans()),
    st.tuples(st.just("batchnorm")),
)


def around(inner: st.SearchStrategy) -> st.SearchStrategy:
    return st.tuples(st.sampled_from([Sequential, Residual, Dense]), st.lists(inner, min_size=1, max_size=3))


nestings = around(st.one_of(leaves, around(st.one_of(leaves, around(leaves)))))
"""Descriptions of connections, three deep at most."""


def built(description: tuple, d_in: int, rng: np.random.Generator) -> Layer:
    kind, *rest = description
    if kind == "batchnorm":
        return BatchNorm(d_in)
    if kind == "affine":
        width, sigma, normalized = rest
        return FullyConnected(d_in, width, sigma, rng, norm=BatchNorm(width) if normalized else None)
    parts, width = [], d_in
    for inner in rest[0]:
        parts.append(built(inner, width, rng))
        width = parts[-1].d_out
    if kind is Residual and width != d_in:
        parts.append(FullyConnected(width, d_in, "tanh", rng))
    return kind(*parts)


def homes(layer: Layer) -> list[dict]:
    return [part.params for _, part in layer.tree()]


def mirrored(layer: Layer, params: iter, Z):
    """The forward pass once more, for autograd; `params` gives the parameters in the order of the tree."""
    own = next(params)
    if isinstance(layer, BatchNorm):
        mean = anp.mean(Z, axis=0)
        var = anp.mean((Z - mean) ** 2, axis=0)
        return own["scale"] * (Z - mean) / anp.sqrt(var + layer.eps) + own["shift"]
    if isinstance(layer, FullyConnected):
        A = anp.dot(Z, own["W"].T) + own["b"]
        return SIGMA_OF_AUTOGRAD[layer.sigma](mirrored(layer.norm, params, A) if layer.norm else A)
    out = Z
    for child in layer.children:
        out = mirrored(child, params, out)
    if isinstance(layer, Residual):
        return Z + out
    return anp.concatenate([Z, out], axis=1) if isinstance(layer, Dense) else out


@settings(deadline=None, max_examples=150)
@given(nestings, st.integers(1, 4), st.integers(4, 9), st.integers(0, 2**32 - 1))
def test_every_nesting_has_the_gradients_of_autograd(description, d_in, m, seed):
    rng = np.random.default_rng(seed)
    layer = built(description, d_in, rng)
    for home in homes(layer):
        for W in home.values():
            W += 0.5 * rng.normal(size=W.shape)
    Z_prev = rng.normal(size=(m, d_in))
    dZ = rng.normal(size=layer.forward(Z_prev, train=True).shape)
    layer.forward(rng.normal(size=(3, d_in)))  # a prediction in between must change nothing

    objective = lambda Z, params: anp.sum(dZ * mirrored(layer, iter(params), Z))  # noqa: E731
    want_Z, want_params = autograd.grad(objective, (0, 1))(Z_prev, homes(layer))
    got, want = [layer.backward(dZ)], [want_Z]
    for (_, part), of_part in zip(layer.tree(), want_params, strict=True):
        got += [part.grads[name] for name in of_part]
        want += list(of_part.values())
    # measured against the largest of all: the gradient of a bias before a BatchNorm is 0 but for rounding
    largest = max(np.abs(gradient).max() for gradient in want)
    for ours, theirs in zip(got, want, strict=True):
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= 1e-10 * largest


def test_a_residual_connection_adds_and_a_dense_one_concatenates():
    rng = np.random.default_rng(0)
    Z_prev, branch = rng.normal(size=(6, 3)), FullyConnected(3, 3, "tanh", rng=1)
    np.testing.assert_array_equal(Residual(branch).forward(Z_prev), Z_prev + branch.forward(Z_prev))
    np.testing.assert_array_equal(Dense(branch).forward(Z_prev), np.hstack([Z_prev, branch.forward(Z_prev)]))


@pytest.mark.parametrize("kind", [Residual, Dense])
def test_with_a_branch_that_gives_nothing_the_gradient_comes_back_untouched(kind):
    branch = FullyConnected(3, 3, "identity")
    branch.params["W"][:] = 0
    layer = kind(branch)
    Z = layer.forward(np.ones((2, 3)), train=True)
    dZ = np.random.default_rng(1).normal(size=Z.shape)
    np.testing.assert_array_equal(layer.backward(dZ), dZ[:, :3])


def test_gradient_check_reaches_every_parameter_inside():
    layer = Residual(
        FullyConnected(3, 5, "tanh", norm=BatchNorm(5)), Dense(FullyConnected(5, 2, "tanh")), FullyConnected(7, 3)
    )
    errors = check_layer(layer, np.random.default_rng(2).normal(size=(6, 3)))
    assert set(errors) == {"Z_prev", "W_1", "b_1", "scale_1.1", "shift_1.1", "W_2.1", "b_2.1", "W_3", "b_3"}
    assert max(error for name, error in errors.items() if name != "b_1") < 1e-7


def test_a_branch_of_another_width_is_refused_with_both_shapes():
    with pytest.raises(
        ValueError, match=r"its input \(m, 3\) to the branch's output \(m, 5\): .* d_out = 3, or use Dense"
    ):
        Residual(FullyConnected(3, 5))
    with pytest.raises(ValueError, match="layer 1 gives d_1 = 8 but layer 2 expects 5"):
        Sequential(Dense(FullyConnected(3, 5)), FullyConnected(5, 2))


def test_the_same_layer_in_two_places_is_refused_at_any_depth():
    shared = FullyConnected(3, 3)
    with pytest.raises(ValueError, match="twice"):
        Sequential(shared, Residual(Sequential(shared)))
    norm = BatchNorm(3)
    with pytest.raises(ValueError, match="twice"):
        Sequential(FullyConnected(3, 3, norm=norm), FullyConnected(3, 3, norm=norm))


def test_an_empty_branch_is_refused():
    with pytest.raises(ValueError, match="Residual needs at least one layer"):
        Residual()


def test_repr_can_be_typed_in():
    inner = "FullyConnected(3, 4, 'tanh', norm=BatchNorm(4)), Dense(FullyConnected(4, 1, 'relu'))"
    text = f"Residual({inner}, FullyConnected(5, 3, 'identity'))"
    names = {kind.__name__: kind for kind in (Residual, Dense, FullyConnected, BatchNorm)}
    assert repr(eval(text, names)) == text
