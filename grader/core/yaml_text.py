"""YAML as exact text, with the line of every value, and within bounds.

Plain scalars stay the text they are (0.25 must not become a float, nor ``no`` a false), a key
that occurs twice is refused, and whoever validates the result can name the line of a fault.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from kit.text import Text

Where = tuple[str | int, ...]
"""The keys and positions that lead to a value."""

MAX_DEPTH: Final = 12
MAX_BYTES: Final = 1_000_000
"""Of one document; the default rubric has 12,000."""
MAX_VALUES: Final = 20_000
"""Of one document, each as often as it is there by aliases; the default rubric has some 400."""
_STR_TAG: Final = "tag:yaml.org,2002:str"


class TooLargeError(yaml.YAMLError):
    """More than the bounds allow; `text` says what, how much was found, and what is allowed."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class _Loader(yaml.SafeLoader):
    """Knows no type but text, and stops at the bound of what is written."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.composed = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """As PyYAML, which composes without a bound, and slowly."""
        self.composed += 1
        if self.composed > MAX_VALUES:
            raise _too_many(self.line + 1)
        found: yaml.Node | None = super().compose_node(parent, index)
        return found


def read(data: bytes) -> tuple[Any, dict[Where, int]]:
    """The document as dicts, lists and text, and the line of every value.

    Raises yaml.YAMLError, or UnicodeDecodeError for bytes that are not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise TooLargeError(
            Text(
                f"文件超过 {MAX_BYTES} 字节的上限，实际至少有 {len(data)} 字节；请删去多余的内容。",
                f"the file has {len(data)} bytes or more, {MAX_BYTES} are allowed; remove what it "
                "does not need.",
            )
        )
    lines: dict[Where, int] = {}
    loader = _Loader(data)
    try:
        node = loader.get_single_node()
        return (None if node is None else _build(node, (), lines)), lines
    except RecursionError as error:
        raise yaml.YAMLError("nested too deeply") from error
    finally:
        loader.dispose()


def _too_many(line: int) -> TooLargeError:
    return TooLargeError(
        Text(
            f"第 {line} 行处的值已超过 {MAX_VALUES} 个的上限（别名每用一次都重新计数）；"
            "请删去多余的内容或别名。",
            f"at line {line} the file has more than the {MAX_VALUES} values that are allowed (an "
            "alias counts as all that it repeats, each time); remove values or aliases.",
        )
    )


def _build(node: yaml.Node, path: Where, lines: dict[Where, int]) -> Any:
    lines[path] = node.start_mark.line + 1
    # Each value has a path of its own, an alias in each place: a few lines may hold billions.
    if len(lines) > MAX_VALUES:
        raise _too_many(node.start_mark.line + 1)
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
