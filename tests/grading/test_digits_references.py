"""Training on real digits: the bars, the scans, the networks that may come back, and what is said of them."""

import time
from collections.abc import Callable

import numpy as np
import pytest

from nnlib.data import load_digits, one_hot
from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.execution import run
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.questions.digits import rescue_the_depth, symptoms, train_mistakes
from nnlib.grading.questions.digits import train as module
from nnlib.grading.questions.digits.networks import (
    IN_OUT,
    PREDICTIONS,
    SEPARATE,
    MisfitError,
    accuracy,
    as_network,
    outputs,
)
from nnlib.grading.questions.digits.rescue_the_depth import desk_result, examine
from nnlib.grading.questions.digits.scans import scans
from nnlib.grading.questions.digits.train_reference import learn, scaling, train, with_scaling
from nnlib.grading.verdict import Verdict
from nnlib.widgets.digits import figure
from nnlib.widgets.digits.desk import desk_training
from nnlib.widgets.digits.experiment import Recipe

BAR = max(module.BARS)
TRAIN = QUESTIONS["train"]


measured_budget = module.budget


@pytest.fixture(autouse=True)
def four_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is not measured anew for each verdict."""
    monkeypatch.setattr(module, "budget", lambda: 4.0)


def verdict_on(answer: Callable, seed: int = 0) -> Verdict:
    return judge(TRAIN, answer, seed)


def text_on(answer: Callable, seed: int = 0) -> str:
    return report(verdict_on(answer, seed)).replace("\n  ", " ")


def read(images, network: list) -> float:
    return accuracy(as_network(network, images.X, images.Y), images.X_test, images.Y_test)


# ------------------------------------------------------------------ the bars


@pytest.mark.parametrize("seed", range(5))
def test_the_reference_reaches_the_bar_with_room_to_spare(seed: int) -> None:
    images, few = scans(seed), scans(seed + 100, module.FEW, module.FEW_VALIDATION)
    assert read(images, train(*images[:4], seed, np.inf)) >= BAR + 0.02
    assert read(few, train(*few[:4], seed, np.inf)) >= module.BAR_OF_FEW + 0.2


def test_no_linear_model_comes_near_the_lowest_bar() -> None:
    for seed in range(3):
        images = scans(seed)
        middle, half = scaling(images.X)
        Z = np.column_stack([(images.X - middle) / half, np.ones(len(images.X))])
        V = np.linalg.solve(Z.T @ Z + np.eye(Z.shape[1]), Z.T @ images.Y).T
        W = V[:, :-1] / half
        assert read(images, [(W, V[:, -1] - W @ middle, "identity")]) < min(module.BARS) / 1.5


@pytest.mark.parametrize(("unseen", "points"), [(0.92, 6), (0.919, 5), (0.85, 5), (0.849, 3), (0.6, 3), (0.599, 0)])
def test_the_points_follow_the_table_of_the_notebook(
    unseen: float, points: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "accuracy", lambda *_: unseen)
    assert verdict_on(lambda *arguments: quick(*arguments, epochs=1)).earned == points


def quick(X, Y, X_val, Y_val, seed, seconds, epochs=40):
    middle, half = scaling(X)
    return with_scaling(learn((X - middle) / half, Y, seed, epochs=epochs), middle, half)


# ------------------------------------------------------------------ the scans


def test_no_image_to_learn_from_is_among_the_unseen_ones() -> None:
    images = scans(3)
    learned = {row.tobytes() for row in np.concatenate([images.X, images.X_val])}
    unseen = {row.tobytes() for row in images.X_test}
    assert len(learned) == 1280
    assert len(unseen) == 1034
    assert not learned & unseen


def test_a_negative_is_a_constant_minus_the_image() -> None:
    X = scans(4).X_test
    both = X[:517] + X[517:]
    np.testing.assert_allclose(both, np.broadcast_to(both[0], both.shape), rtol=1e-12)


def test_half_of_the_images_are_negatives() -> None:
    images = scans(5)
    positive, c = images.X_test[:517], images.X_test[0] + images.X_test[517]
    mean = positive.mean(axis=0)
    nearer = np.linalg.norm(images.X - mean, axis=1) > np.linalg.norm(images.X - (c - mean), axis=1)
    assert 0.3 < nearer.mean() < 0.7


@pytest.mark.parametrize("sizes", [(1024, 256), (300, 77)])
def test_the_spread_of_a_pixel_without_ink_is_exactly_0(sizes: tuple[int, int]) -> None:
    for seed in range(20):
        images = scans(seed, *sizes)
        both = np.concatenate([images.X, images.X_val])
        for X in (images.X, images.X_val, both):
            assert (X.std(axis=0) == 0).sum() == (np.ptp(X, axis=0) == 0).sum() == 3
        assert both.std(axis=0)[both.std(axis=0) > 0].min() > 0.01


def test_the_same_seed_gives_the_same_scans_and_another_one_others() -> None:
    assert all(map(np.array_equal, scans(1), scans(1)))
    assert not any(map(np.array_equal, scans(1), scans(2)))
    several = [scans(seed) for seed in range(4)]
    dead = {tuple(np.flatnonzero(images.X.std(axis=0) == 0)) for images in several}
    sizes = {
        tuple(images.Y.sum(axis=0) + images.Y_val.sum(axis=0) + images.Y_test[:517].sum(axis=0)) for images in several
    }
    assert len(dead) == len(sizes) == len(several)
    assert len({tuple(sorted(each)) for each in sizes}) == 1


def test_a_network_that_was_stored_beforehand_is_worthless_and_named() -> None:
    images = scans(0)
    stored = train(*images[:4], 0, np.inf)
    assert read(images, stored) > BAR
    verdict = verdict_on(lambda *_: stored, seed=1)
    assert (verdict.mistake, verdict.earned) == (symptoms.NOT_TRAINED, 0)


def test_training_on_the_published_images_is_worth_nothing() -> None:
    def answer(X, Y, X_val, Y_val, seed, seconds):
        digits, labels = load_digits()
        return quick(16 * digits, one_hot(labels, 10), None, None, seed, seconds, epochs=5)

    assert verdict_on(answer).mistake == symptoms.NOT_TRAINED


# ------------------------------------------------------------------ time


def test_a_slow_machine_gives_more_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured_budget() >= 3
    monkeypatch.setattr(module, "training_step", lambda *_: time.sleep(0.001))
    assert measured_budget() >= 10


def test_the_answer_is_told_its_seconds_and_stopped_at_three_times_as_many() -> None:
    told, limits = [], []

    def watched(answer, arguments, seconds):
        told.append(arguments[-1])
        limits.append(seconds)
        return run(answer, arguments, seconds)

    judge(TRAIN, quick, 0, run=watched)
    assert told == pytest.approx([4 / 3, 4, 4 / 3])
    assert limits == pytest.approx([6, 12, 6])


def test_one_that_the_clock_stops_loses_nothing() -> None:
    drawn = iter(range(100))

    def answer(*arguments):
        time.sleep(0.8 * arguments[-1])
        return quick(*arguments[:4], next(drawn), None)

    verdict = verdict_on(answer)
    assert verdict.mistake is None
    assert "because the clock ends the training. This costs nothing" in report(verdict).replace("\n  ", " ")


def test_without_the_clock_another_network_costs_a_point() -> None:
    drawn = iter(range(100))
    verdict = verdict_on(lambda *arguments: quick(*arguments[:4], next(drawn), None))
    assert (verdict.mistake, verdict.earned) == (train_mistakes.NOT_REPRODUCIBLE, 5)


# ------------------------------------------------------------------ the form of what comes back

X, Y = np.ones((5, 3)), np.ones((5, 2))
W1, b1, W2, b2 = np.ones((4, 3)), np.zeros(4), np.ones((2, 4)), np.zeros(2)
RIGHT = [(W1, b1, "relu"), (W2, b2, "identity")]


@pytest.mark.parametrize(
    "value",
    [
        RIGHT,
        tuple(map(list, RIGHT)),
        [(W1.tolist(), b1.tolist(), "relu"), (W2.astype(int), b2.astype(np.float32), np.str_("identity"))],
        [(W1, b1[None], "relu"), (W2, b2, "identity")],
        [(np.ones((2, 3)), b2, "tanh")],
    ],
)
def test_forms_that_are_accepted(value: object) -> None:
    network = as_network(value, X, Y)
    assert outputs(network, X).shape == (5, 2)


@pytest.mark.parametrize(
    ("value", "message", "mistake"),
    [
        (None, "returns None: did you forget the return?", None),
        (3.0, "a value of type float; expected is a list with one (W, b, sigma)", None),
        ({"W1": W1}, "a value of type dict", None),
        ([], "an empty list", None),
        (np.zeros(5), "an array of shape (5,)", PREDICTIONS),
        (np.zeros((5, 2)), "an array of shape (5, 2)", PREDICTIONS),
        (W1, "an array of shape (4, 3)", None),
        ([1, 0, 1], "returns 3 numbers", PREDICTIONS),
        (([W1, W2], [b1, b2]), "returns 2 lists", SEPARATE),
        (([W1, W2], [b1, b2], ["relu", "identity"]), "returns 3 lists", SEPARATE),
        ((W1, b1, W2, b2), "layer i = 1, is a value of type ndarray", None),
        ((RIGHT, 0.95), "Entry 0 of the list, layer i = 1, is 2 values", None),
        ([(W1, b1), (W2, b2)], "is 2 values; expected is (W, b, sigma)", None),
        ([(W.T, b, sigma) for W, b, sigma in RIGHT], "(3, 4), (4, 2)", IN_OUT),
        ([(b1, W1, "relu"), RIGHT[1]], "W of layer i = 1 has shape (4,)", None),
        ([("a", b1, "relu"), RIGHT[1]], "W of layer i = 1 is a str", None),
        ([(W1[:, :2], b1, "relu"), RIGHT[1]], "but X has 3 values for each image. What was done to X before", None),
        ([RIGHT[0], (W2[:, :3], b2, "identity")], "layer i = 1 gives 4 values", None),
        ([RIGHT[0], (W2[:1], b2[:1], "identity")], "gives 1 values for each image; expected are 2", None),
        ([(W1, b1[:, None], "relu"), RIGHT[1]], "b of layer i = 1 has shape (4, 1); expected (d_i,) = (4,)", None),
        ([(W1, 0.0, "relu"), RIGHT[1]], "b of layer i = 1 has shape ()", None),
        ([(W1, None, "relu"), RIGHT[1]], "b of layer i = 1 is None", None),
        ([RIGHT[0], (W2, b2, "softmax")], "'softmax': write 'identity'", None),
        ([RIGHT[0], (W2, b2, np.tanh)], "a value of type ufunc; expected is one of the names 'identity'", None),
        ([(W1, b1, "ReLU"), RIGHT[1]], "is 'ReLU'; expected is one of", None),
        ([(W1 * 1j, b1, "relu"), RIGHT[1]], "type complex128", None),
        ([(np.ones((400_000, 3)), np.ones(400_000), "relu"), RIGHT[1]], "more than 1,000,000 weights", None),
    ],
)
def test_forms_that_are_refused(value: object, message: str, mistake: str | None) -> None:
    with pytest.raises(MisfitError) as caught:
        as_network(value, X, Y)
    assert message in str(caught.value)
    assert caught.value.mistake == mistake


# ------------------------------------------------------------------ wrong answers that are not in the catalogue


def trained_on(change: Callable, fold: bool = False) -> Callable:
    """Trained on changed features; the network is returned as it is."""

    def answer(X, Y, X_val, Y_val, seed, seconds):
        W1, b1, W2, b2 = learn(change(X), Y, seed, epochs=12)
        return [(W1, b1, "relu"), (W2, b2, "identity")]

    return answer


def standardized(X):
    spread = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "change", [standardized, lambda X: standardized(X) / 2, lambda X: (X - X.mean(axis=0)) / (np.ptp(X, axis=0) + 1e-8)]
)
def test_other_scalings_that_are_not_put_back(change: Callable, seed: int) -> None:
    assert verdict_on(trained_on(change), seed).mistake == symptoms.SCALING


def test_too_few_epochs_have_no_name_and_are_described() -> None:
    text = text_on(lambda *arguments: quick(*arguments, epochs=2))
    assert "It has not learned those yet" in text
    assert "It looks like this" not in text


def test_a_loss_that_is_nan_has_diverged() -> None:
    def answer(X, Y, X_val, Y_val, seed, seconds):
        X, Y = X[:64], Y[:64]
        W, b = np.zeros((10, 64)), np.zeros(10)
        for _ in range(200):
            delta = (X @ W.T + b - Y) / len(X)
            W, b = W - 0.1 * delta.T @ X, b - 0.1 * delta.sum(axis=0)
        return [(W, b, "identity")]

    assert verdict_on(answer).mistake == symptoms.DIVERGED


def test_steps_that_are_too_large_are_not_taken_for_a_constant_pixel() -> None:
    def answer(X, Y, X_val, Y_val, seed, seconds):
        middle, half = scaling(X)
        params = learn((X - middle) / half, Y, seed, epochs=12, step_size=64 * 0.2)
        return with_scaling([P * np.nan for P in params] if len(X) > 500 else params, middle, half)

    assert verdict_on(answer).mistake == symptoms.DIVERGED


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(
    "unit", [scaling, lambda X: (X.mean(axis=0), np.where(np.ptp(X, axis=0) > 0, X.std(axis=0), 1))]
)
def test_a_shift_that_is_put_into_b_wrongly_is_recognised(unit: Callable, sign: int) -> None:
    def answer(X, Y, X_val, Y_val, seed, seconds):
        c, s = unit(X)
        W1, b1, W2, b2 = learn((X - c) / s, Y, seed, epochs=12, step_size=0.1)
        b1 = b1 - W1 @ c if sign < 0 else b1 + (W1 / s) @ c
        return [(W1 / s, b1, "relu"), (W2, b2, "identity")]

    assert verdict_on(answer).mistake == symptoms.SCALING


def test_a_rare_pixel_that_is_blown_up_is_not_taken_for_divergence() -> None:
    def answer(X, Y, X_val, Y_val, seed, seconds):
        return quick(X[:64], Y[:64], None, None, seed, seconds)

    assert {verdict_on(answer, seed).mistake for seed in range(2)} <= {None, symptoms.GUESSING}


def test_a_square_w_that_is_transposed_is_recognised() -> None:
    def answer(*arguments):
        (W1, b1, _), last = quick(*arguments)
        return [(W1.T, b1, "relu"), last]

    assert verdict_on(answer).mistake == IN_OUT


def test_an_exception_is_shown_with_its_line() -> None:
    def answer(X, Y, X_val, Y_val, seed, seconds):
        return X @ Y

    text = text_on(answer)
    assert 'It stops at the line "return X @ Y"' in text
    assert "X (n, d_0) = (1024, 64)" in text


def test_what_is_not_written_or_no_function_is_said() -> None:
    def stub(X, Y, X_val, Y_val, seed, seconds):
        raise NotImplementedError

    assert "stub is not written yet" in text_on(stub)
    assert "train is not a function; expected is def train(X, Y, X_val, Y_val, seed, seconds)" in text_on([(W1, b1)])


def test_the_same_seed_gives_the_same_verdict() -> None:
    assert verdict_on(quick, 5) == verdict_on(quick, 5)


def test_every_call_goes_through_run_with_plain_data() -> None:
    seen = []

    def elsewhere(answer, arguments, seconds):
        seen.append([type(argument) for argument in arguments])
        return run(quick, arguments, seconds)

    assert judge(TRAIN, print, 0, run=elsewhere).earned > 0
    assert seen == [[np.ndarray] * 4 + [int, float]] * len(seen)
    assert len(seen) >= 3


# ------------------------------------------------------------------ rescue the depth


@pytest.mark.parametrize(
    ("step_size", "batchnorm", "connection", "epochs"),
    [(1.0, False, "dense", 2), (0.2, True, "none", 2), (0.02, True, "residual", 2), (0.5, True, "residual", 10)],
)
def test_it_is_the_training_of_the_desk(
    step_size: float, batchnorm: bool, connection: str, epochs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescue_the_depth, "EPOCHS", epochs)
    dials = {"step_size": step_size, "batchnorm": batchnorm, "connection": connection}
    *_, last = desk_training(Recipe(**dials, depth=12, sigma="sigmoid", epochs=epochs))
    expected = last.accuracies[-1], last.step if last.diverged else None
    assert desk_result(**dials) == expected


def test_it_is_as_long_as_on_the_desk() -> None:
    assert rescue_the_depth.EPOCHS == figure.EPOCHS


@pytest.mark.parametrize("step_size", [0.01, 0.1, 1.0, 10.0])
def test_plain_layers_learn_at_no_step_size(step_size: float) -> None:
    assert desk_result(step_size, False, "none")[0] < 0.2


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0.1, "is a dict with three entries"),
        ({"step_size": 0.1}, "no key 'batchnorm' and no key 'connection'"),
        ({"step_size": "a", "batchnorm": True, "connection": "none"}, "step_size is a number"),
        ({"step_size": 100, "batchnorm": True, "connection": "none"}, "the slider goes from 0.001 to 10"),
        ({"step_size": 0.1, "batchnorm": "on", "connection": "none"}, "True or False"),
        ({"step_size": 0.1, "batchnorm": True, "connection": None}, "one of 'none', 'residual', 'dense'"),
    ],
)
def test_dials_of_the_wrong_form_are_told_so(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        examine(value)
