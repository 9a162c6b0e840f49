"""The references of chapter 4, against the core, autograd and brute force; orders and seeds; the slider task."""

import contextlib
import itertools
import math
import random
import sys

import autograd.numpy as anp
import nbformat
import numpy as np
import pytest
from autograd import grad

from nnlib.course import ROOT
from nnlib.data import minibatches as core_minibatches
from nnlib.grading import check
from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.execution import run
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.questions.fixtures import cast
from nnlib.grading.questions.sgd import win_the_race
from nnlib.grading.trials import attempt, calls, fixtures
from nnlib.losses import SquaredError
from nnlib.optimizers import SGD
from nnlib.widgets.minibatch import race_figure

SEEDS = range(10)


def cases(name: str) -> list:
    """The arguments of all families and edges, in double precision."""
    question = QUESTIONS[name]
    drawn = [fixture for seed in range(5) for fixture in fixtures(question, seed)]
    return [cast(fixture.arguments, float) for fixture in drawn if fixture.tolerance == question.tolerance]


def reference(name: str):
    return QUESTIONS[name].reference


def of_family(name: str, family: str, seed: int) -> tuple:
    question = QUESTIONS[name]
    return (question.families | question.edges)[family](np.random.default_rng(seed))


def test_training_loss_is_that_of_the_core() -> None:
    for Z_L, Y in cases("training_loss"):
        assert reference("training_loss")(Z_L, Y) == pytest.approx(SquaredError().value(Z_L, Y), rel=1e-12)


def test_minibatches_are_those_of_the_core() -> None:
    for n, m, seed in cases("minibatches"):
        for ours, theirs in zip(reference("minibatches")(n, m, seed), core_minibatches(n, m, seed), strict=True):
            assert np.array_equal(ours, theirs)


