"""Settings are found where a course puts them; the secret stays one."""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from grader import ROOT
from grader.core.errors import MachineError, UsageError
from grader.core.folders import Folders
from grader.core.settings import Secret, Settings


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    (tmp_path / "grader.toml").write_text("memory_mb = 300\nscratch_mb = 30\noutput_kb = 3\n")
    env = {"RNN_GRADER_MEMORY_MB": "200", "RNN_GRADER_SCRATCH_MB": "20"}

    found = Settings.resolve({"memory_mb": 100, "lang": None}, env, Folders.all_in(tmp_path))

    assert (found.memory_mb, found.scratch_mb, found.output_kb) == (100, 20, 3)
    assert found.call_wall_s == Settings().call_wall_s


def test_paths_start_where_they_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, here = tmp_path / "course", tmp_path / "here"
    course.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    (course / "own.toml").write_text('rubric = "lab5.yaml"\n')
    env = {"RNN_GRADER_SETTINGS": str(course / "own.toml")}

    found = Settings.resolve({"out_dir": "out"}, env, Folders.all_in(tmp_path))

    assert course / "lab5.yaml" == found.rubric
    assert here / "out" == found.out_dir
    assert tmp_path / ".course-secret" == found.secret_file


def test_an_installed_grader_keeps_nothing_beside_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    own = tmp_path / "config" / "rnn-lab-grader"
    own.mkdir(parents=True)
    (own / "grader.toml").write_text("memory_mb = 300\n")

    found = Settings.resolve({}, {}, Folders.default(installed=True))

    assert found.memory_mb == 300
    assert found.out_dir == tmp_path / "results"
    assert found.rubric == ROOT / "rubric.yaml"
    assert {found.secret_file, found.self_check_file} == {
        own / ".course-secret",
        own / ".self-check.json",
    }


def test_in_a_checkout_every_default_path_starts_there() -> None:
    found = Settings.resolve({}, {})

    assert found.out_dir == ROOT / "results"
    assert found.secret_file == ROOT / ".course-secret"


@pytest.mark.parametrize(
    ("flags", "env", "toml", "zh", "en"),
    [
        pytest.param(
            {},
            {"RNN_GRADER_MEMORYMB": "1"},
            "",
            "没有名为 memorymb 的设置（见 RNN_GRADER_MEMORYMB）。你是不是想写：memory_mb？",
            "There is no setting memorymb (see RNN_GRADER_MEMORYMB). Did you mean: memory_mb?",
            id="unknown variable",
        ),
        pytest.param(
            {},
            {},
            "flor = 'none'",
            "没有名为 flor 的设置（见 grader.toml: flor）。你是不是想写：floor？",
            "There is no setting flor (see grader.toml: flor). Did you mean: floor?",
            id="unknown key",
        ),
        pytest.param(
            {"memory_mb": 4},
            {},
            "",
            "设置 memory_mb 的值不对：写的是 4，应为：不小于 16。",
            "The value of memory_mb is wrong: got 4, expected at least 16.",
            id="too small",
        ),
        pytest.param(
            {},
            {"RNN_GRADER_CALL_WALL_S": "nan"},
            "",
            "设置 RNN_GRADER_CALL_WALL_S 的值不对：写的是 'nan'，应为：不小于 0.1。",
            "The value of RNN_GRADER_CALL_WALL_S is wrong: got 'nan', expected at least 0.1.",
            id="not a number",
        ),
        pytest.param(
            {},
            {},
            'memory_mb = "512"',
            "设置 grader.toml: memory_mb 的值不对：写的是 '512'，应为：一个整数。",
            "The value of grader.toml: memory_mb is wrong: got '512', expected a whole number.",
            id="text in the file",
        ),
        pytest.param(
            {"floor": "vm"},
            {},
            "",
            "设置 floor 的值不对：写的是 'vm'，应为：full、landlock、seccomp、none。",
            "The value of floor is wrong: got 'vm', expected full | landlock | seccomp | none.",
            id="unknown tier",
        ),
        pytest.param(
            {},
            {},
            "unsafe = 1",
            "设置 grader.toml: unsafe 的值不对：写的是 1，应为：true 或 false。",
            "The value of grader.toml: unsafe is wrong: got 1, expected true or false.",
            id="a number for a switch",
        ),
    ],
)
def test_a_wrong_setting_is_explained(
    tmp_path: Path, flags: dict[str, object], env: dict[str, str], toml: str, zh: str, en: str
) -> None:
    (tmp_path / "grader.toml").write_text(toml)

    with pytest.raises(UsageError) as caught:
        Settings.resolve(flags, env, Folders.all_in(tmp_path))

    assert (zh, en) == caught.value.text


