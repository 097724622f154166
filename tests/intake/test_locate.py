"""Which files make up a part, in which order, and what is said about it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from grader.authoring import handout
from kit.contracts import BY_ID, PARTS
from kit.locate import Located, is_starter_test, locate

ROOT = Path(__file__).resolve().parents[2]


class File(NamedTuple):
    path: str
    cells: tuple[str, ...]


def found(**files: str | tuple[str, ...]) -> Located:
    return locate(
        File(path.replace("__", "/") + ("" if path.endswith("_nb") else ".py"), cells)
        if isinstance(cells, tuple)
        else File(path.replace("__", "/") + ".py", (cells,))
        for path, cells in files.items()
    )


def said(located: Located) -> str:
    assert all(text.zh and text.zh != text.en for text in located.notices)
    return "\n".join(text.en for text in located.notices)


STUB = "raise NotImplementedError('RNN.forward: loop')"
DONE = "class RNN:\n def forward(self): return 1\n def backward(self): return 2\n"


def test_the_table_is_consistent() -> None:
    assert len({part.id for part in PARTS}) == len(PARTS) > 0
    for part in PARTS:
        assert len(set(part.names)) == len(part.names)
        tops = {name.partition(".")[0] for name in part.names} | dict(part.older_names).keys()
        assert set(part.distinctive) - {"train_ch8"} <= tops


@pytest.mark.parametrize("part", PARTS, ids=lambda p: p.id)
def test_every_distinctive_name_finds_its_part(part) -> None:
    for name in part.distinctive:
        head = "class" if name[0].isupper() else "def"
        body = f"{head} {name}(object): pass" if head == "class" else f"def {name}(a): return a"

        assert found(my=body).parts == {part.id: ("my.py",)}


def test_a_torch_class_is_not_the_numpy_part() -> None:
    direct = "import torch.nn as nn\nclass RNN(nn.Module): pass"
    named = "from torch.nn import Module as M\nclass Base(M): pass\nclass RNN(Base): pass"
    dotted = "import torch\nclass GRU(torch.nn.RNNBase): pass"

    assert found(a=direct, b=named, c=dotted).parts == {}


def test_names_below_if_and_try_are_found_and_main_guards_reported() -> None:
    text = (
        "try:\n import torch\nexcept ImportError:\n torch = None\n"
        "if torch is None:\n def clip_by_norm(g, m): return 1\n"
        "else:\n def clip_by_norm(g, m): return 2\n"
        "if __name__ == '__main__':\n def sample(): return 1\n"
    )
    located = found(my=text)

    assert located.found["numpy_rnn"].names == {"clip_by_norm": "my.py"}
    assert "defines sample below if __name__" in said(located)
    assert "more than once" not in said(located)


def test_shared_names_alone_claim_nothing() -> None:
    assert found(a="def train(): pass\ndef build_dataset(): pass\ndef generate(): pass").parts == {}


PLAIN = "def greedy(logits): return 1\n"


@pytest.mark.parametrize(
    "path",
    [
        "2023001_张三_sequence",
        "sequence_2023001",
        "Sequence-final",
        "lab_sequence_v2",
        "作业sequence",
    ],
)
def test_the_name_of_a_file_claims_names_that_say_nothing_alone(path: str) -> None:
    assert found(**{path: PLAIN}).parts == {"sequence": (f"{path}.py",)}
    theory = path.replace("sequence", "theory").replace("Sequence", "theory")
    assert found(**{theory: "def forward(U): return 1\n"}).parts == {"theory": (f"{theory}.py",)}
    assert found(**{path: "def mine(x): return x\n"}).parts == {}


def test_two_functions_of_a_part_claim_a_file_of_any_name() -> None:
    for more in ("def perplexity(p): return 1\n", "def bleu(c, r): return 1\n"):
        assert found(hw=PLAIN + more).parts == {"sequence": ("hw.py",)}
    assert found(hw=PLAIN).parts == found(consequences=PLAIN).parts == {}
    both = "def forward(x): return 1\ndef delta(x): return 1\n"
    assert found(bptt=both).parts == {"theory": ("bptt.py",)}


def test_a_file_that_another_part_needs_stays_with_it() -> None:
    helper = PLAIN + "def perplexity(p): return 1\ndef sample(model): return 1\n"
    assert found(numpy_rnn=DONE, main=helper).parts == {"numpy_rnn": ("numpy_rnn.py", "main.py")}
    model = DONE + PLAIN + "def perplexity(p): return 1\n"
    assert found(numpy_rnn=model).parts == {"numpy_rnn": ("numpy_rnn.py",)}


def test_a_part_in_two_files_and_an_own_main() -> None:
    located = found(
        rnn="import torch\nfrom torch import nn\nclass RNN_model(nn.Module):\n"
        " def forward(self, s): return s",
        main="def process_poems1(f): return 1\ndef gen_poem(w): return w",
        mine=DONE,
        run="def sample(m): return 1",
    )

    assert located.parts == {"numpy_rnn": ("mine.py", "run.py"), "poems": ("main.py", "rnn.py")}
    assert located.found["poems"].names["process_poems"] == "main.py"
    assert located.found["poems"].names["RNN_model.forward"] == "rnn.py"


def test_names_that_two_files_define_are_listed_in_the_order_of_the_contract() -> None:
    names = ("gradient_check", "clip_by_norm", "sample", "RNN", "train")
    code = "\n".join(f"{name} = print" for name in ("RNN", "train", *names[:3]))

    assert f"{', '.join(names)}: defined in several files" in said(found(a=code, b=code))


def test_the_starters_name_then_most_names_then_nearest_to_the_root() -> None:
    located = found(
        z__numpy_rnn=DONE, numpy_rnn=DONE, a=DONE + "def sample(): return 1\n", a__b=DONE
    )

    order = ("numpy_rnn.py", "z/numpy_rnn.py", "a.py", "a/b.py")
    assert located.parts == {"numpy_rnn": order}
    assert "RNN: defined in several files" in said(located)
    assert "The one in numpy_rnn.py counts" in said(located)


def test_an_untouched_starter_gives_way_to_work_elsewhere() -> None:
    stub = (
        f"class RNN:\n def forward(self):\n  'doc'\n  {STUB}\ndef clip_by_norm(g, m):\n  {STUB}\n"
    )
    located = found(numpy_rnn=stub, mine=DONE)

    assert located.parts == {"numpy_rnn": ("mine.py", "numpy_rnn.py")}
    assert located.found["numpy_rnn"].written == ("RNN.forward", "RNN.backward")
    assert located.found["numpy_rnn"].stubs == ("clip_by_norm",)


@pytest.mark.parametrize("part", BY_ID)
@pytest.mark.parametrize("place", ["my_work/mine.py", "mine.py"])
def test_the_untouched_starter_of_no_part_counts_against_work_under_another_name(
    part: str, place: str
) -> None:
    starter = (ROOT / "starter" / f"{part}.py").read_text("utf-8")
    written = (ROOT / "solutions" / f"{part}.py").read_text("utf-8")
    for given in (f"{part}.py", f"starter/{part}.py"):
        located = locate([File(given, (starter,)), File(place, (written,))])

        assert located.parts[part][0] == place
        assert located.found[part].stubs == ()
        assert set(located.found[part].names.values()) == {place}


def test_a_constructor_alone_counts_against_the_untouched_starter() -> None:
    starter = (ROOT / "starter" / "poems.py").read_text("utf-8")
    begun = "class RNN_model:\n def __init__(self): self.a = 1\n def forward(self):\n  ...\n"
    located = locate([File("poems.py", (starter,)), File("z/mine.py", (begun,))])

    assert located.parts["poems"] == ("z/mine.py", "poems.py")


def test_a_stub_gives_way_to_work_in_another_file() -> None:
    stub = f"{DONE}def clip_by_norm(g, m):\n  {STUB}\n"
    located = found(numpy_rnn=stub, clip="def clip_by_norm(g, m): return 1")

    names = located.found["numpy_rnn"].names
    assert (names["RNN"], names["clip_by_norm"]) == ("numpy_rnn.py", "clip.py")
    assert "The one in clip.py counts" in said(located)


@pytest.mark.parametrize(
    ("body", "stub"),
    [
        (STUB, True),
        ("'doc'\n  pass", True),
        ("...", True),
        (f"x = 1\n  for i in x:\n   {STUB}", True),
        (f"if x:\n   {STUB}\n  return 1", False),
        ("raise ValueError", False),
        ("return None", False),
    ],
)
def test_what_counts_as_a_stub(body: str, stub: bool) -> None:
    located = found(numpy_rnn=f"def clip_by_norm(x, m):\n  {body}\n")

    assert (located.found["numpy_rnn"].stubs == ("clip_by_norm",)) is stub


def test_a_broken_file_is_still_the_parts() -> None:
    located = found(numpy_rnn="class RNN(:\n", my="def to_word(:\n", other="def f(:\n")

    assert located.parts == {"numpy_rnn": ("numpy_rnn.py",), "poems": ("my.py",)}
    assert located.found["numpy_rnn"].names == {}
    assert "numpy_rnn.py, line 1: syntax error" in said(located)
    assert set(located.problems) == {"numpy_rnn.py", "my.py", "other.py"}


def test_a_broken_notebook_cell_costs_that_cell_only() -> None:
    located = locate([File("lab.ipynb", (DONE, "def (:", "def sample(): return 1"))])

    assert located.found["numpy_rnn"].names["sample"] == "lab.ipynb"
    assert "lab.ipynb, code cell 2, line 1: syntax error" in said(located)


def test_a_notebook_whose_only_code_is_broken() -> None:
    located = locate([File("lab.ipynb", ("", "class RNN(:", "  "))])

    assert located.parts == {"numpy_rnn": ("lab.ipynb",)}
    assert "code cell 2, line 1" in said(located)


def test_a_notebook_may_bear_the_starters_name() -> None:
    assert locate([File("a/theory.ipynb", ("x = 1",))]).parts == {"theory": ("a/theory.ipynb",)}


def test_a_class_that_is_given_with_blanks_inside_is_written_with_one_of_them() -> None:
    adam = f"class Adam:\n def __init__(self): self.t = 0\n def step(self, grads):\n  {STUB}\n"
    decay = "def cosine_decay(t): return t\n"

    untouched = found(extensions=adam + decay).found["extensions"]
    assert untouched.written == ("cosine_decay",)
    begun = found(extensions=adam.replace(STUB, "return grads") + decay).found["extensions"]
    assert begun.written == ("Adam", "Adam.step", "cosine_decay")


def test_twice_in_one_file_and_aliases_and_inherited_methods() -> None:
    located = found(
        my="class Base:\n def forward(self): return 1\n def back(self): return 1\n"
        " backward = back\nclass RNN(Base): pass\nRNN.forward_all = print\n"
        "clip = lambda g, m: 1\nclip_by_norm = clip\n"
        "def sample(): return 1\ndef sample(): return 2\n"
    )

    written = ("RNN.forward", "RNN.backward", "RNN.forward_all", "clip_by_norm", "sample")
    assert located.found["numpy_rnn"].written == written
    assert "my.py defines sample more than once" in said(located)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/kit/runner.py", True),
        ("a/starter/tests/kit/x/y.py", True),
        ("a/test_numpy_rnn.py", True),
        ("conftest.py", True),
        ("pack.py", True),
        ("test.py", False),
        ("test_mine.py", False),
        ("kit/rnn.py", False),
        ("tests/rnn.py", False),
        ("corpora.py", False),
    ],
)
def test_which_files_are_the_starters_own(path: str, expected: bool) -> None:
    assert is_starter_test(path) is expected


@pytest.mark.slow
def test_too_much_code_is_bounded() -> None:
    many = [File(f"{i}.py", ("a;" * 100_000,)) for i in range(8)]
    located = locate([File("numpy_rnn.py", (DONE,)), *many])

    assert located.parts == {"numpy_rnn": ("numpy_rnn.py",)}
    assert "too much code" in said(located)


BOMBS = """
import sys
sys.path.insert(0, sys.argv[1])
from kit.sources import parse
for text in ("-" * 10**6 + "1", "(" * 10**6, "a" + ".b" * 10**5, "1+" * 10**5 + "1", "[" * 150,
             "lambda:" * 10**5 + "1", "f'{" * 10**5, "9" * 10**6, "if 1:\\n pass\\n" * 10**5,
             "".join(" " * i + "if 1:\\n" for i in range(500)), "a;" * 10**6, chr(0xD800), "\\0",
             "not " * 10**5 + "1", "if a:\\n pass\\n" + "elif a:\\n pass\\n" * 20_000, "'\\\\d'"):
    tree, problem = parse(text)
    assert (tree is None) != (problem is None), text[:20]
print("survived")
"""


def test_hostile_text_does_not_end_the_process() -> None:
    kit = str(ROOT / "starter" / "tests")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BOMBS, kit], capture_output=True, text=True
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "survived\n", "")


def test_the_solutions_define_every_name_of_their_part() -> None:
    path = ROOT / "solutions" / "numpy_rnn.py"
    located = locate([File("numpy_rnn.py", (path.read_text("utf-8"),))])

    assert located.found["numpy_rnn"].missing == ()
    assert located.found["numpy_rnn"].written == BY_ID["numpy_rnn"].blanks


@pytest.mark.parametrize("name", handout.WHOLE)
def test_a_file_that_is_given_whole_is_no_part(name: str) -> None:
    """Handed in with the rest of the starter, it changes nothing for the parts beside it."""
    given = File(name, ((ROOT / "solutions" / name).read_text("utf-8"),))
    parts = [File(p.file, ((ROOT / "solutions" / p.file).read_text("utf-8"),)) for p in PARTS]

    assert locate([given]).found == {}
    assert locate([given, *parts]) == locate(parts)
