"""Three questions about one hand-in: an edit, a shape, and an input that is scaled. The last one is
about a result, or about how a norm goes over t.

Which function and which line is drawn by the course's secret and the content of the hand-in. What
was found of other lines and other edits gives the wrong options.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

import numpy as np

from grader.core.model import GradeReport, Outcome, Place, Submission
from grader.core.settings import Secret
from grader.reader.edits import BOUND, ENTRY, Edit
from kit.contracts import BY_ID
from kit.text import Text

from . import words
from .bench import OTHERWISE, SAME, Bench, Scaling, Spot
from .courses import Change, Changed, Courses, over_time
from .public_calls import PublicCall

QUESTIONS: Final = 3
OPTIONS: Final = 4
LEAST_OPTIONS: Final = 3

EDITS_TRIED: Final = 12
SHAPES_TRIED: Final = 6
SCALINGS_TRIED: Final = 3
COURSES_TRIED: Final = 4
CALLS_TRIED: Final = 4
"""Calls whose probe shares a word with the function; of other calls half as many are tried."""

SOURCES_READ: Final = 6

_CONTEXT: Final = 3

_LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python; ``str.splitlines`` knows more."""

EditsOf = Callable[[Sequence[str], frozenset[str]], tuple[Edit, ...]]
CallsOf = Callable[[str], tuple[PublicCall, ...]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What was run for an answer, so that it can be run again."""

    call: PublicCall
    spot: Spot | None = None
    scaling: Scaling | None = None
    entry: str = ""  # of the answer, where the question is about one


@dataclass(frozen=True, slots=True)
class VivaQuestion:
    """A question with its options; `right` is the number of the right one."""

    kind: str  # "edit", "shape", "scale" or "course"
    function: str
    place: Place
    asked: Text
    inputs: str  # what the call is given, by names and shapes
    options: tuple[Text, ...]
    right: int
    context: tuple[tuple[int, str], ...]  # numbered lines around the place; for staff
    recipe: Recipe
    courses: Courses | None = None  # the norms that the answer was read from; for staff


@dataclass(frozen=True, slots=True)
class _Function:
    """A function of the hand-in that may be asked about."""

    part: str
    name: str
    path: str
    edits: tuple[Edit, ...]  # its entry first


def questions_of(
    report: GradeReport,
    bench: Bench,
    secret: Secret,
    edits_of: EditsOf,
    calls_of: CallsOf,
) -> tuple[VivaQuestion, ...]:
    """At most three, no function twice where there are others; fewer where too little is right."""
    submission = report.submission
    # The content is in the seed, so that two hand-ins get different questions and a rerun the same.
    rng = Random(secret.of_content(submission.sha256).seed("viva"))
    functions = _right_functions(report, edits_of)
    rng.shuffle(functions)
    asker = _Asker(submission, bench, calls_of, rng)
    # Both are about a scaled input, so a hand-in gets one of the two.
    scaled = ["scale", "course"]
    rng.shuffle(scaled)
    wanted = [("edit",), ("shape",), tuple(scaled)]
    rng.shuffle(wanted)
    found: dict[tuple[str, ...], VivaQuestion] = {}
    used: set[str] = set()
    for fresh in (True, False):
        for kinds in wanted:
            for kind, function in itertools.product(kinds, functions):
                if kinds in found or (fresh and function.name in used):
                    continue
                question = asker.ask(kind, function)
                if question is not None:
                    found[kinds] = question
                    used.add(function.name)
    return tuple(sorted(found.values(), key=lambda question: question.kind))


# ---------------------------------------------------------------- which functions


def _right_functions(report: GradeReport, edits_of: EditsOf) -> list[_Function]:
    """The functions of which no check has failed; their answers must show that they are right."""
    submission = report.submission
    failed: dict[str, set[str]] = {}
    parts: dict[str, None] = {}
    for scored in report.score.checks:
        parts.setdefault(scored.result.part)
        # A check that was skipped or blocked does not show that its function is right.
        if scored.result.outcome is not Outcome.PASSED:
            failed.setdefault(scored.result.part, set()).update(words_of(scored.result.id))
    cells = {source.path: source.cells for source in submission.sources}
    found: list[_Function] = []
    for part in parts:
        contract = BY_ID[part]
        older = {old for old, new in contract.older_names if new in contract.blanks}
        names = frozenset({*contract.blanks, *older})
        for path in submission.parts.get(part, ())[:SOURCES_READ]:
            for name, edits in _by_function(edits_of(cells.get(path, ()), names)).items():
                wrong = failed.get(part, set()) - {part, *part.split("_")}
                if not wrong & words_of(contract.canonical(name)):
                    found.append(_Function(part, name, path, edits))
    return found


def words_of(name: str) -> set[str]:
    """The words of a name: a function, a probe and a check that share one belong together."""
    return set(re.split(r"[._]+", name.lower()))


def _by_function(edits: tuple[Edit, ...]) -> dict[str, tuple[Edit, ...]]:
    """The edits of each function from its entry on; of one defined twice those of the last."""
    found: dict[str, list[Edit]] = {}
    for edit in edits:
        if edit.kind == ENTRY:
            # As for Python, a later definition of the same name replaces the earlier one.
            found[edit.function] = []
        if edit.function in found:
            found[edit.function].append(edit)
    return {name: tuple(each) for name, each in found.items()}


# ---------------------------------------------------------------- one question


class _Asker:
    def __init__(
        self, submission: Submission, bench: Bench, calls_of: CallsOf, rng: Random
    ) -> None:
        self._submission = submission
        self._bench = bench
        self._calls_of = calls_of
        self._rng = rng
        self._calls: dict[tuple[_Function, bool], PublicCall | None] = {}

    def ask(self, kind: str, function: _Function) -> VivaQuestion | None:
        """A question of `kind` about a function; None where it has none."""
        key = (function, kind == "course")
        if key not in self._calls:
            self._calls[key] = self._call(*key)
        call = self._calls[key]
        if call is None:
            return None
        makers = {
            "edit": self._edit,
            "shape": self._shape,
            "scale": self._scale,
            "course": self._course,
        }
        return makers[kind](function, call)

    def _call(self, function: _Function, over_t: bool) -> PublicCall | None:
        """A call that enters the function and that the hand-in answers rightly.

        `over_t`: one whose answer has a norm at each time step.
        """
        own, every = words_of(function.name), self._calls_of(function.part)
        if over_t:
            every = tuple(call for call in every if over_time(call) and own & words_of(call.probe))
        likely = sorted(every, key=lambda call: -len(own & words_of(call.probe)))
        alike = [call for call in likely if own & words_of(call.probe)]
        entry = Spot(function.path, function.edits[0])
        for call in alike[:CALLS_TRIED] or likely[: CALLS_TRIED // 2]:
            if self._bench.reaches(call, entry) and self._bench.base(call):
                return call
        return None

    def _edit(self, function: _Function, call: PublicCall) -> VivaQuestion | None:
        # `_call` has asked for the base already, so this costs no run.
        base = self._bench.base(call) or {}
        edits = [e for e in function.edits if e.kind not in (ENTRY, BOUND)]
        if len(base) < 2:  # whether the only result changes is hardly a question
            return None
        outcomes: dict[Spot, frozenset[str]] = {}
        for edit in self._drawn(edits, EDITS_TRIED):
            spot = Spot(function.path, edit)
            changed = self._bench.changed(call, spot)
            if changed is not None:
                outcomes[spot] = changed
        # An edit that changes nothing may be equivalent: it is no question, but a wrong option.
        asked = [spot for spot, changed in outcomes.items() if changed]
        # An edit that changes everything comes last, because its answer can be guessed.
        asked.sort(key=lambda spot: len(outcomes[spot]) == len(base))
        if not asked:
            return None
        spot, names = asked[0], list(base)
        return self._question(
            *("edit", function, call, spot.edit),
            asked_edit(self._cell(function, spot.edit), spot.edit, names),
            outcomes[spot],
            # The last two are what anybody may guess; an answer with two entries needs them.
            [*outcomes.values(), frozenset(names), frozenset()],
            lambda changed: words.entries([n for n in names if n in changed]),
            Recipe(call, spot=spot),
        )

    def _shape(self, function: _Function, call: PublicCall) -> VivaQuestion | None:
        bound = [e for e in function.edits if e.kind == BOUND]
        shapes: dict[Spot, tuple[int, ...]] = {}
        for edit in self._drawn(bound, SHAPES_TRIED):
            spot = Spot(function.path, edit)
            shape = self._bench.shape(call, spot)
            if shape:
                shapes[spot] = shape
        others = [*shapes.values(), *(s for s in _shapes(call.arguments).values() if s)]
        if not shapes:
            return None
        spot, shape = next(iter(shapes.items()))
        return self._question(
            *("shape", function, call, spot.edit),
            words.shape(spot.edit.after),
            shape,
            others,
            words.a_shape,
            Recipe(call, spot=spot),
        )

    def _scale(self, function: _Function, call: PublicCall) -> VivaQuestion | None:
        over, found = over_time(call), list[tuple[Scaling, str, str]]()
        for keys in self._drawn(_floating(call.arguments), SCALINGS_TRIED):
            scaling = Scaling(keys, self._rng.choice(words.FACTORS))
            relations = self._bench.relations(call, scaling)
            found += [
                (scaling, entry, relation)
                for entry, relation in relations.items()
                # A norm is asked about as a course over t, or not at all.
                if over is None or entry != over.entry
            ]
        self._rng.shuffle(found)
        # Sorting is stable: of the relations with a factor the secret still draws the one.
        found.sort(key=lambda each: each[2] == OTHERWISE)
        if not found:
            return None
        scaling, entry, relation = found[0]
        return self._question(
            *("scale", function, call, function.edits[0]),
            words.scale(function.name, ".".join(scaling.keys), scaling.factor, entry),
            relation,
            # The last ones fill up the options where the runs gave too few wrong ones.
            [*(r for _, _, r in found), SAME, OTHERWISE, "2", "0.5"],
            words.relation,
            Recipe(call, scaling=scaling, entry=entry),
        )

    def _course(self, function: _Function, call: PublicCall) -> VivaQuestion | None:
        over = over_time(call)
        found: list[tuple[Scaling, Courses]] = []
        for keys in self._drawn(_floating(call.arguments), COURSES_TRIED):
            scaling = Scaling(keys, self._rng.choice(words.FACTORS))
            courses = self._bench.courses(call, scaling)
            if courses is not None:
                found.append((scaling, courses))
        if over is None or not found:
            return None
        # A norm that goes another way over t is asked about before one that only gets a factor.
        found.sort(key=lambda each: each[1].changed.change in (Change.SAME, Change.FACTOR))
        scaling, courses = found[0]
        others = [other.changed for _, other in found]
        others += map(Changed, (Change.STEEPER, Change.FLATTER, Change.SAME, Change.TURNED))
        question = self._question(
            *("course", function, call, function.edits[0]),
            words.course(
                function.name, over.said, courses.falls, ".".join(scaling.keys), scaling.factor
            ),
            courses.changed,
            others,
            lambda changed: words.a_change(changed, courses.falls),
            Recipe(call, scaling=scaling, entry=over.entry),
        )
        return question and replace(question, courses=courses)

    def _question(
        self,
        kind: str,
        function: _Function,
        call: PublicCall,
        edit: Edit,
        asked: Text,
        answer: Any,
        others: Sequence[Hashable],
        said: Callable[[Any], Text],
        recipe: Recipe,
    ) -> VivaQuestion | None:
        # `fromkeys` keeps the order: what other runs gave comes before what is made up.
        wrong = list(dict.fromkeys(o for o in others if o != answer))[: OPTIONS - 1]
        if len(wrong) + 1 < LEAST_OPTIONS:
            return None
        options = [answer, *wrong]
        self._rng.shuffle(options)
        cell = self._cell(function, edit)
        lines = _LINE_END.split(cell)
        number = min(edit.line, len(lines))
        first, last = max(1, number - _CONTEXT), min(len(lines), number + _CONTEXT)
        cells = next(s for s in self._submission.sources if s.path == function.path).cells
        notebook = function.path.lower().endswith(".ipynb") or len(cells) > 1
        return VivaQuestion(
            kind,
            function.name,
            Place(
                function.path, number, number, lines[number - 1], edit.cell + 1 if notebook else 0
            ),
            asked,
            "; ".join(
                f"{name} {words.size(shape)}" for name, shape in _shapes(call.arguments).items()
            ),
            tuple(map(said, options)),
            options.index(answer),
            tuple((n, lines[n - 1]) for n in range(first, last + 1)),
            recipe,
        )

    def _cell(self, function: _Function, edit: Edit) -> str:
        source = next(s for s in self._submission.sources if s.path == function.path)
        return source.cells[edit.cell]

    def _drawn(self, items: Sequence[Any], most: int) -> list[Any]:
        return self._rng.sample(list(items), min(most, len(items)))


def asked_edit(cell: str, edit: Edit, names: Sequence[str]) -> Text:
    """The question of an edit, so that one place alone can be meant."""
    before = cell[edit.start : edit.end]
    head, rest = _LINE_END.split(cell[: edit.start])[-1], _LINE_END.split(cell[edit.end :])[0]
    if f"{head}{before}{rest}".count(before) == 1:
        return words.edit(before, edit.after, names)
    return words.edited_line(f"{head}{edit.after}{rest}".strip(), names)


# ---------------------------------------------------------------- the inputs


def _arrays(arguments: Mapping[str, Any], keys: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for name, value in arguments.items():
        if isinstance(value, np.ndarray):
            found[(*keys, name)] = value
        # One level is enough: probes take arrays, or dicts of arrays.
        elif isinstance(value, dict) and not keys:
            found |= _arrays({k: v for k, v in value.items() if isinstance(k, str)}, (name,))
    return found


def _shapes(arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {".".join(keys): array.shape for keys, array in _arrays(arguments).items()}


def _floating(arguments: Mapping[str, Any]) -> list[tuple[str, ...]]:
    arrays = _arrays(arguments)
    # Indices cannot be scaled, and an array of zeros stays as it is.
    return [k for k, a in arrays.items() if a.dtype.kind == "f" and a.size and np.abs(a).max() > 0]
