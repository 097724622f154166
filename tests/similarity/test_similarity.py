"""Copies are found, independent work is not, hostile code is bounded, students see nothing."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import json
import random
import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import planting
import pytest
from click.testing import CliRunner
from desk_class import desk_class
from handing_in import solution, zip_of
from quick import only

from grader import ROOT, intake
from grader.cli import main
from grader.core.errors import UsageError
from grader.core.settings import Settings
from grader.desk import facts
from grader.desk.facts import Flag
from grader.feedback.atomic import write_text
from grader.isolation.servers import Servers
from grader.marking.course import Course
from grader.marking.publishing import changes
from grader.protocol import wire
from grader.protocol.messages import File
from grader.records import similar
from grader.similarity import engine, finding, keeping, page, reading, taking, words
from grader.similarity.matching import LIMIT, Hit, Match, clusters
from grader.similarity.messages import MAX_CHARACTERS, PartAsked

PART = "numpy_rnn"
GIVEN = frozenset(reading.given())


def code_of(text: str, part: str = PART, **cells: str) -> reading.PartCode:
    """Our own text, read without a worker."""
    path = f"{part}.ipynb" if cells else f"{part}.py"
    source = File(path, tuple(cells.values()) or (text,))
    asked = PartAsked(part, (path,), reading.compared(part), reading.of_others(part))
    return reading.part_code(asked, {path: source}, taking.read(asked, {path: source}, GIVEN))


def own_replaced(text: str, old: str, new: str) -> str:
    """`text` with another form in the lines that the starter does not have."""
    return "\n".join(
        line if line.strip() in GIVEN else line.replace(old, new) for line in text.split("\n")
    )


def known(id: str, *codes: reading.PartCode, former: str = "") -> finding.Known:
    return finding.Known(id, (f"{id} <b>", ""), former, codes)


@pytest.fixture(scope="module")
def students() -> list[str]:
    drawn = planting.students(PART, random.Random(1))
    return [text for _, text in itertools.islice(drawn, 4)]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with closing(Servers(Settings())) as made:
        yield made


# ---------------------------------------------------------------- what is compared


def test_the_starter_has_no_code_of_its_own() -> None:
    text = (ROOT / "starter" / f"{PART}.py").read_text("utf-8")

    assert not code_of(text).lines


def test_code_of_another_part_in_the_same_file_does_not_count() -> None:
    both = solution(PART) + solution("theory").replace("from __future__ import annotations", "")

    here = {line.text.strip() for line in code_of(both).lines}

    assert here == {line.text.strip() for line in code_of(solution(PART)).lines}
    assert here


def test_a_notebook_is_compared_by_cell_and_a_broken_cell_takes_no_other_with_it() -> None:
    text = solution(PART)
    code = code_of("", one="x = (", two=text, three="!pip install numpy\n")

    assert {line.cell for line in code.lines} == {2}
    assert Match([code, code_of(text)]).share(0, 1)[0] == 1


def test_names_comments_and_blanks_do_not_count() -> None:
    ours = engine.prints("def f(权重, x):\n    # 乘法\n    return 权重 @ x + 权重 * x - 1\n", 100)
    theirs = engine.prints("def g(weight, y):\n\n    return weight @ y + weight*y - 1\n", 100)

    assert ours.hashes == theirs.hashes
    assert ours.hashes


def test_a_matrix_product_without_blanks_is_one() -> None:
    """The engine's lexer takes it for a decorator."""
    text = solution(PART)
    codes = [code_of(text), code_of(own_replaced(text, " @ ", "@"))]

    assert codes[0].hashes.tolist() == codes[1].hashes.tolist()
    assert Match(codes).share(0, 1)[0] == 1


def test_fingerprints_are_the_same_in_every_process() -> None:
    """Neither a hash seed nor the version of Python decides what two have in common."""
    found = engine.prints("def f(x, w):\n    return x @ w + x * w - 1\n", 100)

    assert found.hashes == (-1990043013986743528,)


def test_an_unfinished_text_over_several_lines_hides_nothing() -> None:
    text = (
        'def sample(m, n):\n    doc = """\n' + "    a\n" * 3 + '    """\n    return m @ n + doc\n'
    )

    assert code_of(text).lines[-1].text.strip() == "return m @ n + doc"


# ---------------------------------------------------------------- who is alike


@pytest.mark.parametrize("name", planting.DISGUISES)
def test_a_planted_copy_is_found(students: list[str], name: str) -> None:
    copied = planting.DISGUISES[name](students[0], random.Random(3))

    found = Match([code_of(students[0]), code_of(copied), code_of(students[1])])

    assert [(hit.left, hit.right) for hit in found.hits(3, LIMIT)] == [(0, 1)]


