"""What pictures are made of: shapes and labels in frames, as SVG writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kit.text import Text

from .clean import clean_line


@dataclass(frozen=True, slots=True)
class Shape:
    """A path; its class in the style sheet says how it is drawn."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Label:
    """A number at an axis; `anchor` is start, middle or end."""

    x: str
    y: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing of `width` by `height`, with the words below it."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    labels: tuple[Label, ...] = ()
    name: str = ""
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture: its title, its drawings, what the kinds of lines mean, and what it shows."""

    kind: str
    title: Text
    panels: tuple[Panel, ...]
    key: tuple[tuple[str, Text], ...]  # kind of shape, its meaning
    fact: Text | None = None


@dataclass
class Frame:
    """From numbers to places: x and y between 0 and 1 inside the margins, y upwards."""

    width: int
    height: int
    left: int = 4
    right: int = 4
    top: int = 6
    bottom: int = 4
    shapes: list[Shape] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def at(self, x: float, y: float) -> str:
        """The place as SVG writes it."""
        across = self.left + x * (self.width - self.left - self.right)
        down = self.top + (1 - y) * (self.height - self.top - self.bottom)
        return f"{across:.1f} {down:.1f}"

    def line(self, kind: str, *places: tuple[float, float]) -> None:
        """A line through the places."""
        self.shapes.append(Shape(kind, "M" + "L".join(self.at(*place) for place in places)))

    def dots(self, kind: str, places: Iterable[tuple[float, float]]) -> None:
        """Points: lines of no length, whose ends the style makes round or square."""
        if path := "".join(f"M{self.at(*place)}h0" for place in places):
            self.shapes.append(Shape(kind, path))

    def box(self, kind: str, left: float, right: float, low: float, high: float) -> None:
        """A rectangle."""
        corners = ((left, low), (left, high), (right, high), (right, low))
        path = "M" + "L".join(self.at(*corner) for corner in corners) + "z"
        self.shapes.append(Shape(kind, path))

    def label(self, x: float, y: float, text: str, anchor: str = "middle", down: int = 0) -> None:
        """A number at a place, `down` units below it."""
        across, height = self.at(x, y).split()
        shift = -5 if anchor == "end" else 0
        self.labels.append(
            Label(f"{float(across) + shift:.1f}", f"{float(height) + down:.1f}", anchor, text)
        )

    def panel(self, name: str = "", note: Text | None = None) -> Panel:
        """What was drawn."""
        return Panel(
            self.width, self.height, tuple(self.shapes), tuple(self.labels), clean_line(name), note
        )
