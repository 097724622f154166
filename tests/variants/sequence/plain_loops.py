"""No vectorised trick: loops, math, lists in and out."""
import math
import random
from collections import defaultdict

import numpy as np

print("loaded", np.__version__)


def sig(a):
    return 1.0 / (1.0 + np.exp(-a))


def lstm_step_forward(x, h, c, Wx, Wh, b):
    H = h.shape[1]
    a = np.dot(x, Wx) + np.dot(h, Wh) + b
    gates = {"i": sig(a[:, :H]), "f": sig(a[:, H:2 * H]), "g": np.tanh(a[:, 2 * H:3 * H]), "o": sig(a[:, 3 * H:])}
    c2 = gates["f"] * c + gates["i"] * gates["g"]
    h2 = gates["o"] * np.tanh(c2)
    return h2, c2, dict(x=x, h=h, c=c, Wx=Wx, Wh=Wh, gates=gates, c2=c2)


def lstm_step_backward(dh, dc, cache):
    g = cache["gates"]
    t = np.tanh(cache["c2"])
    d_o = dh * t
    dc_total = dc + dh * g["o"] * (1 - t * t)
    parts = [
        dc_total * g["g"] * g["i"] * (1 - g["i"]),
        dc_total * cache["c"] * g["f"] * (1 - g["f"]),
        dc_total * g["i"] * (1 - g["g"] ** 2),
        d_o * g["o"] * (1 - g["o"]),
    ]
    da = np.concatenate(parts, axis=1)
    db = da.sum(0)
    return [np.dot(da, cache["Wx"].T), np.dot(da, cache["Wh"].T), dc_total * g["f"],
            np.dot(cache["x"].T, da), np.dot(cache["h"].T, da), db]


def gru_step_forward(x, h, Wx, Wh, bx, bh):
    H = h.shape[1]
    out = np.zeros_like(h)
    for row in range(len(x)):
        a, b = x[row] @ Wx + bx, h[row] @ Wh + bh
        r = sig(a[:H] + b[:H])
        z = sig(a[H:2 * H] + b[H:2 * H])
        n = np.tanh(a[2 * H:] + r * b[2 * H:])
        out[row] = n + z * (h[row] - n)
    return out, {"r": r, "z": z}


def bilstm_forward(x, forward_params, backward_params):
    B, T, _ = x.shape
    H = forward_params[1].shape[0]
    out = np.empty((B, T, 2 * H))
    h, c = np.zeros((B, H)), np.zeros((B, H))
    for t in range(T):
        h, c, _ = lstm_step_forward(x[:, t, :], h, c, *forward_params)
        out[:, t, :H] = h
    h, c = np.zeros((B, H)), np.zeros((B, H))
    for t in range(T - 1, -1, -1):
        h, c, _ = lstm_step_forward(x[:, t, :], h, c, *backward_params)
        out[:, t, H:] = h
    return out


def greedy(logits):
    best = 0
    for i in range(len(logits)):
        if logits[i] > logits[best]:
            best = i
    return best


def temperature_probs(logits, temperature):
    e = [math.exp(l / temperature - max(logits) / temperature) for l in logits]
    return [v / sum(e) for v in e]


def draw(p, rng):
    u, total = rng.random(), 0.0
    for i, q in enumerate(p):
        total += q
        if u < total:
            return i
    return max(i for i, q in enumerate(p) if q > 0)


def temperature_sample(logits, temperature, rng):
    return draw(temperature_probs(logits, temperature), rng)


def top_k_probs(logits, k):
    keep = sorted(range(len(logits)), key=lambda i: -logits[i])[:k]
    e = [math.exp(logits[i] - max(logits)) if i in keep else 0.0 for i in range(len(logits))]
    return tuple(v / sum(e) for v in e)


def top_k_sample(logits, k, rng):
    return draw(top_k_probs(logits, k), rng)


def pad_sequences(sequences, pad_value=0, max_len=None):
    if max_len is None:
        max_len = max(len(s) for s in sequences)
    rows, masks = [], []
    for s in sequences:
        s = list(s)[:max_len]
        rows.append(s + [pad_value] * (max_len - len(s)))
        masks.append([1] * len(s) + [0] * (max_len - len(s)))
    return rows, masks


def masked_cross_entropy(logits, targets, mask):
    B, T, V = logits.shape
    loss, count, d = 0.0, 0, np.zeros((B, T, V))
    for b in range(B):
        for t in range(T):
            if mask[b, t]:
                p = np.exp(logits[b, t] - logits[b, t].max())
                p = p / p.sum()
                loss -= math.log(p[targets[b, t]])
                count += 1
                d[b, t] = p
                d[b, t, targets[b, t]] -= 1
    return loss / count, d / count


def bucket_by_length(lengths, batch_size):
    pairs = sorted(((n, i) for i, n in enumerate(lengths)), reverse=True)
    batches = []
    while pairs:
        batches.append(tuple(i for _, i in pairs[:batch_size]))
        pairs = pairs[batch_size:]
    random.shuffle(batches)
    return batches


def teacher_forcing_inputs(targets, predictions, ratio, rng):
    out = np.copy(predictions)
    for b in range(out.shape[0]):
        for t in range(out.shape[1]):
            if rng.uniform() < ratio:
                out[b][t] = targets[b][t]
    return out


def perplexity(log_probs):
    return math.exp(-sum(log_probs) / len(log_probs))


def bleu(candidate, references, max_n=4):
    logs = []
    for n in range(1, max_n + 1):
        seen = defaultdict(int)
        for i in range(len(candidate) - n + 1):
            seen[" ".join(candidate[i:i + n])] += 1
        if not seen:
            return 0.0
        good = 0
        for gram, count in seen.items():
            best = 0
            for ref in references:
                grams = [" ".join(ref[i:i + n]) for i in range(len(ref) - n + 1)]
                best = max(best, grams.count(gram))
            good += min(best, count)
        if good == 0:
            return 0.0
        logs.append(math.log(good / sum(seen.values())))
    c = len(candidate)
    best = None
    for ref in sorted(references, key=len):
        if best is None or abs(len(ref) - c) < abs(best - c):
            best = len(ref)
    bp = 1 if c >= best else math.exp(1 - best / c)
    return bp * math.exp(sum(logs) / max_n)


def dropout_forward(x, p, rng, training):
    if training:
        keep = rng.binomial(1, 1 - p, size=x.shape)
        return x * keep / (1 - p), keep
    return x, None


def layer_norm(x, gamma, beta, eps=1e-5):
    H = x.shape[-1]
    flat = x.reshape(-1, H)
    out = np.zeros_like(flat)
    for i, row in enumerate(flat):
        m = sum(row) / H
        v = sum((a - m) ** 2 for a in row) / H
        out[i] = gamma * (row - m) / math.sqrt(v + eps) + beta
    return out.reshape(x.shape)
