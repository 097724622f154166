"""Runs on The Time Machine: from scratch and concise, the three cells, clipping, truncation."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .lab import clipped_at, corpora, points, quiet, scratch_rnn, seeded, torch
from .records import Measured, Points, Setting


def network(kind: str, hidden: int, vocab: int) -> Any:
    """A new network: from scratch, or concise with one of torch's layers."""
    if kind == "scratch":
        return scratch_rnn.make_net(kind, vocab, hidden, torch.device("cpu"))
    return scratch_rnn.RNNModel(getattr(torch.nn, kind)(vocab, hidden), vocab)


def train(net: Any, corpus: Any, setting: Setting, epochs: int) -> list[float]:
    """Train as ``scratch_rnn`` does -> the perplexity of each epoch, infinite once it diverges."""
    s = setting
    args = (s["lr"], s["batch"], s["num_steps"], torch.device("cpu"), s["sampling"] == "random")
    try:
        with quiet():
            perplexities: list[float] = scratch_rnn.train(net, corpus, epochs, *args)
    except (FloatingPointError, OverflowError):
        return [math.inf]
    return perplexities


def perplexity(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """Train one network, the state of the text carried or not -> its perplexity and speed."""
    corpus, vocab = scratch_rnn.read_corpus(corpora.load("timemachine"), setting["tokens"])
    seeded(seed)
    net = network(setting["model"], setting["hidden"], len(vocab))
    curve: list[float] = []
    start = time.process_time()
    while len(curve) < setting["epochs"]:
        curve += train(net, corpus, setting, min(50, setting["epochs"] - len(curve)))
        per_epoch = len(corpus) // (setting["batch"] * setting["num_steps"])
        tokens = len(curve) * per_epoch * setting["batch"] * setting["num_steps"]
        text = scratch_rnn.predict("time traveller", 50, net, vocab, torch.device("cpu"))
        yield Measured(
            {
                "perplexity": curve[-1],
                "epochs": len(curve),
                "tokens a CPU second": tokens / (time.process_time() - start),
            },
            {f"{setting['model']}, {setting['sampling']}": points(curve)},
            {"greedy, after `time traveller`": text[len("time traveller") :]},
            done=len(curve) >= setting["epochs"],
        )


@dataclass(frozen=True)
class Variant:
    """One of the runs that a row compares."""

    make: Callable[[int], Any]
    """The size of the vocabulary -> a new network."""
    clip: float = 1.0
    lr: float = 1.0


def compared(setting: Setting, seed: int, variants: dict[str, Variant]) -> Iterator[Measured]:
    """Train each variant from the same seed -> perplexity and CPU seconds of each."""
    corpus, vocab = scratch_rnn.read_corpus(corpora.load("timemachine"), setting["tokens"])
    figures: dict[str, float] = {}
    series: dict[str, Points] = {}
    for name, variant in variants.items():
        seeded(seed)
        net = variant.make(len(vocab))
        start = time.process_time()
        with clipped_at(variant.clip):
            curve = train(net, corpus, {**setting, "lr": variant.lr}, setting["epochs"])
        figures[f"{name}: perplexity"] = curve[-1]
        figures[f"{name}: CPU seconds"] = time.process_time() - start
        if math.isfinite(curve[-1]):
            series[name] = points(curve)
        yield Measured(dict(figures), dict(series), done=name == list(variants)[-1])


def maker(kind: str, hidden: int) -> Callable[[int], Any]:
    """The variants' way to a new network of this kind."""
    return lambda vocab: network(kind, hidden, vocab)


def cells(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """nn.RNN, nn.LSTM, nn.GRU."""
    kinds = ("RNN", "LSTM", "GRU")
    return compared(setting, seed, {k: Variant(maker(k, setting["hidden"])) for k in kinds})


def clipping(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """The network from scratch with and without clipping, at each learning rate."""
    make = maker("scratch", setting["hidden"])
    variants = {}
    for lr in setting["lr"]:
        variants[f"lr {lr}, clipped"] = Variant(make, lr=lr)
        variants[f"lr {lr}, not clipped"] = Variant(make, math.inf, lr)
    return compared(setting, seed, variants)


def truncated(every: int, keep: float, seed: int) -> Callable[..., Any]:
    """`rnn` of the solution, whose gradient ends every `every` steps, or goes on by chance.

    With a `keep` below 1 the gradient passes each step with that chance, divided by it: its mean
    is the full gradient's. The values are those of `rnn` (but for rounding): only gradients differ.
    """
    coin = random.Random(seed)

    def forward(inputs: Any, state: Any, params: Any) -> Any:
        W_xh, W_hh, b_h, W_hq, b_q = params
        (H,) = state
        outputs = []
        for t, X in enumerate(inputs):
            if every and t % every == 0:
                H = H.detach()
            if keep < 1:
                factor = 1 / keep if coin.random() < keep else 0.0
                H = factor * H + (1 - factor) * H.detach()
            H = torch.tanh(X @ W_xh + H @ W_hh + b_h)
            outputs.append(H @ W_hq + b_q)
        return torch.cat(outputs), (H,)

    return forward


def truncation(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """Gradients that go back 5 steps, 20, the whole window, or a random number of steps."""

    def make(every: int, keep: float) -> Variant:
        def net(vocab: int) -> Any:
            model = network("scratch", setting["hidden"], vocab)
            model.forward_fn = truncated(every, keep, seed)
            return model

        return Variant(net)

    variants = {f"{steps} steps": make(steps, 1.0) for steps in setting["every"]}
    variants["the whole window"] = make(0, 1.0)
    variants["random"] = make(0, setting["keep"])
    return compared(setting, seed, variants)