def test_who_mixes_two_is_found_by_one_of_them(students: list[str]) -> None:
    both = planting.mixed(students[0], students[1], random.Random(3))

    found = Match([code_of(text) for text in (students[0], students[1], both)])

    assert max(found.share(0, 2)[0], found.share(1, 2)[0]) >= LIMIT


def test_independent_solutions_are_not_named(students: list[str]) -> None:
    assert not list(Match([code_of(text) for text in students[:3]]).hits(3, LIMIT))


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_a_ring_is_found_however_large_it_is(students: list[str], share: float) -> None:
    """What all of a ring have is most of a class's code, and nobody else is named for it."""
    rng, size = random.Random(1), 40
    copies = [code_of(planting.renamed(students[0], rng)) for _ in range(4)]
    ring = round(size * share)
    codes = [copies[n % 4] if n < ring else None for n in range(size)]
    codes[ring : ring + 3] = [code_of(text) for text in students[1:]]

    hits = list(Match(codes).hits(size, LIMIT))

    assert clusters(hits) == (tuple(range(ring)),)
    assert {hit.holders for hit in hits} == {ring}


@pytest.mark.slow
def test_code_that_the_course_gave_does_not_count(
    servers: Servers, students: list[str], tmp_path: Path
) -> None:
    """Two who have copied the lecture's `forward`, and nothing else of one another."""
    lecture = tmp_path / "lecture"
    lecture.mkdir()
    (lecture / "board.py").write_text(students[0], "utf-8")
    texts = students[0], planting.renamed(students[0], random.Random(1))
    everyone = [known(text[:1], code_of(text)) for text in texts]
    codes = reading.CodeReader(lambda: servers.ready("similarity"))
    with keeping.Kept(tmp_path / keeping.FILE) as kept:
        finder = finding.Finder(codes, kept)

        given = finder._given(lecture)
        with pytest.raises(UsageError, match="no readable code"):
            finder._given(tmp_path / keeping.FILE)

    assert finding.compare(everyone, 2).hits
    assert not finding.compare(everyone, 2, [given]).hits
    again = [code_of(students[1])] * 2
    assert Match(again, given).share(0, 1)[0] == 1


@pytest.mark.slow
def test_a_large_group_does_not_hide_the_others(students: list[str]) -> None:
    ring = [known(f"r{n:02}", code_of(students[0])) for n in range(30)]
    two = [known(f"z{n}", code_of(students[1])) for n in range(2)]

    found = finding.compare([*ring, *two], 32)
    html = page.render(found, "en")

    assert len(found.hits) == 30 * 29 / 2 + 1
    assert len(found.pairs) <= 30 * finding.PAIRS_OF_ONE + 1
    shown = {n for pair in found.pairs for n in (pair.hit.left, pair.hit.right)}
    assert shown == set(range(32))
    assert "30 of the 32 hand-ins of the class" in html
    assert html.count("name it with --given") == 1
    assert "30 hand-ins have this code" in html


def test_former_hand_ins_are_compared_with_the_class_alone(students: list[str]) -> None:
    codes = [code_of(text) for text in (students[0], students[1], students[1], students[0])]

    assert [(h.left, h.right) for h in Match(codes).hits(2, LIMIT)] == [(0, 3), (1, 2)]


def test_shared_lines_have_the_same_number_on_both_sides(students: list[str]) -> None:
    codes = [code_of(students[0]), code_of(planting.renamed(students[0], random.Random(1)))]

    blocks = Match(codes).blocks(0, 1)

    assert set(blocks.left.values()) == set(blocks.right.values())
    assert len(blocks.left) > 10


def test_groups_are_joined_by_pairs() -> None:
    pairs = [(0, 1), (4, 1), (2, 3)]

    assert clusters([Hit(PART, a, b, 1, 500) for a, b in pairs]) == ((0, 1, 4),)


def test_small_blanks_are_left_out_and_named() -> None:
    assert "to_word" in reading.small("poems")
    assert "to_word" not in reading.compared("poems")


# ---------------------------------------------------------------- hostile hand-ins


REPEATS = {
    "lines": "x = a + b * c\n" * 140_000,
    "in a blank": "def sample(m, n):\n" + "    m = m @ n + 1\n" * 13_000,
    "a long line": "def sample(m, n):\n    return " + "m + " * 100_000 + "n\n",
    "a text": 'x = "' + "a" * 1_990_000 + '"\n',
    "brackets": "def sample(m, n):\n    return " + "(" * 90 + "m" + ")" * 90 + "\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", only({"in a blank", "a long line"}, REPEATS))