@pytest.mark.parametrize("content", [b"memory_mb =", b"\xff\xfe"], ids=["toml", "encoding"])
def test_a_broken_settings_file_is_a_usage_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "grader.toml").write_bytes(content)

    with pytest.raises(UsageError, match="not valid UTF-8 TOML"):
        Settings.resolve({}, {}, Folders.all_in(tmp_path))


def test_a_named_settings_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        Settings.resolve(
            {}, {"RNN_GRADER_SETTINGS": str(tmp_path / "no.toml")}, Folders.all_in(tmp_path)
        )


@pytest.mark.parametrize(("text", "expected"), [("yes", True), ("0", False), ("True", True)])
def test_a_switch_can_be_set_in_the_environment(tmp_path: Path, text: str, expected: bool) -> None:
    assert (
        expected
        is Settings.resolve({}, {"RNN_GRADER_UNSAFE": text}, Folders.all_in(tmp_path)).unsafe
    )


def test_the_language_is_the_systems_unless_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDBACK_LANG", "zh")

    assert Settings.resolve({}, {}, Folders.all_in(tmp_path)).lang == "zh"
    assert Settings.resolve({"lang": "en"}, {}, Folders.all_in(tmp_path)).lang == "en"


def test_limits_are_what_can_move_a_mark() -> None:
    assert {
        "call_wall_s", "load_cpu_s", "load_wall_s", "learning_wall_s", "part_wall_s",
        "memory_mb", "scratch_mb",
    } == set(Settings().limits())  # fmt: skip


def test_every_setting_has_help_in_both_languages() -> None:
    assert all(all(info.metadata["help"]) for info in dataclasses.fields(Settings))


def test_a_secret_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"

    first, second = Secret.load(path), Secret.load(path)

    assert first.fingerprint == second.fingerprint
    assert first.warning is None
    assert path.stat().st_mode & 0o777 == 0o600
    assert [path] == list(path.parent.iterdir())


def test_seeds_differ_by_check_and_by_secret(tmp_path: Path) -> None:
    one, other = Secret.load(tmp_path / "a"), Secret.load(tmp_path / "b")

    assert one.seed("x.y") == Secret.load(tmp_path / "a").seed("x.y")
    assert len({one.seed("x.y"), one.seed("x.z"), other.seed("x.y")}) == 3
    assert 0 <= one.seed("x.y") < 2**63


def test_a_seed_is_the_hmac_of_the_check(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("00" * 32 + "\n")
    path.chmod(0o600)

    assert hashlib.sha256(bytes(32)).hexdigest()[:12] == Secret.load(path).fingerprint
    assert Secret.load(path).seed("numpy_rnn.forward.values") == 6870719475500248980


def test_a_secret_shows_neither_itself_nor_travels(tmp_path: Path) -> None:
    secret = Secret.load(tmp_path / "secret")
    key = (tmp_path / "secret").read_text().strip()

    assert f"Secret(fingerprint='{secret.fingerprint}')" == repr(secret)
    assert key[:12] not in repr(secret)
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_secret_that_others_can_read_gives_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    Secret.load(path)
    path.chmod(0o644)

    warning = Secret.load(path).warning

    assert warning is not None
    assert "chmod 600" in warning.zh
    assert "(mode 644)" in warning.en


@pytest.mark.parametrize("content", [b"", b"abc", b"g" * 64, b"A" * 64, b"0" * 66])
def test_a_malformed_secret_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)

    with pytest.raises(UsageError, match=f"got {len(content)} bytes"):
        Secret.load(path)
    assert content == path.read_bytes()


def test_a_secret_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(MachineError, match="secret_file"):
        Secret.load(tmp_path / "file" / "secret")


def test_graders_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; from grader.core.settings import Secret\n"
        "print(Secret.load(Path(sys.argv[2])).fingerprint)"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(ROOT), str(tmp_path / "s")],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]

    assert len({run.communicate(timeout=30)[0] for run in runs}) == 1
    assert [tmp_path / "s"] == list(tmp_path.iterdir())
