"""The path of gradient descent with momentum on a quadratic, with a step size for each step."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.fixtures import float32, integers, off_zero

BETAS = (0.6, 0.95)


def reference(H, w0, alphas, beta):
    """w_0, …, w_steps of G ← βG + Hw, w ← w - αG."""
    w, G = np.asarray(w0), np.zeros(len(w0))
    path = [w]
    for alpha in alphas:
        G = beta * G + H @ w
        w = w - alpha * G
        path.append(w)
    return np.array(path)


def _quadratic(rng: np.random.Generator, d: int) -> np.ndarray:
    Q, _ = np.linalg.qr(rng.normal(size=(d, d)))
    H = (Q * rng.uniform(0.5, 4, d)) @ Q.T
    return (H + H.T) / 2


def _draw(rng: np.random.Generator, d: int, steps: int, betas: tuple[float, float] = BETAS) -> tuple:
    alphas = rng.uniform(0.25, 0.4) / (1 + rng.uniform(0.2, 0.6) * np.arange(steps))
    return _quadratic(rng, d), off_zero(rng, d), alphas, float(rng.uniform(*betas))


def _draw_list(rng: np.random.Generator, d: int, steps: int) -> tuple:
    H, w0, alphas, beta = _draw(rng, d, steps)
    return H, w0, alphas.tolist(), beta


def _draw_constant(rng: np.random.Generator) -> tuple:
    H, w0, alphas, beta = _draw(rng, d=3, steps=5)
    return H, w0, np.full(5, alphas[0]), beta


def _draw_without_momentum(rng: np.random.Generator) -> tuple:
    return *_draw(rng, d=3, steps=5)[:-1], 0.0


def _draw_integers(rng: np.random.Generator) -> tuple:
    A = integers(rng, 3, 3)
    _, _, alphas, beta = _draw(rng, d=3, steps=4)
    return A @ A.T + np.eye(3, dtype=int), integers(rng, 3), alphas / 10, beta


def _path(step: Callable, start: Callable = lambda H, w0: np.zeros(len(w0))) -> Callable:
    """The loop with another rule: step(w, G, H, alpha, beta) -> (w, G)."""

    def answer(H, w0, alphas, beta):
        w, G = np.asarray(w0), start(H, w0)
        path = [w]
        for alpha in alphas:
            w, G = step(w, G, H, alpha, beta)
            path.append(w)
        return np.array(path)

    return answer


def _with_gradient(gradient: Callable) -> Callable:
    """The lecture's rule with another gradient(w, G, H, alpha, beta)."""

    def step(w, G, H, alpha, beta):
        G = beta * G + gradient(w, G, H, alpha, beta)
        return w - alpha * G, G

    return _path(step)


def _with_G(new_G: Callable) -> Callable:
    """Another buffer, new_G(G, g, alpha, beta), by which w moves."""

    def step(w, G, H, alpha, beta):
        G = new_G(G, H @ w, alpha, beta)
        return w - alpha * G, G

    return _path(step)


def _with_w(new_w: Callable) -> Callable:
    """The lecture's buffer, but another move, new_w(w, new, G, g, alpha, beta) with the new and the old G."""

    def step(w, G, H, alpha, beta):
        new = beta * G + H @ w
        return new_w(w, new, G, H @ w, alpha, beta), new

    return _path(step)


def _alpha_inside(H, w0, alphas, beta):
    w, G = w0, np.zeros(len(w0))
    path = [w]
    for alpha in alphas:
        G = beta * G + alpha * (H @ w)
        w = w - G
        path.append(w)
    return np.array(path)


def _nesterov_inside(w, G, H, alpha, beta):
    G = beta * G - alpha * H @ w
    return w + beta * G - alpha * H @ w, G


def _bias_corrected(H, w0, alphas, beta):
    w, G = np.asarray(w0), np.zeros(len(w0))
    path = [w]
    for t, alpha in enumerate(alphas, start=1):
        G = beta * G + (1 - beta) * (H @ w)
        w = w - alpha * G / (1 - beta**t)
        path.append(w)
    return np.array(path)


def _first_gradient_for_ever(H, w0, alphas, beta):
    g = H @ w0
    return _with_gradient(lambda w, G, H, alpha, beta: g)(H, w0, alphas, beta)


def _first_alpha_for_ever(H, w0, alphas, beta):
    return reference(H, w0, [alphas[0]] * len(alphas) if len(alphas) else alphas, beta)


def _last_alpha_for_ever(H, w0, alphas, beta):
    return reference(H, w0, [alphas[-1]] * len(alphas) if len(alphas) else alphas, beta)


def _losses(H, w0, alphas, beta):
    return np.array([w @ H @ w / 2 for w in reference(H, w0, alphas, beta)])


def _same_array_in_each_row(H, w0, alphas, beta):
    w, G = np.array(w0, dtype=float), np.zeros(len(w0))
    path = [w]
    for alpha in alphas:
        G = beta * G + H @ w
        w -= alpha * G
        path.append(w)
    return np.array(path)


