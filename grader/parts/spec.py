"""The record that says what the staff's side knows of one part of the lab.

Each part declares one, as ``SPEC`` in ``grader/parts/<part>/spec.py``. The rest of the grader asks
:func:`grader.parts.registry.spec_of` and names no part. What students may see of a part is in its
contract, on their side of the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.core.model import Submission
from kit.cases import Case
from kit.runner import Runner
from kit.text import Text

Answer = Any
"""What a probe answers, as plain data."""


@dataclass(frozen=True, kw_only=True)
class AnswerFacts:
    """What a diagnosis must know of the probes' answers, to compare two of them.

    Probes and entries are named; what is not named is compared as it is.
    """

    unexplained: frozenset[str] = frozenset()
    """Probes that train, or look at what was trained: no mutant reproduces those cheaply."""
    implied: frozenset[str] = frozenset()
    """Probes that show again, at more cost, what another call of the same check has shown."""
    costly: Mapping[str, int] = field(default_factory=dict)
    """Probe -> how many mutants may be asked about one check, where its calls take long and no
    `smaller` one shows the fault: a second of the processor is the limit of an explanation."""
    listed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Probe -> the argument that lists many inputs, and the entry that lists their answers: a
    mutant is asked for a few of them, and for the others only where those are the student's."""
    isolating: Mapping[str, object] = field(default_factory=dict)
    """Argument -> the value with which a call shows one function by itself, because trusted
    code takes the place of what that function builds on."""
    up_to_softmax: frozenset[str] = frozenset()
    """Entries that are scores: logits and log-probabilities are the same."""
    timeless: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    """Probe -> its answer without the times in it, which differ from run to run."""
    hurried: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Probe -> arguments with which it gives the same answer in less time, for example without
    pauses; the solution and the mutants are asked with these."""
    same: Mapping[str, Callable[[Answer, Answer], bool]] = field(default_factory=dict)
    """Probe -> how to compare two of its answers, where entry by entry would be too strict."""
    smaller: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = field(
        default_factory=dict
    )
    """Probe whose calls take long -> the arguments that take the place of a call's own for a
    shorter one: the submission is asked that as well, and most mutants are asked nothing else."""
    varied: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = field(
        default_factory=dict
    )
    """Probe that draws -> the arguments that take the place of a call's own, where draws at one
    setting would not tell two causes apart."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One simple input that was tried, and whether the answer to it was right."""

    said: Text
    right: bool


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What was tried on a function that fails, and where its mistake may be."""

    facts: tuple[Fact, ...]
    advice: tuple[Text, ...] = ()


NarrowingKey = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How to find out what of a function is right, where no known mistake explains a failure."""

    question: Callable[[str], NarrowingKey | None]
    """What to ask about a failed check, by its id; None where there is nothing to ask."""
    ask: Callable[[Runner, NarrowingKey], Narrowed]
    """Puts a question to the submission's runner."""


@dataclass(frozen=True, slots=True)
class ThreadCount:
    """How to learn how many threads torch uses: a source, and the call that answers by it."""

    source: str
    probe: str
    arguments: Mapping[str, Any]
    entry: str  # of the answer, which holds the number as text


@dataclass(frozen=True, kw_only=True)
class SelfCheck:
    """What a check of the machine tries on a part beside its solution and its starter."""

    in_single: str = ""
    """Appended to the solution: then all of it computes in float32."""
    weak: str = ""
    """The id of a mistake that only exact comparisons see."""
    thread_count: ThreadCount | None = None


@dataclass(frozen=True, slots=True)
class NormOverTime:
    """An entry of a probe's answer that has a norm at each time step t = 1..T."""

    entry: str
    said: Text
    norms: Callable[[np.ndarray], np.ndarray]  # from the entry, in the order of t


HiddenCases = Callable[[np.random.Generator, Runner, Sequence[Runner]], list[Case]]
"""Draws cases from a generator, the reference, and the part's weak mistakes."""


LayerLines = Callable[[Sequence[str], Sequence[str], str], Mapping[str, int]]
"""Asks which of some definitions in a source's cells lead to a recurrent layer of torch, and on
which line; a last name may use one. A worker reads the cells: they are a student's."""


def nothing_to_note(submission: Submission, lines: LayerLines) -> list[Text]:
    """No notices."""
    # Most parts have nothing that a person should look at.
    return []


@dataclass(frozen=True, kw_only=True)
class PartSpec:
    """One part of the lab, as the staff knows it."""

    id: str
    in_process: bool
    """Whether the solution runs in the judge's own process: NumPy alone, and no files. Otherwise
    it runs in a worker with torch, which the judge does not import."""
    publish: Callable[[Runner], dict[str, np.ndarray]]
    """The public cases with the reference's answers, flat, for ``expected.npz``."""
    answers: AnswerFacts = AnswerFacts()
    torchless: frozenset[str] = frozenset()
    """Probes that run in the judge's process although the part's other code needs torch."""
    hidden_cases: HiddenCases | None = None
    """The cases that the checks of the hidden suite share, as the fixture ``hidden_cases``."""
    narrowing: Narrowing | None = None
    notices: Callable[[Submission, LayerLines], list[Text]] = nothing_to_note
    """What a person should look at in a submission; a notice moves no mark."""
    self_check: SelfCheck = SelfCheck()
    over_time: Mapping[str, NormOverTime] = field(default_factory=dict)
    """Probe -> the norm that a question of the viva is about."""
    shared_lines: tuple[str, ...] = ()
    """Lines of the hidden suite that the students' side has too, and that reveal no hidden
    inputs. A test fails for any other line of it there."""
