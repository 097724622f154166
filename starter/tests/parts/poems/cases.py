"""Inputs for the probes of ``poems``, drawn from a generator. Every axis has another size.

Weights are float32, torch's default; they are plain arrays, since the judge never imports torch.
"""

from __future__ import annotations

import numpy as np

from kit.cases import Case, markov_source, markov_text
from kit.data import Arrays


def poem_lines(rng: np.random.Generator, lines: int) -> list[str]:
    """Lines of 12 characters: some characters rare, a line twice, not in sorted order."""
    usual = "山水风月花鸟春秋人天云江日夜白青玉雨"
    rare = "饕餮麒麟貔貅魑魅"
    made = []
    for i in range(lines):
        body = "".join(rng.choice(list(usual), 10))
        made.append(body[:5] + "，" + body[5:] + "。")
        if i < len(rare):
            at = int(rng.integers(0, 5))
            made[-1] = made[-1][:at] + rare[i] + made[-1][at + 1 :]
    made.insert(2, made[-1])
    made.sort()
    made[0], made[-1] = made[-1], made[0]
    return made


def long_lines(rng: np.random.Generator) -> list[str]:
    """Lines of 64 characters, of a vocabulary of hundreds. Eight verses of seven are as long."""
    characters = [chr(0x4E00 + k) for k in range(400)]
    verses = ["".join(rng.choice(characters, 7)) for _ in range(8 * 30)]
    return ["".join(v + "，。"[n % 2] for n, v in enumerate(verses[i : i + 8]))
            for i in range(0, len(verses), 8)]  # fmt: skip


def poem_weights(rng: np.random.Generator, V: int = 7, E: int = 4, H: int = 5) -> Arrays:
    """Weights of an RNN_model of two layers whose forget gates stay open: a long memory.

    Some gates saturate, and the scores lie a few nats apart.
    """
    shapes = {"embedding": (V, E), "fc_weight": (V, H), "fc_bias": (V,)}
    for layer, inputs in enumerate((E, H)):
        shapes |= {
            f"weight_ih_l{layer}": (4 * H, inputs),
            f"weight_hh_l{layer}": (4 * H, H),
            f"bias_ih_l{layer}": (4 * H,),
            f"bias_hh_l{layer}": (4 * H,),
        }
    weights = {name: rng.normal(0, 0.6, shape) for name, shape in shapes.items()}
    weights["embedding"] *= 2
    weights["fc_weight"] *= 3
    for layer in (0, 1):
        weights[f"bias_ih_l{layer}"][H : 2 * H] = 3  # gates i, f, g, o: this is f
    return {name: w.astype(np.float32) for name, w in weights.items()}


def poem_case(rng: np.random.Generator, B: int = 3, T: int = 6) -> Case:
    """Weights, poems x (B, T) with a repeated character, and inputs of the LSTM alone."""
    weights = poem_weights(rng)
    (V, E), H = weights["embedding"].shape, weights["fc_weight"].shape[1]
    x = rng.integers(0, V, (B, T))
    x[0, -1] = x[0, 0]
    states = {n: rng.normal(0, 0.6, (2, B, H)).astype(np.float32) for n in ("h0", "c0")}
    layer = {"x": rng.normal(0, 1.5, (B, T, E)).astype(np.float32), **states}
    return {"weights": weights, "x": x, "layer": layer}


def poem_changes(rng: np.random.Generator, T: int = 6) -> Case:
    """One poem (T,), the same with another first character, and with another last character.

    The scores lie so far apart that a change shows in their whole numbers too.
    """
    weights = poem_weights(rng)
    weights["fc_weight"] *= np.float32(5)
    V = weights["embedding"].shape[0]
    sentences = np.repeat(rng.integers(0, V, (1, T)), 3, axis=0)
    for n, t in ((1, 0), (2, T - 1)):
        sentences[n, t] = (sentences[n, t] + rng.integers(1, V)) % V
    return {"weights": weights, "sentences": sentences}


RAISED = 10.0
"""Added to the output layer's biases for models with a ReLU after it, as nndl has one.

So all scores are above zero, where the ReLU has neither kinks nor dead units; the softmax does not
change.
"""


def poem_slopes(rng: np.random.Generator, B: int = 2, T: int = 5, count: int = 5) -> Case:
    """Weights, poems, the loss's weights and unit directions to move the weights along."""
    weights = poem_weights(rng)
    weights["fc_bias"] += np.float32(RAISED)
    V = weights["embedding"].shape[0]
    directions = []
    for _ in range(count):
        found = {name: rng.normal(0, 1, w.shape) for name, w in weights.items()}
        directions.append({n: (d / np.linalg.norm(d)).astype(np.float32) for n, d in found.items()})
    return {
        "weights": weights,
        "x": rng.integers(0, V, (B, T)),
        "loss_weight": rng.normal(0, 1, (B * T, V)),
        "directions": directions,
        "step": 1e-2,
    }


