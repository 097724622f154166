"""The mixers of ``parts.scratch_rnn.probes_nets`` in NumPy: what a student's function should find.

s_t = 0.7 roll(s_{t-1}) + E[x_t], scores_t = s_t Q. It is linear, so its gradients are short sums.
"""

from __future__ import annotations

import numpy as np

from kit.numerics import softmax

from .probes_nets import FADING

Weights = dict[str, np.ndarray]


def run(weights: Weights, x: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (T, B, V) for x (B, T) from the state (B, S), and the states (T, B, S)."""
    states = []
    for column in x.T:
        state = FADING * np.roll(state, 1, axis=-1) + weights["E"][column]
        states.append(state)
    stacked = np.array(states)
    return stacked @ weights["Q"], stacked


def step(
    weights: Weights, x: np.ndarray, y: np.ndarray, state: np.ndarray
) -> tuple[float, Weights, np.ndarray]:
    """Mean loss of a batch, its gradients (none through `state`), and the state at its end."""
    scores, states = run(weights, x, state)
    T, B, V = scores.shape
    p = softmax(scores)
    wanted = y.T
    loss = -np.log(np.take_along_axis(p, wanted[:, :, None], axis=2)).mean()
    d_scores = (p - np.eye(V)[wanted]) / (T * B)
    gradients = {
        "E": np.zeros_like(weights["E"]),
        "Q": np.einsum("tbs,tbv->sv", states, d_scores),
    }
    d_state = np.zeros_like(state)
    for t in reversed(range(T)):
        d_state = d_scores[t] @ weights["Q"].T + FADING * np.roll(d_state, -1, axis=-1)
        np.add.at(gradients["E"], x[:, t], d_state)
    return float(loss), gradients, states[-1]


def epoch(
    weights: Weights, x: np.ndarray, y: np.ndarray, scales: np.ndarray, keep: bool
) -> tuple[float, list[Weights], list[np.ndarray]]:
    """Perplexity of batches x, y (N, B, T), each step's gradients, the state before each.

    After step k the weights are scales[k] times the first ones. With `keep` the state goes on
    from batch to batch, else each starts from zeros.
    """
    losses, gradients, before = [], [], []
    state = zeros = np.zeros((x.shape[1], weights["E"].shape[1]))
    for k in range(len(x)):
        scale = scales[k - 1] if k else 1.0
        now = {name: scale * w.astype(np.float64) for name, w in weights.items()}
        before.append(state if keep else zeros)
        loss, found, state = step(now, x[k], y[k], before[-1])
        losses.append(loss)
        gradients.append(found)
    return float(np.exp(np.mean(losses))), gradients, before


def likeliest(
    weights: Weights, prefix: list[int], count: int, way: str = "right"
) -> tuple[list[int], float]:
    """`count` indices predicted behind `prefix`, and the least lead of a winner over the next.

    `way` may be a mistake: ``cold`` (not warmed up), ``last_only`` (the state starts anew at each
    character), ``twice`` (the last character of the prefix is read twice).
    """
    given = {"cold": prefix[-1:], "twice": [*prefix, prefix[-1]]}.get(way, prefix)
    out: list[int] = []
    lead = np.inf
    for _ in range(count):
        text = [*given, *out]
        text = text[-1:] if way == "last_only" else text
        start = np.zeros((1, weights["E"].shape[1]))
        scores = run(weights, np.array([text]), start)[0][-1, 0]
        ranked = np.sort(scores)
        lead = min(lead, float(ranked[-1] - ranked[-2]))
        out.append(int(scores.argmax()))
    return out, lead


MISTAKES = ("cold", "last_only", "twice")
"""Ways of :func:`likeliest` that a case has to tell from the right one."""
