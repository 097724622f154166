"""Which definitions of a file belong to which of the parts that share it.

A notebook of the whole lab defines ``train`` or ``build_dataset`` once for each part. A part sees
the definitions beside its own: the file is cut into sections, each of which belongs to one part.
In a file whose functions are grouped by name (every ``train``, then every ``build_dataset``), the
parts take their turns in each group, always in the same order.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .part import Part
from .statements import Spot, Statement

MAX_EVENTS = 400
"""Statements that tell where a section ends; a file with more is no hand-in of a student's."""

BEAM = 24
"""Ways to cut that are followed at a time."""

# What speaks against giving a statement to a part.
_OTHER_PART = 20.0  # its name is that part's alone
_NOT_WANTED = 0.5  # another part has a name like it, this one has not
_OTHER_LIBRARY = 8.0  # it uses torch, and the part is written without it
_NO_TORCH = 0.7
_USES_ANOTHER = 5.0  # it uses a name that another part alone has
_TWICE, _ASSIGNED_TWICE = 2.0, 0.25  # the part has a function, or a variable, of this name
# Twice a new section costs more than `_TWICE`: a function may be defined again within a section.
_NEW_SECTION, _NEW_SECTION_AT_A_BREAK = 1.6, 1.2
_BACK = 1.3  # besides: to a part that had a section before

DOUBT = 1.0
"""A second way to cut is worth trying if no more than this speaks against it besides."""

_OF_TORCH = frozenset(
    ("parameters", "item", "detach", "cuda", "state_dict", "load_state_dict", "no_grad")
    + ("loader", "dataloader", "train_loader", "criterion", "optim", "optimizer", "device")
)
"""Attributes and parameters of code that uses torch, where it names no module of it."""


@dataclass(frozen=True)
class _Event:
    """A statement that tells whose section it is in, or that binds a name of several bindings."""

    index: int
    costs: tuple[float, ...]  # by part
    names: frozenset[str]  # that it binds, of those that are bound several times
    twice: float  # what speaks against a second one of a name in one part
    opens: bool


def omitted(
    parts: Sequence[Part], statements: Sequence[Statement], torch_names: frozenset[str]
) -> dict[str, tuple[frozenset[Spot], ...]]:
    """Part -> the definitions that it does not see, once or, where there is a doubt, in two ways.

    `parts` are those that share the file and `statements` all of it. Empty if no name is bound
    more than once.
    """
    definitions = [s for s in statements if not s.script and not s.imports]
    counts = collections.Counter(name for s in definitions for name in s.binds)
    several = frozenset(name for name, count in counts.items() if count > 1)
    if len(parts) < 2 or not several:
        return {}
    events = _events(parts, definitions, counts, torch_names)
    if len(events) > MAX_EVENTS:
        return {}
    ways = _ways(len(parts), events)
    if turns := _by_turns(len(parts), events):
        # The likeliest sections are the other way, where they say something else.
        ways = [(0.0, turns), (DOUBT, ways[0][1])]
    bound = {name: [i for i, s in enumerate(definitions) if name in s.binds] for name in several}
    functions = frozenset(s.spot for s in definitions if s.defines)
    found = {}
    for number, part in enumerate(parts):
        views: list[frozenset[Spot]] = []
        for cost, labels in ways:
            if cost > ways[0][0] + DOUBT:
                break
            mine = {e.index for e, label in zip(events, labels, strict=True) if label == number}
            unseen = frozenset(definitions[i].spot for i in _unseen(mine, bound))
            # Which variable is meant is no doubt that is worth a second run.
            if not views or (len(views) == 1 and (unseen ^ views[0]) & functions):
                views.append(unseen)
        if views != [frozenset()]:
            found[part.id] = tuple(views)
    return found


def _events(
    parts: Sequence[Part],
    definitions: Sequence[Statement],
    counts: collections.Counter[str],
    torch_names: frozenset[str],
) -> list[_Event]:
    wanted = [_wanted(part) for part in parts]
    alone = [
        {n for n in names if counts.get(n) == 1 and sum(n in other for other in wanted) == 1}
        for names in wanted
    ]
    events = []
    opens = False
    for index, statement in enumerate(definitions):
        opens |= statement.opens
        several = {name for name in statement.binds if counts[name] > 1}
        named = [bool(statement.binds & names) for names in wanted]
        if not several and not any(named):
            continue
        anchors = [bool(statement.binds & names) for names in alone]
        used = [bool(statement.uses & names) for names in alone]
        torch = bool(statement.uses & torch_names or statement.words & _OF_TORCH)
        costs = []
        for number, part in enumerate(parts):
            cost = 0.0
            if any(named) and not named[number]:
                cost += _NOT_WANTED
            if any(anchors) and not anchors[number]:
                cost += _OTHER_PART
            if statement.defines and any(used) and not used[number]:
                cost += _USES_ANOTHER
            if statement.defines and torch and not part.torch:
                cost += _OTHER_LIBRARY
            if statement.defines and not torch and part.torch_only:
                cost += _NO_TORCH
            costs.append(cost)
        twice = _TWICE if statement.defines else _ASSIGNED_TWICE
        events.append(_Event(index, tuple(costs), frozenset(several), twice, opens))
        opens = False
    return events