def test_sgd_step_is_the_step_of_the_core() -> None:
    for params, grads, step_size in cases("sgd_step"):
        moved = [P.copy() for P in params]
        SGD(moved, step_size).step(grads)
        for ours, theirs in zip(reference("sgd_step")(params, grads, step_size), moved, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_sgd_epoch_descends_along_autograd_s_gradient_of_the_training_loss() -> None:
    for X, Y, w, m, step_size, seed in cases("sgd_epoch"):

        def loss(w, x, y):
            return 0.5 * anp.sum((anp.dot(x, w) - y) ** 2) / len(x)

        by_autograd = w
        for batch in core_minibatches(len(X), m, seed):
            by_autograd = by_autograd - step_size * grad(loss)(by_autograd, X[batch], Y[batch])
        np.testing.assert_allclose(reference("sgd_epoch")(X, Y, w, m, step_size, seed), by_autograd, rtol=1e-9)


def test_epochs_neither_explode_nor_stand_still() -> None:
    for X, Y, w, m, step_size, seed in cases("sgd_epoch"):
        end = reference("sgd_epoch")(X, Y, w, m, step_size, seed)
        assert np.abs(end).max() < 100
        assert np.abs(end - w).max() > 1e-5


# every partition is accepted


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("m", [1, 2, 3, 4, 5])
def test_each_ordered_partition_of_few_samples_is_accepted_and_nothing_near_it(n: int, m: int) -> None:
    question = QUESTIONS["sgd_epoch"]
    rng = np.random.default_rng([n, m])
    X, Y, w, step_size = rng.normal(size=(n, 2)), rng.normal(size=n), rng.normal(size=2), 0.1
    arguments = X, Y, w, m, step_size, 123_456_789
    # the w at which each order ends, by hand
    expected = question.settle(question.reference(*arguments), arguments)
    ends = []
    for order in itertools.permutations(range(n)):
        end = w
        for start in range(0, n, m):
            batch = list(order[start : start + m])
            end = end - step_size * sum((X[i] @ end - Y[i]) * X[i] for i in batch) / len(batch)
        ends.append(end)
        np.testing.assert_allclose(question.settle(end, arguments), expected, rtol=1e-9)
        with contextlib.suppress(ValueError):
            assert np.abs(question.settle(end + [1e-4, 0], arguments) - expected).max() > 1e-5
    if n > 1 and m < n:
        assert np.ptp(ends, axis=0).max() > 1e-3


def rules() -> dict:
    """Right epochs that shuffle in ways of their own."""

    def with_order(order_of):
        def sgd_epoch(X, Y, w, m, step_size, seed):
            order = np.array(order_of(len(X), seed))
            for start in range(0, len(X), m):
                batch = order[start : start + m]
                w = w - step_size * X[batch].T @ (X[batch] @ w - Y[batch]) / len(batch)
            return w

        return sgd_epoch

    def np_random_seed(n, seed):
        np.random.seed(seed)
        return np.random.permutation(n)

    return {
        "np.random.seed": with_order(np_random_seed),
        "a sequence of seeds": with_order(lambda n, seed: np.random.default_rng([seed, n]).permutation(n)),
        "another bit generator": with_order(
            lambda n, seed: np.random.Generator(np.random.MT19937(seed)).permutation(n)
        ),
        "the standard library": with_order(lambda n, seed: random.Random(str(seed)).sample(range(n), n)),
        "last sample first": with_order(lambda n, seed: np.random.default_rng(seed).permutation(n)[::-1]),
    }


@pytest.mark.parametrize("style", rules())
def test_every_style_of_shuffling_gets_the_points(style: str) -> None:
    for seed in SEEDS:
        verdict = judge(QUESTIONS["sgd_epoch"], rules()[style], seed)
        assert verdict.right, report(verdict)


# mistakes are named whatever the way to shuffle


def mistaken(order_of, divisor) -> dict:
    def sgd_epoch(X, Y, w, m, step_size, seed):
        order = np.array(order_of(len(X), seed))
        for start in range(0, len(X), m):
            batch = order[start : start + m]
            w = w - step_size * X[batch].T @ (X[batch] @ w - Y[batch]) / divisor(len(X), m)
        return w

    return sgd_epoch


@pytest.mark.parametrize(
    ("name", "divisor"),
    [("divided by n", lambda n, m: n), ("every mini-batch divided by m", lambda n, m: m)],
)
def test_a_mistake_is_named_in_another_order(name: str, divisor) -> None:
    for seed in SEEDS:
        answer = mistaken(lambda n, seed: random.Random(seed).sample(range(n), n), divisor)
        assert judge(QUESTIONS["sgd_epoch"], answer, seed).mistake == name


def shuffled_apart(X, Y, w, m, step_size, seed):
    np.random.seed(seed)
    X, Y = np.random.permutation(X), np.random.permutation(Y)
    for start in range(0, len(X), m):
        x, y = X[start : start + m], Y[start : start + m]
        w = w - step_size * x.T @ (x @ w - y) / len(x)
    return w


def drawn_by_choice(X, Y, w, m, step_size, seed):
    rng = np.random.RandomState(seed)
    for start in range(0, len(X), m):
        batch = rng.choice(len(X), size=min(m, len(X) - start))
        w = w - step_size * X[batch].T @ (X[batch] @ w - Y[batch]) / len(batch)
    return w


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (shuffled_apart, "X and Y in different orders"),
        (drawn_by_choice, "samples drawn with replacement"),
    ],
)
def test_mistakes_of_chance_are_named_mostly_and_never_by_a_wrong_name(answer, name: str) -> None:
    verdicts = [judge(QUESTIONS["sgd_epoch"], answer, seed) for seed in SEEDS]
    assert not any(verdict.right for verdict in verdicts)
    assert {verdict.mistake for verdict in verdicts} <= {name, None}
    assert sum(verdict.mistake == name for verdict in verdicts) > len(SEEDS) / 2


def test_an_order_that_comes_from_no_seed_is_noticed() -> None:
    def minibatches(n, m, seed):
        return core_minibatches(n, m, np.random.default_rng())

    def sgd_epoch(X, Y, w, m, step_size, seed):
        return reference("sgd_epoch")(X, Y, w, m, step_size, random.randrange(10**9))

    verdicts = [judge(QUESTIONS["minibatches"], minibatches, seed) for seed in SEEDS]
    assert {verdict.mistake for verdict in verdicts} == {"keeps something between calls"}
    # with five samples there are 120 orders, two of which may be the same
    verdicts = [judge(QUESTIONS["sgd_epoch"], sgd_epoch, seed) for seed in SEEDS]
    assert sum(verdict.mistake == "keeps something between calls" for verdict in verdicts) >= len(SEEDS) - 2


def test_the_last_digits_tell_one_order_from_another() -> None:
    # whole numbers and halves: without these digits, nothing would be left of the order
    X, Y, w = np.array([[1.0, 0.0], [1.0, 1.0], [2.0, 1.0]]), np.array([4.0, -2.0, 8.0]), np.zeros(2)
    settled = set()
    for order in itertools.permutations(range(3)):
        end = w
        for i in order:
            end = end - 0.5 * (X[i] @ end - Y[i]) * X[i]
        settled.add(QUESTIONS["sgd_epoch"].settle(end, (X, Y, w, 1, 0.5, 10**8)).tobytes())
    assert len(settled) == 6


