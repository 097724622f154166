"""Chinese that students and TAs read: one glossary, full-width punctuation, whole sentences.

Texts are read from the sources: strings of Python files (a value put into one stands as ``{}``),
hints and titles of YAML files, the templates and the Chinese documents. The solutions are read with
their docstrings and comments, since the starter is cut from them.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from kit.compare import describe
from kit.text import Text, joined, os_reason

ROOT = Path(__file__).resolve().parent.parent
CHINESE = re.compile("[一-鿿]")

NOT_TEXTS = {
    "grader/export/blackboard.py": "columns of the platform",
    "grader/authoring/new_part.py": "the files of a new part",
    "grader/export/chaoxing.py": "columns and words of the platform",
    "grader/export/matching.py": "ranges of characters",
    "grader/export/moodle.py": "columns of the platform",
    "grader/export/tronclass.py": "columns of the platform",
    "grader/handins/headers.py": "columns of rosters and worksheets",
    "grader/handins/labels.py": "words in the names of files",
    "grader/handins/roster.py": "columns of rosters",
    "grader/handins/sidefiles.py": "words of the platforms",
    "grader/handins/version_names.py": "dates in the names of files",
    "grader/intake/names.py": "ranges of characters",
    "starter/tests/parts/poems/checks.py": "the title of a poem in a file of its own",
}
"""Files whose short strings are data to compare with; only their sentences are read."""

PATTERNS = ("grader/reader/report_patterns.py",)
"""Files of regular expressions: nobody reads them, and they hold no Text."""

SENTENCE = re.compile("[，。；：？、]")

GLOSSARY = {
    "记号|标记符": "词元",
    "隐藏状态": "隐状态",
    "细胞状态": "单元状态（记忆元）",
    "左移|右移": "下一个词元；y[t] = x[t+1]",
    "n 元组": "n 元语法（n-gram）",
    "得分最高|打分|的分数正确": "logits（未归一化得分）",
    "两个动量": "一阶矩、二阶矩",
    "反向缩放": "inverted dropout（暂退法）",
    "合同": "约定",
    "词向量|(?<!词)嵌入": "词嵌入",
    "就地": "原地",
    "计划采样": "强制教学（teacher forcing）",
    "往前推|往前递推|向前递推": "往回",
    "(?<!Jupyter )笔记本(?!电脑)": "Jupyter 笔记本 / 笔记本电脑",
    "代码单元(?!格)|个单元(?!格)": "单元格",
    "(?<!代码规范)检查器": "代码规范检查工具（ruff）",
    "评分程序|评分器(?:内部)?错误": "评分器；评分器故障",
    "打不开|无法评分": "无法打开",
    "没有交(?!给)|(?<!“)未交|没交|交上来": "未提交",
    "迟交(?:政策|规定)": "迟交规则",
    "起始代码|\\bstarter 的|发放的 starter": "模板",
    "评分行": "评分项",
    "参考解答": "参考解",
    "受阻": "前置未通过",
    "，(?:得到|实际得到)": "，实际返回 / 实际是",
    "没有得到": "没有返回可用的……：检查 return",
    "(?:为|是|返回|或)(?:真|假)(?![实正的])|真和假|真或假": "True / False",
    "读不[了到出]|写不了|解不开|够不着|够到|不声不响": "无法……（中性的说法）",
    "怪罪|谈不上|再谈|替身|丢分|不该": "中性的说法：发生了什么，怎么办",
    "大了 .{1,9} 倍|减到 .{1,9} 倍|多一倍": "成了正确值的……倍 / 降到原来的……",
    "等 \\{.*?\\} 项": "另有 {n} 项",
}
"""Pattern of a word that is not used -> what is."""

DATA = ("春万千潮水千", "春江潮水连海平", "{zh: 中文, en: English}", "“键: 值”")
"""Parts of strings that are verses or YAML, not sentences."""

ONE_HOT = re.compile(r"(?<![\w(（_.])one-hot")


class Said(NamedTuple):
    """A Chinese text and where it is written."""

    where: str
    text: str


# ---------------------------------------------------------------- where texts are written


@cache
def texts() -> tuple[Said, ...]:
    """Every Chinese text that a student or a TA can read."""
    return (*_of_python(), *_of_yaml(), *_of_pages())


def _of_python() -> Iterator[Said]:
    for folder in ("grader", "solutions", "starter"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            generated = folder == "starter" and (ROOT / "solutions" / path.name).exists()
            if name not in PATTERNS and (not generated or "tests" in path.parts):
                yield from _of_file(name, path.read_text("utf-8"))


def _of_file(name: str, source: str) -> Iterator[Said]:
    tree = ast.parse(source)
    student = name.startswith(("solutions/", "starter/pack"))
    hidden = _english(tree) | (set() if student else _docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and id(node) not in hidden:
            text = _written(node)
            if isinstance(node, ast.JoinedStr):
                hidden |= {id(inner) for inner in ast.walk(node)}
            if name not in NOT_TEXTS or SENTENCE.search(text):
                yield from _chinese(f"{name}:{node.lineno}", text)
    for title in _titles(tree):
        yield from _chinese(f"{name}: title", title)
    if student:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and "# STUB:" not in token.string:
                yield from _chinese(f"{name}:{token.start[0]}", token.string)


def _english(tree: ast.AST) -> set[int]:
    """What may name a Chinese word in an English sentence: the second argument of a Text."""
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and len(node.args) == 2 and _called(node) in MADE_OF_TWO
        for inner in ast.walk(node.args[1])
    }


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


MADE_OF_TWO = {"Text", "_fault", "say"}


def _docstrings(tree: ast.AST) -> set[int]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, documented):
            for statement in node.body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    found.add(id(statement.value))
        elif isinstance(node, ast.Expr):
            found.add(id(node.value))
    return found


def _titles(tree: ast.AST) -> Iterator[str]:
    """The first lines of checks: ``中文 | English``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            line = (ast.get_docstring(node) or "").split("\n")[0]
            if " | " in line:
                yield line