def poem_far_slopes(rng: np.random.Generator) -> Case:
    """As :func:`poem_slopes` for long poems, of which the last two steps make the loss.

    The directions move the embeddings of characters that stand only at the beginning. All units
    have a long memory, and the other characters put little into it: full cells would hide what came
    first.
    """
    B, T, first = 2, 26, 3
    case = poem_slopes(rng, B, T, 2)
    weights = case["weights"]
    H, V = weights["fc_weight"].shape[1], weights["embedding"].shape[0]
    weights["embedding"][first:] *= np.float32(0.1)
    for layer in (0, 1):
        for name in ("weight_hh", "bias_ih", "bias_hh"):
            weights[f"{name}_l{layer}"] *= np.float32(0.2)
        weights[f"bias_ih_l{layer}"][H : 2 * H] = 5
    case["x"] = rng.integers(first, V, (B, T))
    case["x"][:, :4] = rng.integers(0, first, (B, 4))
    case["loss_weight"].reshape(B, T, V)[:, :-2] = 0
    for direction in case["directions"]:
        direction["embedding"][first:] = 0
        direction["embedding"] /= np.linalg.norm(direction["embedding"])
    return case


def poem_batches(rng: np.random.Generator, T: int = 9) -> list[list[int]]:
    """Eleven poems of T indices, all different."""
    poems = rng.permutation(100)[:99].reshape(11, 9)[:, :T]
    return [[int(i) for i in poem] for poem in poems]


def many_batches(rng: np.random.Generator) -> list[list[int]]:
    """Sixty poems of 66 indices, all different."""
    found: list[list[int]] = rng.integers(0, 500, (60, 66)).tolist()
    return found


def poem_generator(rng: np.random.Generator, length: int = 12, stop: str = "") -> Case:
    """Lines of a file, and a ranking of their characters with ``E`` after `length` of them.

    `stop`, a full stop say, becomes a character of the file, the third of the ranking.

    See ``parts.poems.probes_text``: the model names the first of the ranking not yet read.
    """
    characters = "".join(rng.permutation(list("山水风月花鸟春秋人天云江日夜白青")))
    characters = characters[:2] + stop + characters[2:]
    lines = ["".join(rng.permutation(list(characters)))[:10] for _ in range(4)]
    lines += [characters[:10], characters[6:]]  # every character occurs
    return {"lines": lines, "ranking": characters[:length] + "E" + characters[length:]}


def poem_learning_case(rng: np.random.Generator, contract: str = "lab5") -> Case:
    """A training run for RNN_model, and the true probabilities to score it.

    V = 5, T = 8, H = 32, E = 16, B = 32, 180 steps of Adam, the loss at every step; the source
    looks two characters back. There are 6 rows, one of them spare. The held-out contexts are drawn
    uniformly, as ``kit.cases.markov_source`` asks.

    The nndl contract reads one poem at a time: there B = 1, T = 192, and fewer contexts.
    """
    V, E, H, B, T, steps, lag = 5, 16, 32, 32, 8, 180, 2
    held_out = (2000, T)
    if contract == "nndl":
        B, T, steps, held_out = 1, 192, 250, (400, T)
    source = markov_source(rng, lag, V)
    train = markov_text(rng, source, lag, T + 1 + lag, steps * B)[:, lag:]
    weights = poem_weights(rng, V + 1, E, H)
    bound = 1 / np.sqrt(H)
    for name, value in weights.items():  # torch's initial values
        spread = 1.0 if name == "embedding" else bound
        weights[name] = rng.uniform(-spread, spread, value.shape).astype(np.float32)
    for name in ("bias_ih_l0", "bias_ih_l1"):
        weights[name][H : 2 * H] += 1  # forget gates that start open
    weights["fc_bias"] += np.float32(RAISED if contract == "nndl" else 0)
    contexts = rng.integers(0, V, held_out)
    truth = source[contexts[:, -lag], contexts[:, -1]]  # (2000, V)
    return {
        "inputs": {
            "weights": weights,
            "x": train[:, :T].reshape(steps, B, T),
            "y": train[:, 1:].reshape(steps, B, T),
            "rate": 2e-2,
            "max_norm": 1.0,
        },
        "contexts": contexts,
        "truth": np.concatenate([truth, np.zeros((len(truth), 1))], axis=1),  # (2000, V + 1)
    }
