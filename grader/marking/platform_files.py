"""What is made for a platform when the marks are published, as somebody chose it the last time.

The choice and the files that the platform exported lie in ``OUT/platform``, so that a later
publication makes the same files again without being asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from grader.core.errors import MachineError, UsageError
from grader.export.formats import FORMATS
from grader.feedback.atomic import write_bytes, write_text
from kit.text import Text, os_reason

from .publishing import Platform

FOLDER: Final = "platform"
CHOICE: Final = "choice.json"
MAX_TEMPLATE: Final = 8 * 1024 * 1024
SUFFIXES: Final = frozenset({".csv", ".txt", ".xls", ".xlsx", ".zip"})
"""Of files that platforms export."""

MARKS: Final = tuple(name for name, format in FORMATS.items() if not format.pages)
PAGES: Final = tuple(name for name, format in FORMATS.items() if format.pages)
_NEED_TEMPLATE: Final = frozenset(
    {"canvas", "moodle", "blackboard", "chaoxing", "sakai-feedback", "ilias-feedback"}
)
_PAGES_OF: Final = {name.removesuffix("-feedback"): name for name in PAGES if "-" in name}
"""The zip of pages that a platform takes, by the layout of its hand-ins."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Formats of ``grader export``, empty for none; `column` as there."""

    format: str = ""
    column: str = ""
    pages: str = ""


def usual(layout: str) -> Choice:
    """What fits the platform that the hand-ins came from."""
    return Choice(
        format=layout if layout in MARKS else "",
        pages=_PAGES_OF.get(layout, ""),
    )


def chosen(out: Path, layout: str) -> Choice:
    """What was chosen last, else what is usual."""
    try:
        held = json.loads((out / FOLDER / CHOICE).read_text("utf-8"))
        return checked(Choice(**held))
    except FileNotFoundError:
        return usual(layout)
    except (OSError, ValueError, TypeError, UsageError):
        # A file of another version: the person chooses again.
        return usual(layout)


def checked(choice: Choice) -> Choice:
    """The choice, if there are such formats; UsageError otherwise."""
    for name, known in ((choice.format, MARKS), (choice.pages, PAGES)):
        if name and name not in known:
            raise UsageError(
                Text(f"没有导出格式 {name[:40]}。", f"There is no export format {name[:40]}.")
            )
    return choice


def keep_choice(out: Path, choice: Choice) -> None:
    """Remember it for the next publication."""
    write_text(out / FOLDER / CHOICE, json.dumps(asdict(choice), ensure_ascii=False) + "\n")


def keep_template(out: Path, format: str, name: str, data: bytes) -> None:
    """Keep the file `name` that the platform exported, in place of an earlier one."""
    checked(Choice(format) if format in MARKS else Choice(pages=format))
    suffix = Path(name.replace("\\", "/").rsplit("/", 1)[-1]).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(sorted(SUFFIXES))
        raise UsageError(
            Text(
                f"平台导出的文件应以 {known.replace(', ', '、')} 结尾。",
                f"What a platform exports ends in one of {known}.",
            )
        )
    # By the format alone: no name that a browser sends becomes a path.
    path = out / FOLDER / f"{format}{suffix}"
    # The new one first: on a full disk the earlier one stays.
    write_bytes(path, data)
    _remove(old for old in _templates(out, format) if old != path)


def remove_template(out: Path, format: str) -> None:
    """Forget the kept file of a format."""
    _remove(_templates(out, format))


def _remove(paths: Iterable[Path]) -> None:
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as error:
        why = os_reason(error)
        raise MachineError(
            Text(
                f"无法移除旧的模板：{why.zh}。",
                f"The earlier template cannot be removed: {why.en}.",
            )
        ) from error


def template(out: Path, format: str) -> Path | None:
    """The kept file of a format; None where there is none."""
    # Of two, which a crash can leave, the new one.
    return max(_templates(out, format), key=lambda path: path.stat().st_mtime_ns, default=None)


def _templates(out: Path, format: str) -> list[Path]:
    names = [out / FOLDER / f"{format}{suffix}" for suffix in sorted(SUFFIXES)]
    return [path for path in names if path.is_file()]


def platforms(out: Path, choice: Choice) -> tuple[Platform, ...]:
    """The file of marks and the students' pages, as :func:`.publishing.finish` takes them.

    UsageError where a file that the platform exported is needed and none was given.
    """
    wanted = []
    if choice.format:
        # The column may be left over from a format that was chosen before.
        column = choice.column.strip() or None if FORMATS[choice.format].column else None
        wanted.append(Platform(choice.format, _needed(out, choice.format), column))
    if choice.pages:
        found = _needed(out, choice.pages)
        if found is None and choice.pages == _PAGES_OF.get(choice.format):
            # Moodle's worksheet serves both.
            found = wanted[0].template
        wanted.append(Platform(choice.pages, found))
    return tuple(wanted)


def requested(
    names: Iterable[str], template: Path | None, column: str | None, to: Path | None
) -> tuple[Platform, ...]:
    """The formats of a command; template and column go to each of them that takes one.

    UsageError for an option that none of them takes, or that does not fit them all.
    """
    formats = {name: FORMATS[name] for name in dict.fromkeys(names)}
    unused = [
        option
        for option, given, taken in (
            ("--template", template, any(format.template for format in formats.values())),
            ("--column", column, any(format.column for format in formats.values())),
            ("--to", to, len(formats) == 1),
        )
        if given is not None and not taken
    ]
    if unused:
        raise UsageError(
            Text(
                f"{'、'.join(unused)} 与这些格式不合（--format）：{'、'.join(formats) or '没有'}。",
                f"{', '.join(unused)} does not fit --format: {', '.join(formats) or 'none'}.",
            )
        )
    return tuple(
        Platform(
            name,
            template if format.template else None,
            column if format.column else None,
            to,
        )
        for name, format in formats.items()
    )


def _needed(out: Path, format: str) -> Path | None:
    if not FORMATS[format].template:
        return None
    found = template(out, format)
    if found is None and format in _NEED_TEMPLATE:
        about = FORMATS[format].about
        raise UsageError(
            Text(
                f"请选择平台导出的文件（{about.zh}）。",
                f"Choose the file that the platform exported ({about.en}).",
            )
        )
    return found
