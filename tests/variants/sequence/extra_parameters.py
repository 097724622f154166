"""Parameters of one's own among the contract's, before and behind the generator."""

from __future__ import annotations
import numpy as np


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _own_lstm_step_forward(x_t, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = np.split(x_t @ Wx + h_prev @ Wh + b, 4, axis=1)
    i, f, g, o = (sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o))
    c_t = f * c_prev + i * g
    h_t = o * np.tanh(c_t)
    return (h_t, c_t, (x_t, h_prev, c_prev, Wx, Wh, i, f, g, o, c_t))


def _own_lstm_step_backward(dh_t, dc_t, cache):
    x_t, h_prev, c_prev, Wx, Wh, i, f, g, o, c_t = cache
    tanh_c = np.tanh(c_t)
    dc = dc_t + dh_t * o * (1 - tanh_c**2)
    di = dc * g * i * (1 - i)
    df = dc * c_prev * f * (1 - f)
    dg = dc * i * (1 - g**2)
    do = dh_t * tanh_c * o * (1 - o)
    dz = np.hstack([di, df, dg, do])
    return (dz @ Wx.T, dz @ Wh.T, dc * f, x_t.T @ dz, h_prev.T @ dz, dz.sum(axis=0))


def _own_gru_step_forward(x_t, h_prev, Wx, Wh, bx, bh):
    xr, xz, xn = np.split(x_t @ Wx + bx, 3, axis=1)
    hr, hz, hn = np.split(h_prev @ Wh + bh, 3, axis=1)
    r, z = (sigmoid(xr + hr), sigmoid(xz + hz))
    n = np.tanh(xn + r * hn)
    return (1 - z) * n + z * h_prev


def bilstm_forward(x, forward_params, backward_params):
    B, T, _ = x.shape
    halves = []
    for sequence, (Wx, Wh, b) in ((x, forward_params), (x[:, ::-1], backward_params)):
        h = c = np.zeros((B, len(Wh)))
        hs = []
        for t in range(T):
            h, c, _ = _own_lstm_step_forward(sequence[:, t], h, c, Wx, Wh, b)
            hs.append(h)
        halves.append(np.stack(hs, axis=1))
    return np.concatenate([halves[0], halves[1][:, ::-1]], axis=2)


def greedy(logits):
    return int(np.argmax(logits))


def temperature_probs(logits, temperature):
    return softmax(np.asarray(logits) / temperature)


def _own_temperature_sample(logits, temperature, rng):
    return int(rng.choice(len(logits), p=temperature_probs(logits, temperature)))


def top_k_probs(logits, k):
    logits = np.asarray(logits)
    keep = np.argsort(logits)[-k:]
    probs = np.zeros(len(logits))
    probs[keep] = softmax(logits[keep])
    return probs


def _own_top_k_sample(logits, k, rng):
    return int(rng.choice(len(logits), p=top_k_probs(logits, k)))


def pad_sequences(sequences, pad_value=0, max_len=None):
    T = max(map(len, sequences)) if max_len is None else max_len
    padded = np.full((len(sequences), T), pad_value)
    mask = np.zeros((len(sequences), T), dtype=bool)
    for n, sequence in enumerate(sequences):
        kept = sequence[:T]
        padded[n, : len(kept)] = kept
        mask[n, : len(kept)] = True
    return (padded, mask)


def masked_cross_entropy(logits, targets, mask):
    B, T, _ = logits.shape
    b, t = np.ogrid[:B, :T]
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    weight = mask / mask.sum()
    loss = -(weight * log_p[b, t, targets]).sum()
    dlogits = np.exp(log_p)
    dlogits[b, t, targets] -= 1
    return (loss, dlogits * weight[..., None])


def bucket_by_length(lengths, batch_size):
    order = np.argsort(lengths, kind="stable").tolist()
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def _own_teacher_forcing_inputs(targets, predictions, ratio, rng):
    coins = rng.random(np.shape(targets)) < ratio
    return np.where(coins, targets, predictions)


def perplexity(log_probs):
    return float(np.exp(-np.mean(log_probs)))


def bleu(candidate, references, max_n=4):
    from collections import Counter

    def counts(tokens, n):
        return Counter((tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)))

    log_p = 0.0
    for n in range(1, max_n + 1):
        found = counts(candidate, n)
        most = Counter()
        for reference in references:
            most |= counts(reference, n)
        matches = sum((found & most).values())
        if matches == 0:
            return 0.0
        log_p += np.log(matches / sum(found.values())) / max_n
    c = len(candidate)
    r = min(((abs(len(ref) - c), len(ref)) for ref in references))[1]
    return float(np.exp(min(0.0, 1 - r / c) + log_p))


def _own_dropout_forward(x, p, rng, training):
    if not training:
        return (x, np.ones_like(x))
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return (x * mask, mask)


def layer_norm(x, gamma, beta, eps=1e-05):
    mean = x.mean(axis=-1, keepdims=True)
    var = x.var(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(var + eps) * gamma + beta


def lstm_step_forward(x, h, c, Wx, Wh, b, hidden_size=128, verbose=False):
    assert hidden_size == len(Wh) and (not verbose)
    return _own_lstm_step_forward(x, h, c, Wx, Wh, b)


def lstm_step_backward(cache, dh, dc, clip=None):
    assert clip is None
    return _own_lstm_step_backward(dh, dc, cache)


def gru_step_forward(x, h_prev, Wx, Wh, bx, bh, hidden_size):
    assert hidden_size == len(Wh)
    return _own_gru_step_forward(x, h_prev, Wx, Wh, bx, bh)


def temperature_sample(rng, logits, T=1.0, top_k=None):
    return _own_temperature_sample(logits, T, rng)


def top_k_sample(logits, k=5, temperature=1.0, rng=None):
    return _own_top_k_sample(logits, k, rng)


def teacher_forcing_inputs(targets, predictions, ratio=0.5, seed=None, rng=None):
    return _own_teacher_forcing_inputs(targets, predictions, ratio, rng)


def dropout_forward(x, p=0.5, training=True, rng=None, inplace=False):
    return _own_dropout_forward(x, p, rng, training)
