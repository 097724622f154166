"""Whatever student code does, every check of the rubric ends in exactly one known way.

A misbehaviour is a few lines of Python that take the place of one function of the solution.
What does not depend on that function must keep its points.
"""

from __future__ import annotations

import copy
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawing import examples
from handing_in import grade_files, outcomes_of, results_of, solution
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from quick import one_in, only

from grader.core.model import GradeReport, Outcome
from grader.judging.judge import Judge
from kit import learning
from kit.cases import Case
from parts.numpy_rnn import cases

BRIEF_STEPS = 20
BRIEF_SHARE = -2.0  # worse than guessing: whether a model learns is not asked here

TOUCHED = {
    "RNN.forward": (
        *("forward", "backward", "forward_all", "backward_all", "sample", "learning"),
        "arrays_kept",
    ),
    "RNN.backward": ("backward", "learning", "arrays_kept"),
    "RNN.backward_all": ("backward_all",),
    "gradient_check": ("gradient_check",),
    "clip_by_norm": ("clip",),
    "sample": ("sample",),
    "process_poems": ("process",),
}
"""Function -> subjects of the checks that call it, directly or not."""

FIRST = {
    "RNN.backward_all": "numpy_rnn.backward_all.values",
    "gradient_check": "numpy_rnn.gradient_check.right",
    "clip_by_norm": "numpy_rnn.clip.values",
    "sample": "numpy_rnn.sample.text",
    "process_poems": "poems.process.vectors",
}
"""Functions that nothing else calls -> the first check that calls them."""


POEMS = """
import numpy as np

def process_poems(file_name):
    with open(file_name, encoding="utf-8") as file:
        poems = ["G" + line.strip() + "E" for line in file]
    words = sorted(set("".join(poems)))
    index = {word: i for i, word in enumerate(words)}
    return [[index[word] for word in poem] for poem in poems], index, dict(enumerate(words))
"""


def misbehaving(bodies: dict[str, str], before: str = "") -> dict[str, str]:
    """Right code, with other bodies for some functions; `right` is what a function was."""
    files = {"numpy_rnn": head_of(solution("numpy_rnn")), "poems": POEMS}
    for function, body in bodies.items():
        part = "poems" if function == "process_poems" else "numpy_rnn"
        files[part] += f"{before}\n" if before not in files[part] else ""
        files[part] += "def make(right):\n    def misbehave(*args, **kwargs):\n        pass\n"
        files[part] += f"{textwrap.indent(body, '        ')}\n    return misbehave\n"
        files[part] += f"{function} = make({function})\n"
    return {f"{part}.py": source for part, source in files.items()}


def head_of(source: str) -> str:
    """The definitions, without the main guard."""
    return source.rpartition("\nif __name__ ==")[0] + "\nimport numpy as np\n"


def graded(judge: Judge, folder: Path, files: dict[str, str]) -> GradeReport:
    """The report; fails unless each check of the rubric has one outcome that is no grader_error."""
    report = grade_files(judge, folder, files)
    ids = [check.result.id for check in report.score.checks]
    assert sorted(ids) == sorted(judge._rubric.check_ids)
    assert report.status == "graded"
    for check in report.score.checks:
        assert check.result.outcome != Outcome.GRADER_ERROR, check.result.staff_note
        if check.result.outcome != Outcome.PASSED:
            assert check.result.message.zh, check.result.id
            assert check.result.message.en, check.result.id
            assert "Traceback" not in check.result.message.en
    return report


def untouched_pass(report: GradeReport, *functions: str) -> None:
    """What does not call the functions has lost nothing."""
    touched = {subject for function in functions for subject in TOUCHED[function]}
    lost = {
        id: outcome
        for id, outcome in outcomes_of(report).items()
        if id.startswith(("numpy_rnn.", "poems.process."))
        and id.split(".")[1] not in touched
        and outcome != "passed"
    }
    assert not lost


def in_groups(table: dict[str, str]) -> list[dict[str, str]]:
    """Function -> name in `table`: as many at once as there are functions to misbehave."""
    names = list(table)
    return [
        dict(zip(FIRST, names[i : i + len(FIRST)], strict=False))
        for i in range(0, len(names), len(FIRST))
    ]


