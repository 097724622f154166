"""Pictures of what a public check found: lines and points for SVG, and the words beside them.

The caption says what the picture shows, so nothing is lost to who does not see it. The student's
numbers may be anything: what is not finite is left out, what is too large ends at the frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from grader.core.model import CheckResult
from kit.compare import DIFFERENCES, REFERENCE_TOLERANCE
from kit.pictures import (
    Frequencies,
    Gradient,
    Gradients,
    Loss,
    Norms,
    Picture,
    Temperatures,
    Values,
)
from kit.text import Text

from . import picture_words as words
from .picture_frame import Frame, Panel, PictureView

MOST: Final = 400
"""So many steps, symbols or entries of an array are drawn."""

DECADES: Final = 4
"""So far beyond the right norms, in powers of ten, the axis reaches for the student's."""


def draw(picture: Picture) -> PictureView | None:
    """The picture; None where nothing can be drawn."""
    if isinstance(picture, Norms):
        return _norms(picture)
    if isinstance(picture, Gradients):
        return _gradients(picture)
    if isinstance(picture, Loss):
        return _loss(picture)
    if isinstance(picture, Temperatures):
        return _temperatures(picture)
    return _frequencies(picture)


def of_cause(results: Iterable[CheckResult]) -> dict[str, PictureView]:
    """The pictures to show with a cause of these checks, by check: the first of each kind."""
    found: dict[str, PictureView] = {}
    for result in results:
        view = None if result.picture is None else draw(result.picture)
        if view is not None and view.kind not in {one.kind for one in found.values()}:
            found[result.id] = view
    return found


def show(value: float | None) -> str:
    """A number in short; what is not finite by name."""
    return "NaN/inf" if value is None else f"{value:.3g}"


# ---------------------------------------------------------------- norms over time


