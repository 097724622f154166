"""A new part that works at once, to be changed step by step: ``grader new part NAME``.

It writes the files that CONTRIBUTING.md lists for a part, and a preset with its points. The part is
a recurrence on one number, in NumPy or in torch: small, and complete in every file.
"""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from grader.core.errors import GraderError, UsageError
from kit.contracts import BY_ID, PARTS
from kit.text import Text

STUDENTS, STAFF = "starter/tests/parts", "grader/parts"

# The order matters, because `publish` reads the starter that `cut` has written.
GENERATORS: Final = ("cut", "publish", "checks_doc", "rubric_doc")
"""What ``make starter`` runs."""

FILES: Final = {
    f"{STUDENTS}/NAME/__init__.py": '"""The public side of part NAME."""\n',
    f"{STUDENTS}/NAME/contract.py": '''\
"""What the part ``NAME`` consists of: which names a student defines."""

from __future__ import annotations

from kit.part import Part

CONTRACT = Part(
    id="NAME",
    position=POSITION,  # parts are shown in this order
    blanks=("NAME",),  # what the student writes; a method is "Class.method"
    given=(),  # what the starter prints
    distinctive=("NAME",),  # a file that defines one of these belongs to the partTORCH_CONTRACT
)
''',
    f"{STUDENTS}/NAME/probes.py": '''\
"""Probes of part ``NAME``: they exercise a hand-in and return evidence, never a verdict."""

from __future__ import annotations

import numpy as np

from kit.binding import call
from kit.lab import Lab


def states(lab: Lab, x: np.ndarray, w: float) -> dict:
    """What ``NAME`` returns for `x` (T,) and `w`."""
TORCH_PROBE''',
    f"{STUDENTS}/NAME/answers.py": '''\
"""The form of what the probes answer; anything else ends a check before it compares."""

from __future__ import annotations

from kit.declared import Record, Values

ANSWERS = {"states": Record({"h": Values()})}
''',
    f"{STUDENTS}/NAME/checks.py": '''\
"""What public and hidden checks share: the comparison."""

from __future__ import annotations

import numpy as np

from kit.compare import close, field
from kit.runner import Runner


def agrees(lab: Runner, case: dict, expected: np.ndarray, *, reveal: bool) -> None:
    """The states are the solution's; `reveal` shows numbers, which a hidden check never does."""
    close("h", field(lab.states(**case), "h"), expected, reveal=reveal)
''',
    f"{STUDENTS}/NAME/test_public.py": '''\
"""Public checks of part NAME. The first line of a docstring is what students read."""

from __future__ import annotations

from kit.plugin import check
from parts.NAME import checks


@check("NAME.states.values")
def test_values(lab, public):
    """h_t 的值 | the values of h_t"""
    case, expected = public("NAME")
    checks.agrees(lab, case, expected["h"], reveal=True)
''',
    f"{STAFF}/NAME/__init__.py": '"""The staff\'s side of part NAME."""\n',
    f"{STAFF}/NAME/spec.py": '''\
"""The staff's side of the part ``NAME``."""

from __future__ import annotations

import numpy as np

from grader.parts.spec import PartSpec
from kit.fixtures import PUBLIC_SEED, flatten
from kit.runner import Runner


def publish(reference: Runner) -> dict[str, np.ndarray]:
    """The public case, with what the solution answers."""
    case = {"x": np.random.default_rng(PUBLIC_SEED).normal(0, 2, 6), "w": np.array(0.7)}
    return flatten({"inputs": case, "expected": reference.states(**case)}, "NAME/")


SPEC = PartSpec(id="NAME", in_process=IN_PROCESS, publish=publish)
''',
    f"{STAFF}/NAME/test_hidden.py": '''\
"""Hidden checks of part NAME: other inputs, drawn by the course's secret."""

from __future__ import annotations

from kit.plugin import check
from parts.NAME import checks


@check("NAME.states.hidden", hidden=True)
def test_hidden(lab, reference, draw):
    """h_t 在其他输入上也正确 | h_t is right on other inputs too"""
    case = {"x": draw.normal(0, 3, 9), "w": -0.6}
    checks.agrees(lab, case, reference.states(**case)["h"], reveal=False)
''',
    f"{STAFF}/NAME/mistakes.yaml": """\
# Edits of the solution, each with the checks that it fails and what is said of it.
- id: weight_forgotten
  find: w * h[t] + x_t
  replace: h[t] + x_t
  fails: [NAME.states.values, NAME.states.hidden]
  hint:
    zh: 上一步的状态没有乘 w。
    en: The last state is not multiplied by w.
""",
    "presets/NAME.yaml": """# The rubric of the part NAME alone.
#
#   grader grade alice.zip --rubric presets/NAME.yaml

version: 1
title: {zh: NAME, en: NAME}
total: 100

rows:
  - id: code
    title: {zh: 代码, en: Code}
    points: 80
    marked_by: checks
    parts:
      NAME:
        points: 80
        scale: true
        groups: {states: 1}
  - id: report
    title: {zh: 实验报告, en: Report}
    points: 20
    marked_by: ta
""",
}