@pytest.mark.parametrize("fixed", [0, 1, 42, 90_210, 987_654_321])
@pytest.mark.parametrize(
    "order_of",
    [
        lambda n, seed: np.random.default_rng(seed).permutation(n),
        lambda n, seed: np.random.RandomState(seed).permutation(n),
        lambda n, seed: random.Random(seed).sample(range(n), n),
    ],
)
def test_a_seed_of_ones_own_is_named_however_it_is_used(fixed: int, order_of) -> None:
    def minibatches(n, m, seed):
        order = np.array(order_of(n, fixed))
        return [order[start : start + m] for start in range(0, n, m)]

    def shuffled_inside(n, m, seed):
        return [np.random.RandomState(seed).permutation(batch) for batch in minibatches(n, m, seed)]

    for answer in (minibatches, shuffled_inside):
        verdict = judge(QUESTIONS["minibatches"], answer, fixed)
        assert (verdict.mistake, verdict.earned) == ("the seed is ignored", 1)

    def sgd_epoch(X, Y, w, m, step_size, seed):
        for batch in minibatches(len(X), m, seed):
            w = w - step_size * X[batch].T @ (X[batch] @ w - Y[batch]) / len(batch)
        return w

    verdict = judge(QUESTIONS["sgd_epoch"], sgd_epoch, fixed)
    assert (verdict.mistake, verdict.earned) == ("the seed is ignored", 1.5)
    assert "The order is the same for another seed" in report(verdict).replace("\n  ", " ")


def test_an_answer_is_called_with_two_seeds_in_the_order_in_which_the_calls_are_listed() -> None:
    called = []

    def call(answer, arguments, seconds):
        called.append(arguments)
        return run(answer, arguments, seconds)

    drawn = list(fixtures(QUESTIONS["minibatches"], 0))
    assert all(attempt(reference("minibatches"), fixture, call, 1.0).right for fixture in drawn)
    assert called == calls(drawn)
    assert all(first[:2] == again[:2] and first[2] != again[2] for first, again in zip(called[::2], called[1::2]))


def test_two_seeds_have_the_same_order_by_chance_hardly_ever() -> None:
    # there are only 2.7 million ways to deal 24 samples into two halves: with so few, two may be the same
    halves = np.split(np.random.default_rng(0).permutation(24), 2)
    assert round(QUESTIONS["minibatches"].settle((halves, halves), (24, 12, 10**8))[1], 4) == 2
    judged = [
        math.factorial(n) / math.prod(map(math.factorial, map(len, reference("minibatches")(n, m, seed))))
        for family in QUESTIONS["minibatches"].families
        for n, m, seed in [of_family("minibatches", family, 0)]
    ]
    assert 1 / min(judged) < 1e-12
    X, *_ = of_family("sgd_epoch", "many samples", 0)
    assert 1 / math.factorial(4) ** (len(X) / 4) < 1e-10


