"""Bytes whose encoding nobody states, and names that Windows reserves."""

from __future__ import annotations

import pytest

from grader.core.text_decoding import decode, decode_each, first_fitting
from kit.file_names import is_reserved


def test_the_first_encoding_that_fits_is_taken() -> None:
    assert first_fitting("张三".encode(), ("utf-8", "gb18030")) == ("张三", "utf-8")
    assert first_fitting("张三".encode("gbk"), ("utf-8", "gb18030")) == ("张三", "gb18030")
    assert first_fitting(b"\xff", ("utf-8", "gb18030")) is None


def test_a_text_that_is_not_accepted_leaves_the_turn_to_the_next_encoding() -> None:
    data = "a".encode("utf-16-le")
    assert first_fitting(data, ("utf-8", "utf-16-le"), lambda text, _: "\0" not in text) == (
        "a",
        "utf-16-le",
    )


def test_one_item_that_does_not_fit_spoils_all() -> None:
    assert decode_each([b"a", "张".encode()], "utf-8") == ["a", "张"]
    assert decode_each([b"a", "张".encode("gbk")], "utf-8") is None
    assert decode("张".encode("gbk"), "utf-8") is None


@pytest.mark.parametrize("name", ["nul", "NUL.txt", "con.tar.gz", "com1", "LPT9 .py", "COM¹"])
def test_device_names_are_reserved_with_any_ending(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["null", "console", "com", "com10", "a.nul", "", "conan.py"])
def test_other_names_are_not(name: str) -> None:
    assert not is_reserved(name)
