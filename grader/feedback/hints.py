"""A likely cause as a page shows it: the hint, and the lines of the student that it points at."""

from __future__ import annotations

from dataclasses import dataclass

from grader.core.model import Diagnosis, Place
from kit.text import Text

from . import words
from .clean import clean_line, clean_text


@dataclass(frozen=True, slots=True)
class HintView:
    """A likely cause, and the lines of the student that it points at: place and text."""

    text: Text
    places: tuple[tuple[Text, str], ...]


def view_hint(diagnosis: Diagnosis) -> HintView:
    """A hint with the places it points at."""
    return HintView(
        clean_text(diagnosis.hint),
        tuple((_where(place), clean_line(place.text)) for place in diagnosis.places),
    )


def _where(place: Place) -> Text:
    # The file's name alone: the folders in front of it are the platform's.
    path = clean_line(place.path.rsplit("/", 1)[-1])
    one = place.first == place.last
    lines = str(place.first) if one else f"{place.first}-{place.last}"
    said = words.CELL_LINES if place.cell else words.LINES
    return said.format(path=path, cell=place.cell, lines=lines, word="line" if one else "lines")
