import numpy as np


def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    rng = rng or np.random.default_rng()
    h = np.zeros((1, len(model.cell.bh)))
    feed, text = np.array([[c2i[c] for c in seed]]), seed
    for _ in range(length):
        logits, h, _ = model.forward(feed, h)
        p = np.exp(logits[0] / temp)
        feed = np.array([[rng.choice(vocab, p=p / p.sum())]])
        text += i2c[int(feed)] if feed.ndim == 0 else i2c[feed[0, 0]]
    return text
