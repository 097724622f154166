"""Limits, floors and paths of a grading, resolved once: flag, environment, file, default.

Every other module receives what it needs as a value; none reads the environment or a settings
file of its own. The course secret is here too, because its file is found the same way.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

import tomllib

from kit.text import Text, default_language, os_reason

from .errors import MachineError, UsageError
from .folders import Folders
from .suggest import close_names
from .tiers import TIERS

ENV_PREFIX: Final = "RNN_GRADER_"
ENV_FILE: Final = "RNN_GRADER_SETTINGS"
FILE_NAME: Final = "grader.toml"
_BOOLEANS: Final = {
    "1": True, "true": True, "yes": True, "on": True,
    "0": False, "false": False, "no": False, "off": False,
}  # fmt: skip


def _setting(
    default: Any,
    zh: str,
    en: str,
    *,
    least: float | None = None,
    limit: bool = False,
    choices: tuple[str, ...] = (),
    folder: str = "",
) -> Any:
    """A field of Settings; a test compares the help of all with docs/settings.md.

    `limit` marks what can move a mark when it is changed.

    `folder` names the one of Folders in which a default path starts.
    """
    facts = {"help": Text(zh, en), "least": least, "limit": limit, "choices": choices}
    return field(default=default, metadata={**facts, "folder": folder})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a course can choose. A name ends in its unit.

    ``Settings()`` holds the defaults; :meth:`resolve` is what the command line uses.
    """

    call_wall_s: float = _setting(
        3.0,
        "一次调用最多用多少秒；等待处理器的时间不计，下面几项也是",
        "seconds that one call of student code may take; waiting for a processor does not count, "
        "here and below",
        least=0.1,
        limit=True,
    )
    load_cpu_s: float = _setting(
        2.0,
        "加载一个部分的代码最多用多少秒 CPU 时间",
        "CPU seconds for the top-level statements of one part",
        least=0.1,
        limit=True,
    )
    load_wall_s: float = _setting(
        6.0,
        "加载一个部分的代码最多用多少秒",
        "seconds for the top-level statements of one part",
        least=0.1,
        limit=True,
    )
    learning_wall_s: float = _setting(
        15.0,
        "证明模型会学习的检查最多用多少秒",
        "seconds that the proof of learning may take",
        least=0.1,
        limit=True,
    )
    part_wall_s: float = _setting(
        30.0,
        "一个部分的全部检查最多用多少秒；用完之后，每个函数一次只能运行很短的时间",
        "seconds for all checks of one part; after that one run of a function may take but little",
        least=0.1,
        limit=True,
    )
    memory_mb: int = _setting(
        512,
        "学生代码在库之外可用的内存（MB）",
        "memory for student code beyond what the libraries take, in MB",
        least=16,
        limit=True,
    )
    scratch_mb: int = _setting(
        64,
        "临时文件夹的大小（MB）",
        "size of the scratch folder, in MB",
        least=1,
        limit=True,
    )
    output_kb: int = _setting(
        64,
        "保留学生输出的开头和结尾各多少 KB",
        "KB kept of the start and of the end of what student code prints",
        least=1,
    )
    out_dir: Path = _setting(
        Path("results"), "结果写到哪个文件夹", "folder for the results", folder="results"
    )
    rubric: Path = _setting(Path("rubric.yaml"), "评分标准文件", "the rubric", folder="given")
    secret_file: Path = _setting(
        Path(".course-secret"),
        "课程密钥文件；第一次使用时自动生成，不要放进版本库",
        "file of the course secret; made on first use, never to be committed",
        folder="own",
    )
    self_check: bool = _setting(
        True,
        "每台机器、每组版本在评分之前先自检一次",
        "check this machine once for each set of versions before grading",
    )
    self_check_file: Path = _setting(
        Path(".self-check.json"),
        "记住哪些机器和版本已通过自检的文件",
        "file that remembers which machines and versions have passed the self-check",
        folder="own",
    )
    lang: str = _setting(
        "",
        "终端使用的语言：zh 或 en；不设置时按系统语言",
        "language of the terminal, zh or en; the system's when not set",
        choices=Text._fields,
    )
    floor: str = _setting(
        "landlock",
        "可以接受的最低隔离级别；达不到就不评分",
        "weakest confinement that the course accepts; below it nothing is graded",
        choices=TIERS,
    )
    unsafe: bool = _setting(
        False,
        "允许在没有隔离的情况下运行学生代码",
        "run student code even where it cannot be confined",
    )
    contained_by: str = _setting(
        "",
        "课程自己的容器或虚拟机的名称，写进报告",
        "the course's own container or virtual machine, named in every report",
    )

    @classmethod
    def resolve(
        cls,
        flags: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        folders: Folders | None = None,
    ) -> Settings:
        """The settings in force: flag, then environment, then file, then default.

        A flag that is None was not given. Relative paths of flags and the environment start
        where the command runs, those of the file beside it, defaults in `folders`. UsageError
        for an unknown name or a wrong value.
        """
        env = os.environ if environ is None else environ
        folders = folders or Folders.default()
        values: dict[str, Any] = {}
        for info in dataclasses.fields(cls):
            if isinstance(info.default, Path):
                values[info.name] = getattr(folders, info.metadata["folder"]) / info.default
        values |= _from_file(env, folders.own)
        values |= _from_environment(env)
        for name, value in (flags or {}).items():
            if value is not None:
                values[_known(name, name)] = _parse(name, value, name, Path.cwd())
        values["lang"] = values.get("lang") or default_language()
        return cls(**values)

    def limits(self) -> dict[str, float]:
        """The settings that can move a mark; a grading is continued only under the same."""
        return {
            info.name: getattr(self, info.name)
            for info in dataclasses.fields(self)
            if info.metadata["limit"]
        }


