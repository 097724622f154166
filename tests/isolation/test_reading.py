"""Hand-ins are read in confined workers: as here, within limits, and nothing is believed."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import io
import json
import random
import re
import socket
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from handing_in import solution

from grader import intake
from grader.core.errors import GraderError, MachineError
from grader.core.tiers import Tier
from grader.intake import HandedIn, IntakeLimits, gather_files
from grader.isolation import reading, validated
from grader.isolation.reading import HandInReader, Unreadable
from grader.isolation.servers import READER
from grader.judging.judge import Judge
from grader.protocol import wire
from grader.protocol.messages import encode
from grader.protocol.passed_over import PassedOverLists
from grader.reader import transport
from grader.reader.functions import functions_of
from grader.reader.messages import (
    PIECE,
    Content,
    FunctionsRead,
    HandInRead,
    LayersFound,
    PartRead,
    PassedOverRead,
    PdfRead,
    Sentence,
    SourceRead,
    SpotsRead,
    TidinessRead,
    UnparsedRead,
    VersionsRead,
)
from grader.reader.untouched import UntouchedRead
from grader.sandbox import ForkServer
from kit.homes import PassedOver

RNN = b"class RNN:\n    pass\n"
SHA = "0" * 64
NOTEBOOK = json.dumps(
    {"cells": [{"cell_type": "code", "source": ["%matplotlib inline\n", "class RNN:\n  pass\n"]}]}
).encode()


@pytest.fixture(scope="module")
def server(judge: Judge) -> ForkServer:
    """The server of readers of the run."""
    return judge._servers.ready("reader")


@pytest.fixture(scope="module")
def reader(server: ForkServer) -> HandInReader:
    """Reads in workers."""
    return HandInReader(lambda: server)


def pack(files: dict[str, bytes]) -> bytes:
    """A zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def pdf(pages: int = 1) -> bytes:
    """A report."""
    made = FPDF()
    made.set_font("helvetica", size=12)
    for _ in range(pages):
        made.add_page()
        made.cell(text="loss")
    return bytes(made.output())


HAND_INS: dict[str, dict[str, bytes]] = {
    "zip": {
        "a.zip": pack({"rnn.py": RNN, "报告.pdf": pdf(), "notes.txt": b"", "b/c.py": b"x = )"})
    },
    "solutions": {"a.zip": pack({"numpy_rnn.py": solution("numpy_rnn").encode()})},
    "zip in a zip": {"a.zip": pack({"in.zip": pack({"rnn.py": RNN}), "r.pdf": b"no"})},
    "zip beside a report": {"a.zip": pack({"rnn.py": RNN}), "a.pdf": pdf()},
    "files": {"rnn.py": RNN, "x.zip": pack({"poems.py": b"def to_word(): 1"}), "d/e.rar": b""},
    "notebook": {"a.ipynb": NOTEBOOK},
    "broken notebook": {"a.ipynb": b'{"cells": [{"cell_type"'},
    "one file": {"rnn.py": "# 张三\nclass RNN: pass\n".encode("gbk")},
    "nothing": {},
    "rar": {"a.rar": b"Rar!\x1a\x07"},
    "cut": {"a.zip": pack({"rnn.py": RNN * 99})[:90]},
    "hostile names": {"a.zip": pack({"../x.py": RNN, "/rnn.py": RNN, "a\x01.py": RNN})},
    "many cells": {
        "a.ipynb": json.dumps(
            {
                "cells": [
                    {"cell_type": "code", "source": f"x{i} = '{'好' * 900}'"} for i in range(15)
                ]
            }
        ).encode()
    },
    "scripts, two parts in one file, a newer syntax": {
        "all.py": (
            b"class RNN:\n    pass\nwords = []\nfor w in 'ab':\n    words.append(w)\n"
            b"def sample(model):\n    return words\ndef train(model):\n    pass\n"
        ),
        "newer.py": b"type Vector = list[float]\n",
        "other.py": b"def train(): pass\ndef to_word(): return 1\n",
        **{f"{part}.py": solution(part).encode() for part in ("char_lstm", "poems")},
    },
    "forty files": {f"{'名' * 60}{i}/m{i}.py": b"x = 1\n" for i in range(40)},
}


