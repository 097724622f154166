"""``docs/reproduction.md`` and its pictures, from the lines of the results."""

from __future__ import annotations

import statistics
from pathlib import Path

from .records import Outcome, Picture, Row, verdict
from .rows import CLAIMS, ON_A_GPU, ROWS

Outcomes = dict[tuple[str, int], Outcome]

HEAD = """# Reproduction

What the course's documents report, beside what the solutions give. `make reproduce` makes this
page: it runs what is missing, the shortest rows first, and renders the page as each row ends. A run
that was stopped goes on where it was. `make reproduce ROW=concise SEED=7` runs one row with another
seed; `RNN_LAB_DATA` names the folder of the corpora.

*CPU min* is the time that the run computed on one thread, *min* what passed meanwhile: these runs
had the cycles that other work on the machine left (the load average, for two cores, is in the last
column), so the first says how long a quiet machine takes. *Reproduced* means within the margin that
the row states in `bench/reproduce/rows.py`; a row at another setting than the documents' is never
called so.
"""


def render(outcomes: Outcomes, out: Path) -> None:
    """Write the document beside the folder `out`, and the pictures into it."""
    out.mkdir(parents=True, exist_ok=True)
    of_row: dict[str, list[Outcome]] = {}
    for outcome in outcomes.values():
        of_row.setdefault(outcome.row, []).append(outcome)
    lines = [HEAD, *summary(of_row), "", "## The rows", ""]
    for row in (*ROWS, *ON_A_GPU):
        lines += section(row, of_row.get(row.name, []), out)
    lines += ["## Claims of the course's notes that are false", ""]
    for row in CLAIMS:
        lines += section(row, of_row.get(row.name, []), out)
    text = "\n".join(lines).rstrip() + "\n"
    out.with_suffix(".md").write_text(text, "utf-8")


def summary(of_row: dict[str, list[Outcome]]) -> list[str]:
    """A line for each figure that the documents report."""
    lines = [
        "| row | the documents report | this code | | CPU min | min | load |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in (*ROWS, *ON_A_GPU):
        found = of_row.get(row.name, [])
        times = took(found)
        first = f"[{row.title}](#{row.name})"
        if row.reports:
            lines.append(f"| {first} | {row.reports} | below | | {times} |")
            first, times = "", " | | "
        for reported in row.reported:
            got = [
                o.measured.figures[reported.figure]
                for o in found
                if reported.figure in o.measured.figures
            ]
            said = f"{reported.figure}: {number(reported.value)}"
            if got:
                middle = statistics.median(got)
                done = all(o.measured.done for o in found)
                judged = verdict(row, reported, middle, done=done)
                lines.append(f"| {first} | {said} | {spread(got)} | {judged} | {times} |")
            else:
                lines.append(f"| {first} | {said} | not run | | {times} |")
            first, times = "", " | | "
    return lines


def section(row: Row, found: list[Outcome], out: Path) -> list[str]:
    """A row with its setting, its command, all figures, the picture, texts."""
    lines = [f"### {row.name}", "", f"{row.title}."]
    if row.reports:
        lines[-1] += f" Reported: {row.reports}."
    if row.setting:
        lines += ["", "Setting: " + ", ".join(f"{k} {v}" for k, v in row.setting.items()) + "."]
    lines += ["", f"`make reproduce ROW={row.name}`"]
    if not found:
        return [*lines, "", f"Not run yet: about {row.minutes:g} min on a quiet core.", ""]
    seeds = ", ".join(str(o.seed) for o in found)
    lines[-1] += f", seed {seeds}; {found[0].versions}."
    for outcome in found:
        if not outcome.measured.done:
            epochs = outcome.measured.figures.get("epochs", 0)
            lines.append(
                f"**Stopped early**: after {epochs:g} of {row.setting.get('epochs', '?')} epochs."
                if epochs
                else "**Stopped early**: the figures below are those that had ended."
            )
        if outcome.measured.resumed:
            lines.append(
                "The run went on where an earlier one stopped: its minutes are of the rest."
            )
        if dict(outcome.setting) != dict(row.setting):
            lines.append("**The setting has changed since this run.**")
    lines += ["", "| figure | measured |", "|---|---|"]
    for name in found[0].measured.figures:
        values = [o.measured.figures[name] for o in found if name in o.measured.figures]
        lines.append(f"| {name} | {spread(values)} |")
    lines.append("")
    if row.picture and found[0].measured.series:
        draw(row.picture, found[0], out / f"{row.name}.png")
        lines += [f"![{row.title}]({out.name}/{row.name}.png)", ""]
    if row.explanation:
        lines += [row.explanation, ""]
    for name, text in found[0].measured.texts.items():
        lines += [f"{name}:", "", "```text", text.strip("\n"), "```", ""]
    return lines


def took(found: list[Outcome]) -> str:
    """CPU minutes, minutes, and the load, of the first seed's run."""
    if not found:
        return " | | "
    first = found[0]
    return f"{first.cpu_s / 60:.1f} | {first.wall_s / 60:.1f} | {first.load:.1f}"


def spread(values: list[float]) -> str:
    """A number; of several seeds the median and the range."""
    if len(values) == 1:
        return number(values[0])
    low, high = number(min(values)), number(max(values))
    return f"{number(statistics.median(values))} ({low} to {high}, {len(values)} seeds)"


def number(value: float) -> str:
    """Three digits, as people write them; infinity is a run that diverged."""
    if value == float("inf"):
        return "diverged"
    if abs(value) >= 1e9:
        return f"{value:.1e}"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-3 else f"{value:.1e}"


def draw(picture: Picture, outcome: Outcome, path: Path) -> None:
    """The series as lines, in a small PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axes = figure.subplots()
    for name, points in outcome.measured.series.items():
        if picture.x == "t" and name == "loss":
            continue  # another axis: the loss of each epoch is in the table
        axes.plot([x for x, _ in points], [y for _, y in points], label=name)
    axes.set_xlabel(picture.x)
    axes.set_ylabel(picture.y)
    if picture.log:
        axes.set_yscale("log")
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=90, metadata={"Software": None})
