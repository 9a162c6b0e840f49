"""What a verdict says: forms, leniencies, constant factors, places, partial points; and that it never names wrongly."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib.activations import ACTIVATIONS
from nnlib.grading.check import report
from nnlib.grading.diagnosis import CHANGED_ARGUMENTS, FINITE_DIFFERENCE, KEEPS_STATE, blame, judge
from nnlib.grading.question import Question, Result
from nnlib.grading.questions import CHAPTERS, QUESTIONS
from nnlib.grading.questions.forms import signs_settled, values_of
from nnlib.grading.verdict import Verdict


def hidden_delta(delta_next, W_next, A, sigma):
    return (delta_next @ W_next) * ACTIVATIONS[sigma].sigma_prime(A)


def layer_gradients(delta, Z_prev):
    return delta.T @ Z_prev, delta.sum(axis=0)


backward = QUESTIONS["backward"].reference


def verdict_on(answer: Callable, name: str = "hidden_delta", seed: int = 0) -> Verdict:
    return judge(QUESTIONS[name], answer, seed)


def kinds(verdict: Verdict) -> list[str]:
    return [finding.kind for finding in verdict.findings]


# ------------------------------------------------------------------ the form


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (lambda delta: None, "returns None: did you forget the return?"),
        (lambda delta: (delta,), "(1, 6, 5); expected (m, d_i) = (6, 5). Is there a comma too many after return?"),
        (lambda delta: "delta", "delta is a str; expected are numbers"),
        (lambda delta: delta + 1j, "entries of type complex128"),
        (lambda delta: delta.astype(object), "entries of type object"),
        (lambda delta: delta.tolist()[:-1] + [[1.0]], "rows have different lengths"),
        (lambda delta: delta * np.nan, "30 of 30 entries of delta are nan or infinite"),
        (lambda delta: delta[:, :2], "delta has shape (6, 2); expected (m, d_i) = (6, 5)."),
        (lambda delta: (delta, 0.5), "delta is a tuple of 2 values; expected is one array"),
        (lambda delta: (delta, delta), "delta is a tuple of 2 values; expected is one array"),
        (lambda delta: iter(delta), "delta is an iterator"),
        (lambda delta: {"delta": delta}, "delta is a dict"),
        (lambda delta: judge, "delta is a function"),
    ],
)
def test_a_wrong_form_is_described(returned: Callable, said: str) -> None:
    verdict = verdict_on(lambda *arguments: returned(hidden_delta(*arguments)))
    assert said in report(verdict).replace("\n  ", " ")
    assert verdict.earned == 0


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (lambda dW, db: dW, "returns an array of shape (3, 5); expected are 2 values: (dW, db)"),
        (lambda dW, db: (dW, db, 0), "returns 3 values; expected are 2: (dW, db)"),
        (lambda dW, db: (dW, None), "db is None; expected are numbers"),
    ],
)
def test_a_wrong_number_of_values_is_described(returned: Callable, said: str) -> None:
    verdict = verdict_on(lambda *arguments: returned(*layer_gradients(*arguments)), "layer_gradients")
    assert said in report(verdict).replace("\n  ", " ")


@pytest.mark.parametrize(
    ("returned", "helps"),
    [
        (lambda dW, db: dW, False),
        (lambda dW, db: (dW, db, 0), False),
        (lambda dW, db: None, False),
        (lambda dW, db: (None, db), False),
        (lambda dW, db: ("dW", db), False),
        (lambda dW, db: (dW.T, db), True),
        (lambda dW, db: (dW + 1, db), True),
    ],
)
def test_where_the_kind_is_wrong_no_question_and_no_formula_about_numbers_is_shown(
    returned: Callable, helps: bool
) -> None:
    verdict = verdict_on(lambda *arguments: returned(*layer_gradients(*arguments)), "layer_gradients")
    assert ("ask" in kinds(verdict), "formula" in kinds(verdict)) == (helps, helps)


def test_a_list_that_is_not_over_the_layers_does_not_speak_of_layers() -> None:
    step = QUESTIONS["sgd_step"].reference
    answers = [
        lambda params, grads, step_size: [P + 1 for P in step(params, grads, step_size)],
        lambda params, grads, step_size: 0.0,
        lambda params, grads, step_size: step(params, grads, step_size)[1:],
        lambda params, grads, step_size: [None, *step(params, grads, step_size)[1:]],
    ]
    for answer in answers:
        verdict = verdict_on(answer, "sgd_step")
        assert not verdict.right
        assert "ayer" not in report(verdict)


def test_lists_over_the_layers_have_their_own_messages() -> None:
    short = verdict_on(lambda *arguments: tuple(part[1:] for part in backward(*arguments)), "backward")
    assert "dWs has 2 entries; expected is one entry for each of the L = 3 layers" in report(short)
    single = verdict_on(lambda *arguments: (0.0, backward(*arguments)[1]), "backward")
    assert "dWs is a float; expected is a list with one entry for each layer" in report(single)
    assert single.earned == 2
    hole = verdict_on(lambda *arguments: ([None] * len(arguments[2]), backward(*arguments)[1]), "backward")
    assert "dWs[2] is None" in report(hole)


def test_an_exception_comes_with_the_line_and_the_shapes() -> None:
    def answer(delta_next, W_next, A, sigma):
        return (W_next @ delta_next) * A  # the line

    text = report(verdict_on(answer)).replace("\n  ", " ")
    assert 'at the line "return (W_next @ delta_next) * A  # the line" in answer with ValueError' in text
    assert "the matrix product does not fit, 5 columns meet 6 rows" in text
    assert "delta_next (m, d_{i+1}) = (6, 3), W_next (d_{i+1}, d_i) = (3, 5), A (m, d_i) = (6, 5)" in text
    assert "It does run where all sizes are equal" in text


def test_a_wrong_signature_is_an_exception_like_others() -> None:
    text = report(verdict_on(lambda delta, W: delta @ W))
    assert "takes 2 positional arguments but 4 were given" in text.replace("\n  ", " ")
    assert "where all sizes are equal" not in text


def test_what_is_no_function_is_said() -> None:
    verdict = verdict_on(3.0)
    assert report(verdict).splitlines()[1].startswith("  hidden_delta is not a function")
    assert "def hidden_delta(delta_next, W_next, A, sigma)" in report(verdict)


# ------------------------------------------------------------------ the leniencies of the contract


def in_single_precision(delta_next, W_next, A, sigma):
    delta = hidden_delta(delta_next, W_next, A, sigma)
    return delta.astype(np.float32) if A.dtype == np.float32 else delta


@pytest.mark.parametrize(
    "answer",
    [
        lambda *arguments: hidden_delta(*arguments).tolist(),
        lambda *arguments: [list(map(np.float64, row)) for row in hidden_delta(*arguments)],
        lambda *arguments: tuple(hidden_delta(*arguments)),
        lambda *arguments: np.ma.masked_array(hidden_delta(*arguments)),
        lambda *arguments: hidden_delta(*arguments).astype(np.longdouble),
        lambda *arguments: np.asfortranarray(hidden_delta(*arguments)),
        in_single_precision,
    ],
)
def test_arrays_may_come_in_any_form(answer: Callable) -> None:
    assert verdict_on(answer).right


def test_lists_and_tuples_are_the_same() -> None:
    assert verdict_on(lambda *arguments: list(map(tuple, backward(*arguments))), "backward").right


def test_numbers_may_be_zero_dimensional() -> None:
    assert verdict_on(lambda p, q, h: np.array(np.subtract(p, q) / (2 * h)), "central_difference").right


def test_a_row_for_db_gets_the_points_and_a_remark() -> None:
    def answer(delta, Z_prev):
        return delta.T @ Z_prev, delta.sum(axis=0, keepdims=True)

    verdict = verdict_on(answer, "layer_gradients")
    assert verdict.right
    assert kinds(verdict) == ["right", "remark"]
    assert "db has shape (1, 3); the course writes (d_i,) = (3,)" in report(verdict)


def slope_one_at_zero(sigma, A):
    return (A >= 0) * 1.0 if sigma == "relu" else ACTIVATIONS[sigma].sigma_prime(A)


def test_the_slope_of_relu_at_zero_does_not_matter() -> None:
    def answer(X, Y, Ws, bs, sigmas):
        As, Zs = [], [X]
        for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
            As.append(Zs[-1] @ W.T + b)
            Zs.append(ACTIVATIONS[sigma].sigma(As[-1]))
        delta = (Zs[-1] - Y) / len(X) * slope_one_at_zero(sigmas[-1], As[-1])
        dWs, dbs = [delta.T @ Zs[-2]], [delta.sum(0)]
        for j in range(len(Ws) - 1, 0, -1):
            delta = delta @ Ws[j] * slope_one_at_zero(sigmas[j - 1], As[j - 1])
            dWs.insert(0, delta.T @ Zs[j - 1])
            dbs.insert(0, delta.sum(0))
        return dWs, dbs

    for seed in range(30):
        assert verdict_on(answer, "backward", seed).right
        assert verdict_on(lambda d, W, A, sigma: d @ W * slope_one_at_zero(sigma, A), seed=seed).right


def test_prints_and_warnings_cost_nothing(capfd: pytest.CaptureFixture) -> None:
    def answer(delta_next, W_next, A, sigma):
        print("shapes", delta_next.shape)
        np.exp(np.array(1e5)), np.log(np.array(0.0))
        return hidden_delta(delta_next, W_next, A, sigma)

    verdict = verdict_on(answer)
    assert verdict.right
    assert kinds(verdict) == ["right", "aside", "aside"]
    assert "prints ('shapes (6, 3)')" in report(verdict)
    assert "overflow encountered in exp" in report(verdict)
    assert capfd.readouterr() == ("", "")


def test_raised_numpy_errors_do_not_reach_the_answer() -> None:
    with np.errstate(all="raise"):
        assert verdict_on(lambda *arguments: hidden_delta(*arguments) + np.exp(np.array(-1e5))).right


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (lambda m: 3, "delta is 3 times too large, everywhere."),
        (lambda m: -0.1, "delta is 10 times too small, and of the wrong sign, everywhere."),
        (lambda m: 0, "delta is zero, everywhere."),
        (lambda m: 1 / (m * m), "entries differ"),
    ],
)
def test_a_constant_factor_without_a_name_is_reported(factor: Callable, said: str) -> None:
    verdict = verdict_on(lambda *arguments: factor(len(arguments[2])) * hidden_delta(*arguments))
    assert verdict.mistake is None
    assert said in report(verdict).replace("\n  ", " ")


def test_a_factor_m_is_told_from_a_number() -> None:
    def answer(delta, Z_prev):
        return len(delta) * delta.T @ Z_prev, delta.sum(axis=0)

    verdict = verdict_on(answer, "layer_gradients")
    assert verdict.mistake is None
    assert "dW is m times too large: is the 1/m of the mean missing, or taken back?" in report(verdict)
    assert verdict.earned == 1


def test_the_first_wrong_entry_is_shown() -> None:
    def answer(*arguments):
        delta = hidden_delta(*arguments)
        delta[2, 1] += 1
        return delta

    verdict = verdict_on(answer)
    assert kinds(verdict) == ["values", "ask", "place", "formula"]
    assert repr(verdict.picture).splitlines()[3] == "  · ✗ · · ·"
    assert "delta[2, 1] is " in report(verdict)
    assert "1 of 30 entries differ" in report(verdict)


def test_in_the_backward_pass_the_first_wrong_layer_is_shown() -> None:
    def answer(*arguments):
        dWs, dbs = backward(*arguments)
        return [dW + (i < 2) for i, dW in enumerate(dWs)], dbs

    text = report(verdict_on(answer, "backward")).replace("\n  ", " ")
    assert "Right: dbs." in text
    assert "dWs[1][0, 0] is" in text
    assert "On the way back from layer 3, layer 2 is the first wrong one; those below follow from it." in text


def test_layers_that_do_not_follow_from_each_other_are_listed() -> None:
    def answer(*arguments):
        dWs, dbs = backward(*arguments)
        return [dW + (i == 1) for i, dW in enumerate(dWs)], dbs

    assert "Wrong layers, on the way back: 2." in report(verdict_on(answer, "backward")).replace("\n  ", " ")


def test_each_wrong_result_can_have_its_own_mistake() -> None:
    def answer(delta, Z_prev):
        return Z_prev.T @ delta, delta.mean(axis=0)

    verdict = verdict_on(answer, "layer_gradients")
    assert verdict.mistake == "dW is transposed"
    assert kinds(verdict)[:2] == ["mistake", "mistake"]
    assert "db is the mean instead of the sum" in report(verdict)


def test_what_fails_on_an_edge_only_gets_half() -> None:
    def answer(delta, Z_prev):
        return delta.T @ Z_prev, np.squeeze(delta).sum(axis=0)

    verdict = verdict_on(answer, "layer_gradients")
    assert kinds(verdict) == ["right", "edge"]
    assert "Right on ordinary inputs, but not with one sample (m = 1). db has shape ()" in report(verdict)
    assert verdict.earned == 1.5


def test_of_several_wrong_results_it_is_said_which_one_fails_on_an_edge_only() -> None:
    def answer(delta, Z_prev):
        return delta.T @ Z_prev + 1, np.squeeze(delta).sum(axis=0)

    text = report(verdict_on(answer, "layer_gradients")).replace("\n  ", " ")
    assert "On ordinary inputs, db is right, but not with one sample (m = 1). db has shape ()" in text
    assert "Right on ordinary inputs" not in text


# ------------------------------------------------------------------ finite differences


def slope_by(quotient: Callable) -> Callable:
    def answer(delta_next, W_next, A, sigma):
        return (delta_next @ W_next) * quotient(ACTIVATIONS[sigma].sigma, A)

    return answer


@pytest.mark.parametrize("h", [1e-3, 1e-4, 1e-5, 3e-6, 1e-6, 1e-7, 1e-8])
def test_a_central_difference_gets_half_the_points(h: float) -> None:
    verdict = verdict_on(slope_by(lambda sigma, A: (sigma(A + h) - sigma(A - h)) / (2 * h)))
    assert verdict.mistake == FINITE_DIFFERENCE
    assert verdict.earned == 1.5


@pytest.mark.parametrize("h", [1e-2, 1e-4, 1e-5, 1e-6, 1e-7])
def test_a_one_sided_difference_gets_half_the_points(h: float) -> None:
    verdict = verdict_on(slope_by(lambda sigma, A: (sigma(A + h) - sigma(A)) / h))
    assert "difference" in verdict.mistake
    assert verdict.earned == 1.5


@pytest.mark.parametrize("h", [1e-4, 1e-5, 1e-6])
def test_differences_of_the_whole_loss_get_half_the_points(h: float) -> None:
    def loss(X, Y, Ws, bs, sigmas):
        Z = X
        for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
            Z = ACTIVATIONS[sigma].sigma(Z @ W.T + b)
        return ((Z - Y) ** 2).sum() / 2 / len(X)

    def answer(X, Y, Ws, bs, sigmas):
        Ws, bs = [W.astype(float) for W in Ws], [b.astype(float) for b in bs]
        gradients = []
        for P in Ws + bs:
            gradient = np.zeros(P.shape)
            for index in np.ndindex(P.shape):
                P[index] += h
                up = loss(X, Y, Ws, bs, sigmas)
                P[index] -= 2 * h
                gradient[index] = (up - loss(X, Y, Ws, bs, sigmas)) / (2 * h)
                P[index] += h
            gradients.append(gradient)
        return gradients[: len(Ws)], gradients[len(Ws) :]

    verdict = verdict_on(answer, "backward")
    assert verdict.mistake == FINITE_DIFFERENCE
    assert verdict.earned == 2


def rounded_inside(delta_next, W_next, A, sigma):
    return hidden_delta(delta_next.astype(np.float32), W_next, A.astype(np.float32), sigma).astype(float)


@pytest.mark.parametrize(
    "answer",
    [
        rounded_inside,
        lambda *arguments: hidden_delta(*arguments) * (1 + 1e-8),
        lambda d, W, A, sigma: d @ W * (1 / np.cosh(A) ** 2 if sigma == "tanh" else ACTIVATIONS[sigma].sigma_prime(A)),
    ],
)
def test_rounding_is_not_taken_for_a_finite_difference(answer: Callable) -> None:
    for seed in range(10):
        assert verdict_on(answer, seed=seed).right


# ------------------------------------------------------------------ arguments and state


def test_a_changed_argument_is_named_and_costs_half() -> None:
    def answer(delta_next, W_next, A, sigma):
        delta = hidden_delta(delta_next, W_next, A, sigma)
        delta_next *= 0
        return delta

    verdict = verdict_on(answer)
    assert verdict.mistake == CHANGED_ARGUMENTS
    assert kinds(verdict) == ["right", "arguments"]
    assert "changes what it is given, delta_next" in report(verdict)
    assert verdict.earned == 1.5


@pytest.mark.parametrize(
    "change",
    [
        lambda X, Y, Ws, bs, sigmas: Ws[0].T.__setitem__((0, 0), 7),
        lambda X, Y, Ws, bs, sigmas: X.ravel().__setitem__(0, 7),
        lambda X, Y, Ws, bs, sigmas: bs.append(bs[-1]),
        lambda X, Y, Ws, bs, sigmas: sigmas.reverse() if len(set(sigmas)) > 1 else sigmas.clear(),
        lambda X, Y, Ws, bs, sigmas: Ws.__setitem__(0, Ws[0].astype(np.longdouble)),
        lambda X, Y, Ws, bs, sigmas: bs.__setitem__(0, bs[0][None]),
        lambda X, Y, Ws, bs, sigmas: Y.sort(axis=0),
    ],
)
def test_every_way_of_changing_an_argument_is_seen(change: Callable) -> None:
    def answer(*arguments):
        gradients = backward(*arguments)
        change(*arguments)
        return gradients

    verdict = verdict_on(answer, "backward")
    assert verdict.mistake == CHANGED_ARGUMENTS
    assert verdict.earned == 2


def test_a_sum_that_is_kept_between_calls_is_seen() -> None:
    total = {"db": 0}

    def answer(delta, Z_prev):
        dW, db = layer_gradients(delta, Z_prev)
        total["db"] = db + (total["db"] if np.shape(total["db"]) == db.shape else 0)
        return dW, total["db"]

    verdict = verdict_on(answer, "layer_gradients")
    assert "state" in kinds(verdict)
    assert verdict.mistake == KEEPS_STATE


def test_randomness_is_seen() -> None:
    rng = np.random.default_rng(0)
    verdict = verdict_on(lambda *arguments: hidden_delta(*arguments) * rng.uniform(1, 2))
    assert "Two calls with the same arguments give different values" in report(verdict)


def test_a_result_from_a_buffer_that_is_used_again_is_judged_as_it_was() -> None:
    buffer = np.empty((20, 20))

    def answer(delta_next, W_next, A, sigma):
        view = buffer[: A.shape[0], : A.shape[1]]
        view[...] = hidden_delta(delta_next, W_next, A, sigma)
        return view

    assert verdict_on(answer).right


# ------------------------------------------------------------------ where the fault is


def test_the_fault_is_shown_in_the_helper() -> None:
    bad = verdict_on(lambda *arguments: -hidden_delta(*arguments))
    good = verdict_on(layer_gradients, "layer_gradients")
    whole = verdict_on(lambda *arguments: [[-g for g in part] for part in backward(*arguments)], "backward")
    right = verdict_on(backward, "backward")
    blamed = blame(whole, [good, bad], itself=right)
    assert [finding.text for finding in blamed.findings] == [
        "Your backward itself is right. It calls your hidden_delta, where something is wrong: begin there."
    ]
    assert blamed.earned == whole.earned
    both = blame(whole, [good, bad], itself=whole)
    assert both.findings[1:] == whole.findings
    assert blame(whole, [good], itself=whole) == whole
    assert blame(good, [bad], itself=good) == good


def test_a_helper_that_is_not_written_is_named() -> None:
    def hidden_delta(delta_next, W_next, A, sigma):
        raise NotImplementedError

    def answer(X, Y, Ws, bs, sigmas):
        return hidden_delta(X, Ws, bs, sigmas)

    assert "hidden_delta is not written yet." in report(verdict_on(answer, "backward"))


# ------------------------------------------------------------------ the same seed, and never a wrong name


@pytest.mark.parametrize("name", CHAPTERS["backprop"][:5])
def test_the_same_seed_gives_the_same_verdict(name: str) -> None:
    question = QUESTIONS[name]
    for mistake in question.mistakes[:5]:
        assert judge(question, mistake.code, 5) == judge(question, mistake.code, 5)


def test_a_verdict_without_a_seed_records_a_fresh_one() -> None:
    seeds = {judge(QUESTIONS["layer_gradients"], layer_gradients).seed for _ in range(5)}
    assert len(seeds) == 5


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(["output_delta", "hidden_delta", "layer_gradients"]),
    first=st.integers(0, 19),
    second=st.integers(0, 19),
    blend=st.floats(0.05, 0.95),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_blend_of_two_mistakes_gets_no_name(name: str, first: int, second: int, blend: float, seed: int) -> None:
    question = QUESTIONS[name]
    one, other = question.mistakes[first].code, question.mistakes[second].code

    def answer(*arguments):
        a, b = (code(*[np.array(x) if isinstance(x, np.ndarray) else x for x in arguments]) for code in (one, other))
        if not isinstance(a, tuple):
            return blend * a + (1 - blend) * b + 1e-3
        return tuple(blend * x + (1 - blend) * y + 1e-3 for x, y in zip(a, b, strict=True))

    verdict = judge(question, answer, seed)
    assert verdict.mistake is None
    assert verdict.earned == 0


@settings(max_examples=40, deadline=None)
@given(entry=st.integers(0, 5), size=st.floats(1e-5, 10), seed=st.integers(0, 2**32 - 1))
def test_one_wrong_entry_gets_no_name_and_no_points(entry: int, size: float, seed: int) -> None:
    def answer(*arguments):
        delta = np.array(hidden_delta(*arguments), dtype=float)
        delta.flat[entry % delta.size] += size * np.abs(delta).max(initial=1)
        return delta

    verdict = judge(QUESTIONS["hidden_delta"], answer, seed)
    assert verdict.mistake is None
    assert verdict.earned == 0


@settings(max_examples=30, deadline=None)
@given(scale=st.sampled_from([1e-6, 1e-3, 1.0, 1e3, 1e6]), seed=st.integers(0, 2**32 - 1))
def test_a_right_answer_passes_in_whatever_order_it_computes(scale: float, seed: int) -> None:
    def answer(delta_next, W_next, A, sigma):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(W_next))
        back = sum(np.multiply.outer(delta_next[:, k] * scale, W_next[k]) for k in order)
        return back * ACTIVATIONS[sigma].sigma_prime(A) / scale

    assert judge(QUESTIONS["hidden_delta"], answer, seed).right


KEYED = Question(
    name="keyed",
    points=1,
    arguments={"params": ""},
    results=(Result("w"), Result("b")),
    reference=lambda params: {"w": 2 * params["w"], "b": -params["b"]},
    families={
        "three": lambda rng: ({"w": rng.normal(size=3), "b": rng.normal()},),
        "four": lambda rng: ({"w": rng.normal(size=4), "b": rng.normal()},),
    },
    settle=values_of("w", "b"),
)


def test_a_dict_is_compared_by_its_keys_in_any_order_and_may_hold_more():
    answer = lambda params: {"b": -params["b"], "mine": None, "w": params["w"] + params["w"]}  # noqa: E731
    assert judge(KEYED, answer, seed=1).right


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda params: {"w": params["w"]}, "has no b"),
        (lambda params: [1, 2], "returns a list; expected is a dict with w, b"),
        (lambda params: None, "returns None"),
    ],
)
def test_a_dict_of_the_wrong_form_is_told_so(answer, message):
    verdict = judge(KEYED, answer, seed=1)
    assert verdict.earned == 0
    assert message in verdict.findings[0].text


def test_a_changed_dict_is_a_changed_argument():
    def answer(params):
        result = {"w": 2 * params["w"], "b": -params["b"]}
        params["extra"] = 0
        return result

    verdict = judge(KEYED, answer, seed=1)
    assert verdict.earned == 0.5
    assert verdict.mistake == "changes its arguments"


def test_one_value_in_a_dict_may_be_right_and_the_other_wrong():
    assert judge(KEYED, lambda params: {"w": params["w"], "b": -params["b"]}, seed=1).earned == 0.5


def test_signs_of_eigenvectors_are_settled():
    V = np.array([[0.6, -0.8], [-0.8, -0.6]])
    np.testing.assert_array_equal(signs_settled(V), signs_settled(V * [-1, 1]))
    np.testing.assert_array_equal(np.abs(signs_settled(V)), np.abs(V))
