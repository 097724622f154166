"""Parameters of one's own among the contract's; caches that forward keeps on the model."""

from __future__ import annotations
import numpy as np

try:
    from tqdm import tqdm
except ImportError:

    def tqdm(iterable, **kwargs):
        return iterable


def one_hot(indices, depth):
    indices = np.asarray(indices)
    out = np.zeros((*indices.shape, depth))
    np.put_along_axis(out, indices[..., None], 1.0, axis=-1)
    return out


def softmax_cross_entropy(logits, targets):
    B = len(logits)
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    loss = -log_p[np.arange(B), targets].mean()
    dlogits = np.exp(log_p)
    dlogits[np.arange(B), targets] -= 1
    return (loss, dlogits / B)


class RNNCell:
    def __init__(self, input_size, hidden_size, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        V, H = (input_size, hidden_size)
        self.Wxh = rng.normal(size=(V, H))
        self.Whh = rng.normal(size=(H, H)) / np.sqrt(H)
        self.bh = np.zeros(H)
        self.dWxh = np.zeros_like(self.Wxh)
        self.dWhh = np.zeros_like(self.Whh)
        self.dbh = np.zeros_like(self.bh)

    def forward(self, x_t, h_prev):
        h_t = np.tanh(x_t @ self.Wxh + h_prev @ self.Whh + self.bh)
        return (h_t, (x_t, h_prev, h_t))

    def backward(self, dh_t, cache):
        x_t, h_prev, h_t = cache
        dz = dh_t * (1 - h_t**2)
        self.dWxh += x_t.T @ dz
        self.dWhh += h_prev.T @ dz
        self.dbh += dz.sum(axis=0)
        return dz @ self.Whh.T

    def zero_grad(self):
        for d in (self.dWxh, self.dWhh, self.dbh):
            d[...] = 0

    def step_grad(self, lr):
        self.Wxh -= lr * self.dWxh
        self.Whh -= lr * self.dWhh
        self.bh -= lr * self.dbh


class RNN:
    def __init__(self, vocab, hidden, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        self.vocab, self.hidden = (vocab, hidden)
        self.cell = RNNCell(vocab, hidden, rng)
        self.Why = rng.normal(size=(hidden, vocab)) / np.sqrt(hidden)
        self.by = np.zeros(vocab)
        self.dWhy = np.zeros_like(self.Why)
        self.dby = np.zeros_like(self.by)

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy[...] = 0
        self.dby[...] = 0

    def step_grad(self, lr):
        self.cell.step_grad(lr)
        self.Why -= lr * self.dWhy
        self.by -= lr * self.dby

    def forward(self, X_batch, h0):
        X = one_hot(X_batch, len(self.cell.Wxh))
        self.tape = []
        h, caches = (h0, self.tape)
        for t in range(X.shape[1]):
            h, cache = self.cell.forward(X[:, t], h)
            caches += [cache]
        logits = h @ self.Why + self.by
        return (logits, h, caches)

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        self.dWhy += h_T.T @ dlogits
        self.dby += dlogits.sum(axis=0)
        dh = dlogits @ self.Why.T
        norms = []
        while self.tape:
            cache = self.tape.pop()
            norms.append(np.linalg.norm(dh, axis=1).mean())
            dh = self.cell.backward(dh, cache)
        norms = norms[::-1]
        return (dh, norms) if collect_grad_norms else dh

    def forward_all(self, X_batch, h0):
        _, h_T, caches = self.forward(X_batch, h0)
        hs = np.stack([h_t for _, _, h_t in caches], axis=1)
        return (hs @ self.Why + self.by, h_T, caches)

    def backward_all(self, dlogits, caches, h_T):
        dh = np.zeros_like(h_T)
        for t in reversed(range(len(caches))):
            _, _, h_t = caches[t]
            self.dWhy += h_t.T @ dlogits[:, t]
            self.dby += dlogits[:, t].sum(axis=0)
            dh = self.cell.backward(dh + dlogits[:, t] @ self.Why.T, caches[t])
        return dh


def gradient_check(net, x, targets, h0=None, epsilon=1e-05, verbose=True):
    model, X, y, eps = (net, x, targets, epsilon)
    cell = model.cell
    h0 = np.zeros((len(X), len(cell.Whh)))
    model.zero_grad()
    logits, h_T, caches = model.forward(X, h0)
    _, dlogits = softmax_cross_entropy(logits, y)
    model.backward(dlogits, caches, h_T)
    pairs = {
        "Wxh": (cell.Wxh, cell.dWxh),
        "Whh": (cell.Whh, cell.dWhh),
        "bh": (cell.bh, cell.dbh),
        "Why": (model.Why, model.dWhy),
        "by": (model.by, model.dby),
    }
    errors = {}
    for name, (W, dW) in pairs.items():
        numeric = np.zeros(W.shape)
        for i in np.ndindex(W.shape):
            w = W[i]
            W[i] = w + eps
            loss_up, _ = softmax_cross_entropy(model.forward(X, h0)[0], y)
            W[i] = w - eps
            loss_down, _ = softmax_cross_entropy(model.forward(X, h0)[0], y)
            W[i] = w
            numeric[i] = (loss_up - loss_down) / (2 * eps)
        scale = max(np.abs(dW).max(), np.abs(numeric).max(), 1e-08)
        errors[name] = float(np.abs(dW - numeric).max() / scale)
    return errors


def clip_by_norm(grads, max_norm):
    norm = np.sqrt(sum(((g**2).sum() for g in grads)))
    if norm > max_norm:
        for g in grads:
            g *= max_norm / norm
    return norm


def sample(
    net,
    start,
    char2idx,
    idx2char,
    vocab_size,
    top_k=None,
    window=40,
    n=200,
    T=1.0,
    generator=None,
    seed=42,
):
    model, seed, c2i, i2c, vocab, length, temp, hidden_size = (
        net,
        start,
        char2idx,
        idx2char,
        vocab_size,
        n,
        T,
        len(net.cell.Whh),
    )
    if generator is None:
        generator = np.random.default_rng()
    text = seed
    h = np.zeros((1, hidden_size))
    for ch in seed[:-1]:
        _, h, _ = model.forward(np.array([[c2i[ch]]]), h)
    cur = seed[-1]
    for _ in range(length):
        logits, h, _ = model.forward(np.array([[c2i[cur]]]), h)
        z = logits[0] / temp
        p = np.exp(z - z.max())
        p /= p.sum()
        cur = i2c[int(generator.choice(vocab, p=p))]
        text += cur
    return text


def train(model, X, y, epochs, lr, batch_size, clip=5.0, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    cell = model.cell
    h0 = np.zeros((batch_size, len(cell.Whh)))
    losses = []
    for epoch in range(1, epochs + 1):
        order = rng.permutation(len(X))
        starts = range(0, len(X), batch_size)
        for start in tqdm(starts, desc=f"epoch {epoch}/{epochs}", unit="batch", mininterval=0.5):
            rows = order[start : start + batch_size]
            logits, h_T, caches = model.forward(X[rows], h0[: len(rows)])
            loss, dlogits = softmax_cross_entropy(logits, y[rows])
            if not np.isfinite(loss):
                raise ValueError("too short")
            model.zero_grad()
            model.backward(dlogits, caches, h_T)
            clip_by_norm([cell.dWxh, cell.dWhh, cell.dbh, model.dWhy, model.dby], clip)
            model.step_grad(lr)
            losses.append(float(loss))
        mean = np.mean(losses[-len(starts) :])
        print(f"第 {epoch} 轮平均损失 epoch {epoch}: mean loss {mean:.3f}")
    return losses
