"""Notices about recurrent layers of torch: a person should look at them, and they move no mark.

The part ``scratch_rnn`` is to be written without torch's recurrent layers, but for ``RNNModel``.
Code that trains or plots has to make such a layer too, so only the student's own functions are
looked at: those of the contract, and what they call.
"""

from __future__ import annotations

import ast

from grader.core.model import Submission
from kit import sources
from kit.contracts import BY_ID
from kit.text import Text

PART = "scratch_rnn"
ALLOWED = "RNNModel"
LAYERS = frozenset({"RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"})

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def library_layers(submission: Submission) -> list[Text]:
    """A sentence for each function of the contract that leads to a layer of torch."""
    part = BY_ID[PART]
    wanted = {name.partition(".")[0] for name in part.blanks} - {ALLOWED}
    # Submissions by an earlier handout have the earlier names.
    wanted |= {older for older, name in part.older_names if name in wanted}
    found = []
    for source in submission.sources:
        if source.path not in submission.parts.get(PART, ()):
            continue
        # A cell that does not parse defines nothing that a check could run.
        trees = [tree for cell in source.cells if (tree := sources.parse(cell)[0]) is not None]
        defined = {
            node.name: node for tree in trees for node in tree.body if isinstance(node, Definition)
        }
        imported = _imported(trees)
        for name in sorted(wanted & set(defined)):
            line = _layer_line(name, defined, imported)
            if line is not None:
                found.append(_notice(sources.show(source.path), name, line))
    return found


def _layer_line(name: str, defined: dict[str, Definition], imported: frozenset[str]) -> int | None:
    """The line of the first layer that `name`, or what it calls, uses."""
    # RNNModel may use such a layer, so what it calls is not followed.
    queue, seen = [name], {name, ALLOWED}
    while queue:
        for node in ast.walk(defined[queue.pop(0)]):
            if isinstance(node, ast.Attribute) and node.attr in LAYERS and _of_torch(node.value):
                return node.lineno
            if isinstance(node, ast.Name):
                if node.id in imported:
                    return node.lineno
                if node.id in defined and node.id not in seen:
                    seen.add(node.id)
                    queue.append(node.id)
    return None


def _of_torch(owner: ast.expr) -> bool:
    """Whether the name in front of a layer's is ``nn`` or ``torch.nn``."""
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return name in ("nn", "torch")


def _imported(trees: list[ast.Module]) -> frozenset[str]:
    """Names of imported layers: ``from torch.nn import LSTM as L`` gives ``L``."""
    return frozenset(
        alias.asname or alias.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("torch")
        for alias in node.names
        if alias.name in LAYERS
    )


def _notice(file: str, name: str, line: int) -> Text:
    return Text(
        f"{file} 第 {line} 行：{name} 用到了 torch 自带的循环层；这一部分要求自己实现"
        "（RNNModel 除外），请助教看一下。自动评分不受影响。",
        f"{file}, line {line}: {name} uses a recurrent layer of torch; this part is to be written "
        "by hand (but for RNNModel), so a TA should have a look. No point depends on it.",
    )
