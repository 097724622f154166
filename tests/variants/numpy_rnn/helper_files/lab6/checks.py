import numpy as np


def compare(model, X, y, eps, loss_function):
    h0 = np.zeros((len(X), len(model.cell.bh)))
    model.zero_grad()
    logits, h, caches = model.forward(X, h0)
    model.backward(loss_function(logits, y)[1], caches, h)
    errors = {}
    for owner in (model.cell, model):
        for name in [n for n in ("Wxh", "Whh", "bh", "Why", "by") if hasattr(owner, n)]:
            w, g = getattr(owner, name), getattr(owner, "d" + name)
            n = np.zeros_like(w)
            for i in np.ndindex(w.shape):
                old = w[i]
                w[i] = old + eps
                up = loss_function(model.forward(X, h0)[0], y)[0]
                w[i] = old - eps
                down = loss_function(model.forward(X, h0)[0], y)[0]
                w[i] = old
                n[i] = (up - down) / (2 * eps)
            errors[name] = np.abs(n - g).max() / max(np.abs(n).max(), np.abs(g).max(), 1e-8)
    return errors
