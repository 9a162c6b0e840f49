"""One step of gradient descent with momentum."""

from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.fixtures import float32, integers, off_zero

STRONG, WEAK = (0.8, 0.95), (0.15, 0.4)


def reference(W, G, gradient, alpha, beta):
    """G ← βG + ∂L/∂W, then W ← W - αG."""
    G = beta * G + gradient
    return W - alpha * G, G


def _draw(rng: np.random.Generator, shape: tuple[int, ...], betas: tuple[float, float]) -> tuple:
    alpha, beta = rng.uniform(0.05, 0.5), rng.uniform(*betas)
    return off_zero(rng, *shape), off_zero(rng, *shape), off_zero(rng, *shape), float(alpha), float(beta)


def _draw_first_step(rng: np.random.Generator) -> tuple:
    W, _, gradient, alpha, beta = _draw(rng, (4, 3), STRONG)
    return W, np.zeros_like(W), gradient, alpha, beta


def _draw_without_momentum(rng: np.random.Generator) -> tuple:
    return *_draw(rng, (3, 2), STRONG)[:-1], 0.0


def _draw_integers(rng: np.random.Generator) -> tuple:
    W, G, gradient = (integers(rng, 4, 3) for _ in range(3))
    return W, G, gradient, float(rng.uniform(0.05, 0.5)), float(rng.uniform(*STRONG))


def _with_G(new_G):
    """The buffer is another one; W moves by it."""

    def answer(W, G, gradient, alpha, beta):
        G = new_G(G, gradient, alpha, beta)
        return W - alpha * G, G

    return answer


def _with_W(new_W):
    """The buffer is right, W does not move by it; new_W is given the old buffer too."""

    def answer(W, G, gradient, alpha, beta):
        new = beta * G + gradient
        return new_W(W, new, G, gradient, alpha, beta), new

    return answer


def _alpha_inside(W, G, gradient, alpha, beta):
    G = beta * G + alpha * gradient
    return W - G, G


def _step_inside(W, G, gradient, alpha, beta):
    G = beta * G - alpha * gradient
    return W + G, G


def _negative_buffer(W, G, gradient, alpha, beta):
    G = beta * G - gradient
    return W + alpha * G, G


def _W_overwritten(W, G, gradient, alpha, beta):
    G = beta * G + gradient
    W -= alpha * G
    return W, G


def _G_overwritten(W, G, gradient, alpha, beta):
    G *= beta
    G += gradient
    return W - alpha * G, G


def _both_overwritten(W, G, gradient, alpha, beta):
    G *= beta
    G += gradient
    W -= alpha * G
    return W, G


def _gradient_overwritten(W, G, gradient, alpha, beta):
    gradient += beta * G
    return W - alpha * gradient, gradient


def _truncated(W, G, gradient, alpha, beta):
    new_W, new_G = np.zeros_like(W), np.zeros_like(G)
    new_G[...] = beta * G + gradient
    new_W[...] = W - alpha * new_G
    return new_W, new_G