@pytest.fixture(autouse=True)
def brief_learning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training takes most of a grading; here a fifth of its steps will do."""
    full = cases.rnn_learning_case

    def brief(rng: np.random.Generator) -> Case:
        case = full(rng)
        inputs = dict(case["inputs"])
        inputs |= {name: inputs[name][:BRIEF_STEPS] for name in ("x", "y", "rates")}
        return case | {"inputs": inputs}

    monkeypatch.setattr(cases, "rnn_learning_case", brief)
    monkeypatch.setattr(learning, "SHARE", BRIEF_SHARE)


# ---------------------------------------------------------------- what is returned or raised

NAMES = "inf = float('inf'); nan = float('nan')"

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=8,
).map(repr)

shapes = st.lists(st.integers(0, 7), max_size=4).map(tuple)
dtypes = st.sampled_from(
    ["f8", "f4", "f2", "i8", "u1", "?", "c16", "O", "U3", "S3", "M8[s]", "m8[s]", "V4", "g"]
)
arrays = st.builds("np.zeros({}, dtype={!r})".format, shapes, dtypes)
values = st.sampled_from(["np.nan", "np.inf", "-np.inf", "1e308", "1e-320"])
full = st.builds("np.full({}, {})".format, shapes, values)

odd = st.sampled_from(
    [
        "object()",
        "lambda: 1",
        "type",
        "(i for i in range(3))",
        "iter(int, 1)",
        "range(10**12)",
        "{1, 2}",
        "10**4000",
        "'\\ud800'",
        "'x' * 10**7",
        "[0] * 10**6",
        "deep(5000)",
        "loop()",
        "np.zeros((3000, 3000))",
        "np.ma.masked_array([1.0], [True])",
        "np.zeros(3, dtype=[('a', 'f8'), ('b', 'O')])",
        "np.broadcast_to(0.0, (10**9, 10**9))",
        "np.float128(1)",
        "Sub((3, 7))",
        "Liar()",
        "LyingDict(a=1)",
        "LyingTuple((1, 2, 3))",
        "Text('abc')",
        "Number(3)",
        "(Liar(), Liar(), Liar())",
        "Meta('Odd', (), {})()",
        "__import__('sys')",
        "misbehave",
        "args",
    ]
)

ODD = """
def deep(n):
    value = []
    for _ in range(n):
        value = [value]
    return value

def loop():
    value = [1]
    value.append(value)
    return value

def refuse(*args, **kwargs):
    raise RuntimeError("not this way")

class Sub(np.ndarray):
    def __new__(cls, shape): return np.zeros(shape).view(cls)
    def __array_finalize__(self, other): self.seen = True
    def __eq__(self, other): return True
    __array_ufunc__ = refuse
    astype = copy = tolist = refuse

class Liar:
    __eq__ = lambda self, other: True
    __hash__ = None
    __bool__ = __len__ = __iter__ = __getitem__ = __float__ = refuse
    __array__ = __repr__ = __str__ = __getattr__ = __reduce__ = refuse
    __class__ = property(lambda self: np.ndarray)

class LyingDict(dict):
    keys = items = values = __iter__ = __getitem__ = __len__ = refuse

class LyingTuple(tuple):
    __iter__ = __getitem__ = __len__ = __eq__ = refuse

class Text(str):
    __str__ = __len__ = __eq__ = __getitem__ = refuse
    __hash__ = str.__hash__

class Number(float):
    __float__ = __eq__ = __lt__ = __sub__ = refuse
    __getnewargs__ = refuse

class Meta(type):
    __name__ = property(refuse)
    __repr__ = __eq__ = refuse
    __hash__ = type.__hash__
"""

answers = plain | arrays | full | odd
several = st.lists(answers, min_size=2, max_size=4).map(lambda found: f"({', '.join(found)},)")
returns = (answers | several).map(lambda value: f"{NAMES}; return {value}")

RAISED = [
    "raise SystemExit",
    "raise SystemExit('done')",
    "raise KeyboardInterrupt",
    "raise GeneratorExit",
    "raise StopIteration(3)",
    "raise MemoryError",
    "raise RecursionError('x' * 10**6)",
    "raise BaseException",
    "raise AssertionError({'a': object()})",
    "raise ValueError('\\ud800 \\x00 \\x1b[31m </script><b> [/red] 中文 %s {0}')",
    "raise Exception(Liar())",
    "raise Silent",
    "raise type('E' * 5000, (Exception,), {})",
    "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
    "raise NotImplementedError",
    "raise NotImplementedError('后面再写')",
    "raise UnicodeDecodeError('utf-8', b'x', 0, 1, 'bad')",
    "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise e from Silent()",
    "assert False",
    "return undefined_name",
    "args[0].no_such_attribute",
    "return right(*args, **kwargs, surplus=1)",
    "def f(): return f()\nreturn f()",
    "args[1][...] = 0",
    "args[-1].clear()",
    "yield 1",
]
SILENT = """
class Silent(Exception):
    __str__ = __repr__ = refuse
    args = property(refuse)
