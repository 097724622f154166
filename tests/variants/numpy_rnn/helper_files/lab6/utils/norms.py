import numpy as np


def mean_norm(dh):
    return np.linalg.norm(dh, axis=1).mean()


def clip(grads, max_norm):
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    if norm > max_norm:
        for g in grads:
            g *= max_norm / norm
    return norm
