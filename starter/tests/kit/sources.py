"""Turn the bytes of a Python file or a notebook into text that can be parsed.

``pack.py`` uses this on a student's computer and the grader uses it on hostile bytes, so both read
the same text. Nothing here runs the code that it reads, and no input makes it raise.
"""

from __future__ import annotations

import ast
import codecs
import json
import re
import warnings
from typing import NamedTuple

from .contracts import MAX_SOURCE_BYTES
from .notebooks import code_cells, without_outputs
from .text import Text

MAX_TOKENS = 250_000
"""Tokens in one source. A syntax tree takes about 1 KB for each: 2 MB of ``a;a;a;`` would need
1.7 GB and ten seconds."""

MAX_NOTEBOOK_ITEMS = 300_000
"""Lists and dicts in a notebook's JSON, for the same reason."""

MAX_PARSED_BYTES = 16_000_000
"""Of a notebook's JSON. One with more is parsed without its outputs."""

MAX_CELLS = 2_000

_CODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings that a coding line may name: those in use for text files. Python's registry also holds
# transforms (unicode_escape, idna, punycode) that are not encodings of a file.
_TEXT_ENCODINGS = frozenset(
    ("utf-8", "utf-8-sig", "ascii", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "hz")
    + ("iso8859-1", "iso8859-15", "cp1252", "cp1251", "koi8-r", "shift_jis", "cp932")
    + ("euc_jp", "euc_kr", "cp949", "cp950")
)
_TOKEN = re.compile(r"\w+|[^\w\s]|\n")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAGIC = re.compile(r"^\s*(?:[%!]|\?|(?:[\w.]+\s*=\s*)[%!]|[\w.]+\?{1,2}\s*$)")
# The lexemes that decide where a statement ends. A backslash takes the next character with it: a
# newline after a backslash does not end the statement.
_LEXEME = re.compile(
    r"""\\[\s\S]|\#[^\n]*|\"{3}|'{3}|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?"""
    r"""|[()\[\]{}\n]"""
)
_PYTHON_CELL_MAGICS = frozenset(
    ("time", "timeit", "capture", "prun", "writefile", "file", "python", "python3", "py")
)
_PYTHON_2 = (
    re.compile(r"^\s*print\s+(?:[\"'\w]|>>)"),
    re.compile(r"^\s*except\s+[\w.()\s,]+,\s*\w+\s*:"),
    re.compile(r"^\s*raise\s+[\w.]+\s*,"),
    re.compile(r"^\s*exec\s+[\"'\w]"),
    re.compile(r"<>|`[^`\n]+`|\b0[0-7]+\b|\b\d+L\b|\bur[\"']"),
)

READ_AS = Text(
    "{file} 不是 UTF-8 编码，已按 {encoding} 读取。不扣分；建议用编辑器另存为 UTF-8。",
    "{file} is not UTF-8; it was read as {encoding}. This costs nothing; better save it as UTF-8.",
)
BOM_UTF16 = Text(
    "{file} 是 {encoding} 编码，Python 无法直接读取；这里已转换后读取。不扣分；请另存为 UTF-8。",
    "{file} is {encoding}, which Python itself cannot read; it was converted. This costs "
    "nothing; save it as UTF-8.",
)
BOM_UTF8 = Text(
    "{file} 开头有 UTF-8 BOM，已略过。不扣分。",
    "{file} begins with a UTF-8 byte order mark, which was skipped. This costs nothing.",
)
UNREADABLE = Text(
    "{file} 里有 {count} 个字符用 UTF-8、GB18030 都无法读取，已换成“?”一类的替代符；"
    "如果它们在代码里而不是注释里，请另存为 UTF-8 后重新提交。",
    "{file} has {count} characters that are neither UTF-8 nor GB18030; they were replaced. If "
    "they are in code and not in a comment, save the file as UTF-8 and hand it in again.",
)
NULLS = Text(
    "{file} 里有 {count} 个空字节（\\0），Python 会拒绝这样的文件；已删去后读取。"
    "请重新保存这个文件。",
    "{file} holds {count} null bytes, with which Python refuses a file; they were removed. "
    "Save the file again.",
)
ALL_NULLS = Text(
    "{file} 的内容全是空字节：保存或同步时出错，里面没有代码。请检查后重新提交。",
    "{file} holds nothing but null bytes: saving or syncing went wrong, and there is no code in "
    "it. Check the file and hand it in again.",
)
NOT_A_NOTEBOOK = Text(
    "{file} 不是完整的 Jupyter 笔记本（{reason}），没有读取。请在 Jupyter 里打开检查，"
    "重新保存，或导出为 .py 再提交。",
    "{file} is not a complete Jupyter notebook ({reason}), so it was not read. Open it in "
    "Jupyter, save it again, or export it as .py.",
)
CELLS_LEFT_OUT = Text(
    "{file} 里有 {count} 个单元格不是 Python（%%bash、%%html 等），已略过。",
    "{file}: cells that are not Python (%%bash, %%html and the like) were left out: {count}.",
)


