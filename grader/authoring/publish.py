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
from pathlib import Path
from typing import Any

import click
import numpy as np

from grader import ROOT
from grader.core.model import Visibility
from grader.parts.checks import catalogue
from grader.parts.reference import reference_runner
from grader.scoring.rubric import Rubric, load
from kit import cases, cases_torch
from kit.fixtures import PUBLIC_SEED, flatten
from parts.char_lstm.checks import CUT as CHAR_CUT
from parts.extensions import cases as cases_extensions
from parts.scratch_rnn.checks import CUT as SCRATCH_CUT
from parts.sequence import cases as cases_sequence
from parts.theory import cases as cases_theory

TESTS = Path("starter") / "tests"


def expected() -> dict[str, np.ndarray]:
    """The public cases and the reference's answers, flat."""
    rnn = reference_runner("numpy_rnn")
    case = cases.rnn_case(np.random.default_rng(PUBLIC_SEED))
    forward = {name: case[name] for name in ("weights", "x", "h0")}
    last = forward | {"dlogits": case["dlogits"]}
    every = forward | {"dlogits": case["dlogits_all"], "all_steps": True}
    answers = {
        "forward": rnn.forward(**forward),
        "backward": rnn.backward(**last),
        "norms": {"norms": np.asarray(rnn.backward(**last, norms=True)["norms"])},
        "forward_all": rnn.forward(**forward, all_steps=True),
        "backward_all": rnn.backward(**every),
    }
    rnn_values = flatten({"inputs": case, "expected": answers}, "rnn/")
    return (
        rnn_values
        | _char_lstm()
        | _poems()
        | _sequence()
        | _theory()
        | _extensions()
        | _scratch_rnn()
    )


def _extensions() -> dict[str, np.ndarray]:
    """The case of ``extensions``; a list of arrays is kept under the names a, b, c."""
    runner = reference_runner("extensions")
    rng = np.random.default_rng(PUBLIC_SEED)

    def named(arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip("abc", arrays, strict=True))

    def numbered(rows: list[list[np.ndarray]]) -> dict[str, dict[str, np.ndarray]]:
        return {str(n): named(row) for n, row in enumerate(rows)}

    case = cases_extensions.adam_case(rng, 3)
    history = numbered(runner.adam(**case)["history"])
    adam = {"params": named(case["params"]), "steps": numbered(case["steps"])}
    return flatten({"inputs": adam, "expected": {"history": history}}, "adam/")


def _theory() -> dict[str, np.ndarray]:
    """The cases of ``theory``."""
    runner = reference_runner("theory")
    rng = np.random.default_rng(PUBLIC_SEED)
    case, sums = cases_theory.theory_case(rng), cases_theory.delta_case(rng)
    immediate = {"h_prev": rng.uniform(-1, 1, 4), "places": cases_theory.places(rng, 4)}
    answers = {
        "forward": runner.forward(weights=case["weights"], x=case["x"]),
        "delta": runner.delta(**case),
        "truncated": runner.truncated(**case, steps=3),
        "full": runner.truncated(**case, steps=len(case["x"])),
    }
    stored = {
        "theory": {"inputs": case, "expected": answers},
        "theory_immediate": {"inputs": immediate, "expected": runner.immediate(**immediate)},
        "theory_sums": {"inputs": sums, "expected": runner.summed(**sums)},
    }
    return flatten(stored, "")


def _sequence() -> dict[str, np.ndarray]:
    """The cases of ``sequence``; what is not here is drawn together with its right answer."""
    runner = reference_runner("sequence")
    rng = np.random.default_rng(PUBLIC_SEED)
    lstm = cases_sequence.lstm_case(rng)
    gru, bilstm = cases_sequence.gru_case(rng), cases_sequence.bilstm_case(rng)
    masked = cases_sequence.masked_case(rng)
    layer = cases_sequence.layer_case(rng, (2, 3, 5), 0.01)
    step = {"forward": runner.lstm(inputs=lstm["inputs"]), "backward": runner.lstm_backward(**lstm)}
    stored = {
        "lstm": {"inputs": lstm, "expected": step},
        "gru": {"inputs": gru, "expected": runner.gru(inputs=gru)},
        "bilstm": {"inputs": bilstm, "expected": runner.bilstm(**bilstm)},
        "masked": {"inputs": masked, "expected": runner.cross_entropy(**masked)},
        "layer_norm": {"inputs": layer, "expected": runner.normalise(**layer, eps=None)},
    }
    return flatten(stored, "")