def test_repeats_are_bounded_in_a_confined_worker(servers: Servers, name: str) -> None:
    codes = reading.CodeReader(lambda: servers.ready("similarity"))
    start = time.thread_time()

    code = codes.code(intake.gather_files({f"{PART}.py": REPEATS[name].encode()}, id="m"))

    assert codes.tier == servers.ready("reader").tier
    assert time.thread_time() - start < 10  # of this process
    for part in code or ():
        assert sum(len(line.text) + 1 for line in part.lines) <= MAX_CHARACTERS
        assert len(part.hashes) <= part.size <= MAX_CHARACTERS


def test_a_notebook_in_a_zip_is_read_as_its_cells_are(servers: Servers, tmp_path: Path) -> None:
    codes = reading.CodeReader(lambda: servers.ready("similarity"))
    cells = [{"cell_type": "code", "source": solution(PART), "metadata": {}, "outputs": []}]
    notebook = json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    home = tmp_path / "a.zip"
    zip_of(home, {"实验/lab.ipynb": notebook, "实验/报告.pdf": "%PDF-1.4", "helper.py": "y = 1\n"})

    code = codes.code(intake.gather(home))

    assert code is not None
    assert [part.part for part in code] == [PART, reading.OTHER]
    assert code[0].hashes.tolist() == code_of(solution(PART)).hashes.tolist()
    assert {(line.path, line.cell) for line in code[0].lines} == {("实验/lab.ipynb", 1)}


def test_what_is_no_archive_is_not_taken_for_a_hand_in_without_code(servers: Servers) -> None:
    codes = reading.CodeReader(lambda: servers.ready("similarity"))

    damaged = intake.gather_files({"a.zip": b"PK\x03\x04 damaged"}, id="alice")
    no_code = intake.gather_files({"a.pdf": b"%PDF-1.4", "notes.txt": b""}, id="bob")

    assert codes.code(damaged) is None
    assert codes.code(no_code) == ()


@pytest.mark.parametrize(
    "text",
    [
        'x = f(\n    1, """a\n    b"""\n)\n',
        '@mark("""a\n    b""")\ndef f(): return 1\n',
        'def f(a):\n    if a: return """a\n    b"""\n    return f"""{a}\n    b"""\n',
    ],
)
def test_every_text_over_several_lines_is_known(text: str) -> None:
    tree = ast.parse(text)
    every = {
        (node.lineno, node.end_lineno)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and node.lineno != node.end_lineno
    }

    assert every
    assert every <= set(taking._long_texts(tree))


def test_a_worker_that_sends_what_cannot_be_is_refused() -> None:
    path = f"{PART}.py"
    source = File(path, (solution(PART),))
    asked = PartAsked(PART, (path,), reading.compared(PART), reading.of_others(PART))
    read = taking.read(asked, {path: source}, GIVEN)
    bad: list[dict[str, Any]] = [
        {"part": "theory"},
        {"files": (1, *read.files[1:])},
        {"cells": (2, *read.cells[1:])},
        {"numbers": (10_000, *read.numbers[1:])},
        {"numbers": read.numbers[1:]},
        {"starts": (read.starts[1], *read.starts[1:])},
        {"lasts": (len(read.files), *read.lasts[1:])},
        {"firsts": read.firsts[1:]},
        {"hashes": (2**70, *read.hashes[1:])},
        {"size": 10**9},
        {"size": 1},
    ]
    for fields in bad:
        with pytest.raises(wire.WireError):
            reading.part_code(asked, {path: source}, dataclasses.replace(read, **fields))


# ---------------------------------------------------------------- the page


@pytest.fixture(scope="module")
def found(students: list[str]) -> finding.Found:
    evil = students[0] + "\ndef sample(a, b):\n    return a['</pre><script>x</script>'] @ b\n"
    texts = [students[0], planting.renamed(students[0], random.Random(1)), students[1]]
    everyone = [known(f"s{n}", code_of(text)) for n, text in enumerate(texts)]
    return finding.compare([*everyone, known("<i>old", code_of(evil), former="2025")], 3)


def test_the_page_shows_pairs_groups_and_what_is_left_out(found: finding.Found) -> None:
    html = page.render(found, "both")

    assert html.count('<details class="pair numpy_rnn"') == 3
    assert "s0" in html
    assert "s2" not in re.sub(r"<pre>.*?</pre>", "", html, flags=re.S)
    assert "&lt;i&gt;old" in html
    assert "<script" not in html
    assert "to_word" in html
    assert 'id="part-numpy_rnn"' in html
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html