def _from_file(env: Mapping[str, str], folder: Path) -> dict[str, Any]:
    named = env.get(ENV_FILE)
    path = Path(named).absolute() if named else folder / FILE_NAME
    if not named and not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            Text(
                f"无法读取设置文件 {path}：{os_reason(error).zh}。请检查 {ENV_FILE} 指向的路径。",
                f"Cannot read the settings file {path}: {os_reason(error).en}. "
                f"Check the path in {ENV_FILE}.",
            )
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            Text(
                f"设置文件 {path} 不是合法的 UTF-8 TOML：{error}。每行应写成“名称 = 值”。",
                f"The settings file {path} is not valid UTF-8 TOML: {error}. "
                'Write each line as "name = value".',
            )
        ) from error
    return {
        _known(name, f"{path.name}: {name}"): _parse(
            name, value, f"{path.name}: {name}", path.parent, typed=True
        )
        for name, value in table.items()
    }


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for variable, value in sorted(env.items()):
        if variable.startswith(ENV_PREFIX) and variable != ENV_FILE and value != "":
            name = _known(variable.removeprefix(ENV_PREFIX).lower(), variable)
            values[name] = _parse(name, value, variable, Path.cwd())
    return values


def _known(name: str, where: str) -> str:
    """`name` if it is a setting, else an error with the nearest names."""
    names = [info.name for info in dataclasses.fields(Settings)]
    if name in names:
        return name
    near = close_names(name, names, 3) or names
    zh = "你是不是想写：" if len(near) <= 3 else "可用的设置："
    en = "Did you mean: " if len(near) <= 3 else "The settings are: "
    raise UsageError(
        Text(
            f"没有名为 {name} 的设置（见 {where}）。{zh}{'、'.join(near)}？",
            f"There is no setting {name} (see {where}). {en}{', '.join(near)}?",
        )
    )


def _parse(name: str, value: object, where: str, base: Path, typed: bool = False) -> Any:
    """`value` as the type of setting `name`; `typed` where text may not give a number."""
    info = next(i for i in dataclasses.fields(Settings) if i.name == name)
    kind = Path if isinstance(info.default, Path) else type(info.default)
    try:
        parsed = _convert(kind, value, base, typed)
    except ValueError:
        wanted = {
            bool: Text("true 或 false", "true or false"),
            int: Text("一个整数", "a whole number"),
            float: Text("一个数", "a number"),
            str: Text("一段文字", "text"),
            Path: Text("一个路径", "a path"),
        }[kind]
        raise _wrong_value(where, value, wanted) from None
    least, choices = info.metadata["least"], info.metadata["choices"]
    if least is not None and not least <= parsed < float("inf"):
        raise _wrong_value(where, value, Text(f"不小于 {least:g}", f"at least {least:g}"))
    if choices and parsed not in choices:
        raise _wrong_value(where, value, Text("、".join(choices), " | ".join(choices)))
    return parsed


