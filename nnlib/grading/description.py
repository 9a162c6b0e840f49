"""Puts into words what the trials of an answer show: short, and in the lecture's notation."""

import re
from collections.abc import Sequence

import numpy as np

from nnlib.grading.execution import Failure
from nnlib.grading.picture import WrongEntries, picture_of
from nnlib.grading.place import line_of
from nnlib.grading.question import OpenQuestion, Question
from nnlib.grading.recognition import Named, constant_ratio
from nnlib.grading.trials import Trial
from nnlib.grading.verdict import Finding

PLACES = 2
ABOUT_SHAPES = ("ValueError", "IndexError")


def last_word(trial: Trial) -> str:
    """What to say of a call that ended in a way after which nothing else matters, or ""."""
    failure = trial.outcome.failure
    if failure is None:
        return ""
    at = f' It was at the line "{failure.line}".' if failure.line else ""
    match failure.kind:
        case "NotImplementedError":
            return f"{failure.function or 'The function'} is not written yet."
        case "time limit":
            return f"The function did not come to an end in time: is there an endless loop?{at}"
        case "RecursionError":
            return f"The function calls itself without end.{at}"
        case "SystemExit":
            return f"The function ends the whole program: leave out exit() and use return.{at}"
        case "KeyboardInterrupt":
            return f"The function was interrupted.{at}"
        case "MemoryError" | "_ArrayMemoryError":
            return f"The function asks for more memory than there is.{at}"
    return ""


def describe(question: Question, trials: Sequence[Trial], named: Sequence[Named], source: str) -> list[Finding]:
    """What is right, which mistake it is, and the facts, each fact once; then what the ladder of hints adds.

    Args:
        question: what was asked.
        trials: the answer on all inputs.
        named: the mistakes recognised.
        source: the answer's code, or "".
    """
    wrong = [k for k in range(len(question.results)) if not all(trial.is_right(k) for trial in trials)]
    right = [result.name for k, result in enumerate(question.results) if k not in wrong]
    findings = []
    if right:
        where = "" if wrong else f", on {len(trials)} random inputs"
        findings.append(Finding("right", f"Right: {' and '.join(right)}{where}."))
    findings += [Finding("mistake", _name(each)) for each in named]
    explained = {result for each in named for result in each.results}
    facts = list(dict.fromkeys(_fact(question, trials, wrong, result, result in explained) for result in wrong))
    findings += facts[:1] if len(named) == 1 and len(explained) == len(question.results) else facts
    if wrong and not named:
        findings += identities_broken(question, trials)[:1]
    return findings + hints(question, trials, wrong, named, source)


def _name(named: Named) -> str:
    names = [mistake.name for mistake in named.mistakes]
    if len(names) == 1:
        return f"It looks like this: {names[0]}."
    return f"It looks like two mistakes at once: {names[0]}; and {names[1]}."


def identities_broken(question: Question, trials: Sequence[Trial]) -> list[Finding]:
    """Which of the question's identities do not hold, with the largest gap."""
    findings = []
    for identity in question.identities:
        result = [each.name for each in question.results].index(identity.result)
        trial = next((trial for trial in trials if not trial.is_right(result)), None)
        if trial is None or trial.fixture.edge or not trial.fits(result) or not trial.results:
            continue
        try:
            gap = float(np.abs(identity.gap(trial.fixture.arguments, trial.results)).max(initial=0))
        # the other results may be of any form
        except (TypeError, ValueError, LookupError, AttributeError):
            continue
        if gap > trial.fixture.tolerance * max(np.abs(e.expected).max(initial=1) for e in _entries(trial, result)):
            findings.append(Finding("identity", f"{identity.text}; yours do not, by up to {gap:.3g}."))
    return findings


def hints(
    question: Question, trials: Sequence[Trial], wrong: Sequence[int], named: Sequence[Named], source: str
) -> list[Finding]:
    """The ladder: a question at once, then the place, then the formula.

    No place for a call that came to no values; no question and no formula for values of another kind.
    """
    said = [Finding("hint", mistake.hint, 3) for each in named for mistake in each.mistakes]
    ordinary = [k for k in wrong if not all(trial.is_right(k) for trial in trials if not trial.fixture.edge)]
    if not ordinary:
        return said
    result = question.results[ordinary[0]]
    first = next(trial for trial in trials if not trial.is_right(ordinary[0]))
    about_numbers = not first.is_of_another_kind(ordinary[0])
    findings = [Finding("ask", result.ask)] if result.ask and about_numbers else []
    if not first.outcome.failure:
        findings.append(Finding("place", _places(question, ordinary[:PLACES], source), 2))
    formula = [Finding("formula", f"The lecture: {result.formula}", 3)] if result.formula and about_numbers else []
    return findings + said + formula


