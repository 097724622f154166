"""What is left to a person can be decided: each held hand-in has a name, and then it counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import synthetic_platforms as sp
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_platforms import RNN
from test_handins import names, roster, said
from test_handins_whose import code, owners

from grader import ROOT
from grader.core.errors import UsageError
from grader.handins import ClassFolder, HandIn, Roster, discover

NUMPY = (ROOT / "solutions" / "numpy_rnn.py").read_bytes()
KNOWN = roster(
    *(("10011", "Wei Zhang"), ("10012", "Wei Zhang"), ("10013", "Chen Yu"), ("10014", "Yu Chen")),
    *(("10015", "Bo Li"), ("10016", "Li Na")),
)
SHOWN = ("Wei Zhang", "Chen Yu", "Yu Chen", "Bo Li", "Li Na", "Zed", "Wei Zhang (2)", "a=b")


def held(found: ClassFolder) -> list[HandIn]:
    return [h for h in found.hand_ins if not h.people[0].student_id]


def wish(hand_in: HandIn, student: str) -> str:
    """What its reasons say to give to ``--prefer``."""
    whose = re.search(r'--prefer "(.+)=STUDENT-ID"', said(hand_in))
    return f"{whose[1]}={student}" if whose else hand_in.people[0].name


def moodle(shown: list[str]) -> dict[str, bytes]:
    return {f"{n}_{i}_assignsubmission_file/a.py": code(i) for i, n in enumerate(shown, 71)}


def canvas(shown: list[str]) -> dict[str, bytes]:
    words = (re.sub(r"\W", "", n.casefold()) for n in shown)
    return {f"{n}_432{i}_9876{i}_a.py": code(i) for i, n in enumerate(words)}


def brightspace(shown: list[str]) -> dict[str, bytes]:
    when = "05-03-2026 1403"  # the day or the month first: no time
    return {f"{i}-900 - {n} - {when} - a.py": code(i) for i, n in enumerate(shown, 71)}


def brightspace_twice(shown: list[str]) -> dict[str, bytes]:
    again = {
        name.replace("05-03", "06-03"): data + b"# again\n"
        for name, data in brightspace(shown).items()
    }
    return brightspace(shown) | again


def plain(shown: list[str]) -> dict[str, bytes]:
    return {f"{n} {i}/a.py": code(i) for i, n in enumerate(shown)}


def rivals(shown: list[str]) -> dict[str, bytes]:
    """Two files each that hold the same part, so that one of them is to be chosen."""
    return {
        f"{n}_{i}_assignsubmission_file/{file}.py": NUMPY + f"# owner {i} {file}\n".encode()
        for i, n in enumerate(shown, 71)
        for file in ("mine", "yours")
    }


@pytest.mark.parametrize(
    "make",
    [moodle, canvas, brightspace, brightspace_twice, plain, rivals],
    ids=lambda f: f.__name__,
)
@given(shown=st.lists(st.sampled_from(SHOWN), min_size=2, max_size=5), pick=st.integers(0, 9))
@settings(max_examples=examples(20))
def test_what_is_held_can_be_chosen_and_then_counts(
    tmp_path_factory: pytest.TempPathFactory, make: object, shown: list[str], pick: int
) -> None:
    assert callable(make)
    folder = sp.lay(tmp_path_factory.mktemp("d") / "c", make(shown))
    found = discover(folder, roster=KNOWN)
    open_ = held(found)
    assert len({h.people[0].name for h in open_} | {wish(h, "") for h in open_}) >= len(open_)
    if not open_:
        return
    chosen = open_[pick % len(open_)]
    files = {(piece.source, piece.name) for piece in chosen.pieces}
    prefer: list[str] = []
    for _ in range(2):  # whose it is, and which of its files
        said_as = [wish(chosen, "10016"), chosen.people[0].name]
        prefer.append(next(word for word in said_as if word not in prefer))
        found = discover(folder, roster=KNOWN, prefer=prefer)
        (chosen,) = (h for h in found.hand_ins if files & {(p.source, p.name) for p in h.pieces})
        if chosen.people[0].student_id:
            break
    assert chosen.people[0].student_id, prefer


def test_two_namesakes_have_names_of_their_own(tmp_path: Path) -> None:
    folder = sp.lay(tmp_path / "c", moodle(["Wei Zhang", "Wei Zhang"]))
    first, second = discover(folder, roster=KNOWN).hand_ins
    prefer = [wish(first, "10011"), wish(second, "10012")]
    found = discover(folder, roster=KNOWN, prefer=prefer)

    assert owners(found) == {"10011": {"71"}, "10012": {"72"}}
    assert "By --prefer" in said(found.hand_ins[0])
    (alone,) = held(discover(folder, roster=KNOWN, prefer=prefer[:1]))
    assert alone.people[0].platform_ids == {"moodle": "72"}


def test_a_pair_is_named_with_a_comma(tmp_path: Path) -> None:
    folder = sp.lay(tmp_path / "c", {"Zed/a.py": code(1), "10015 Bo Li/a.py": code(2)})
    (other,) = held(discover(folder, roster=KNOWN))
    found = discover(folder, roster=KNOWN, prefer=[wish(other, "10013, 10014")])

    assert owners(found) == {"10015": {"2"}, "10013": {"1"}, "10014": {"1"}}


@pytest.mark.parametrize("said_as", ["Zed=99999", "Zed=", "Zed=10013,99999", "Bo Li=10013", "Zed"])
def test_a_wish_that_means_nothing_is_an_error(tmp_path: Path, said_as: str) -> None:
    folder = sp.lay(tmp_path / "c", {"Zed/a.py": code(1), "10015 Bo Li/a.py": code(2)})

    with pytest.raises(UsageError, match="names no hand-in"):
        discover(folder, roster=KNOWN, prefer=[said_as])


def test_without_a_roster_an_id_is_taken_as_it_is_given(tmp_path: Path) -> None:
    files = {"2023001-张三.zip": sp.pack({"a.py": RNN}), "2023001-李四.zip": sp.pack({"b.py": RNN})}
    folder = sp.lay(tmp_path / "c", files)
    both = held(discover(folder))
    assert len(both) == 2
    found = discover(folder, prefer=[wish(both[0], "2023009")])

    (mine,) = (h for h in found.hand_ins if h.people[0].student_id == "2023009")
    assert names(mine) == names(both[0])


def test_an_owner_who_was_chosen_has_the_newest(tmp_path: Path) -> None:
    """A hand-in of that student's own does not win against it."""
    known: Roster = roster(("10015", "Bo Li"), ("10016", "Li Na"))
    files = {"10015 Bo Li/a.py": NUMPY, "Zed/a.py": NUMPY + b"# new\n"}
    folder = sp.lay(tmp_path / "c", files)
    (other,) = held(discover(folder, roster=known))
    found = discover(folder, roster=known, prefer=[wish(other, "10015")])

    (hand_in,) = found.hand_ins
    assert "Zed" in str(hand_in.pieces[0].source)
    assert len(found.superseded) == 1
