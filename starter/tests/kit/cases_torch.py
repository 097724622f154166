"""Inputs for the probes of the torch parts: plain arrays, since the judge never imports torch.

Weights are float32, torch's default. Every axis has another size; nothing starts at zero.
"""

from __future__ import annotations

import numpy as np

from .cases import CHARACTERS, Case, markov_source, markov_text

# ---------------------------------------------------------------- char_lstm


def char_weights(
    rng: np.random.Generator, V: int = 7, E: int = 4, H: int = 5, L: int = 2, scale: float = 0.8
) -> dict[str, np.ndarray]:
    """Weights of a CharLSTM by their names in torch, N(0, scale²), some gates saturated."""
    shapes: dict[str, tuple[int, ...]] = {"embed.weight": (V, E)}
    for layer in range(L):
        shapes[f"lstm.weight_ih_l{layer}"] = (4 * H, H if layer else E)
        shapes[f"lstm.weight_hh_l{layer}"] = (4 * H, H)
        shapes[f"lstm.bias_ih_l{layer}"] = (4 * H,)
        shapes[f"lstm.bias_hh_l{layer}"] = (4 * H,)
    shapes |= {"fc.weight": (V, H), "fc.bias": (V,)}
    weights = {n: rng.normal(0, scale, s).astype(np.float32) for n, s in shapes.items()}
    for layer in range(L):
        weights[f"lstm.bias_ih_l{layer}"][H : H + 2] += 3  # two forget gates: long memory
    return weights


def char_case(
    rng: np.random.Generator, T: int = 6, B: int = 3, L: int = 2, state: bool = False
) -> Case:
    """Weights and characters x (B, T); with `state` also h, c (L, B, H) to start from."""
    weights = char_weights(rng, L=L)
    V, H = weights["fc.weight"].shape
    x = rng.integers(0, V, (B, T))
    x[0, -1] = x[0, 0]
    case: Case = {"weights": weights, "x": x}
    if state:
        case["state"] = {n: rng.normal(0, 0.6, (L, B, H)).astype(np.float32) for n in "hc"}
    return case


def char_training_case(rng: np.random.Generator, N: int = 3, B: int = 4, T: int = 5) -> Case:
    """N batches x (N, B, T), y (N, B) for two epochs, and what the weights do meanwhile.

    The optimiser of the probe learns nothing: at its step k it sets every weight to scales[k]
    times the first one. So the right gradient of each step is known, whatever went before.
    """
    weights = char_weights(rng, L=1)
    V = weights["fc.weight"].shape[0]
    y = rng.integers(0, V, (N, B))
    y[:, 1] = y[:, 0]  # targets repeat
    return {
        "weights": weights,
        "x": rng.integers(0, V, (N, B, T)),
        "y": y,
        "scales": 1 / (1 + 0.12 * np.arange(1, 2 * N + 1)),
    }


def char_sampling_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A model with a long memory whose next-character distributions differ clearly."""
    weights = char_weights(rng, V=len(CHARACTERS), E=5, H=12, L=1, scale=1.0)
    weights["fc.weight"] *= 1.5
    return weights


def char_peaked_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Two layers, and logits so far apart that the next character is all but certain."""
    weights = char_weights(rng, V=len(CHARACTERS), E=5, H=12, L=2, scale=1.0)
    weights["fc.weight"] *= 1e4
    return weights


def char_learning_case(rng: np.random.Generator) -> Case:
    """A course of training for CharLSTM, and the truth it is scored against.

    V = 5, T = 8, H = 32, B = 48, two epochs of 120 batches; the source looks two characters back.
    The held-out contexts are drawn uniformly, as in ``cases.rnn_learning_case``.
    """
    V, E, H, B, T, steps, lag = 5, 16, 32, 48, 8, 120, 2
    source = markov_source(rng, lag, V)
    train = markov_text(rng, source, lag, T + 1 + lag, steps * B)[:, lag:]
    weights = char_weights(rng, V, E, H, L=1)
    for name, value in weights.items():  # as torch starts: N(0, 1), else uniform
        bound = 1 / np.sqrt(H)
        fresh = rng.uniform(-bound, bound, value.shape)
        weights[name] = (rng.normal(0, 1, value.shape) if "embed" in name else fresh).astype(
            np.float32
        )
    contexts = rng.integers(0, V, (2000, T))
    return {
        "inputs": {
            "weights": weights,
            "x": train[:, :T].reshape(steps, B, T),
            "y": train[:, T].reshape(steps, B),
            "epochs": 2,
            "rate": 2e-2,
            "clip": 5.0,
        },
        "contexts": contexts,
        "truth": source[contexts[:, -lag], contexts[:, -1]],  # (2000, V)
    }


