"""``autograder.zip`` for Gradescope: the grader, one rubric, and the scripts that run it there."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from grader import ROOT
from grader.core import yaml_text
from grader.scoring.rubric import parse

SCRIPTS: Final = Path(__file__).parent / "gradescope"
FOLDERS: Final = ("grader", "starter", "solutions", "presets")
LOCK: Final = "requirements.lock"

# Gradescope's container may refuse user namespaces, and is a confinement of its own (SECURITY.md).
SETTINGS: Final = """\
# Of the container in which Gradescope grades.
floor = "landlock"
contained_by = "Gradescope"
"""

_ALWAYS: Final = (1980, 1, 1, 0, 0, 0)  # the same course gives the same bytes


def build(rubric: bytes, secret: bytes) -> bytes:
    """The archive for a rubric; `secret` is the content of the course's file.

    Whoever can read it can read the solutions: Gradescope shows it to the staff of the course.
    """
    files = dict(_sources())
    files["rubric.yaml"] = own_inputs(rubric)
    files["grader.toml"] = SETTINGS.encode()
    files[".course-secret"] = secret
    files[LOCK] = (ROOT / LOCK).read_bytes()
    scripts = {path.name: path.read_bytes() for path in SCRIPTS.iterdir() if path.is_file()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted((files | scripts).items()):
            info = zipfile.ZipInfo(name, _ALWAYS)
            info.compress_type = zipfile.ZIP_DEFLATED
            # Only the owner may read the secret; otherwise the grader warns of it.
            mode = 0o755 if name in scripts else 0o600 if name == ".course-secret" else 0o644
            # With the bit of a regular file, which some programs look at.
            info.external_attr = (0o100000 | mode) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def own_inputs(rubric: bytes) -> bytes:
    """The rubric with hidden inputs of its own for each submission.

    Gradescope answers at once: with inputs of the course, one submission could find out what
    another one is tested with.
    """
    parse(rubric)  # a fault is named by its line in the file that was given
    content, _ = yaml_text.read(rubric)
    # Written as data, since YAML has more ways to write a key than a pattern finds.
    text = yaml.safe_dump(
        {**content, "hidden_inputs": "submission"}, allow_unicode=True, sort_keys=False
    )
    data = text.encode()
    # The archive must not be made from a rubric that reads otherwise once it is written again.
    assert parse(data).hidden_inputs == "submission"
    return data


def _sources() -> Iterator[tuple[str, bytes]]:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            name = path.relative_to(ROOT)
            hidden = any(part.startswith((".", "__pycache__")) for part in name.parts)
            if path.is_file() and not hidden:
                yield name.as_posix(), path.read_bytes()
