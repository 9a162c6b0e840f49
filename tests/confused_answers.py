"""Wrong answers to the gradient functions that are not in the catalogue, as confused students wrote them.

CONFUSED has, for each question, the answers; NAMES the mistakes of the catalogue that may be named for some of them,
because they are in the answer, alone or with others. Nothing else may be named.
"""

from collections.abc import Callable

import numpy as np

from nnlib.activations import ACTIVATIONS

CONFUSED: dict[str, list[Callable]] = {}
NAMES: dict[Callable, set[str]] = {}


def confused(question: str, *names: str) -> Callable[[Callable], Callable]:
    """Put an answer into the table, with what may be said of it."""

    def add(answer: Callable) -> Callable:
        CONFUSED.setdefault(question, []).append(answer)
        NAMES[answer] = set(names)
        return answer

    return add


def sigma_of(sigma, A):
    return ACTIVATIONS[sigma].sigma(A)


def slope_of(sigma, A):
    return ACTIVATIONS[sigma].sigma_prime(A)


# ------------------------------------------------------------------ scalar_gradients


def _scalar_pass(x, params, sigma):
    a1 = params["w1"] * x + params["b1"]
    z1 = sigma_of(sigma, a1)
    a2 = params["w2"] * z1 + params["b2"]
    z2 = sigma_of(sigma, a2)
    return a1, z1, a2, z2, params["w3"] * z2 + params["b3"]


def _scalar(d1, d2, d3, x, z1, z2):
    return {"w1": d1 * x, "b1": d1, "w2": d2 * z1, "b2": d2, "w3": d3 * z2, "b3": d3}


@confused("scalar_gradients")
def divided_by_the_prediction(x, y, params, sigma):
    a1, z1, a2, z2, z3 = _scalar_pass(x, params, sigma)
    d3 = (z3 - y) / z3
    d2 = d3 * params["w3"] * slope_of(sigma, a2)
    return _scalar(d2 * params["w2"] * slope_of(sigma, a1), d2, d3, x, z1, z2)


@confused("scalar_gradients")
def the_target_is_subtracted_in_every_layer(x, y, params, sigma):
    a1, z1, a2, z2, z3 = _scalar_pass(x, params, sigma)
    d3 = z3 - y
    d2 = (z2 - y) * params["w3"] * slope_of(sigma, a2)
    return _scalar((z1 - y) * params["w2"] * slope_of(sigma, a1), d2, d3, x, z1, z2)


@confused("scalar_gradients")
def weights_enter_squared(x, y, params, sigma):
    a1, z1, a2, z2, z3 = _scalar_pass(x, params, sigma)
    d3 = z3 - y
    d2 = d3 * params["w3"] ** 2 * slope_of(sigma, a2)
    return _scalar(d2 * params["w2"] ** 2 * slope_of(sigma, a1), d2, d3, x, z1, z2)


@confused("scalar_gradients")
def absolute_weights(x, y, params, sigma):
    a1, z1, a2, z2, z3 = _scalar_pass(x, params, sigma)
    d3 = z3 - y
    d2 = d3 * abs(params["w3"]) * slope_of(sigma, a2)
    return _scalar(d2 * abs(params["w2"]) * slope_of(sigma, a1), d2, d3, x, z1, z2)


@confused("scalar_gradients")
def the_gradient_of_the_cubed_error(x, y, params, sigma):
    a1, z1, a2, z2, z3 = _scalar_pass(x, params, sigma)
    d3 = 3 * (z3 - y) ** 2
    d2 = d3 * params["w3"] * slope_of(sigma, a2)
    return _scalar(d2 * params["w2"] * slope_of(sigma, a1), d2, d3, x, z1, z2)


@confused("scalar_gradients")
def one_minus_the_slope(x, y, params, sigma):
    a1, z1, a2, z2, z3 = _scalar_pass(x, params, sigma)
    d3 = z3 - y
    d2 = d3 * params["w3"] * (1 - slope_of(sigma, a2))
    return _scalar(d2 * params["w2"] * (1 - slope_of(sigma, a1)), d2, d3, x, z1, z2)