@pytest.mark.parametrize("name", HAND_INS)
def test_a_worker_reads_what_this_process_would_read(reader: HandInReader, name: str) -> None:
    files = HAND_INS[name]
    assert reader.read_files(files, id="a") == intake.read_files(files, id="a")


def test_a_folder_and_a_report_that_was_named(reader: HandInReader, tmp_path: Path) -> None:
    folder = tmp_path / "bob"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "rnn.py").write_bytes(RNN)
    (folder / "lab.zip").write_bytes(pack({"poems.py": b"def to_word(): return 1\n"}))
    (folder / "link.py").symlink_to(folder / "src" / "rnn.py")
    (tmp_path / "r.pdf").write_bytes(pdf())

    for report in (None, tmp_path / "r.pdf"):
        assert reader.read(folder, report=report) == intake.read(folder, report=report)
    small = IntakeLimits(zip_bytes=50)
    (tmp_path / "a.zip").write_bytes(pack({"rnn.py": RNN * 9}))
    assert reader.read(tmp_path / "a.zip", limits=small) == intake.read(
        tmp_path / "a.zip", limits=small
    )


def test_content_larger_than_a_frame_travels_in_pieces(reader: HandInReader) -> None:
    noise = zlib.compress(b"x") * 1_000_000  # deflates badly enough for the ratio
    large = b"%PDF-1.4" + noise * 2
    assert len(large) > 2 * PIECE
    files = {"a.zip": pack({"rnn.py": RNN, "r.pdf": large})}
    assert reader.read_files(files, id="a") == intake.read_files(files, id="a")


