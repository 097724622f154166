"""Which definitions a part sees in a file that it shares with others."""

from __future__ import annotations

import itertools

import pytest

from kit.contracts import BY_ID
from kit.locate import summarise
from kit.neighbours import omitted

PARTS = ("numpy_rnn", "char_lstm")

ALONE = {
    "numpy_rnn": "class RNN:\n    pass\n\n\nclass RNNCell:\n    pass\n",
    "char_lstm": "class CharLSTM(torch.nn.Module):\n    pass\n",
}

SHARED = {
    "train": {
        "numpy_rnn": "def train(model, X, y, lr):\n    model.step_grad(lr)  # numpy_rnn\n",
        "char_lstm": "def train(model, loader, criterion):\n    pass  # char_lstm\n",
    },
    "build_dataset": {
        "numpy_rnn": "def build_dataset(text, seq_len):\n    return text  # numpy_rnn\n",
        "char_lstm": "def build_dataset(text, seq_len):\n    return text[:]  # char_lstm\n",
    },
}


def seen(source: str, part: str) -> list[dict[str, str]]:
    """Name -> the part whose definition `part` sees, in each of its ways."""
    summary = summarise("lab.py", [source])
    found = omitted([BY_ID[id] for id in PARTS], summary.statements, summary.torch_names)
    lines = source.split("\n")
    ways = []
    for view in found.get(part, (frozenset(),)):
        way = {}
        for statement in summary.statements:
            for name in statement.binds & set(SHARED):
                if statement.spot not in view:
                    way[name] = lines[statement.spot.line].rpartition("# ")[2]
        ways.append(way)
    return ways


@pytest.mark.parametrize("order", list(itertools.permutations(PARTS)), ids=str)
@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("part", PARTS)
def test_functions_that_are_grouped_by_name_are_the_parts_in_turn(
    order: tuple[str, ...], place: int, part: str
) -> None:
    cells = [ALONE[id] for id in order]
    cells.insert(place, "\n".join(SHARED[name][id] for name in SHARED for id in order))
    ways = seen("import numpy as np\nimport torch\n\n" + "\n".join(cells), part)
    assert dict.fromkeys(SHARED, part) in ways
    assert len(ways) <= 2


@pytest.mark.parametrize("order", list(itertools.permutations(PARTS)), ids=str)
@pytest.mark.parametrize("part", PARTS)
def test_sections_stay_sections(order: tuple[str, ...], part: str) -> None:
    cells = [ALONE[id] + "".join(SHARED[name][id] for name in SHARED) for id in order]
    ways = seen("import numpy as np\nimport torch\n\n" + "\n".join(cells), part)
    assert ways[0] == dict.fromkeys(SHARED, part)
