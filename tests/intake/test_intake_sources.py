"""Sources and notebooks as bytes: every encoding that is met in a course in China."""

from __future__ import annotations

import codecs
import json
import time
import warnings

import pytest
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.intake import read_files
from kit import sources
from kit.notebooks import without_outputs
from kit.sources import (
    MAX_NOTEBOOK_ITEMS,
    MAX_PARSED_BYTES,
    parse,
    read,
    show,
    without_magics,
)

TEXT = "# 循环神经网络\nx = '你好，世界'\n"


def said(decoded: sources.Decoded) -> str:
    assert all(text.zh and text.zh != text.en for text in decoded.notices)
    return "\n".join(text.en for text in decoded.notices)


@pytest.mark.parametrize(
    ("data", "encoding", "words"),
    [
        (TEXT.encode(), "utf-8", ""),
        (TEXT.encode("gbk"), "gb18030", "read as GBK"),
        (("# -*- coding: gbk -*-\n" + TEXT).encode("gbk"), "gbk", "read as GBK"),
        (("# coding: utf-8\n" + TEXT).encode("gbk"), "gb18030", "read as GBK"),
        (("# coding: rot13\n" + TEXT).encode(), "utf-8", ""),
        (("# coding: nonsense\n" + TEXT).encode(), "utf-8", ""),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8", "byte order mark"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le", "UTF-16-LE"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be", "UTF-16-BE"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "utf-32-le", "UTF-32-LE"),
        ("import numpy\n".encode("utf-16-le"), "utf-16-le", "UTF-16-LE"),
        ("import numpy\n".encode("utf-16-be"), "utf-16-be", "UTF-16-BE"),
        (b"x = 1 # \xff\xff\xff \x81\n", "utf-8", "neither UTF-8 nor GB18030"),
        (codecs.BOM_UTF16_LE + b"x\0=\0\0\xd8\n\0", "utf-16-le", "neither UTF-8"),
        (b"x = 1\n\0\0\0", "utf-8", "3 null bytes"),
        (b"\0" * 50, "utf-8", "nothing but null bytes"),
        (b"", "utf-8", ""),
    ],
)
def test_encodings(data: bytes, encoding: str, words: str) -> None:
    got = read("a.py", data)

    assert got.encoding == encoding
    assert words in said(got)
    assert bool(words) is bool(got.notices)
    assert "\0" not in got.cells[0]
    if "你" in TEXT and "世界" in got.cells[0]:
        assert got.cells[0].endswith(TEXT)


def test_line_ends_become_one() -> None:
    assert read("a.py", b"a = 1\r\nb = 2\rc = 3\n").cells == ("a = 1\nb = 2\nc = 3\n",)


def notebook(*cells: object) -> bytes:
    coded = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "def x"}, *coded]}).encode()


def test_a_notebook_gives_its_code_cells() -> None:
    got = read("a.ipynb", notebook("x = 1", ["y = 2\n", "z = 3"], "", "   ", 5))

    assert got.cells == ("x = 1", "y = 2\nz = 3", "", "   ")
    assert got.notices == ()


def test_a_notebook_with_many_pictures_is_read() -> None:
    picture = {"output_type": "display_data", "data": {"image/png": "iVBOR" * 4_000_000}}
    cell = {"cell_type": "code", "source": "x = 1", "outputs": [picture, picture]}
    data = json.dumps({"cells": [cell]}).encode()
    found = read_files({"a.ipynb": data}, id="a")

    assert len(data) > 40_000_000
    assert found.refusal is None
    assert [source.cells for source in found.sources] == [("x = 1",)]


def test_an_old_notebook() -> None:
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}]}

    assert read("a.ipynb", json.dumps(old).encode()).cells == ("x = 1",)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"{}", b'{"cells": 3}', b'{"cells": [', b"[" * 400_000, b"[" * 100_000]
    + [b'{"cells": ' + b"9" * 5000 + b"}"],
)
def test_a_broken_notebook_is_said(data: bytes) -> None:
    got = read("a.ipynb", data)

    assert got.cells == ()
    assert "not a complete Jupyter notebook" in said(got)


def with_outputs(*outputs: object, indent: int | None = 1) -> bytes:
    """A notebook with a cell of text and one of code for each of `outputs`."""
    cells: list[dict[str, object]] = []
    for number, output in enumerate(outputs):
        text = {"a.png": {"image/png": "A" * 50}}
        cells.append({"cell_type": "markdown", "attachments": text, "source": '"outputs": ['})
        code = {"cell_type": "code", "metadata": {}, "outputs": output}
        cells.append(code | {"source": [f"x = {number}\n", 'y = {"outputs": [1]}']})
    return json.dumps({"cells": cells, "nbformat": 4}, indent=indent).encode()


OUTPUTS = [
    [],
    [{"text": ['a "quoted" ] line\n', "\\", '\\"']}],
    [{"data": {"text/html": '<a href=\\"x\\">]}', "z": [[], {}, [{"outputs": [1]}]]}}],
    {"outputs": {"a": ["]"]}},
]


@pytest.mark.parametrize("indent", [None, 1])
def test_outputs_are_cut_and_code_is_not(indent: int | None) -> None:
    whole = with_outputs(*OUTPUTS, indent=indent)
    empty = json.loads(whole)
    for cell in empty["cells"]:
        cell |= {name: [] for name in ("outputs", "attachments") if name in cell}

    assert json.loads(without_outputs(whole)) == empty


@pytest.mark.parametrize("output", ["A" * 20_000_000, ["line\n"] * 2_000_000], ids=["png", "lines"])
def test_a_large_output_costs_no_code(output: object) -> None:
    data = with_outputs([{"data": output}], indent=None)

    assert len(data) > MAX_PARSED_BYTES
    assert read("a.ipynb", data) == read("a.ipynb", with_outputs([]))


