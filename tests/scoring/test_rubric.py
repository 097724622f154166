"""The rubric is exact, and every fault of one is named with its line."""

from __future__ import annotations

import hashlib
import time
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from grader import ROOT
from grader.core.errors import RubricError
from grader.scoring import rubric

SMALL = """\
version: 1
title: {zh: 小, en: Small}
total: 3
rows:
  - id: code
    title: {zh: 代码, en: Code}
    points: 2
    marked_by: checks
    parts:
      poems:
        points: 2
        pending: 0.75
        checks:
          poems.a: 1
          poems.b: 0.25
  - id: report
    title: {zh: 报告, en: Report}
    points: 1
    marked_by: ta
"""


def test_the_default_rubric_is_lab_six() -> None:
    lab = rubric.load(ROOT / "rubric.yaml")

    assert [r.id for r in lab.rows] == ["code", "report", "analysis", "extensions", "tidiness"]
    assert [r.points for r in lab.rows] == [30, 25, 25, 10, 10]
    assert {name: part.points for name, part in lab.rows[0].parts.items()} == {
        "numpy_rnn": 12,
        "char_lstm": 8,
        "poems": 10,
    }
    assert {"numpy_rnn", "poems"} <= set(lab.parts())
    assert lab.rows[4].pending == 6  # the linter marks the other four


def test_points_are_exact() -> None:
    small = rubric.parse(SMALL.replace("poems.b: 0.25", "poems.b: 1/4").encode())

    assert Fraction(1, 4) == small.points_of("poems.b")
    assert Fraction(3, 4) == small.rows[0].pending
    assert (small.row_of("poems.a"), small.part_of("poems.a")) == ("code", "poems")
    assert small.check_ids == ("poems.a", "poems.b")


def test_a_row_marked_by_a_person_is_pending_as_a_whole() -> None:
    assert rubric.parse(SMALL.encode()).rows[1].pending == 1


def test_the_rubric_is_known_by_its_bytes() -> None:
    assert hashlib.sha256(SMALL.encode()).hexdigest() == rubric.parse(SMALL.encode()).sha256


def test_an_unknown_check_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        rubric.parse(SMALL.encode()).points_of("poems.c")


