"""Numbers that a report says of its trainings, beside those that the logs of the hand-in hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.core.report_evidence import Claim, Passage

from . import report_patterns as patterns
from .expected import cut
from .messages import MAX_CLAIMS

_MOST_LINES = 20_000
# Patterns search each line, so what a hostile log costs is bounded by both numbers.
_LINE = 500


@dataclass(frozen=True, slots=True)
class Log:
    """What the log of a training says: the losses at its end, the lowest, how many epochs."""

    path: str
    losses: tuple[float, ...]
    epochs: int


def read_logs(files: Mapping[str, bytes]) -> list[Log]:
    """The logs of a training among these files."""
    return [log for path, data in files.items() if (log := _log(path, data)) is not None]


def of_report(said: Sequence[tuple[int, str]], logs: Sequence[Log]) -> list[Claim]:
    """The losses and epochs that the sentences `said` name, each once."""
    found: dict[tuple[str, str], Claim] = {}
    for page, sentence in said:
        for kind, value, at in _numbers(sentence):
            if (kind, value) not in found and len(found) < MAX_CLAIMS:
                claim = Claim(kind, value, Passage(page, cut(sentence, at)))
                found[kind, value] = _compared(claim, logs)
    return list(found.values())


def decoded(data: bytes) -> str:
    """The text of a log, whatever wrote it."""
    # UTF-8 is tried first, because hardly any other text is valid UTF-8; GB18030 takes nearly all.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _numbers(sentence: str) -> Iterator[tuple[str, str, int]]:
    for match in patterns.LOSS.finditer(sentence):
        yield "loss", next(group for group in match.groups() if group), match.start()
    for match in patterns.EPOCHS.finditer(sentence):
        yield "epochs", match[1] or match[2], match.start()
    for match in patterns.EPOCHS_IN_WORDS.finditer(sentence):
        yield "epochs", patterns.WORDS[match[1] or match[2]], match.start()


def _log(path: str, data: bytes) -> Log | None:
    lines = decoded(data).split("\n")[:_MOST_LINES]
    # Some trainings write a CSV: the word "loss" is in its head alone, and its rows are numbers.
    if (table := _table(path, lines)) is not None:
        return table
    losses: list[list[float]] = []
    epochs: list[int] = []
    for line in lines:
        losses.append([float(one) for one in patterns.LOGGED_LOSS.findall(line[:_LINE])])
        epochs += [int(one) for one in patterns.LOGGED_EPOCH.findall(line[:_LINE])]
    # A corpus may speak of a loss; a log does so with its numbers, several times.
    return _summary(path, losses, epochs)


def _summary(path: str, losses: Sequence[Sequence[float]], epochs: Sequence[int]) -> Log | None:
    """What the losses of each line say; a line may hold those of training and of validation."""
    named = [line for line in losses if line]
    everything = [loss for line in named for loss in line]
    if len(everything) < 2:
        return None
    # A log that counts from 0 has one epoch more than its last number says.
    count = max(epochs) + (min(epochs) == 0) if epochs else 0
    # A report may give the loss at the end or the lowest one; both are right.
    return Log(path, (*named[-1], min(everything)), count)


def _table(path: str, lines: Sequence[str]) -> Log | None:
    """The columns of a table whose head names a loss."""
    head = lines[0].lower() if lines else ""
    if "loss" not in head and "损失" not in head:
        return None
    between = "\t" if "\t" in head else ","
    rows = [line[:_LINE].split(between) for line in lines]
    names = [name.strip().lower() for name in rows[0]]
    losses = [i for i, name in enumerate(names) if "loss" in name or "损失" in name]
    epoch = next((i for i, name in enumerate(names) if "epoch" in name or "轮" in name), None)
    values = [[v for i in losses if (v := _value(row, i)) is not None] for row in rows[1:]]
    counted = [
        int(v) for row in rows[1:] if epoch is not None and (v := _value(row, epoch)) is not None
    ]
    return _summary(path, values, counted)


def _value(row: Sequence[str], at: int) -> float | None:
    try:
        value = float(row[at])
    except (ValueError, IndexError):
        return None
    return value if 0 <= value < 1e6 else None


def _compared(claim: Claim, logs: Sequence[Log]) -> Claim:
    """The claim beside the log that agrees with it, or comes closest."""
    value = float(claim.value)
    decimals = len(claim.value.partition(".")[2])
    best: tuple[float, str, str] | None = None
    for log in logs:
        values = log.losses if claim.kind == "loss" else (log.epochs,) if log.epochs else ()
        for logged in values:
            away = abs(logged - value)
            if best is None or away < best[0]:
                shown = f"{logged:.4g}" if claim.kind == "loss" else str(logged)
                best = away, log.path, shown
    if best is None:
        return claim
    # What is rounded in the report agrees with all that it is rounded from.
    # A little more than half a digit, because neither number is exact in binary.
    near = 0.51 * 10**-decimals if claim.kind == "loss" else 0.0
    return Claim(claim.kind, claim.value, claim.passage, best[1], best[2], best[0] <= near)