def _norms(picture: Norms) -> PictureView | None:
    found, right = picture.found[:MOST], picture.right[:MOST]
    logs = _logs(right)
    if len(found) != len(right) or not logs:
        return None
    seen = [*logs, *(min(max(v, min(logs) - DECADES), max(logs) + DECADES) for v in _logs(found))]
    low, high = math.floor(min(seen)), math.ceil(max(seen))
    high = max(high, low + 1)

    frame = Frame(320, 170, left=44, right=20, bottom=22)
    for decade in range(low, high + 1, math.ceil((high - low) / 5)):
        y = (decade - low) / (high - low)
        frame.line("axis", (0, y), (1, y))
        frame.label(0, y, f"{10.0**decade:g}" if abs(decade) < 5 else f"1e{decade}", "end", 3)
    for t in sorted({1, (len(right) + 1) // 2, len(right)}):
        frame.label(_across(t - 1, len(right)), 0, f"t={t}", down=14)
    for kind, values in (("right", right), ("yours", found)):
        places = [
            None if v is None or v <= 0 else (_across(i, len(values)), _height(v, low, high))
            for i, v in enumerate(values)
        ]
        for run in _runs(places):
            frame.line(kind, *run)
        if len(values) <= 40:
            frame.dots(f"{kind}-points", filter(None, places))
    apart = [_apart(f, r) for f, r in zip(found, right, strict=True)]
    # The ends, and where the two differ most.
    said = sorted({0, apart.index(max(apart)), len(right) - 1})
    fact = Text("", "")
    for i in said:
        fact += words.NORM.format(t=i + 1, found=show(found[i]), right=show(right[i]))
    key = [("yours", words.YOURS), ("right", words.RIGHT)]
    beyond = [
        (_across(i, len(found)), _height(v, low, high))
        for i, v in enumerate(found)
        if v is not None and v > 0 and not low <= math.log10(v) <= high
    ]
    if beyond:
        frame.dots("beyond", beyond)
        key.append(("beyond", words.BEYOND))
    return PictureView("norms", words.NORMS, (frame.panel(),), tuple(key), fact)


def _logs(values: Values) -> list[float]:
    return [math.log10(v) for v in values if v is not None and v > 0]


def _across(i: int, count: int) -> float:
    return i / (count - 1) if count > 1 else 0.5


def _height(value: float, low: int, high: int) -> float:
    return min(max((math.log10(value) - low) / (high - low), 0.0), 1.0)


def _runs(
    places: Sequence[tuple[float, float] | None],
) -> Iterable[list[tuple[float, float]]]:
    """The places between the gaps."""
    run: list[tuple[float, float]] = []
    for place in (*places, None):
        if place is not None:
            run.append(place)
        elif run:
            yield run
            run = []


def _apart(found: float | None, right: float | None) -> float:
    if found is None or right is None:
        return math.inf
    # Halved first: the difference of two large numbers may overflow.
    return abs(found / 2 - right / 2)


# ---------------------------------------------------------------- gradients


def _gradients(picture: Gradients) -> PictureView | None:
    arrays = [array for array in picture.arrays if _fits(array)]
    if not arrays:
        return None
    panels = [_scatter(array) for array in arrays]
    by_difference = [array for array in arrays if _differences(array) is not None]
    key = [("yours-points", words.YOURS), ("right", words.SAME)]
    if any(shape.kind == "beyond" for panel in panels for shape in panel.shapes):
        key.append(("beyond", words.BEYOND))
    title = words.DIFFERENCES if len(by_difference) == len(arrays) else words.GRADIENTS
    forward_too = any(_other_loss(array) for array in by_difference)
    fact = words.FORWARD_TOO if forward_too else None
    return PictureView("gradients", title, tuple(panels), tuple(key), fact)


def _differences(array: Gradient) -> list[float] | None:
    """The finite differences of the student's own loss, if each is a number."""
    found = [value for value in array.differences if value is not None]
    return found if len(found) == len(array.right) == len(array.differences) else None


def _other_loss(array: Gradient) -> bool:
    """Whether the finite differences are not the right ones: the student's loss is another."""
    found, right = _differences(array), [value or 0.0 for value in array.right]
    if found is None:
        return False
    most = DIFFERENCES[4][1] * max(map(abs, right))
    # Halved first: the difference of two large numbers may overflow.
    return any(abs(f / 2 - r / 2) > most / 2 for f, r in zip(found, right, strict=True))


def _fits(array: Gradient) -> bool:
    return len(array.found) == len(array.right) > 0 and None not in array.right


REACH: Final = 1.25
"""The frame's ends, next to the largest right entry."""


def _scatter(array: Gradient) -> Panel:
    right = [value or 0.0 for value in array.right]
    differences = _differences(array)
    other = _other_loss(array)
    # Finite differences have an error of their own, so they say what is wrong only if they must.
    base = differences if other and differences is not None else right
    pairs = list(zip(array.found, base, strict=True))
    scale = max(1e-8, *map(abs, right), *map(abs, base))
    frame = Frame(120, 120, top=4)
    frame.box("axis", 0, 1, 0, 1)
    frame.line("axis", (0, 0.5), (1, 0.5))
    frame.line("axis", (0.5, 0), (0.5, 1))
    frame.line("right", (0, 0), (1, 1))
    inside: list[tuple[float, float]] = []
    beyond: list[tuple[float, float]] = []
    for found, across in list(zip(array.found, differences or right, strict=True))[:MOST]:
        if found is None:
            continue
        up = min(max(found / scale, -REACH), REACH)
        side = min(max(across / scale, -REACH), REACH)
        place = (0.5 + side / REACH / 2, 0.5 + up / REACH / 2)
        (beyond if abs(up) == REACH else inside).append(place)
    frame.dots("yours-points", inside)
    frame.dots("beyond", beyond)
    tolerance = DIFFERENCES[4][1] if other else REFERENCE_TOLERANCE
    return frame.panel(array.name, _scatter_note(pairs, scale, tolerance))


def _scatter_note(
    pairs: Sequence[tuple[float | None, float]], scale: float, tolerance: float
) -> Text:
    wrong = sum(f is None or abs(f - r) > tolerance * scale for f, r in pairs)
    count = len(pairs)
    if not wrong:
        return words.ALL_RIGHT.format(count=count)
    factor = _factor(pairs, scale)
    if factor is None:
        return words.SOME_WRONG.format(count=count, wrong=wrong)
    if abs(factor) < 1e-3:
        return words.ZERO.format(count=count)
    return words.FACTOR.format(count=count, factor=show(factor))


def _factor(pairs: Sequence[tuple[float | None, float]], scale: float) -> float | None:
    """By which all entries differ from the right ones; None if there is none, or just one entry."""
    whole = [(f / scale, r / scale) for f, r in pairs if f is not None and abs(f) < 1e6 * scale]
    if len(whole) < max(2, len(pairs)):
        return None
    below = math.fsum(r * r for _, r in whole)
    factor = math.fsum(f * r for f, r in whole) / below if below else 0.0
    apart = max(abs(f - factor * r) for f, r in whole)
    return factor if apart <= 1e-3 * max(1.0, abs(factor)) else None


# ---------------------------------------------------------------- the loss of a trained model


def _loss(picture: Loss) -> PictureView | None:
    way = picture.guessing - picture.floor
    if not (math.isfinite(way) and way > 0):
        return None

    def across(loss: float) -> float:
        return min(max(0.1 + 0.7 * (loss - picture.floor) / way, 0.0), 1.0)

    frame = Frame(320, 46)
    frame.box("learned", across(picture.floor), across(picture.most), 0.2, 0.8)
    frame.line("axis", (0, 0.5), (1, 0.5))
    for kind, loss in (
        ("floor", picture.floor),
        ("most", picture.most),
        ("guessing", picture.guessing),
    ):
        frame.line(kind, (across(loss), 0), (across(loss), 1))
    if picture.found is not None:
        frame.dots("yours-points large", [(across(picture.found), 0.5)])
    key = (
        ("yours-points", words.LOSS_YOURS.format(value=show(picture.found))),
        ("floor", words.LOSS_FLOOR.format(value=show(picture.floor))),
        ("learned", words.LOSS_MOST.format(value=show(picture.most))),
        ("guessing", words.LOSS_GUESSING.format(value=show(picture.guessing))),
    )
    return PictureView("loss", words.LOSS, (frame.panel(),), key)


# ---------------------------------------------------------------- draws


_DRAWS_KEY: Final = (("drawn", words.DRAWN), ("expected", words.EXPECTED))


def _frequencies(picture: Frequencies) -> PictureView | None:
    bars = _bars(picture, 320)
    if bars is None:
        return None
    frame, fact = bars
    count = sum(picture.counts)
    title = words.FREQUENCIES[picture.by].format(value=show(picture.value), count=count)
    return PictureView("frequencies", title, (frame.panel(),), _DRAWS_KEY, fact)


def _temperatures(picture: Temperatures) -> PictureView | None:
    panels = []
    for one in picture.draws:
        bars = _bars(one, 200)
        if bars is not None:
            frame, fact = bars
            panels.append(frame.panel(f"temp = {show(one.value)}", fact))
    if not panels:
        return None
    count = min(sum(one.counts) for one in picture.draws)
    title = words.TEMPERATURES.format(count=count)
    return PictureView("temperatures", title, tuple(panels), _DRAWS_KEY)


def _bars(picture: Frequencies, width: int) -> tuple[Frame, Text] | None:
    """The bars of each index, and in words where they differ most."""
    counts, right = picture.counts[:MOST], [p or 0.0 for p in picture.right[:MOST]]
    total = sum(picture.counts)
    if len(counts) != len(right) or total <= 0:
        return None
    shares = [count / total for count in counts]
    top = max(*shares, *right)
    frame = Frame(width, 150, left=36, bottom=20)
    for part in (0.0, 0.5, 1.0):
        frame.line("axis", (0, part), (1, part))
        frame.label(0, part, f"{100 * part * top:.0f}%", "end", 3)
    V = len(right)
    step = math.ceil(V / 12)
    for i, (share, p) in enumerate(zip(shares, right, strict=True)):
        frame.box("drawn", (i + 0.3) / V, (i + 0.7) / V, 0, share / top)
        frame.box("expected", (i + 0.12) / V, (i + 0.88) / V, 0, p / top)
        if i % step == 0:
            frame.label((i + 0.5) / V, 0, str(i), down=14)
    index = max(range(V), key=lambda i: abs(shares[i] - right[i]))
    fact = words.FREQUENCY_FACT.format(
        index=index, found=f"{100 * shares[index]:.3g}%", right=f"{100 * right[index]:.3g}%"
    )
    return frame, fact