@confused("scalar_gradients")
def the_second_layer_forgets_its_bias(x, y, params, sigma):
    a1, z1, a2, _, _ = _scalar_pass(x, params, sigma)
    a2 = params["w2"] * z1
    z2 = sigma_of(sigma, a2)
    d3 = params["w3"] * z2 + params["b3"] - y
    d2 = d3 * params["w3"] * slope_of(sigma, a2)
    return _scalar(d2 * params["w2"] * slope_of(sigma, a1), d2, d3, x, z1, z2)


@confused("scalar_gradients")
def the_slope_of_the_square(x, y, params, sigma):
    a1, z1, a2, z2, z3 = _scalar_pass(x, params, sigma)
    d3 = z3 - y
    d2 = d3 * params["w3"] * slope_of(sigma, a2**2)
    return _scalar(d2 * params["w2"] * slope_of(sigma, a1**2), d2, d3, x, z1, z2)


@confused("scalar_gradients")
def divides_by_the_weights(x, y, params, sigma):
    a1, z1, a2, z2, z3 = _scalar_pass(x, params, sigma)
    d3 = z3 - y
    d2 = d3 / params["w3"] * slope_of(sigma, a2)
    return _scalar(d2 / params["w2"] * slope_of(sigma, a1), d2, d3, x, z1, z2)


@confused("scalar_gradients")
def a_tenth_of_each_parameter_is_added(x, y, params, sigma):
    a1, z1, a2, z2, z3 = _scalar_pass(x, params, sigma)
    d3 = z3 - y
    d2 = d3 * params["w3"] * slope_of(sigma, a2)
    gradients = _scalar(d2 * params["w2"] * slope_of(sigma, a1), d2, d3, x, z1, z2)
    return {name: gradient + 0.1 * params[name] for name, gradient in gradients.items()}


# ------------------------------------------------------------------ output_delta


@confused("output_delta")
def error_times_the_prediction(A_L, Z_L, Y, sigma):
    return (Z_L - Y) * Z_L / len(Y) * slope_of(sigma, A_L)


@confused("output_delta")
def slope_at_the_error(A_L, Z_L, Y, sigma):
    return (Z_L - Y) / len(Y) * slope_of(sigma, Z_L - Y)


@confused("output_delta")
def root_of_m(A_L, Z_L, Y, sigma):
    return (Z_L - Y) / np.sqrt(len(Y)) * slope_of(sigma, A_L)


@confused("output_delta")
def the_mean_error_of_each_unit(A_L, Z_L, Y, sigma):
    return (Z_L - Y).mean(axis=0) * slope_of(sigma, A_L)


@confused("output_delta")
def cross_entropy_with_a_sum(A_L, Z_L, Y, sigma):
    return (Z_L - Y) / (Z_L * (1 - Z_L)) / len(Y) * slope_of(sigma, A_L)


@confused("output_delta")
def half_m(A_L, Z_L, Y, sigma):
    return 3 * (Z_L - Y) / len(Y) * slope_of(sigma, A_L)


@confused("output_delta")
def slope_added(A_L, Z_L, Y, sigma):
    return (Z_L - Y) / len(Y) + slope_of(sigma, A_L)


@confused("output_delta")
def m_minus_one(A_L, Z_L, Y, sigma):
    return (Z_L - Y) / (len(Y) - 1) * slope_of(sigma, A_L)


@confused("output_delta")
def normalised_by_its_length(A_L, Z_L, Y, sigma):
    delta = (Z_L - Y) * slope_of(sigma, A_L)
    return delta / np.linalg.norm(delta)


@confused("output_delta")
def sigma_of_the_error(A_L, Z_L, Y, sigma):
    return sigma_of(sigma, Z_L - Y) / len(Y)


# ------------------------------------------------------------------ hidden_delta