def _w0_overwritten(H, w0, alphas, beta):
    w, G = w0, np.zeros(len(w0))
    path = [w.copy()]
    for alpha in alphas:
        G = beta * G + H @ w
        w -= alpha * G
        path.append(w.copy())
    return np.array(path)


def _truncated(H, w0, alphas, beta):
    path = np.array([w0] * (len(alphas) + 1))
    G = np.zeros(len(w0))
    for t, alpha in enumerate(alphas):
        G = beta * G + H @ path[t]
        path[t + 1] = path[t] - alpha * G
    return path


MISTAKES = (
    Mistake(
        "the moving average",
        _with_G(lambda G, g, alpha, beta: beta * G + (1 - beta) * g),
        "With (1 - β) in front of the gradient the steps are shorter: the lecture's rule is G ← βG + Hw.",
    ),
    Mistake(
        "α inside the buffer",
        _alpha_inside,
        "The path is the same only while α does not change. With one α per step, α has to multiply the whole G: "
        "w ← w - αG.",
    ),
    Mistake(
        "α in both lines",
        _with_G(lambda G, g, alpha, beta: beta * G + alpha * g),
        "Every gradient is multiplied by α twice: α belongs in w ← w - αG only.",
    ),
    Mistake(
        "up the slope",
        _with_w(lambda w, new, G, g, alpha, beta: w + alpha * new),
        "A sign is wrong, in G or in w: G ← βG + Hw, then w ← w - αG.",
    ),
    Mistake(
        "w moves by the old G",
        _with_w(lambda w, new, G, g, alpha, beta: w - alpha * G),
        "Your first step does not move. The buffer takes in the gradient first, then w moves by the new G.",
    ),
    Mistake(
        "plain gradient descent",
        _with_w(lambda w, new, G, g, alpha, beta: w - alpha * g),
        "Your path has no momentum. Is G set to 0 inside the loop, or does w move by Hw instead of G?",
    ),
    Mistake(
        "β is missing",
        _with_G(lambda G, g, alpha, beta: G + g),
        "The old G has to fade: G ← βG + Hw.",
    ),
    Mistake(
        "β multiplies the gradient instead of G",
        _with_G(lambda G, g, alpha, beta: G + beta * g),
        "The old G fades, the new gradient enters whole: G ← βG + Hw.",
    ),
    Mistake(
        "β multiplies the gradient too",
        _with_G(lambda G, g, alpha, beta: beta * (G + g)),
        "The new gradient enters G whole; it begins to fade with the next step.",
    ),
    Mistake(
        "β and 1 - β swapped",
        _with_G(lambda G, g, alpha, beta: (1 - beta) * G + beta * g),
        "β is the part of the old G that is kept, and the lecture's rule has no 1 - β.",
    ),
    Mistake(
        "Nesterov's momentum",
        _with_w(lambda w, new, G, g, alpha, beta: w - alpha * (g + beta * new)),
        "Hw + βG with the new G is Nesterov's step; the lecture's is αG.",
    ),
    Mistake(
        "Nesterov's momentum, α inside",
        _path(_nesterov_inside),
        "This is Nesterov's step with α inside the buffer; the lecture has G ← βG + Hw and w ← w - αG.",
    ),
    Mistake(
        "the gradient at the point ahead",
        _with_gradient(lambda w, G, H, alpha, beta: H @ (w - alpha * beta * G)),
        "The gradient belongs to the point where you are, Hw; the one at w - αβG is Nesterov's.",
    ),
    Mistake(
        "w moves by G and by the gradient",
        _with_w(lambda w, new, G, g, alpha, beta: w - alpha * (new + g)),
        "The new gradient is inside G already: w moves by αG alone.",
    ),
    Mistake(
        "α multiplies the gradient only",
        _with_w(lambda w, new, G, g, alpha, beta: w - beta * G - alpha * g),
        "α multiplies the whole buffer, the old gradients too: w ← w - αG.",
    ),
    Mistake(
        "the moving average, corrected for its start",
        _bias_corrected,
        "Neither 1 - β nor 1 - βᵗ is in the lecture's rule: G ← βG + Hw, w ← w - αG.",
    ),
    Mistake(
        "G starts at the first gradient",
        _path(lambda w, G, H, alpha, beta: (w - alpha * (beta * G + H @ w), beta * G + H @ w), lambda H, w0: H @ w0),
        "G starts at 0, otherwise the first gradient counts too much.",
    ),
    Mistake(
        "always the gradient at w_0",
        _first_gradient_for_ever,
        "The gradient Hw changes with w: compute it anew in each step.",
    ),
    Mistake(
        "the gradient is twice too large",
        _with_gradient(lambda w, G, H, alpha, beta: 2 * H @ w),
        "The ½ of ½ wᵀHw cancels the 2 of the derivative: the gradient is Hw.",
    ),
    Mistake(
        "the ½ is left in the gradient",
        _with_gradient(lambda w, G, H, alpha, beta: H @ w / 2),
        "The ½ of ½ wᵀHw cancels the 2 of the derivative: the gradient is Hw.",
    ),
    Mistake(
        "the loss in place of its gradient",
        _with_gradient(lambda w, G, H, alpha, beta: w @ H @ w / 2),
        "½ wᵀHw is the loss, a number; the buffer adds up its gradient, the vector Hw.",
    ),
    Mistake(
        "the diagonal of H only",
        _with_gradient(lambda w, G, H, alpha, beta: np.diag(H) * w),
        "Hw is a matrix product, H @ w: the entries beside the diagonal count too.",
    ),
    Mistake(
        "the first α for all steps",
        _first_alpha_for_ever,
        "There is one α for each step: alphas[t] in step t.",
    ),
    Mistake(
        "the last α for all steps",
        _last_alpha_for_ever,
        "There is one α for each step: alphas[t] in step t.",
    ),
    Mistake(
        "the α in reverse order",
        lambda H, w0, alphas, beta: reference(H, w0, list(alphas)[::-1], beta),
        "The first step has the first α, alphas[0].",
    ),
    Mistake(
        "w_0 is missing",
        lambda H, w0, alphas, beta: reference(H, w0, alphas, beta)[1:],
        "The path begins with w_0: with it there is one row more than there are steps.",
    ),
    Mistake(
        "the last step is missing",
        lambda H, w0, alphas, beta: reference(H, w0, alphas, beta)[:-1],
        "Each α makes one step, the last one too: append w after it has moved.",
    ),
    Mistake(
        "only the last w",
        lambda H, w0, alphas, beta: reference(H, w0, alphas, beta)[-1],
        "Return the whole path: w_0 and the w after each step, one in each row.",
    ),
    Mistake(
        "the path is transposed",
        lambda H, w0, alphas, beta: reference(H, w0, alphas, beta).T,
        "Each w of the path is a row: (steps + 1, d).",
    ),
    Mistake(
        "the losses in place of the path",
        _losses,
        "Return the w themselves, one in each row.",
    ),
    Mistake(
        "the same array in each row",
        _same_array_in_each_row,
        "w -= … changes the array that is in the path already: write w = w - alpha * G, or append w.copy().",
    ),
    Mistake(
        "w0 is overwritten",
        _w0_overwritten,
        "w is w0 itself, and w -= … changes the caller's array: write w = w - alpha * G.",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "An array made from integers cuts every w that is written into it: begin with np.zeros.",
    ),
)


