"""Which scripts could matter to a part, and which definitions of a shared file are its own."""

from __future__ import annotations

import time
from typing import NamedTuple

import pytest
from quick import one_in

from kit.locate import Located, locate

NET = "class RNN:\n    def forward(self): return ACT[0](step(self))\n    def backward(self): pass\n"
PART = f"import numpy as np\nimport os\nACT = []\nLOG = []\ndef step(x): return x\n{NET}"


class File(NamedTuple):
    path: str
    cells: tuple[str, ...]


def run(script: str) -> list[int]:
    """The lines of the script that the second reading executes."""
    above = PART.count("\n")
    found = locate([File("numpy_rnn.py", (PART + script,))])
    ways = found.readings.get("numpy_rnn", ())
    assert len(ways) in (0, 2)
    assert not ways or ways[0].run == ()
    return [spot.line - above for spot in ways[1].run] if ways else []


@pytest.mark.parametrize(
    "script",
    [
        "ACT.append(np.tanh)\n",
        "ACT[:] = [1]\nACT.extend([np.tanh])\n",
        "for f in [np.tanh]: ACT.append(f)\n",
        "while not ACT: ACT.append(np.tanh)\n",
        "with np.errstate(): ACT = [np.tanh]\n",
        "for i in range(1): ACT += [np.tanh]\n",
        "for i in range(1): del ACT[0]\n",
        "setattr(RNN, 'forward', step)\n",
        "delattr(RNN, 'forward')\n",
        "for step in [abs]: pass\n",
        "with open('x') as step: pass\n",
        "for cls in (RNN, dict): cls.forward = step\n",
        "def fill():\n    ACT.append(1)\nfill()\n",
        "def fill():\n    global ACT\n    ACT = [1]\ndef go(): fill()\ngo()\n",
        "def fill(a):\n    a.append(1)\nfill(ACT)\n",
        "def fill(a):\n    a.append(1)\nfill(a=[ACT])\n",
        "alias = ACT\nalias.append(1)\n",
        "names = []\nnames.append(1)\nfor n in names: ACT.append(n)\n",
        "exec('ACT = [1]')\n",
        "globals().update(ACT=[1])\n",
        "(lambda: ACT.append(1))()\n",
        "[ACT.append(f) for f in (1, 2)]\n",
        "list(map(ACT.append, (1, 2)))\n",
        "try:\n    ACT.append(1)\nexcept ValueError:\n    pass\n",
        "if True:\n    ACT.append(1)\n",
        "if os.name:\n    pass\nelse:\n    for a in (1,): ACT.append(a)\n",
        "np.copyto(ACT, 1)\n",
        "with np.errstate():\n    def step(x): return 2 * x\n",
        "ACT and ACT.append(1)\n",
        "def add(f): ACT.append(f)\nlist(map(add, (1, 2)))\n",
        "def fill(): ACT.append(1)\nimport threading\nthreading.Thread(target=fill).start()\n",
        "class Setup:\n    def run(self): ACT.append(1)\nsetup = Setup()\nsetup.run()\n",
        "class Setup:\n    def run(self): ACT.append(1)\nSetup().run()\n",
        "def setting():\n    ACT.append(1)\n    yield\nfor _ in setting(): pass\n",
        "def fill(): ACT.append(1)\nwith open(os.devnull), fill() or open(os.devnull): pass\n",
        "type.__setattr__(RNN, 'forward', step)\n",
        "RNN.__dict__.get('x'), ACT.__setitem__(0, 1)\n",
        "(ACT := [1])\n",
    ],
)
def test_a_script_that_could_matter_is_listed(script: str) -> None:
    assert run(script)


@pytest.mark.parametrize(
    "script",
    [
        "print('hello', len(ACT))\n",
        "for epoch in range(9):\n    loss = epoch * 2\n    LOG.append(loss)\n    print(loss)\n",
        "with open('data.txt') as file: text = file.read()\n",
        "while True: break\n",
        "def fill():\n    ACT = [1]\n    ACT.append(2)\nfill()\n",
        "import matplotlib.pyplot as plt\nplt.plot(LOG)\nplt.show()\n",
        "if __name__ == '__main__':\n    ACT.append(1)\n",
        "'a string'\n1 + 1\n",
        "def main():\n    net = RNN()\n    net.step = 1\n    print(np.exp(1))\nmain()\n",
    ],
)
def test_a_script_that_could_not_matter_is_not_listed(script: str) -> None:
    assert run(script) == []