class Problem(NamedTuple):
    """Why a piece of source cannot be parsed."""

    line: int  # from 1; 0 if no single line is the cause
    what: Text
    python2: bool = False


class Decoded(NamedTuple):
    """A file as text. Without cells the file could not be read, and a notice says why.

    A notebook's cell that holds no Python is an empty string.
    """

    cells: tuple[str, ...]
    encoding: str
    notices: tuple[Text, ...]


def read(path: str, data: bytes) -> Decoded:
    """The cells of a ``.py`` file (one) or an ``.ipynb`` notebook (one for each code cell)."""
    return read_notebook(path, data) if path.lower().endswith(".ipynb") else read_py(path, data)


def read_py(path: str, data: bytes) -> Decoded:
    """A Python file: decoded by its coding line, then as UTF-8, then as GB18030."""
    text, encoding, notices = decode(path, data, coding_line=True)
    return Decoded((text,), encoding, notices)


def decode(path: str, data: bytes, *, coding_line: bool) -> tuple[str, str, tuple[Text, ...]]:
    """`data` as text with ``\\n`` line ends, the encoding's name, and a notice for each repair."""
    notices: list[Text] = []
    text, encoding = _decode(path, data, coding_line, notices)
    if "\0" in text:
        kept = text.replace("\0", "")
        note = NULLS if kept.strip() else ALL_NULLS
        notices.append(note.format(file=show(path), count=len(text) - len(kept)))
        text = kept
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding, tuple(notices)


def _decode(path: str, data: bytes, coding_line: bool, notices: list[Text]) -> tuple[str, str]:
    file = show(path)
    for bom, name in _BOMS:
        if data.startswith(bom):
            note = BOM_UTF8 if name == "utf-8" else BOM_UTF16
            notices.append(note.format(file=file, encoding=name.upper()))
            body = data[len(bom) :]
            try:
                return body.decode(name), name
            except UnicodeDecodeError:
                text = body.decode(name, errors="replace")
                count = text.count("\ufffd")
                notices.append(UNREADABLE.format(file=file, count=count))
                return text, name
    for name in _candidates(data, coding_line):
        try:
            text = data.decode(name)
        except (UnicodeError, ValueError):
            continue
        if name.startswith("utf-16"):
            notices.append(BOM_UTF16.format(file=file, encoding=name.upper()))
        elif name not in ("utf-8", "utf-8-sig", "ascii"):
            notices.append(READ_AS.format(file=file, encoding=_shown_encoding(name)))
        return text, name
    text = data.decode("utf-8", errors="replace")
    notices.append(UNREADABLE.format(file=file, count=text.count("\ufffd")))
    return text, "utf-8"


def _candidates(data: bytes, coding_line: bool) -> list[str]:
    """The encodings to try, the most likely one first."""
    names = []
    head = data[:4096]
    if len(head) >= 8 and not head[0:200:2].strip(b"\0") and head[1:200:2].strip(b"\0"):
        names.append("utf-16-be")
    elif len(head) >= 8 and not head[1:200:2].strip(b"\0") and head[0:200:2].strip(b"\0"):
        names.append("utf-16-le")
    if coding_line and (named := _named_encoding(head)):
        names.append(named)
    return [*names, "utf-8", "gb18030"]


