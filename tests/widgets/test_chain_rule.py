"""The walk through the scalar network: its numbers, its formulas, its caption, its controls."""

import itertools
import math
import re

import autograd
import autograd.numpy as anp
import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from widgets.tick_cost import AT_MOST, relative_cost

from nnlib import backprop
from nnlib.course import ROOT
from nnlib.widgets.chain_rule import chain_rule_figure
from nnlib.widgets.chain_rule.captions import remark
from nnlib.widgets.chain_rule.experiment import (
    PARAMETERS,
    derivatives,
    forward_values,
    measured_derivative,
    slopes,
)
from nnlib.widgets.chain_rule.figure import LIMIT, START
from nnlib.widgets.chain_rule.plots import CENTRES, CHAIN, FACTORS, LEARNED, box
from nnlib.widgets.chain_rule.steps import SIGMA, WALK, plugged, symbol

LECTURE = "lectures/02_chain_rule.ipynb"
SMOOTH = {"identity": lambda a: a, "sigmoid": lambda a: 1 / (1 + anp.exp(-a)), "tanh": anp.tanh}
WHOLE = {"x": 1, "y": 1, "w1": 2, "b1": -1, "w2": 3, "b2": -1, "w3": -1, "b3": 1, "sigma": "relu"}

numbers = st.fixed_dictionaries({name: st.floats(-3, 3).map(lambda value: round(value, 3)) for name in START})
sigmas = st.sampled_from(list(SIGMA))


def plain(text: str) -> str:
    """A formula of the figure as Python would have it."""
    names = str.maketrans("₁₂₃·−", "123*-")
    text = re.sub(r"∂L/∂(\w)([₁₂₃])", r"d_\1\2", text).replace("σ′(", "slope(").replace("′", "_prime")
    text = re.sub(r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]{2,})", lambda m: "10**" + m[1].translate(SUPERSCRIPTS), text)
    return (
        text.translate(names).replace("²", "**2").replace("½", "0.5 *").replace("* *", "*").replace(", else", " else")
    )


SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
MATHEMATICS = {"tanh": math.tanh, "exp": math.exp, "max": max}


def number_in(words: str, text: str) -> float:
    """The number which follows these words."""
    found = re.search(rf"{re.escape(words)} (−?[\d.]*\d(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)", text)
    return eval(plain(found[1]))


# the experiment


@given(inputs=numbers, sigma=sigmas)
def test_values_and_derivatives_are_those_of_the_core(inputs, sigma):
    Ws, bs = ([np.array([[inputs[f"w{i}"]]]) for i in (1, 2, 3)], [np.array([inputs[f"b{i}"]]) for i in (1, 2, 3)])
    sigma_of_layers = [sigma, sigma, "identity"]
    As, Zs = backprop.forward(np.array([[inputs["x"]]]), Ws, bs, sigma_of_layers)
    deltas, dWs, dbs = backprop.backward(np.array([[inputs["y"]]]), As, Zs, Ws, sigma_of_layers)
    values = forward_values(inputs, sigma)
    back = derivatives(values, sigma)
    for i, a in enumerate(("a1", "a2", "z3"), start=1):
        assert values[a] == pytest.approx(As[i - 1].item())
        assert values[f"z{i}"] == pytest.approx(Zs[i].item())
        assert back[a] == pytest.approx(deltas[i - 1].item())
        assert back[f"w{i}"] == pytest.approx(dWs[i - 1].item())
        assert back[f"b{i}"] == pytest.approx(dbs[i - 1].item())


@given(inputs=numbers, sigma=st.sampled_from(list(SMOOTH)))
def test_derivatives_are_those_of_autograd_and_of_the_measurement(inputs, sigma):
    def loss(parameters):
        w1, b1, w2, b2, w3, b3 = parameters
        z2 = SMOOTH[sigma](w2 * SMOOTH[sigma](w1 * inputs["x"] + b1) + b2)
        return (w3 * z2 + b3 - inputs["y"]) ** 2 / 2

    back = derivatives(forward_values(inputs, sigma), sigma)
    expected = autograd.grad(loss)(np.array([inputs[name] for name in PARAMETERS]))
    assert [back[name] for name in PARAMETERS] == pytest.approx(expected.tolist(), rel=1e-9, abs=1e-12)
    for node, derivative in back.items():
        assert measured_derivative(inputs, sigma, node) == pytest.approx(derivative, rel=1e-4, abs=1e-5)


def test_a_held_node_cuts_off_what_comes_before_it():
    free, held = forward_values(START, "tanh"), forward_values(START, "tanh", held={"a2": 0.25})
    assert {name for name in free if free[name] != held[name]} == {"a2", "z2", "z3", "L"}
    assert held["z2"] == pytest.approx(math.tanh(0.25))


