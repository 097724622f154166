"""Notices about recurrent layers of torch: a person should look at them, and they move no mark.

The part ``scratch_rnn`` is to be written without torch's recurrent layers, but for ``RNNModel``.
Code that trains or plots has to make such a layer too, so only the student's own functions are
looked at: those of the contract, and what they call.
"""

from __future__ import annotations

from grader.core.model import Submission
from grader.parts.spec import LayerLines
from kit.contracts import BY_ID
from kit.sources import show
from kit.text import Text

PART = "scratch_rnn"
ALLOWED = "RNNModel"


def library_layers(submission: Submission, lines: LayerLines) -> list[Text]:
    """A sentence for each function of the contract that leads to a layer of torch."""
    part = BY_ID[PART]
    wanted = {name.partition(".")[0] for name in part.blanks} - {ALLOWED}
    # Submissions by an earlier handout have the earlier names.
    wanted |= {older for older, name in part.older_names if name in wanted}
    return [
        _notice(show(source.path), name, line)
        for source in submission.sources
        if source.path in submission.parts.get(PART, ())
        for name, line in lines(source.cells, sorted(wanted), ALLOWED).items()
    ]


def _notice(file: str, name: str, line: int) -> Text:
    return Text(
        f"{file} 第 {line} 行：{name} 用到了 torch 自带的循环层；这一部分要求自己实现"
        "（RNNModel 除外），请助教看一下。自动评分不受影响。",
        f"{file}, line {line}: {name} uses a recurrent layer of torch; this part is to be written "
        "by hand (but for RNNModel), so a TA should have a look. No point depends on it.",
    )
