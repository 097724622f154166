"""What the desk itself keeps beside the marks: its keys, and the passwords of markers."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from werkzeug.security import check_password_hash, generate_password_hash

from grader.core.errors import MachineError, UsageError
from kit.text import Text, os_reason

FILE: Final = "desk.json"
SHORTEST: Final = 10
"""Characters of a password, at least."""

# A name that nobody has costs as much time as one that somebody has.
_NOBODY: Final = generate_password_hash("")


@dataclass(slots=True)
class Keeping:
    """The file ``desk.json``, readable by its owner alone."""

    path: Path
    cookie_key: str  # signs the cookies, so that open pages go on after a restart
    alias_key: str  # makes the names under which hand-ins are marked without their authors'
    passwords: dict[str, str] = field(default_factory=dict)  # by marker, as hashes

    @classmethod
    def load(cls, out: Path) -> Keeping:
        """Of the results folder `out`; made at the first use."""
        path = out / FILE
        try:
            held: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return cls(path, held["cookie_key"], held["alias_key"], dict(held["passwords"]))
        except FileNotFoundError:
            made = cls(path, secrets.token_hex(32), secrets.token_hex(32))
            made._write()
            return made
        except OSError as error:
            raise _unusable(path, os_reason(error)) from error
        except (ValueError, KeyError, TypeError) as error:
            why = Text("内容已损坏，请移走它", "it is damaged: move it away")
            raise _unusable(path, why) from error

    def set_password(self, marker: str, password: str) -> None:
        """Let `marker` log in with `password`; an earlier one ends, with its sessions."""
        if not marker.isalnum():
            raise UsageError(
                Text(
                    "评分人的名字只用字母和数字，如 li。",
                    "A marker's name has letters and digits alone, as in li.",
                )
            )
        if len(password) < SHORTEST:
            raise UsageError(
                Text(
                    f"密码至少要有 {SHORTEST} 个字符。",
                    f"A password has at least {SHORTEST} characters.",
                )
            )
        self.passwords[marker] = generate_password_hash(password)
        self._write()

    def right(self, marker: str, password: str) -> bool:
        """Whether this is the marker's password."""
        held = self.passwords.get(marker)
        return check_password_hash(held or _NOBODY, password) and held is not None

    def _write(self) -> None:
        content = {
            "cookie_key": self.cookie_key,
            "alias_key": self.alias_key,
            "passwords": self.passwords,
        }
        new = self.path.with_suffix(f".{secrets.token_hex(4)}")
        try:
            # Never readable by others, not even while it is written.
            file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as opened:
                json.dump(content, opened, indent=1)
            os.replace(new, self.path)
        except OSError as error:
            raise _unusable(self.path, os_reason(error)) from error


def _unusable(path: Path, why: Text) -> MachineError:
    return MachineError(Text(f"无法使用 {path}：{why.zh}。", f"Cannot use {path}: {why.en}."))
