"""Where no known mistake fits: what of the student's code is right, and what is not.

A part may declare questions about its functions (:class:`grader.parts.spec.Narrowing`): calls on
plain inputs, always the same and no secret. They are put in a worker of their own, so that they
cannot touch a mark. Only whether an answer is right is said, never a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from grader import ROOT
from grader.parts.registry import spec_of
from grader.parts.spec import Fact, NarrowingKey
from kit.runner import Runner
from kit.text import Text


def entries(part: str, right: list[str], wrong: list[str]) -> Text | None:
    """Which of the compared quantities are the reference's, where no tried mistake fits."""
    if not wrong:
        return None
    known = quantities(part)
    right, wrong = ([n for n in names if n in known] for names in (right, wrong))
    tried = Text(
        "试过的各种单独的小错误都不会得到这样的结果，可能不止一处",
        "none of the single small mistakes that were tried gives that, so there may be more than "
        "one",
    )
    if not wrong:
        return Text(tried.zh + "。", tried.en[0].upper() + tried.en[1:] + ".")
    zh = f"与参考解比较：{'、'.join(wrong)} 不对"
    en = f"Compared with the reference: {', '.join(wrong)} wrong"
    if right:
        zh, en = f"{zh}；{'、'.join(right)} 对", f"{en}; {', '.join(right)} right"
    else:
        # That all of it is wrong is known already; that no one mistake does it is not.
        zh, en = f"{zh}；{tried.zh}", f"{en}; {tried.en}"
    return Text(zh + "。", en + ".")


@cache
def quantities(part: str) -> frozenset[str]:
    """The words that stand for code in the starter: a student does not know a probe's others."""
    text = (ROOT / "starter" / f"{part}.py").read_text("utf-8")
    return frozenset(word for code in re.findall(r"`([^`\n]+)`", text) for word in _words(code))


def _words(code: str) -> list[str]:
    return re.findall(r"\w+", code)


class Narrower:
    """Tries one submission on simpler inputs; each question is put once."""

    def __init__(self, runner: Callable[[str], Runner]) -> None:
        self._runner = runner
        self._known: dict[tuple[str, NarrowingKey], tuple[Text, ...]] = {}

    def clues(self, part: str, check: str) -> tuple[Text, ...]:
        """What holds for the function that the check is about; empty where nothing is known."""
        narrowing = spec_of(part).narrowing
        question = narrowing.question(check) if narrowing is not None else None
        if narrowing is None or question is None:
            return ()
        key = (part, question)
        if key not in self._known:
            found = narrowing.ask(self._runner(part), question)
            self._known[key] = (_tried(found.facts), *found.advice)
        return self._known[key]


def _tried(facts: tuple[Fact, ...]) -> Text:
    zh = "；".join(f"{f.said.zh} {'对' if f.right else '不对'}" for f in facts)
    en = "; ".join(f"{f.said.en} {'right' if f.right else 'wrong'}" for f in facts)
    return Text(f"换简单的输入试过：{zh}。", f"Tried on simple inputs: {en}.")
