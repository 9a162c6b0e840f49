"""One step of gradient descent on a list of parameters."""

from functools import partial
from typing import Any

import numpy as np

from nnlib.grading.comparison import FLOAT32_TOLERANCE, as_numbers, distance
from nnlib.grading.question import Mistake, OtherKindError, Question, Result
from nnlib.grading.questions.fixtures import cast, float32, integers, off_zero

TWO_LAYERS = ((3, 2), (3,), (4, 3), (4,))
ONE_LAYER = ((2, 5), (2,))
SQUARE = ((3, 3), (3, 3), (3, 3))


def reference(params, grads, step_size):
    """Each array of parameters minus step_size times its gradient."""
    return [P - step_size * G for P, G in zip(params, grads, strict=True)]


def settle(value: Any, arguments: tuple) -> list:
    """The new arrays, if there are as many as there were, each of its old shape."""
    params = arguments[0]
    if not isinstance(value, (list, tuple)) and not (isinstance(value, np.ndarray) and value.ndim):
        raise OtherKindError(f"The function returns {_kind(value)}; expected is a list of arrays, as long as params.")
    if len(value) != len(params):
        raise ValueError(f"The list that you return has {_entries(len(value))}; params has {len(params)}.")
    for i, (old, new) in enumerate(zip(params, value, strict=True)):
        if np.shape(new) != np.shape(old):
            raise ValueError(
                f"Entry {i} of your list has shape {np.shape(new)}; params[{i}] has shape {np.shape(old)}."
            )
    still = [i for i, (old, new) in enumerate(zip(params, value, strict=True)) if np.array_equal(old, new)]
    if 0 < len(still) < len(params):
        raise ValueError(f"{_names(still)} did not move: each array takes its step.")
    expected = reference(*cast(arguments, float))
    wrong = [i for i, (new, right) in enumerate(zip(value, expected, strict=True)) if not _close(new, right)]
    if 0 < len(wrong) < len(params):
        raise ValueError(f"{_names(wrong)} took another step than P - step_size * G; the rest is right.")
    return list(value)


def _names(places: list[int]) -> str:
    return " and ".join(f"params[{i}]" for i in places)


def _close(new: Any, expected: np.ndarray) -> bool:
    array, misfit = as_numbers("params", new)
    return not misfit and distance(array.astype(float), expected) <= FLOAT32_TOLERANCE


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _kind(value: Any) -> str:
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _draw(rng: np.random.Generator, shapes: tuple[tuple[int, ...], ...]) -> tuple:
    params, grads = ([off_zero(rng, *shape) for shape in shapes] for _ in range(2))
    return params, grads, float(rng.uniform(0.05, 0.4))


def _draw_integers(rng: np.random.Generator) -> tuple:
    params, grads = ([integers(rng, *shape) for shape in ONE_LAYER] for _ in range(2))
    return params, grads, float(rng.uniform(0.05, 0.4))


def _with_move(move):
    """Another new array in place of P - step_size * G: move(P, G, step_size)."""
    return lambda params, grads, step_size: [move(P, G, step_size) for P, G in zip(params, grads, strict=True)]


def _moving_only(moves):
    """Only the arrays for which moves(i, P, number of arrays) holds take their step."""

    def answer(params, grads, step_size):
        new = reference(params, grads, step_size)
        return [new[i] if moves(i, P, len(params)) else P for i, P in enumerate(params)]

    return answer


def _arrays_overwritten(params, grads, step_size):
    for P, G in zip(params, grads, strict=True):
        P -= step_size * G
    return params


def _list_overwritten(params, grads, step_size):
    for i in range(len(params)):
        params[i] = params[i] - step_size * grads[i]
    return params


def _grads_overwritten(params, grads, step_size):
    for G in grads:
        G *= step_size
    return [P - G for P, G in zip(params, grads, strict=True)]


def _into_copies(params, grads, step_size):
    new = [P.copy() for P in params]
    for P, G in zip(new, grads, strict=True):
        P[...] = P - step_size * G
    return new


def _gradients_appended(params, grads, step_size):
    return params + [-step_size * G for G in grads]


def _scaled_to_length_1(params, grads, step_size):
    length = np.sqrt(sum(np.sum(G**2) for G in grads))
    return [P - step_size * G / length for P, G in zip(params, grads, strict=True)]