def test_scripts_are_listed_in_their_order_with_their_cell() -> None:
    cells = (PART, "print(1)\nACT.append(1)\n", "x = 1\n\nfor i in [2]: ACT.append(i)\n")
    first, second = locate([File("a.ipynb", cells)]).readings["numpy_rnn"]
    assert [(spot.cell, spot.line) for spot in second.run] == [(2, 2), (3, 3)]
    assert second.run[0].place.en == "a.ipynb, cell 2, line 2"


@pytest.mark.parametrize(
    "use",
    [
        "import tables\n{net}".replace("{net}", NET.replace("ACT[0]", "tables.ACT[0]")),
        "from tables import ACT\n" + NET,
        "from tables import ACT as TABLE\n" + NET.replace("ACT[0]", "TABLE[0]"),
        "from tables import *\n" + NET,
        "import lab.tables as t\nclass RNN:\n    def forward(self): return t.get()\n",
        "from tables import get\nclass RNN:\n    def forward(self): return get()\n",
    ],
)
def test_scripts_of_a_helper_are_listed(use: str) -> None:
    helper = "ACT = []\nMORE = []\ndef get(): return ACT[0]\nACT.append(1)\nMORE.append(1)\n"
    found = locate([File("numpy_rnn.py", (use,)), File("tables.py", (helper,))])
    ways = found.readings["numpy_rnn"]
    assert [(spot.path, spot.line) for spot in ways[1].run] == [("tables.py", 4)]


def test_a_name_that_only_a_script_defines_is_found() -> None:
    found = locate([File("my.py", ("with open('x'):\n    class RNN:\n        pass\n",))])
    assert found.parts == {"numpy_rnn": ("my.py",)}
    assert found.readings["numpy_rnn"][1].run


def test_methods_that_a_script_sets_are_not_missing() -> None:
    text = "class RNN: pass\ndef forward(self): return 1\n"
    text += "for f in [forward]: setattr(RNN, f.__name__, f)\n"
    found = locate([File("my.py", (text,))])
    assert "RNN.forward" in found.found["numpy_rnn"].names


# ---------------------------------------------------------------- several parts in one file

LSTM = (
    "import torch\nfrom torch import nn\nSIZE = 1\n"
    "def build_dataset(text): return torch.tensor(text)\n"
    "class CharLSTM(nn.Module): pass\n"
    "def train(model, loader, criterion): return [SIZE]\n"
    "def generate(model): return sample(model)\n"
    "def sample(model): return torch.multinomial(model, 1)\n"
)
NUMPY = (
    "import numpy as np\nSIZE = 2\n"
    "def build_dataset(text): return np.array(text)\n"
    "class RNN: pass\n"
    "def clip_by_norm(grads, n): return n\n"
    "def train(model, X, y): return [SIZE]\n"
    "def sample(model): return 2\n"
)
POEMS = (
    "import torch\nfrom torch import nn\nSIZE = 3\n"
    "def process_poems(path): return path\n"
    "def build_dataset(path): return process_poems(path)\n"
    "class RNN_model(nn.Module): pass\n"
    "def train(model): return run_training()\n"
    "def run_training(): return SIZE\n"
    "def sample(model): return gen_poem('x')\n"
    "def gen_poem(word): return 3\n"
)
TEXTS = {"char_lstm": LSTM, "numpy_rnn": NUMPY, "poems": POEMS}
ORDERS = [
    ("char_lstm", "numpy_rnn"),
    ("numpy_rnn", "char_lstm"),
    ("poems", "numpy_rnn"),
    ("numpy_rnn", "poems"),
    ("char_lstm", "poems"),
    ("poems", "char_lstm"),
    ("char_lstm", "numpy_rnn", "poems"),
    ("char_lstm", "poems", "numpy_rnn"),
    ("numpy_rnn", "char_lstm", "poems"),
    ("numpy_rnn", "poems", "char_lstm"),
    ("poems", "char_lstm", "numpy_rnn"),
    ("poems", "numpy_rnn", "char_lstm"),
]


