"""Attacks whose weapon is a text or a report: it is to keep a parser busy, or fill its memory."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

from .harness import Attack, Build, Field, names, pack

Files = dict[str, str]
SIZE = 1_500_000
"""Characters: below the limit on one file of code, so that it is read."""


def _beside(name: str, content: str | bytes) -> Build:
    """A file beside the honest ones."""

    def build(folder: Path, field: Field, files: Files) -> Path:
        return pack(folder / "attack.zip", {**files, name: content})

    return build


def _below(text: str) -> Build:
    """A text below the honest code, in the file of a part: the linter reads it as well."""

    def build(folder: Path, field: Field, files: Files) -> Path:
        changed = {**files, "poems.py": files.get("poems.py", "") + "\n" + text}
        return pack(folder / "attack.zip", changed)

    return build


def _notebook(cells: list[str]) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]})


def _every(folder: Path, field: Field, files: Files) -> Path:
    """Forty files, each of a size that is read: together more than a message holds."""
    text = "x = '" + "漢" * 600_000 + "'\n"
    return pack(folder / "attack.zip", {**files, **{f"m{i}.py": text for i in range(40)}})


def _names(folder: Path, field: Field, files: Files) -> Path:
    """Names that fill the header of a message, and mean something to a page or a terminal."""
    odd = {f"{'名' * 120}/{'<b>' * 40}{{0}}%s{i}.py": "x = 1\n" for i in range(400)}
    return pack(folder / "attack.zip", {**files, **odd})


def _pdf_loop(folder: Path, field: Field, files: Files) -> Path:
    """A report whose pages hold themselves, and show a stream of 400 MB."""
    stream = zlib.compress(zlib.compress(bytes(400_000_000), 9), 9)
    content = _PDF_LOOP % (len(stream), stream)
    return pack(folder / "attack.zip", {**files, "report.pdf": content})


_PDF_LOOP = (
    b"%%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    b"2 0 obj\n<< /Type /Pages /Count 1000000000 /Kids [2 0 R 2 0 R 3 0 R] >>\nendobj\n"
    b"3 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>\nendobj\n"
    b"4 0 obj\n<< /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n%s\nendstream\nendobj\n"
    b"trailer\n<< /Root 1 0 R >>\n%%%%EOF"
)


def _attack(name: str, tries: str, build: Build, quick: bool = False, spoils: str = "") -> Attack:
    earns = "clip, poems" if not spoils else "clip"
    return Attack("parsing", name, tries, names(earns), build, quick, names(spoils))


ATTACKS = [
    _attack(
        "spaces",
        "a line of blanks, on which a search starts again at each",
        _below(" " * SIZE + "x"),
        quick=True,
        spoils="poems",
    ),
    _attack("f_string", "an f-string of braces", _beside("f.py", "x = f'" + "{a}" * 400_000 + "'")),
    _attack(
        "comparisons",
        "findings of the linter whose fixes are as long as the file",
        _below("a = None\nb = a == " + "None == " * 150_000 + "a\n"),
        quick=True,
        spoils="poems",
    ),
    _attack("brackets", "brackets in brackets", _beside("b.py", "x = " + "(" * SIZE)),
    _attack("unary", "a tree as deep as the file is long", _beside("u.py", "x = " + "-" * SIZE)),
    _attack("quotes", "strings that are not closed", _beside("q.py", "'''" * (SIZE // 3))),
    _attack("tokens", "as many tokens as characters", _beside("t.py", "a;" * (SIZE // 2))),
    _attack("indentation", "1,700 levels of indentation", _beside(
        "i.py", "".join(" " * i + "if x:\n" for i in range(1_700)) + " " * 1_700 + "y\n"
    )),  # fmt: skip
    _attack("magics", "a notebook of magics and brackets", _beside(
        "m.ipynb", _notebook(["%" * 200_000 + "\n" + "(\n" * 200_000] * 3)
    )),  # fmt: skip
    _attack("numbers", "integers that take quadratic time", _beside("n.py", "x = " + "9" * SIZE)),
    _attack("much_text", "code that fits in no message", _every),
    _attack("names", "names that fit in no header", _names),
    _attack("report_without_end", "pages that hold themselves, and a bomb", _pdf_loop),
    _attack("report_of_lists", "a report of nested lists", _beside(
        "report.pdf", b"%PDF-1.4\n1 0 obj\n" + b"[" * 5_000_000 + b"\nendobj\ntrailer\n<< /Root 1 0 R"
    )),  # fmt: skip
]