# ---------------------------------------------------------------- poems


def poem_weights(
    rng: np.random.Generator, V: int = 7, E: int = 4, H: int = 5
) -> dict[str, np.ndarray]:
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
    """One poem (T,), the same with another first character, and with another last character."""
    weights = poem_weights(rng)
    V = weights["embedding"].shape[0]
    sentences = np.repeat(rng.integers(0, V, (1, T)), 3, axis=0)
    for n, t in ((1, 0), (2, T - 1)):
        sentences[n, t] = (sentences[n, t] + rng.integers(1, V)) % V
    return {"weights": weights, "sentences": sentences}


RAISED = 10.0
"""Added to the output layer's biases for models with a ReLU behind it (nndl): all scores are then
above zero, where the ReLU has neither kinks nor dead units; the softmax does not see it."""


def poem_slopes(
    rng: np.random.Generator, B: int = 2, T: int = 5, count: int = 5, contract: str = "lab5"
) -> Case:
    """Weights, poems, the loss's weights and unit directions to move the weights along."""
    weights = poem_weights(rng)
    weights["fc_bias"] += np.float32(RAISED if contract == "nndl" else 0)
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


def poem_batches(rng: np.random.Generator, T: int = 9) -> list[list[int]]:
    """Eleven poems of T indices, all different."""
    poems = rng.permutation(100)[:99].reshape(11, 9)[:, :T]
    return [[int(i) for i in poem] for poem in poems]


def poem_generator(rng: np.random.Generator, length: int = 12) -> Case:
    """Lines of a file, a ranking of their characters with ``E`` behind `length` of them.

    See ``parts.poems.probes_text``: the model names the foremost of the ranking not yet read.
    """
    characters = "".join(rng.permutation(list("山水风月花鸟春秋人天云江日夜白青")))
    lines = ["".join(rng.permutation(list(characters)))[:10] for _ in range(4)]
    lines += [characters[:10], characters[6:]]  # every character occurs
    return {"lines": lines, "ranking": characters[:length] + "E" + characters[length:]}


def poem_learning_case(rng: np.random.Generator, contract: str = "lab5") -> Case:
    """A course of training for RNN_model, and the truth it is scored against.

    V = 5, T = 8, H = 32, E = 16, B = 32, 180 steps of Adam, the loss at every step; the source
    looks two characters back. There are 6 rows, one of them spare. The held-out contexts are drawn
    uniformly, as in ``cases.rnn_learning_case``.

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
    for name, value in weights.items():  # as torch starts
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


# ---------------------------------------------------------------- scratch_rnn


def scratch_params(rng: np.random.Generator, V: int = 7, H: int = 5) -> dict[str, np.ndarray]:
    """Parameters of a network from scratch, N(0, 1/H), with one saturated unit."""
    shapes = {"W_xh": (V, H), "W_hh": (H, H), "b_h": (H,), "W_hq": (H, V), "b_q": (V,)}
    params = {n: rng.normal(0, 1 / np.sqrt(H), s).astype(np.float32) for n, s in shapes.items()}
    params["W_hh"][:, 0] *= 4
    params["b_h"][0] = 3
    return params


def scratch_case(rng: np.random.Generator, T: int = 6, B: int = 3, H: int = 5, V: int = 7) -> Case:
    """Parameters, inputs (T, B, V) that need not be one-hot, and a state (B, H) that is not 0."""
    return {
        "params": scratch_params(rng, V, H),
        "inputs": rng.normal(0, 1, (T, B, V)).astype(np.float32),
        "state": rng.normal(0, 0.6, (B, H)).astype(np.float32),
    }


def scratch_slopes(rng: np.random.Generator, count: int = 4) -> Case:
    """A case of ``rnn``, the loss's weights, and unit directions to move everything along."""
    case = scratch_case(rng, T=5, B=2)
    T, B, V = case["inputs"].shape
    moving = {**case["params"], "state": case["state"]}
    directions = []
    for _ in range(count):
        found = {name: rng.normal(0, 1, w.shape) for name, w in moving.items()}
        directions.append({n: (d / np.linalg.norm(d)).astype(np.float32) for n, d in found.items()})
    weight = rng.normal(0, 1, (T * B, V))
    return {**case, "loss_weight": weight, "directions": directions, "step": 1e-2}


