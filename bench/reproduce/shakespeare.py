"""Runs on Shakespeare: the network in NumPy with its gradient norms, and the LSTM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .lab import FastRNN, char_lstm, corpora, np, numpy_rnn, points, quiet, seeded, torch
from .records import Measured, Points, Setting

WEIGHTS = ("Wxh", "Whh", "bh", "Why", "by")


def numpy_network(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """Lab 6, part B, by its own training loop and the fast network: loss, and norms of dL/dh_t.

    Goes on from the weights of the last finished epoch: each epoch has its own random order.
    """
    text = corpora.load("shakespeare")[: setting["characters"]]
    T, B = setting["seq_len"], setting["batch"]
    X, y, vocab, c2i, i2c = numpy_rnn.build_dataset(text, T, setting["stride"])
    model = FastRNN(vocab, setting["hidden"], seeded(seed))
    kept = folder / "weights.npz"
    means, held, norms = resumed(kept, model)
    rows = np.random.default_rng(seed).choice(len(X), (setting["evaluated"] // B, B))
    again = bool(norms)
    if not again:
        norms["before"] = gradient_norms(model, X[rows[0]], y[rows[0]])
    for epoch in range(len(means) + 1, setting["epochs"] + 1):
        order = np.random.default_rng([seed, epoch])
        with quiet():
            losses = numpy_rnn.train(model, X, y, 1, setting["lr"], B, setting["clip"], order)
        means.append(float(np.mean(losses)))
        held.append(float(np.mean([loss_of(model, X[r], y[r]) for r in rows])))
        norms[f"epoch {epoch}"] = gradient_norms(model, X[rows[0]], y[rows[0]])
        arrays: dict[str, Any] = {"means": means, "held": held, **weights(model), **norms}
        np.savez(kept, **arrays)
        shown = {
            name: points(values)
            for name, values in norms.items()
            if name in ("before", "epoch 1", "epoch 2", f"epoch {epoch}")
        }
        figures = {"epochs": float(epoch)}
        for at in (1, 5, 15, 25):
            if at <= epoch:
                figures[f"loss of epoch {at}"] = means[at - 1]
        figures["last: loss after the epoch"] = held[-1]
        for name, values in shown.items():
            label = "last epoch" if name == f"epoch {epoch}" and epoch > 2 else name
            figures[f"norm, {label}, t = {T}"] = values[-1][1]
            figures[f"norm, {label}, t = 1"] = values[0][1]
        drawn = numpy_rnn.sample(
            model, "First Citizen:", c2i, i2c, vocab, 120, 1.0, np.random.default_rng(seed)
        )
        series = {"loss": points(means), **shown}
        texts = {"sample at temperature 1": drawn}
        done = epoch == setting["epochs"]
        yield Measured(figures, series, texts, done=done, resumed=again)


def resumed(kept: Path, model: Any) -> tuple[list[float], list[float], dict[str, list[float]]]:
    """Put the weights of an earlier run into `model` -> its losses and norms; empty if none."""
    if not kept.exists():
        return [], [], {}
    with np.load(kept) as saved:
        for name, value in weights(model).items():
            value[...] = saved[name]
        norms = {n: list(map(float, saved[n])) for n in saved.files if n.startswith(("b", "epoch"))}
        norms.pop("bh")
        norms.pop("by")
        return list(map(float, saved["means"])), list(map(float, saved["held"])), norms


def weights(model: Any) -> dict[str, Any]:
    """The five arrays of a network by name."""
    cell = {"Wxh": model.cell.Wxh, "Whh": model.cell.Whh, "bh": model.cell.bh}
    return {**cell, "Why": model.Why, "by": model.by}


def loss_of(model: Any, X: Any, y: Any) -> float:
    """The loss of a batch at the last step."""
    logits, _, _ = model.forward(X, np.zeros((len(X), model.hidden)))
    return float(numpy_rnn.softmax_cross_entropy(logits, y)[0])


def gradient_norms(model: Any, X: Any, y: Any) -> list[float]:
    """The mean over the batch of the norms of dL/dh_t, t = 1..T."""
    model.zero_grad()
    logits, h_T, caches = model.forward(X, np.zeros((len(X), model.hidden)))
    _, dlogits = numpy_rnn.softmax_cross_entropy(logits, y)
    _, norms = model.backward(dlogits, caches, h_T, collect_grad_norms=True)
    return [float(f"{norm:.4g}") for norm in norms]


def initial_norms(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """The norms of dL/dh_t before training, by how the weights are drawn.

    Standard deviations of Wxh, Whh and Why; those of the solution are 1, H**-0.5, H**-0.5.
    """
    text = corpora.load("shakespeare")[: setting["characters"]]
    H, B = setting["hidden"], setting["batch"]
    X, y, vocab, _, _ = numpy_rnn.build_dataset(text, setting["seq_len"], setting["stride"])
    figures, series = {}, {}
    for deviations in setting["deviations"]:
        rng = seeded(seed)
        model = numpy_rnn.RNN(vocab, H, rng)
        wanted = dict(zip(("Wxh", "Whh", "Why"), deviations, strict=True))
        for name, deviation in wanted.items():
            array = weights(model)[name]
            array[...] = rng.normal(0, deviation, array.shape)
        rows = rng.choice(len(X), B)
        norms = gradient_norms(model, X[rows], y[rows])
        name = "Wxh {:g}, Whh {:.3g}, Why {:.3g}".format(*deviations)
        figures[f"{name}: norm, t = {len(norms)}"] = norms[-1]
        figures[f"{name}: norm, t = 1"] = norms[0]
        series[name] = points(norms)
    yield Measured(figures, series)


def lstm(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """Lab 6, part A, by its own training: loss, samples at three temperatures."""
    device = setting["device"]  # `shares`: into how many parts an epoch is cut, each a sample
    seeded(seed)
    text = corpora.load("shakespeare")
    dataset, c2i, i2c, vocab = char_lstm.build_dataset(text, setting["seq_len"])
    B, shares = setting["batch"], setting.get("shares", 1)
    windows = min(len(dataset), setting["steps"] * B) if setting["steps"] else len(dataset)
    sampler = torch.utils.data.RandomSampler(dataset, num_samples=windows // shares)
    loader = torch.utils.data.DataLoader(dataset, batch_size=B, sampler=sampler)
    model = char_lstm.CharLSTM(
        vocab, setting["embed"], setting["hidden"], setting["layers"], setting["dropout"]
    ).to(device)
    optim = torch.optim.AdamW(model.parameters(), lr=setting["lr"])
    losses: list[float] = []
    while len(losses) < setting["epochs"] * shares:
        with quiet():
            losses += char_lstm.train(
                model, loader, torch.nn.CrossEntropyLoss(), optim, device, 1, setting["clip"], 10**9
            )
        means = [float(np.mean(losses[i : i + shares])) for i in range(0, len(losses), shares)]
        figures: dict[str, float] = {"epochs": len(losses) / shares}
        for at in (1, 2, 15, 25):
            if at * shares <= len(losses):
                figures[f"loss of epoch {at}"] = means[at - 1]
        figures["loss of the last share" if shares > 1 else "loss of the last epoch"] = losses[-1]
        texts = {
            f"sample at temperature {temp}": char_lstm.generate(
                model, "First Citizen:", c2i, i2c, vocab, 160, temp, device
            )
            for temp in (0.5, 1.0, 1.3)
        }
        curve = [(x / shares, y) for x, y in points(losses)]
        series: dict[str, Points] = {"mean loss": curve}
        yield Measured(figures, series, texts, done=len(losses) == setting["epochs"] * shares)
