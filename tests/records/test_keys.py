"""What a mark depends on is named completely, and no more than that."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import ROOT
from grader.core import digests
from grader.core.model import Environment
from grader.core.settings import Secret, Settings
from grader.records import keys


def fresh() -> dict[str, str]:
    keys.code_sha256.cache_clear()
    keys._shared_sha256.cache_clear()
    keys._files_by_part.cache_clear()
    return {part: keys.code_sha256(part) for part in ("numpy_rnn", "char_lstm", "poems")}


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch):
    """Hashes as they would be if one file had another content."""

    def hashes(name: str) -> dict[str, str]:
        file, read = ROOT / name, Path.read_bytes
        assert file.exists()
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_bytes", lambda self: b"other" if self == file else read(self))
            return fresh()

    yield hashes
    fresh()


@pytest.mark.parametrize(
    "name",
    [
        "starter/tests/parts/char_lstm/test_public.py",
        "starter/tests/parts/char_lstm/checks_text.py",
        "starter/tests/parts/char_lstm/probes.py",
        "grader/parts/char_lstm/test_hidden.py",
        "grader/parts/char_lstm/mistakes.yaml",
        "solutions/char_lstm.py",
    ],
)
def test_a_file_of_one_part_moves_that_part_alone(edited, name: str) -> None:
    before, after = fresh(), edited(name)

    assert {part for part in before if before[part] != after[part]} == {"char_lstm"}


@pytest.mark.parametrize(
    "name",
    [
        "starter/tests/kit/compare.py",
        "starter/tests/expected.npz",
        "grader/judging/judge.py",
        "grader/worker/loader.py",
        "grader/sandbox/seccomp.py",
        "grader/intake/archive.py",
    ],
)
def test_what_all_parts_share_moves_all(edited, name: str) -> None:
    before, after = fresh(), edited(name)

    assert all(before[part] != after[part] for part in before)


@pytest.mark.parametrize(
    "name",
    [
        "grader/feedback/view.py",
        "grader/scoring/rubric.py",
        "grader/records/store.py",
        "grader/cli/help_zh.py",
    ],
)
def test_what_only_shows_a_mark_moves_none(edited, name: str) -> None:
    assert fresh() == edited(name)


def test_where_one_text_ends_and_the_next_begins_counts() -> None:
    assert digests.digest("ab", "c") != digests.digest("a", "bc")


def test_the_order_of_files_does_not_count() -> None:
    files = [("a.py", b"1"), ("b.py", b"2")]

    assert digests.content_sha256(files) == digests.content_sha256(reversed(files))


def test_a_key_for_each_of_a_class_reads_the_grader_once(
    monkeypatch: pytest.MonkeyPatch, secret_file: Path
) -> None:
    settings, secret = Settings(lang="en"), Secret.load(secret_file)
    here = Environment("3", "2", "2", "cpu", "full")

    def key(content: str) -> str:
        return keys.hand_in_key(content, ("poems",), "r", here, settings, secret)

    first = key("a")
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail(f"read {self} again"))

    assert first != key("b")
    assert first == key("a")