def _named_encoding(head: bytes) -> str | None:
    """The encoding that a coding line in the first two lines names, if it is one of text."""
    for line in head.decode("latin-1").splitlines()[:2]:
        if found := _CODING.match(line):
            try:
                name = codecs.lookup(found.group(1)).name
            except (LookupError, ValueError):
                return None
            return name if name in _TEXT_ENCODINGS else None
        if line.strip() and not line.lstrip().startswith("#"):
            return None
    return None


def _shown_encoding(name: str) -> str:
    return "GBK (GB18030)" if name in ("gb18030", "gbk", "gb2312", "cp936") else name.upper()


def read_notebook(path: str, data: bytes) -> Decoded:
    """The code cells of a notebook, with magics commented out and line numbers unchanged."""
    if len(data) > MAX_PARSED_BYTES or _items(data) > MAX_NOTEBOOK_ITEMS:
        data = without_outputs(data)
    if len(data) > MAX_PARSED_BYTES:
        limit = MAX_PARSED_BYTES // 1_000_000
        reason = Text(f"除去输出仍超过 {limit} MB", f"more than {limit} MB without its outputs")
        return _no_notebook(path, "utf-8", reason)
    text, encoding, notices = decode(path, data, coding_line=False)
    if sum(text.count(sign) for sign in "[{") > MAX_NOTEBOOK_ITEMS:
        return _no_notebook(path, encoding, Text("内容过多", "too many nested items"))
    try:
        document = json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        said = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        return _no_notebook(path, encoding, Text(f"JSON 格式错误：{said}", f"JSON: {said}"))
    found = code_cells(document)
    if found is None:
        return _no_notebook(path, encoding, Text("没有单元格", "no cells"))
    cells = []
    size = left_out = 0
    for raw in found[:MAX_CELLS]:
        size += len(raw)
        if size > MAX_SOURCE_BYTES:
            most = f"{MAX_SOURCE_BYTES:,}"
            reason = Text(f"代码超过 {most} 个字符", f"more than {most} characters of code")
            return _no_notebook(path, encoding, reason)
        cell = without_magics(_SURROGATE.sub("\ufffd", raw).replace("\0", ""))
        left_out += cell is None
        cells.append(cell or "")  # keep the place: messages give a cell's number
    if left_out:
        notices += (CELLS_LEFT_OUT.format(file=show(path), count=left_out),)
    return Decoded(tuple(cells), encoding, notices)


def _items(data: bytes) -> int:
    return data.count(b"[") + data.count(b"{")


def _no_notebook(path: str, encoding: str, reason: Text) -> Decoded:
    return Decoded((), encoding, (NOT_A_NOTEBOOK.format(file=show(path), reason=reason),))


def without_magics(cell: str) -> str | None:
    """`cell` with ``%`` and ``!`` lines turned into ``pass``; None if it is not Python at all.

    Only where a statement begins: inside brackets and strings ``% x`` is an operator or text.
    """
    first, _, rest = cell.lstrip("\n").partition("\n")
    if first.lstrip().startswith("%%"):
        words = first.lstrip()[2:].split()
        if not words or words[0].lower() not in _PYTHON_CELL_MAGICS:
            return None
        blank = "\n" * (len(cell) - len(cell.lstrip("\n")))
        cell = f"{blank}# {first}\n{rest}"
    kept = []
    start = 0
    while start < len(cell):
        end = cell.find("\n", start)
        line = cell[start : end if end >= 0 else len(cell)]
        if _MAGIC.match(line):
            kept.append(_pass(line))
            end = start + len(line)
        else:
            end = _statement_end(cell, start)
            kept.append(cell[start:end])
        kept.append(cell[end : end + 1])
        start = end + 1
    return "".join(kept)


def _statement_end(text: str, start: int) -> int:
    """Where the logical line that begins at `start` ends: a newline, or the end of the text."""
    depth = 0
    while found := _LEXEME.search(text, start):
        lexeme, start = found.group(), found.end()
        if lexeme in "([{":
            depth += 1
        elif lexeme in ")]}":
            depth = max(depth - 1, 0)
        elif lexeme in ('"""', "'''"):
            start = _string_end(text, start, lexeme)
        elif lexeme == "\n" and depth == 0:
            return found.start()
    return len(text)


