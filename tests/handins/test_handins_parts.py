"""What holds other parts of the lab is no attempt at the same, whatever its name says."""

from __future__ import annotations

from pathlib import Path

import pytest
import synthetic_platforms as sp
from test_handins import roster, said

from grader import ROOT
from grader.handins import discover

PARTS = {
    part: (ROOT / "solutions" / f"{part}.py").read_bytes() for part in ("numpy_rnn", "scratch_rnn")
}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *(("part1", "part2"), ("part1-20260305", "part2-20260306"), (" 20260305", " 20260306")),
        *(("", "-补交"), ("实验6-1", "实验6-2最终版"), ("-part1", "-part2-new"), ("-副本", "")),
        *(("part1-05.03.2026", "part2-06.03.2026"), ("-final", "-part2"), ("-1-3.5", "-2-3.6")),
    ],
)
@pytest.mark.parametrize("ending", [".py", ".zip"])
def test_other_parts_are_no_attempts_whatever_their_names_say(
    tmp_path: Path, first: str, second: str, ending: str
) -> None:
    known = roster(("2023001", "张三"), ("2023002", "李四"))
    files = {
        f"2023001张三{label}{ending}": sp.pack({f"{part}.py": code}) if ending == ".zip" else code
        for label, (part, code) in zip((first, second), PARTS.items(), strict=True)
    }

    (hand_in,) = discover(sp.lay(tmp_path / "c", files), roster=known).hand_ins

    assert len(hand_in.pieces) == 2
    assert hand_in.people[0].student_id == "2023001"


def test_of_other_parts_each_has_its_newest_attempt(tmp_path: Path) -> None:
    known = roster(("2023001", "张三"), ("2023002", "李四"))
    numpy, scratch = PARTS.values()
    code = {"part1": numpy, "part2": scratch, "part2-修改": scratch + b"# again\n"}
    files = {f"2023001张三-{label}.zip": sp.pack({"a.py": data}) for label, data in code.items()}

    everybody = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert len(everybody.hand_ins[0].pieces) == 2
    (older,) = everybody.superseded
    assert [piece.name for piece in older.pieces] == ["2023001张三-part2.zip"]


def test_a_part_that_only_an_older_attempt_holds_is_named(tmp_path: Path) -> None:
    """The newest counts, and nothing that it lacks is dropped silently."""
    known = roster(("2023001", "张三"), ("2023002", "李四"))
    both = {f"{part}.py": code for part, code in PARTS.items()}
    newer = {"scratch_rnn.py": PARTS["scratch_rnn"] + b"# again\n"}
    for last, lost in ((newer, True), ({**both, **newer}, False)):
        files = {"2023001张三-v1.zip": sp.pack(both), "2023001张三-v2.zip": sp.pack(last)}

        (hand_in,) = discover(sp.lay(tmp_path / str(lost), files), roster=known).hand_ins

        assert [piece.name for piece in hand_in.pieces] == ["2023001张三-v2.zip"]
        assert ("it holds numpy_rnn, which was not found" in said(hand_in)) is lost
