"""The student's side: what check prints and returns. It never raises and writes nothing to stderr."""

import io
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
from benchmarks.check_time import answers_to, time_of

from nnlib.activations import ACTIVATIONS
from nnlib.grading import check
from nnlib.grading.questions import QUESTIONS


def output_delta(A_L, Z_L, Y, sigma):
    return (Z_L - Y) / len(Y) * ACTIVATIONS[sigma].sigma_prime(A_L)


def hidden_delta(delta_next, W_next, A, sigma):
    return (delta_next @ W_next) * ACTIVATIONS[sigma].sigma_prime(A)


def layer_gradients(delta, Z_prev):
    return delta.T @ Z_prev, delta.sum(axis=0)


SOLUTION = """
def backward(X, Y, Ws, bs, sigmas):
    As, Zs = [], [X]
    for W, b, sigma in zip(Ws, bs, sigmas):
        As.append(Zs[-1] @ W.T + b)
        Zs.append(ACTIVATIONS[sigma].sigma(As[-1]))
    dWs, dbs = [None] * len(Ws), [None] * len(Ws)
    delta = output_delta(As[-1], Zs[-1], Y, sigmas[-1])
    for j in reversed(range(len(Ws))):
        dWs[j], dbs[j] = layer_gradients(delta, Zs[j])
        if j > 0:
            delta = hidden_delta(delta, Ws[j], As[j - 1], sigmas[j - 1])
    return dWs, dbs
"""


