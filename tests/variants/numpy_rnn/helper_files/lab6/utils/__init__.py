import numpy as np

from .norms import clip, mean_norm

rng = np.random.default_rng(0)


def one_hot(indices, depth):
    return np.eye(depth)[indices]