MISTAKES = (
    Mistake(
        "uphill instead of downhill",
        _with_move(lambda P, G, step_size: P + step_size * G),
        "The gradient points uphill: subtract step_size times the gradient.",
    ),
    Mistake(
        "the step size is missing",
        _with_move(lambda P, G, step_size: P - G),
        "The step is the gradient times step_size.",
    ),
    Mistake(
        "divided by the step size",
        _with_move(lambda P, G, step_size: P - G / step_size),
        "Multiply the gradient by step_size: a smaller η is a shorter step.",
    ),
    Mistake(
        "the step size multiplies the parameters",
        _with_move(lambda P, G, step_size: step_size * P - G),
        "step_size belongs to the gradient: P - step_size * G.",
    ),
    Mistake(
        "the step size multiplies the difference",
        _with_move(lambda P, G, step_size: step_size * (P - G)),
        "The brackets are too wide: only the gradient is multiplied by step_size.",
    ),
    Mistake(
        "the old parameters are forgotten",
        _with_move(lambda P, G, step_size: -step_size * G),
        "-step_size * G is the move alone; the new parameters are the old ones plus this move. Is there =- in place "
        "of -=?",
    ),
    Mistake(
        "the old parameters and the sign are forgotten",
        _with_move(lambda P, G, step_size: step_size * G),
        "step_size * G is what is to be subtracted from the old parameters.",
    ),
    Mistake(
        "minus the new parameters",
        _with_move(lambda P, G, step_size: step_size * G - P),
        "It is the other way round: the parameters minus step_size times the gradient.",
    ),
    Mistake(
        "the gradients in place of the parameters",
        _with_move(lambda P, G, step_size: G - step_size * P),
        "params and grads are swapped: the parameters move, by their gradients.",
    ),
    Mistake(
        "multiplied instead of subtracted",
        _with_move(lambda P, G, step_size: P * (1 - step_size * G)),
        "Subtract step_size times the gradient; the parameters do not multiply it.",
    ),
    Mistake(
        "divided by the number of arrays",
        lambda params, grads, step_size: reference(params, grads, step_size / len(params)),
        "The gradient holds the 1/m of the mean already: there is nothing more to divide by.",
    ),
    Mistake(
        "the gradient is scaled to length 1",
        _scaled_to_length_1,
        "A step is step_size times the gradient itself: near the minimum it becomes shorter on its own.",
    ),
    Mistake(
        "only the signs of the gradient",
        _with_move(lambda P, G, step_size: P - step_size * np.sign(G)),
        "A step is step_size times the gradient, not its signs.",
    ),
    Mistake(
        "the mean of each gradient",
        _with_move(lambda P, G, step_size: P - step_size * G.mean()),
        "Each entry moves by its own entry of the gradient.",
    ),
    Mistake(
        "nothing moves",
        _with_move(lambda P, G, step_size: P),
        "Your list holds the old parameters. In a loop, P = P - … gives a new array to the name P, and the list does "
        "not know of it.",
    ),
    Mistake(
        "only the first array moves",
        _moving_only(lambda i, P, count: i == 0),
        "Every array of the list takes its step: loop over params and grads together.",
    ),
    Mistake(
        "the last array does not move",
        _moving_only(lambda i, P, count: i < count - 1),
        "The loop ends one array too early: is it range(len(params))?",
    ),
    Mistake(
        "the gradients in reverse order",
        lambda params, grads, step_size: reference(params, grads[::-1], step_size),
        "grads[i] belongs to params[i]: take both in the same order.",
    ),
    Mistake(
        "the first gradient for all",
        lambda params, grads, step_size: [P - step_size * grads[0] for P in params],
        "grads[i] belongs to params[i]: does the index move on?",
    ),
    Mistake(
        "only the first of the new arrays",
        lambda params, grads, step_size: reference(params, grads, step_size)[:1],
        "Return all new arrays. Does the return stand inside the loop?",
    ),
    Mistake(
        "the moves are appended to the parameters",
        _gradients_appended,
        "For lists + means one after the other. Subtract array by array: loop over params and grads.",
    ),
    Mistake(
        "the arrays of params are overwritten",
        _arrays_overwritten,
        "P -= … changes the caller's arrays: put P - step_size * G into a new list.",
    ),
    Mistake(
        "the list params is overwritten",
        _list_overwritten,
        "params[i] = … changes the caller's list: append to a new list instead.",
    ),
    Mistake(
        "the gradients are overwritten",
        _grads_overwritten,
        "G *= … changes the caller's gradients: write step_size * G, which makes a new array.",
    ),
    Mistake(
        "written into integer arrays",
        _into_copies,
        "A copy of an integer array cuts off what is behind the point: P - step_size * G makes a new array.",
    ),
)


def _append(params, grads, step_size):
    new_params = []
    for i in range(len(params)):
        new_params.append(np.subtract(params[i], np.multiply(grads[i], step_size)))
    return new_params


def _in_place_on_float_copies(params, grads, step_size):
    new = [np.array(P, dtype=float) for P in params]
    for i, G in enumerate(grads):
        new[i] -= step_size * G
    return new


EQUIVALENTS = {
    "a list to append to": _append,
    "in place, on copies": _in_place_on_float_copies,
    "map, a tuple": lambda params, grads, step_size: tuple(map(lambda P, G: P + G * -step_size, params, grads)),
    "lists of numbers": lambda params, grads, step_size: [
        (P - step_size * G).tolist() for P, G in zip(params, grads, strict=True)
    ],
    "an array of objects": lambda params, grads, step_size: list(_objects(params) - step_size * _objects(grads)),
}


def _objects(arrays):
    array = np.empty(len(arrays), dtype=object)
    array[:] = arrays if len({np.shape(each) for each in arrays}) > 1 else None
    for i, each in enumerate(arrays):
        array[i] = each
    return array


QUESTION = Question(
    name="sgd_step",
    points=1,
    arguments={"params": "", "grads": "", "step_size": ""},
    results=(
        Result(
            "the new params",
            layers=False,
            first=0,
            forward=True,
            ask="Which way does the gradient point, and which way does each array move?",
            formula="w ← w - α ∂L/∂w, for each array of the list.",
        ),
    ),
    reference=reference,
    families={
        "non-square, two layers": partial(_draw, shapes=TWO_LAYERS),
        "non-square, one layer": partial(_draw, shapes=ONE_LAYER),
        "square, three arrays": partial(_draw, shapes=SQUARE),
        "square, two arrays": partial(_draw, shapes=((2, 2), (2, 2))),
    },
    edges={
        "one array": partial(_draw, shapes=((3, 2),)),
        "six arrays": partial(_draw, shapes=(*TWO_LAYERS, (1, 4), (1,))),
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, shapes=TWO_LAYERS)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    settle=settle,
)
