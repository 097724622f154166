"""Which definitions of a source lead to a recurrent layer of torch.

Code that trains or plots may make such a layer; what counts is what a function calls.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Sequence

from kit import sources

from .messages import LayersFound

LAYERS = frozenset({"RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"})

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def find(cells: Sequence[str], wanted: Sequence[str], allowed: str) -> LayersFound:
    """The `wanted` names that lead to a layer, each with the line of the first one."""
    # A cell that does not parse defines nothing that a check could run.
    trees = [tree for cell in cells if (tree := sources.parse(cell)[0]) is not None]
    defined = {
        node.name: node for tree in trees for node in tree.body if isinstance(node, Definition)
    }
    imported = _imported(trees)
    found = {
        name: line
        for name in sorted(set(wanted) & set(defined))
        if (line := _layer_line(name, defined, imported, allowed)) is not None
    }
    return LayersFound(tuple(found), tuple(found.values()))


def _layer_line(
    name: str, defined: dict[str, Definition], imported: frozenset[str], allowed: str
) -> int | None:
    """The line of the first layer that `name`, or what it calls, uses."""
    # What is allowed to use such a layer is not followed.
    queue, seen = deque([name]), {name, allowed}
    while queue:
        for node in ast.walk(defined[queue.popleft()]):
            # `self.RNN` or `d2l.RNN` may be anything; only torch's own names are certain.
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


def _imported(trees: Sequence[ast.Module]) -> frozenset[str]:
    """Names of imported layers: ``from torch.nn import LSTM as L`` gives ``L``."""
    return frozenset(
        alias.asname or alias.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("torch")
        for alias in node.names
        if alias.name in LAYERS
    )