def test_many_items_of_an_output_cost_no_code() -> None:
    data = with_outputs([{"data": [[]] * (MAX_NOTEBOOK_ITEMS + 1)}])

    assert read("a.ipynb", data) == read("a.ipynb", with_outputs([]))


def test_a_notebook_that_is_large_without_its_outputs_is_said() -> None:
    got = read("a.ipynb", with_outputs([])[:-1] + b" " * MAX_PARSED_BYTES)

    assert got.cells == ()
    assert "more than 16 MB without its outputs" in said(got)


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [b'"",' * 9_000_000, b"[" * 30_000_000, b'"' + b"\\" * 30_000_000, b'{"outputs":[' * 3_000_000],
    ids=["strings", "brackets", "backslashes", "outputs"],
)
def test_hostile_outputs_are_left_in_time(data: bytes) -> None:
    start = time.process_time()

    assert read("a.ipynb", b'{"cells":[' + data).cells == ()
    assert time.process_time() - start < 15


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("x = 1", "x = 1"),
        ("%matplotlib inline\nx = 1", "pass  # %matplotlib inline\nx = 1"),
        ("!pip install torch\nx = 1", "pass  # !pip install torch\nx = 1"),
        ("if 1:\n    !ls\nx", "if 1:\n    pass  # !ls\nx"),
        ("files = !ls\nx", "pass  # files = !ls\nx"),
        ("help?\n?x\nx = 2", "pass  # help?\npass  # ?x\nx = 2"),
        ("s = ('%d'\n  % 3)", "s = ('%d'\n  % 3)"),
        ("!ls\ns = ('%d'\n  % 3)", "pass  # !ls\ns = ('%d'\n  % 3)"),
        ('s = """\n!not a magic\n"""', 's = """\n!not a magic\n"""'),
        ("x = (1 # )\n!ls\n)\n!ls", "x = (1 # )\n!ls\n)\npass  # !ls"),
        ("x = 9 \\\n% 2\n%ls", "x = 9 \\\n% 2\npass  # %ls"),
        ("!echo \"it's (\n!ls", "pass  # !echo \"it's (\npass  # !ls"),
        ("s = 'a\\\n!b'\n!c", "s = 'a\\\n!b'\npass  # !c"),
        ('s = """\\"""\n%x"""\n%y', 's = """\\"""\n%x"""\npass  # %y'),
        ("x = 1)\n!ls\n", "x = 1)\npass  # !ls\n"),
        ('s = """\n!ls', 's = """\n!ls'),
        ("%%time\nx = 1", "# %%time\nx = 1"),
        ("\n%%writefile numpy_rnn.py\nx = 1", "\n# %%writefile numpy_rnn.py\nx = 1"),
        ("%%bash\nls", None),
        ("%%html\n<b>", None),
        ("%%", None),
    ],
)
def test_magics(cell: str, expected: str | None) -> None:
    assert without_magics(cell) == expected


def test_cells_in_other_languages_are_said() -> None:
    got = read("a.ipynb", notebook("%%bash\nls", "x = 1"))

    assert got.cells == ("", "x = 1")
    assert "cells that are not Python (%%bash, %%html and the like) were left out: 1" in said(got)


@pytest.mark.parametrize(
    ("text", "python2"),
    [
        ('print "x"\n', True),
        ("print x\n", True),
        ("try:\n  pass\nexcept IOError, e:\n  pass\n", True),
        ("raise ValueError, 'x'\n", True),
        ("if a <> b: pass\n", True),
        ("x = 0777\n", True),
        ("x = (\n", False),
        ("def f(:\n", False),
        ("if x\n  print(1)\n", False),
    ],
)
def test_python_2(text: str, python2: bool) -> None:
    _, problem = parse(text)

    assert problem is not None
    assert problem.python2 is python2


def test_warnings_of_the_parser_are_no_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse("x = '\\d'\nassert (1, 2)\n")[1] is None


@pytest.mark.parametrize(
    "text",
    [
        "except" + " " * 1_900_000,
        "except a" + "," * 400_000,
        "raise " + "a." * 100_000 + "\nx = (",
        "x = f'" + "{a}xxxxxxxxxxxxxxxxxxxx" * 40_000 + "'",
        'x = F"""' + "{a}\n" * 90_000 + '"""',
        "x = rf'" + "{a}xxxxxxxxxxxxxxxxxxxx" * 40_000 + "'",
    ],
)
def test_a_hostile_text_is_parsed_or_refused_in_time(text: str) -> None:
    start = time.process_time()
    tree, problem = parse(text)

    assert time.process_time() - start < 3
    assert tree is None
    assert problem is not None


def test_long_f_strings_are_refused_and_ordinary_ones_are_not() -> None:
    _, problem = parse("x = f'" + "{a} and " * 20_000 + "'")
    assert problem is not None
    assert "f-string" in problem.what.en

    many = "".join(f"x{n} = f'{{a}} and {{b:.3f}} of {{c}}'\n" for n in range(8_000))
    tree, problem = parse(many + "y = '" + "{a}" * 20_000 + "'\n")
    assert problem is None
    assert tree is not None


def test_hostile_file_names_are_shown_safely() -> None:
    assert show("a\x1b[31m\u202e\ud800.py") == "a?[31m??.py"
    assert len(show("x" * 500)) <= 100


@settings(max_examples=examples(150), deadline=None)
@given(data=st.binary(max_size=300), name=st.sampled_from(["a.py", "a.ipynb"]))
def test_any_bytes_are_read(data: bytes, name: str) -> None:
    for cell in read(name, data).cells:
        cell.encode("utf-8")
        parse(cell)