@confused("hidden_delta")
def sigma_prime_of_the_delta(delta_next, W_next, A, sigma):
    return (delta_next @ W_next) * slope_of(sigma, sigma_of(sigma, sigma_of(sigma, A)))


@confused("hidden_delta")
def divided_by_sigma_prime(delta_next, W_next, A, sigma):
    return (delta_next @ W_next) / (slope_of(sigma, A) + 0.01)


@confused("hidden_delta")
def plus_sigma_prime(delta_next, W_next, A, sigma):
    return (delta_next @ W_next) + slope_of(sigma, A)


@confused("hidden_delta")
def samples_averaged_in_sigma_prime(delta_next, W_next, A, sigma):
    return (delta_next @ W_next) * slope_of(sigma, A).mean(axis=0)


@confused("hidden_delta")
def sigma_prime_of_the_mean(delta_next, W_next, A, sigma):
    return (delta_next @ W_next) * slope_of(sigma, A.mean(axis=0))


@confused("hidden_delta")
def absolute_weights_back(delta_next, W_next, A, sigma):
    return (delta_next @ np.abs(W_next)) * slope_of(sigma, A)


@confused("hidden_delta")
def weights_normalised(delta_next, W_next, A, sigma):
    return (delta_next @ (W_next / np.linalg.norm(W_next, axis=0))) * slope_of(sigma, A)


@confused("hidden_delta")
def times_a(delta_next, W_next, A, sigma):
    return (delta_next @ W_next) * slope_of(sigma, A) * A


@confused("hidden_delta")
def only_the_first_sample(delta_next, W_next, A, sigma):
    return (delta_next[:1] @ W_next) * slope_of(sigma, A)


@confused("hidden_delta")
def a_mask_for_every_sigma(delta_next, W_next, A, sigma):
    return (delta_next @ W_next) * (A > 0)


# ------------------------------------------------------------------ layer_gradients


@confused("layer_gradients")
def db_of_absolute_values(delta, Z_prev):
    return delta.T @ Z_prev, np.abs(delta).sum(axis=0)


@confused("layer_gradients")
def z_centred(delta, Z_prev):
    return delta.T @ (Z_prev - Z_prev.mean(axis=0)), delta.sum(axis=0)


@confused("layer_gradients")
def delta_centred(delta, Z_prev):
    return (delta - delta.mean(axis=0)).T @ Z_prev, delta.sum(axis=0)


@confused("layer_gradients")
def weight_decay_of_one_percent(delta, Z_prev):
    dW = delta.T @ Z_prev
    return dW + 0.01 * dW**2, delta.sum(axis=0)


@confused("layer_gradients")
def neighbouring_samples(delta, Z_prev):
    return delta.T @ np.roll(Z_prev, 1, axis=0), delta.sum(axis=0)


@confused("layer_gradients")
def clipped(delta, Z_prev):
    return np.clip(delta.T @ Z_prev, -0.1, 0.1), delta.sum(axis=0)


@confused("layer_gradients")
def first_sample_only(delta, Z_prev):
    return np.outer(delta[0], Z_prev[0]), delta[0]


@confused("layer_gradients")
def median_for_db(delta, Z_prev):
    return delta.T @ Z_prev, np.median(delta, axis=0)


@confused("layer_gradients")
def largest_sample(delta, Z_prev):
    products = delta[:, :, None] * Z_prev[:, None, :]
    return products.max(axis=0), delta.max(axis=0)


@confused("layer_gradients")
def divided_by_m_minus_one(delta, Z_prev):
    return delta.T @ Z_prev / (len(delta) - 1), delta.sum(axis=0)


# ------------------------------------------------------------------ backward


def _forward(X, Ws, bs, sigmas):
    As, Zs = [], [X]
    for W, b, sigma in zip(Ws, bs, sigmas):
        As.append(Zs[-1] @ W.T + b)
        Zs.append(sigma_of(sigma, As[-1]))
    return As, Zs