# the walk


def test_the_walk_visits_each_node_forward_and_each_but_the_loss_back():
    assert [step.node for step in WALK if not step.back] == ["a1", "z1", "a2", "z2", "z3", "L"]
    backward = [step.node for step in WALK if step.back]
    assert backward == list(derivatives(forward_values(START, "tanh"), "tanh"))
    assert set(backward) == {"a1", "z1", "a2", "z2", "z3", *PARAMETERS}


def test_each_step_needs_only_what_is_known_by_then():
    known = set(START)
    for step in WALK:
        needs = set(re.findall(r"{(\w+)}", step.recipe))
        needs = {name.replace("sigma", "a").replace("slope", "a") for name in needs}
        assert needs <= known
        known.add(f"d_{step.node}" if step.back else step.node)


@pytest.mark.parametrize("sigma", SIGMA)
@pytest.mark.parametrize("inputs", [START, {**START, "w1": -0.05, "w2": 0.00025, "w3": 3.5, "b1": 0.3, "b2": 0.07}])
def test_formula_and_numbers_of_each_step_give_its_result(sigma, inputs):
    values = forward_values(inputs, sigma)
    back = derivatives(values, sigma)
    slope = {values[name]: number for name, number in slopes(values, sigma).items()}
    in_symbols = {**values, **{f"d_{name}": value for name, value in back.items()}}
    in_symbols |= {"slope": slope.get, "σ": lambda a: forward_values({**START, "w1": 0, "b1": a}, sigma)["z1"]}
    for step in WALK:
        result = (back if step.back else values)[step.node]
        with_numbers = eval(plain(plugged(step, values, back, sigma)), dict(MATHEMATICS))
        assert with_numbers == pytest.approx(result, rel=3e-3, abs=3e-4)
        formula = re.sub(r"\b(w[123]) (\w+)", r"\1 * \2", plain(step.formula.split(" = ")[-1]))
        assert eval(formula, dict(in_symbols)) == pytest.approx(result)


def test_the_chain_rule_is_written_with_the_right_names():
    for step in WALK:
        if step.back and step.node != "z3":
            chain, short = step.formula.split(" = ")
            upstream, local = chain.split(" · ")
            assert upstream == short.split(" · ")[0]
            assert local == f"{upstream.removeprefix('∂L/')}/∂{symbol(step.node)}"


# the figure


def state_of(figure) -> tuple[dict, dict]:
    inputs = {name: figure.values[name] for name in START}
    values = forward_values(inputs, figure.values["sigma"])
    return values, derivatives(values, figure.values["sigma"])


def assert_caption_tells(figure) -> None:
    step, caption, (values, back) = figure.values["step"], figure.caption, state_of(figure)
    if step == 0:
        assert caption.startswith("Type in your own numbers")
    else:
        now = WALK[step - 1]
        assert caption.startswith(f"Step {step} of 17, {'back' if now.back else 'forward'}: {now.name} = ")
        shown = number_in(f"{now.name} =", caption)
        assert shown == pytest.approx((back if now.back else values)[now.node], rel=6e-4, abs=1e-300)
        if now.back and "corner" not in caption:
            measured = number_in(f"lowering {symbol(now.node)} a little:", caption)
            assert measured == pytest.approx(back[now.node], rel=2e-3, abs=1e-6 * (1 + values["L"]))
    assert ("the last step" in caption) == (step == len(WALK))
    assert (f"Next: {WALK[step].name}." if step < len(WALK) else "six gradients") in caption


@pytest.mark.parametrize("sigma", SIGMA)
def test_caption_and_picture_follow_the_steps(sigma):
    figure = chain_rule_figure(sigma=sigma)
    for step in range(len(WALK) + 1):
        figure.controls["step"].value = step
        assert_caption_tells(figure)
        filled = {name for name, text in zip(CENTRES, figure.artists["values"]) if text.get_text()}
        assert filled == {"x", "y", *LEARNED} | {s.node for s in WALK[:step] if not s.back}
        filled = {name for name, text in zip(CENTRES, figure.artists["derivatives"]) if text.get_text()}
        done_back = {s.node for s in WALK[:step] if s.back}
        assert filled == done_back
        arcs = np.isnan(figure.artists["arcs"].get_xdata()).sum() if step else 0
        assert arcs == len(done_back & set(FACTORS)) == sum(bool(t.get_text()) for t in figure.artists["factors"])
        if step:
            mark = figure.artists["mark"].get_bbox()
            assert mark.bounds == pytest.approx(box(WALK[step - 1].node))
            assert figure.artists["rows"][2].get_text().removeprefix("= ") in figure.caption
        assert figure.artists["mark"].get_visible() == (step > 0)
        assert not figure.fig.stale  # only what is animated has changed


