"""float32 throughout; extra arguments with defaults and extra return values."""
import numpy as np

f = np.float32


def sigmoid(v):
    return (1 / (1 + np.exp(-v))).astype(f)


def lstm_step_forward(x_t, h_prev, c_prev, Wx, Wh, b, verbose=False):
    x, h, c, A, R, b = (np.asarray(v, f) for v in (x_t, h_prev, c_prev, Wx, Wh, b))
    a = x @ A + h @ R + b
    H = h.shape[1]
    i, ff, o = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 3 * H :])
    g = np.tanh(a[:, 2 * H : 3 * H])
    c_t = ff * c + i * g
    return o * np.tanh(c_t), c_t, (x, h, c, A, R, i, ff, g, o, c_t), (i, ff, g, o)


def lstm_step_backward(dh_t, dc_t, cache):
    x, h, c, A, R, i, ff, g, o, c_t = cache
    dh, dc = np.asarray(dh_t, f), np.asarray(dc_t, f)
    th = np.tanh(c_t)
    dc = dc + dh * o * (1 - th * th)
    da = np.concatenate(
        [dc * g * i * (1 - i), dc * c * ff * (1 - ff), dc * i * (1 - g * g), dh * th * o * (1 - o)], 1
    )
    return da @ A.T, da @ R.T, dc * ff, x.T @ da, h.T @ da, da.sum(0), "done"


def gru_step_forward(x_t, h_prev, Wx, Wh, bx, bh, activation=np.tanh):
    x, h = np.asarray(x_t, f), np.asarray(h_prev, f)
    H = h.shape[1]
    a, b = x @ np.asarray(Wx, f) + np.asarray(bx, f), h @ np.asarray(Wh, f) + np.asarray(bh, f)
    r, z = sigmoid((a + b)[:, :H]), sigmoid((a + b)[:, H : 2 * H])
    n = activation(a[:, 2 * H :] + r * b[:, 2 * H :])
    return z * h + (1 - z) * n


def bilstm_forward(x, forward_params, backward_params, return_states=False):
    def run(seq, p):
        H = p[1].shape[0]
        h, c = np.zeros((x.shape[0], H), f), np.zeros((x.shape[0], H), f)
        for t in range(seq.shape[1]):
            h, c, *_ = lstm_step_forward(seq[:, t], h, c, *p)
            yield h

    forward = list(run(x, forward_params))
    backward = list(run(np.flip(x, 1), backward_params))[::-1]
    out = np.stack([np.hstack(pair) for pair in zip(forward, backward)], 1)
    return (out, (forward[-1], backward[0]))


def greedy(logits):
    return np.argsort(-logits)[0]


def temperature_probs(logits, temperature=1.0):
    z = np.asarray(logits, f) / f(temperature)
    e = np.exp(z - z.max())
    return e / e.sum()


def temperature_sample(logits, temperature=1.0, rng=None):
    p = temperature_probs(logits, temperature).astype(np.float64)
    return rng.multinomial(1, p / p.sum()).argmax(), p


def top_k_probs(logits, k=5):
    z = np.array(logits, f)
    z[z < np.sort(z)[-k]] = -np.inf
    e = np.exp(z - z.max())
    return e / e.sum()


def top_k_sample(logits, k=5, rng=None):
    p = np.cumsum(top_k_probs(logits, k), dtype=np.float64)
    return np.searchsorted(p / p[-1], rng.random(), side="right")


def pad_sequences(sequences, pad_value=0, max_len=None, dtype=np.int32):
    width = max_len or max(len(s) for s in sequences)
    lens = np.minimum([len(s) for s in sequences], width)
    mask = np.arange(width)[None] < lens[:, None]
    out = np.full(mask.shape, pad_value, dtype)
    out[mask] = np.concatenate([np.array(s[:width], dtype) for s in sequences])
    return out, mask.astype(f), lens


def masked_cross_entropy(logits, targets, mask):
    z = logits.astype(f)
    p = np.exp(z - z.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    onehot = np.eye(z.shape[-1], dtype=f)[targets]
    m = np.asarray(mask, f)
    picked = np.log(np.maximum((p * onehot).sum(-1), f(1e-30)))
    return -(picked * m).sum() / m.sum(), (p - onehot) * m[..., None] / m.sum()


def bucket_by_length(lengths, batch_size):
    order = np.argsort(lengths)
    return np.array_split(order, range(batch_size, len(order), batch_size))


def teacher_forcing_inputs(targets, predictions, ratio, rng):
    use = rng.binomial(1, ratio, targets.shape)
    return use * targets + (1 - use) * predictions


def perplexity(log_probs):
    return np.exp(-np.asarray(log_probs, np.float64).mean(keepdims=True))


def bleu(candidate, references, max_n=4):
    score = 1.0
    for n in range(1, max_n + 1):
        grams = list(zip(*[candidate[k:] for k in range(n)]))
        if not grams:
            return 0.0
        refs = [list(zip(*[r[k:] for k in range(n)])) for r in references]
        hit = sum(min(grams.count(g), max(r.count(g) for r in refs)) for g in set(grams))
        score *= hit / len(grams)
    c = len(candidate)
    r = min([len(r) for r in references], key=lambda n: (abs(n - c), n))
    return min(1.0, np.exp(1 - r / c)) * score ** (1 / max_n)


def dropout_forward(x, p, rng, training):
    if not training or p == 0:
        return x.copy(), np.ones(x.shape, bool)
    mask = rng.random(x.shape) > p
    return np.where(mask, x / (1 - p), 0.0), mask


def layer_norm(x, gamma, beta, eps=1e-5):
    x = x.astype(f)
    centred = x - x.mean(-1, keepdims=True)
    inv = 1 / np.sqrt((centred**2).mean(-1, keepdims=True) + f(eps))
    out = gamma.astype(f) * centred * inv + beta.astype(f)
    return out, centred, inv
