"""YAML as exact text, with the line of every value.

Plain scalars stay the text they are (0.25 must not become a float, nor ``no`` a false), a key
that occurs twice is refused, and whoever validates the result can name the line of a fault.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

Where = tuple[str | int, ...]
"""The keys and positions that lead to a value."""

MAX_DEPTH: Final = 12
_STR_TAG: Final = "tag:yaml.org,2002:str"


class _Loader(yaml.SafeLoader):
    """Knows no type but text."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def read(data: bytes) -> tuple[Any, dict[Where, int]]:
    """The document as dicts, lists and text, and the line of every value.

    Raises yaml.YAMLError, or UnicodeDecodeError for bytes that are not UTF-8.
    """
    lines: dict[Where, int] = {}
    loader = _Loader(data)
    try:
        node = loader.get_single_node()
        return (None if node is None else _build(node, (), lines)), lines
    except RecursionError as error:
        raise yaml.YAMLError("nested too deeply") from error
    finally:
        loader.dispose()


def _build(node: yaml.Node, path: Where, lines: dict[Where, int]) -> Any:
    lines[path] = node.start_mark.line + 1
    if len(path) > MAX_DEPTH:  # nothing real is so deep: an alias that contains itself
        raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=node.start_mark)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, i), lines) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node)
            # PyYAML itself would keep the last of the two without a word.
            if key in mapping:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} occurs twice", problem_mark=key_node.start_mark
                )
            mapping[key] = _build(value_node, (*path, key), lines)
            # The line of the key, because a list or a mapping starts a line below it.
            lines[(*path, key)] = key_node.start_mark.line + 1
        return mapping
    return _scalar(node)


def _scalar(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag != _STR_TAG:
        raise yaml.MarkedYAMLError(
            problem=f"expected plain text, got {node.tag}", problem_mark=node.start_mark
        )
    return str(node.value)
