"""Known mistakes: declarative edits of the solutions that prove the suites and explain failures.

A mistake is an entry of ``<part>.yaml`` here: what text of the solution is replaced by what,
which checks must then fail, and a hint in both languages. :func:`mutant` applies one;
:class:`Explainer` asks which of them give a student's own numbers.
"""

from .answers import Call
from .catalogue import Mistake, catalogue, mutant, parts
from .diagnostician import RunnerOf, diagnose, in_process
from .explain import Explainer, Explanation, settled
from .host import Host
from .places import FunctionsOf

__all__ = [
    "Call",
    "Explainer",
    "Explanation",
    "FunctionsOf",
    "Host",
    "Mistake",
    "RunnerOf",
    "catalogue",
    "diagnose",
    "in_process",
    "mutant",
    "parts",
    "settled",
]
