"""The parts of the lab, and the names that each of them consists of.

A part is a contract of names, not of file names. ``locate`` finds the files that define the names;
``pack.py`` reports which are written and which are missing. The parts are the packages of
``parts``: there is no other list of them.
"""

from __future__ import annotations

import importlib
import pkgutil

from .part import Part

GRADER_PYTHON = (3, 11)
"""The Python that grades. It cannot read what later versions have added to the language."""

MAX_SOURCE_BYTES = 2_000_000
"""A larger Python file is not read: it is data."""

MAX_NOTEBOOK_BYTES = 50_000_000
"""A notebook holds its outputs too, which are cut before it is parsed; ``MAX_SOURCE_BYTES`` bounds
its code alone. The notebook must fit into a zip and into the total that intake unpacks."""

MAX_REPORT_BYTES = 30_000_000
"""A larger PDF is not kept."""


def _discovered() -> tuple[Part, ...]:
    """The contracts of the packages of ``parts``, in the order in which parts are shown."""
    folders = importlib.import_module("parts").__path__
    names = [module.name for module in pkgutil.iter_modules(folders) if module.ispkg]
    found = [importlib.import_module(f"parts.{name}.contract").CONTRACT for name in names]
    return tuple(sorted(found, key=lambda part: (part.position, part.id)))


PARTS: tuple[Part, ...] = _discovered()
"""The parts of the lab, in the order in which they are shown."""

BY_ID: dict[str, Part] = {part.id: part for part in PARTS}
