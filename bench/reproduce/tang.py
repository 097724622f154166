"""The run on Tang poems, by the solution's own training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .lab import corpora, np, poems, points, quiet
from .records import Measured, Setting


def written(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """Lab 5: the loss of each epoch, and poems from given words."""
    file = corpora.locate("poems")
    vectors, words, _ = poems.process_poems(file)
    kept = folder / "poem_generator_rnn"
    with quiet():
        losses = poems.run_training(
            file, kept, setting["epochs"], setting["batch"], setting["lr"], setting["clip"],
            setting["embed"], setting["hidden"], seed, setting["poems"],
        )  # fmt: skip
    used = min(len(vectors), setting["poems"] or len(vectors))
    means = np.reshape(losses, (setting["epochs"], used // setting["batch"])).mean(axis=1)
    figures = {
        "poems": float(len(vectors)),
        "characters": float(len(words)),
        "loss of epoch 1": float(means[0]),
        "loss of the last epoch": float(means[-1]),
    }
    texts = {
        f"from {begin}": poems.gen_poem(begin, file, kept).strip("GE")
        for begin in poems.FIRST.split()
    }
    yield Measured(figures, {"mean loss of the epoch": points(list(means))}, texts)
