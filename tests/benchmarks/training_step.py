"""One training step against its matrix products alone, scikit-learn and PyTorch, in one run on one thread.

    python tests/benchmarks/training_step.py

PyTorch is measured where it is installed. All columns are ratios of medians of interleaved rounds, so that a busy
machine slows all of them. "products" is the time of the step's matrix products in numpy; "flat" is the same step
written out in one function without any layer, every array reused: what numpy's cost per call leaves on this machine.
"""

import os

for threads in (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
):
    os.environ[threads] = "1"

import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from nnlib import SGD, fully_connected, one_hot
from nnlib.train import training_step

M, STEPS, ROUNDS = 64, 30, 25
SHAPES = {
    "64-64-10": [64, 64, 10],
    "64-128-128-10": [64, 128, 128, 10],
    "784-256-256-10": [784, 256, 256, 10],
    "20 layers of 32": [32] * 20 + [10],
}


def products(widths: list[int], dtype: type) -> Callable[[], None]:
    """Forward z W', backward δ' z and δ W for each layer; the first needs no gradient for its input."""
    rng = np.random.default_rng(0)
    Zs = [rng.normal(size=(M, d)).astype(dtype) for d in widths]
    Ws = [rng.normal(size=(d_out, d_in)).astype(dtype) for d_in, d_out in zip(widths, widths[1:])]

    def run() -> None:
        for _ in range(STEPS):
            for Z, W in zip(Zs, Ws):
                Z @ W.T
            for i in range(len(Ws), 0, -1):
                Zs[i].T @ Zs[i - 1]
                if i > 1:
                    Zs[i] @ Ws[i - 1]

    return run


def ours(widths: list[int], X: np.ndarray, Y: np.ndarray) -> Callable[[], None]:
    network = fully_connected(widths, dtype=X.dtype.type)
    optimizer = SGD(network.params, step_size=1e-3, momentum=0.9)

    def run() -> None:
        for start in range(0, STEPS * M, M):
            training_step(network, optimizer, X[start : start + M], Y[start : start + M])

    return run


def flat(widths: list[int], X: np.ndarray, Y: np.ndarray) -> Callable[[], None]:
    """The step as nobody would like to read it: no objects, no checks, float masks and zeros made beforehand."""
    network = fully_connected(widths, dtype=X.dtype.type)
    (theta,), (gradient,) = network.params, network.grads
    G, move, ones = np.zeros_like(theta), np.zeros_like(theta), np.ones(M, X.dtype)
    layers = [(layer.params["W"], layer.params["b"], layer.grads["W"], layer.grads["b"]) for layer in network.layers]
    zeros = [np.zeros((M, d), X.dtype) for d in widths[1:]]

    def step(X: np.ndarray, Y: np.ndarray) -> None:
        Zs = [X]
        for (W, b, _, _), zero in zip(layers, zeros, strict=True):
            A = Zs[-1] @ W.T
            A += b
            if len(Zs) < len(layers):
                Zs.append(np.maximum(A, zero))
        E = A.T.copy()
        E -= np.maximum.reduce(E)
        np.exp(E, out=E)
        E /= np.add.reduce(E)
        E -= Y.T
        E /= M
        delta = E.T
        for j in range(len(layers) - 1, -1, -1):
            W, _, dW, db = layers[j]
            np.matmul(delta.T, Zs[j], out=dW)
            np.matmul(ones, delta, out=db)
            if j > 0:
                delta = delta @ W
                delta *= (Zs[j] > 0).astype(X.dtype)
        np.multiply(G, 0.9, out=G)
        np.add(G, gradient, out=G)
        np.multiply(G, 1e-3, out=move)
        np.subtract(theta, move, out=theta)

    def run() -> None:
        for start in range(0, STEPS * M, M):
            step(X[start : start + M], Y[start : start + M])

    return run


def sklearn(widths: list[int], X: np.ndarray, labels: np.ndarray) -> Callable[[], None]:
    model = MLPClassifier(
        widths[1:-1], solver="sgd", batch_size=M, learning_rate_init=1e-3, momentum=0.9, nesterovs_momentum=False,
        alpha=0.0, max_iter=1, shuffle=False, warm_start=True,
    )  # fmt: skip
    warnings.simplefilter("ignore", ConvergenceWarning)
    return lambda: model.fit(X, labels)


def pytorch(widths: list[int], X: np.ndarray, labels: np.ndarray) -> Callable[[], None]:
    import torch

    torch.set_num_threads(1)
    dtype = {np.float32: torch.float32, np.float64: torch.float64}[X.dtype.type]
    layers = []
    for d_in, d_out in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(d_in, d_out, dtype=dtype), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    loss, X_torch, labels_torch = (
        torch.nn.CrossEntropyLoss(),
        torch.from_numpy(X),
        torch.from_numpy(labels),
    )

    def run() -> None:
        for start in range(0, STEPS * M, M):
            optimizer.zero_grad()
            loss(model(X_torch[start : start + M]), labels_torch[start : start + M]).backward()
            optimizer.step()

    return run


def medians(runs: dict[str, Callable[[], None]]) -> dict[str, float]:
    """The median seconds of each run over interleaved rounds."""
    seconds = {name: [] for name in runs}
    for round_ in range(ROUNDS + 2):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if round_ >= 2:
                seconds[name].append(time.perf_counter() - start)
    return {name: float(np.median(times)) for name, times in seconds.items()}


def main() -> None:
    peers = {"scikit-learn": sklearn} | ({"PyTorch": pytorch} if find_spec("torch") else {})
    if "PyTorch" not in peers:
        print("PyTorch is not installed and not measured (python -m pip install torch==2.13.0)")
    header = f"{'network, m = 64':18} {'':8} {'step / products':>16}{'flat / products':>16}"
    print(header + "".join(f"{peer + ' / step':>21}" for peer in peers))
    rng = np.random.default_rng(1)
    for name, widths in SHAPES.items():
        for dtype in (np.float32, np.float64):
            X = rng.normal(size=(STEPS * M, widths[0])).astype(dtype)
            labels = rng.integers(0, 10, STEPS * M)
            runs = {
                "products": products(widths, dtype),
                "step": ours(widths, X, one_hot(labels, 10, dtype)),
                "flat": flat(widths, X, one_hot(labels, 10, dtype)),
            }
            runs |= {peer: make(widths, X, labels) for peer, make in peers.items()}
            time_of = medians(runs)
            row = f"{name:18} {np.dtype(dtype).name:8} {time_of['step'] / time_of['products']:15.2f}x"
            row += f"{time_of['flat'] / time_of['products']:15.2f}x"
            print(row + "".join(f"{time_of[peer] / time_of['step']:20.2f}x" for peer in peers))


if __name__ == "__main__":
    main()