@pytest.mark.parametrize("name", START)
def test_caption_follows_each_typed_number_over_its_range(name):
    figure = chain_rule_figure()
    for step in (6, 12, 16):
        figure.controls["step"].value = step
        for value in np.linspace(-LIMIT, LIMIT, 41):
            figure.controls[name].value = value
            assert_caption_tells(figure)
    figure.controls[name].value = 1000
    assert figure.controls[name].value == LIMIT


def test_buttons_go_one_node_at_a_time_and_stop_at_the_ends():
    figure = chain_rule_figure()
    back, following, _ = figure.children[2].children
    back.click()
    assert figure.values["step"] == 0
    for step in range(1, 18):
        following.click()
        assert figure.values["step"] == step
        assert f"Step {step} of 17" in figure.caption
    following.click()
    assert figure.values["step"] == 17
    back.click()
    assert "Step 16 of 17" in figure.caption


def test_every_control_is_shown_once():
    figure = chain_rule_figure()
    shown = list(itertools.chain.from_iterable(row.children for row in figure.children[:-1]))
    assert set(figure.controls.values()) <= set(shown)
    assert len(shown) == len(set(shown)) == len(figure.controls) + 2


@pytest.mark.parametrize("sigma", SIGMA)
def test_numbers_stay_in_their_boxes(sigma):
    rng = np.random.default_rng(1)
    figure = chain_rule_figure(sigma=sigma)
    figure.controls["step"].value = 17
    for size in (0.01, 1, 10):
        for _ in range(5):
            for name in START:
                figure.controls[name].value = round(size * rng.uniform(-1, 1), 3)
            for kind in ("values", "derivatives"):
                for name, text in zip(CENTRES, figure.artists[kind]):
                    if text.get_text():
                        width = text.get_window_extent().width / 2  # of the two pixels for each of CSS
                        assert width <= box(name)[2] + 2, (name, text.get_text())


def test_boxes_do_not_overlap():
    for first, second in itertools.combinations(CENTRES, 2):
        (left, bottom, width, height), (left_2, bottom_2, width_2, height_2) = box(first), box(second)
        apart = left + width < left_2 or left_2 + width_2 < left or bottom + height < bottom_2
        assert apart or bottom_2 + height_2 < bottom, (first, second)


def test_a_way_which_is_cut_is_told():
    values = forward_values({**START, "b1": -3.0, "b2": 0.2}, "relu")
    assert remark("w1", values, "relu") == "(σ′(a₁) = 0 cuts the way to the loss.)"
    assert remark("w2", values, "relu") == ""
    corner = forward_values({**START, "w1": 0.25, "b2": 0.2}, "relu")
    assert "corner at a₁ = 0" in remark("b1", corner, "relu")
    assert remark("b1", corner, "tanh") == ""


@pytest.mark.parametrize("name", ["step", "w1"])
def test_a_tick_costs_the_kernel_little(name):
    figure = chain_rule_figure()
    figure.controls["step"].value = 17
    ticks = 20 * list(range(1, 18)) if name == "step" else np.linspace(-3, 3, 320).round(3).tolist()
    assert relative_cost(figure.controls[name], ticks) <= AT_MOST


# what the lecture says of the figure


def test_the_answers_folded_away_in_the_lecture():
    cells = {cell.id: cell.source for cell in nbformat.read(ROOT / LECTURE, as_version=4).cells}
    forward = {name: value for name, value in WHOLE.items() if name != "sigma"}
    values = forward_values(forward, "relu")
    back = derivatives(values, "relu")
    assert "$a_1 = 1$, $z_1 = 1$, $a_2 = 2$, $z_2 = 2$, $z_3 = -1$, $L = 2$" in cells["try"]
    assert [values[name] for name in CHAIN[1:]] == [1, 1, 2, 2, -1, 2]
    assert "$w_3, b_3, w_2, b_2, w_1, b_1$: $-4, -2, 2, 2, 6, 6$" in cells["try"]
    assert [back[name] for name in ("w3", "b3", "w2", "b2", "w1", "b1")] == [-4, -2, 2, 2, 6, 6]

    no_w3 = derivatives(forward_values({**START, "w3": 0.0}, "tanh"), "tanh")
    assert {name for name in PARAMETERS if no_w3[name]} == {"w3", "b3"}
    saturated = forward_values({**START, "w1": 10.0}, "tanh")
    assert saturated["L"] > forward_values(START, "tanh")["L"]
    assert abs(derivatives(saturated, "tanh")["w1"]) < 1e-12
    cut = derivatives(forward_values({**START, "b1": -3.0, "b2": 0.2}, "relu"), "relu")
    assert [name for name in ("w1", "b1", "w2", "b2") if cut[name]] == ["b2"]