"""


DRAWN = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
}


@settings(max_examples=examples(1), **DRAWN)
@given(st.sampled_from(sorted(TOUCHED)), returns)
@example("sample", "return Text('hellow') + 'a' * 20")
def test_whatever_is_returned_or_raised_every_check_ends_once(
    judge: Judge, tmp_path_factory: pytest.TempPathFactory, function: str, body: str
) -> None:
    ends_once(judge, tmp_path_factory.mktemp("graded"), function, body)


@pytest.mark.slow
@settings(max_examples=examples(12), **DRAWN)
@given(st.sampled_from(sorted(TOUCHED)), returns)
@example("RNN.forward", "return np.full((3, 7), np.nan), np.zeros((3, 5)), []")
@example("RNN.forward", "return Liar(), LyingTuple((1, 2)), Meta('Odd', (), {})()")
@example("RNN.forward", "return Text('a'), Number(3), LyingDict(a=1)")
@example("clip_by_norm", "return 10**400")
@example("gradient_check", "return LyingDict(Wxh=1e-9)")
@example("process_poems", "return [[np.zeros(2)]], {'G': np.zeros(2)}, {0: np.zeros(2)}")
def test_whatever_else_is_returned_or_raised_every_check_ends_once(
    judge: Judge, tmp_path_factory: pytest.TempPathFactory, function: str, body: str
) -> None:
    ends_once(judge, tmp_path_factory.mktemp("graded"), function, body)


def ends_once(judge: Judge, folder: Path, function: str, body: str) -> None:
    report = graded(judge, folder, misbehaving({function: body}, ODD))
    untouched_pass(report, function)


@pytest.mark.usefixtures("unexplained")
@pytest.mark.parametrize(
    "group", one_in(3, in_groups({str(i): body for i, body in enumerate(RAISED)}))
)
def test_an_exception_of_any_kind_costs_only_its_own_function(
    judge: Judge, tmp_path: Path, group: dict[str, str]
) -> None:
    bodies = {function: RAISED[int(number)] for function, number in group.items()}
    report = graded(judge, tmp_path, misbehaving(bodies, ODD + SILENT))
    untouched_pass(report, *group)
    outcomes = outcomes_of(report)
    for function in group:
        assert outcomes[FIRST[function]] in ("failed", "not_attempted", "out_of_memory")


def test_the_students_own_words_reach_them_in_public_checks_only(
    judge: Judge, tmp_path: Path
) -> None:
    body = "raise ValueError('my own words about', args)"
    results = results_of(graded(judge, tmp_path, misbehaving({"clip_by_norm": body})))
    public, hidden = results["numpy_rnn.clip.values"], results["numpy_rnn.clip.hidden"]
    assert "ValueError" in public.message.en
    assert "numpy_rnn.py, line" in public.message.en
    assert "my own words" in public.message.zh
    assert "ValueError" in hidden.message.en
    assert "my own words" not in hidden.message.en
    assert "my own words" in hidden.staff_note


# ---------------------------------------------------------------- how a process can end

ENDINGS = {
    "os_exit": ("import os; os._exit(0)", "crashed"),
    "kill_itself": ("import os; os.kill(os.getpid(), 9)", "crashed"),
    "abort": ("import os; os.abort()", "crashed"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "close_everything": (
        "import os; os.closerange(0, 64); return right(*args, **kwargs)",
        "crashed",
    ),
    "garbage_everywhere": (
        "import os\n"
        "for fd in range(3, 64):\n"
        "    try: os.write(fd, b'\\xff' * 100)\n"
        "    except OSError: pass\n"
        "return right(*args, **kwargs)",
        "crashed",
    ),
    "exit_in_thread": (
        "import os, threading, time\n"
        "threading.Thread(target=os._exit, args=(3,)).start()\ntime.sleep(0.5)",
        "crashed",
    ),
    "endless": ("while True: pass", "timed_out"),
    "endless_that_catches": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "timed_out",
    ),
    "asleep": ("import time; time.sleep(3600)", "timed_out"),
    "large_answer": ("return np.zeros(10**7)", ("over_limit", "out_of_memory")),
    "memory": ("keep = []\nwhile True: keep.append(bytearray(10**7))", "out_of_memory"),
    "big_array": ("return np.ones((10**6, 10**6)), 0, 0", "out_of_memory"),
    "memory_in_silence": (
        "keep = []\ntry:\n    while True: keep.append(bytearray(10**7))\n"
        "except MemoryError: pass\nreturn keep",
        "failed",
    ),
    "deadlock": ("import threading; threading.Event().wait()", "timed_out"),
    "output": (
        "for _ in range(100): print('x' * 10**5)\nreturn right(*args, **kwargs)",
        "passed",
    ),
    "output_without_end": ("while True: print('x' * 10**4)", "timed_out"),
    "no_stdout": (
        "import sys; sys.stdout = sys.stderr = None\nreturn right(*args, **kwargs)",
        "passed",
    ),
    "busy_thread": (
        "import threading\n"
        "def spin():\n    while True: pass\n"
        "threading.Thread(target=spin, daemon=True).start()\n"
        "return right(*args, **kwargs)",
        "passed",
    ),
    "failing_thread": (
        "import threading\nthreading.Thread(target=lambda: 1 / 0).start()\n"
        "return right(*args, **kwargs)",
        "passed",
    ),
    "leak": (
        "import threading\nkeep = []\n"
        "def grow():\n    while True: keep.append(bytearray(10**5))\n"
        "threading.Thread(target=grow, daemon=True).start()\n"
        "return right(*args, **kwargs)",
        ("passed", "crashed", "out_of_memory", "failed"),
    ),
    "signals_ignored": (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.01)\nreturn right(*args, **kwargs)",
        "passed",
    ),
    "fork": ("import os; os.fork(); return right(*args, **kwargs)", "failed"),
    "network": ("import socket; socket.create_connection(('127.0.0.1', 80))", "failed"),
    "recursion": (
        "import sys; sys.setrecursionlimit(10**9)\ndef f(): return f()\nreturn f()",
        ("crashed", "out_of_memory", "failed", "timed_out"),
    ),
    "fill_the_disk": (
        "with open('big', 'wb') as f:\n    while True: f.write(bytes(10**6))",
        "over_limit",
    ),
    "many_files": (
        "for i in range(10**5): open(str(i), 'w').close()",
        "over_limit",
    ),
    "descriptors": ("keep = []\nwhile True: keep.append(open('/dev/null'))", "over_limit"),
    "threads": (
        "import threading, time\n"
        "for _ in range(2000): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        "over_limit",
    ),
}


@pytest.mark.usefixtures("unexplained")
@pytest.mark.parametrize("group", one_in(8, in_groups(dict.fromkeys(ENDINGS, ""))))
def test_a_process_that_ends_costs_only_what_called_it(
    hasty_judge: Judge, tmp_path: Path, group: dict[str, str]
) -> None:
    bodies = {function: ENDINGS[name][0] for function, name in group.items()}
    report = graded(hasty_judge, tmp_path, misbehaving(bodies))
    untouched_pass(report, *group)
    outcomes = outcomes_of(report)
    for function, name in group.items():
        wanted = ENDINGS[name][1]
        got = outcomes[FIRST[function]]
        assert got in ((wanted,) if isinstance(wanted, str) else wanted), name


@pytest.mark.usefixtures("unexplained")
@pytest.mark.parametrize("ending", only(("endless",), ("os_exit", "endless", "memory")))
def test_a_forward_that_ends_its_process_leaves_the_rest_alone(
    hasty_judge: Judge, tmp_path: Path, ending: str
) -> None:
    body, outcome = ENDINGS[ending]
    judge = copy.copy(hasty_judge)  # of what calls forward, nothing ends: little is lost with less
    judge._settings = replace(hasty_judge._settings, call_wall_s=0.5, learning_wall_s=1.5)
    report = graded(judge, tmp_path, misbehaving({"RNN.forward": body}))
    outcomes = outcomes_of(report)
    assert outcomes["numpy_rnn.forward.shapes"] == outcome
    assert outcomes["numpy_rnn.forward.values"] == "blocked"
    assert outcomes["numpy_rnn.learning"] == outcome
    untouched_pass(report, "RNN.forward")


@pytest.mark.usefixtures("unexplained")
def test_a_hang_that_an_earlier_call_left_behind_costs_nothing(
    hasty_judge: Judge, tmp_path: Path
) -> None:
    judge = copy.copy(hasty_judge)  # every check that calls forward waits for the limit once
    judge._settings = replace(hasty_judge._settings, call_wall_s=0.6)
    bodies = {
        "gradient_check": "while True: pass",  # a time-out confirmed elsewhere in the part
        "clip_by_norm": "seen.append(1)\nreturn right(*args, **kwargs)",
        "RNN.forward": "while seen: pass\nreturn right(*args, **kwargs)",
    }
    report = graded(judge, tmp_path, misbehaving(bodies, before="seen = []"))
    assert outcomes_of(report)["numpy_rnn.gradient_check.right"] == "timed_out"
    untouched_pass(report, "gradient_check")


# ---------------------------------------------------------------- a worker turned against itself

SABOTAGE = {
    "numpy": "np.tanh = np.exp = np.array = np.asarray = lambda *a, **k: 1 / 0",
    "numpy_lies": "np.allclose = np.array_equal = lambda *a, **k: True\nnp.abs = lambda a: a * 0",
    "builtins": "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.len = id",
    "kit": "import kit.run\nkit.run.to_plain = lambda value: {'logits': 1}",
    "verdict": (
        "import kit.outcomes\n"
        "class Passed(kit.outcomes.Verdict): outcome = 'passed'\n"
        "import kit.run\n"
        "def run_probe(*a, **k): raise Passed(kit.text.Text('', ''))\n"
        "kit.run.run_probe = run_probe"
    ),
    "worker": (
        "import sys\nw = sys.modules['grader.worker']\n"
        "w._reply = lambda part, lab, call, files: w.Answer(call.call_id, True)"
    ),
    "verdict_text": (
        "import sys\nw = sys.modules['grader.worker']\n"
        "w._reply = lambda part, lab, call, files: w.Failed(call.call_id, ['passed'], {'zh': 3})"
    ),
    "verdict_claims": (
        "import sys\nw = sys.modules['grader.worker']\n"
        "full = {'zh': '满分', 'en': 'full'}\n"
        "w._reply = lambda part, lab, call, files: w.Failed(call.call_id, 'passed', full)"
    ),
    "modules": "import sys\nsys.modules.clear()",
    "codec": (
        "import sys\nsys.modules['grader.protocol.codec'].encode = lambda value: [b'\\0' * 100]"
    ),
}


@pytest.mark.usefixtures("unexplained")
@pytest.mark.parametrize("kind", only(("builtins", "verdict", "verdict_claims"), SABOTAGE))
def test_a_sabotaged_worker_earns_nothing_and_breaks_nothing(
    hasty_judge: Judge, tmp_path: Path, kind: str
) -> None:
    files = misbehaving({"RNN.forward": SABOTAGE[kind] + "\nreturn None"})
    outcomes = outcomes_of(graded(hasty_judge, tmp_path, files))
    for subject in ("forward.shapes", "forward.values", "forward.hidden", "learning"):
        assert outcomes[f"numpy_rnn.{subject}"] != "passed"


@pytest.mark.slow
def test_an_array_of_many_dimensions_is_a_wrong_answer_and_no_disturbance(
    judge: Judge, tmp_path: Path
) -> None:
    body = "right(*args, **kwargs)\nreturn np.zeros((1,) * 60)"
    report = graded(judge, tmp_path, misbehaving({"clip_by_norm": body}))
    result = results_of(report)[FIRST["clip_by_norm"]]

    assert result.outcome == Outcome.FAILED
    assert "got an array of 60 axes (at most 16)" in result.message.en
    untouched_pass(report, "clip_by_norm")


@pytest.mark.slow
def test_what_a_library_has_not_implemented_is_not_a_blank(judge: Judge, tmp_path: Path) -> None:
    body = "import datetime\nreturn datetime.tzinfo().utcoffset(None)"
    report = graded(judge, tmp_path, misbehaving({"clip_by_norm": body}))
    result = results_of(report)[FIRST["clip_by_norm"]]

    assert result.outcome == Outcome.FAILED
    assert "NotImplementedError" in result.message.en
    assert {str(r.outcome) for r in results_of(report, "numpy_rnn.clip").values()} == {"failed"}
