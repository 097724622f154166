"""The command of ``make reproduce``: run what is missing, shortest rows first, and render.

``PYTHONPATH=bench python -m reproduce --help``. A row that is finished at its present setting is
not run again. A run that is stopped keeps the rows that ended, and of the row in progress what it
had measured.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import click
import numpy
import torch
from tqdm import tqdm

from . import document, records
from .records import Outcome, Row
from .rows import CLAIMS, ON_A_GPU, ROWS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reproduction"
VERSIONS = f"NumPy {numpy.__version__}, torch {torch.__version__}"


def measure(row: Row, seed: int, results: Path, folder: Path) -> None:
    """Run a row and write a line at each of its stages."""
    wall, cpu = time.perf_counter(), time.process_time()
    folder.mkdir(parents=True, exist_ok=True)
    for measured in row.run(row.setting, seed, folder):
        records.write(
            results,
            Outcome(
                row.name, seed, row.setting, measured, time.perf_counter() - wall,
                time.process_time() - cpu, os.getloadavg()[0], VERSIONS,
            ),
        )  # fmt: skip


@click.command()
@click.option("--row", "names", multiple=True, help="these rows only, in this order")
@click.option("--seed", "seeds", multiple=True, type=int, default=[42], show_default=True)
@click.option("--quick", is_flag=True, help="a share of each row, of seconds; nothing is kept")
@click.option("--render", is_flag=True, help="only write the document from the results")
@click.option(
    "--out", type=click.Path(path_type=Path), default=FOLDER, help="folder of the results"
)
def main(
    names: tuple[str, ...], seeds: tuple[int, ...], quick: bool, render: bool, out: Path
) -> None:
    """Reproduce the figures of the course's documents, one seed for all rows first."""
    known = {row.name: row for row in (*CLAIMS, *ROWS, *ON_A_GPU)}
    if unknown := set(names) - set(known):
        raise click.UsageError(f"No row {sorted(unknown)}; there are {', '.join(known)}")
    rows = [known[name] for name in names] or list(known.values())
    if not (quick or torch.cuda.is_available()):
        rows = [row for row in rows if row not in ON_A_GPU]
    torch.set_num_threads(1)  # so that seconds mean the same everywhere
    if quick:
        share(rows)
        return
    results = out / "results.jsonl"
    if not render:
        done = records.read(results)
        todo = [
            (row, seed)
            for seed in seeds
            for row in rows
            if not ((old := done.get((row.name, seed))) and old.is_of(row, seed))
        ]
        left = sum(row.minutes for row, _ in todo)
        with tqdm(
            total=left, unit="min", desc=f"rows, {left:.0f} min of work", bar_format=BAR
        ) as bar:
            for row, seed in todo:
                bar.set_postfix_str(row.name)
                measure(row, seed, results, ROOT / "runs" / "reproduce" / f"{row.name}-{seed}")
                bar.update(row.minutes)
                document.render(records.read(results), out)
    if results.exists():
        records.compact(results)
    document.render(records.read(results), out)
    click.echo(f"{out}.md")


BAR = "{desc} {percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left {postfix}"


def share(rows: list[Row]) -> None:
    """A share of each row in a temporary folder, through records and document."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "reproduction"
        for row in tqdm(rows, desc="rows"):
            quick = row.at({**row.setting, **row.quick})
            measure(quick, 42, out / "results.jsonl", Path(name) / row.name)
        outcomes = records.read(out / "results.jsonl")
        document.render(outcomes, out)
        for outcome in outcomes.values():
            click.echo(
                f"{outcome.row}: {outcome.cpu_s:.2f} CPU s, {dict(outcome.measured.figures)}"
            )


if __name__ == "__main__":
    main()