def seen(located: Located, part: str, cells: tuple[str, ...]) -> dict[str, str]:
    """Name -> the source line that defines it for the part at first."""
    ways = located.readings.get(part, ())
    left_out = {(s.cell, s.line) for s in ways[0].omit} if ways else set()
    found = {}
    for number, cell in enumerate(cells, start=1):
        for line, text in enumerate(cell.split("\n"), start=1):
            words = text.replace("(", " ").replace(":", " ").split()
            if (number, line) not in left_out and words and words[0] in ("def", "class", "SIZE"):
                found[words[0] if words[0] == "SIZE" else words[1]] = text
    return found


@pytest.mark.parametrize("notebook", [True, False])
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_each_part_sees_the_definitions_beside_its_own(order: tuple[str, ...], notebook) -> None:
    texts = tuple(TEXTS[part] for part in order)
    cells = texts if notebook else ("\n".join(texts),)
    located = locate([File("lab.ipynb" if notebook else "lab.py", cells)])
    assert set(order) <= set(located.parts)
    for part in order:
        found = seen(located, part, cells)
        for line in TEXTS[part].split("\n"):
            words = line.replace("(", " ").replace(":", " ").split()
            if words and words[0] in ("def", "class", "SIZE"):
                assert found[words[0] if words[0] == "SIZE" else words[1]] == line, part
    said = "\n".join(notice.en for notice in located.notices)
    assert "holds several parts" in said
    assert "the last one counts" not in said


def test_each_definition_may_have_a_cell_of_its_own() -> None:
    cells = tuple(line for part in ORDERS[6] for line in TEXTS[part].split("\n") if line)
    located = locate([File("lab.ipynb", cells)])
    assert seen(located, "char_lstm", cells)["train"] in LSTM
    assert seen(located, "numpy_rnn", cells)["train"] in NUMPY
    assert seen(located, "poems", cells)["sample"] in POEMS


def test_a_function_that_is_written_anew_is_not_another_parts() -> None:
    again = "def train(model, loader): return [9]\n"
    cells = (LSTM, again, NUMPY)
    located = locate([File("lab.ipynb", cells)])
    assert seen(located, "char_lstm", cells)["train"] == again.strip()
    assert seen(located, "numpy_rnn", cells)["train"] in NUMPY


def test_one_part_alone_has_one_reading() -> None:
    assert locate([File("lab.py", (NUMPY + NUMPY,))]).readings == {}
    assert locate([File("lab.py", (LSTM,)), File("b.py", (NUMPY,))]).readings == {}


def test_a_doubt_gives_two_ways() -> None:
    """Two trainings between two models, with nothing that tells whose they are."""
    text = (
        "from torch import nn\nclass CharLSTM(nn.Module): pass\nclass RNN: pass\n"
        "def train(a, b): return a\ndef generate(a): return a\n"
        "def train(a, b): return b\ndef clip_by_norm(a): return a\n"
    )
    ways = locate([File("lab.py", (text,))]).readings
    assert any(len(found) == 2 for found in ways.values())


@pytest.mark.parametrize(
    "text",
    one_in(
        2,
        [
            "a;" * 30_000,
            "def f(): pass\n" * 4_000,
            "x.update(a)\n" * 4_000,
            "class RNN: pass\nclass CharLSTM: pass\n"
            + "".join(f"x{i % 200} = {i}\n" for i in range(399)),
            "class RNN: pass\n" + "a" + ".b()" * 2_000 + "\n",
            "".join(f"def f{i}(): f{i + 1}()\n" for i in range(3_000)) + "f0()\n" * 1_000,
        ],
        id=lambda text: text[:12],
    ),
)
def test_no_text_keeps_the_search_busy(text: str) -> None:
    start = time.process_time()
    locate([File("numpy_rnn.py", (text,)), File("char_lstm.py", (text,))])
    assert time.process_time() - start < 3
