"""Write what the public checks need beside them: expected values and points.

``starter/tests/expected.npz`` holds public cases with the reference solution's answers;
``starter/tests/points.json`` what each public check is worth by the default rubric and what
hidden checks decide. ``python -m grader.authoring.publish`` writes both; ``--check`` says which
are stale.
"""

from __future__ import annotations

import io
import json
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import numpy as np

from grader import ROOT
from grader.core.model import Visibility
from grader.parts.checks import checks_of
from grader.parts.reference import reference_runner
from grader.parts.registry import specs
from grader.scoring.points import show_points
from grader.scoring.rubric import Rubric, load
from kit.contracts import BY_ID
from kit.left_raises import stub_raises

TESTS = Path("starter") / "tests"


def expected() -> dict[str, np.ndarray]:
    """The public cases of every part and the reference's answers, flat."""
    found: dict[str, np.ndarray] = {}
    for spec in specs():
        found |= spec.publish(reference_runner(spec.id))
    return found


def points(rubric: Rubric) -> dict[str, Any]:
    """Points of the public checks, what hidden ones decide, and the caps of optional parts."""
    optional = {
        part: show_points(row.points) for row in rubric.rows if row.optional for part in row.parts
    }
    public: dict[str, str] = {}
    hidden: dict[str, Fraction] = {}
    left_out: list[str] = []
    for check in checks_of(rubric.parts()):
        if check.advice:
            continue
        if check.visibility is not Visibility.PUBLIC:
            # Summed up by part, so that no hidden check is named to students.
            worth = Fraction(0) if check.id in rubric.left_out else rubric.points_of(check.id)
            hidden[check.part] = hidden.get(check.part, Fraction(0)) + worth
        elif check.id in rubric.left_out:
            left_out.append(check.id)
        else:
            public[check.id] = show_points(rubric.points_of(check.id))
    shown = {part: show_points(worth) for part, worth in hidden.items()}
    found: dict[str, Any] = {"checks": public, "hidden": shown, "optional": optional}
    found["blanks"] = {part: blanks(part) for part in rubric.parts()}
    if left_out:
        found["left_out"] = left_out
    if rubric.contracts:
        found["contracts"] = dict(rubric.contracts)
    return found


def blanks(part: str) -> dict[str, int]:
    """The functions of a part with a blank, and how many statements each comes with.

    With more of them somebody has written code there, and left the ``raise`` in its place.
    """
    text = (ROOT / "starter" / BY_ID[part].file).read_text("utf-8")
    return {found.name: found.statements for found in stub_raises(text)}


def files(root: Path = ROOT, rubric: Path | None = None) -> dict[Path, bytes]:
    """The two files as they should be, with the points of the default rubric or of `rubric`."""
    marks = load(rubric or root / "rubric.yaml")
    text = json.dumps(points(marks), indent=2, ensure_ascii=False) + "\n"
    return {
        root / TESTS / "expected.npz": packed(expected()),
        root / TESTS / "points.json": text.encode(),
    }


def stale(root: Path = ROOT, rubric: Path | None = None) -> dict[Path, bytes]:
    """Those of the files that are not as they should be, with what they should hold.

    Expected values are compared as numbers: another numpy build may differ in the last bit.
    """
    return {
        path: wanted
        for path, wanted in files(root, rubric).items()
        if not path.exists() or not _same(path.read_bytes(), wanted, path.suffix)
    }


def _same(got: bytes, wanted: bytes, suffix: str) -> bool:
    if suffix != ".npz":
        return got == wanted
    # The committed file could hold a pickle, which would run code here.
    with np.load(io.BytesIO(got), allow_pickle=False) as a, np.load(io.BytesIO(wanted)) as b:
        return a.files == b.files and all(_equal(a[n], b[n]) for n in a.files)


def _equal(got: np.ndarray, wanted: np.ndarray) -> bool:
    """The same up to the last bits of the dtype."""
    if got.shape != wanted.shape or got.dtype != wanted.dtype:
        return False
    # Sums in float32 differ more between builds than those in float64.
    if got.dtype == np.float32:
        scale = float(np.abs(wanted).max(initial=0.0))
        return bool(np.abs(got - wanted).max(initial=0.0) <= 1e-5 * scale)
    if wanted.dtype.kind == "f":
        return bool(np.allclose(got, wanted, rtol=1e-9, atol=1e-12))
    return bool(np.array_equal(got, wanted))  # whole numbers, names


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """An ``.npz`` whose bytes depend on the arrays alone, not on the clock."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.save(entry, array, allow_pickle=False)
            # Not np.savez, which writes the time into the archive.
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(2026, 9, 1, 0, 0, 0))
            archive.writestr(info, entry.getvalue())
    return buffer.getvalue()


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is stale.")
@click.option(
    "--rubric",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Whose points; by default rubric.yaml.",
)
def main(check: bool, rubric: Path | None) -> None:
    """Write the expected values and the points of the public checks."""
    found = stale(rubric=rubric)
    if check:
        for path in found:
            click.echo(f"stale: {path.relative_to(ROOT)}; run `make starter`", err=True)
        raise SystemExit(1 if found else 0)
    for path, content in found.items():
        path.write_bytes(content)
        click.echo(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