def _convert(kind: type, value: object, base: Path, typed: bool) -> Any:
    """`value` as a `kind`; ValueError where that is not possible."""
    if isinstance(value, Path) and kind is Path:
        return base / value
    if type(value) is kind:  # not isinstance: True is an int to it
        return value
    if kind is float and type(value) is int:
        return float(value)
    if kind is Path and isinstance(value, str) and value:
        return base / Path(value).expanduser()
    if isinstance(value, str) and not typed:
        if kind is bool and value.lower() in _BOOLEANS:
            return _BOOLEANS[value.lower()]
        if kind in (int, float):
            return kind(value)
    raise ValueError


def _wrong_value(where: str, value: object, wanted: Text) -> UsageError:
    return UsageError(
        Text(
            f"设置 {where} 的值不对：写的是 {value!r}，应为：{wanted.zh}。",
            f"The value of {where} is wrong: got {value!r}, expected {wanted.en}.",
        )
    )


class Secret:
    """What the hidden inputs derive from. Shows its fingerprint, never itself."""

    __slots__ = ("_key", "fingerprint", "warning")

    def __init__(self, key: bytes, warning: Text | None = None) -> None:
        self._key = key
        self.fingerprint = hashlib.sha256(key).hexdigest()[:12]
        self.warning = warning

    def __repr__(self) -> str:
        return f"Secret(fingerprint={self.fingerprint!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the course secret does not travel between processes")

    def seed(self, check_id: str) -> int:
        """The seed of a check's hidden inputs, 63 bits: the same for every submission."""
        digest = hmac.new(self._key, check_id.encode(), hashlib.sha256).digest()
        return int.from_bytes(digest[:8], "big") >> 1  # fits a signed 64-bit integer

    def of_content(self, sha256: str) -> Secret:
        """The secret of the hand-ins with this content: equal contents, equal hidden inputs."""
        # The prefix is no check's id, so that no seed of a check reveals the secret.
        key = hmac.new(self._key, b"content:" + sha256.encode(), hashlib.sha256).digest()
        return Secret(key)

    @classmethod
    def load(cls, path: Path) -> Secret:
        """The secret in `path`; made there on first use, whole or not at all.

        Two graders that start at once get the same one.

        Raises:
            MachineError: the file cannot be read or made.
            UsageError: it holds no secret.
        """
        try:
            if not path.exists():
                _make_secret(path)
            text = path.read_bytes()
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError as error:
            raise MachineError(
                Text(
                    f"无法读取或生成课程密钥 {path}：{os_reason(error).zh}。"
                    "请检查权限，或用设置 secret_file 换一个位置。",
                    f"Cannot read or make the course secret {path}: {os_reason(error).en}. "
                    "Check the permissions, or name another place with the setting secret_file.",
                )
            ) from error
        found = re.fullmatch(rb"([0-9a-f]{64})\s*", text)
        if not found:
            raise UsageError(
                Text(
                    f"课程密钥 {path} 的格式不对：应为 64 个十六进制小写字符，实际有 {len(text)} "
                    "个字节。请从备份恢复；若没有备份，删除它，下次会生成新的（隐藏数据随之改变）。",
                    f"The course secret {path} is malformed: expected 64 lower-case hexadecimal "
                    f"characters, got {len(text)} bytes. Restore it from a backup, or delete it: "
                    "a new one is made, and the hidden inputs change with it.",
                )
            )
        warning = None
        if mode & 0o077:
            warning = Text(
                f"其他用户可以读取课程密钥 {path}（权限 {mode:03o}）。请运行：chmod 600 {path}",
                f"Other users can read the course secret {path} (mode {mode:03o}). "
                f"Run: chmod 600 {path}",
            )
        return cls(bytes.fromhex(found[1].decode()), warning)


def _make_secret(path: Path) -> None:
    """Write a new secret; a hard link puts it in place, so no process reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another grader was first: its secret counts
            os.link(draft, path)
    finally:
        draft.unlink()
