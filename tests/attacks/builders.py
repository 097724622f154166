"""Attacks whose weapon is the archive itself: bombs, forged headers, hostile names."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from .harness import MARK, Attack, Build, Field, names, pack

Files = dict[str, str]


def _beside(make: Callable[[zipfile.ZipFile, Files], None]) -> Build:
    """An attack that puts entries of its own beside the honest files."""

    def build(folder: Path, field: Field, files: Files) -> Path:
        path = pack(folder / "attack.zip", files)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a name that is there twice
            with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
                make(archive, files)
        return path

    return build


def _bytes(make: Callable[[bytes], bytes], suffix: str = ".zip") -> Build:
    """An attack that changes the bytes of the honest archive."""

    def build(folder: Path, field: Field, files: Files) -> Path:
        path = pack(folder / "plain.zip", files)
        changed = folder / f"attack{suffix}"
        changed.write_bytes(make(path.read_bytes()))
        return changed

    return build


def _bomb(archive: zipfile.ZipFile, _: Files) -> None:
    archive.writestr("bomb.py", bytes(300_000_000), compresslevel=9)


def _alone(size: int) -> Build:
    def build(folder: Path, field: Field, files: Files) -> Path:
        return pack(folder / "attack.zip", {"numpy_rnn.py": bytes(size)})

    return build


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _nested(archive: zipfile.ZipFile, _: Files) -> None:
    inner = _zip({f"{i}.py": bytes(5_000_000) for i in range(4)})
    for _level in range(6):
        inner = _zip({f"{i}.zip": inner for i in range(4)})
    archive.writestr("deep.zip", inner)


def _itself(archive: zipfile.ZipFile, files: Files) -> None:
    """A zip of the same zip, ten levels down, each with the same honest names."""
    inner = _zip(dict.fromkeys(files, b"raise SystemExit"))
    for _ in range(10):
        inner = _zip({"attack.zip": inner, "numpy_rnn.py": b"raise SystemExit"})
    archive.writestr("attack.zip", inner)


def _overlapping(data: bytes) -> bytes:
    """Every entry of the directory points at the same bytes, as in the better-known zip bombs."""
    at, count, size, start = _directory(data)
    entry = data[start : start + 46]
    name, extra, comment = struct.unpack_from("<HHH", entry, 28)
    whole = data[start : start + 46 + name + extra + comment]
    made = bytearray()
    for i in range(2000):
        copy = bytearray(whole)
        copy[46 : 46 + 4] = f"{i:04d}".encode()
        made += copy
    end = bytearray(data[at : at + 22])
    total = min(count + 2000, 0xFFFF)
    struct.pack_into("<HHII", end, 8, total, total, size + len(made), start)
    return data[:start] + data[start : start + size] + bytes(made) + bytes(end)


def _directory(data: bytes) -> tuple[int, int, int, int]:
    """Where the end record lies; entries, size and offset of the directory."""
    at = data.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack_from("<HII", data, at + 10)
    return at, count, size, start


def _lying_sizes(data: bytes) -> bytes:
    """The directory says that every file has a few bytes, or billions."""
    made = bytearray(data)
    _, count, _, at = _directory(data)
    for i in range(count):
        struct.pack_into("<I", made, at + 24, 7 if i % 2 else 0xFFFFFFF0)
        name, extra, comment = struct.unpack_from("<HHH", made, at + 28)
        at += 46 + name + extra + comment
    return bytes(made)


def _wrong_checksums(data: bytes) -> bytes:
    made = bytearray(data)
    _, count, _, at = _directory(data)
    for _ in range(count):
        made[at + 16] ^= 0xFF
        name, extra, comment = struct.unpack_from("<HHH", made, at + 28)
        at += 46 + name + extra + comment
    return bytes(made)


def _marked_encrypted(data: bytes) -> bytes:
    made = bytearray(data)
    _, count, _, at = _directory(data)
    for _ in range(count):
        made[at + 8] |= 1
        name, extra, comment = struct.unpack_from("<HHH", made, at + 28)
        at += 46 + name + extra + comment
    return bytes(made)


def _second_directory(data: bytes) -> bytes:
    """A whole other archive in the comment: readers that search from the front take that one."""
    other = _zip({"numpy_rnn.py": b"raise SystemExit", f"{MARK}.py": b""})
    made = bytearray(data)
    struct.pack_into("<H", made, len(made) - 2, len(other) % 65536)
    return bytes(made) + other[: len(other) % 65536]


def _many(archive: zipfile.ZipFile, _: Files) -> None:
    for i in range(100_000):
        archive.writestr(zipfile.ZipInfo(f"data/{i}.txt"), b"")


def _names(names: list[str]) -> Callable[[zipfile.ZipFile, Files], None]:
    def make(archive: zipfile.ZipFile, _: Files) -> None:
        for name in names:
            info = zipfile.ZipInfo("x.py")
            info.filename = name  # the constructor would tidy it
            archive.writestr(info, b"raise SystemExit")

    return make


def _links(archive: zipfile.ZipFile, _: Files) -> None:
    targets = {"poems_link.py": "/etc/passwd", "up": "../../..", "char_lstm.py": "numpy_rnn.py"}
    for name, target in targets.items():
        info = zipfile.ZipInfo(name)
        info.external_attr = 0o120777 << 16
        archive.writestr(info, target)
    for i, kind in enumerate((0o010000, 0o020000, 0o060000, 0o140000)):
        info = zipfile.ZipInfo(f"special{i}.py")
        info.external_attr = (kind | 0o6777) << 16
        archive.writestr(info, b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def _png(archive: zipfile.ZipFile, _: Files) -> None:
    """A picture of 65,535 x 65,535 in a few kilobytes."""
    header = struct.pack(">IIBBBBB", 65535, 65535, 8, 6, 0, 0, 0)
    pixels = zlib.compress(bytes(50_000_000), 9)
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels)
    archive.writestr("loss_curve.png", png + _chunk(b"IEND", b""))
    archive.writestr("report.md", "![](loss_curve.png)")


def _pdf(archive: zipfile.ZipFile, _: Files) -> None:
    """A page whose content unpacks to gigabytes by a chain of filters, and refers to itself."""
    stream = zlib.compress(zlib.compress(bytes(200_000_000), 9), 9)
    body = (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>"
        b">>endobj\n2 0 obj<</Filter[/FlateDecode/FlateDecode]/Length "
        + str(len(stream)).encode()
        + b">>stream\n"
        + stream
        + b"\nendstream endobj\n"
        b"trailer<</Root 1 0 R/Size 99999999>>\nstartxref\n0\n%%EOF"
    )
    archive.writestr("report.pdf", body)


def _notebook(archive: zipfile.ZipFile, _: Files) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    archive.writestr("deep.ipynb", '{"cells": ' + deep + "}")
    archive.writestr("wide.ipynb", json.dumps({"cells": [{"cell_type": "code"}] * 100_000}))


def _magics(folder: Path, field: Field, files: Files) -> Path:
    """The honest files as notebooks, with magics that would run programs."""
    lines = [
        f"!touch /tmp/{MARK}\n",
        "%run attack.py\n",
        "%%bash\n",
        f"%load_ext {MARK}\n",
        f"get_ipython().system('touch /tmp/{MARK}')\n",
        "%pip install attack\n",
    ]
    hostile = [
        {"cell_type": "code", "source": [line], "outputs": [], "metadata": {}} for line in lines
    ]
    made = {}
    for name, text in files.items():
        honest = {"cell_type": "code", "source": text, "outputs": [], "metadata": {}}
        notebook = {"cells": [*hostile, honest], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}
        made[name.replace(".py", ".ipynb")] = json.dumps(notebook)
    return pack(folder / "attack.zip", made)


def _encodings(archive: zipfile.ZipFile, _: Files) -> None:
    """Coding lines that hide code from a reader of the syntax tree."""
    hidden = "# coding: {}\nx = 1 #\\u000araise SystemExit\n"
    for name in ("raw_unicode_escape", "unicode_escape", "utf-7", "rot13", "idna", "zlib", "mbcs"):
        archive.writestr(f"{name}.py", hidden.format(name))
    archive.writestr("utf16.py", "raise SystemExit".encode("utf-16"))
    archive.writestr("null.py", b"raise\x00SystemExit")


def _twice(archive: zipfile.ZipFile, files: Files) -> None:
    """The same names again, honest as well: the last one counts, and nothing counts twice."""
    for name, text in files.items():
        archive.writestr(name, text)
        archive.writestr(name.upper(), "raise SystemExit")


def _compiled(archive: zipfile.ZipFile, _: Files) -> None:
    """Compiled code that would be imported in place of the source."""
    for name in (
        "numpy_rnn.pyc",
        "__pycache__/numpy_rnn.cpython-311.pyc",
        "numpy_rnn.so",
        "numpy_rnn.cpython-311-x86_64-linux-gnu.so",
        "poem_generator_rnn",
    ):
        archive.writestr(name, b"\xa7\r\r\n" + bytes(12) + b"\xe3")


def _attack(
    name: str, tries: str, earns: str, build: Build, quick: bool = False, spoils: str = ""
) -> Attack:
    return Attack("archives", name, tries, names(earns), build, quick, names(spoils))


_DEVICES = [
    "CON",
    "nul.py",
    "aux.py",
    "COM1.py",
    "lpt1/numpy_rnn.py",
    "a:b.py",
    "x.py:stream",
    "trailing.py.",
    "trailing.py ",
]
_CONTROL = [
    "a\x1b[2J.py",
    "b\n.py",
    "c\r\n.py",
    "\u202egnp.py",
    "d\u200b.py",
    "e\x07.py",
    "\x7f.py",
    "f\ud800.py".encode("utf-8", "replace").decode(),
]
_OUTSIDE = [
    f"../../{MARK}.py",
    f"/tmp/{MARK}",
    f"..\\..\\{MARK}.py",
    f"C:\\{MARK}.py",
    "~/.bashrc",
    f"a/../../../tmp/{MARK}",
    "./././../x.py",
    f"//server/{MARK}",
    "/etc/cron.d/attack",
]

ATTACKS = [
    _attack(
        "bomb_beside",
        "a file of zeros that unpacks to 300 MB, beside honest code",
        "clip, poems",
        _beside(_bomb),
        quick=True,
    ),
    _attack("bomb_alone", "an archive of nothing but a bomb", "nothing", _alone(300_000_000)),
    _attack("nested", "zips in zips in zips, to terabytes", "clip, poems", _beside(_nested)),
    _attack("itself", "zips of the same names, ten levels down", "clip, poems", _beside(_itself)),
    _attack(
        "overlapping",
        "2,000 entries that share the same bytes",
        "",
        _bytes(_overlapping),
        spoils="clip, poems",
    ),
    _attack(
        "lying_sizes",
        "sizes in the directory that are not so",
        "",
        _bytes(_lying_sizes),
        spoils="clip, poems",
    ),
    _attack("wrong_checksums", "checksums that are wrong", "nothing", _bytes(_wrong_checksums)),
    _attack("marked_encrypted", "files marked as encrypted", "nothing", _bytes(_marked_encrypted)),
    _attack(
        "second_directory",
        "another archive in the comment of the first",
        "",
        _bytes(_second_directory),
        spoils="clip, poems",
    ),
    _attack("many_files", "100,000 files", "", _beside(_many), spoils="clip, poems"),
    _attack(
        "device_names",
        "names of devices, streams and drives",
        "clip, poems",
        _beside(_names(_DEVICES)),
    ),
    _attack(
        "control_characters",
        "names that steer a terminal or run backwards",
        "clip, poems",
        _beside(_names(_CONTROL)),
    ),
    _attack(
        "outside",
        "names that lead out of the folder",
        "clip, poems",
        _beside(_names(_OUTSIDE)),
        quick=True,
    ),
    _attack("links", "symbolic links, devices and sockets", "clip, poems", _beside(_links)),
    _attack("png_bomb", "a picture of four billion pixels", "clip, poems", _beside(_png)),
    _attack("pdf_bomb", "a report whose page unpacks without end", "clip, poems", _beside(_pdf)),
    _attack("notebook_bomb", "notebooks too deep and too wide", "clip, poems", _beside(_notebook)),
    _attack(
        "notebook_magics", "magics and shell lines in notebooks", "clip, poems", _magics, quick=True
    ),
    _attack("encodings", "coding lines that hide code", "clip, poems", _beside(_encodings)),
    _attack("twice", "the same names several times", "clip, poems", _beside(_twice)),
    _attack("compiled", "compiled code in place of the source", "clip, poems", _beside(_compiled)),
]