def mixer_weights(rng: np.random.Generator, V: int = 7, S: int = 4, scale: float = 0.5) -> Case:
    """E (V, S) and Q (S, V) of a mixer, see ``parts.scratch_rnn.probes_nets``."""
    shapes = {"E": (V, S), "Q": (S, V)}
    return {name: rng.normal(0, scale, shape).astype(np.float32) for name, shape in shapes.items()}


def scratch_epoch_case(rng: np.random.Generator, N: int = 5, B: int = 3, T: int = 4) -> Case:
    """N batches x, y (N, B, T) for ``train_epoch`` and what the weights of the mixer do meanwhile.

    Gradients are far below 1, the norm to which the notes clip.
    """
    weights = mixer_weights(rng)
    V = weights["E"].shape[0]
    y = rng.integers(0, V, (N, B, T))
    y[:, 1] = y[:, 0]  # targets repeat
    return {
        "weights": weights,
        "x": rng.integers(0, V, (N, B, T)),
        "y": y,
        "scales": 1 + 0.3 * np.arange(1, N + 1),
    }


def module_weights(
    rng: np.random.Generator,
    kind: str,
    layers: int = 1,
    directions: int = 1,
    V: int = 7,
    H: int = 5,
) -> dict[str, np.ndarray]:
    """Parameters of a layer of torch by their names there, and of the output layer behind it."""
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[kind]
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(layers):
        for end in ("", "_reverse")[:directions]:
            name = f"l{layer}{end}"
            shapes[f"weight_ih_{name}"] = (gates * H, directions * H if layer else V)
            shapes[f"weight_hh_{name}"] = (gates * H, H)
            shapes[f"bias_ih_{name}"] = shapes[f"bias_hh_{name}"] = (gates * H,)
    shapes |= {"linear.weight": (V, directions * H), "linear.bias": (V,)}
    return {name: rng.normal(0, 0.6, shape).astype(np.float32) for name, shape in shapes.items()}


def module_case(
    rng: np.random.Generator,
    kind: str,
    layers: int = 1,
    directions: int = 1,
    B: int = 3,
    T: int = 6,
) -> Case:
    """Everything that the probe ``module`` takes: weights, x (B, T), a state that is not zero."""
    H = 5
    names = ("h", "c") if kind == "LSTM" else ("h",)
    shape = (layers * directions, B, H)
    return {
        "weights": module_weights(rng, kind, layers, directions, H=H),
        "kind": kind,
        "layers": layers,
        "directions": directions,
        "x": rng.integers(0, 7, (B, T)),
        "state": {n: rng.normal(0, 0.6, shape).astype(np.float32) for n in names},
    }


def scratch_learning_case(rng: np.random.Generator) -> Case:
    """A course of training for the network from scratch, and the truth it is scored against.

    V = 5, T = 8, H = 32, B = 64, 300 steps of Adam, the loss at every step; the source looks two
    characters back. The held-out contexts are drawn uniformly, as in ``cases.rnn_learning_case``.
    """
    V, H, B, T, steps, lag = 5, 32, 64, 8, 300, 2
    source = markov_source(rng, lag, V)
    train = markov_text(rng, source, lag, T + 1 + lag, steps * B)[:, lag:]
    shapes = {"W_xh": (V, H), "W_hh": (H, H), "W_hq": (H, V)}
    params = {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}
    params |= {"b_h": np.zeros(H, np.float32), "b_q": np.zeros(V, np.float32)}
    contexts = rng.integers(0, V, (2000, T))
    return {
        "inputs": {
            "params": params,
            "x": train[:, :T].reshape(steps, B, T),
            "y": train[:, 1:].reshape(steps, B, T),
            "rate": 3e-2,
        },
        "contexts": contexts,
        "truth": source[contexts[:, -lag], contexts[:, -1]],  # (2000, V)
    }