@pytest.mark.parametrize(
    "order",
    [
        lambda n, m, rng: np.arange(n)[::-1],
        lambda n, m, rng: np.roll(np.arange(n), rng.integers(n)),
        lambda n, m, rng: np.concatenate([rng.permutation(batch) for batch in np.split(np.arange(n), range(m, n, m))]),
    ],
)
def test_runs_of_neighbours_are_not_random(order) -> None:
    def minibatches(n, m, seed):
        of_all = order(n, m, np.random.default_rng(seed))
        return [of_all[start : start + m] for start in range(0, n, m)]

    verdicts = [judge(QUESTIONS["minibatches"], minibatches, seed) for seed in SEEDS]
    assert {(verdict.mistake, verdict.earned) for verdict in verdicts} == {("not shuffled", 1)}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.arange(5), "is the number 0"),
        ([[0, 1], [2, 3]], "1 index is in no mini-batch"),
        ([[0, 1], [2, 3], [3]], "Shuffle once, then cut"),
        ([[0, 1], [2, 3], [4], []], "is empty"),
        ([[1, 2], [3, 4], [5]], "from 1 to 5"),
        ([[0, 1], [2, -1], [3]], "from -1 to 3"),
        ([[0.0, 1.0], [2, 3], [4]], "whole numbers"),
        ([{0, 1}, {2, 3}, {4}], "is of type set"),
        ([np.array([[0], [1]]), np.array([2, 3]), [4]], "one dimension"),
        ({0: [0, 1]}, "returns a dict"),
        (iter([[0, 1]]), "expected is a list"),
        ([], "have the sizes none"),
        ([slice(0, 2)], "is of type slice"),
        ([True, False], "is the number True"),
    ],
)
def test_what_is_no_partition_is_told_so(value: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        QUESTIONS["minibatches"].settle((value, value), (5, 2, 10**8))


# one question after the other


def test_a_fault_in_minibatches_is_not_blamed_on_the_epoch(monkeypatch, capsys) -> None:
    dropped = next(mistake for mistake in QUESTIONS["minibatches"].mistakes if "short" in mistake.name)
    names = {"np": np, "minibatches": dropped.code}
    exec(
        """
def sgd_epoch(X, Y, w, m, step_size, seed):
    for batch in minibatches(len(X), m, seed):
        w = w - step_size * X[batch].T @ (X[batch] @ w - Y[batch]) / len(batch)
    return w
""",
        names,
    )
    for name, value in names.items():
        monkeypatch.setitem(vars(sys.modules["__main__"]), name, value)
    assert check("sgd_epoch") == 0
    said = capsys.readouterr().out.replace("\n  ", " ")
    assert "Your sgd_epoch itself is right. It calls your minibatches, where something is wrong" in said


# the slider task


def figure_s_number(m: int, step_size: float) -> tuple[int, float]:
    """The steps and what is reached, as the figure's caption says it."""
    figure = race_figure()
    figure.controls["m_0"].value = win_the_race.M_0
    figure.controls["m"].value = m
    figure.controls["step_size"].value = step_size
    steps = int(figure.caption.split("After ")[1].split(" of its own")[0].split()[-1])
    return steps, float(figure.caption.split("L − L* is ")[1].split(";")[0])


@pytest.mark.parametrize(("m", "step_size"), [(1, 0.1), (16, 0.05), (64, 0.2), (128, 0.5), (1024, 1.0)])
def test_the_slider_task_is_the_race_of_the_figure(m: int, step_size: float) -> None:
    steps, end = figure_s_number(m, step_size)
    assert steps == win_the_race.affordable_steps(m)
    assert win_the_race.reached(win_the_race.excess_losses(m, step_size)) == pytest.approx(end, rel=0.06)


def test_the_notebook_names_the_numbers_of_the_task() -> None:
    notebook = nbformat.read(ROOT / "solutions/04_sgd/sgd.ipynb", as_version=4)
    text = next(cell.source for cell in notebook.cells if cell.id == "win-the-race-text")
    assert f"$m_0 = {win_the_race.M_0}$" in text
    assert f"below $10^{{{np.log10(win_the_race.BAR):.0f}}}$" in text
    assert f"{win_the_race.TIME} steps with $m = 1$" in text


def test_many_pairs_on_the_sliders_win_and_none_with_one_sample_or_with_all() -> None:
    sliders = race_figure().controls
    step_sizes = 10 ** np.arange(sliders["step_size"].min, sliders["step_size"].max + 0.01, 0.2)
    ms = list(sliders["m"].options)
    right = {
        m: [a for a in step_sizes if judge(QUESTIONS["win_the_race"], {"m": m, "step_size": min(a, 1)}).right]
        for m in ms
    }
    assert sum(map(len, right.values())) > 10
    assert not right[1]
    assert not right[1024]
    assert right[32]
    assert right[64]


@pytest.mark.parametrize("m", [1, 7, 64, 1024])
@pytest.mark.parametrize("step_size", [5e-324, 1e-3, 0.3, 1.0])
def test_every_pair_gets_a_message(m: int, step_size: float) -> None:
    verdict = judge(QUESTIONS["win_the_race"], {"m": m, "step_size": step_size})
    assert verdict.right or verdict.mistake
    assert "nan" not in verdict.findings[0].text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((64, 0.1), "a dict with two numbers"),
        ({"m": 64, "eta": 0.1}, "no key 'step_size'"),
        ({"m": "a", "step_size": 0.1}, "are numbers"),
        ({"m": 2.5, "step_size": 0.1}, "a whole number"),
        ({"m": 0, "step_size": 0.1}, "from 1 to n = 1024"),
        ({"m": float("nan"), "step_size": 0.1}, "a whole number"),
        ({"m": 64, "step_size": 0}, "has to be positive"),
        ({"m": 64, "step_size": 3}, "at most 1"),
    ],
)
def test_another_form_is_told_so(value: object, said: str) -> None:
    verdict = judge(QUESTIONS["win_the_race"], value)
    assert verdict.earned == 0
    assert said in verdict.findings[0].text