def _scratch_rnn() -> dict[str, np.ndarray]:
    """The cases of ``scratch_rnn``: the function ``rnn``, and ``RNNModel`` around a GRU."""
    runner = reference_runner("scratch_rnn")
    rng = np.random.default_rng(PUBLIC_SEED)
    case = cases_torch.scratch_case(rng)
    later = runner.continued(**case, cut=SCRATCH_CUT)
    answers = {
        "rnn": {"outputs": runner.rnn(**case)["outputs"]},
        "continued": {"outputs": later["outputs"], "H": later["state"][0]},
    }
    found = flatten({"inputs": case, "expected": answers}, "scratch_rnn/")
    case = cases_torch.module_case(rng, "GRU")
    answer = runner.module(**case)
    answers = {"module": {"outputs": answer["outputs"], "h": answer["state"]}}
    return found | flatten({"inputs": case, "expected": answers}, "scratch_module/")


def _poems() -> dict[str, np.ndarray]:
    """The case of the model of ``poems``."""
    runner = reference_runner("poems")
    case = cases_torch.poem_case(np.random.default_rng(PUBLIC_SEED))
    answers = {
        "lstm": {"output": runner.lstm(weights=case["weights"], **case["layer"])["output"]},
        "forward": runner.forward(weights=case["weights"], x=case["x"]),
    }
    return flatten({"inputs": case, "expected": answers}, "poem/")


def _char_lstm() -> dict[str, np.ndarray]:
    """The cases of ``char_lstm``; every right way to start a batch of ``train`` is kept."""
    runner = reference_runner("char_lstm")
    rng = np.random.default_rng(PUBLIC_SEED)
    case = cases_torch.char_case(rng)
    later = runner.continued(**case, cut=CHAR_CUT)
    later |= dict(zip("hc", later.pop("hidden"), strict=True))
    logits = runner.forward(**case)["logits"]
    forward = {"inputs": case, "expected": {"forward": {"logits": logits}, "continued": later}}

    case = cases_torch.char_training_case(rng)
    answers = {
        "own": runner.right_steps(**case, epochs=2),
        "stand_in": runner.right_steps(**case, epochs=2, stand_in=True),
    }
    training = {"inputs": case, "expected": answers}
    return flatten(forward, "char_forward/") | flatten(training, "char_training/")


def points(rubric: Rubric) -> dict[str, Any]:
    """Points of the public checks, what hidden ones decide, and the caps of optional parts."""
    optional = {
        part: f"{float(row.points):g}" for row in rubric.rows if row.optional for part in row.parts
    }
    public: dict[str, str] = {}
    hidden: dict[str, float] = {}
    for check in catalogue(rubric.parts()):
        if check.advice:
            continue
        worth = rubric.points_of(check.id)
        if check.visibility is Visibility.PUBLIC:
            public[check.id] = f"{float(worth):g}"
        else:
            hidden[check.part] = hidden.get(check.part, 0.0) + float(worth)
    shown = {part: f"{worth:g}" for part, worth in hidden.items()}
    return {"checks": public, "hidden": shown, "optional": optional}


def files(root: Path = ROOT, rubric: Path | None = None) -> dict[Path, bytes]:
    """The two files as they should be, with the points of the default rubric or of `rubric`."""
    marks = load(rubric or root / "rubric.yaml")
    text = json.dumps(points(marks), indent=2, ensure_ascii=False) + "\n"
    return {
        root / TESTS / "expected.npz": _npz(expected()),
        root / TESTS / "points.json": text.encode(),
    }


def stale(root: Path = ROOT, rubric: Path | None = None) -> list[Path]:
    """Those of the files that are not as they should be.

    Expected values are compared as numbers: another numpy build may differ in the last bit.
    """
    found = []
    for path, wanted in files(root, rubric).items():
        if not path.exists() or not _same(path.read_bytes(), wanted, path.suffix):
            found.append(path)
    return found


def _same(got: bytes, wanted: bytes, suffix: str) -> bool:
    if suffix != ".npz":
        return got == wanted
    with np.load(io.BytesIO(got), allow_pickle=False) as a, np.load(io.BytesIO(wanted)) as b:
        return a.files == b.files and all(_equal(a[n], b[n]) for n in a.files)


def _equal(got: np.ndarray, wanted: np.ndarray) -> bool:
    """The same up to the last bits of the dtype."""
    if got.shape != wanted.shape or got.dtype != wanted.dtype:
        return False
    if got.dtype == np.float32:
        scale = float(np.abs(wanted).max(initial=0.0))
        return bool(np.abs(got - wanted).max(initial=0.0) <= 1e-5 * scale)
    if wanted.dtype.kind == "f":
        return bool(np.allclose(got, wanted, rtol=1e-9, atol=1e-12))
    return bool(np.array_equal(got, wanted))  # whole numbers, names


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    """An ``.npz`` whose bytes depend on the arrays alone, not on the clock."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.save(entry, array, allow_pickle=False)
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
    for path, content in files(rubric=rubric).items():
        if path in found:
            path.write_bytes(content)
            click.echo(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
