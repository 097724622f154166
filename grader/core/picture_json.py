"""The JSON form of the numbers that a check found for a picture (:mod:`kit.pictures`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from kit.pictures import Frequencies, Gradient, Gradients, Loss, Norms, Picture, Temperatures

_KINDS: Mapping[str, type[Picture]] = {
    "norms": Norms,
    "gradients": Gradients,
    "loss": Loss,
    "frequencies": Frequencies,
    "temperatures": Temperatures,
}


def picture_to_json(picture: Picture | None) -> dict[str, Any] | None:
    """Lossless; :func:`picture_from_json` reads it back."""
    if picture is None:
        return None
    kind = next(kind for kind, record in _KINDS.items() if isinstance(picture, record))
    return {"kind": kind, **asdict(picture)}


def picture_from_json(data: dict[str, Any] | None) -> Picture | None:
    """The record; None for one of another version's kinds, which only a page would have shown."""
    if data is None or data.get("kind") not in _KINDS:
        return None
    if data["kind"] == "gradients":
        return Gradients(tuple(map(_gradient, data["arrays"])))
    if data["kind"] == "temperatures":
        return Temperatures(tuple(Frequencies(**_fields(one)) for one in data["draws"]))
    return _KINDS[data["kind"]](**_fields(data))


def _fields(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in data.items()
        if name != "kind"
    }


def _gradient(data: dict[str, Any]) -> Gradient:
    # Earlier versions kept no differences.
    lists = (data["found"], data["right"], data.get("differences", ()))
    return Gradient(data["name"], *map(tuple, lists))
