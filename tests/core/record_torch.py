"""Record what PyTorch computes for BatchNorm, momentum and schedules, so that the tests need no PyTorch.

python tests/core/record_torch.py          # writes torch_numbers.json beside this file
python tests/core/record_torch.py --check  # computes everything again and compares with that file
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

FILE = Path(__file__).with_name("torch_numbers.json")


def batchnorm() -> dict:
    """Two training batches through one BatchNorm1d with a random upstream gradient, then a prediction."""
    rng = np.random.default_rng(0)
    A = rng.normal(3, 2, size=(2, 5, 3))
    dout, scale, shift = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3)
    layer = torch.nn.BatchNorm1d(3, eps=1e-5, momentum=0.1, dtype=torch.float64)  # its momentum is 1 - decay
    layer.weight.data, layer.bias.data = torch.tensor(scale), torch.tensor(shift)
    layer(torch.tensor(A[0]))
    batch = torch.tensor(A[1], requires_grad=True)
    out = layer(batch)
    out.backward(torch.tensor(dout))
    layer.eval()
    given = {"A": A, "dout": dout, "scale": scale, "shift": shift}
    results = {
        "out": out, "dA": batch.grad, "dscale": layer.weight.grad, "dshift": layer.bias.grad,
        "running_mean": layer.running_mean, "running_var": layer.running_var, "predicted": layer(torch.tensor(A[0])),
    }  # fmt: skip
    return {name: array.tolist() for name, array in (given | results).items()}


def momentum() -> dict:
    """Eight steps down f(w) = ½ Σ λ w² with β = 0.9, under three schedules."""
    schedules = {
        "constant": lambda t: 1.0,
        "inverse": lambda t: 1 / (1 + 0.3 * t),
        "step": lambda t: 0.5 ** (t // 3),
    }
    paths = {}
    for name, factor in schedules.items():
        w = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.2, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        path = [w.tolist()]
        for _ in range(8):
            optimizer.zero_grad()
            (0.5 * (torch.tensor([1.0, 3.0]) * w**2).sum()).backward()
            optimizer.step()
            scheduler.step()
            path.append(w.tolist())
        paths[name] = path
    return paths


def training() -> dict:
    """Five steps of momentum on a small network with BatchNorm and a residual block, softmax and cross-entropy."""
    rng = np.random.default_rng(1)
    arrays = {
        "X": rng.normal(size=(7, 4)), "Y": np.eye(3)[rng.integers(0, 3, 7)],
        "W_1": rng.normal(size=(6, 4)), "b_1": rng.normal(size=6), "scale_1.1": rng.normal(size=6),
        "shift_1.1": rng.normal(size=6), "W_2.1": rng.normal(size=(6, 6)) / 3, "b_2.1": rng.normal(size=6),
        "W_3": rng.normal(size=(3, 6)), "b_3": rng.normal(size=3),
    }  # fmt: skip
    params = {name: torch.tensor(W, requires_grad=True) for name, W in arrays.items() if name not in "XY"}
    X, Y = torch.tensor(arrays["X"]), torch.tensor(arrays["Y"])
    optimizer = torch.optim.SGD(params.values(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(5):
        A = X @ params["W_1"].T + params["b_1"]
        A = torch.nn.functional.batch_norm(A, None, None, params["scale_1.1"], params["shift_1.1"], training=True)
        Z = torch.relu(A)
        Z = Z + torch.tanh(Z @ params["W_2.1"].T + params["b_2.1"])
        loss = torch.nn.functional.cross_entropy(Z @ params["W_3"].T + params["b_3"], Y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    given = {name: array.tolist() for name, array in arrays.items()}
    return {"given": given, "losses": losses, "learned": {name: W.tolist() for name, W in params.items()}}


def numbers() -> dict:
    return {
        "made by": "tests/core/record_torch.py",
        "torch": torch.__version__.partition("+")[0],
        "batchnorm": batchnorm(),
        "momentum": momentum(),
        "training": training(),
    }


def difference(new: object, old: object) -> float:
    """The largest difference of two numbers in the same place."""
    if isinstance(new, dict):
        return max(difference(new[key], old[key]) for key in new)
    if isinstance(new, list):
        return max(difference(*pair) for pair in zip(new, old, strict=True))
    return 0.0 if isinstance(new, str) else abs(new - old)


if __name__ == "__main__":
    if "--check" in sys.argv:
        largest = difference(numbers(), json.loads(FILE.read_text()))
        print(f"PyTorch {torch.__version__}: the largest difference from the recorded numbers is {largest:.1e}")
        sys.exit(largest > 1e-12)
    FILE.write_text(json.dumps(numbers(), indent=1) + "\n")
