"""A class in shares: each machine grades one, and their results become one folder again.

A share is every n-th hand-in of the class in its order, so all machines need the same folder of
hand-ins. Each share says in ``shard.json`` of which class it is and all that its marks depend on;
only shares that agree in that are gathered.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from grader import __version__
from grader.core.errors import UsageError
from grader.core.model import Environment
from grader.export.formats import export
from grader.feedback import MATERIALS, PAGES, REPORT_PDF
from grader.feedback.atomic import write_bytes, write_text
from grader.feedback.class_page import write_class_page
from grader.records.gathering import take
from grader.records.gradebook_builder import DATABASE, build
from grader.records.keys import limits_of
from grader.records.roster_snapshot import RosterSnapshot, snapshot_of
from grader.records.store import Store
from kit.text import Text, joined

from .planning import ClassPlan
from .running import only_run_in

FILE: Final = "shard.json"
SCHEMA: Final = 1
MOST: Final = 999
_LISTED: Final = 10
_SHARE = re.compile(r"([1-9]\d{0,2})/([1-9]\d{0,2})")


@dataclass(frozen=True, slots=True)
class Share:
    """The k-th of n shares, from 1."""

    k: int
    n: int

    @classmethod
    def of(cls, text: str) -> Share:
        """``2/3``; UsageError for anything else."""
        found = _SHARE.fullmatch(text)
        if not found or int(found[1]) > int(found[2]):
            raise UsageError(
                Text(
                    f"{text!r} 不是份额：应为 k/n，1 ≤ k ≤ n ≤ {MOST}，如 2/3。",
                    f"{text!r} is no share: write k/n with 1 <= k <= n <= {MOST}, as 2/3.",
                )
            )
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.k}/{self.n}"


def share_of(plan: ClassPlan, share: Share) -> ClassPlan:
    """The plan of the hand-ins of one share."""
    own = plan.folder.hand_ins[share.k - 1 :: share.n]
    return replace(plan, folder=replace(plan.folder, hand_ins=own, missing=(), superseded=()))


@dataclass(frozen=True, slots=True)
class ShardFile:
    """``shard.json``: of which class a share is, and all that its marks depend on."""

    share: Share
    hand_ins: tuple[str, ...]
    snapshot: RosterSnapshot
    depends: Mapping[str, Any]  # by the name that a message gives it; compared, never read

    def to_json(self) -> dict[str, Any]:
        """Lossless; :meth:`from_json` reads it back."""
        return {
            "schema": SCHEMA,
            "k": self.share.k,
            "n": self.share.n,
            "hand_ins": list(self.hand_ins),
            "class": self.snapshot.to_json(),
            "depends": dict(self.depends),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ShardFile:
        """The record of :meth:`to_json`; ValueError, KeyError or TypeError for anything else."""
        k, n, depends = data["k"], data["n"], data["depends"]
        if data["schema"] != SCHEMA or not 1 <= k <= n <= MOST or not isinstance(depends, dict):
            raise ValueError
        snapshot = RosterSnapshot.from_json(data["class"])
        own = [entry.id for entry in snapshot.entries][k - 1 :: n]
        # The ids become folders here, so they must be those of the class and no others.
        if own != data["hand_ins"]:
            raise ValueError
        if any("/" in i or "\\" in i or i in ("", ".", "..") for i in own):
            raise ValueError
        return cls(Share(k, n), tuple(own), snapshot, depends)


def describe(plan: ClassPlan, share: Share, environment: Environment) -> None:
    """Write ``shard.json`` of a share of `plan`, the whole class, into its folder of results."""
    found = ShardFile(
        share,
        tuple(hand_in.id for hand_in in share_of(plan, share).folder.hand_ins),
        snapshot_of(plan.folder, plan.rubric_text),
        {
            "grader": __version__,
            "environment": asdict(environment),
            "limits": limits_of(plan.settings),
            "secret": plan.secret.fingerprint,
            "rubric": plan.rubric.sha256,
        },
    )
    text = json.dumps(found.to_json(), ensure_ascii=False, indent=1, sort_keys=True)
    write_text(plan.settings.out_dir / FILE, text + "\n")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a gathering found."""

    added: int
    notices: tuple[Text, ...]  # what is missing, doubled or contradicts
    complete: bool


