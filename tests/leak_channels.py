"""Code of a student that speaks a secret through every channel of a worker: a helper of the tests.

Each channel is put in place of every function of a part, on top of the solution. What it says is
made of :data:`WORD` and :data:`DIGITS`, which stand in no source: the code computes them.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Iterator

from handing_in import cut_main

from kit.contracts import BY_ID

WORD = "Zq7XkVw4"
DIGITS = 7314159
STATUS = 213
"""Of the process; a smaller number than that of a line or a size."""

SAYING = f"""
import base64 as _b, logging as _l, os as _o, sys as _s, threading as _t, warnings as _w
_W = "".join(map(chr, {[ord(c) + 3 for c in WORD]}))
_W = "".join(chr(ord(c) - 3) for c in _W)
_N = {DIGITS - 5} + 5
_SAY = [_W, _W[::-1], _W.upper(), _W.lower(), _W.encode().hex(),
        _b.b64encode(_W.encode()).decode(), _b.b32encode(_W.encode()).decode(),
        " ".join(str(ord(c)) for c in _W), "'".join(_W), str(_N), str(_N)[::-1], hex(_N)]
_ALL = " ".join(_SAY)
_NAME = "_".join(s for s in _SAY if s.isalnum())
"""

CHANNELS: dict[str, str] = {
    "exception": "raise ValueError(_ALL)",
    "name of an exception": "raise type(_NAME, (Exception,), {})(_ALL)",
    "qualified name": """
        kind = type("ValueError", (ValueError,), {"__qualname__": _NAME, "__module__": _NAME})
        raise kind(_ALL)""",
    "notes and causes": """
        error = KeyError(_ALL)
        error.add_note(_ALL)
        raise error from RuntimeError(_ALL)""",
    "stub": 'raise NotImplementedError(_NAME + ": " + _ALL + " | " + _ALL)',
    "exit by exception": "raise SystemExit(_ALL)",
    "status": f"_o._exit({STATUS})",
    "signal": "_o.kill(_o.getpid(), 6)",
    "output": """
        print(_ALL, flush=True)
        print(_ALL, file=_s.stderr, flush=True)
        _o.write(1, _ALL.encode())
        return None""",
    "warnings and logs": """
        _w.warn(_ALL)
        _l.warning(_ALL)
        _l.getLogger(_NAME).critical(_ALL)
        return None""",
    "threads": """
        def fail():
            raise ValueError(_ALL)
        thread = _t.Thread(target=fail, name=_NAME)
        thread.start()
        thread.join()
        return None""",
    "string": "return _ALL",
    "strings": "return [_SAY, tuple(_SAY), {name: name for name in _SAY}]",
    "keys": "return {name: 0.5 for name in (*_SAY, 'd' + _W)}",
    "numbers": "return float(_N)",
    "array": "import numpy as np; return np.full((3, 5), float(_N))",
    "shape": "import numpy as np; return np.zeros((_N // 100, 1)), np.zeros((1, _N // 100))",
    "dtype": "import numpy as np; return np.zeros(3, [(name, 'f8') for name in _SAY])",
    "codes": "import numpy as np; return np.array([ord(c) for c in _W] * 4)",
    "representation": """
        class Speaks:
            def __repr__(self):
                return _ALL
            __str__ = __repr__
        Speaks.__name__ = _NAME
        return Speaks()""",
    "file and line": f"""
        lines = chr(10) * {DIGITS % 100000} + "raise ValueError(0)"
        exec(compile(lines, _NAME + ".py", "exec"))""",
    "line of a known file": f"""
        lines = chr(10) * {DIGITS % 100000} + "raise ValueError(0)"
        exec(compile(lines, FILE, "exec"))""",
    "function's name": """
        space = {"_ALL": _ALL}
        exec("def " + _NAME + "(): raise ValueError(_ALL)", space)
        space[_NAME]()""",
    "facts of the kit": """
        from kit.outcomes import Missing
        from kit.reasons import Undefined
        from kit.text import Text
        raise Missing(Undefined(_NAME, Text(_ALL, _ALL)))""",
    "stub of the kit": """
        from kit.outcomes import NotAttempted
        from kit.reasons import Introduced, Line, Stub
        from kit.text import Text
        said = Text(_ALL, _ALL)
        raise NotAttempted(Introduced(said, Stub(Line(_NAME, _N), _NAME, said)))""",
    "verdict of the kit": """
        from kit.outcomes import Failed
        from kit.reasons import Line, Raised
        raise Failed(Raised(_NAME, Line(FILE, _N), _ALL))""",
    "sentence of the kit": """
        from kit.outcomes import Skipped
        from kit.text import Text
        raise Skipped(Text(_ALL, _ALL))""",
    "patched names": """
        import kit.run
        kit.run.raised.__globals__["type"] = lambda value: type(_NAME, (), {})
        raise ValueError(_ALL)""",
    "a missing module": "raise ModuleNotFoundError(_ALL, name=_NAME, path=_NAME)",
    "a syntax error": "raise SyntaxError(_ALL, (_NAME, _N, _N, _ALL))",
    "a file that is not there": 'open("/" + _NAME + "/" + _W.encode().hex())',
    "names of files": """
        for i in range(9999):
            open(_NAME + str(i), "w")
        return None""",
    "memory": "return [bytearray(_N * 100) for _ in range(100)]",
    "recursion": """
        def again(word):
            return again(word + _W)
        return again(_W)""",
}
"""What a worker can say to the judge, or near it, once it has seen an input."""

TOLD = ("exception", "qualified name", "function's name")
"""Channels by which the staff's page shows the secret: so one sees that the code has spoken."""