def _places(question: Question, wrong: Sequence[int], source: str) -> str:
    names = [question.results[k].name for k in wrong]
    lines = [
        line_of(source, question.name, name, k, len(question.results)) for k, name in zip(wrong, names, strict=True)
    ]
    if not all(lines):
        return f"Look at where {' and '.join(names)} {'is' if len(names) == 1 else 'are'} made."
    return "Look here: " + ", and here: ".join(dict.fromkeys(lines))


def _entries(trial: Trial, result: int) -> Sequence:
    return trial.comparison(result).entries


def picture(trials: Sequence[Trial]) -> WrongEntries | None:
    """Where the first wrong matrix is wrong, if it is wrong in part on an ordinary input."""
    for trial in trials:
        for comparison in trial.comparisons if not trial.fixture.edge else ():
            for entry in comparison.wrong[:1]:
                return picture_of(entry, trial.fixture.tolerance)
    return None


def _fact(question: Question, trials: Sequence[Trial], wrong: Sequence[int], result: int, explained: bool) -> Finding:
    """The first thing that is wrong with a result, one of those that are wrong."""
    trial = _first_wrong(trials, result)
    name = question.results[result].name
    if trial.fixture.edge:
        kind, prefix = "edge", f"{_right_but_for_edges(question, trials, wrong)}, but not with {trial.fixture.family}. "
    else:
        kind, prefix = "", ""
    if trial.outcome.failure:
        some = any(not other.outcome.failure for other in trials if not other.fixture.edge) and not kind
        return Finding(kind or "stopped", prefix + stopped(question, trial, trial.outcome.failure, some))
    misfit = trial.misfit or trial.comparison(result).misfit
    if misfit:
        return Finding(kind or "form", prefix + misfit)
    ratio = "" if explained or trial.fixture.edge else constant_ratio(question, trials, result)
    if ratio:
        return Finding("ratio", f"{name} is {ratio}{_meaning(ratio)} {_first_difference(question, trial, result)}")
    return Finding(kind or "values", prefix + _first_difference(question, trial, result))


def _first_wrong(trials: Sequence[Trial], result: int) -> Trial:
    """The first trial in which a result is wrong; of ordinary ones, rather one with numbers to be shown."""
    first = next(trial for trial in trials if not trial.is_right(result))
    if first.misfit and not first.is_of_another_kind(result):
        ordinary = (trial for trial in trials if not trial.fixture.edge)
        return next((trial for trial in ordinary if trial.fits(result) and not trial.is_right(result)), first)
    return first


def _right_but_for_edges(question: Question, trials: Sequence[Trial], wrong: Sequence[int]) -> str:
    """Which of the wrong results are right on ordinary inputs; their names are said only where another one is not."""
    ordinary = [trial for trial in trials if not trial.fixture.edge]
    right = [k for k in wrong if all(trial.is_right(k) for trial in ordinary)]
    if len(right) == len(wrong):
        return "Right on ordinary inputs"
    names = [question.results[k].name for k in right]
    return f"On ordinary inputs, {' and '.join(names)} {'is' if len(names) == 1 else 'are'} right"


def _meaning(ratio: str) -> str:
    """What a constant factor may come from, as a question."""
    match ratio.split(", and")[0].split(" times too "):
        case ["m", "large"]:
            return ": is the 1/m of the mean missing, or taken back?"
        case ["m", "small"]:
            return ": is the 1/m of the mean in it twice?"
        case [size, "small"] if size.startswith("d_"):
            return ": is there a mean over the units?"
        case ["2", _]:
            return ": where does the factor 2 come from?"
    return ", everywhere."