_NUMPY: Final = '''"""A recurrence on one number: replace it by what your part is about.

一个数上的递推：把它换成这个部分的内容。
"""

from __future__ import annotations

import numpy as np


def NAME(x, w):
    """`x (T,)`, `w` -> `h (T,)`: h_t = tanh(w h_{t-1} + x_t), from h_0 = 0 (逐步递推)."""
    # BEGIN SOLUTION
    # STUB: "NAME: 从零状态逐步计算 h_t | compute h_t step by step from zero"
    h = np.zeros(len(x) + 1)
    for t, x_t in enumerate(x):
        h[t + 1] = np.tanh(w * h[t] + x_t)
    return h[1:]
    # END SOLUTION
'''

# This text is made from the NumPy one, so that the two cannot drift apart.
_TORCH: Final = (
    _NUMPY.replace("import numpy as np\n", "import torch\n")
    .replace("np.zeros(len(x) + 1)", "x.new_zeros(len(x) + 1)")
    .replace("np.tanh", "torch.tanh")
)

_PROBES: Final = {
    False: '    return {"h": call(lab.get("NAME"), x=np.array(x), w=float(w))}\n',
    True: "    import torch\n\n"
    '    return {"h": call(lab.get("NAME"), x=torch.tensor(np.array(x)), w=float(w))}\n',
}


def files(name: str, *, torch: bool) -> dict[str, str]:
    """Path in the checkout -> content, of a new part; UsageError for a name that is taken."""
    _refuse_name(name)
    # The new part comes last, so that the order of the others does not change.
    position = max(part.position for part in PARTS) + 1
    words = {
        "TORCH_CONTRACT": "\n    torch=True,  # its classes may derive from torch's\n"
        "    torch_only=True,"
        if torch
        else "",
        "TORCH_PROBE": _PROBES[torch],
        "IN_PROCESS": str(not torch),
        "POSITION": str(position),
    }
    made = {**FILES, "solutions/NAME.py": _TORCH if torch else _NUMPY}
    # `replace` and not `format`, since code has braces.
    return {path.replace("NAME", name): _filled(text, words, name) for path, text in made.items()}


def preset(name: str, parts: Sequence[str]) -> dict[str, str]:
    """A preset `name` for `parts` that exist: their checks with equal weights, and a report."""
    _refuse_id(name)
    unknown = [part for part in parts if part not in BY_ID]
    if unknown:
        raise UsageError(
            Text(
                f"没有部分 {unknown[0]}；可用：{'、'.join(BY_ID)}。",
                f"There is no part {unknown[0]}; known: {', '.join(BY_ID)}.",
            )
        )
    from grader.parts.checks import checks_of

    share = 80 // len(parts)
    rows = []
    for i, part in enumerate(parts):
        # The first part gets what does not divide, so that the points add up to 80.
        points = 80 - share * (len(parts) - 1) if i == 0 else share
        groups = dict.fromkeys(c.id.split(".")[1] for c in checks_of((part,)) if not c.advice)
        listed = "".join(f"          {group}: 1\n" for group in groups)
        head = f"      {part}:\n        points: {points}\n        scale: true\n        groups:\n"
        rows.append(head + listed)
    text = FILES["presets/NAME.yaml"]
    start, rest = text.index("      NAME:\n"), text.index("  - id: report")
    head = text[:start].replace("the part NAME alone", ", ".join(parts))
    return {f"presets/{name}.yaml": (head + "".join(rows) + text[rest:]).replace("NAME", name)}


def write(root: Path, made: Mapping[str, str]) -> list[str]:
    """Write the files; UsageError where one is there already."""
    # All are looked at before any is written, because half of a part is of no use.
    there = [path for path in made if (root / path).exists()]
    if there:
        raise UsageError(
            Text(
                f"{there[0]} 已经存在，没有写入任何文件。请换一个名称。",
                f"{there[0]} exists, so nothing was written. Choose another name.",
            )
        )
    for path, text in made.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return list(made)


def make_starter(root: Path) -> None:
    """As ``make starter``, in processes of their own: this one has read the parts already."""
    for name in GENERATORS:
        done = subprocess.run(
            [sys.executable, "-m", f"grader.authoring.{name}"],
            cwd=root,
            capture_output=True,
            encoding="utf-8",
        )
        if done.returncode:
            said = (done.stdout + done.stderr).strip()
            raise GraderError(Text(f"make starter 失败：{said}", f"make starter failed: {said}"))


def _filled(text: str, words: Mapping[str, str], name: str) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text.replace("NAME", name)


def _refuse_name(name: str) -> None:
    _refuse_id(name)
    # Its file must not hide a module that the lab or Python uses.
    taken = {"kit", "parts", "tests", "pack", "command_line", "corpora", "numpy", "torch"}
    if name in BY_ID or name in taken or name in sys.stdlib_module_names or keyword.iskeyword(name):
        raise UsageError(
            Text(
                f"名称 {name} 已被占用：部分、Python 的模块和关键字都不行。请换一个。",
                f"The name {name} is taken, by a part, a module or a word of Python. Choose "
                "another.",
            )
        )


def _refuse_id(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", name):
        raise UsageError(
            Text(
                f"名称 {name!r} 不合适：用小写字母、数字和下划线，以字母开头，如 gru_cell。",
                f"The name {name!r} does not fit: use lower-case letters, digits and underscores, "
                "a letter first, such as gru_cell.",
            )
        )
