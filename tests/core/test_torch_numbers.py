"""BatchNorm, momentum, schedules and a small training against numbers that PyTorch computed (record_torch.py)."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from nnlib.connections import Residual
from nnlib.layers import FullyConnected
from nnlib.network import Network
from nnlib.normalization import BatchNorm
from nnlib.optimizers import SGD, inverse_decay, step_decay

HERE = Path(__file__).parent
NUMBERS = json.loads((HERE / "torch_numbers.json").read_text())


def test_batchnorm():
    torch = {name: np.array(array) for name, array in NUMBERS["batchnorm"].items()}
    layer = BatchNorm(3, decay=0.9, eps=1e-5)
    layer.params["scale"][:], layer.params["shift"][:] = torch["scale"], torch["shift"]
    first, second = torch["A"]
    layer.forward(first, train=True)
    out = layer.forward(second, train=True)
    dA = layer.backward(torch["dout"])
    for ours, name in [(out, "out"), (dA, "dA"), (layer.grads["scale"], "dscale"), (layer.grads["shift"], "dshift")]:
        np.testing.assert_allclose(ours, torch[name], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(layer.state["running_mean"], torch["running_mean"], rtol=1e-12)
    # PyTorch divides the running variance by m - 1; with m = 5, and 0.9² of the initial 1 in both
    unbiased = 0.81 + (layer.state["running_var"] - 0.81) * 5 / 4
    np.testing.assert_allclose(unbiased, torch["running_var"], rtol=1e-12)
    layer.state["running_var"][:] = unbiased
    np.testing.assert_allclose(layer.forward(first), torch["predicted"], rtol=1e-10)


@pytest.mark.parametrize(
    ("name", "schedule"),
    [("constant", 0.2), ("inverse", inverse_decay(0.2, rate=0.3)), ("step", step_decay(0.2, factor=0.5, every=3))],
)
def test_momentum_and_schedules(name, schedule):
    w = np.array([1.0, -2.0])
    optimizer = SGD([w], schedule, momentum=0.9)
    path = [w.copy()]
    for _ in range(8):
        optimizer.step([np.array([1.0, 3.0]) * w])
        path.append(w.copy())
    np.testing.assert_allclose(path, NUMBERS["momentum"][name], rtol=1e-12)


def test_a_small_training():
    given = {name: np.array(array) for name, array in NUMBERS["training"]["given"].items()}
    network = Network(
        [
            FullyConnected(4, 6, "relu", norm=BatchNorm(6)),
            Residual(FullyConnected(6, 6, "tanh")),
            FullyConnected(6, 3, "identity"),
        ]
    )
    for name, W in network.named_params.items():
        W[...] = given[name]
    optimizer = SGD(network.params, 0.1, momentum=0.9)
    losses = []
    for _ in range(5):
        Z_L = network.forward(given["X"], train=True)
        losses.append(network.loss.value(Z_L, given["Y"]))
        network.backward(given["Y"])
        optimizer.step(network.grads)
    np.testing.assert_allclose(losses, NUMBERS["training"]["losses"], rtol=1e-12)
    for name, W in network.named_params.items():
        np.testing.assert_allclose(W, NUMBERS["training"]["learned"][name], rtol=1e-9, atol=1e-12)


if find_spec("torch"):

    def test_the_recorded_numbers_are_those_of_the_installed_pytorch():
        subprocess.run([sys.executable, str(HERE / "record_torch.py"), "--check"], check=True)