@pytest.mark.parametrize(
    ("old", "new", "zh", "en"),
    [
        pytest.param(
            "        pending: 0.75",
            "        pendin: 0.75",
            "rubric.yaml 第 12 行：不认识的键 pendin。你是不是想写 pending？",
            "rubric.yaml, line 12: unknown key pendin. Did you mean pending?",
            id="unknown key",
        ),
        pytest.param(
            "poems.b: 0.25",
            "poems.b: -0.25",
            "rubric.yaml 第 15 行：分值写的是 '-0.25'；应为不小于 0 的数，如 2、0.25 或 1/3。",
            "rubric.yaml, line 15: points are '-0.25'; expected a number not below 0, such as 2, "
            "0.25 or 1/3.",
            id="negative",
        ),
        pytest.param(
            "poems.b: 0.25",
            "poems.b: 0.5",
            "rubric.yaml 第 10 行：code/poems 的检查与 pending 的分值之和是 2.25，应为 2，"
            "相差 0.25，请改正其中之一，或写 scale: true，按比例换算。",
            "rubric.yaml, line 10: code/poems: checks and pending add up to 2.25, expected 2, "
            "off by 0.25: correct one of them, or write scale: true, which makes them weights.",
            id="sum of a part",
        ),
        pytest.param(
            "    points: 2\n    marked",
            "    points: 2.5\n    marked",
            "rubric.yaml 第 5 行：评分项 code 的各部分的分值之和是 2，应为 2.5，"
            "相差 0.5，请改正其中之一。",
            "line 5: row code: its parts add up to 2, expected 2.5, off by 0.5: correct one of "
            "them.",
            id="sum of a row",
        ),
        pytest.param(
            "total: 3",
            "total: 100",
            "rubric.yaml 第 3 行：各评分项的分值之和是 3，应为 100，相差 97，请改正其中之一。",
            "rubric.yaml, line 3: the rows add up to 3, expected 100, off by 97: correct one of "
            "them.",
            id="total",
        ),
        pytest.param(
            "      poems:",
            "      poem:",
            "rubric.yaml 第 10 行：没有名为 poem 的部分。你是不是想写 poems？",
            "rubric.yaml, line 10: there is no part poem. Did you mean poems?",
            id="unknown part",
        ),
        pytest.param(
            "poems.b: 0.25",
            "poems.a: 0.25",
            "the key 'poems.a' occurs twice",
            "the key 'poems.a' occurs twice",
            id="duplicate key",
        ),
        pytest.param(
            "- id: report",
            "- id: code",
            "rubric.yaml 第 16 行：评分项 code 出现了两次，请改名或删去一个。",
            "rubric.yaml, line 16: the row code occurs twice: rename or remove one.",
            id="duplicate row",
        ),
        pytest.param(
            "poems.b: 0.25",
            "theory.b: 0.25",
            "rubric.yaml 第 15 行：检查 theory.b 不属于 poems：它的名称应以 poems 开头。",
            "rubric.yaml, line 15: the check theory.b is not of poems: its id would begin with "
            "poems.",
            id="check of another part",
        ),
        pytest.param(
            "title: {zh: 小, en: Small}",
            "title: Small",
            "rubric.yaml 第 2 行：标题应写成 {zh: 中文, en: English}，两种语言都要有。",
            "rubric.yaml, line 2: a title is written {zh: 中文, en: English}, with both languages.",
            id="one language",
        ),
        pytest.param(
            "title: {zh: 小, en: Small}",
            "title: {zh: 小, en: small, and short}",
            "rubric.yaml 第 2 行：标题应写成 {zh: 中文, en: English}，两种语言都要有；里面有逗号或"
            "冒号的文字要加引号。",
            "rubric.yaml, line 2: a title is written {zh: 中文, en: English}, with both languages; "
            "write a text with a comma or a colon in quotes.",
            id="a comma without quotes",
        ),
        pytest.param(
            "marked_by: ta",
            "marked_by: human",
            "rubric.yaml 第 19 行：写的是 'human'，应为 'checks', 'linter' or 'ta'。",
            "rubric.yaml, line 19: got 'human', expected 'checks', 'linter' or 'ta'.",
            id="unknown marker",
        ),
        pytest.param(
            "marked_by: ta",
            "marked_by: checks",
            "rubric.yaml 第 16 行：评分项 report：marked_by: checks 的评分项要有 parts，",
            "rubric.yaml, line 16: row report: a row marked by checks has parts, one marked by ta "
            "has none.",
            id="a row of checks without any",
        ),
        pytest.param(
            "    marked_by: ta\n",
            "",
            "rubric.yaml 第 16 行：缺少 marked_by，请补上。",
            "rubric.yaml, line 16: marked_by is missing: add it.",
            id="missing key",
        ),
        pytest.param(
            "    points: 1\n    marked_by: ta",
            "    points: 0\n    marked_by: ta",
            "rubric.yaml 第 18 行：分值是 0；应大于 0（只有检查和分组可以写 0",
            "rubric.yaml, line 18: points are 0; expected more (0 is for checks and groups",
            id="worth nothing",
        ),
        pytest.param(
            "poems.a: 1",
            "poems.a: .nan",
            "分值写的是 '.nan'",
            "points are '.nan'",
            id="not a number",
        ),
        pytest.param(
            "      poems:",
            "      poems: [1]\n      theory:",
            "rubric.yaml 第 10 行：应为一组“键: 值”，实际是 list。",
            "rubric.yaml, line 10: expected a mapping of keys to values, got list.",
            id="not a mapping",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, zh: str, en: str) -> None:
    assert old in SMALL

    with pytest.raises(RubricError) as caught:
        rubric.parse(SMALL.replace(old, new, 1).encode())

    assert zh in caught.value.text.zh
    assert en in caught.value.text.en


LATE = """\
late:
  due: 2026-12-06 23:59
  timezone: Asia/Shanghai
  grace_minutes: 10
  deduct_per_day: 5%
  cap: 30
  waivers:
    "0023001": {days: 2}
    "0023002": all
"""


def test_the_late_policy_is_part_of_the_rubric() -> None:
    late = rubric.parse((SMALL + LATE).encode()).late

    assert late is not None
    assert (str(late.due), late.timezone.key) == ("2026-12-06 23:59:00", "Asia/Shanghai")
    assert late.grace_minutes == 10
    assert late.deduct_per_day == (Fraction(1, 20), True)
    assert late.cap == (Fraction(30), False)
    assert late.waivers == {"0023001": 2, "0023002": None}
    assert rubric.parse(SMALL.encode()).late is None


def test_the_late_policy_changes_no_points() -> None:
    plain, dated = rubric.parse(SMALL.encode()), rubric.parse((SMALL + LATE).encode())

    assert (plain.rows, plain.total, plain.check_ids) == (dated.rows, dated.total, dated.check_ids)


def test_all_faults_are_reported_at_once() -> None:
    broken = SMALL.replace("pending:", "pendin:").replace("marked_by: ta", "marked_by: x")

    with pytest.raises(RubricError) as caught:
        rubric.parse(broken.encode())

    assert [line.partition(":")[0] for line in caught.value.text.en.splitlines()] == [
        "rubric.yaml, line 12",
        "rubric.yaml, line 19",
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[1, 2]",
        b"a: &x [*x]",
        b"version: !!python/object/apply:os.system [true]",
        b"{a: 1",
        b"\xff\xff",
        b"? [1]\n: 2",
    ],
    ids=["empty", "list", "alias of itself", "object", "unclosed", "not UTF-8", "key"],
)
def test_what_is_no_rubric_is_refused(data: bytes) -> None:
    with pytest.raises(RubricError):
        rubric.parse(data)


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match="--rubric"):
        rubric.load(tmp_path / "no.yaml")


