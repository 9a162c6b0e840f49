"""What a training step costs in memory, and that fit learns the digits: in numbers."""

import tracemalloc

import numpy as np
import pytest

from nnlib.data import load_digits, one_hot, split
from nnlib.network import Network, fully_connected
from nnlib.optimizers import SGD, inverse_decay
from nnlib.train import fit, training_step


def activations_and_peak(network: Network, m: int) -> tuple[int, int]:
    """Bytes of all a's and z's, and the most that a training step holds beyond what was there before the first."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(m, network.body.d_in)), np.eye(network.body.d_out)[rng.integers(0, network.body.d_out, m)]
    optimizer = SGD(network.params, 1e-3, 0.9)
    tracemalloc.start()
    try:
        for _ in range(3):
            training_step(network, optimizer, X, Y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return sum(layer.A.nbytes + layer.Z.nbytes for layer in network.layers), peak


@pytest.mark.parametrize(("depth", "m"), [(2, 1000), (20, 1000), (20, 64)])
def test_a_training_step_holds_at_most_three_times_its_activations(depth, m):
    activations, peak = activations_and_peak(fully_connected([64, *[64] * depth, 10]), m)
    assert peak < 3 * activations


def test_memory_grows_no_faster_than_samples_and_depth():
    _, small = activations_and_peak(fully_connected([64, *[64] * 5, 10]), 500)
    _, more_samples = activations_and_peak(fully_connected([64, *[64] * 5, 10]), 1000)
    _, deeper = activations_and_peak(fully_connected([64, *[64] * 10, 10]), 500)
    assert more_samples < 2.1 * small
    assert deeper < 2.1 * small


def test_fit_reads_digits():
    """At least 97.5 % of new digits in the mean of five splits: 64-64-10, momentum, decaying steps, m = 64."""
    X, labels = load_digits()
    Y = one_hot(labels, 10)
    right = []
    for seed in range(5):
        train, test = split(len(X), 0.8, seed)
        network = fully_connected([64, 64, 10], seed=seed)
        optimizer = SGD(network.params, inverse_decay(0.2, rate=0.005), momentum=0.9)
        fit(network, X[train], Y[train], optimizer, epochs=40, m=64, seed=seed, progress=False)
        right.append(np.mean(network.predict(X[test]) == labels[test]))
    assert np.mean(right) >= 0.975