def test_the_file_for_the_desk_names_the_class_alone(found: finding.Found, tmp_path: Path) -> None:
    assert similar.flagged(tmp_path) == frozenset()

    assert page.write(found, tmp_path, "en") == 2

    assert similar.flagged(tmp_path) == {"s0", "s1"}
    pairs = json.loads((tmp_path / similar.FILE).read_text("utf-8"))["pairs"]
    assert {pair["former"] for pair in pairs} == {"", "2025"}


def test_what_was_kept_is_what_was_read(tmp_path: Path) -> None:
    code = code_of(solution(PART))
    with keeping.Kept(tmp_path / keeping.FILE) as kept:
        assert kept.get("a") is None
        kept.put("a", (code,))
        (again,) = kept.get("a") or ()

    assert again.lines == code.lines
    assert Match([code, again]).share(0, 1)[0] == 1


def test_only_the_desk_and_the_command_know_of_it() -> None:
    """No mark, no page and no file for students can depend on it."""
    for path in sorted((ROOT / "grader").rglob("*.py")):
        names = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        if {"similar", "similarity"} & names:
            assert path.relative_to(ROOT / "grader").parts[0] in ("cli", "desk", "similarity")


# ---------------------------------------------------------------- the command


def test_one_command_compares_a_class(
    tmp_path: Path, secret_file: Path, students: list[str]
) -> None:
    now, before = tmp_path / "class", tmp_path / "2025"
    now.mkdir()
    before.mkdir()
    hand_ins = {
        "2023001-\u5f20\u4e09": {"a.py": students[0]},
        "2023002-\u674e\u56db": {"b.py": planting.split(students[0], random.Random(1))},
        "2023003-\u738b\u4e94": {"c.py": students[1]},
        "2023004-\u8d75\u516d": {"c.py": students[2], "d.py": "x = ("},
    }
    for name, files in hand_ins.items():
        zip_of(now / f"{name}-\u5b9e\u9a8c6.zip", files)
    zip_of(before / "2022009-\u5b9e\u9a8c6.zip", {"z.py": students[1]})
    zip_of(now / "2023005-\u5468\u4e03-\u5b9e\u9a8c6.zip", {"a.py": students[3]})
    zip_of(now / "2023006-\u5434\u516b-\u5b9e\u9a8c6.zip", {"a.py": students[3]})
    (now / "2023007-\u90d1\u4e5d-\u5b9e\u9a8c6.zip").write_bytes(b"PK\x03\x04 damaged")
    board = tmp_path / "board.py"
    board.write_text(students[3], "utf-8")
    env = {
        "RNN_GRADER_SECRET_FILE": str(secret_file),
        "RNN_GRADER_RUBRIC": str(ROOT / "rubric.yaml"),
    }
    out = tmp_path / "out"

    said = CliRunner().invoke(
        main,
        [
            *("similarity", str(now), "--former", str(before), "--given", str(board)),
            *("--out", str(out), "--lang", "en"),
        ],
        env=env,
    )

    assert said.exit_code == 0, said.output
    data = json.loads((out / similar.FILE).read_text("utf-8"))
    assert data["hand_ins"] == ["2023001", "2023002", "2023003"]
    assert {(p["left"], p["right"], p["former"]) for p in data["pairs"]} == {
        ("2023001", "2023002", ""),
        ("2023003", "2022009", "2025"),
    }
    html = (out / page.PAGE).read_text("utf-8")
    assert "<code>board.py</code>" in html
    assert re.search(words.UNREAD.en + r"</span><b>2023007</b>", html)


def test_the_desk_flags_whom_it_names_and_no_page_of_a_student_does(tmp_path: Path) -> None:
    out = desk_class(tmp_path, 3, written=True)
    with Course(out) as course:
        ids = [entry.id for entry in course.snapshot.entries]
        course.refresh(ids, "en")
        unseen = facts.gather(course, "key").by_id
    before = {path: path.read_bytes() for path in out.rglob("*.*ml")}
    write_text(out / similar.FILE, json.dumps({"schema": similar.SCHEMA, "hand_ins": ids[:1]}))

    with Course(out) as course:
        seen = facts.gather(course, "key").by_id
        course.refresh(ids, "en")
        moved = changes(course)

    assert not any(Flag.SIMILAR in fact.flags for fact in unseen.values())
    assert [id for id in ids if Flag.SIMILAR in seen[id].flags] == ids[:1]
    assert not moved
    assert {path.name for path in before} >= {"feedback.html", "staff.html"}
    for path, content in before.items():
        assert path.read_bytes() == content
        assert not re.search("similar|相似", content.decode())
