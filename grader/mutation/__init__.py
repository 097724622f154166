"""The neighbourhood of a solution: every program that differs from it by one standard edit.

Authoring asks which of them the suites do not see; a diagnosis asks which of them gives a student's
numbers. Mutants are only made here. They run in confined workers, because some never end.
"""

from .blanks import BEGIN, END
from .equivalents import equivalents, listed
from .neighbourhood import (
    Mutation,
    confusions_of,
    functions,
    given_of,
    mutations,
    mutations_of,
    without,
)

__all__ = [
    "BEGIN",
    "END",
    "Mutation",
    "confusions_of",
    "equivalents",
    "functions",
    "given_of",
    "listed",
    "mutations",
    "mutations_of",
    "without",
]
