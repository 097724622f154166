"""Names that are no file names on Windows, whatever system this runs on."""

from __future__ import annotations

import re

_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.I)


def is_reserved(name: str) -> bool:
    """Whether `name`, of a file or folder, means a device: ``nul.txt`` is the device NUL too."""
    return bool(_DEVICES.fullmatch(name.split(".")[0].rstrip()))