def test_rubric_and_suites_name_the_same_checks() -> None:
    rubric.validate_checks(rubric.parse(SMALL.encode()), ["poems.b", "poems.a"])


def test_a_check_on_one_side_only_is_named() -> None:
    with pytest.raises(RubricError) as caught:
        rubric.validate_checks(rubric.parse(SMALL.encode()), ["poems.a", "poems.bb"])

    assert caught.value.text.en == (
        "rubric.yaml, line 10: the check poems.bb has no points. Give it points below checks (0: "
        "shown, not counted), or list it below leave_out.\n"
        "rubric.yaml, line 15: the rubric's check poems.b is in no suite. Did you mean poems.bb?"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"schema: 1\nrows:\n\t- id: a\n", "There is a tab"),
        (b"schema: 1\nrows: [\n", "indentation and colons"),
        (b"[" * 50_000, "nested too deeply"),
        (b"a: " + b"{b: " * 50_000, "nested too deeply"),
    ],
    ids=["tab", "open bracket", "lists without end", "mappings without end"],
)
def test_what_is_no_yaml_is_refused_with_a_remedy(data: bytes, said: str) -> None:
    with pytest.raises(RubricError) as found:
        rubric.parse(data)
    assert said in found.value.text.en


LAUGHS = b"l0: &l0 [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"l%d: &l%d [%s]\n" % (n, n, b",".join([b"*l%d" % (n - 1)] * 9)) for n in range(1, 10)
)
"""Some 400 bytes for ten lists of up to 9 ** 10 values."""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (LAUGHS, "more than the 20000 values"),
        (LAUGHS + b"title: *l9\n", "more than the 20000 values"),
        (b"- &a {zh: x}\n" + b"- *a\n" * 20_000, "more than the 20000 values"),
        (b"a: [" + b"x," * 400_000 + b"]", "more than the 20000 values"),
        (b"".join(b"k%d: 1\n" % n for n in range(80_000)), "more than the 20000 values"),
        (b"#" + b"x" * 5_000_000 + b"\n" + SMALL.encode(), "1000000 are allowed"),
        (SMALL.encode() + b"# x\n" * 250_000, "1000000 are allowed"),
    ],
    ids=["aliases", "aliases for a title", "one alias", "list", "keys", "long line", "many lines"],
)
def test_what_is_too_large_is_refused_at_once(data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(data)
    began = time.process_time()

    with pytest.raises(RubricError) as found:
        rubric.load(path)

    assert time.process_time() - began < 5
    assert said in found.value.text.en
    assert found.value.text.en.startswith("large.yaml is too large: ")
    assert found.value.text.zh.startswith("large.yaml 太大：")


def test_what_is_within_the_bounds_is_read_soon() -> None:
    line = b"# " + b"x" * 97 + b"\n"
    began = time.process_time()

    read = rubric.parse(line * 9_900 + SMALL.encode())

    assert time.process_time() - began < 5
    assert read.rows == rubric.parse(SMALL.encode()).rows


def test_a_rubric_reads_the_same_to_any_yaml_reader() -> None:
    plain = yaml.safe_load((ROOT / "rubric.yaml").read_text("utf-8"))

    assert sum(row["points"] for row in plain["rows"]) == 100


CRITERIA = """\
version: 1
title: {zh: 小, en: Small}
total: 12
rows:
  - id: code
    title: {zh: 代码, en: Code}
    points: 2
    marked_by: checks
    parts: {theory: {points: 2, checks: {theory.a: 2}}}
  - id: report
    title: {zh: 报告, en: Report}
    points: 10
    marked_by: ta
    criteria:
      - id: report.a
        title: {zh: 甲, en: A}
        points: 6
        levels:
          - {points: 6, description: {zh: 好, en: good}}
          - {points: 2, description: {zh: 差, en: poor}}
          - {points: 0, description: {zh: 无, en: none}}
      - {id: report.b, title: {zh: 乙, en: B}, points: 4}
"""


def test_criteria_are_read_and_without_them_the_row_is_one() -> None:
    found = rubric.parse(CRITERIA.encode())
    assert [(c.id, c.points, len(c.levels)) for c in found.criteria] == [
        ("report.a", 6, 3),
        ("report.b", 4, 0),
    ]
    a = found.criterion("report.a")
    assert (a.level_at(Fraction(2)), a.level_at(Fraction(3))) == (1, None)
    plain = rubric.parse((CRITERIA[: CRITERIA.index("    criteria:")]).encode())
    assert [(c.id, c.points) for c in plain.criteria] == [("report", 10)]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("points: 4}", "points: 5}", 14, "its criteria add up to 11, expected 10, off by 1"),
        ("points: 2, desc", "points: 7, desc", 18, "worth 6, 7, 0; expected them to fall"),
        ("points: 0, desc", "points: 1, desc", 18, "expected them to fall from its 6 points"),
        ("id: report.b", "id: report.a", 22, "the id report.a is in use already"),
        ("id: report.b", "id: essay.b", 22, "the id essay.b should begin with report."),
        ("levels:", "level:", 18, "unknown key level. Did you mean levels?"),
        ("{zh: 好, en: good}", "good", 19, "a description is written {zh: 中文, en: English}"),
        ("points: 6\n        levels", "points: six\n        levels", 17, "points are 'six'"),
        (
            "marked_by: ta",
            "marked_by: checks\n    parts: {poems: {points: 10, checks: {poems.a: 10}}}",
            15,
            "has no criteria: remove",
        ),
    ],
)
def test_a_fault_in_criteria_names_its_line_and_what_to_do(
    old: str, new: str, line: int, words: str
) -> None:
    assert CRITERIA.count(old) == 1, old
    with pytest.raises(RubricError) as caught:
        rubric.parse(CRITERIA.replace(old, new).encode())

    assert f"rubric.yaml, line {line}: " in caught.value.text.en
    assert words in caught.value.text.en


def test_points_and_words_of_a_criterion_are_told_apart() -> None:
    """What a mark is kept by: the same points, or also the same words."""
    one = rubric.parse(CRITERIA.encode()).criterion("report.a")
    words = rubric.parse(CRITERIA.replace("en: poor", "en: weak").encode()).criterion("report.a")
    points = rubric.parse(CRITERIA.replace("points: 2, desc", "points: 3, desc").encode())
    assert (one.worth, one.wording == words.wording) == (words.worth, False)
    assert one.worth != points.criterion("report.a").worth
