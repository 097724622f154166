"""The mixers of ``parts.scratch_rnn.probes_nets`` in NumPy: the right results on them.

s_t = 0.7 roll(s_{t-1}) + E[x_t], scores_t = s_t Q. A mixer is linear, so its gradients are short
sums. Shapes: N batches, B batch, T time steps, V vocabulary, S state.
"""

from __future__ import annotations

import numpy as np

from kit.data import Arrays
from kit.numerics import softmax

from .probes_nets import FADING


def run(weights: Arrays, x: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (T, B, V) for x (B, T) from the state (B, S), and the states (T, B, S)."""
    states = []
    for column in x.T:
        state = FADING * np.roll(state, 1, axis=-1) + weights["E"][column]
        states.append(state)
    stacked = np.array(states)
    return stacked @ weights["Q"], stacked


def step(
    weights: Arrays, x: np.ndarray, y: np.ndarray, state: np.ndarray
) -> tuple[float, Arrays, np.ndarray]:
    """A batch's mean loss, its gradients (without those through `state`), and its last state."""
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
    weights: Arrays, x: np.ndarray, y: np.ndarray, scales: np.ndarray, keep: bool
) -> tuple[float, list[Arrays], list[np.ndarray]]:
    """The perplexity of batches x, y (N, B, T), and the gradients of each and the state before it.

    After step k the weights are scales[k] times the first ones. With `keep` each batch
    starts from the last state of the one before, else from zeros.
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
    weights: Arrays, prefix: list[int], count: int, way: str = "right"
) -> tuple[list[int], float]:
    """`count` indices predicted after `prefix`, and the least lead of the best score over the next.

    `way` may be a mistake: ``cold`` (no warm-up), ``last_only`` (each character starts from a zero
    state), ``twice`` (the last character of the prefix is read twice), ``headless`` (its first one
    is not read), ``ends_first`` (its last one is read in place of its first one), ``backward`` (it
    is read from its end), ``window N`` (only the last N characters are read), ``tail N`` and
    ``head N`` (only so many characters of the prefix are read, then all that is predicted).
    """
    given = {
        "cold": prefix[-1:],
        "twice": [*prefix, prefix[-1]],
        "headless": prefix[1:],
        "ends_first": [prefix[-1], *prefix[1:]],
        "backward": prefix[::-1],
    }.get(way, prefix)
    if way.startswith("tail"):
        given = prefix[-int(way.split()[1]) :]
    if way.startswith("head "):
        given = prefix[: int(way.split()[1])]
    out: list[int] = []
    lead = np.inf
    for _ in range(count):
        text = [*given, *out]
        text = text[-1:] if way == "last_only" else text
        if way.startswith("window"):
            text = text[-int(way.split()[1]) :]
        start = np.zeros((1, weights["E"].shape[1]))
        scores = run(weights, np.array([text]), start)[0][-1, 0]
        ranked = np.sort(scores)
        lead = min(lead, float(ranked[-1] - ranked[-2]))
        out.append(int(scores.argmax()))
    return out, lead


MISTAKES = ("cold", "last_only", "twice")
"""The wrong ways of :func:`likeliest`; a case must tell them from the right one."""

HEADS = ("headless", "ends_first", "backward")
"""Wrong ways that show where the prefix begins; a case with a short prefix tells them."""

ENDS = tuple(f"{end} {n}" for end in ("tail", "head") for n in (5, 8, 10, 12, 16, 20))
"""Wrong ways that read one end of the prefix; a case with a longer prefix tells them."""

WINDOWS = ("window 5", "window 8", "window 10", "window 12", "window 16", "window 20")
"""Wrong ways that forget how the text began; a long case whose first character is loud tells."""
