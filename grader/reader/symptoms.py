"""What the logs of a hand-in show to go wrong in a training. It is advice, never a verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from grader.core.report_evidence import PASSAGE_CHARS, Symptom

from .claims import decoded, read_logs
from .report_patterns import (
    CLAUSE_END,
    DENIED,
    EPOCH_SECONDS,
    LOGGED_LOSS,
    OF_SOMETHING_ELSE,
    SAYS_SLOW,
    SECONDS_OF,
    SUPPOSED,
)
from .report_text import tidy

MOST = 12
_MOST_LINES = 20_000
_LINE = 500
_SAMPLES = 1_500
"""Lines of all logs together in which a repetition is looked for."""

_NAN = re.compile(r"(?:loss|损失)[\"'\s:=\]|,]{1,6}(?:nan|[-+]?inf(?:inity)?)\b", re.IGNORECASE)
_SAME = re.compile(r"([^\W\d_])\1{19}")
_AGAIN = re.compile(r"(.{2,24}?)\1{5}")
"""Bounded in both numbers, so that a line costs time in proportion to its length."""

_FEW = 8
"""A loss curve needs so many losses before it says anything."""

_JUMP, _JUMPS, _SPREAD = 1.25, 0.2, 1.5
"""It oscillates where, in the second half, a fifth of the steps rise by a quarter."""

_STILL = 0.97
"""The lowest loss divided by the first, above which nothing was learned."""


_SLOW_S = 900.0
"""An epoch of which half take longer is slow on any machine, at the sizes of the lab."""


def find(files: Mapping[str, bytes], said: Iterable[str] = ()) -> list[Symptom]:
    """One of each kind for each log; the report's sentences `said` give only that it is slow."""
    slow = next((one for one in said if _says_slow(one[:_LINE])), None)
    found = [] if slow is None else [Symptom("slow", "", _shown(slow))]
    left = _SAMPLES
    for path in (log.path for log in read_logs(files)):
        lines = [line[:_LINE] for line in decoded(files[path]).split("\n")[:_MOST_LINES]]
        seen: dict[str, Symptom] = {}
        samples = [line for line in lines if len(line) >= 20][:left]
        left -= len(samples)
        for kind, text in (*_of_losses(lines), *_of_times(lines), *_of_samples(samples)):
            seen.setdefault(kind, Symptom(kind, path, _shown(text)))
        found += seen.values()
    return found[:MOST]


def _shown(text: str) -> str:
    return " ".join(tidy(text).split())[:PASSAGE_CHARS]


def _says_slow(sentence: str) -> bool:
    """Whether a sentence of the report says so, and does not suppose, deny or recall it."""
    return _calls_slow(sentence) or (
        SUPPOSED.search(sentence) is None
        and any(
            seconds > _SLOW_S and DENIED.search(clause) is None
            for clause in CLAUSE_END.split(sentence)
            for seconds in _seconds(clause)
        )
    )


def _calls_slow(line: str) -> bool:
    # The words come first, since nearly every line of a log has neither and the patterns cost more.
    if "慢" not in line and "slow" not in line.lower():
        return False
    return SUPPOSED.search(line) is None and any(
        SAYS_SLOW.search(clause)
        and not DENIED.search(clause)
        and not OF_SOMETHING_ELSE.search(clause)
        for clause in CLAUSE_END.split(line)
    )


def _seconds(line: str) -> Iterator[float]:
    """The seconds that one epoch takes, each time that the line says it."""
    low = line.lower()
    if not ("epoch" in low or "轮" in low or "/it" in low):
        return
    for one, unit, other, of in EPOCH_SECONDS.findall(line):
        yield float(one or other) * SECONDS_OF.get((unit or of)[0].lower(), 1)


def _of_times(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    timed = sorted((seconds, line) for line in lines for seconds in _seconds(line))
    # The middle one, since a laptop that was closed for a night makes one epoch long.
    if timed and timed[(len(timed) - 1) // 2][0] > _SLOW_S:
        yield "slow", timed[(len(timed) - 1) // 2][1]
    elif (line := next(filter(_calls_slow, lines), None)) is not None:
        yield "slow", line


def _of_losses(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    broken = next((line for line in lines if _NAN.search(line)), None)
    if broken is not None:
        yield "nan", broken
        return  # what came before says nothing more
    named = [match[1] for line in lines if (match := LOGGED_LOSS.search(line)) is not None]
    losses = [float(value) for value in named]
    # The ratios below mean nothing for numbers that are not positive.
    if len(losses) < _FEW or min(losses) <= 0:
        return
    if min(losses) > _STILL * losses[0]:
        yield "stays", f"{named[0]} … {named[-1]}"
    late = losses[len(losses) // 2 :]
    jumps = [i for i, (a, b) in enumerate(pairwise(late)) if b > _JUMP * a]
    if len(jumps) >= _JUMPS * (len(late) - 1) and max(late) > _SPREAD * min(late):
        shown = named[len(losses) // 2 :][jumps[0] : jumps[0] + 4]
        yield "oscillates", ", ".join(shown)


def _of_samples(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if (same := _SAME.search(line)) is not None:
            yield "same_character", line[same.start() : same.start() + 60]
        elif (again := _AGAIN.search(line)) is not None and _is_phrase(again[1]):
            yield "repeats", line[again.start() : again.start() + 120]


def _is_phrase(piece: str) -> bool:
    """Whether it is written language, and no ruler or bar of progress."""
    return len({char for char in piece if char.isalpha()}) > 1
