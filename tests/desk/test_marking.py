"""Marks given at the desk: what is recorded, what is refused, what is shown to whom."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

import pytest
from desk_class import HOSTILE_NAME, desk_class
from desks import Marker, desk_of, password_of
from hypothesis import given
from hypothesis import strategies as st
from marked_class import PEOPLE, graded_class, marked

from grader.core.model import Outcome
from grader.desk import facts, fairness, hiding, listing
from grader.desk.keeping import Keeping
from grader.desk.room import Desk
from grader.handins.records import Person
from grader.marking import comments, publishing
from grader.marking.course import Course
from grader.records import gradebook_builder
from grader.records.roster_snapshot import SnapshotEntry

MODULES, FIGURES, ESSAY = "report.modules", "report.figures", "essay"
PAGES = ("/", "/conflicts", "/comments", "/markers", "/questions", "/finish")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return graded_class(tmp_path / "out")


@pytest.fixture
def desk(out: Path) -> Iterator[Desk]:
    with desk_of(out) as made:
        yield made


@pytest.fixture
def li(desk: Desk) -> Marker:
    return Marker(desk)


@pytest.fixture
def shared(out: Path) -> Iterator[Desk]:
    kept = Keeping.load(out)
    for name in ("li", "wang", "zhao"):
        kept.set_password(name, password_of(name))
    with desk_of(out, token="") as made:
        yield made


def share_all(desk: Desk, both: int = 4) -> None:
    """Every hand-in goes to two markers."""
    Marker(desk, "li").send("/api/divide", markers="li,wang", both=both, first=0)


# ---------------------------------------------------------------- one mark


def test_a_mark_is_recorded_before_it_is_answered(li: Marker, desk: Desk) -> None:
    answer = li.mark("0023001", FIGURES, "3.5", note="轴没有名称")

    state = answer["criteria"][FIGURES]
    assert (state["points"], state["note"], state["author"]) == ("3.5", "轴没有名称", "li")
    assert answer["total"] == "6.50"
    with Course(desk.options.out) as course:
        event = course.marks.marks()[-1]
        assert (event.base, event.author, event.version) == (Fraction(7, 2), "li", 1)


@pytest.mark.parametrize(
    ("criterion", "points"),
    [(FIGURES, "6"), (FIGURES, "-1"), (FIGURES, "x"), (MODULES, "3"), (FIGURES, "1e9"),
     ("report.nothing", "1"), (FIGURES, "9" * 400), ("", "1")],
)  # fmt: skip
def test_what_cannot_be_a_mark_is_refused(
    li: Marker, desk: Desk, criterion: str, points: str
) -> None:
    values = {"hand_in": li.alias(), "criterion": criterion, "points": points, "seen": 0}

    assert li.send("/api/mark", 422, **values)["error"]
    assert li.send("/api/mark", 404, **values | {"hand_in": "0023001-张三"})["error"]
    assert desk.course().marks.marks() == ()


def test_thirds_and_full_width_digits_are_read(li: Marker) -> None:
    assert li.mark("0023001", MODULES, "8/3")["criteria"][MODULES]["level"] == 1
    assert li.mark("0023001", FIGURES, "４")["criteria"][FIGURES]["points"] == "4"
    assert li.mark("0023001", FIGURES, "")["criteria"][FIGURES]["points"] == ""


def test_a_mark_on_an_old_page_is_a_conflict_and_nothing_is_lost(shared: Desk) -> None:
    li, wang = Marker(shared, "li"), Marker(shared, "wang")
    wang.mark("0023001", FIGURES, 5)

    refused = li.mark("0023001", FIGURES, 2, 409, seen=0)

    assert "Somebody else" in refused["error"]
    assert refused["criteria"][FIGURES]["author"] == "wang"
    assert refused["criteria"][FIGURES]["version"] == 1
    li.mark("0023001", FIGURES, 2)
    history = shared.course().marks.marks()
    assert [(event.author, event.base) for event in history] == [("wang", 5), ("li", 2)]


def test_two_who_save_at_once_do_not_both_win(shared: Desk) -> None:
    markers = [Marker(shared, name) for name in ("li", "wang", "zhao")]
    values = {"hand_in": markers[0].alias(), "criterion": FIGURES, "seen": 0}
    codes: list[int] = []
    start = threading.Barrier(3)

    def save(marker: Marker, points: int) -> None:
        start.wait()
        answer = marker.client.post(
            "/api/mark",
            json=values | {"points": str(points)},
            headers={"Origin": "http://localhost"},
        )
        codes.append(answer.status_code)
        shared.course().close()

    threads = [threading.Thread(target=save, args=(m, i)) for i, m in enumerate(markers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 409, 409]
    assert len(shared.course().marks.marks()) == 1


# ---------------------------------------------------------------- totals


def test_totals_are_those_of_the_gradebook(tmp_path: Path) -> None:
    """The desk adds points without reading every outcome; the sum is the same, exactly."""
    out = desk_class(tmp_path / "out", 8)
    draw = random.Random(7)
    with Course(out) as course:
        for entry in course.snapshot.entries:
            for criterion in course.rubric.criteria:
                if draw.random() < 0.7:
                    points = draw.choice(criterion.levels).points
                    marked(course, entry.id, criterion.id, points)
        first = course.snapshot.entries[0].id
    with desk_of(out) as desk:
        li = Marker(desk)
        li.send(
            "/api/decide",
            hand_in=li.alias(first),
            check="numpy_rnn.clip.hidden",
            points="1/4",
            why="by hand",
        )
        course = desk.course()
        raw = {
            mark.submission_id: mark.raw
            for mark in gradebook_builder.build(course.store, out).marks
        }
        present = desk.present(course)
        for fact in desk.facts(course).by_id.values():
            given = present.people.of_hand_in(fact.entry.id)
            assert facts.so_far(course, fact, given).earned == raw[fact.entry.id]
        listed = [
            (item.fact.entry.id, what)
            for fact in desk.facts(course).by_id.values()
            for item in [listing.item(desk, course, present, fact, "")]
            for what in item.lacks
        ]
        assert listed == [(lacks.hand_in, lacks.what) for lacks in publishing.missing(course)]


def test_a_decision_in_place_of_a_check_needs_a_reason_and_stays_beside_the_machine(
    li: Marker,
) -> None:
    values = {"hand_in": li.alias(), "check": "poems.a", "points": "0.5"}

    assert "reason" in li.send("/api/decide", 422, **values, why="")["error"]
    assert li.send("/api/decide", 422, **values | {"points": "9"}, why="x")["error"]
    assert li.send("/api/decide", 422, **values | {"points": "1e99"}, why="x")["error"]
    assert li.send("/api/decide", 422, **values | {"check": "no.such"}, why="x")["error"]
    li.send("/api/decide", **values, why="ran it by hand")

    assert "ran it by hand" in li.text(f"/h/{li.alias()}")
    assert li.states("0023001")["total"] == "2.00"
    assert "overruled" in li.text("/?flag=overruled")


# ---------------------------------------------------------------- the queue


def test_the_queue_counts_filters_and_leads_on(li: Marker, desk: Desk) -> None:
    for criterion, points in ((MODULES, 4), (FIGURES, 3), (ESSAY, 8)):
        li.mark("A04", criterion, points)
    assert "4 of 4" in li.text("/")
    assert "1 of 4" in li.text("/?state=done")
    assert "3 of 4" in li.text("/?state=open")
    assert "1 of 4" in li.text("/?q=" + quote("张三"))
    assert "1 of 4" in li.text("/?q=A04")
    assert "0 of 4" in li.text("/?q=nobody")
    assert "0 of 4" in li.text("/?flag=late")
    assert "1 of 4" in li.text(f"/?criterion={FIGURES}&state=done")

    seen = set()
    at = ""
    for _ in range(3):
        there = li.client.get(f"/next?after={at}").headers["Location"]
        at = there.removeprefix("/h/")
        seen.add(at)
    assert len(seen) == 3
    assert li.alias("A04") not in seen
    by_one = li.client.get(f"/next?criterion={FIGURES}").headers["Location"]
    assert by_one.endswith(f"?criterion={FIGURES}")


@pytest.mark.slow
def test_the_order_is_another_one_for_everybody_and_stays(out: Path) -> None:
    with desk_of(desk_class(out.parent / "many", 30)) as desk:
        course = desk.course()
        present = desk.present(course)
        orders = {name: desk.order(course, present, name) for name in ("li", "wang", "zhao")}
        assert len({*orders.values()}) == 3
        assert len({frozenset(order) for order in orders.values()}) == 1
    with desk_of(out.parent / "many") as desk:
        course = desk.course()
        assert desk.order(course, desk.present(course), "li") == orders["li"]


def test_whoever_has_a_share_sees_that_first(shared: Desk) -> None:
    share_all(shared, both=0)
    li = Marker(shared, "li")

    assert "2 of 2" in li.text("/")
    assert "4 of 4" in li.text("/?everyone=1")


def test_a_batch_that_grades_again_is_seen_at_once(li: Marker, out: Path) -> None:
    assert "0 of 4" in li.text("/?flag=crashed")
    graded_class(out, outcomes={"poems.a": Outcome.CRASHED}, files="second")
    assert "4 of 4" in li.text("/?flag=crashed")


# ---------------------------------------------------------------- two markers, blind to each other


def test_two_markers_do_not_see_each_others_marks(shared: Desk) -> None:
    share_all(shared)
    li, wang = Marker(shared, "li"), Marker(shared, "wang")
    li.mark("0023001", FIGURES, 5, note="well done")

    assert wang.states("0023001")["criteria"][FIGURES]["points"] == ""
    assert "well done" not in wang.text(f"/h/{wang.alias()}")
    assert wang.states("0023001")["total"] == "3.00"
    wang.mark("0023001", FIGURES, 2)
    assert li.states("0023001")["criteria"][FIGURES]["points"] == "5"
    assert wang.states("0023001")["criteria"][FIGURES]["points"] == "2"
    # Neither counts until somebody decides.
    assert len(shared.course().marks.conflicts()) == 1
    assert "disagreement" in Marker(shared, "zhao").text("/?flag=disputed")


def test_two_who_agree_need_no_third(shared: Desk) -> None:
    share_all(shared)
    li, wang = Marker(shared, "li"), Marker(shared, "wang")
    li.mark("0023001", FIGURES, 4)
    wang.mark("0023001", FIGURES, 4)

    assert shared.course().marks.conflicts() == ()
    assert [e.author for e in shared.course().marks.marks()] == ["li", "wang"]
    # One of them changes their mind: now they differ.
    wang.mark("0023001", FIGURES, 1)
    assert len(shared.course().marks.conflicts()) == 1


def test_who_comes_round_settles_it(shared: Desk) -> None:
    share_all(shared)
    li, wang = Marker(shared, "li"), Marker(shared, "wang")
    li.mark("0023001", FIGURES, 4)
    wang.mark("0023001", FIGURES, 1)
    wang.mark("0023001", FIGURES, 2)
    assert wang.mark("0023001", FIGURES, "", 422)["error"]
    wang.mark("0023001", FIGURES, 4)

    assert shared.course().marks.conflicts() == ()
    assert li.states("0023001")["criteria"][FIGURES]["points"] == "4"


@pytest.mark.parametrize("points", ["5", "2", "3"])
def test_a_conflict_is_settled_at_the_desk(shared: Desk, points: str) -> None:
    share_all(shared)
    li, wang, zhao = (Marker(shared, name) for name in ("li", "wang", "zhao"))
    li.mark("0023001", FIGURES, 5)
    wang.mark("0023001", FIGURES, 2)
    state = zhao.states("0023001")["criteria"][FIGURES]
    assert [(d["author"], d["base"]) for d in state["disputes"]] == [("wang", "2")]
    page = zhao.text("/conflicts")
    assert "wang" in page
    assert "张三" in page

    # Who has not seen the conflict does not settle it.
    zhao.mark("0023001", FIGURES, points)
    assert len(shared.course().marks.conflicts()) == 1
    zhao.mark("0023001", FIGURES, points, settles=[d["uid"] for d in state["disputes"]])

    assert shared.course().marks.conflicts() == ()
    for marker in (li, wang, zhao):
        assert marker.states("0023001")["criteria"][FIGURES]["points"] == points


ACTS = st.lists(
    st.tuples(st.sampled_from(["li", "wang"]), st.integers(0, 2)), min_size=1, max_size=6
)


@given(acts=ACTS)
@pytest.mark.slow
def test_the_last_marks_of_two_decide_whether_they_differ(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]
) -> None:
    out = graded_class(tmp_path_factory.mktemp("class"), people=PEOPLE[:1])
    from grader.desk import acts as desk_acts

    with desk_of(out) as desk:
        course = desk.course()
        id = course.snapshot.entries[0].id
        course.marks.assign({"li": (id,), "wang": (id,)})
        last: dict[str, int] = {}
        settled = False
        for who, points in acts:
            present = desk.present(course)
            own = present.at((id, FIGURES), who)
            desk_acts.give(
                desk,
                course,
                who,
                desk_acts.Given(
                    id, FIGURES, str(points), "", (), 0 if own is None else own.version
                ),
            )
            last[who] = points
            settled = settled or not desk.present(course).is_blind((id, FIGURES), who)
            differ = len(set(last.values())) > 1 and not settled
            assert bool(course.marks.conflicts()) is differ
            seen = desk.present(course).at((id, FIGURES), who)
            assert seen is not None
            assert seen.base == points
            if settled:  # one mark again, for both
                last = {"li": points, "wang": points}


# ---------------------------------------------------------------- fairness


def test_kappa_of_textbook_cases() -> None:
    def kappa(a: list[int], b: list[int]) -> float | None:
        return fairness.kappa([Fraction(x) for x in a], [Fraction(x) for x in b])

    assert kappa([0, 1, 2, 3], [0, 1, 2, 3]) == 1
    assert kappa([2, 2], [2, 2]) is None
    # By hand: the squares of the differences add up to 2, those by chance to 6.
    assert kappa([0, 1, 2, 3], [1, 1, 2, 2]) == pytest.approx(1 - 2 / 6)
    assert kappa([0, 3], [3, 0]) == pytest.approx(-1)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
def test_kappa_is_that_of_the_table(pairs: list[tuple[int, int]]) -> None:
    n = len(pairs)
    observed = sum((a - b) ** 2 for a, b in pairs) / n
    chance = sum((a - b) ** 2 for a, _ in pairs for _, b in pairs) / n**2
    found = fairness.kappa(*([Fraction(p[i]) for p in pairs] for i in (0, 1)))
    if chance == 0:
        assert found is None
    else:
        assert found == pytest.approx(1 - observed / chance)


@pytest.mark.slow
def test_agreement_and_means_are_shown(shared: Desk) -> None:
    share_all(shared)
    li, wang = Marker(shared, "li"), Marker(shared, "wang")
    for student_id, a, b in (("0023001", 5, 4), ("0023002", 3, 3), ("A04", 1, 2)):
        li.mark(student_id, FIGURES, a)
        wang.mark(student_id, FIGURES, b)
    course = shared.course()

    (found,) = fairness.agreements(course, shared.present(course))

    assert (found.criterion, found.first, found.second, found.count) == (FIGURES, "li", "wang", 3)
    assert found.difference == 0
    assert found.kappa == pytest.approx(1 - 2 / 10)
    assert "0.80" in li.text("/markers")
    assert fairness.means(course, shared.present(course)) == []


@pytest.mark.slow
def test_means_are_shown_once_there_are_enough(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 22)
    with Course(out) as course:
        for i, entry in enumerate(course.snapshot.entries[:21]):
            author = "li" if i < 10 else "wang"
            marked(course, entry.id, "report.figures", 8 if i < 10 else 6, author=author)
    with desk_of(out) as desk:
        course = desk.course()
        found = {m.marker: m for m in fairness.means(course, desk.present(course))}
        assert (found["li"].mean, found["li"].others, found["li"].count) == (8, 6, 10)
        assert (found["wang"].mean, found["wang"].others) == (6, 8)


def test_hand_ins_that_all_mark_come_first(shared: Desk) -> None:
    Marker(shared, "li").send("/api/divide", markers="li,wang,zhao", both=0, first=1)
    shares = shared.course().marks.assignments()

    assert len({share[0] for share in shares.values()}) == 1
    assert sorted(len(share) for share in shares.values()) == [2, 2, 2]


# ---------------------------------------------------------------- names


def test_names_that_are_hidden_are_nowhere(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 6)
    with Course(out) as course:
        people = [person for entry in course.snapshot.entries for person in entry.people]
        ids = [entry.id for entry in course.snapshot.entries]
        for id in ids:
            marked(course, id, "report.figures", 6)
    with desk_of(out, blind=True) as desk:
        li = Marker(desk)
        li.send(
            "/api/questions", hand_in=li.alias(ids[0]), criterion="", text=f"why? {people[0].name}"
        )
        paths = [*PAGES, "/?q=" + quote(people[0].name), *(f"/h/{li.alias(id)}" for id in ids)]
        paths += [f"/api/hand-in/{li.alias(id)}" for id in ids]
        for path in paths:
            answer = li.client.get(path)
            assert answer.status_code == 200
            said = str(answer.headers) + (answer.text if "?q=" not in path else "")
            for person in people:
                for word in (person.name, person.student_id, person.email, HOSTILE_NAME[:8]):
                    assert word not in said, (path, word)
        # Nor are they found by asking.
        assert "0 of 6" in li.text("/?q=" + quote(people[0].name))
        assert hiding.MASK in li.text(f"/h/{li.alias(ids[0])}")


def test_names_are_hidden_and_shown_on_request(li: Marker) -> None:
    assert "张三" in li.text("/")
    for value, there in (("1", False), ("0", True)):
        data = {"blind": value, "back": "/"}
        li.client.post("/choose", data=data, headers={"Origin": "http://localhost"})
        assert ("张三" in li.text("/")) is there


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("San_Zhang.py", "▇▇.py"),
        ("zhangsan", "▇▇"),
        ("by张三", "by张三"),
        ("mySanZhang2", "my▇▇2"),
        ("san = 1", "▇▇ = 1"),
        ("by ZHANG SAN", "by ▇▇"),
        ("SanZhang", "▇▇"),
        ("id 0042 and 42", "id ▇▇ and 42"),
        ("mail san@x.org", "mail ▇▇"),
        ("thousand", "thousand"),
    ],
)
def test_names_are_found_in_other_spellings(text: str, expected: str) -> None:
    person = Person("0042", "San Zhang", {"moodle": "7"}, "san@x.org")
    entry = SnapshotEntry("0042-San Zhang", (person,), None, None)

    assert hiding.hider(entry)(text) == expected


# ---------------------------------------------------------------- comments


def test_comments_are_written_searched_used_and_changed_together(li: Marker, desk: Desk) -> None:
    first = li.send("/api/comments", zh="坐标轴没有名称", en="the axes have no names", points="-1")
    li.send("/api/comments", zh="很好", en="", points="")
    for student_id in ("0023001", "A04"):
        li.mark(student_id, FIGURES, 4, uses=[first["id"]])
    found = li.client.get("/api/comments?q=" + quote("坐标 AXES")).json
    assert [(c["id"], c["uses"]) for c in found] == [(first["id"], 2)]
    assert li.states("A04")["criteria"][FIGURES]["points"] == "3"

    path = f"/api/comments/{first['id']}"
    asked = li.send(path, zh="坐标轴没有名称", en="the axes have no names", points="-2")
    assert [(m["before"], m["after"]) for m in asked["moved"]] == [("3", "2"), ("3", "2")]
    assert not asked["done"]
    assert li.states("A04")["criteria"][FIGURES]["points"] == "3"
    # What was listed is confirmed, and nothing else.
    li.mark("0023002", FIGURES, 5, uses=[first["id"]])
    stale = li.send(path, zh="坐标轴没有名称", en="", points="-2", confirmed=asked["confirm"])
    assert not stale["done"]
    assert len(stale["moved"]) == 3
    assert li.send(path, zh="坐标轴没有名称", en="", points="-2", confirmed=stale["confirm"])[
        "done"
    ]
    assert li.states("A04")["criteria"][FIGURES]["points"] == "2"
    assert li.states("0023002")["criteria"][FIGURES]["points"] == "3"
    assert li.send("/api/comments", 422, zh="", en="", points="")["error"]
    assert li.send("/api/comments", 422, zh="x", en="", points="1e9999999")["error"]
    assert li.mark("A04", FIGURES, 4, 422, uses=["c0"])["error"]


# ---------------------------------------------------------------- publishing, questions


def test_the_desk_publishes_and_then_wants_reasons(li: Marker, desk: Desk) -> None:
    assert li.send("/api/finish", 422)["error"].endswith("still missing: 4.")
    assert "not marked: Modules (report.modules)" in li.text("/finish")
    for student_id, _ in PEOPLE:
        for criterion, points in ((MODULES, 4), (FIGURES, 3), (ESSAY, 8)):
            li.mark(student_id, criterion, points)
    assert "Nothing is missing" in li.text("/finish")
    li.send("/api/finish")

    page = desk.options.out / desk.course().find("A04").id / "feedback.html"
    assert "18.00" in page.read_text("utf-8")
    assert (desk.options.out / "gradebook.csv").is_file()
    refused = li.mark("A04", FIGURES, 5, 423)
    assert refused["published"]
    li.mark("A04", FIGURES, 5, why="asked, and right")
    finish = li.text("/finish")
    assert "18.00" in finish
    assert "asked, and right" in finish
    assert "changed since published" in li.text("/?flag=regraded")


def test_a_students_question_is_kept_and_answered(li: Marker, desk: Desk) -> None:
    li.send("/api/questions", hand_in=li.alias("A04"), criterion=FIGURES, text="为什么扣分？")
    assert "1 of 4" in li.text("/?flag=question")
    (question,) = desk.course().marks.questions()
    assert "为什么扣分" in li.text("/questions")
    assert li.send("/api/questions", 422, answers=question.uid, text=" ")["error"]
    assert li.send("/api/questions", 404, answers="no such", text="x")["error"]

    li.send("/api/questions", answers=question.uid, text="图 3 没有坐标轴")

    assert "图 3 没有坐标轴" in li.text("/questions")
    assert "图 3 没有坐标轴" in li.text(f"/h/{li.alias('A04')}")
    assert "0 of 4" in li.text("/?flag=question")


# ---------------------------------------------------------------- pages of the folder


def test_pages_of_the_folder_follow_behind(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 4, written=True)
    with desk_of(out) as desk:
        li = Marker(desk)
        id = desk.course().snapshot.entries[0].id
        li.mark(id, "report.figures", 6, note="a note for the page")
        assert desk.refresher.wait()
        assert "a note for the page" in (out / id / "staff.html").read_text("utf-8")
        assert "a note for the page" not in (out / id / "feedback.html").read_text("utf-8")


def test_what_a_kill_left_stale_is_written_at_the_next_start(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 4, written=True)
    with Course(out) as course:
        id = course.snapshot.entries[0].id
        page = out / id / "staff.html"
        before = page.read_text("utf-8")
        marked(course, id, "report.figures", 6)
    for name in ("staff.html", "feedback.html"):
        (out / id / name).write_text(before, "utf-8")
        os.utime(out / id / name, (time.time() - 60,) * 2)
    with desk_of(out) as desk:
        assert desk.refresher.wait()
    assert page.read_text("utf-8") != before


# ---------------------------------------------------------------- hostile hand-ins


def test_whatever_a_hand_in_holds_is_text(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 4)
    with desk_of(out) as desk:
        li = Marker(desk)
        id = desk.course().snapshot.entries[3].id
        hostile = "<script>alert(1)</script>\"'{{7*7}}"
        li.mark(id, "report.figures", 6, note=hostile)
        li.send("/api/comments", zh=hostile, en="", points="")
        li.send("/api/questions", hand_in=li.alias(id), criterion="", text=hostile)
        assert "document.title=&#39;owned&#39;" in li.text(f"/h/{li.alias(id)}")
        for path in (*PAGES, f"/h/{li.alias(id)}", "/?q=" + quote(hostile)):
            text = li.text(path)
            assert "<script>" not in text
            assert "onerror=alert(1)>" not in text
            assert "49" not in text.replace("numpy", "").split("<main")[1][:200]


def test_a_hand_in_without_anything_to_show_still_has_its_page(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 3)
    with desk_of(out) as desk:
        li = Marker(desk)
        id = desk.course().snapshot.entries[2].id
        assert "There is nothing to show" in li.text(f"/h/{li.alias(id)}")


def test_findings_stand_at_their_lines(tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 2)
    with desk_of(out) as desk:
        li = Marker(desk)
        id = desk.course().snapshot.entries[1].id
        text = li.text(f"/h/{li.alias(id)}")
        rows = text.split('<td class="no">')
        at = {row.split("<")[0]: row for row in rows[1:]}
        assert "used in place of" in at["40"]
        assert "E225" in at["12"]
        assert "E225" not in at["13"]
        assert "cell 2" in text


def test_comments_of_the_course_reach_the_page_in_both_languages(li: Marker, desk: Desk) -> None:
    new = comments.write("少了图", "a figure is missing", author="li")
    desk.course().marks.add(comments=[new])
    li.mark("A04", FIGURES, 3, uses=[new.id])

    used = li.states("A04")["criteria"][FIGURES]["uses"][0]

    assert (used["zh"], used["en"]) == ("少了图", "a figure is missing")
    assert publishing.missing(desk.course())


def test_marks_that_a_sheet_brought_in_tell_nothing_of_the_pace() -> None:
    imported = [100 + i / 1000 for i in range(33)]

    assert fairness.pace(imported) is None
    assert fairness.pace([*imported, 200, 220, 5000, 5040]) == pytest.approx((100 - 0.032 + 60) / 3)