def _written(node: ast.expr) -> str:
    """A string as it is read; what is put into it stands as ``{}``."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_written(value) for value in node.values)
    if isinstance(node, ast.FormattedValue):
        return "{}"
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _chinese(where: str, text: str) -> Iterator[Said]:
    """The Chinese side of a text that may hold both languages."""
    for line in re.split(r"\n| \| ", text):
        if CHINESE.search(line) and not any(part in line for part in DATA):
            yield Said(where, line.strip())


def _of_yaml() -> Iterator[Said]:
    for path in sorted((ROOT / "grader").rglob("mistakes.yaml")):
        for mistake in yaml.safe_load(path.read_text("utf-8")):
            yield Said(f"{path.relative_to(ROOT)}: {mistake['id']}", mistake["hint"]["zh"])
    for path in (ROOT / "rubric.yaml", *sorted((ROOT / "presets").glob("*.yaml"))):
        for line in re.findall(r"zh: (.+)", path.read_text("utf-8")):
            yield Said(path.name, line.split(", en:")[0])


def _of_pages() -> Iterator[Said]:
    for path in sorted((ROOT / "grader/feedback/templates").glob("*.j2")):
        for text in re.findall(r">([^<>]*[一-鿿][^<>]*)<", path.read_text("utf-8")):
            yield Said(path.name, text)
    pages = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.zh.md"))
    for name in ("README.zh.md", "starter/README.zh.md", *pages):
        prose = re.sub(r"^ *```.*?^ *```$", "", (ROOT / name).read_text("utf-8"), flags=re.M | re.S)
        for paragraph in re.split(r"\n\n|\n(?=[*|-])", prose):
            text = re.sub(r"`[^`]*`", "{}", paragraph)
            text = re.sub(r"(?<=[^\x00-\x7f])\n\s*", "", text)
            if CHINESE.search(text):
                yield Said(name, " ".join(text.split()))


# ---------------------------------------------------------------- the rules


@pytest.mark.parametrize("pattern", GLOSSARY)
def test_one_word_for_one_thing(pattern: str) -> None:
    wrong = [said for said in texts() if re.search(pattern, said.text)]
    assert not wrong, f"{GLOSSARY[pattern]}: {wrong}"


def test_one_hot_has_its_chinese() -> None:
    assert not [said for said in texts() if ONE_HOT.search(said.text) and "独热" not in said.text]


HALF_WIDTH = {
    "a comma, colon or mark behind a Chinese character": r"[一-鿿][,;:?!](?!\w)",
    "a comma or a mark before one": r"[,;?!] ?(?=[一-鿿])",
    "a bracket at one": r"[一-鿿]\((?=[一-鿿])|[一-鿿]\)(?=[一-鿿])",
    "a blank before full-width punctuation": r" [，。；：？！、）]",
    "a blank behind full-width punctuation": r"[，；、（] (?!\{)",
    "a blank before the per cent sign": r"\d\}? %",
    "full stops that follow each other": r"[。；，：][。；，：]",
    "dots of English": r"[一-鿿]\.\.\.",
}


@pytest.mark.parametrize("fault", HALF_WIDTH)
def test_punctuation_is_full_width(fault: str) -> None:
    assert not [said for said in texts() if re.search(HALF_WIDTH[fault], said.text)]


def test_hints_and_sentences_end_with_a_full_stop() -> None:
    """Hints, and whatever has a full stop inside."""
    wrong = []
    for said in texts():
        inside = "。" in said.text.rstrip("。").replace("“。”", "")
        in_code = ".py" in said.where and not said.where.startswith("solutions/")
        whole = "mistakes.yaml" in said.where or (inside and in_code)
        if whole and not said.text.endswith(ENDS):
            wrong.append(said)
    assert not wrong


ENDS = ("。", "：", "？", "…", "）", "}", "”", '"""')


