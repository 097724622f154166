"""``python -m tests.attacks.table``: try every attack and print what came of it."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from grader import ROOT
from grader.scoring import rubric
from grader.judging.judge import Judge
from grader.core.settings import Secret, Settings

from .harness import Verdict, around, corpus, limits, try_attack, warm


def main() -> int:
    """0 if every attack was held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wanted", nargs="*", help="only attacks whose name contains one of these")
    wanted = parser.parse_args().wanted
    chosen = [a for a in corpus() if not wanted or any(word in a.id for word in wanted)]
    # A bare hand-in is written below the folder's own name; the umask of others does not matter.
    with tempfile.TemporaryDirectory(prefix="attacks-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        settings = limits(
            Settings(
                out_dir=folder / "out",
                rubric=ROOT / "rubric.yaml",
                secret_file=folder / "secret",
                lang="en",
            )
        )
        secret = Secret.load(settings.secret_file)
        console = Console(width=None if sys.stdout.isatty() else 150)
        with (
            Judge(settings, rubric.load(settings.rubric), secret) as judge,
            around(folder / "canary", settings) as field,
        ):
            warm(judge, folder / "warm")
            verdicts = [
                try_attack(judge, attack, field, folder / str(i))
                for i, attack in enumerate(
                    track(chosen, console=console, disable=not sys.stdout.isatty())
                )
            ]
    console.print(_table(verdicts))
    for line in closing(verdicts):
        console.print(line, highlight=False)
    return 0 if all(v.held for v in verdicts) else 1


def closing(verdicts: list[Verdict]) -> list[str]:
    """The figures: the last four must be 0."""
    return [
        f"attacks tried    {len(verdicts)}",
        f"gained           {sum(bool(v.gained) for v in verdicts)}",
        f"escaped          {sum(bool(v.escaped) for v in verdicts)}",
        f"outcomes lost    {sum(len(v.lost) for v in verdicts)}",
        f"left behind      {sum(bool(v.left) for v in verdicts)}",
    ]


def _table(verdicts: list[Verdict]) -> Table:
    table = Table(title=f"Attacks ({os.uname().machine}, Python {sys.version.split()[0]})")
    for name in ("attack", "tries", "honest", "earned", "seconds", "verdict"):
        table.add_column(
            name, justify="right" if name in ("honest", "earned", "seconds") else "left"
        )
    for v in verdicts:
        table.add_row(
            v.attack.id,
            v.attack.tries,
            f"{float(v.honest):.2f}",
            f"{float(v.earned):.2f}",
            f"{v.seconds:.1f}",
            v.words(),
            style=None if v.held else "bold red",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
