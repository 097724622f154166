# -*- coding: utf-8 -*-
# 阶段二作业
import matplotlib.pyplot as plt
import numpy as np
from numpy import arange

DEBUG = True
data = np.load("D:\\homework\\stage2\\logits.npy") if not DEBUG else None
for _ in range(3):
    print("warm up", _)
plt.plot([1, 2, 3])
plt.show()


def softmax(v, axis=-1):
    v = v - np.max(v, axis=axis, keepdims=True)
    return np.exp(v) / np.sum(np.exp(v), axis=axis, keepdims=True)


def sigmoid(v): return 1/(1+np.exp(-v))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    next_h, next_c, cache = None, None, None
    H = prev_h.shape[1]
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    ai, af, ag, ao = a[:, :H], a[:, H:2*H], a[:, 2*H:3*H], a[:, 3*H:]
    i = sigmoid(ai); f = sigmoid(af); g = np.tanh(ag); o = sigmoid(ao)
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    cache = (x, prev_h, prev_c, Wx, Wh, b, a, i, f, g, o, next_h, next_c)
    print("step", next_h.shape)
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, b, a, i, f, g, o, next_h, next_c = cache
    dnext_c = dnext_c + dnext_h * o * (1 - np.tanh(next_c) ** 2)
    dprev_c = dnext_c * f
    di = dnext_c * g; df = dnext_c * prev_c; dg = dnext_c * i; do = dnext_h * np.tanh(next_c)
    da = np.hstack((di*i*(1-i), df*f*(1-f), dg*(1-g*g), do*o*(1-o)))
    return da.dot(Wx.T), da.dot(Wh.T), dprev_c, x.T.dot(da), prev_h.T.dot(da), np.sum(da, axis=0)


def gru_step_forward(x_t, h_prev, Wx, Wh, bx, bh):
    H = h_prev.shape[-1]
    gx, gh = x_t @ Wx + bx, h_prev @ Wh + bh
    r = sigmoid(gx[..., :H] + gh[..., :H])
    z = sigmoid(gx[..., H:2*H] + gh[..., H:2*H])
    n = np.tanh(gx[..., 2*H:] + r * gh[..., 2*H:])
    return (1 - z) * n + z * h_prev


def lstm_layer(x, params, reverse=False):
    Wx, Wh, b = params
    N, T, _ = x.shape
    h = np.zeros((N, Wh.shape[0])); c = np.zeros_like(h)
    hs = np.zeros((N, T, Wh.shape[0]))
    ts = reversed(range(T)) if reverse else range(T)
    for t in ts:
        h, c, _ = lstm_step_forward(x[:, t, :], h, c, Wx, Wh, b)
        hs[:, t, :] = h
    return hs


def bilstm_forward(x, fp, bp):
    return np.concatenate([lstm_layer(x, fp), lstm_layer(x, bp, reverse=True)], axis=-1)


greedy = lambda logits: logits.argmax()
temperature_probs = lambda logits, T: softmax(logits / T)
temperature_sample = lambda logits, T, rng: rng.choice(arange(len(logits)), size=1, p=temperature_probs(logits, T))


def top_k_probs(logits, k):
    idx = np.argpartition(logits, -k)[-k:]
    filtered = np.full_like(logits, -np.inf, dtype=np.float64)
    filtered[idx] = logits[idx]
    return softmax(filtered)


def top_k_sample(logits, k, rng):
    return rng.choice(np.arange(logits.size), p=top_k_probs(logits, k))


def pad_sequences(seqs, pad_value=0, max_len=None):
    L = max_len if max_len else max([len(s) for s in seqs])
    out = np.ones((len(seqs), L)) * pad_value
    mask = np.zeros((len(seqs), L))
    for i, s in enumerate(seqs):
        n = min(len(s), L)
        out[i, :n] = s[:n]
        mask[i, :n] = 1
    return out, mask


def masked_cross_entropy(x, y, mask):
    N, T, V = x.shape
    x_flat, y_flat, mask_flat = x.reshape(N*T, V), y.reshape(N*T), mask.reshape(N*T)
    probs = softmax(x_flat)
    n = np.sum(mask_flat)
    loss = -np.sum(mask_flat * np.log(probs[np.arange(N*T), y_flat] + 1e-300)) / n
    dx = probs.copy()
    dx[np.arange(N*T), y_flat] -= 1
    dx /= n
    dx *= mask_flat[:, None]
    return loss, dx.reshape(N, T, V)


def bucket_by_length(lengths, batch_size):
    lengths = np.array(lengths)
    idx = np.argsort(-lengths)
    return [idx[i*batch_size:(i+1)*batch_size] for i in range(int(np.ceil(len(idx)/batch_size)))]


def teacher_forcing_inputs(targets, predictions, ratio, rng):
    m = rng.random(targets.size).reshape(targets.shape) < ratio
    res = predictions.astype(float)
    res[m] = targets[m]
    return res


def perplexity(lp):
    return np.exp(-lp.mean())


def bleu(candidate, references, max_n=4):
    from collections import Counter
    weights = [1/max_n]*max_n
    s = 0
    for n in range(1, max_n+1):
        cand = Counter(zip(*[candidate[i:] for i in range(n)]))
        mx = {}
        for ref in references:
            for g, k in Counter(zip(*[ref[i:] for i in range(n)])).items():
                mx[g] = max(mx.get(g, 0), k)
        num = sum(min(k, mx.get(g, 0)) for g, k in cand.items()); den = max(1, sum(cand.values()))
        if num == 0: return 0
        s += weights[n-1] * np.log(num / den)
    c = len(candidate)
    r = min(references, key=lambda q: (abs(len(q) - c), len(q)))
    bp = np.exp(1 - len(r)/c) if c < len(r) else 1
    return bp * np.exp(s)


def dropout_forward(x, p, rng, training):
    mask = None
    if training:
        mask = (rng.uniform(0, 1, x.shape) > p) / (1 - p)
        out = x * mask
    else:
        out = x
    return out, mask


def layer_norm(x, gamma, beta, eps=1e-5):
    x = x.T
    mu = x.mean(axis=0)
    xh = ((x - mu) / np.sqrt(np.var(x, axis=0) + eps)).T
    return gamma * xh + beta


assert bleu("a b c d e".split(), ["a b c d e".split()]) > 0.99
res = perplexity(np.log(np.array([0.5, 0.25, 0.125])))
print(res)
