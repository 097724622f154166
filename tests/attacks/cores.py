"""Honest cores: the part of an attack that was really done, named by what it earns.

A core is files by path. The attack is appended to ``numpy_rnn.py``, so that the honest code shares
its interpreter; ``poems.py`` stands in a worker of its own.
"""

from __future__ import annotations

from fnmatch import fnmatch

from grader import ROOT

PREAMBLE = '''
# What the attacks share. An escape is confessed by an honest function, in a public check.
import ctypes, errno, gc, os, signal, socket, sys, threading, time
import numpy as np

_escapes = []


class Escaped(Exception):
    pass


def attempt(what, action):
    """Run `action`; that it comes back without an exception is an escape."""
    try:
        action()
    except BaseException:
        return None
    _escapes.append(what)


def system_call(number, *arguments):
    """Linux on x86_64: the call by its number; OSError if it fails, so also if it is refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "system call")
    return result


def callers():
    """Local variables of every frame above, the nearest first."""
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_locals
        frame = frame.f_back
'''

CLIP = """
def clip_by_norm(grads, max_norm):
    if _escapes:
        raise Escaped(", ".join(_escapes))
    norm = float(np.sqrt(sum(np.sum(g * g) for g in grads)))
    if norm > max_norm:
        for g in grads:
            g *= max_norm / norm
    return norm
"""

POEMS = """
def process_poems(file_name):
    with open(file_name, encoding="utf-8") as file:
        lines = ["G" + line.strip() + "E" for line in file]
    words = sorted(set("".join(lines)))
    word_int_map = {word: i for i, word in enumerate(words)}
    return [[word_int_map[w] for w in line] for line in lines], word_int_map, dict(enumerate(words))
"""

SHAPES = """
def _forward(self, X_batch, h0):
    return np.zeros((len(X_batch), self.vocab)), np.zeros_like(h0), []
RNN.forward = _forward
"""

EARNS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "clip": ("numpy_rnn.clip.*",),
    "shapes": ("numpy_rnn.forward.shapes",),
    "poems": ("poems.process.*",),
    "network": ("numpy_rnn.*",),
    "lstm shapes": ("char_lstm.forward.shapes",),
    "poem shapes": ("poems.model.lstm", "poems.forward.shapes", "poems.batches"),
    "poem row": ("poems.forward.test_row",),  # of the model's own scores, whatever these are
}
"""Core -> the checks that it passes, and no others."""


def files(cores: tuple[str, ...]) -> dict[str, str]:
    """The files of a submission with these cores and no attack."""
    unknown = set(cores) - EARNS.keys()
    if unknown:
        raise ValueError(f"no honest core {sorted(unknown)}; there are {sorted(EARNS)}")
    home = "solutions" if "network" in cores else "starter"
    network = (ROOT / home / "numpy_rnn.py").read_text("utf-8")
    head, guard, _ = network.rpartition('\nif __name__ == "__main__":')
    if not guard:
        raise ValueError("numpy_rnn.py has no main guard to put the attack before")
    made = {"numpy_rnn.py": head + PREAMBLE}
    if "clip" in cores:
        made["numpy_rnn.py"] += CLIP
    if "shapes" in cores:
        made["numpy_rnn.py"] += SHAPES
    if "poems" in cores:
        made["poems.py"] = POEMS
    for core, name in (("lstm shapes", "char_lstm.py"), ("poem shapes", "poems.py")):
        if core in cores:  # the starter's constructors; that shapes are right is the attack's doing
            made[name] = (ROOT / "starter" / name).read_text("utf-8")
    return made


def earns(cores: tuple[str, ...], check: str) -> bool:
    """Whether the honest core passes the check."""
    return any(fnmatch(check, pattern) for core in cores for pattern in EARNS[core])
