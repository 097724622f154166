"""Known mistakes: declarative edits of the solutions that prove the suites and explain failures.

A mistake is an entry of ``<part>.yaml`` here: what text of the solution is replaced by what,
which checks must then fail, and a hint in both languages. :func:`mutant` applies one;
:func:`diagnose` asks which of them give a student's own numbers.
"""

from .catalogue import Mistake, catalogue, mutant, parts
from .diagnosis import Call, SeatOf, diagnose, in_process

__all__ = ["Call", "Mistake", "SeatOf", "catalogue", "diagnose", "in_process", "mutant", "parts"]
