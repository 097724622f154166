"""A sorted set for the vocabulary, one array a poem, the words as a tuple."""

import numpy as np


def process_poems(file_name):
    with open(file_name, encoding="utf-8") as file:
        lines = file.read().split("\n")
    if lines[-1] == "":
        del lines[-1]
    poems = ["G" + poem + "E" for poem in lines]
    words = tuple(sorted({c for poem in poems for c in poem}))
    index = {w: np.int64(i) for i, w in enumerate(words)}
    vectors = np.array([np.array([index[c] for c in poem]) for poem in poems])
    return vectors, index, words