def _backward(
    first=None, slope=slope_of, back=lambda delta, W: delta @ W, dW=lambda d, Z: d.T @ Z, db=None, run=_forward
):
    def backward(X, Y, Ws, bs, sigmas):
        As, Zs = run(X, Ws, bs, sigmas)
        delta = (first or (lambda Z, Y: (Z - Y) / len(Y)))(Zs[-1], Y) * slope(sigmas[-1], As[-1])
        dWs, dbs = [], []
        for j in reversed(range(len(Ws))):
            dWs.insert(0, dW(delta, Zs[j]))
            dbs.insert(0, (db or (lambda delta: delta.sum(axis=0)))(delta))
            if j > 0:
                delta = back(delta, Ws[j]) * slope(sigmas[j - 1], As[j - 1])
        return dWs, dbs

    return backward


confused("backward")(_backward(slope=lambda sigma, A: slope_of(sigma, A).mean(axis=0)))
confused("backward")(_backward(first=lambda Z, Y: (Z - Y) ** 3 / len(Y)))
confused("backward")(_backward(back=lambda delta, W: delta @ np.abs(W)))
confused("backward")(_backward(dW=lambda delta, Z: delta.T @ (Z - Z.mean(axis=0))))
confused("backward")(_backward(db=lambda delta: np.abs(delta).sum(axis=0)))
confused("backward")(_backward(slope=lambda sigma, A: slope_of(sigma, A) + 0.1))
confused("backward")(_backward(first=lambda Z, Y: Z / len(Y)))
confused("backward")(_backward(back=lambda delta, W: (delta @ W) / W.shape[0]))
confused("backward")(_backward(slope=lambda sigma, A: slope_of(sigma, A) ** 2))
confused("backward")(_backward(back=lambda delta, W: delta @ W + 0.05, dW=lambda d, Z: d.T @ Z))


# ------------------------------------------------------------------ sgd_epoch


def _sgd(step, order=lambda n, rng: rng.permutation(n)):
    def sgd_epoch(X, Y, w, m, step_size, seed):
        indices = order(len(X), np.random.default_rng(seed))
        for t, start in enumerate(range(0, len(indices), m)):
            batch = indices[start : start + m]
            w = step(X[batch], Y[batch], w, step_size, t)
        return w

    return sgd_epoch


def _gradient(x, y, w):
    return x.T @ (x @ w - y) / len(x)


confused("sgd_epoch")(_sgd(lambda x, y, w, a, t: w - a / (t + 1) * _gradient(x, y, w)))
confused("sgd_epoch")(_sgd(lambda x, y, w, a, t: w - a * np.sign(_gradient(x, y, w))))
confused("sgd_epoch")(_sgd(lambda x, y, w, a, t: (1 - a) * w - a * _gradient(x, y, w)))
confused("sgd_epoch")(_sgd(lambda x, y, w, a, t: w - a * _gradient(x, y, w) / np.linalg.norm(_gradient(x, y, w))))
confused("sgd_epoch")(_sgd(lambda x, y, w, a, t: w - a**2 * _gradient(x, y, w)))
confused("sgd_epoch")(_sgd(lambda x, y, w, a, t: w - a * _gradient(x - x.mean(axis=0), y, w)))
confused("sgd_epoch")(_sgd(lambda x, y, w, a, t: w - a * x.T @ (x @ w - y) ** 3 / len(x)))
confused("sgd_epoch")(_sgd(lambda x, y, w, a, t: w - a * _gradient(x, y.mean(axis=0), w)))
confused("sgd_epoch")(_sgd(lambda x, y, w, a, t: w - a * 3 * _gradient(x, y, w)))
confused("sgd_epoch")(_sgd(lambda x, y, w, a, t: w - a * x.T @ (x @ w - y) / np.sqrt(len(x))))


# ------------------------------------------------------------------ momentum_step


@confused("momentum_step")
def buffer_squared(W, G, gradient, alpha, beta):
    G = beta * G + (1 - beta) * gradient**2
    return W - alpha * gradient / (np.sqrt(G**2) + 1e-8), G