MISTAKES = (
    Mistake(
        "the moving average",
        _with_G(lambda G, gradient, alpha, beta: beta * G + (1 - beta) * gradient),
        "With (1 - β) in front of ∂L/∂W it is the third formula called momentum: the lecture adds the whole gradient.",
    ),
    Mistake(
        "α inside the buffer",
        _alpha_inside,
        "The lecture's G is a sum of gradients without α, which multiplies G only when W moves. "
        "With a schedule the two differ.",
    ),
    Mistake(
        "-α inside the buffer",
        _step_inside,
        "This is the second formula called momentum, V ← βV - α ∂L/∂W. The lecture's G adds up gradients without α.",
    ),
    Mistake(
        "α in both lines",
        _with_G(lambda G, gradient, alpha, beta: beta * G + alpha * gradient),
        "Every gradient is multiplied by α twice: α belongs in the second line only.",
    ),
    Mistake(
        "W moves up the slope",
        _with_W(lambda W, new, G, gradient, alpha, beta: W + alpha * new),
        "G points up the slope, as the gradient does: W ← W - αG.",
    ),
    Mistake(
        "the gradient is subtracted from the buffer",
        _with_G(lambda G, gradient, alpha, beta: beta * G - gradient),
        "G is a sum of gradients: βG + ∂L/∂W. The one minus is that of W ← W - αG.",
    ),
    Mistake(
        "a buffer with the sign of the step",
        _negative_buffer,
        "The G that you are given is a sum of gradients, with their own sign: add ∂L/∂W to it and subtract αG from W.",
    ),
    Mistake(
        "W moves by the old G",
        _with_W(lambda W, new, G, gradient, alpha, beta: W - alpha * G),
        "The buffer takes in the new gradient first, then W moves by the new G.",
    ),
    Mistake(
        "the old G is returned",
        lambda W, G, gradient, alpha, beta: (W - alpha * (beta * G + gradient), G),
        "The next step needs the new G, βG + ∂L/∂W: return that one.",
    ),
    Mistake(
        "W moves by the gradient alone",
        _with_W(lambda W, new, G, gradient, alpha, beta: W - alpha * gradient),
        "G is kept but not used: W moves by αG.",
    ),
    Mistake(
        "W moves by G and by the gradient",
        _with_W(lambda W, new, G, gradient, alpha, beta: W - alpha * (new + gradient)),
        "The new gradient is inside G already: W moves by αG alone.",
    ),
    Mistake(
        "Nesterov's momentum",
        _with_W(lambda W, new, G, gradient, alpha, beta: W - alpha * (gradient + beta * new)),
        "∂L/∂W + βG with the new G is Nesterov's step; the lecture's is αG.",
    ),
    Mistake(
        "α multiplies the gradient only",
        _with_W(lambda W, new, G, gradient, alpha, beta: W - beta * G - alpha * gradient),
        "α multiplies the whole buffer, the old gradients too: W ← W - αG.",
    ),
    Mistake(
        "βG is added to W",
        _with_W(lambda W, new, G, gradient, alpha, beta: W + beta * G - alpha * gradient),
        "This is a step for a buffer of moves. The lecture's G is one of gradients: W ← W - αG, with the new G.",
    ),
    Mistake(
        "α is missing",
        _with_W(lambda W, new, G, gradient, alpha, beta: W - new),
        "The step is αG, not G.",
    ),
    Mistake(
        "the step is shortened by 1 - β",
        _with_W(lambda W, new, G, gradient, alpha, beta: W - alpha * (1 - beta) * new),
        "No 1 - β in the lecture's rule: a constant gradient may well make G grow to 1/(1 - β) times its size.",
    ),
    Mistake(
        "the step is divided by 1 - β",
        _with_W(lambda W, new, G, gradient, alpha, beta: W - alpha * new / (1 - beta)),
        "G is a plain sum of gradients, so there is nothing to correct: W ← W - αG.",
    ),
    Mistake(
        "β multiplies W",
        _with_W(lambda W, new, G, gradient, alpha, beta: beta * W - alpha * new),
        "β says how much of the old G is kept; all of W is kept.",
    ),
    Mistake(
        "the step is returned instead of W",
        _with_W(lambda W, new, G, gradient, alpha, beta: -alpha * new),
        "-αG is the move only: return W - αG.",
    ),
    Mistake(
        "β multiplies the gradient instead of G",
        _with_G(lambda G, gradient, alpha, beta: G + beta * gradient),
        "The old G fades, the new gradient enters whole: βG + ∂L/∂W.",
    ),
    Mistake(
        "β and 1 - β swapped",
        _with_G(lambda G, gradient, alpha, beta: (1 - beta) * G + beta * gradient),
        "β is the part of the old G that is kept, and the lecture's rule has no 1 - β.",
    ),
    Mistake(
        "β multiplies the gradient too",
        _with_G(lambda G, gradient, alpha, beta: beta * (G + gradient)),
        "The new gradient enters G whole; it begins to fade with the next step.",
    ),
    Mistake(
        "β is missing",
        _with_G(lambda G, gradient, alpha, beta: G + gradient),
        "The old G has to fade: βG.",
    ),
    Mistake(
        "the old G is forgotten",
        _with_G(lambda G, gradient, alpha, beta: gradient * 1.0),
        "This is plain gradient descent: the new G also holds the β-th part of the old one.",
    ),
    Mistake(
        "the new gradient is forgotten",
        _with_G(lambda G, gradient, alpha, beta: beta * G),
        "The buffer has to take in the new gradient: βG + ∂L/∂W.",
    ),
    Mistake(
        "α and β swapped",
        lambda W, G, gradient, alpha, beta: reference(W, G, gradient, beta, alpha),
        "α is the step size, which multiplies G when W moves; β is how much of the old G is kept.",
    ),
    Mistake(
        "αG is returned instead of G",
        lambda W, G, gradient, alpha, beta: (W - alpha * (beta * G + gradient), alpha * (beta * G + gradient)),
        "The next step needs the buffer itself, without α.",
    ),
    Mistake(
        "G before W",
        lambda W, G, gradient, alpha, beta: reference(W, G, gradient, alpha, beta)[::-1],
        "Return them in the order (W, G).",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "An array made with zeros_like of an integer array cuts the result: do without, or ask for dtype=float.",
    ),
    Mistake(
        "W is overwritten",
        _W_overwritten,
        "W -= … changes the caller's array: write W - alpha * G.",
    ),
    Mistake(
        "G is overwritten",
        _G_overwritten,
        "G *= … and G += … change the caller's array: write beta * G + gradient.",
    ),
    Mistake(
        "W and G are overwritten",
        _both_overwritten,
        "*=, += and -= change the caller's arrays: write beta * G + gradient and W - alpha * G.",
    ),
    Mistake(
        "the gradient is overwritten",
        _gradient_overwritten,
        "gradient += … changes the caller's array: give the new buffer an array of its own.",
    ),
)