PLAIN = re.compile(
    r"\banew\b|\bto be had\b|\bnobody|\b[Mm]end(s|ed)?\b|\bstands?\b(?!-)|\bis told\b|\bheed"
)


def test_english_is_plain() -> None:
    """The English side of what is said."""
    wrong = []
    for folder in ("grader", "starter"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and _called(node) in MADE_OF_TWO
                    and len(node.args) == 2
                ):
                    english = _written(node.args[1])
                    if PLAIN.search(english):
                        wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {english}")
    for path in sorted((ROOT / "grader").rglob("mistakes.yaml")):
        for mistake in yaml.safe_load(path.read_text("utf-8")):
            if PLAIN.search(mistake["hint"]["en"]):
                wrong.append(f"{path.parent.name} {mistake['id']}")
    assert not wrong


def test_lists_are_joined_by_the_chinese_comma() -> None:
    """No ``", ".join`` within a Chinese text: ``"、"``, or ``kit.text.joined``."""
    wrong = []
    for path in [
        *sorted((ROOT / "grader").rglob("*.py")),
        *sorted((ROOT / "starter").rglob("*.py")),
    ]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr) and CHINESE.search(_written(node)):
                wrong += [
                    f"{path.relative_to(ROOT)}:{node.lineno}"
                    for call in ast.walk(node)
                    if isinstance(call, ast.Attribute)
                    and call.attr == "join"
                    and isinstance(call.value, ast.Constant)
                    and call.value.value == ", "
                ]
    assert not wrong


def test_files_of_patterns_hold_no_text() -> None:
    for name in PATTERNS:
        tree = ast.parse((ROOT / name).read_text("utf-8"))
        assert not [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _called(n) == "Text"]


def test_the_rules_see_what_they_forbid() -> None:
    said = list(_of_file("grader/x.py", 'x = Text(f"{a} 是真实记号: {b}", "en")\n'))

    assert said == [Said("grader/x.py:1", "{} 是真实记号: {}")]
    assert re.search(next(iter(GLOSSARY)), said[0].text)
    assert re.search(HALF_WIDTH["a comma, colon or mark behind a Chinese character"], said[0].text)
    assert len(texts()) > 1500


# ---------------------------------------------------------------- how texts are made


def test_a_returned_value_is_described_in_both_languages() -> None:
    import numpy as np

    array = np.zeros((2, 3))
    assert [describe(array, "zh"), describe(array)] == [
        "形状 (2, 3) 的 float64 数组",
        "array (2, 3) float64",
    ]
    assert [describe([1, 2], "zh"), describe("abc", "zh")] == ["2 个元素的 list", "3 个字符的 str"]
    assert [describe(None, "zh"), describe(2.5, "zh")] == ["None", "float 2.5"]


def test_values_and_lists_are_put_into_each_language() -> None:
    made = Text("缺少 {names}。", "{names} missing.").format(names=joined(["a", "b"]))

    assert made == Text("缺少 a、b。", "a, b missing.")
    assert made.closed() == made
    assert Text("信号 9（SIGKILL）", "").closed().zh == "信号 9（SIGKILL）。"
    assert Text("", "").closed() == Text("", "")
    assert os_reason(FileNotFoundError(2, "No such file or directory")) == Text(
        "文件不存在", "No such file or directory"
    )
