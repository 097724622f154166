"""The time of one part of a submission: what a call may use, and which functions do not end.

All runners of the part share it. A call that is answered is charged to the part, one that is
stopped is not: the functions that hang leave their time to the others. Once a function was seen not
to end, a later call that is found in it is stopped after a short try. A function is recognised
while it is being executed: a call that takes long is asked where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from grader.core.settings import Settings
from grader.protocol.messages import Place
from kit.contracts import BY_ID
from kit.outcomes import TimedOut
from kit.text import Text

# By the default limits a short try is 0.6 s, and 5.4 s for training: each is five times what the
# slowest right code takes there (docs/numbers.md).
SHORT_SHARE: Final = 0.2
"""The share of a call's limit that one activation of a function gets in a short try."""

SHORT_TRAINING_SHARE: Final = 0.36
"""The same of the limit of learning, for functions that may be the whole training."""

FIRST_LOOK_SHARE: Final = 0.2
"""When a call is first asked where it is, as a share of a short try."""

COMPUTED_SHARE: Final = 0.8
"""From this share of a limit on, the CPU time by itself says that the code did not only wait."""

Function = tuple[str, str, int]
"""A function of the submission: its file, its name, the line of its `def`."""

NOWHERE: Final[Function] = ("", "", 0)
"""In no function of the submission, or in one call of a C function that does not return."""


@dataclass(frozen=True)
class Overtime:
    """A call that was stopped without a reply."""

    place: Place | None
    """The innermost function that was being executed all the time, if the worker named one."""
    function: Function | None
    known: bool = False
    """Stopped after a short try, because the function was seen not to end before."""
    computed: bool = False
    """It used its limit in CPU time: no other process and no device can be the reason."""


class PartTime:
    """What the calls of one part have used, and the functions that were seen not to end.

    With `refuses` all calls are charged, and none is made once the time is used up.
    """

    def __init__(self, part: str, settings: Settings, *, refuses: bool = False) -> None:
        self._part = part
        self._settings = settings
        self._refuses = refuses
        self._charged_s = 0.0
        self._hung: set[Function] = set()
        self._confirmed = False

    @property
    def confirmed(self) -> bool:
        """Whether a time-out of the part has been confirmed."""
        return self._confirmed

    @property
    def spent(self) -> bool:
        """Whether one activation of any function has but a short try left.

        That is so when the part's time is used up; also when more functions were said to hang than
        the contract has: then the places that the worker names are lies.
        """
        over = self._charged_s > self._settings.part_wall_s
        return over or len(self._hung) > len(BY_ID[self._part].names)

    def charge(self, used_s: float) -> None:
        """Count what a call that was answered has used; loading has limits of its own."""
        self._charged_s += used_s

    def charge_stopped(self, used_s: float) -> None:
        """Count what a call has used that was not answered, where the time is used up by any."""
        if self._refuses:
            self._charged_s += used_s

    def confirm(self, overtime: Overtime) -> None:
        """Note the function that does not end."""
        self._confirmed = True
        if overtime.function is not None:
            self._hung.add(overtime.function)

    def require(self) -> None:
        """Refuse the next call where the time is used up, if it is a time that refuses."""
        if self._refuses and self.spent:
            raise TimedOut(_SPENT)

    def trains(self, probe: str) -> bool:
        """Whether the probe trains a model."""
        return probe in BY_ID[self._part].trains

    def limit_s(self, probe: str) -> float:
        """What a call of `probe` may use."""
        settings = self._settings
        return settings.learning_wall_s if self.trains(probe) else settings.call_wall_s

    @property
    def short_s(self) -> float:
        """What one activation of a function may use in a short try."""
        return self._settings.call_wall_s * SHORT_SHARE

    def watch(self, probe: str, limit_s: float) -> Watch:
        """How to look at one call of `probe`."""
        long_s, brief = self.short_s, frozenset[str]()
        if self.trains(probe):
            # A function of the contract that does not train is short there too. What else the
            # submission defines may be the loop of the training.
            long_s = self._settings.learning_wall_s * SHORT_TRAINING_SHARE
            # A worker reports a method by its own name, without its class.
            names = (name.rpartition(".")[2] for name in BY_ID[self._part].names)
            brief = frozenset(name for name in names if "train" not in name)
        return Watch(frozenset(self._hung), self.spent, limit_s, self.short_s, long_s, brief)


class Watch:
    """Samples one call now and then, and finds where it makes no progress."""

    def __init__(
        self,
        hung: frozenset[Function],
        every_function: bool,
        limit_s: float,
        short_s: float,
        long_s: float,
        brief: frozenset[str],
    ) -> None:
        self._hung = hung
        self._every_function = every_function
        self._limit_s, self._short_s, self._long_s = limit_s, short_s, long_s
        self._brief = brief
        self._lasted: dict[Function, int] = {NOWHERE: -1}
        self._place: Place | None = None
        self._function: Function | None = None

    def looks(self) -> Iterator[float]:
        """When to look, in seconds that the call has used; at last when its limit is reached."""
        if self._hung or self._every_function:
            # The first look is early, so that the second, a short try later, can stop the call.
            at_s = self._short_s * FIRST_LOOK_SHARE
            # The last two looks far enough apart to tell one activation from several.
            while at_s < self._limit_s - self._short_s / 2:
                yield at_s
                at_s += self._short_s
        else:
            # Most calls end before this look; of others two looks tell which activation lasted.
            yield self._limit_s / 2
        yield self._limit_s

    def stops(self, places: tuple[Place, ...] | None) -> bool:
        """Whether the call is to be stopped, since it stays where others have hung."""
        # None: the worker did not answer.
        lasted = {_function(place): place for place in places or () if place.lasted}
        # How many looks in a row have found the same activation.
        counts = {function: self._lasted.get(function, 0) + 1 for function in lasted}
        # It starts at -1, because a function, too, is seen to last only by a second look.
        counts[NOWHERE] = -1 if places else self._lasted[NOWHERE] + 1
        self._lasted = counts
        self._function = next(reversed(lasted), None)
        if counts[NOWHERE] > 0:
            self._function = NOWHERE
        self._place = lasted.get(self._function) if self._function else None
        # The innermost function comes first: its callers last as long, but it is what hangs.
        for function in (*reversed(lasted), NOWHERE):
            known = function in self._hung or (self._every_function and function != NOWHERE)
            if known and counts[function] > 0 and self._long_enough(function, counts[function]):
                self._function, self._place = function, lasted.get(function)
                return True
        return False

    def _long_enough(self, function: Function, looks: int) -> bool:
        """Whether one activation was seen for as long as a short try gives it."""
        short_s = self._short_s if function[1] in self._brief else self._long_s
        return looks * self._short_s >= short_s

    def overtime(self, *, known: bool, computed: bool) -> Overtime:
        """What is known of the call when it is stopped."""
        return Overtime(self._place, self._function, known, computed)


def _function(place: Place) -> Function:
    return (place.file, place.name, place.line)


_SPENT = Text(
    "这一部分的检查已用完总时间，不再继续；请找出用时过长的函数",
    "the checks of this part have used up their time and go no further; find the function that "
    "takes too long",
)
