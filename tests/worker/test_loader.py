"""Forgiving loading: what of an untidy source is executed, what is left out, and what is said."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from grader.core.model import Source, Submission
from grader.isolation.load_notices import sentence
from grader.protocol.messages import SkippedStatement
from grader.worker.loader import Loader
from kit.lab import Lab
from kit.outcomes import Missing
from kit.reasons import Line
from kit.run import raised
from kit.statements import Spot
from kit.text import Text

Load = Callable[..., tuple[Lab, Loader]]


@pytest.fixture
def load() -> Iterator[Load]:
    """Load sources as the worker does; the interpreter is afterwards as it was."""
    modules, finders, path = dict(sys.modules), list(sys.meta_path), list(sys.path)

    def load(*order: str, cpu_s: float = 2.0, wall_s: float = 6.0, **extra: Any) -> Any:
        files = {"part.py": order[0]} if len(order) == 1 else {}
        files |= extra.pop("files", {})
        cells = {p: [s] if isinstance(s, str) else s for p, s in files.items()}
        loader = Loader(cells, extra.pop("skip", []), cpu_s, wall_s)
        lab = loader.load(extra.pop("first", ["part.py"]))
        assert not extra
        return lab, loader

    yield load
    sys.meta_path[:], sys.path[:] = finders, path
    for name in set(sys.modules) - set(modules):
        # Extension modules must not be loaded a second time: torch then crashes the interpreter.
        if name.partition(".")[0] not in ("numpy", "torch"):
            del sys.modules[name]


def told(loader: Loader) -> str:
    """Every English notice, as the judge words it."""
    sources = tuple(Source(path, tuple(cells), "utf-8") for path, cells in loader._cells.items())
    submission = Submission(id="a", sha256="", sources=sources, parts={})
    said = (sentence(notice, submission, loader._skip) for notice in loader.notices)
    return "\n".join(text.en for text in said if text is not None)


def test_definitions_and_constants_are_executed(load: Load) -> None:
    lab, loader = load(
        "'doc'\nimport math\nN: int = 3\nA, (B, *C) = 1, (2, 3)\ndef f(): return N + B\n"
    )
    assert lab.get("f")() == 5
    assert not loader.notices


def test_scripts_are_not_run(load: Load) -> None:
    script = (
        "print('no')\n1 / 0\nraise_it()\n"
        "for i in range(3): x = 1 / 0\n"
        "while True: pass\n"
        "with open('nothing') as f: pass\n"
        "if __name__ == '__main__':\n    x = 1 / 0\n"
        "y = 2\n"
    )
    lab, loader = load(script)
    assert lab.get("y") == 2
    assert not lab.has("x")
    assert not loader.notices


def test_if_and_try_are_entered_and_their_scripts_left_out(load: Load) -> None:
    lab, _ = load(
        "if True:\n    print(1 / 0)\n    def f(): return 1\nelse:\n    def f(): return 2\n"
        "try:\n    import no_such_thing_here\nexcept ImportError:\n"
        "    print(1 / 0)\n    def g(): return 3\n"
        "else:\n    def g(): return 4\n"
        "finally:\n    ready = True\n"
    )
    assert (lab.get("f")(), lab.get("g")(), lab.get("ready")) == (1, 3, True)


def test_what_raises_leaves_its_names_unset_and_says_why(load: Load) -> None:
    lab, _ = load("model = open('weights.pth')\n\nclass A(Unknown): pass\n\ndef f(): return 1\n")
    assert lab.get("f")() == 1
    with pytest.raises(Missing, match=r"part.py, line 1: raised FileNotFoundError") as missing:
        lab.get("model")
    assert "weights.pth" in missing.value.text.zh
    with pytest.raises(Missing, match="line 3: raised NameError"):
        lab.get("A")


@pytest.mark.parametrize(
    "line",
    [
        "x = exit()",
        "x = input()",
        "raise KeyboardInterrupt",
        "x = (i for i in [1]).throw(GeneratorExit)",
    ],
)
def test_no_statement_ends_the_loading(load: Load, line: str) -> None:
    lab, loader = load(f"{line}\ndef f(): return 1\n")
    assert lab.get("f")() == 1
    assert "line 1" in told(loader)


def test_what_lacks_an_unset_name_tells_the_first_cause_and_no_other(load: Load) -> None:
    lab, loader = load("a = 1 / 0\nb = a + 1\ndef f():\n    return b\nclass K(a): pass\n")
    assert told(loader).count("ZeroDivisionError") == 1
    assert "NameError" not in told(loader)
    assert lab.has("f")
    for name in ("a", "b", "K"):
        with pytest.raises(Missing) as found:
            lab.get(name)
        assert "part.py, line 1: raised ZeroDivisionError" in found.value.text.en


def test_a_name_that_nothing_sets_is_told_itself(load: Load) -> None:
    _, loader = load("b = a + 1\n")
    assert "NameError" in told(loader)


def test_a_line_of_a_notebook_is_told_with_its_cell(load: Load) -> None:
    cells = ["x = 1\n", "def f():\n\n    return x / 0\n"]
    lab, loader = load(files={"labs/a.ipynb": cells}, first=["labs/a.ipynb"])
    with pytest.raises(ZeroDivisionError) as found:
        lab.get("f")()
    reason = raised(found.value, loader.own_files)
    assert reason.line == Line("a.ipynb", 3, 2)
    assert reason.text.en.endswith("(a.ipynb, cell 2, line 3)")
    assert "第 2 个单元格第 3 行" in reason.text.zh


def test_python_names_a_stand_in_by_what_it_is(load: Load) -> None:
    _, loader = load("import nowhere\nx = [1][nowhere.a:'b']\ny = 'a' < nowhere.b\nz = '' + ()\n")
    assert "Inert" not in told(loader)


def test_the_budget_ends_a_computation_and_spares_what_comes_after(load: Load) -> None:
    start = time.monotonic()
    lab, loader = load(
        "total = sum(i for i in iter(int, 1))\nother = max(i for i in range(10**9))\n"
        "NAMES = ['a', ('b', -1)]\nimport json\ndef f(): return json.dumps(NAMES)\n",
        cpu_s=0.2,
    )
    assert time.monotonic() - start < 20
    assert lab.get("f")() == '["a", ["b", -1]]'
    assert not lab.has("total")
    assert not lab.has("other")
    assert "line 1: ran out of the time" in told(loader)


def test_a_sleep_is_ended_too(load: Load) -> None:
    lab, loader = load("import time\nx = time.sleep(60)\ny = 1\n", wall_s=0.2)
    assert lab.get("y") == 1
    assert "line 2: ran out of the time" in told(loader)


def test_except_exception_does_not_catch_the_budget(load: Load) -> None:
    lab, loader = load(
        "try:\n    x = sum(0 for _ in iter(int, 1))\nexcept Exception:\n    x = 'caught'\ny = 1\n",
        cpu_s=0.2,
    )
    assert not lab.has("x")
    assert lab.get("y") == 1


def test_an_import_of_a_sibling_does_not_use_up_the_budget(load: Load) -> None:
    files = {
        "part.py": "from helper import one\nx = sum([one, 1])\n",
        "helper.py": "one = int('1')\n",
    }
    lab, loader = load(files=files)
    assert lab.get("x") == 2
    assert not loader.notices


def test_the_budget_goes_on_after_an_import(load: Load) -> None:
    files = {
        "part.py": "import helper, json\nx = sum(0 for _ in iter(int, 1))\n",
        "helper.py": "y = sum(range(10))\n",
    }
    _, loader = load(files=files, cpu_s=0.3)
    assert "part.py, line 2: ran out of the time" in told(loader)


def test_a_class_body_after_the_budget_still_ends(load: Load) -> None:
    lab, loader = load("class A:\n    x = sum(0 for _ in iter(int, 1))\nclass B: pass\n", cpu_s=0.2)
    assert lab.has("B")
    assert not lab.has("A")


@pytest.mark.parametrize(
    "line",
    [
        "from helper import answer",
        "from .helper import answer",
        "from . import helper; answer = helper.answer",
        "from lab.helper import answer",
        "from ..lab.helper import answer",
        "import lab.helper; answer = lab.helper.answer",
        "import helper as h; answer = h.answer",
        "from helper import *",
    ],
)
def test_other_files_of_the_submission_can_be_imported(load: Load, line: str) -> None:
    files = {"alice/lab/part.py": line + "\n", "alice/lab/helper.py": "answer = 42\n"}
    lab, loader = load(files=files, first=["alice/lab/part.py"])
    assert lab.get("answer") == 42, told(loader)


def test_files_that_import_each_other_load(load: Load) -> None:
    files = {
        "part.py": "import helper\ndef f(): return helper.g()\n",
        "helper.py": "import part\ndef g(): return part.N\n",
    }
    files["part.py"] += "N = 7\n"
    lab, _ = load(files=files)
    assert lab.get("f")() == 7


def test_a_name_that_a_sibling_lacks_is_no_stand_in(load: Load) -> None:
    files = {"part.py": "from tools import nothing\n", "tools/__init__.py": "something = 1\n"}
    lab, loader = load(files=files)
    assert not lab.has("nothing")
    assert "ImportError" in told(loader)


@pytest.mark.parametrize("name", ["numpy", "torch", "kit", "grader"])
def test_a_file_of_the_submission_never_takes_a_protected_name(load: Load, name: str) -> None:
    importlib.import_module(name)  # as in a worker: the loader's time is not for the first import
    files = {"part.py": f"import {name}\nfound = {name}.__file__\n", f"{name}.py": "x = 1\n"}
    lab, _ = load(files=files)
    assert not lab.has("found") or lab.get("found") != f"{name}.py"


def test_unknown_imports_get_a_stand_in_and_a_notice(load: Load) -> None:
    lab, loader = load(
        "import no_such_plots.pyplot as plt\nfrom no_such_plots import a, b\n"
        "from d2l_like.torch import *\n"
        "@a.jit\ndef f(x): return x + 1\n"
        "fig, ax = plt.subplots()\nax.plot([1])[0].set(x=1)\nwith plt.style() as s: pass\n"
    )
    assert lab.get("f")(1) == 2
    assert "no_such_plots is not available" in told(loader)


def test_numpy_makes_nan_of_a_stand_in_and_does_not_hang(load: Load) -> None:
    import numpy as np

    lab, _ = load("import no_such_thing_at_all as t\nx = t.weights()\n")
    assert np.isnan(np.array(lab.get("x")))
    assert np.zeros_like(lab.get("x")).shape == ()


def test_tqdm_and_d2l_stand_ins_work_where_notes_use_them(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] in ("tqdm", "d2l")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if "site-packages" not in p])
    lab, loader = load(
        "from tqdm import tqdm, trange\nfrom d2l import torch as d2l\n"
        "from tqdm.contrib import tenumerate, tzip\n"
        "numbered = list(tenumerate('ab', start=1))\nzipped = list(tzip('ab', 'cd'))\n"
        "bar = list(tqdm([1, 2], desc='x'))\nsteps = list(trange(3))\n"
        "t = d2l.Timer()\ns = t.stop()\n"
        "m = d2l.Accumulator(2)\nadded = m.add(1, 2)\nboth = m[0], m[1]\n"
        "a = d2l.Animator(xlabel='epoch')\nnothing = a.add(1, (2, 3))\n"
    )
    assert lab.get("bar") == [1, 2]
    assert lab.get("steps") == [0, 1, 2]
    assert lab.get("numbered") == [(1, "a"), (2, "b")]
    assert lab.get("zipped") == [("a", "c"), ("b", "d")]
    assert lab.get("both") == (1.0, 2.0)
    assert not loader.notices


@pytest.mark.parametrize("asked", ["from d2l import torch as d2l", "import d2l.torch as d2l"])
def test_d2l_s_short_names_compute_what_torch_does(
    asked: str, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    for name in [n for n in sys.modules if n.split(".")[0] == "d2l"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if "site-packages" not in p])
    lab, loader = load(
        f"{asked}\nx = d2l.reshape(d2l.arange(6, dtype=d2l.float32), (2, 3))\n"
        "size, total = d2l.size(x), float(d2l.reduce_sum(x))\n"
        "mean, best = float(d2l.reduce_mean(x)), d2l.argmax(x, axis=1)\n"
        "whole, other = d2l.astype(x, d2l.int64), d2l.transpose(x)\n"
        "joined = d2l.concat([x, x], 0)\nlines = d2l.numpy(d2l.expand_dims(x, 0))\n"
        "product = d2l.batch_matmul(x[None], x.T[None])\n"
    )
    x = torch.arange(6.0).reshape(2, 3)
    assert (lab.get("size"), lab.get("total"), lab.get("mean")) == (6, 15.0, 2.5)
    assert lab.get("best").tolist() == [2, 2]
    assert lab.get("whole").dtype is torch.int64
    assert torch.equal(lab.get("other"), x.T)
    assert lab.get("joined").shape == (4, 3)
    assert lab.get("lines").shape == (1, 2, 3)
    assert torch.equal(lab.get("product"), (x @ x.T)[None])
    assert not loader.notices


def test_a_module_of_torch_that_lacks_its_library_gets_a_stand_in(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    assert importlib.util.find_spec("tensorboard") is None
    for name in [n for n in sys.modules if n.startswith("torch.utils.tensorboard")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(torch.utils, "tensorboard", raising=False)
    lab, loader = load(
        "try:\n    from torch.utils.tensorboard import SummaryWriter as A\n"
        "except ImportError:\n    A = 'own'\n"
        "from torch.utils.tensorboard import SummaryWriter\n"
        "import torch.utils.tensorboard.writer as w\n"
        "writer = SummaryWriter('runs/a')\n"
        "def f():\n    import torch.utils.tensorboard as tb\n"
        "    with tb.SummaryWriter() as s:\n        s.add_scalar('loss', 1.0, 1)\n    return 1\n"
    )
    assert lab.get("A") == "own"  # a handler is a better replacement than ours
    assert lab.get("f")() == 1
    lab.get("writer").add_scalar("loss", 1.0, 2)
    assert told(loader).count("torch.utils.tensorboard is not available") == 1


def test_a_syntax_error_is_told_with_its_line(load: Load) -> None:
    lab, loader = load("x = 1\ndef f(:\n")
    with pytest.raises(Missing, match=r"f is not defined: part.py, line 2: syntax error"):
        lab.get("f")
    assert "part.py, line 2: syntax error" in told(loader)
    assert "语法错误" in str(loader.unset["*"])


def test_a_notebook_cell_that_does_not_parse_costs_that_cell_only(load: Load) -> None:
    cells = ["import math\nx = 1\n", "def broken(:\n", "def f(): return math.floor(x + 1)\n"]
    lab, loader = load(files={"part.ipynb": cells}, first=["part.ipynb"])
    assert lab.get("f")() == 2
    assert "part.ipynb, cell 2, line 1" in told(loader)


def test_future_annotations_reach_every_statement(load: Load) -> None:
    lab, loader = load(
        "from __future__ import annotations\ndef f(x: Unknown) -> Nothing: return x\n"
    )
    assert lab.get("f")(1) == 1
    assert not loader.notices


def test_a_statement_that_ended_a_worker_is_left_out(load: Load) -> None:
    skip = [SkippedStatement("part.py", 2, Text("第 2 行崩溃了", "line 2 crashed"))]
    lab, loader = load("y = 1\nx = 1 / 1\n", skip=skip)
    assert lab.get("y") == 1
    with pytest.raises(Missing, match="line 2 crashed"):
        lab.get("x")


def test_the_first_file_of_a_part_wins(load: Load) -> None:
    files = {"a.py": "x = 1\n", "b.py": "x = 2\ny = 3\n"}
    lab, _ = load(files=files, first=["a.py", "b.py"])
    assert (lab.get("x"), lab.get("y")) == (1, 3)


def test_methods_may_be_assigned_after_the_class(load: Load) -> None:
    lab, _ = load("class A: pass\ndef f(self): return 5\nA.f = f\n")
    assert lab.get("A")().f() == 5


def test_the_default_dtype_counts_as_a_definition(load: Load) -> None:
    lab, _ = load(
        "class T:\n    kind = None\n    def set_default_dtype(self, k): T.kind = k\n"
        "torch = T()\ntorch.set_default_dtype('float64')\n"
    )
    assert lab.get("T").kind == "float64"


# ---------------------------------------------------------------- scripts that the judge names


def loaded(text: str, lines: list[int], path: str = "part.py", **more: Any) -> tuple[Lab, Loader]:
    """The file with the scripts of these lines executed too."""
    scripts = [Spot(path, 1, line, more.pop("column", 0)) for line in lines]
    loader = Loader({path: [text]}, more.pop("skip", []), 0.3, 2.0, scripts=scripts, **more)
    return loader.load([path]), loader


def test_the_scripts_that_the_judge_names_are_executed_in_order(load: Load) -> None:
    text = "a = []\nfor i in (1, 2): a.append(i)\na.append(9)\nb = list(a)\na.append(3)\n"
    lab, loader = loaded(text, [2, 5])
    assert (lab.get("a"), lab.get("b")) == ([1, 2, 3], [1, 2])
    assert not loader.notices
    assert not loader.unfinished


def test_a_script_in_a_try_is_executed_where_it_is_named(load: Load) -> None:
    text = "a = []\ntry:\n    a.append(1)\n    a.append(2)\nexcept TypeError:\n    pass\n"
    lab, _ = loaded(text, [4], column=4)
    assert lab.get("a") == [2]


def test_each_script_has_a_budget_of_its_own(load: Load) -> None:
    text = (
        "x = sum(1 for _ in iter(int, 1))\n"
        "while True: pass\n"
        "try:\n    while True: pass\nexcept ValueError:\n    pass\n"
        "for i in range(3): y = i\n"
    )
    scripts = [Spot("part.py", 1, 2, 0), Spot("part.py", 1, 4, 4), Spot("part.py", 1, 7, 0)]
    loader = Loader({"part.py": [text]}, [], 0.3, 2.0, scripts=scripts)
    assert loader.load(["part.py"]).get("y") == 2
    assert loader.unfinished == scripts[:2]


def test_a_script_that_is_left_out_says_so(load: Load) -> None:
    skip = [SkippedStatement("part.py", 1, Text("太慢", "too slow"))]
    lab, loader = loaded("for i in range(3): y = i\n", [1], skip=skip)
    assert not lab.has("y")
    assert [(notice.kind, notice.line) for notice in loader.notices] == [("skipped", 1)]


def test_what_belongs_to_another_part_is_not_executed(load: Load) -> None:
    text = "def f(): return 1\ndef f(): return 2\ng = f\n"
    loader = Loader({"part.py": [text]}, [], 2.0, 6.0, omitted=[Spot("part.py", 1, 2, 0)])
    lab = loader.load(["part.py"])
    assert (lab.get("f")(), lab.get("g")()) == (1, 1)
    assert not loader.notices


def test_lines_of_a_notebook_are_told_with_their_cell(load: Load) -> None:
    cells = ["x = 1\n", "y = 1 / 0\n", "z = open('nothing')\n"]
    _, loader = load(files={"part.ipynb": cells}, first=["part.ipynb"])
    assert "part.ipynb, cell 2, line 1: raised ZeroDivisionError" in told(loader)
    assert "part.ipynb, cell 3, line 1: raised FileNotFoundError" in told(loader)


def test_a_statement_is_left_out_in_its_own_cell_alone(load: Load) -> None:
    skip = [SkippedStatement("part.ipynb", 1, Text("崩溃", "crashed"), 2)]
    files = {"part.ipynb": ["x = 1\n", "y = 1\n"]}
    lab, _ = load(files=files, first=["part.ipynb"], skip=skip)
    assert lab.has("x")
    assert not lab.has("y")


def test_constants_below_a_training_still_get_time(load: Load) -> None:
    text = "a = sum(1 for _ in iter(int, 1))\nb = sum(1 for _ in iter(int, 1))\n"
    lab, loader = load(text + "c = {n: len(n) for n in ('a', 'bc')}\n", cpu_s=0.2)
    assert lab.get("c") == {"a": 1, "bc": 2}
    assert "line 1: ran out of the time" in told(loader)


def test_arithmetic_with_what_is_not_there_gives_it_again(load: Load) -> None:
    lab, _ = load(
        "import wandb\nwandb.init(project='x')\nrun = wandb.init(config={'hidden': 8})\n"
        "lr = wandb.config.lr * 2\nsize = 4 * wandb.config.hidden + 1\n"
        "steps = -wandb.config.steps // 2 ** 3\nfew = wandb.config.steps < 3\n"
        "wandb.config.extra = 5\nextra = run.config['extra']\n"
        "wandb.config.update({'more': 6})\nmore = dict(wandb.config)\n"
        "said = f'{lr:.3f}'\nempty = [i for i in range(wandb.config.epochs)]\n"
    )
    assert (lab.get("size"), lab.get("extra"), lab.get("few")) == (33, 5, False)
    assert lab.get("more") == {"hidden": 8, "extra": 5}
    assert lab.get("empty") == []
    assert "stand-in" in lab.get("said")
    assert lab.has("lr", "steps")


def test_models_are_saved_and_loaded_as_if_they_were_compiled() -> None:
    """In an interpreter of its own, because the patches of torch stay."""
    text = (
        "import io, torch\nfrom grader.worker.torch_compatibility import make_compatible\n"
        "make_compatible(torch)\nmodel = torch.nn.Linear(2, 3)\n"
        "torch.jit.save(torch.jit.script(model), 'm.pt')\n"
        "model.weight.data.zero_()\n"
        "again = torch.jit.load('m.pt', map_location='cpu')\n"
        "assert type(again) is torch.nn.Linear and again.weight.abs().sum() > 0\n"
        "buffer = io.BytesIO()\ntorch.jit.trace(model, None).save(buffer)\nbuffer.seek(0)\n"
        "assert torch.jit.load(buffer).weight.abs().sum() == 0\n"
        "try:\n    torch.jit.load('other.pt')\nexcept FileNotFoundError:\n    print('right')\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", text],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout == "right\n", done.stderr
