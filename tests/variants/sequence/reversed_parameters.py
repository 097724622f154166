"""The contract's names in another order, keyword-only ones; helpers in a class; the step inline."""
import numpy as np


class Gates:
    @staticmethod
    def sigma(v):
        return np.where(v >= 0, 1 / (1 + np.exp(-np.abs(v))), np.exp(-np.abs(v)) / (1 + np.exp(-np.abs(v))))

    @classmethod
    def lstm(cls, a):
        i, f, g, o = np.moveaxis(a.reshape(len(a), 4, -1), 1, 0)
        return cls.sigma(i), cls.sigma(f), np.tanh(g), cls.sigma(o)


def lstm_step_forward(Wx, Wh, b, x_t, h_prev, c_prev):
    gates = Gates.lstm(np.hstack([x_t, h_prev]) @ np.vstack([Wx, Wh]) + b)
    i, f, g, o = gates
    c = np.multiply(f, c_prev) + np.multiply(i, g)
    return np.multiply(o, np.tanh(c)), c, [x_t, h_prev, c_prev, Wx, Wh, gates, c]


def lstm_step_backward(cache, dh_t, dc_t):
    x, h, c_prev, Wx, Wh, (i, f, g, o), c = cache
    t = np.tanh(c)
    dc = dh_t * o / np.cosh(c) ** 2 + dc_t
    slopes = np.stack([dc * g * (i - i**2), dc * c_prev * (f - f**2), dc * i * (1 - g**2), dh_t * t * (o - o**2)], 1)
    da = slopes.reshape(len(x), -1)
    return da @ Wx.T, da @ Wh.T, f * dc, np.einsum("be,bg->eg", x, da), np.einsum("bh,bg->hg", h, da), np.einsum("bg->g", da)


def gru_step_forward(h_prev, x_t, bh, bx, Wh, Wx):
    H = h_prev.shape[1]
    s = slice(0, 2 * H)
    rz = Gates.sigma(x_t @ Wx[:, s] + bx[s] + h_prev @ Wh[:, s] + bh[s])
    r, z = rz[:, :H], rz[:, H:]
    cand = np.tanh(x_t @ Wx[:, 2 * H :] + bx[2 * H :] + r * (h_prev @ Wh[:, 2 * H :] + bh[2 * H :]))
    return cand - z * cand + z * h_prev


def bilstm_forward(backward_params, forward_params, x):
    def scan(params, times):
        Wx, Wh, b = params
        h, c, out = np.zeros((len(x), len(Wh))), np.zeros((len(x), len(Wh))), {}
        for t in times:
            i, f, g, o = Gates.lstm(x[:, t] @ Wx + h @ Wh + b)
            c = f * c + i * g
            h = o * np.tanh(c)
            out[t] = h
        return np.stack([out[t] for t in range(x.shape[1])], 1)

    T = x.shape[1]
    return np.concatenate((scan(forward_params, range(T)), scan(backward_params, range(T)[::-1])), -1)


def greedy(logits):
    return logits.tolist().index(max(logits))


def temperature_probs(temperature, logits):
    return np.exp(logits / temperature - np.logaddexp.reduce(logits / temperature))


def temperature_sample(rng, *, logits, temperature):
    # the Gumbel trick: the largest of logits / temperature plus noise
    return int(np.argmax(logits / temperature + rng.gumbel(size=len(logits))))


def top_k_probs(k, logits):
    keep = logits >= np.partition(logits, -k)[-k]
    return np.where(keep, np.exp(logits - logits.max()), 0) / np.exp(logits - logits.max())[keep].sum()


def top_k_sample(rng, logits, k):
    keep = np.argpartition(logits, -k)[-k:]
    return int(keep[np.argmax(logits[keep] + rng.gumbel(size=k))])


def pad_sequences(sequences, max_len=None, pad_value=0):
    width = max(len(s) for s in sequences) if max_len is None else max_len
    out = np.array([(list(s) + [pad_value] * width)[:width] for s in sequences])
    mask = np.array([[t < len(s) for t in range(width)] for s in sequences])
    return out, mask


def masked_cross_entropy(mask, logits, targets):
    n, V = mask.sum(), logits.shape[-1]
    log_p = logits - np.logaddexp.reduce(logits, axis=-1)[..., None]
    d = np.zeros_like(logits)
    d[mask] = (np.exp(log_p) - np.eye(V)[targets])[mask] / n
    return -np.take_along_axis(log_p, targets[..., None], -1)[mask].sum() / n, d


def bucket_by_length(batch_size, lengths):
    def generate():
        order = sorted(range(len(lengths)), key=lambda i: lengths[i])
        for start in range(0, len(order), batch_size):
            yield order[start : start + batch_size]

    return generate()


def teacher_forcing_inputs(rng, ratio, predictions, targets):
    return np.choose(rng.random(targets.shape) < ratio, [predictions, targets])


def perplexity(log_probs):
    return 1 / np.prod(np.exp(log_probs)) ** (1 / len(log_probs))


def bleu(references, candidate, max_n=4):
    def grams(tokens, n):
        return [tuple(tokens[i : i + n]) for i in range(max(0, len(tokens) - n + 1))]

    total = 0.0
    for n in range(1, max_n + 1):
        mine = grams(candidate, n)
        hit = 0
        left = [list(grams(r, n)) for r in references]
        for g in set(mine):
            hit += min(mine.count(g), max(r.count(g) for r in left))
        if not hit:
            return 0.0
        total += np.log(hit) - np.log(len(mine))
    c = len(candidate)
    lengths = sorted(len(r) for r in references)
    r = lengths[int(np.argmin([abs(n - c) for n in lengths]))]
    return (1.0 if c > r else np.exp(1 - r / c)) * np.exp(total / max_n)


def dropout_forward(x, *, training, p, rng):
    if not training:
        return x, 1.0
    dropped = rng.random(x.shape) < p
    out = x / (1 - p)
    out[dropped] = 0
    return out, dropped


def layer_norm(gamma, beta, x, eps=1e-5):
    return gamma * (x - np.mean(x, -1)[..., None]) * (np.var(x, -1)[..., None] + eps) ** -0.5 + beta