@confused("momentum_step")
def weight_decay_too(W, G, gradient, alpha, beta):
    G = beta * G + gradient + 0.01 * W
    return W - alpha * G, G


@confused("momentum_step")
def beta_squared(W, G, gradient, alpha, beta):
    G = beta**2 * G + gradient
    return W - alpha * G, G


@confused("momentum_step")
def the_mean_of_both(W, G, gradient, alpha, beta):
    G = (G + gradient) / 2
    return W - alpha * G, G


@confused("momentum_step")
def the_larger_of_both(W, G, gradient, alpha, beta):
    G = np.where(np.abs(beta * G) > np.abs(gradient), beta * G, gradient)
    return W - alpha * G, G


@confused("momentum_step")
def one_plus_beta(W, G, gradient, alpha, beta):
    G = (1 + beta) * G + gradient
    return W - alpha * G, G


@confused("momentum_step", "W moves by G and by the gradient")
def half_a_look_ahead(W, G, gradient, alpha, beta):
    G = beta * G + gradient
    return W - alpha * (G + gradient) / 2, G


@confused("momentum_step")
def divided_by_the_largest(W, G, gradient, alpha, beta):
    G = beta * G + gradient
    return W - alpha * G / np.abs(G).max(), G


@confused("momentum_step")
def alpha_decays_with_beta(W, G, gradient, alpha, beta):
    G = beta * G + gradient
    return W - alpha * beta * G, G


@confused("momentum_step")
def w_in_the_buffer(W, G, gradient, alpha, beta):
    G = beta * G + gradient * W
    return W - alpha * G, G


# ------------------------------------------------------------------ batchnorm_backward


def _batchnorm(dA, dgamma=None, dbeta=None):
    def batchnorm_backward(dout, A, gamma, beta, eps):
        r = 1 / np.sqrt(A.var(axis=0) + eps)
        A_hat = (A - A.mean(axis=0)) * r
        return (
            dA(dout * gamma, A_hat, r, dout),
            (dout * A_hat).sum(axis=0) if dgamma is None else dgamma(dout, A_hat),
            dout.sum(axis=0) if dbeta is None else dbeta(dout),
        )

    return batchnorm_backward


def _dA(d, h, r, _dout=None):
    return r * (d - d.mean(axis=0) - h * (d * h).mean(axis=0))


confused("batchnorm_backward")(_batchnorm(lambda d, h, r, _: r * (d - d.mean(axis=0) - (d * h).mean(axis=0))))
confused("batchnorm_backward")(_batchnorm(lambda d, h, r, _: r * (d - np.median(d, axis=0) - h * (d * h).mean(axis=0))))
confused("batchnorm_backward")(_batchnorm(lambda d, h, r, _: r**3 * (d - d.mean(axis=0) - h * (d * h).mean(axis=0))))
confused("batchnorm_backward")(_batchnorm(lambda d, h, r, _: _dA(d, h, r) + 0.01 * d))
confused("batchnorm_backward")(_batchnorm(lambda d, h, r, _: r * (d - d.mean() - h * (d * h).mean())))
confused("batchnorm_backward")(_batchnorm(_dA, dgamma=lambda dout, h: (dout * np.abs(h)).sum(axis=0)))
confused("batchnorm_backward")(_batchnorm(_dA, dbeta=lambda dout: np.abs(dout).sum(axis=0)))
confused("batchnorm_backward")(_batchnorm(lambda d, h, r, _: r * (d - d.mean(axis=0) - h**2 * (d * h).mean(axis=0))))
confused("batchnorm_backward")(_batchnorm(lambda d, h, r, _: r * (d - d.mean(axis=0)) * (1 - h**2)))
confused("batchnorm_backward")(_batchnorm(_dA, dgamma=lambda dout, h: (dout * (1 - h**2)).sum(axis=0)))


# ------------------------------------------------------------------ residual_backward, dense_backward


