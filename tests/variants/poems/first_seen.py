"""Indices in the order of first appearance; no encoding named; object array of lists."""

import numpy as np


def process_poems(file_name):
    vectors, word2int = [], {}
    for line in open(file_name):
        vector = []
        for word in "G" + line.strip() + "E":
            if word not in word2int:
                word2int[word] = len(word2int)
            vector.append(word2int[word])
        vectors.append(vector)
    result = np.empty(len(vectors), dtype=object)
    result[:] = vectors
    return [result, word2int, dict(zip(word2int.values(), word2int.keys()))]