def test_the_judge_itself_parses_nothing(
    reader: HandInReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = intake.read_files(HAND_INS["zip"], id="a")

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the judge parses")

    reader.functions("x = 1")  # the server is ready: it starts by JSON of its own
    for owner, name in ((zipfile, "ZipFile"), (ast, "parse"), (zlib, "decompressobj")):
        monkeypatch.setattr(owner, name, never)
    monkeypatch.setattr("kit.sources.parse", never)
    monkeypatch.setattr("kit.sources.read", never)
    assert reader.read_files(HAND_INS["zip"], id="a") == expected
    reader.functions("def f(): pass")
    reader.layer_lines(("def f(): nn.LSTM()",), ("f",), "")
    reader.of_zip(HAND_INS["zip"]["a.zip"])
    reader.tidiness({"a.py": "import os\n"}, b"000.py:1:1: F401 unused\n", True, frozenset(), ())
    reader.pdf(pdf())


def test_functions_layers_reports_and_findings(reader: HandInReader) -> None:
    source = solution("numpy_rnn")
    assert reader.functions(source) == functions_of(source)
    assert reader.functions("def f(") == ()
    cells = ("import torch.nn as nn", "def f():\n    return g()\ndef g():\n    return nn.GRU(1, 2)")
    assert reader.layer_lines(cells, ("f", "h"), "RNNModel") == {"f": 4}
    assert reader.pdf(pdf(3)) == PdfRead(3, 12)
    output = b"000.py:1:1: F401 [*] `os` imported but unused\n000.py:9:1: E999 no\n"
    found = reader.tidiness({"a.py": "import os\nx = 1\n"}, output, True, frozenset(), ())
    assert found is not None
    assert (found.lines, found.count, found.findings[0].code) == (2, 1, "F401")


def test_damaged_hand_ins_are_read_as_here(reader: HandInReader) -> None:
    draw = random.Random(0)
    right = [next(iter(files.items())) for files in HAND_INS.values() if files]
    for _ in range(25):
        name, data = draw.choice(right)
        damaged = bytearray(data)
        for _ in range(draw.choice((1, 20))):
            at = draw.randrange(len(damaged) + 1)
            piece = draw.choice(
                (draw.randbytes(3), b"PK\x01\x02", b"({['", draw.choice(right)[1][:40])
            )
            damaged[at : at + draw.choice((0, 3, 30))] = piece
        files = {name: bytes(damaged)}
        assert reader.read_files(files, id="a") == intake.read_files(files, id="a"), files


@pytest.mark.parametrize("tier", ["landlock", "seccomp", "none"])
def test_a_worker_reads_the_same_in_every_tier(tier: Tier) -> None:
    """A codec, or a module of a parser, that a worker would have to import is not to be had."""
    made = ForkServer(
        "reader", hash_seed=1, guest=READER, best=tier, floor=tier, unsafe=tier == "none"
    )
    coded = {
        f"{name}.py": f"# coding: {name}\nx = 'é'\n".encode(name, "replace")
        for name in ("gbk", "big5", "latin-1", "shift_jis", "utf-16", "utf-32", "koi8-r", "cp1251")
    }
    with made:
        reader = HandInReader(lambda: made)
        assert reader.tier == tier
        for files in (*HAND_INS.values(), coded):
            assert reader.read_files(files, id="a") == intake.read_files(files, id="a")
        assert reader.pdf(pdf(3)) == PdfRead(3, 12)
        assert reader.pdf(b"%PDF-1.7 damaged").problem
        assert reader.functions(solution("poems")) == functions_of(solution("poems"))


# ---------------------------------------------------------------- limits and deaths


def spied(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    monkeypatch.setattr(reading, "_LIMITS", dataclasses.replace(reading._LIMITS, **limits))


def test_too_much_memory_refuses_this_hand_in_alone(
    reader: HandInReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    spied(monkeypatch, memory_mb=40)
    noise = b"#" + random.Random(0).randbytes(900_000).hex().encode()
    files = {"a.zip": pack({f"{i}.py": noise for i in range(30)})}
    found = reader.read_files(files, id="a")
    assert found.refusal is not None
    assert "could not be read" in found.refusal.en
    assert (found.sources, found.parts, found.id) == ((), {}, "a")
    assert re.fullmatch("[0-9a-f]{64}", found.sha256)
    assert reader.read_files({"rnn.py": RNN}, id="b").refusal is None


def test_too_much_processor_time_refuses_it(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spied(monkeypatch, cpu_s=1)
    with ForkServer("reader", hash_seed=1, guest="tests.reading_guest:spin") as spinning:
        found = HandInReader(lambda: spinning).read_files({"rnn.py": RNN}, id="a")
    assert found.refusal is not None


@pytest.mark.parametrize("guest", ["crash", "abort"])
def test_a_parser_that_crashes_refuses_it(guest: str) -> None:
    with ForkServer("reader", hash_seed=1, guest=f"tests.reading_guest:{guest}") as crashing:
        reader = HandInReader(lambda: crashing)
        assert reader.read_files({"rnn.py": RNN}, id="a").refusal is not None
        assert reader.functions("x") == ()
        assert reader.layer_lines((), (), "") == {}
        assert reader.pdf(b"%PDF").problem
        assert reader.tidiness({}, b"", True, frozenset(), ()) is None
        assert reader.of_zip(b"").written == {}


@pytest.mark.parametrize("guest", ["killed", "silent"])
def test_a_fault_of_the_machine_costs_no_student(
    guest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WALL_S", 1.0)
    with (
        ForkServer("reader", hash_seed=1, guest=f"tests.reading_guest:{guest}") as dying,
        pytest.raises(MachineError, match="Grade it again"),
    ):
        HandInReader(lambda: dying).read_files({"rnn.py": RNN}, id="a")


@pytest.mark.parametrize("guest", ["fault", "lie", "hangs_up"])
def test_a_fault_of_the_reader_costs_no_student(
    guest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if guest == "hangs_up":
        monkeypatch.setattr(reading, "_END_S", 0.5)
    with (
        ForkServer("reader", hash_seed=1, guest=f"tests.reading_guest:{guest}") as faulty,
        pytest.raises(GraderError, match="not of the student") as raised,
    ):
        HandInReader(lambda: faulty).read_files({"rnn.py": RNN}, id="a")
    assert not isinstance(raised.value, MachineError)


# ---------------------------------------------------------------- what the judge believes

SOURCE = SourceRead("rnn.py", ("class RNN: pass",), "utf-8")
REST = HandInRead(SHA, (), (PartRead("numpy_rnn", ("rnn.py",)),), "", 0, (), (), None)


def taken(*messages: Any, files: dict[str, bytes] | None = None) -> Any:
    """What the judge makes of a worker that sends these."""
    ours, theirs = socket.socketpair()

    def say() -> None:
        with theirs, contextlib.suppress(wire.WireError):
            for message in messages:
                wire.send(theirs, encode(message), None)

    with ours:
        threading.Thread(target=say, daemon=True).start()
        found: HandedIn = gather_files(files or {"a.zip": b"PK\x03\x04"}, id="a")
        taking = transport.Taking(found)
        conversation = reading.Conversation(_Channel(ours))  # type: ignore[arg-type]
        while not isinstance(answer := conversation.receive(*reading._OF_A_HAND_IN), HandInRead):
            taking.take(answer)
        (data,) = transport.assembled([taking.pdf_size(answer)], conversation.content)
        return taking.submission(answer, data)


class _Channel:
    def __init__(self, ours: socket.socket) -> None:
        self._ours = ours

    def receive(self, wall_s: float) -> Any:
        return wire.receive(self._ours, None)


def test_an_honest_answer_is_taken() -> None:
    found = taken(SOURCE, dataclasses.replace(REST, pdf="r.pdf", pdf_size=4), Content(b"%PDF"))
    assert found.parts == {"numpy_rnn": ("rnn.py",)}
    assert found.pdf.data == b"%PDF"


def rest(**fields: Any) -> HandInRead:
    return dataclasses.replace(REST, **fields)


def spots(**fields: Any) -> SpotsRead:
    made = SpotsRead("numpy_rnn", 0, False, ("rnn.py",), (1,), (1,), (0,))
    return dataclasses.replace(made, **fields)


TWO = dataclasses.replace(SOURCE, path="work.py")
BOTH = (PartRead("numpy_rnn", ("rnn.py", "work.py")),)


def gives_way(part: str = "numpy_rnn", **fields: Any) -> PassedOverRead:
    stub = PassedOver("rnn.py", "RNN", "work.py", "RNN", function=False)
    return PassedOverRead(part, PassedOverLists.of([stub._replace(**fields)]))


def test_what_gives_way_is_taken() -> None:
    found = taken(SOURCE, TWO, gives_way(), rest(parts=BOTH))
    assert found.passed_over == {"numpy_rnn": gives_way().stubs.stubs}


LIES: dict[str, Callable[[], Any]] = {
    "the same path twice": lambda: taken(SOURCE, SOURCE, REST),
    "a path upwards": lambda: taken(dataclasses.replace(SOURCE, path="../rnn.py"), rest(parts=())),
    "an absolute path": lambda: taken(dataclasses.replace(SOURCE, path="/rnn.py"), rest(parts=())),
    "a control character": lambda: taken(
        dataclasses.replace(SOURCE, path="a\x1b[2J.py"), rest(parts=())
    ),
    "a long path": lambda: taken(dataclasses.replace(SOURCE, path="a" * 1300), rest(parts=())),
    "an encoding with a line feed": lambda: taken(
        dataclasses.replace(SOURCE, encoding="a\nb"), rest(parts=())
    ),
    "many cells": lambda: taken(dataclasses.replace(SOURCE, cells=("",) * 2001), rest(parts=())),
    "much text": lambda: taken(
        *(dataclasses.replace(SOURCE, path=f"{i}.py", cells=("a" * 17_000_000,)) for i in range(2)),
        rest(parts=()),
    ),
    "a part of no file": lambda: taken(REST),
    "an unknown part": lambda: taken(SOURCE, rest(parts=(PartRead("tidiness", ("rnn.py",)),))),
    "a part twice": lambda: taken(SOURCE, rest(parts=REST.parts * 2)),
    "a digest that is none": lambda: taken(SOURCE, rest(sha256="../" * 21 + "x")),
    "a report of another size": lambda: taken(
        SOURCE, rest(pdf="r.pdf", pdf_size=3), Content(b"%PDF")
    ),
    "a huge report": lambda: taken(SOURCE, rest(pdf="r.pdf", pdf_size=1 << 40)),
    "a report that does not come": lambda: taken(SOURCE, rest(pdf="r.pdf", pdf_size=3)),
    "no end": lambda: taken(SOURCE),
    "an unparsed cell that is not there": lambda: taken(
        SOURCE, rest(unparsed=(UnparsedRead("rnn.py", 2, Sentence("a", "b")),))
    ),
    "a stub of no file": lambda: taken(SOURCE, TWO, gives_way(path="x.py"), rest(parts=BOTH)),
    "a stub of no part": lambda: taken(SOURCE, TWO, gives_way("poems"), rest(parts=BOTH)),
    "a stub of an unknown part": lambda: taken(SOURCE, TWO, gives_way("x"), rest(parts=BOTH)),
    "a stub that gives way to no file": lambda: taken(
        SOURCE, TWO, gives_way(home="x.py"), rest(parts=BOTH)
    ),
    "a stub that gives way to another part's file": lambda: taken(SOURCE, TWO, gives_way(), REST),
    "a stub that gives way to itself": lambda: taken(
        SOURCE, TWO, gives_way(home="rnn.py"), rest(parts=BOTH)
    ),
    "a stub of no name": lambda: taken(
        SOURCE, TWO, gives_way(name="os", spelled="os"), rest(parts=BOTH)
    ),
    "a stub of two names": lambda: taken(SOURCE, TWO, gives_way(name="sample"), rest(parts=BOTH)),
    "no stubs of an unknown part": lambda: taken(
        SOURCE, PassedOverRead("x", PassedOverLists()), REST
    ),
    "stubs twice": lambda: taken(SOURCE, TWO, gives_way(), gives_way(), rest(parts=BOTH)),
    "stubs of uneven lists": lambda: taken(
        SOURCE, TWO, PassedOverRead("numpy_rnn", PassedOverLists(("rnn.py",))), rest(parts=BOTH)
    ),
    "statements of no file": lambda: taken(SOURCE, spots(paths=("x.py",)), REST),
    "statements of uneven lists": lambda: taken(SOURCE, spots(lines=()), REST),
    "three readings": lambda: taken(SOURCE, spots(), spots(number=1), spots(number=2), REST),
    "a reading out of its order": lambda: taken(SOURCE, spots(number=1), REST),
    "omissions of no reading": lambda: taken(SOURCE, spots(omitted=True), REST),
    "a reading of no part": lambda: taken(SOURCE, spots(part="poems"), REST),
    "versions of others": lambda: validated.versions(VersionsRead(("a",), (14,)), {"b"}),
    "functions of uneven lists": lambda: reading.unpacked(
        FunctionsRead(("f",), (1,), (1,), (2,), ("x",), (1,), (1,))
    ),
    "functions without lines": lambda: reading.unpacked(
        FunctionsRead(("f",), (), (1,), (0,), (), (), ())
    ),
    "layers of others": lambda: validated.layers(LayersFound(("g",), (1,)), frozenset({"f"})),
    "fewer than none": lambda: validated.tidiness(TidinessRead(-1, 0, (), (), (), ()), {"a.py"}),
    "more findings than are counted": lambda: validated.tidiness(
        TidinessRead(1, 0, ("a.py",), (1,), ("E1",), ("x",)), {"a.py"}
    ),
    "findings in other files": lambda: validated.tidiness(
        TidinessRead(1, 1, ("b.py",), (1,), ("E1",), ("x",)), {"a.py"}
    ),
    "blanks that were not asked about": lambda: validated.untouched(
        UntouchedRead(("RNN.forward", "other")), frozenset({"RNN.forward"})
    ),
    "pages beyond counting": lambda: validated.pdf(PdfRead(1 << 60, 1)),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_no_answer(lie: str) -> None:
    with pytest.raises((wire.WireError, Unreadable)):
        LIES[lie]()
