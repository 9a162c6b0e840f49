"""Random starts that keep the size of activations and of δ about the same from layer to layer."""

import numpy as np


def initial_weights(d_in: int, d_out: int, sigma: str, rng: np.random.Generator) -> np.ndarray:
    """W of shape (d_out, d_in) with entries from a normal distribution of mean 0 and variance gain / d_in.

    The gain is 2 for relu, which sets half of its inputs to zero (He et al. 2015, arXiv:1502.01852), else 1
    (LeCun et al. 1998, "Efficient BackProp").

    >>> W = initial_weights(1000, 50, "tanh", np.random.default_rng(0))
    >>> W.shape, round(float(W.std() * 1000**0.5), 2)
    ((50, 1000), 1.0)
    """
    gain = 2.0 if sigma == "relu" else 1.0
    return rng.normal(0.0, np.sqrt(gain / d_in), (d_out, d_in))