def _first_difference(question: Question, trial: Trial, result: int) -> str:
    """The first wrong entry, in the order of the pass where there are layers."""
    entry = trial.comparison(result).wrong[0]
    limit = trial.fixture.tolerance * (np.abs(entry.expected).max(initial=0) or 1.0)
    differs = np.abs(entry.got - entry.expected) > limit
    index = tuple(int(k) for k in np.argwhere(differs)[0])
    place = f"{entry.label}{list(index)}" if index else entry.label
    count = f", {np.count_nonzero(differs)} of {differs.size} entries differ" if differs.size > 1 else ""
    numbers = f"{place} is {entry.got[index]:.6g}, expected {entry.expected[index]:.6g}"
    return f"{numbers} (relative error {entry.error:.2g}{count}).{_layers(question, trial, result, entry.layer)}"


def _layers(question: Question, trial: Trial, result: int, first: int) -> str:
    """For lists over the layers: which layer is the first wrong one on the way back, or forward."""
    if not first or not question.results[result].layers:
        return ""
    comparison = trial.comparison(result)
    L = comparison.entries[-1].layer
    wrong = {entry.layer for entry in comparison.wrong}
    if comparison.forward:
        if L == 1:
            return ""
        if wrong == set(range(first, L + 1)):
            return f" Layer {first} is the first wrong one: begin there."
        return f" Wrong layers: {', '.join(map(str, sorted(wrong)))}."
    if first == L:
        return f" Layer {L}, the last one, is wrong already." if L > 1 else ""
    if wrong == set(range(1, first + 1)):
        below = "" if first == 1 else "; those below follow from it"
        return f" On the way back from layer {L}, layer {first} is the first wrong one{below}."
    return f" Wrong layers, on the way back: {', '.join(map(str, sorted(wrong, reverse=True)))}."


def stopped(question: Question | OpenQuestion, trial: Trial, failure: Failure, some: bool) -> str:
    """An exception, with the student's line and the shapes that went in."""
    line = f' at the line "{failure.line}"' if failure.line else ""
    if failure.function not in ("", "<lambda>", question.name):
        line += f" in {failure.function}"
    shapes = [
        f"{name} {shape} = {value.shape}"
        for (name, shape), value in zip(question.arguments.items(), trial.fixture.arguments, strict=True)
        if isinstance(value, np.ndarray)
    ]
    inputs = f" The shapes were {', '.join(shapes)}." if shapes and failure.kind in ABOUT_SHAPES else ""
    also = " It does run where all sizes are equal: compare the shapes." if some else ""
    return f"It stops{line} with {failure.kind}: {_in_words(failure.message)}.{inputs}{also}"


def _in_words(message: str) -> str:
    """Numpy's message, that of a matrix product in plainer words.

    >>> _in_words("matmul: Input operand 1 has a mismatch in its core dimension 0, ... (size 5 is different from 3)")
    'the matrix product does not fit, 3 columns meet 5 rows'
    """
    sizes = re.search(r"^matmul: .*\(size (\d+) is different from (\d+)\)", message)
    if sizes:
        return f"the matrix product does not fit, {sizes[2]} columns meet {sizes[1]} rows"
    return message.removesuffix(".")


def changed_arguments(trials: Sequence[Trial]) -> list[Finding]:
    """Which arguments are no longer what they were."""
    changed = list(dict.fromkeys(name for trial in trials for name in trial.changed))
    if not changed:
        return []
    names = " and ".join(changed)
    return [Finding("arguments", f"The function changes what it is given, {names}: make something new instead.")]


def remarks_on(trials: Sequence[Trial]) -> list[Finding]:
    """What is unusual about a right answer."""
    if not all(trial.right for trial in trials):
        return []
    remarks = [comparison.remark for trial in trials for comparison in trial.comparisons if comparison.remark]
    return [Finding("remark", remark) for remark in remarks[:1]]


def asides_on(trials: Sequence[Trial]) -> list[Finding]:
    """What the answer printed and warned of; it costs nothing."""
    asides = []
    printed = next((trial.outcome.printed for trial in trials if trial.outcome.printed.strip()), "")
    if printed:
        first = printed.strip().splitlines()[0][:60]
        asides.append(Finding("aside", f"Your function prints ({first!r}): that costs nothing."))
    warned = next((text for trial in trials for text in trial.outcome.warnings), "")
    if warned:
        asides.append(Finding("aside", f"A warning was raised ({warned[:80]}): that costs nothing."))
    return asides
