"""Inputs for the probes of ``sequence``, drawn from a generator. Every axis has another size.

Where possible, a case draws the right answer first and makes the question from it, so that no
formula that a student should write is shown here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from kit import draws
from kit.cases import Case, single
from kit.numerics import divergence, softmax

DRAWS = 1000
"""The number of draws in a check of a sampler."""

TELLING = 110.0
"""Nats of evidence expected against a wrong sampler; a check rejects at 56 or more (V = 7)."""


# ---------------------------------------------------------------- cells


def lstm_case(rng: np.random.Generator, B: int = 3, E: int = 4, H: int = 5) -> Case:
    """A step of an LSTM with one saturated unit, and dL/dh_t, dL/dc_t."""
    weights = _cell(rng, E, H, 4) | {"b": single(rng.normal(0, 0.5, 4 * H))}
    weights["b"][::H] += 2
    states = {
        "x_t": single(rng.normal(0, 1, (B, E))),
        "h_prev": single(rng.normal(0, 0.5, (B, H))),
        "c_prev": single(rng.normal(0, 1, (B, H))),
    }
    return {
        "inputs": states | weights,
        "dh_t": single(rng.normal(0, 1, (B, H))),
        "dc_t": single(rng.normal(0, 1, (B, H))),
    }


def gru_case(rng: np.random.Generator, B: int = 3, E: int = 4, H: int = 5) -> Case:
    """A step of a GRU; both biases matter."""
    return {
        "x_t": single(rng.normal(0, 1, (B, E))),
        "h_prev": single(rng.normal(0, 1, (B, H))),
        **_cell(rng, E, H, 3),
        "bx": single(rng.normal(0, 1, 3 * H)),
        "bh": single(rng.normal(0, 1, 3 * H)),
    }


def bilstm_case(rng: np.random.Generator, B: int = 3, T: int = 6, E: int = 4, H: int = 5) -> Case:
    """A sequence and the weights of both directions."""
    params = [_cell(rng, E, H, 4) | {"b": single(rng.normal(0, 0.5, 4 * H))} for _ in range(2)]
    x = single(rng.normal(0, 1, (B, T, E)))
    return {"x": x, "forward": params[0], "backward": params[1]}


def _cell(rng: np.random.Generator, E: int, H: int, gates: int) -> Case:
    return {
        "Wx": single(rng.normal(0, 1 / np.sqrt(E), (E, gates * H))),
        "Wh": single(rng.normal(0, 1 / np.sqrt(H), (H, gates * H))),
    }


# ---------------------------------------------------------------- decoding


def greedy_case(rng: np.random.Generator, V: int = 7) -> Case:
    """Rows of logits, some below zero, one above; the place of the largest entry varies.

    In two rows all lie between two whole numbers.
    """
    largest = rng.permutation(V)
    logits = rng.uniform(-5, -1, (V, V))
    logits[np.arange(V), largest] = rng.uniform(-0.9, 2, V)
    logits[0] += 6  # here the smallest entry has the smallest magnitude
    logits[1:3] = rng.uniform(0.1, 0.4, (2, V))
    logits[[1, 2], largest[1:3]] += 0.5
    return {"logits": logits, "indices": largest}


def temperature_case(rng: np.random.Generator, temperature: float, V: int = 7) -> Case:
    """Logits whose softmax at `temperature` is `probs`, far from that of named mistakes."""
    while True:
        probs = softmax(rng.normal(0, 1.5, V))
        logits = temperature * np.log(probs) + rng.normal(0, 2)
        wrong = [
            softmax(logits),  # temperature ignored
            softmax(logits * temperature),
            softmax(1e3 * logits),  # arg-max
            np.full(V, 1 / V),
        ]
        if all(DRAWS * divergence(q, probs) > TELLING for q in wrong):
            return {"logits": logits, "value": temperature, "probs": probs}


def temperature_draws_case(rng: np.random.Generator, V: int = 7) -> Case:
    """As :func:`temperature_case`, where drawing shows also beside a temperature that multiplies.

    Probabilities that are wrong count as usable, where they depend on the logits and on the
    temperature; here those that multiply are.
    """
    temperature = 0.5
    while True:
        case = temperature_case(rng, temperature, V)
        multiplied = softmax(case["logits"] * temperature)
        others = (
            softmax(case["logits"] * (temperature + 1)),
            multiplied[::-1],
            np.full(V, 1 / V),
            np.eye(V)[multiplied.argmax()],
        )
        if _all_apart(others, multiplied):
            return case


def _all_apart(others: Iterable[np.ndarray], probs: np.ndarray) -> bool:
    """Whether draws tell each of `others` from `probs`, and those of `probs` from them."""
    both = (min(divergence(p, probs), divergence(probs, p)) for p in others)
    return DRAWS * min(both) > TELLING


def flat_temperature_case(rng: np.random.Generator, V: int = 7) -> Case:
    """Logits at whose temperature it shows that only the likeliest indices are drawn."""
    temperature = 2.0
    while True:
        probs = softmax(rng.normal(0, 0.5, V))
        wrong = [_largest(probs, count) for count in (3, 5)]
        if all(DRAWS * divergence(q, probs) > TELLING for q in wrong):
            logits = temperature * np.log(probs) + rng.normal(0, 2)
            return {"logits": logits, "value": temperature, "probs": probs}


def many_case(rng: np.random.Generator) -> Case:
    """As :func:`temperature_case` of many indices, most of them improbable; see kit.draws."""
    temperature = 0.7
    probs, level = draws.by_levels(rng)
    logits = temperature * np.log(probs) + rng.normal(0, 2)
    case = {"logits": logits, "value": temperature, "probs": probs, "level": level}
    return case | {"count": draws.LEVEL_DRAWS}


def rare_case(rng: np.random.Generator) -> Case:
    """As :func:`many_case`, where a nucleus leaves out what is very improbable."""
    temperature = 0.8
    probs, level = draws.by_levels(rng, draws.RARE)
    logits = temperature * np.log(probs) + rng.normal(0, 2)
    case = {"logits": logits, "value": temperature, "probs": probs, "level": level}
    return case | {"count": draws.RARE_TEXTS * draws.RARE_LENGTH}


KEPT_LEVELS = ((3, 0.26), (7, 0.24), (40, 0.5))
"""Of top-k with a large k: 9 %, 3.4 % and 1.25 % each."""


def top_k_many_case(rng: np.random.Generator) -> Case:
    """As :func:`top_k_case` for a k of 50, most of them improbable."""
    few, few_levels = draws.by_levels(rng, KEPT_LEVELS)
    case = _top_k_case(rng, few, 110)
    level = np.full(110, len(KEPT_LEVELS))  # what is never drawn
    level[case["at"]] = few_levels
    return {**case, "level": level, "count": draws.LEVEL_DRAWS}


def _largest(probs: np.ndarray, count: int) -> np.ndarray:
    """`probs` without all but the `count` largest."""
    kept = probs * (probs >= np.sort(probs)[-count])
    return np.asarray(kept / kept.sum())


def top_k_case(rng: np.random.Generator, k: int, V: int = 7) -> Case:
    """Logits whose k largest, none among the first k, have the probabilities `probs`."""
    while True:
        few = softmax(rng.normal(0, 0.8, k))
        wrong = [np.eye(k)[few.argmax()], np.full(k, 1 / k), _largest(few, k - 1)]
        if all(DRAWS * divergence(q, few) > TELLING for q in wrong):
            return _top_k_case(rng, few, V)


def top_k_draws_case(rng: np.random.Generator, k: int, V: int = 7) -> Case:
    """As :func:`top_k_case`, where probabilities by zeros for logits, or by a larger k, are usable.

    Probabilities that are wrong count as usable, where they depend on the logits and on k.
    """

    def with_zeros(logits: np.ndarray, k: int) -> np.ndarray:
        return np.asarray(softmax(logits * (logits >= np.sort(logits)[-k])))

    def of_more(more: int) -> Callable[[np.ndarray, int], np.ndarray]:
        return lambda logits, k: _largest(softmax(logits), k + more)

    def usable(
        probs: Callable[[np.ndarray, int], np.ndarray], other: int, logits: np.ndarray
    ) -> bool:
        wrong = probs(logits, k)
        turned, moved = probs(logits[::-1], k), probs(logits, other)
        return _all_apart((moved, turned, np.full(V, 1 / V), np.eye(V)[wrong.argmax()]), wrong)

    kinds = ((with_zeros, k + 1), (of_more(1), 1), (of_more(2), 1))
    while True:
        case = top_k_case(rng, k, V)
        if all(usable(probs, other, case["logits"]) for probs, other in kinds):
            return case


def top_k_border_case(rng: np.random.Generator, k: int, V: int) -> Case:
    """As :func:`top_k_case` for any k, as 1, where draws need not tell anything apart."""
    return _top_k_case(rng, softmax(rng.normal(0, 0.8, k)), V)


def _top_k_case(rng: np.random.Generator, few: np.ndarray, V: int) -> Case:
    k = len(few)
    probs = np.zeros(V)
    at = rng.choice(np.arange(k, V), k, replace=False)
    probs[at] = few
    logits = np.log(few.min()) - rng.uniform(0.2, 1.5, V)
    logits[at] = np.log(few)
    return {"logits": logits + rng.normal(0, 2), "value": k, "probs": probs, "at": at}


# ---------------------------------------------------------------- batches, losses, layers


def ragged_case(
    rng: np.random.Generator,
    width: int | None = None,
    pad_value: int = 0,
    low: int = 1,
    sizes: tuple[int, ...] = (2, 3, 4, 5, 7),
) -> Case:
    """Sequences, and the padded result; with `width` some are longer than that.

    Tokens are `low` or more. If `low` is at most `pad_value`, one real token equals it: the last
    one of the longest sequence.
    """
    lengths = rng.permutation(sizes)
    tokens = [rng.integers(low, 50, n) for n in lengths]
    longest = int(lengths.argmax())
    if low <= pad_value:
        tokens[longest][[1, -1]] = pad_value
    shown = int(lengths.max()) if width is None else width
    padded = np.full((len(tokens), shown), pad_value)
    mask = np.zeros((len(tokens), shown), dtype=bool)
    for n, row in enumerate(tokens):
        for t, token in enumerate(row[:shown].tolist()):
            padded[n, t], mask[n, t] = token, True
    return {
        "inputs": {
            "sequences": [row.tolist() for row in tokens],
            "pad_value": pad_value,
            "max_len": width,
        },
        "padded": padded,
        "mask": mask,
    }


def masked_case(rng: np.random.Generator, B: int = 3, T: int = 5, V: int = 7) -> Case:
    """Logits, targets, and a mask of rows of unequal length; padded logits are large."""
    lengths = rng.permutation([T, T - 1, T - 3, *rng.integers(1, T, max(0, B - 3))])[:B]
    mask = np.arange(T) < lengths[:, None]
    logits = single(rng.normal(0, 2, (B, T, V)))
    logits[~mask] *= 8  # values on padding must have no effect
    targets = np.where(mask, rng.integers(0, V, (B, T)), 0)
    return {"logits": logits, "targets": targets, "mask": mask}


def mixture_case(rng: np.random.Generator, B: int = 25, T: int = 40) -> Case:
    """Targets and predictions without a common value; each entry differs from its neighbours."""
    values = rng.permutation(2 * B * T).reshape(2, B, T)
    return {"targets": values[0], "predictions": values[1]}


def sentences(rng: np.random.Generator, cases: int) -> list[Case]:
    """Candidates with several references each, which share some n-grams."""
    words = "the a cat dog sat lay on under mat bed red old".split()
    made = []
    for n in range(cases):
        truth = rng.choice(words, int(rng.integers(6, 12))).tolist()
        length = len(truth)
        references = [_edited(rng, truth, words) for _ in range(3)]
        candidate = _edited(rng, truth, words)
        candidate += candidate[:2] * (n % 3)  # repeats, which the clipped counts must limit
        if n % 4 == 0:  # two lengths at the same distance: the shorter one counts
            references = [(truth + candidate)[: len(candidate) + 2], candidate[:-2]]
        if n % 5 == 4:
            candidate = truth[: max(2, length - 3)]  # shorter than every reference
            references = [truth, truth[::-1]]
        made.append({"candidate": candidate, "references": references, "max_n": 1 + n % 4})
    return made


def brevity_cases(rng: np.random.Generator) -> list[Case]:
    """Candidates of 1 to 9 tokens of a reference of 10, and references of telling lengths."""
    words = "the a cat dog sat lay on under mat bed red old".split()
    made: list[Case] = []
    for n in range(1, 10):
        truth = rng.permutation(words)[:10].tolist()
        made.append({"candidate": truth[:n], "references": [truth], "max_n": min(n, 2)})
    for c, lengths in ((6, (7, 3)), (6, (9, 2)), (5, (6, 12)), (8, (7, 12)), (4, (5, 1, 9))):
        truth = rng.permutation(words)[:12].tolist()
        references = [truth[:length] for length in lengths]
        made.append({"candidate": truth[:c], "references": references, "max_n": 2})
        made.append({"candidate": truth[:c], "references": references[::-1], "max_n": 1})
    return made


def short_cases(rng: np.random.Generator) -> list[Case]:
    """Candidates too short for the highest order; a reference has every n-gram of theirs."""
    words = "the a cat dog sat lay on under mat bed red old".split()
    made: list[Case] = []
    for n, max_n in ((1, 2), (1, 4), (2, 3), (2, 4), (3, 4), (4, 5), (6, 9)):
        truth = rng.permutation(words).tolist()
        made.append({"candidate": truth[:n], "references": [truth[:n], truth], "max_n": max_n})
    return made


def unordered_case(rng: np.random.Generator) -> Case:
    """A candidate and references of which neither the tokens nor the lengths are in an order."""
    words = "the cat sat on a red mat".split()
    order = [3, 0, 6, 1, 5, 2, 4]
    mixed = [words[k] for k in order]
    return {
        "candidate": mixed[:6],
        "references": [mixed[::-1][:5], mixed, mixed[:3], mixed[1:5]],
        "max_n": int(rng.integers(2, 4)),
    }


def _edited(rng: np.random.Generator, tokens: list[str], words: list[str]) -> list[str]:
    found = list(tokens)
    found[int(rng.integers(len(found)))] = str(rng.choice(words))
    if rng.random() < 0.5:
        found.insert(int(rng.integers(len(found))), str(rng.choice(words)))
    return found


def layer_case(rng: np.random.Generator, shape: tuple[int, ...], scale: float) -> Case:
    """An array of `shape`; at a `scale` of 0.01 eps matters, at 1 hardly."""
    H = shape[-1]
    return {
        "x": single(scale * (rng.normal(0, 1, shape) + 0.5)),
        "gamma": single(rng.uniform(0.5, 2, H)),
        "beta": single(rng.normal(0, 1, H)),
    }
