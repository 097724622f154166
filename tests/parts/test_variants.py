"""Right code written another way loses nothing: files below ``variants/``, one rewrite each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from handing_in import Files, lost
from quick import one_in

from grader.core.model import GradeReport

VARIANTS = Path(__file__).resolve().parents[1] / "variants"

Grade = Callable[[Files], GradeReport]


def variants(part: str) -> list[Path]:
    """The rewrites of a part: a file, or a folder of several."""
    return sorted(path for path in (VARIANTS / part).iterdir() if not path.name.startswith("_"))


def name(variant: Path) -> str:
    """How a test of it is called."""
    return variant.stem


def files_of(variant: Path) -> dict[str, bytes]:
    """What a student would zip; a single file keeps its own name."""
    if variant.is_file():
        return {f"alice/{variant.name}": variant.read_bytes()}
    found = [path for path in sorted(variant.rglob("*")) if path.suffix in (".py", ".ipynb")]
    return {f"alice/{path.relative_to(variant).as_posix()}": path.read_bytes() for path in found}


@pytest.mark.parametrize("variant", one_in(12, variants("numpy_rnn"), name))
def test_a_right_network_written_another_way_loses_nothing(variant: Path, grade: Grade) -> None:
    report = grade(files_of(variant))
    assert report.status == "graded"
    assert not lost(report, "numpy_rnn.")


@pytest.mark.parametrize("variant", one_in(8, variants("poems"), name))
def test_process_poems_written_another_way_loses_nothing(variant: Path, grade: Grade) -> None:
    report = grade(files_of(variant))
    assert report.status == "graded"
    assert not lost(report, "poems.process.")


@pytest.mark.parametrize("variant", one_in(10, variants("poems_whole"), name))
def test_poems_written_another_way_lose_nothing(variant: Path, grade: Grade) -> None:
    report = grade(files_of(variant))
    assert report.status == "graded"
    assert not lost(report, "poems.")


@pytest.mark.parametrize(
    "variant",
    one_in(3, [path for path in variants("char_lstm") if path.suffix != ".py"], name),
)
def test_a_right_lstm_in_other_files_loses_nothing(variant: Path, grade: Grade) -> None:
    """Those in one Python file are in ``test_part_char_lstm.py``."""
    report = grade(files_of(variant))
    assert report.status == "graded"
    assert not lost(report, "char_lstm.")


def test_there_are_enough_rewrites(capsys: pytest.CaptureFixture[str]) -> None:
    count = {
        part: len(variants(part)) for part in ("numpy_rnn", "char_lstm", "poems", "poems_whole")
    }
    count["poems_model"] = len(list(VARIANTS.glob("poems_model_*")))
    with capsys.disabled():
        print(f"\nright rewrites: {sum(count.values())}, {count}")
    assert count["numpy_rnn"] >= 16
    assert count["char_lstm"] >= 9
    assert sum(count.values()) >= 40
