"""The references of the features against the core and properties, the forms that are accepted, and the slider task."""

from functools import cache
from itertools import permutations

import numpy as np
import pytest

from nnlib import PCA, UnitScaling
from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.questions.features import round_by_the_mean as task
from nnlib.grading.questions.features.inputs import correlated, unmistakable
from nnlib.grading.questions.fixtures import cast
from nnlib.grading.trials import Fixture, fixtures
from nnlib.widgets.features import features_figure
from nnlib.widgets.features.experiment import cloud, conditioning, raw_features
from nnlib.widgets.features.plots import kappa_text

fit_unit_scaling, unit_scale, fit_pca, decorrelate, condition_number = (
    QUESTIONS[name].reference
    for name in ("fit_unit_scaling", "unit_scale", "fit_pca", "decorrelate", "condition_number")
)


@cache
def drawn(name: str) -> tuple[Fixture, ...]:
    return tuple(fixture for seed in range(3) for fixture in fixtures(QUESTIONS[name], seed))


def cases(name: str) -> list[tuple]:
    """The arguments of all families and edges but those in single precision, which is too coarse to compare."""
    exact = [fixture for fixture in drawn(name) if fixture.tolerance == QUESTIONS[name].tolerance]
    assert len(exact) > 20
    return [cast(fixture.arguments, float) for fixture in exact]


# ------------------------------------------------------------------ the references


def test_scaling_equals_the_core() -> None:
    for (X_train,) in cases("fit_unit_scaling"):
        scale, (low, high) = UnitScaling(X_train), fit_unit_scaling(X_train)
        np.testing.assert_array_equal((low, high), (scale.low, scale.high))
        for X in (X_train, 2 * X_train + 1):
            np.testing.assert_allclose(unit_scale(X, low, high), scale(X), rtol=1e-12, atol=1e-12)


def test_a_feature_reaches_from_0_to_1_on_the_training_set_or_is_0() -> None:
    for (X_train,) in cases("fit_unit_scaling"):
        low, high = fit_unit_scaling(X_train)
        Z, constant = unit_scale(X_train, low, high), low == high
        np.testing.assert_array_equal(Z.min(axis=0), 0)
        np.testing.assert_array_equal(Z.max(axis=0), np.where(constant, 0, 1))


def test_new_data_lie_on_both_sides_of_0_and_1() -> None:
    for fixture in drawn("unit_scale"):
        if not fixture.edge:
            (Z,) = fixture.expected
            assert Z.min() < -0.1
            assert Z.max() > 1.1


def test_a_constant_feature_is_the_same_in_the_new_data() -> None:
    constant = [case for case in cases("unit_scale") if (case[1] == case[2]).any()]
    assert len(constant) >= 6
    for X, low, high in constant:
        assert (X[:, low == high] == low[low == high]).all()


def test_pca_equals_the_core_but_for_signs() -> None:
    for (X_train,) in cases("fit_pca"):
        pca, (mean, V, variances) = PCA(X_train), fit_pca(X_train)
        np.testing.assert_allclose(mean, pca.mean, rtol=1e-12)
        np.testing.assert_allclose(np.abs(V.T @ pca.V), np.eye(len(V)), atol=1e-9)
        np.testing.assert_allclose(variances, pca.variances, rtol=1e-9, atol=1e-12 * variances[0])


def test_pca_makes_the_covariance_diagonal_and_keeps_lengths() -> None:
    for (X_train,) in cases("fit_pca"):
        mean, V, variances = fit_pca(X_train)
        Z = decorrelate(X_train, mean, V)
        np.testing.assert_allclose(Z.T @ Z / len(Z), np.diag(variances), atol=1e-12 * variances[0])
        np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(np.linalg.norm(Z, axis=1), np.linalg.norm(X_train - mean, axis=1), rtol=1e-12)


def test_pca_has_more_samples_than_features_and_distinct_variances() -> None:
    for (X_train,) in cases("fit_pca"):
        n, d = X_train.shape
        _, _, variances = fit_pca(X_train)
        assert n > d >= 2
        assert (np.diff(variances) < -0.1 * variances[1:] - 1e-9 * variances[0]).all()


def test_the_given_mean_and_components_are_not_those_of_the_new_data() -> None:
    for X, mean, V in cases("decorrelate"):
        np.testing.assert_allclose(V.T @ V, np.eye(len(V)), atol=1e-12)
        assert np.abs(X.mean(axis=0) - mean).max() > 1e-3