def _branch(delta_of, dW_of, db_of, straight):
    def residual_backward(dout, Z, W, b, sigma):
        A = Z @ W.T + b
        delta = delta_of(dout, A, sigma)
        return straight(dout, Z, sigma) + delta @ W, dW_of(delta, Z), db_of(delta)

    def dense_backward(dout, Z, W, b, sigma):
        A = Z @ W.T + b
        d = Z.shape[1]
        delta = delta_of(dout[:, d:], A, sigma)
        return straight(dout[:, :d], Z, sigma) + delta @ W, dW_of(delta, Z), db_of(delta)

    return {"residual_backward": residual_backward, "dense_backward": dense_backward}


def _delta(dout, A, sigma):
    return dout * slope_of(sigma, A)


def _dW(delta, Z):
    return delta.T @ Z


def _db(delta):
    return delta.sum(axis=0)


def _straight(dout, _Z, _sigma):
    return dout


for _parts in (
    (lambda dout, A, sigma: _delta(dout, A, sigma) + 0.1, _dW, _db, _straight),
    (lambda dout, A, sigma: dout * slope_of(sigma, A).mean(axis=0), _dW, _db, _straight),
    (lambda dout, A, sigma: dout * (1 - slope_of(sigma, A)), _dW, _db, _straight),
    (_delta, lambda delta, Z: delta.T @ (Z - Z.mean(axis=0)), _db, _straight),
    (_delta, _dW, lambda delta: np.abs(delta).sum(axis=0), _straight),
    (_delta, _dW, _db, lambda dout, Z, sigma: 0.9 * dout),
    (_delta, _dW, _db, lambda dout, Z, sigma: dout * Z),
    (_delta, lambda delta, Z: delta.T @ np.tanh(np.abs(Z)), _db, _straight),
    (lambda dout, A, sigma: dout * slope_of(sigma, A.mean(axis=0)), _dW, _db, _straight),
    (lambda dout, A, sigma: dout * A, _dW, _db, _straight),
):
    for _name, _answer in _branch(*_parts).items():
        confused(_name)(_answer)


# ------------------------------------------------------------------ gradient_norms


def _norms(measure=np.linalg.norm, slope=slope_of, straight=lambda dZ: dZ, first=lambda Z, Y: (Z - Y) / len(Y)):
    def gradient_norms(X, Y, Ws, bs, sigmas, skip):
        As, Zs = [], [X]
        for W, b, sigma in zip(Ws, bs, sigmas):
            As.append(Zs[-1] @ W.T + b)
            Z = sigma_of(sigma, As[-1])
            Zs.append(Z + Zs[-1] if skip and W.shape[0] == W.shape[1] else Z)
        dZ, norms = first(Zs[-1], Y), []
        for W, sigma, A in zip(Ws[::-1], sigmas[::-1], As[::-1]):
            delta = dZ * slope(sigma, A)
            norms.insert(0, measure(delta))
            dZ = delta @ W + (straight(dZ) if skip and W.shape[0] == W.shape[1] else 0)
        return norms

    return gradient_norms


confused("gradient_norms")(_norms(measure=lambda delta: np.linalg.norm(delta - delta.mean(axis=0))))
confused("gradient_norms")(_norms(measure=lambda delta: np.linalg.norm(delta, axis=0).max()))
confused("gradient_norms")(_norms(measure=lambda delta: np.abs(delta).mean()))
confused("gradient_norms")(_norms(measure=lambda delta: np.linalg.norm(delta) / np.sqrt(delta.shape[1])))
confused("gradient_norms")(_norms(measure=lambda delta: np.linalg.norm(delta, "nuc")))
confused("gradient_norms")(_norms(measure=lambda delta: float(np.std(delta))))
confused("gradient_norms")(_norms(slope=lambda sigma, A: slope_of(sigma, A) ** 2))
confused("gradient_norms")(_norms(straight=lambda dZ: dZ / 2))
confused("gradient_norms")(_norms(first=lambda Z, Y: (Z - Y) ** 3 / len(Y)))
confused("gradient_norms")(_norms(slope=lambda sigma, A: slope_of(sigma, np.abs(A))))