def _entry_by_entry(W, G, gradient, alpha, beta):
    W, G = W.astype(float), G.astype(float)
    for index in np.ndindex(W.shape):
        G[index] = beta * G[index] + gradient[index]
        W[index] -= alpha * G[index]
    return W, G


def _on_copies(W, G, gradient, alpha, beta):
    W, G = np.array(W, dtype=float), np.array(G, dtype=float)
    G *= beta
    G += gradient
    W -= alpha * G
    return [W, G]


def _alpha_inside_and_out_again(W, G, gradient, alpha, beta):
    V = beta * (-alpha * G) - alpha * gradient
    return W + V, -V / alpha


EQUIVALENTS = {
    "one line": lambda W, G, gradient, alpha, beta: (W - alpha * (beta * G + gradient), beta * G + gradient),
    "entry by entry": _entry_by_entry,
    "in place, on copies": _on_copies,
    "α inside, and divided out again": _alpha_inside_and_out_again,
    "einsum": lambda W, G, gradient, alpha, beta: (
        np.einsum("k,kij->ij", [1, -alpha * beta, -alpha], np.stack([W, G, gradient])),
        np.einsum("k,kij->ij", [beta, 1], np.stack([G, gradient])),
    ),
    "nested lists": lambda W, G, gradient, alpha, beta: tuple(
        part.tolist() for part in reference(W, G, gradient, alpha, beta)
    ),
}

QUESTION = Question(
    name="momentum_step",
    points=2,
    arguments={"W": "(d_i, d_{i-1})", "G": "(d_i, d_{i-1})", "gradient": "(d_i, d_{i-1})", "alpha": "", "beta": ""},
    results=(
        Result(
            "W",
            "(d_i, d_{i-1})",
            ask="By which G does W move, and what multiplies it?",
            formula="W ← W - αG, with the new G.",
        ),
        Result("G", "(d_i, d_{i-1})", ask="What does β multiply, and what enters G whole?", formula="G ← βG + ∂L/∂W."),
    ),
    reference=reference,
    families={
        "non-square, much momentum": partial(_draw, shape=(3, 5), betas=STRONG),
        "non-square, little momentum": partial(_draw, shape=(5, 2), betas=WEAK),
        "square, much momentum": partial(_draw, shape=(4, 4), betas=STRONG),
        "square, little momentum": partial(_draw, shape=(3, 3), betas=WEAK),
    },
    edges={
        "the first step (G = 0)": _draw_first_step,
        "no momentum (beta = 0)": _draw_without_momentum,
        "one weight": partial(_draw, shape=(1, 1), betas=STRONG),
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, shape=(3, 4), betas=STRONG)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "G": (
            "the moving average",
            "the gradient is subtracted from the buffer",
            "β multiplies the gradient instead of G",
            "β and 1 - β swapped",
            "β multiplies the gradient too",
            "β is missing",
            "the old G is forgotten",
            "the new gradient is forgotten",
        ),
        "W": (
            "W moves up the slope",
            "α is missing",
            "the step is shortened by 1 - β",
            "the step is divided by 1 - β",
        ),
        "returned": ("αG is returned instead of G",),
    },
)
