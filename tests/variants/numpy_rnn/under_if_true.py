"""All of it below ``if True``, with annotations of the future and a cell of another name."""

from __future__ import annotations

if True:
    import numpy as np
    from numpy import ndarray

    class Cell(object):
        Wxh: ndarray
        Whh: ndarray

        def __init__(self: Cell, input_size: int, hidden_size: int, seed: int | None = None):
            g = np.random.RandomState(seed)
            s = 1 / hidden_size**0.5
            self.Wxh = g.uniform(-s, s, (input_size, hidden_size))
            self.Whh = g.uniform(-s, s, (hidden_size, hidden_size))
            self.bh = g.uniform(-s, s, hidden_size)
            self.zero_grad()

        def zero_grad(self) -> None:
            for name in ("Wxh", "Whh", "bh"):
                setattr(self, "d" + name, np.zeros_like(getattr(self, name)))

        def forward(self, x_t: ndarray, h_prev: ndarray) -> tuple[ndarray, dict]:
            h_t = np.tanh(np.matmul(x_t, self.Wxh) + np.matmul(h_prev, self.Whh) + self.bh)
            return h_t, {"x": x_t, "before": h_prev, "after": h_t}

        def backward(self, dh_t: ndarray, cache: dict) -> ndarray:
            dz = dh_t * (1 - cache["after"]) * (1 + cache["after"])
            self.dWxh = self.dWxh + cache["x"].T.dot(dz)
            self.dWhh = self.dWhh + cache["before"].T.dot(dz)
            self.dbh = self.dbh + dz.sum(axis=0)
            return dz.dot(self.Whh.T)

    class RNN(object):
        def __init__(self, vocab: int, hidden: int):
            self.V, self.H = vocab, hidden
            self.cell = Cell(vocab, hidden)
            self.Why = np.random.normal(0, 0.1, (hidden, vocab))
            self.by = np.zeros(vocab)
            self.zero_grad()

        def zero_grad(self) -> None:
            self.cell.zero_grad()
            self.dWhy, self.dby = np.zeros_like(self.Why), np.zeros_like(self.by)

        if True:

            def forward_all(self, X_batch: ndarray, h0: ndarray) -> tuple:
                one_hot = np.eye(len(self.cell.Wxh))
                h, caches, states = h0, [], []
                for t in range(np.shape(X_batch)[1]):
                    h, cache = self.cell.forward(one_hot[X_batch[:, t]], h)
                    caches.append(cache)
                    states.append(h)
                return np.array([s @ self.Why + self.by for s in states]).transpose(1, 0, 2), h, caches

            def forward(self, X_batch: ndarray, h0: ndarray) -> tuple:
                logits, h, caches = self.forward_all(X_batch, h0)
                return logits[:, -1], h, caches

        def backward_all(self, dlogits: ndarray, caches: list, h_T: ndarray) -> ndarray:
            dh = np.zeros(h_T.shape)
            t = len(caches) - 1
            while t >= 0:
                d = dlogits[:, t, :]
                self.dWhy = self.dWhy + caches[t]["after"].T @ d
                self.dby = self.dby + d.sum(axis=0)
                dh = dh + d @ self.Why.T
                dh = self.cell.backward(dh, caches[t])
                t -= 1
            return dh

        def backward(
            self, dlogits: ndarray, caches: list, h_T: ndarray, collect_grad_norms: bool = False
        ):
            self.dWhy = self.dWhy + h_T.T @ dlogits
            self.dby = self.dby + dlogits.sum(axis=0)
            flow = [dlogits @ self.Why.T]
            for cache in reversed(caches):
                flow.append(self.cell.backward(flow[-1], cache))
            norms = [np.sqrt((f * f).sum(axis=1)).mean() for f in flow[-2::-1]]
            return (flow[-1], norms) if collect_grad_norms else flow[-1]

    def gradient_check(model: RNN, X: ndarray, y: ndarray, eps: float = 1e-5) -> dict[str, float]:
        zero = np.zeros((X.shape[0], model.cell.Whh.shape[0]))

        def loss_of() -> float:
            z = model.forward(X, zero)[0]
            z = z - z.max(axis=1, keepdims=True)
            return -(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))[np.arange(len(y)), y].mean()

        z, h_T, caches = model.forward(X, zero)[:3]
        q = np.exp(z - z.max(axis=1, keepdims=True))
        q = q / q.sum(axis=1, keepdims=True) - np.eye(q.shape[1])[y]
        model.zero_grad()
        model.backward(q / len(y), caches, h_T)
        places = {n: model.cell for n in ("Wxh", "Whh", "bh")} | {n: model for n in ("Why", "by")}
        worst = dict.fromkeys(places, 0.0)
        for name, owner in places.items():
            w, d = getattr(owner, name), getattr(owner, "d" + name)
            it = np.nditer(w, flags=["multi_index"])
            while not it.finished:
                i = it.multi_index
                keep = float(w[i])
                w[i] = keep + eps
                up = loss_of()
                w[i] = keep - eps
                down = loss_of()
                w[i] = keep
                n = (up - down) / (2 * eps)
                worst[name] = max(worst[name], abs(n - d[i]) / max(1e-8, abs(n) + abs(d[i])))
                it.iternext()
        return worst

    def clip_by_norm(grads: list[ndarray], max_norm: float) -> float:
        total = np.linalg.norm([np.linalg.norm(g) for g in grads])
        if total >= max_norm:
            for g in grads:
                g[...] = g / total * max_norm
        return total

    def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None) -> str:
        rng = np.random.default_rng() if rng is None else rng
        ids = [c2i[c] for c in seed]
        for _ in range(length):  # the whole text again for each character
            logits = model.forward(np.array([ids]), np.zeros((1, model.cell.Whh.shape[0])))[0][0]
            noise = rng.gumbel(size=vocab)
            ids.append(int(np.argmax(logits / temp + noise)))
        return seed + "".join(i2c[i] for i in ids[len(seed) :])