def test_the_condition_number_is_that_of_the_figure_and_of_the_singular_values() -> None:
    for (X,) in cases("condition_number"):
        kappa, s = condition_number(X), np.linalg.svd(X)[1]
        assert kappa == pytest.approx((s[0] / s[-1]) ** 2, rel=1e-6)
        if X.shape[1] == 2:
            assert kappa == pytest.approx(conditioning(X).kappa, rel=1e-9)


def test_the_inputs_can_tell_a_condition_number_from_its_root() -> None:
    assert all(condition_number(*fixture.arguments) > 2 for fixture in drawn("condition_number") if not fixture.edge)


def test_features_whose_components_are_not_clear_are_recognised() -> None:
    X = correlated(np.random.default_rng(0), 9, 3)
    mean, V, variances = fit_pca(X)
    whitened = decorrelate(X, mean, V) / np.sqrt(variances)

    def some_order_is_clear(deviations: tuple[float, ...], V: np.ndarray) -> bool:
        return any(unmistakable(whitened * order @ V.T) for order in permutations(deviations))

    assert some_order_is_clear((1, 1.6, 2.6), V)
    assert not some_order_is_clear((1, 1.1, 2.6), V)
    two_entries_alike, _ = np.linalg.qr([[1, 1, 1], [1, -1, 0.3], [0.5, 0.2, 2]])
    assert not some_order_is_clear((1, 1.6, 2.6), two_entries_alike)


# ------------------------------------------------------------------ what is accepted, and what is said


@pytest.mark.parametrize("seed", range(5))
def test_every_choice_of_signs_is_right(seed: int) -> None:
    def with_signs(bits: int):
        def answer(X_train):
            mean, V, variances = fit_pca(X_train)
            return mean, V * [1 - 2 * (bits >> j & 1) for j in range(V.shape[1])], variances

        return answer

    for bits in (1, 2, 5, 10, 21, 31):
        assert judge(QUESTIONS["fit_pca"], with_signs(bits), seed).right


def test_one_wrong_sign_inside_a_component_is_wrong() -> None:
    def answer(X_train):
        mean, V, variances = fit_pca(X_train)
        V = V.copy()
        V[0, 0] *= -1
        return mean, V, variances

    verdict = judge(QUESTIONS["fit_pca"], answer, seed=0)
    assert verdict.earned == pytest.approx(4 / 3)
    assert "Right: mean and variances." in report(verdict)


def test_the_mistakes_of_pca_are_named_with_any_signs_and_either_divisor() -> None:
    def ascending(X_train):
        variances, V = np.linalg.eigh(np.cov(X_train, rowvar=False))
        return X_train.mean(axis=0), -V, variances

    def vh(X_train):
        _, s, Vt = np.linalg.svd(X_train - X_train.mean(axis=0), full_matrices=False)
        return X_train.mean(axis=0), Vt, s**2 / (len(X_train) - 1)

    def not_centred(X_train):
        _, s, Vt = np.linalg.svd(X_train, full_matrices=False)
        return X_train.mean(axis=0), Vt.T, s**2 / (len(X_train) - 1)

    def rows_are_features(X_train):
        variances, V = np.linalg.eigh(np.cov(X_train))
        return X_train.mean(axis=0), V[:, ::-1], variances[::-1]

    for answer, name in [
        (ascending, "ascending order"),
        (vh, "the components in the rows"),
        (not_centred, "the mean is not subtracted"),
        (rows_are_features, "the covariance of the samples in place of the features"),
    ]:
        for seed in range(5):
            verdict = judge(QUESTIONS["fit_pca"], answer, seed)
            assert verdict.mistake == name, report(verdict)


def test_two_mistakes_in_two_results_of_pca_are_both_named() -> None:
    def answer(X_train):
        mean = X_train.mean(axis=0)
        _, s, Vt = np.linalg.svd(X_train - mean, full_matrices=False)
        return mean, Vt, s

    text = report(judge(QUESTIONS["fit_pca"], answer, seed=0)).replace("\n  ", " ")
    assert "Right: mean." in text
    assert "the components in the rows" in text
    assert "the singular values as variances" in text


@pytest.mark.parametrize("guard", [1e-12, 1e-11, 1e-10, 0.0])
def test_a_guard_that_is_small_enough_is_right(guard: float) -> None:
    def answer(X, low, high):
        return (X - low) / np.maximum(high - low + guard, 1e-15)

    assert all(judge(QUESTIONS["unit_scale"], answer, seed).right for seed in range(10))


def test_0_by_0_is_explained_and_costs_half_the_points() -> None:
    verdict = judge(QUESTIONS["unit_scale"], lambda X, low, high: (X - low) / (high - low), seed=0)
    assert verdict.earned == 1
    assert "not with a constant feature. Where high equals low, the formula says 0/0" in report(verdict).replace(
        "\n  ", " "
    )


