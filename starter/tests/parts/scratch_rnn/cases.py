"""Inputs for the probes of ``scratch_rnn``, drawn from a generator. Every axis has another size.

Weights are float32, torch's default; they are plain arrays, since the judge never imports torch.
"""

from __future__ import annotations

import numpy as np

from kit.cases import Case, markov_source, markov_text
from kit.data import Arrays


def scratch_params(rng: np.random.Generator, V: int = 7, H: int = 5) -> Arrays:
    """Parameters of a network from scratch, N(0, 1/H), with one saturated unit."""
    shapes = {"W_xh": (V, H), "W_hh": (H, H), "b_h": (H,), "W_hq": (H, V), "b_q": (V,)}
    params = {n: rng.normal(0, 1 / np.sqrt(H), s).astype(np.float32) for n, s in shapes.items()}
    params["W_hh"][:, 0] *= 4
    params["b_h"][0] = 3
    return params


LONG = 26
"""The steps of a case that shows where gradients end on the way."""


def scratch_case(rng: np.random.Generator, T: int = 6, B: int = 3, H: int = 5, V: int = 7) -> Case:
    """Parameters, inputs (T, B, V) that need not be one-hot, and a state (B, H) that is not 0."""
    return {
        "params": scratch_params(rng, V, H),
        "inputs": rng.normal(0, 1, (T, B, V)).astype(np.float32),
        "state": rng.normal(0, 0.6, (B, H)).astype(np.float32),
    }


def scratch_slopes(rng: np.random.Generator, count: int = 4) -> Case:
    """A case of ``rnn``, the loss's weights, and unit directions to move everything along.

    With a ReLU in place of tanh no unit comes near its kink, where differences are no slopes: such
    a network has its gradients, and loses its points elsewhere.
    """
    step = 2e-3
    while _nearest_kink(case := scratch_case(rng, T=5, B=2)) < 10 * step:
        pass
    return _with_directions(rng, case, count, step)


def scratch_far_slopes(rng: np.random.Generator) -> Case:
    """As :func:`scratch_slopes` for many steps; the loss is that of the last one.

    The state before the first step still moves it: W_hh turns the states and shrinks them little.
    """
    case = scratch_case(rng, T=LONG, B=2)
    params = case["params"]
    params["W_hh"] = _turn(rng, len(params["W_hh"]))
    for name in ("W_xh", "b_h"):
        params[name] = np.float32(0.1) * params[name]
    made = _with_directions(rng, case, 4, 1e-2)
    made["loss_weight"][:-2] = 0
    return made


def _turn(rng: np.random.Generator, size: int) -> np.ndarray:
    """An orthogonal matrix."""
    return np.asarray(np.linalg.qr(rng.normal(0, 1, (size, size)))[0], np.float32)


def _with_directions(rng: np.random.Generator, case: Case, count: int, step: float) -> Case:
    T, B, V = case["inputs"].shape
    moving = {**case["params"], "state": case["state"]}
    directions = []
    for _ in range(count):
        found = {name: rng.normal(0, 1, w.shape) for name, w in moving.items()}
        directions.append({n: (d / np.linalg.norm(d)).astype(np.float32) for n, d in found.items()})
    weight = rng.normal(0, 1, (T * B, V))
    return {**case, "loss_weight": weight, "directions": directions, "step": step}


def _nearest_kink(case: Case) -> float:
    """The smallest sum that a unit of the network with a ReLU gets, without its sign."""
    params, h, nearest = case["params"], case["state"], np.inf
    for x in case["inputs"]:
        z = x @ params["W_xh"] + h @ params["W_hh"] + params["b_h"]
        nearest = min(nearest, float(np.abs(z).min()))
        h = np.maximum(z, 0)
    return nearest


def mixer_weights(rng: np.random.Generator, V: int = 7, S: int = 4, scale: float = 0.5) -> Case:
    """E (V, S) and Q (S, V) of a mixer, see ``parts.scratch_rnn.probes_nets``."""
    shapes = {"E": (V, S), "Q": (S, V)}
    return {name: rng.normal(0, scale, shape).astype(np.float32) for name, shape in shapes.items()}


def scratch_epoch_case(rng: np.random.Generator, N: int = 5, B: int = 3, T: int = 4) -> Case:
    """N batches x, y (N, B, T) for ``train_epoch``, and the scale of the weights at each step.

    The norm of the gradients is far below 1, the limit of the notes.
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
) -> Arrays:
    """Parameters of a layer by their names in torch, and of the output layer after it."""
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


def module_far_case(rng: np.random.Generator) -> Case:
    """As :func:`module_case` for many steps, of which the first still moves the last scores."""
    case = module_case(rng, "RNN", B=2, T=LONG)
    weights = case["weights"]
    weights["weight_hh_l0"] = _turn(rng, len(weights["weight_hh_l0"]))
    for name in ("weight_ih_l0", "bias_ih_l0", "bias_hh_l0"):
        weights[name] = np.float32(0.1) * weights[name]
    return case


def scratch_learning_case(rng: np.random.Generator) -> Case:
    """A training run for the network from scratch, and the true probabilities to score it.

    V = 5, T = 8, H = 32, B = 64, 300 steps of Adam, the loss at every step; the source looks two
    characters back. The held-out contexts are drawn uniformly, as ``kit.cases.markov_source``
    asks.
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
