"""Right code written another way loses nothing: files below ``variants/``, one rewrite each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from handing_in import Files, lost

from grader.model import GradeReport

VARIANTS = Path(__file__).resolve().parent / "variants"

Grade = Callable[[Files], GradeReport]


def variants(part: str) -> list[Path]:
    """The rewrites of a part: a file, or a folder of several."""
    return sorted(path for path in (VARIANTS / part).iterdir() if not path.name.startswith("_"))


def files_of(variant: Path) -> dict[str, bytes]:
    """What a student would zip; a single file keeps its own name."""
    if variant.is_file():
        return {f"alice/{variant.name}": variant.read_bytes()}
    found = [path for path in sorted(variant.rglob("*")) if path.suffix in (".py", ".ipynb")]
    return {f"alice/{path.relative_to(variant).as_posix()}": path.read_bytes() for path in found}


@pytest.mark.parametrize("variant", variants("numpy_rnn"), ids=lambda path: path.stem)
def test_a_right_network_written_another_way_loses_nothing(variant: Path, grade: Grade) -> None:
    report = grade(files_of(variant))
    assert report.status == "graded"
    assert not lost(report, "numpy_rnn.")


@pytest.mark.parametrize("variant", variants("poems"), ids=lambda path: path.stem)
def test_process_poems_written_another_way_loses_nothing(variant: Path, grade: Grade) -> None:
    report = grade(files_of(variant))
    assert report.status == "graded"
    assert not lost(report, "poems.process.")


def test_there_are_enough_rewrites() -> None:
    assert len(variants("numpy_rnn")) >= 12
    assert len(variants("poems")) >= 4