def _string_end(text: str, start: int, quotes: str) -> int:
    """Where the string ends: after the first unescaped triple quotes, else at the text's end."""
    for found in re.compile(r"\\.|" + quotes, re.DOTALL).finditer(text, start):
        if found.group() == quotes:
            return found.end()
    return len(text)


def _pass(line: str) -> str:
    """A magic as ``pass`` with a comment, since a block may consist of a magic alone."""
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}pass  # {line.strip()}"


def parse(text: str) -> tuple[ast.Module | None, Problem | None]:
    """The syntax tree of `text`, or why there is none. Bounded in time and memory; never raises."""
    if len(text) > MAX_SOURCE_BYTES:
        return None, Problem(0, _TOO_LARGE)
    # A text has no more tokens than characters, so those of a short one need no counting.
    if len(text) > MAX_TOKENS and token_count(text, MAX_TOKENS) > MAX_TOKENS:
        return None, Problem(0, _TOO_LARGE)
    if _fstring_work(text) > MAX_FSTRING_WORK:
        return None, Problem(0, _LONG_FSTRING)
    try:
        with warnings.catch_warnings():  # an invalid escape in a string gives only a warning
            warnings.simplefilter("ignore")
            return ast.parse(text), None
    except SyntaxError as error:
        return None, _syntax_problem(text, error)
    except (RecursionError, MemoryError, OverflowError):
        return None, Problem(0, _TOO_DEEP)
    except ValueError as error:
        return None, Problem(0, Text(str(error), str(error)))


_TOO_LARGE = Text("文件太大，像是数据而不是程序", "too large: this is data, not a program")
_LONG_FSTRING = Text(
    "f-string 太长、花括号太多：这是数据而不是程序",
    "an f-string is too long and has too many braces: this is data, not a program",
)
_TOO_DEEP = Text("嵌套太深，Python 无法解析", "nested too deeply for Python to parse")


MAX_FSTRING_WORK = 20_000_000
"""Of the f-strings of a file: characters times braces, in which Python's parser takes its time.

An f-string of 500,000 characters takes it 5 s. The limit is met after 10 ms, and by no f-string of
2,000 characters.
"""


def _fstring_work(text: str) -> int:
    if len(text) * text.count("{") <= MAX_FSTRING_WORK:
        return 0
    work = start = 0
    while found := _LEXEME.search(text, start):
        lexeme, start = found.group(), found.end()
        if lexeme in ('"""', "'''"):
            start = _string_end(text, start, lexeme)
        if lexeme[0] in "\"'" and "f" in text[max(0, found.start() - 2) : found.start()].lower():
            work += (start - found.start()) * text.count("{", found.start(), start)
    return work


def token_count(text: str, enough: int) -> int:
    """Roughly how many tokens `text` has; the count stops just above `enough`."""
    count = 0
    for count, _ in enumerate(_TOKEN.finditer(text), 1):
        if count > enough:
            break
    return count


SEARCHED = 500
"""Characters of a faulty line in which signs of Python 2 are looked for."""


def _syntax_problem(text: str, error: SyntaxError) -> Problem:
    line = error.lineno or 0
    lines = text.split("\n")
    at_fault = lines[line - 1] if 0 < line <= len(lines) else ""
    message = (error.msg or "invalid syntax")[:200]
    # Cut, because some of the patterns take quadratic time.
    python2 = "Missing parentheses in call to" in message or any(
        pattern.search(at_fault[:SEARCHED]) for pattern in _PYTHON_2
    )
    if python2:
        what = Text(f"这是 Python 2 的写法（{message}）", f"this is Python 2 ({message})")
    else:
        what = Text(f"语法错误（{message}）", f"syntax error ({message})")
    return Problem(line, what, python2)


def show(path: str, width: int = 100) -> str:
    """A path that a student chose, made safe for a message: one short line, all printable."""
    clean = "".join(c if c.isprintable() else "?" for c in path)
    return clean if len(clean) <= width else f"{clean[: width // 2]}...{clean[-width // 2 + 3 :]}"