def gather(folders: Sequence[Path], out: Path, lang: str) -> Gathered:
    """Take the results of `folders` into `out`, then write the gradebook and the class's page.

    Raises:
        UsageError: a folder is no share, or two are not of the same class and grader; then
            nothing is taken.
    """
    shards = [(folder, _read(folder)) for folder in folders]
    first = shards[0][1]
    for folder, shard in shards[1:]:
        _require_equal(folders[0], first, folder, shard)
    notices: list[Text] = []
    seen: dict[int, Path] = {}
    added, differing, absent = 0, list[str](), list[str]()
    with only_run_in(out), Store(out / DATABASE) as store:
        store.keep_class(first.snapshot.to_json())
        for folder, shard in shards:
            k = shard.share.k
            if k in seen:
                notices.append(_doubled(shard.share, seen[k], folder))
            seen.setdefault(k, folder)
            with Store(folder / DATABASE) as other:
                taken = take(store, other, shard.hand_ins)
            for hand_in in taken.added:
                _copy_pages(folder / hand_in, out / hand_in)
            added += len(taken.added)
            differing += taken.differing
            absent += taken.absent
        graded = store.latest()
        left = [i for i in absent if i not in graded]
        notices += _named(
            differing,
            "两处评分结果不同，保留先取的",
            "graded twice with different marks; the one taken first stays",
        )
        notices += _named(left, "所在的份额没有评完", "not graded yet in their share")
        n = first.share.n
        missing = [k for k in range(1, n + 1) if k not in seen]
        # One that an earlier gathering took is no longer missing.
        ids = [entry.id for entry in first.snapshot.entries]
        missing = [k for k in missing if any(i not in graded for i in ids[k - 1 :: n])]
        notices += _named([f"{k}/{n}" for k in missing], "缺少的份额", "shares that are missing")
        gradebook = build(store, out)
    export(gradebook, "csv", out=out / "gradebook.csv", lang=lang)
    write_class_page(gradebook, out / "index.html", lang)
    return Gathered(added, tuple(notices), not (differing or left or missing))


def _read(folder: Path) -> ShardFile:
    try:
        found = ShardFile.from_json(json.loads((folder / FILE).read_text("utf-8")))
        if not (folder / DATABASE).is_file():
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            Text(
                f"{folder} 不是 `grader shard` 的结果文件夹"
                f"（缺少 {FILE} 或 {DATABASE}，或已损坏）。",
                f"{folder} is no folder of results of `grader shard` ({FILE} or {DATABASE} is "
                "missing or damaged).",
            )
        ) from error
    return found


def _require_equal(one: Path, first: ShardFile, two: Path, other: ShardFile) -> None:
    differing = ["n"] if first.share.n != other.share.n else []
    differing += ["class"] if first.snapshot != other.snapshot else []
    names_of_both = dict.fromkeys((*first.depends, *other.depends))
    differing += [n for n in names_of_both if first.depends.get(n) != other.depends.get(n)]
    if differing:
        names = joined(differing)
        raise UsageError(
            Text(
                f"{one} 与 {two} 不能合并，两者不同：{names.zh}。请用同样的作业文件夹、评分标准、"
                "密钥、设置和评分器版本重新评其中一份。",
                f"{one} and {two} cannot be gathered, they differ in: {names.en}. Grade one of "
                "them again with the same hand-ins, rubric, secret, settings and versions.",
            )
        )


def _doubled(share: Share, one: Path, two: Path) -> Text:
    return Text(
        f"份额 {share} 有两次：{one} 和 {two}。", f"Share {share} is there twice: {one}, {two}."
    )


def _named(names: Sequence[str], zh: str, en: str) -> list[Text]:
    if not names:
        return []
    more = len(names) - _LISTED
    listed = joined([*names[:_LISTED], *([f"… (+{more})"] if more > 0 else [])])
    return [Text(f"{zh}：{listed.zh}", f"{en}: {listed.en}")]


def _copy_pages(source: Path, target: Path) -> None:
    """The pages of a hand-in as the other machine wrote them, and none of an earlier grading."""
    shutil.rmtree(target, ignore_errors=True)
    for name in (*PAGES, REPORT_PDF, MATERIALS):
        if (source / name).is_file():
            write_bytes(target / name, (source / name).read_bytes())
