"""Which mistakes explain a failed check: known ones first, then any one edit of the solution.

Known mistakes are declarative edits of the solutions; they prove the suites as well.

A mistake is an entry of ``<part>.yaml`` here: what text of the solution is replaced by what,
which checks must then fail, and a hint in both languages. :func:`mutant` applies one;
:class:`Explainer` asks which of them give a student's own numbers.
"""

from .answers import Call
from .catalogue import Mistake, catalogue, mutant, parts
from .diagnostician import diagnose
from .explain import Explainer, Explanation, settled
from .failed import RunnerOf
from .host import Host
from .neighbours import CALL_CPU_S
from .places import FunctionsOf
from .runners import in_process

__all__ = [
    "CALL_CPU_S",
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