def speaking(part: str, source: str, channel: str) -> str:
    """The solution `source` of `part`, whose functions say the secret by `channel`."""
    body = CHANNELS[channel].replace("FILE", repr(f"{part}.py"))
    lines = body.strip("\n").split("\n")
    indent = min((len(x) - len(x.lstrip()) for x in lines if x.strip()), default=0)
    text = "\n".join("    " + line[indent:] for line in lines)
    wiring = "\n".join(_wiring(part))
    head, main = cut_main(source)
    return f"{head}\n{SAYING}\ndef _speak(*_a, **_k):\n{text}\n{wiring}\n{main}"


def _wiring(part: str) -> Iterator[str]:
    names = [n for n in BY_ID[part].names if n.rpartition(".")[2].islower() or "__call__" in n]
    for name in names:
        yield f"try:\n    {name} = _speak\nexcept NameError:\n    pass"


# ---------------------------------------------------------------- what is looked for

_LETTERS = (
    *(WORD, WORD[::-1], WORD.encode().hex(), WORD[::-1].encode().hex()),
    *(base64.b64encode(WORD.encode()).decode().rstrip("="),),
    *(base64.b32encode(WORD.encode()).decode().rstrip("="),),
    *("".join(str(ord(c)) for c in WORD), str(DIGITS), str(DIGITS)[::-1], f"{DIGITS:x}"),
)
_ALONE = (str(STATUS), str(DIGITS % 100000), str(DIGITS % 100000 + 1), str(DIGITS // 100))
"""Numbers that count only by themselves: other numbers may hold their digits."""


def traces(pages: dict[str, str]) -> list[str]:
    """Where the secret stands in `pages`, whatever stands between its characters."""
    found = []
    for name, page in pages.items():
        texts = (page, re.sub(r"<[^>]*>", "", page), html.unescape(page))
        bare = "\n".join(re.sub(r"[^0-9A-Za-z=+/]", "", text).lower() for text in texts)
        found += [f"{name}: {trace}" for trace in _LETTERS if trace.lower() in bare]
        found += [f"{name}: {trace}" for trace in _ALONE if _stands_alone(trace, page)]
    return found


def _stands_alone(number: str, page: str) -> bool:
    return re.search(rf"(?<![\w.#-]){number}(?![\w.-])", page) is not None


def encodings() -> Iterable[str]:
    """The secret as the channels may say it."""
    return _LETTERS
