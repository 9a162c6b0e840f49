"""How the cost of training grows with depth and samples, and what `fit` adds to the bare steps, in one run, one thread.

    python tests/benchmarks/growth.py

Times are ratios to the first row of each table; a linear growth doubles from row to row. The ratio is below 2 where
numpy's fixed cost per call still counts.
"""

import os

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[threads] = "1"

import time
from collections.abc import Callable

import numpy as np

from nnlib import SGD, fit, fully_connected, load_digits, minibatches, one_hot
from nnlib.optimizers import inverse_decay
from nnlib.train import training_step


def shortest(runs: list[Callable[[], None]], rounds: int = 25) -> np.ndarray:
    """The shortest seconds of each run over interleaved rounds: what is longer is the machine's other work."""
    seconds = np.empty((rounds, len(runs)))
    for round_ in range(rounds):
        for i, run in enumerate(runs):
            start = time.perf_counter()
            run()
            seconds[round_, i] = time.perf_counter() - start
    return seconds.min(axis=0)


def step(hidden_layers: int, m: int, batchnorm: bool = False) -> Callable[[], None]:
    rng = np.random.default_rng(0)
    network = fully_connected([64, *[64] * hidden_layers, 10], batchnorm=batchnorm)
    optimizer = SGD(network.params, 1e-3, 0.9)
    X, Y = rng.normal(size=(m, 64)), np.eye(10)[rng.integers(0, 10, m)]
    return lambda: training_step(network, optimizer, X, Y)


def table(title: str, names: list[str], runs: list[Callable[[], None]]) -> None:
    print(title)
    seconds = shortest(runs)
    for name, ratio in zip(names, seconds / seconds[0], strict=True):
        print(f"  {name:24} {ratio:6.2f}x")


def main() -> None:
    depths, samples = (5, 10, 20, 40, 80), (64, 128, 256, 512, 1024)
    table("a step, m = 64, by hidden layers of 64", [str(depth) for depth in depths], [step(d, 64) for d in depths])
    table("a step, 5 hidden layers, by samples", [str(m) for m in samples], [step(5, m) for m in samples])
    table("a step, 5 hidden layers, m = 64", ["plain", "BatchNorm"], [step(5, 64), step(5, 64, batchnorm=True)])

    X, labels = load_digits()
    Y = one_hot(labels, 10)

    def steps_alone() -> None:
        network = fully_connected([64, 64, 10])
        optimizer, rng = SGD(network.params, inverse_decay(0.2, 0.005), 0.9), np.random.default_rng(0)
        for _ in range(40):
            for batch in minibatches(len(X), 64, rng):
                training_step(network, optimizer, X[batch], Y[batch])

    def with_fit() -> None:
        network = fully_connected([64, 64, 10])
        fit(network, X, Y, SGD(network.params, inverse_decay(0.2, 0.005), 0.9), 40, progress=False)

    table("40 epochs on the digits, 64-64-10", ["the steps alone", "fit"], [steps_alone, with_fit])


if __name__ == "__main__":
    main()
