"""Whatever an answer does, the call comes back: with its value, or with how it ended."""

import contextlib
import itertools
import logging
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable

import numpy as np
import pytest

from nnlib.grading import execution
from nnlib.grading.diagnosis import judge
from nnlib.grading.execution import run
from nnlib.grading.questions import QUESTIONS

LIMIT = 0.3


def loops(*_):
    while True:
        pass


def loops_and_catches_exceptions(*_):
    while True:
        with contextlib.suppress(Exception):
            sum(range(100))


def loops_and_catches_everything(*_):
    while True:
        try:
            sum(range(100))
        except:  # noqa: E722
            print("caught")


def loops_inside_a_bare_except(*_):
    while True:
        try:
            while True:
                sum(range(100))
        except:  # noqa: E722
            print("caught")


def prints_without_end(*_):
    for number in itertools.count():
        print(number, file=sys.stderr if number % 2 else sys.stdout)


def warns_without_end(*_):
    for number in itertools.count():
        warnings.warn(f"number {number % 10}", stacklevel=1)


def sleeps(*_):
    time.sleep(30)


ENDLESS = [loops, loops_and_catches_exceptions, loops_and_catches_everything, prints_without_end, warns_without_end]


@pytest.mark.parametrize("answer", [*ENDLESS, sleeps])
def test_what_does_not_end_is_stopped(answer: Callable, capfd: pytest.CaptureFixture) -> None:
    before = signal.getsignal(signal.SIGALRM)
    start = time.perf_counter()
    outcome = run(answer, (1,), LIMIT)
    assert time.perf_counter() - start < LIMIT + 2
    assert outcome.failure.kind == "time limit"
    assert capfd.readouterr() == ("", "")
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert sys.gettrace() is None


@pytest.mark.parametrize("answer", [answer for answer in ENDLESS if answer is not loops_and_catches_everything])
def test_another_thread_is_stopped_too(answer: Callable) -> None:
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(run(answer, (1,), LIMIT)), daemon=True)
    thread.start()
    thread.join(LIMIT + 5)
    assert [outcome.failure.kind for outcome in outcomes] == ["time limit"]


def test_without_signals_the_main_thread_is_stopped_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "setitimer")
    assert run(loops, (), LIMIT).failure.kind == "time limit"
    assert run(lambda: 5, (), LIMIT).value == 5


@pytest.mark.parametrize("answer", [*ENDLESS, loops_inside_a_bare_except])
def test_in_a_browser_the_answer_is_stopped_too(answer: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_there(*_):
        raise RuntimeError("neither signals nor threads")

    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setattr(execution.threading.Thread, "start", none_there)
    monkeypatch.setattr(signal, "setitimer", none_there)
    assert run(answer, (1,), LIMIT).failure.kind == "time limit"
    assert sys.gettrace() is None
    assert run(lambda: 5, (), LIMIT).value == 5


def recurses(*_):
    return recurses()


def raises(error: BaseException) -> Callable:
    def answer(*_):
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (loops, 'did not come to an end in time: is there an endless loop? It was at the line "'),
        (recurses, 'calls itself without end. It was at the line "return recurses()".'),
        (lambda *_: sys.exit(0), "ends the whole program: leave out exit() and use return."),
        (raises(KeyboardInterrupt()), "was interrupted."),
        (raises(MemoryError()), "asks for more memory than there is."),
        (lambda *_: np.zeros((10**7, 10**7)), "asks for more memory than there is."),
        (raises(NotImplementedError()), "answer is not written yet."),
        (raises(GeneratorExit()), "It stops"),
        (raises(ZeroDivisionError("division by zero")), "with ZeroDivisionError: division by zero."),
        (raises(ValueError("x" * 10_000)), "xxx ..."),
        (raises(ValueError("<script>\n\n two lines")), "ValueError: <script> two lines."),
    ],
)
def test_every_end_has_its_message(answer: Callable, said: str, capfd: pytest.CaptureFixture) -> None:
    verdict = judge(QUESTIONS["hidden_delta"], answer, seconds=LIMIT)
    texts = " ".join(finding.text for finding in verdict.findings)
    assert said in texts
    assert len(texts) < 700
    assert verdict.earned == 0
    assert capfd.readouterr() == ("", "")


def test_the_limit_holds_for_all_calls_together() -> None:
    start = time.perf_counter()
    verdict = judge(QUESTIONS["layer_gradients"], lambda delta, Z_prev: time.sleep(0.4 * LIMIT), seconds=LIMIT)
    assert time.perf_counter() - start < 2 * LIMIT + 1
    assert "endless loop" in verdict.findings[0].text


def test_everything_written_is_kept_short(capfd: pytest.CaptureFixture) -> None:
    def answer():
        print("a" * 10_000)
        print("to stderr", file=sys.stderr)
        logging.getLogger("student").warning("logged")
        sys.stdout.flush()
        warnings.warn("careful", stacklevel=1)
        np.log(np.zeros(1))
        return 1

    outcome = run(answer, (), 1)
    assert outcome.printed == "a" * execution.PRINTED_AT_MOST
    assert outcome.warnings == ("careful", "divide by zero encountered in log")
    assert capfd.readouterr() == ("", "")


def test_underflow_is_nothing_to_warn_of() -> None:
    outcome = run(lambda: np.exp(np.array([-1e4])) * np.float64(1e-300) ** 2, (), 1)
    assert outcome.warnings == ()
    assert outcome.value == 0


def test_the_answer_works_on_copies() -> None:
    X, names = np.ones(3), ["tanh"]

    def answer(X, names):
        X[0] = 7
        names.clear()
        return X

    outcome = run(answer, (X, names), 1)
    assert X.tolist() == [1, 1, 1]
    assert names == ["tanh"]
    assert outcome.arguments[0].tolist() == [7, 1, 1]
    assert outcome.arguments[1] == []


def test_what_comes_back_is_a_copy() -> None:
    kept = [np.zeros(2), {"b": [np.zeros(1)]}]
    value = run(lambda: kept, (), 1).value
    kept[0] += 1
    kept[1]["b"][0] += 1
    assert value[0].tolist() == [0, 0]
    assert value[1]["b"][0].tolist() == [0]


def test_values_without_end_are_described() -> None:
    def contains_itself(*_):
        nested = []
        nested.append(nested)
        return nested

    for answer in (contains_itself, lambda *_: itertools.count(), lambda *_: np.broadcast_to(1.0, (10**6, 10**6))):
        verdict = judge(QUESTIONS["hidden_delta"], answer)
        assert verdict.earned == 0
        assert verdict.findings[0].kind == "form"


def test_numpy_settings_of_the_notebook_are_left_alone() -> None:
    def answer():
        np.seterr(all="raise")
        warnings.simplefilter("error")
        return 1

    settings, filters = np.geterr(), list(warnings.filters)
    assert run(answer, (), 1).value == 1
    assert np.geterr() == settings
    assert warnings.filters == filters
