"""1,000 inputs of the contract for every mutation that is listed as equivalent; prints differences.

``python bench/equivalents.py [--part PART] [--inputs N]``. `make test-all` tries a share of them.
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grader.authoring.equivalence import differences, host_of
from grader.core.settings import Settings
from grader.isolation.servers import Servers
from grader.mutation import listed
from grader.mutation.equivalents import HOME

PARTS = tuple(sorted(path.parent.name for path in HOME.glob("*/equivalents.yaml")))


@click.command()
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), default=PARTS)
@click.option("--inputs", default=1000, show_default=True)
def main(parts: tuple[str, ...], inputs: int) -> None:
    """Exit with 1 if an input tells one of them from the solution."""
    differ = 0
    with contextlib.closing(Servers(Settings())) as servers:
        for part in parts:
            start = time.perf_counter()
            host = host_of(servers, part)
            try:
                found = list(differences(host, listed(part), inputs))
            finally:
                host.close()
            for mutation, said in found:
                click.echo(f"{mutation.id}: {said}")
            differ += len(found)
            seconds = time.perf_counter() - start
            click.echo(f"{part}: {len(listed(part))} listed, {len(found)} differ, {seconds:.0f} s")
    sys.exit(differ > 0)


if __name__ == "__main__":
    main()