def _array_of_rows(H, w0, alphas, beta):
    path = np.zeros((len(alphas) + 1, len(w0)))
    path[0] = w0
    G = np.zeros_like(path[0])
    for t in range(len(alphas)):
        G *= beta
        G += H.dot(path[t])
        path[t + 1] = path[t] - alphas[t] * G
    return path


def _eigen_directions(H, w0, alphas, beta):
    lam, Q = np.linalg.eigh(H)
    q, G = Q.T @ w0, 0
    qs = [q]
    for alpha in alphas:
        G = beta * G + lam * q
        q = q - alpha * G
        qs.append(q)
    return np.array(qs) @ Q.T


def _two_points_back(H, w0, alphas, beta):
    path = [np.array(w0, dtype=float)]
    for t, alpha in enumerate(alphas):
        move = (path[-1] - path[-2]) * alpha / alphas[t - 1] if t else 0
        path.append(path[-1] + beta * move - alpha * (path[-1] @ H))
    return path


def _all_gradients_again(H, w0, alphas, beta):
    path, gradients = [list(map(float, w0))], []
    for alpha in alphas:
        gradients = [beta * g for g in gradients] + [H @ path[-1]]
        path.append((np.array(path[-1]) - alpha * sum(gradients)).tolist())
    return path


EQUIVALENTS = {
    "an array of rows": _array_of_rows,
    "one eigen-direction at a time": _eigen_directions,
    "without G, from the last two points": _two_points_back,
    "the sum of all gradients, lists": _all_gradients_again,
}

QUESTION = Question(
    name="momentum_path",
    points=2,
    arguments={"H": "(d, d)", "w0": "(d,)", "alphas": "(steps,)", "beta": ""},
    results=(
        Result(
            "path",
            "(steps + 1, d)",
            ask="Which gradient, which α and which G belong to the step from w_t to w_{t+1}?",
            formula="G ← βG + H w_t, then w_{t+1} = w_t - α_t G, from G = 0.",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, d=3, steps=6),
        "non-square, a list of alphas": partial(_draw_list, d=5, steps=3),
        "non-square, little momentum": partial(_draw, d=2, steps=5, betas=(0.15, 0.4)),
        "square": partial(_draw, d=5, steps=4),
        "square, a list of alphas": partial(_draw_list, d=4, steps=3),
    },
    edges={
        "no step (alphas is empty)": partial(_draw, d=3, steps=0),
        "one step": partial(_draw, d=3, steps=1),
        "one weight (d = 1)": partial(_draw, d=1, steps=4),
        "the same alpha in each step": _draw_constant,
        "no momentum (beta = 0)": _draw_without_momentum,
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, d=3, steps=4)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    uses=("momentum_step",),
)