def _wanted(part: Part) -> frozenset[str]:
    older = (name for name, _ in part.older_names)
    return frozenset((*(name.partition(".")[0] for name in part.names), *older))


@dataclass(frozen=True)
class _Cut:
    """A way to cut the file up to some event."""

    cost: float = 0.0
    labels: tuple[int, ...] = ()  # the part by event
    visited: int = 0  # the parts that had a section, as bits
    defined: int = 0  # part and name, as bits

    def grown(self, part: int, more: float, defined: int) -> _Cut:
        """This cut with one more event, which `part` gets."""
        # Rounded, so that equal costs are equal in whatever order they were added.
        cost = round(self.cost + more, 6)
        return _Cut(cost, (*self.labels, part), self.visited | 1 << part, defined)


def _ways(parts: int, events: Sequence[_Event]) -> list[tuple[float, tuple[int, ...]]]:
    """Ways to cut the file, the likeliest first: what speaks against it, and the part by event."""
    numbers: dict[str, int] = {}
    beam = [_Cut()]
    for event in events:
        names = [numbers.setdefault(name, len(numbers)) for name in sorted(event.names)]
        change = _NEW_SECTION_AT_A_BREAK if event.opens else _NEW_SECTION
        grown = []
        for part in range(parts):
            new = sum(1 << number * parts + part for number in names)
            for cut in beam:
                more = event.costs[part] + event.twice * bin(new & cut.defined).count("1")
                if cut.labels and cut.labels[-1] != part:
                    more += change + (_BACK if cut.visited >> part & 1 else 0.0)
                grown.append(cut.grown(part, more, cut.defined | new))
        # By the labels too, so that the order of equals is always the same.
        beam = sorted(grown, key=lambda cut: (cut.cost, cut.labels))[:BEAM]
    return [(cut.cost, cut.labels) for cut in beam]


MOST_IN_TURN = 5
"""Parts of which every order is tried."""

LEAST_GROUPS = 2
"""Functions of one name, one right behind the other, that make a file one that is grouped."""


def _by_turns(parts: int, events: Sequence[_Event]) -> tuple[int, ...]:
    """The part by event in a file that is grouped by name; empty if it is not."""
    groups = _groups(events)
    functions = [g for g in groups if events[g[0]].twice == _TWICE]
    if len(functions) < LEAST_GROUPS or not 1 < parts <= MOST_IN_TURN:
        return ()
    inside = {i for group in groups for i in group}
    # Single definitions show in which order the parts come, if nothing else does.
    alone = {i: _likeliest(e) for i, e in enumerate(events) if i not in inside}
    first = {part: i for i, part in reversed(alone.items())}
    best: tuple[float, tuple[int, ...], dict[int, int]] | None = None
    for order in itertools.permutations(range(parts)):
        cost = 0.0
        labels: dict[int, int] = {}
        for group in groups:
            more, turn = _turn(order, [events[i].costs for i in group])
            cost += more
            labels |= dict(zip(group, turn, strict=True))
        places = tuple(first.get(part, len(events)) for part in order)
        if best is None or (round(cost, 6), places) < best[:2]:
            best = round(cost, 6), places, labels
    assert best is not None
    found = alone | best[2]
    return tuple(found[i] for i in range(len(events)))


def _groups(events: Sequence[_Event]) -> list[list[int]]:
    """The places, more than one, of all bindings of a name that follow one another."""
    found: dict[frozenset[str], list[int]] = {}
    for i, event in enumerate(events):
        if event.names:
            found.setdefault(event.names, []).append(i)
    return [g for g in found.values() if len(g) > 1 and g[-1] - g[0] == len(g) - 1]


def _likeliest(event: _Event) -> int:
    return min(range(len(event.costs)), key=lambda part: event.costs[part])


def _turn(
    order: Sequence[int], costs: Sequence[tuple[float, ...]]
) -> tuple[float, tuple[int, ...]]:
    """The cheapest way to give each of `costs` to a part, in this order of the parts."""
    few = min(len(costs), len(order))
    turns = (
        # More bindings than parts: the last ones are the last part's, which defines them again.
        (*chosen, *[chosen[-1]] * (len(costs) - few))
        for chosen in itertools.combinations(order, few)
    )
    return min((sum(c[part] for c, part in zip(costs, turn, strict=True)), turn) for turn in turns)


def _unseen(mine: set[int], bound: Mapping[str, Sequence[int]]) -> set[int]:
    """The definitions after the one that a part sees, of each name that has several.

    It sees its own last one. Without one of its own it sees the last before its section ends, as
    in a notebook that is run from the top, else the first one after it.
    """
    end = max(mine, default=-1)
    kept: set[int] = set()
    left_out: set[int] = set()
    for indices in bound.values():
        before = [i for i in indices if i <= end]
        own = [i for i in indices if i in mine]
        seen = own[-1] if own else before[-1] if before else indices[0]
        kept.add(seen)
        left_out.update(i for i in indices if i > seen)
    return left_out - kept