@pytest.fixture
def define(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Defines names in __main__, as the cells of a notebook do."""

    def define(**names: object) -> None:
        for name, value in names.items():
            monkeypatch.setitem(vars(sys.modules["__main__"]), name, value)

    return define


@pytest.fixture
def said(capfd: pytest.CaptureFixture) -> Callable[[], str]:
    """What was printed since, with wrapped lines joined; stderr has to be empty."""

    def said() -> str:
        captured = capfd.readouterr()
        assert captured.err == ""
        return captured.out.replace("\n  ", " ")

    return said


def test_a_right_answer_gets_all_points(define: Callable, said: Callable) -> None:
    define(hidden_delta=hidden_delta)
    points = check("hidden_delta")
    assert type(points) is float
    assert points == 3.0
    assert said() == "hidden_delta Right: delta, on 18 random inputs.\n3 of 3 points\n"


def test_an_answer_may_be_given(said: Callable) -> None:
    assert check("layer_gradients", layer_gradients) == 2
    assert said().endswith("2 of 2 points\n")


def test_a_mistake_is_named_and_located(define: Callable, said: Callable) -> None:
    define(layer_gradients=lambda delta, Z_prev: (delta.T @ Z_prev / len(delta), delta.sum(axis=0)))
    assert check("layer_gradients") == 1.0
    text = said()
    assert "Right: db." in text
    assert "It looks like this: dW divided by m again." in text
    assert "dW[0, 0] is" in text
    assert "relative error 0.83" in text
    assert text.endswith("1 of 2 points\n")


@pytest.fixture
def fresh_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[check.__module__], "_LADDER", {})


def transposed(delta, Z_prev):
    dW = Z_prev.T @ delta
    return dW, delta.sum(axis=0)


@pytest.mark.usefixtures("fresh_ladder")
def test_each_further_check_goes_one_step_up_the_ladder(said: Callable) -> None:
    texts = [(check("layer_gradients", transposed), said())[1] for _ in range(4)]
    symptom, question = "It looks like this: dW is transposed.", "what is done with the m samples?"
    place, hint, formula = "Look here: dW = Z_prev.T @ delta", "dW has the shape of W", "The lecture: dW = δᵀ Z_prev"
    more = "For a further hint, run this check again."
    shown = [[part in text for part in (symptom, question, place, hint, formula, more)] for text in texts]
    assert shown == [
        [True, True, False, False, False, True],
        [True, True, True, False, False, True],
        [True, True, True, True, True, False],
        [True, True, True, True, True, False],
    ]
    assert {text.splitlines()[-1] for text in texts} == {"1 of 2 points"}


@pytest.mark.usefixtures("fresh_ladder")
def test_another_mistake_begins_at_the_foot_of_the_ladder(said: Callable) -> None:
    for _ in range(3):
        check("layer_gradients", transposed)
    assert "The lecture:" in said()
    check("layer_gradients", lambda delta, Z_prev: (delta.T @ Z_prev, delta.mean(axis=0)))
    text = said()
    assert "db is the mean instead of the sum" in text
    assert "The lecture:" not in text
    check("layer_gradients", transposed)
    assert "The lecture:" not in said()


@pytest.mark.usefixtures("fresh_ladder")
def test_a_picture_comes_with_the_second_step_where_a_front_end_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(IPython.display, "display", shown.append)

    def last_row_only(delta, Z_prev):
        return np.where(np.arange(delta.shape[1])[:, None] == 0, 0, delta.T @ Z_prev), delta.sum(axis=0)

    check("layer_gradients", last_row_only)
    assert shown == []
    check("layer_gradients", last_row_only)
    assert len(shown) == 1
    assert repr(shown[0]).splitlines()[1:3] == ["  ✗ ✗ ✗ ✗ ✗", "  · · · · ·"]
    assert shown[0]._repr_html_().count("✗</td>") == 5


def test_what_is_not_defined_is_said(said: Callable) -> None:
    assert check("hidden_delta") == 0.0
    assert said() == "hidden_delta is not defined yet: run the cell above.\n"


def test_an_untouched_stub_is_not_written_yet(define: Callable, said: Callable) -> None:
    def hidden_delta(delta_next, W_next, A, sigma):
        raise NotImplementedError

    define(hidden_delta=hidden_delta)
    assert check("hidden_delta") == 0.0
    assert said() == "hidden_delta hidden_delta is not written yet.\n0 of 3 points\n"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("hiden_delta", "Did you mean: hidden_delta"),
        ("backwards", "Did you mean: backward"),
        ("", "central_difference, output_delta"),
        (3, "central_difference, output_delta"),
        (None, "central_difference, output_delta"),
        (hidden_delta, "There is no question"),
        ([], "There is no question"),
    ],
)
def test_an_unknown_question_lists_the_nearest(name: object, near: str, said: Callable) -> None:
    assert check(name) == 0.0
    text = said()
    assert "There is no question" in text
    assert near in text


def test_the_fault_is_shown_where_it_is_and_only_there(define: Callable, said: Callable) -> None:
    names = {"ACTIVATIONS": ACTIVATIONS, "output_delta": output_delta, "layer_gradients": layer_gradients}
    names["hidden_delta"] = lambda delta_next, W_next, A, sigma: 2 * hidden_delta(delta_next, W_next, A, sigma)
    exec(SOLUTION, names)
    define(**names)
    assert check("backward") == 0.0
    assert said() == (
        "backward Your backward itself is right. It calls your hidden_delta, where something is wrong: begin there.\n"
        "0 of 4 points\n"
    )


def test_a_fault_of_its_own_is_shown_besides(define: Callable, said: Callable) -> None:
    names = {"ACTIVATIONS": ACTIVATIONS, "output_delta": output_delta, "hidden_delta": lambda *_: 0}
    names["layer_gradients"] = layer_gradients
    exec(SOLUTION.replace("reversed(range(len(Ws)))", "range(len(Ws))"), names)
    define(**names)
    assert check("backward") == 0.0
    text = said()
    assert "Your backward calls your hidden_delta, where something is wrong: begin there." in text
    assert "It stops" in text


def test_a_right_backward_does_not_speak_of_helpers_it_does_not_call(define: Callable, said: Callable) -> None:
    define(hidden_delta=lambda *_: 0, backward=lambda *arguments: 2 * QUESTIONS["backward"].reference(*arguments))
    check("backward")
    assert "hidden_delta" not in said()


def test_a_helper_that_is_called_through_another_function_is_found_too(define: Callable, said: Callable) -> None:
    names = {"ACTIVATIONS": ACTIVATIONS, "output_delta": output_delta, "layer_gradients": layer_gradients}
    names["hidden_delta"] = lambda delta_next, W_next, A, sigma: 2 * hidden_delta(delta_next, W_next, A, sigma)
    solution = SOLUTION.replace("hidden_delta(delta, Ws[j]", "one_layer_back(delta, Ws[j]")
    exec(solution + "\ndef one_layer_back(*arguments):\n    return hidden_delta(*arguments)\n", names)
    define(**names)
    assert check("backward") == 0.0
    assert "Your backward itself is right. It calls your hidden_delta, where something is wrong" in said()


def test_a_helper_that_is_not_written_is_the_place_to_begin(define: Callable, said: Callable) -> None:
    def stub(*_):
        raise NotImplementedError

    names = {"ACTIVATIONS": ACTIVATIONS, "output_delta": stub}
    exec(SOLUTION, names)
    define(**names)
    assert check("backward") == 0.0
    assert "Your backward itself is right. It calls your output_delta, where something is wrong" in said()


class Strange:
    """Raises whatever is done with it."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)

    def __call__(self, *_: object) -> object:
        return self

    def __array__(self, *_: object, **__: object) -> object:
        raise RuntimeError


class StrangeArray(np.ndarray):
    """Says that it is equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __array_ufunc__(self, *_: object, **__: object) -> object:
        return True

    def __array_function__(self, *_: object, **__: object) -> object:
        return True


STRANGE = [
    0,
    "tanh",
    [],
    Strange(),
    Strange,
    print,
    len,
    lambda: 1,
    lambda *_: Strange(),
    lambda *_: np.ones((6, 5)).view(StrangeArray),
    lambda *_: [np.array(None), {1: 2}],
    lambda *arguments: arguments,
    lambda *_: sys.exit(),
    lambda *_: exit(),
    lambda *_: 10**400,
    lambda *_: [float("nan")] * 2,
    lambda *_: ([], []),
    lambda *_: (np.empty((0, 3)), np.empty(0)),
    {"step_size": 0.1},
    {"step_size": "a", "beta": None},
    {"step_size": -1, "beta": 0},
    {"step_size": 1, "beta": 1.5},
    {"step_size": float("nan"), "beta": 0},
    {"step_size": np.ones(3), "beta": 0},
]


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("answer", STRANGE, ids=map(str, range(len(STRANGE))))
def test_no_answer_makes_it_raise(name: str, answer: object, said: Callable) -> None:
    assert check(name, answer) == 0.0
    text = said()
    assert text.endswith("points\n") or text.endswith("1 point\n")
    assert "Traceback" not in text
    assert "not your fault" not in text


def test_a_fault_of_the_check_itself_is_a_message_too(monkeypatch: pytest.MonkeyPatch, said: Callable) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(sys.modules[check.__module__], "judge", broken)
    assert check("hidden_delta", hidden_delta) == 0.0
    assert said() == "The check itself failed, which is not your fault: OSError: disk\n"


def test_a_terminal_without_greek_letters_gets_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", plain)
    check("hidden_delta", QUESTIONS["hidden_delta"].mistakes[0].code)
    plain.flush()
    assert b"0 of 3 points" in plain.buffer.getvalue()


def test_exit_of_the_notebook_is_only_a_message(define: Callable, said: Callable) -> None:
    ended = []
    define(exit=lambda: ended.append("the kernel"))

    def hidden_delta(delta_next, W_next, A, sigma):
        vars(sys.modules["__main__"])["exit"]()

    assert check("hidden_delta", hidden_delta) == 0.0
    assert "leave out exit() and use return" in said()
    assert ended == []
    vars(sys.modules["__main__"])["exit"]()
    assert ended == ["the kernel"]


SLOWEST = ["sgd_epoch", "backward", "gradient_norms", "fit_pca", "batchnorm_backward", "scalar_gradients"]
MILLISECONDS = 250
"""Of the processor; what takes 100 on a machine that has nothing else to do takes twice as long on a busy one."""


@pytest.mark.parametrize("name", SLOWEST)
def test_a_check_is_quick_whatever_the_answer(name: str) -> None:
    for (kind, style), answer in answers_to(name).items():
        # the first of three tries that is quick
        tries = (time_of(name, answer, time.process_time).whole < MILLISECONDS for _ in range(3))
        assert any(tries), f"{kind}: {style}"