def test_other_nans_are_not_put_down_to_a_constant_feature() -> None:
    def answer(X, low, high):
        return unit_scale(X, low, high) if (high > low).all() else np.full(X.shape, np.nan)

    verdict = judge(QUESTIONS["unit_scale"], answer, seed=0)
    assert "0/0" not in report(verdict)
    assert "15 of 15 entries of Z are nan or infinite" in report(verdict).replace("\n  ", " ")


def test_a_vanishing_smallest_eigenvalue_is_named_whatever_rounding_left_of_it() -> None:
    def answer(X):
        lams = np.abs(np.linalg.eigvals(X @ X.T))
        return lams.max() / lams.min()

    for seed in range(5):
        verdict = judge(QUESTIONS["condition_number"], answer, seed)
        assert verdict.mistake == "XXᵀ in place of XᵀX", report(verdict)


# ------------------------------------------------------------------ the slider task


@pytest.mark.parametrize("setting", [(6.0, 135, 0.7), (5.0, 30, 2.0), (9.3, 100, 0.0), (1.0, 0, 3.0)])
def test_kappa_is_that_of_the_figure(setting: tuple[float, float, float]) -> None:
    assert task.kappa(*setting) == pytest.approx(conditioning(raw_features(cloud(), *setting)).kappa, rel=1e-9)


def test_the_sliders_of_the_figure_have_the_range_of_the_task_and_its_caption_shows_kappa() -> None:
    figure = features_figure()
    assert {name: (control.min, control.max) for name, control in figure.controls.items()} == task.SLIDERS
    assert f'"stretch": {figure.values["stretch"]}' in task.FORM
    for name, number in (("stretch", 7.0), ("theta", 140), ("mean", 0.6)):
        figure.controls[name].value = number
    assert f"Raw: κ = {kappa_text(task.kappa(7.0, 140, 0.6))}." in figure.caption


def test_many_settings_of_the_sliders_are_right_but_only_a_few_in_a_hundred() -> None:
    settings = [
        (stretch, theta, mean)
        for stretch in np.arange(5.0, 10.01, 0.5)
        for theta in range(0, 181, 5)
        for mean in np.arange(0, 3.01, 0.1)
    ]
    right = [setting for setting in settings if task.kappa(*setting) < task.BAR]
    assert 100 < len(right) < 0.02 * len(settings)
    assert all(task.examine(dict(zip(task.SLIDERS, setting, strict=True)))[0] == 1 for setting in right)


def test_a_round_cloud_does_not_count() -> None:
    verdict = judge(QUESTIONS["round_by_the_mean"], {"stretch": 4.9, "theta": 135, "mean": 0.7})
    assert (verdict.mistake, verdict.earned) == (task.NOT_LONG, 0), report(verdict)


@pytest.mark.parametrize(
    ("setting", "mistake"),
    [
        ((6.0, 30, 2.0), task.WRONG_ANGLE),
        ((6.0, 45, 0.0), task.WRONG_ANGLE),
        ((8.0, 0, 1.0), task.WRONG_ANGLE),
        ((6.0, 150, 0.7), task.WRONG_ANGLE),
        ((6.0, 135, 0.0), task.MEAN_TOO_SMALL),
        ((10.0, 130, 0.5), task.MEAN_TOO_SMALL),
        ((10.0, 140, 0.9), task.MEAN_TOO_LARGE),
        ((6.0, 135, 3.0), task.MEAN_TOO_LARGE),
    ],
)
def test_what_is_wrong_with_a_setting_is_named(setting: tuple[float, float, float], mistake: str) -> None:
    value = dict(zip(task.SLIDERS, setting, strict=True))
    verdict = judge(QUESTIONS["round_by_the_mean"], value)
    assert (verdict.mistake, verdict.earned) == (mistake, 0), report(verdict)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((6, 135, 0.7), "a dict with three numbers"),
        ({"stretch": 6.0, "theta": 135}, "no key 'mean'"),
        ({"stretch": "long", "theta": 135, "mean": 0.7}, "are numbers"),
        ({"stretch": 6.0, "theta": 225, "mean": 0.7}, "theta is 225; the slider goes from 0 to 180"),
        ({"stretch": 6.0, "theta": 135, "mean": float("nan")}, "mean is nan"),
        ({"stretch": [6.0, 7.0], "theta": 135, "mean": 0.7}, "are numbers"),
    ],
)
def test_a_wrong_form_is_described(value: object, said: str) -> None:
    verdict = judge(QUESTIONS["round_by_the_mean"], value)
    assert said in report(verdict).replace("\n  ", " ")
    assert (verdict.mistake, verdict.earned) == (None, 0)
