"""The questions of one hand-in after another, with the servers and references of one run."""

from __future__ import annotations

from collections.abc import Callable

from grader.core.model import GradeReport
from grader.core.settings import Secret, Settings
from grader.isolation.reading import HandInReader
from grader.isolation.servers import Servers
from kit.runner import Runner

from .bench import Bench
from .public_calls import PublicCall, public_calls
from .questions import VivaQuestion, questions_of


class Viva:
    """Makes questions. `reference_of` gives the runner of a part's solution."""

    def __init__(
        self,
        settings: Settings,
        secret: Secret,
        servers: Servers,
        reader: HandInReader,
        reference_of: Callable[[str], Runner],
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._servers = servers
        self._reader = reader
        self._reference_of = reference_of
        self._calls: dict[str, tuple[PublicCall, ...]] = {}

    def questions(self, report: GradeReport) -> tuple[VivaQuestion, ...]:
        """The questions of a hand-in that was graded."""
        bench = self.bench(report)
        return questions_of(report, bench, self._secret, self._reader.edits, self._calls_of)

    def bench(self, report: GradeReport) -> Bench:
        """A bench on which the hand-in was not run yet."""
        return Bench(report.submission, self._settings, self._servers)

    def _calls_of(self, part: str) -> tuple[PublicCall, ...]:
        # Kept, because a whole class has the same public inputs.
        if part not in self._calls:
            self._calls[part] = public_calls(self._reference_of(part))
        return self._calls[part]
