"""The references of chapter 6, against the core, eigenvalues and a search; the slider task against its figure."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from nnlib.grading import check
from nnlib.grading.diagnosis import judge
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.questions.fixtures import cast
from nnlib.grading.questions.momentum import cross_the_ravine
from nnlib.grading.trials import fixtures
from nnlib.optimizers import SGD
from nnlib.widgets.ravine import experiment, momentum


def cases(name: str) -> list:
    """The arguments and what is expected, of all families and edges, in double precision."""
    question = QUESTIONS[name]
    drawn = [fixture for seed in range(5) for fixture in fixtures(question, seed)]
    exact = [fixture for fixture in drawn if fixture.tolerance == question.tolerance]
    return [(cast(fixture.arguments, float), fixture.expected) for fixture in exact]


def assert_close(got, expected) -> None:
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def test_momentum_step_is_the_step_of_the_core() -> None:
    for (W, G, gradient, alpha, beta), (new_W, new_G) in cases("momentum_step"):
        params = [W.copy()]
        optimizer = SGD(params, alpha, beta)
        optimizer.velocities[0][...] = G
        optimizer.step([gradient])
        assert_close(params[0], new_W)
        assert_close(optimizer.velocities[0], new_G)


def test_momentum_path_is_the_path_of_the_core() -> None:
    for (H, w0, alphas, beta), (path,) in cases("momentum_path"):
        schedule = dict(enumerate(alphas)).__getitem__
        assert_close(experiment.iterates(H, w0, schedule, beta, steps=len(alphas)), path)


def test_momentum_path_multiplies_by_the_lecture_s_matrix_in_each_eigen_direction() -> None:
    for (H, w0, alphas, beta), (path,) in cases("momentum_path"):
        lam, Q = np.linalg.eigh(H)
        for i in range(len(lam)):
            q, G = Q[:, i] @ w0, 0.0
            for t, alpha in enumerate(alphas):
                q, G = np.array([[1 - alpha * lam[i], -alpha * beta], [lam[i], beta]]) @ [q, G]
                assert_close(path[t + 1] @ Q[:, i], q)


def test_paths_neither_explode_nor_stand_still() -> None:
    for (H, _, alphas, _), (path,) in cases("momentum_path"):
        assert np.abs(path).max() < 20
        assert np.allclose(H, H.T)
        assert np.linalg.eigvalsh(H).min() > 0
        assert len(path) == len(alphas) + 1
        assert not len(alphas) or np.abs(np.diff(path, axis=0)).max() > 1e-3


def test_a_fault_in_momentum_step_is_not_blamed_on_the_path(monkeypatch, capsys) -> None:
    names = {"np": np, "momentum_step": QUESTIONS["momentum_step"].mistakes[0].code}
    exec(
        """
def momentum_path(H, w0, alphas, beta):
    w, G = w0, np.zeros(len(w0))
    path = [w]
    for alpha in alphas:
        w, G = momentum_step(w, G, H @ w, alpha, beta)
        path.append(w)
    return np.array(path)
""",
        names,
    )
    for name, value in names.items():
        monkeypatch.setitem(vars(sys.modules["__main__"]), name, value)
    assert check("momentum_path") == 0
    assert "It calls your momentum_step, where something is wrong" in capsys.readouterr().out.replace("\n  ", " ")


def worst_rate(lam_min: float, lam_max: float, alpha: float, beta: float) -> float:
    """The largest eigenvalue of the two ends' matrices."""
    ends = [np.array([[1 - alpha * lam, -beta], [alpha * lam, beta]]) for lam in (lam_min, lam_max)]
    return max(np.abs(np.linalg.eigvals(M)).max() for M in ends)


def test_no_pair_is_better_than_best_momentum() -> None:
    for (lam_min, lam_max), (alpha, beta) in cases("best_momentum"):
        best = np.sqrt(beta)
        # eigenvalues that are equal are found to half the digits only
        assert worst_rate(lam_min, lam_max, alpha, beta) == pytest.approx(best, abs=1e-6)
        for turn in np.linspace(0, 2 * np.pi, 24, endpoint=False):
            other_alpha = alpha * (1 + 0.02 * np.cos(turn))
            other_beta = beta + 0.02 * (1 - beta) * np.sin(turn)
            if other_beta >= 0:
                assert worst_rate(lam_min, lam_max, other_alpha, other_beta) > best


def test_a_search_over_pairs_earns_half() -> None:
    def search(lam_min, lam_max):
        best = 1.0, 0.0, 0.0
        for alpha in np.arange(1, int(400 / lam_max) + 1) / 100:
            for beta in np.arange(100) / 100:
                rate = max(experiment.momentum_rate(alpha * lam, beta) for lam in (lam_min, lam_max))
                if rate < best[0]:
                    best = rate, alpha, beta
        return best[1:]

    question = QUESTIONS["best_momentum"]
    narrow = question.families["a narrow ravine"]
    verdict = judge(replace(question, families={"one": narrow, "another": narrow}, edges={}), search, seed=0)
    assert verdict.mistake == "a search in steps of 0.01 in place of the formula"
    assert verdict.earned == 1


def test_best_momentum_is_that_of_the_lecture() -> None:
    for (lam_min, lam_max), expected in cases("best_momentum"):
        assert_close(experiment.best_momentum(np.array([lam_min, lam_max])), np.ravel(expected))


def test_the_slider_task_has_the_ravine_of_the_figure() -> None:
    assert momentum.STEPS == cross_the_ravine.STEPS
    for step_size, beta in [(0.25, 0.25), (0.1, 0.9), (0.3, 0.36), (0.05, 0.0)]:
        path = experiment.iterates(momentum.H, momentum.W_0, step_size, beta, steps=momentum.STEPS)
        losses = experiment.loss_by_direction(path, experiment.LAM, momentum.Q)
        np.testing.assert_allclose(cross_the_ravine.final_losses(step_size, beta), losses[-1], rtol=1e-4, atol=1e-30)


def test_many_pairs_on_the_sliders_cross_the_ravine_and_none_without_momentum() -> None:
    figure = momentum.momentum_figure()
    alphas, betas = (
        np.round(np.arange(slider.min, slider.max + slider.step / 2, slider.step), 6)
        for slider in (figure.controls["step_size"], figure.controls["beta"])
    )
    question = QUESTIONS["cross_the_ravine"]
    right = [(a, b) for a in alphas[::2] for b in betas[::3] if judge(question, {"step_size": a, "beta": b}).right]
    assert len(right) > 20
    assert min(beta for _, beta in right) > 0.1


@pytest.mark.parametrize("step_size", [5e-324, 1e-9, 0.1, 0.4444, 1.0, 1e300])
@pytest.mark.parametrize("beta", [0.0, 0.3, 1 - 1e-16])
def test_every_pair_gets_a_message_and_no_warning(step_size: float, beta: float) -> None:
    verdict = judge(QUESTIONS["cross_the_ravine"], {"step_size": step_size, "beta": beta})
    assert verdict.earned == 0
    assert verdict.mistake
    assert "nan" not in verdict.findings[0].text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((0.25, 0.25), "a dict with two numbers"),
        ({"alpha": 0.25, "beta": 0.25}, "no key 'step_size'"),
        ({"step_size": "a", "beta": 0.25}, "are numbers"),
        ({"step_size": 0, "beta": 0.25}, "has to be a positive number"),
        ({"step_size": 0.25, "beta": 25}, "less than 1"),
    ],
)
def test_another_form_is_told_so(value: object, said: str) -> None:
    verdict = judge(QUESTIONS["cross_the_ravine"], value)
    assert verdict.earned == 0
    assert said in verdict.findings[0].text
