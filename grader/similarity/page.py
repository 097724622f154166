"""The page of similar code, and the file from which the desk knows whom it names.

Offline and without a script: radio buttons choose the language and the part. All that comes from
hand-ins is cleaned, and the template escapes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from grader.feedback.atomic import write_text
from grader.feedback.clean import clean, clean_line
from grader.feedback.html import source_hash, template
from grader.records import similar
from kit.contracts import BY_ID
from kit.text import Text

from . import reading, words
from .finding import Found, Known, Pair
from .matching import LIMIT

TEMPLATES: Final = Path(__file__).parent / "templates"
PAGE: Final = "similarity.html"

LARGE: Final = 10
LARGE_SHARE: Final = 0.25
"""A group of at least so many, and of such a share of the class, may have been given its code."""

_COLOURS: Final = 6
_LINES: Final = 1_000
"""Of one side that are shown."""


@cache
def _page() -> tuple[jinja2.Template, str]:
    return template("similarity.html.j2", TEMPLATES), (TEMPLATES / "style.css").read_text("utf-8")


def write(found: Found, out: Path, lang: str) -> int:
    """Write page and file below `out`; how many hand-ins of the class are named."""
    named = sorted(
        {
            found.known[number].id
            for hit in found.hits
            for number in (hit.left, hit.right)
            # Former years are no hand-ins of the desk, and must not be flagged there.
            if number < found.current
        }
    )
    kept = {
        "schema": similar.SCHEMA,
        "hand_ins": named,
        "pairs": [
            {
                "part": hit.part,
                "left": found.known[hit.left].id,
                "right": found.known[hit.right].id,
                "former": found.known[hit.right].former,
                "share": round(hit.share, 3),
            }
            for hit in found.hits
        ],
    }
    write_text(out / PAGE, render(found, lang))
    write_text(out / similar.FILE, json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    return len(named)


def render(found: Found, lang: str) -> str:
    """The page; `lang` is what is shown first: zh, en or both."""
    page, style = _page()
    parts = sorted(
        {pair.hit.part for pair in found.pairs},
        # Code of no part comes last.
        key=lambda part: BY_ID[part].position if part in BY_ID else math.inf,
    )
    # The page has no script, so a radio button hides the pairs of other parts by these rules.
    style += "".join(
        f"#part-{_key(part)}:checked ~ main .pair:not(.{_key(part)}) {{ display: none; }}\n"
        for part in parts
    )
    former = len(found.known) - found.current
    return page.render(
        w=words,
        lang=lang,
        parts=[(_key(part), _name(part)) for part in parts],
        counts=_filled(
            words.COUNTS,
            current=found.current,
            former=former,
            pairs=len(found.hits),
            shown=len(found.pairs),
        ),
        left_out=[(part, ", ".join(names)) for part, names in reading.left_out().items()],
        limit=f"{LIMIT:.0%}",
        unread=[_who(one) for one in found.known if one.unread],
        given=[clean_line(name) for name in found.given],
        clusters=[_cluster(found, group) for group in found.clusters],
        pairs=[_pair(found, pair) for pair in found.pairs],
        style=Markup(style),
        policy=f"default-src 'none'; style-src '{source_hash(style)}'; base-uri 'none'; "
        "form-action 'none'",
    )


def _cluster(found: Found, group: Sequence[int]) -> dict[str, Any]:
    ours = sum(number < found.current for number in group)
    return {
        "people": [_who(found.known[number]) for number in group],
        "size": _filled(words.CLUSTER_SIZE, count=ours, all=found.current),
        # Both bounds hold, because a quarter of a small class is a handful and no sign of given
        # code.
        "large": ours >= LARGE and ours >= LARGE_SHARE * found.current,
    }


def _pair(found: Found, pair: Pair) -> dict[str, Any]:
    hit = pair.hit
    sides = (
        (found.known[hit.left], pair.left, pair.blocks.left),
        (found.known[hit.right], pair.right, pair.blocks.right),
    )
    return {
        "part": _key(hit.part),
        "name": _name(hit.part),
        "share": f"{hit.share:.0%}",
        "holders": _filled(words.HOLDERS, count=hit.holders) if hit.holders > 2 else None,
        "who": [_who(known) for known, _, _ in sides],
        "cut": [code.cut for _, code, _ in sides],
        "sides": [_lines(code, blocks) for _, code, blocks in sides],
    }


def _lines(code: reading.PartCode, blocks: Mapping[int, int]) -> list[dict[str, Any]]:
    """The lines of one side; a head where another file, cell or stretch begins."""
    shown: list[dict[str, Any]] = []
    before: tuple[str, int, int] = ("", 0, 0)
    for number, line in enumerate(code.lines[:_LINES]):
        place = line.path, line.cell
        # Few colours can be told apart, so they repeat, and the page shows the number as well.
        block = blocks.get(number, 0)
        shown.append(
            {
                "head": clean_line(line.path) if place != before[:2] else "",
                "cell": line.cell,
                "gap": place == before[:2] and line.number != before[2] + 1,
                "number": line.number,
                "text": clean(line.text, limit=300).replace("\n", " "),
                "block": block,
                "colour": (block - 1) % _COLOURS + 1 if block else 0,
            }
        )
        before = (*place, line.number)
    return shown


def _who(known: Known) -> dict[str, Any]:
    return {
        "id": clean_line(known.id),
        "people": ", ".join(clean_line(name) for name in known.people if name),
        "former": clean_line(known.former),
    }


def _key(part: str) -> str:
    return part or "other"


def _name(part: str) -> Text:
    return Text(part, part) if part else words.OTHER


def _filled(text: Text, **values: object) -> Text:
    return Text(text.zh.format(**values), text.en.format(**values))
