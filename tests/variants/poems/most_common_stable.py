"""Counter.most_common, whose ties keep the order of the file; readlines and rstrip."""

from collections import Counter, OrderedDict

import numpy as np

START, END = "G", "E"


def process_poems(path, *, start=START, end=END):
    poems = [start + line.rstrip("\r\n") + end for line in open(path, encoding="utf8").readlines()]
    counts = Counter("".join(poems))
    word_int_map = OrderedDict((w, i) for i, (w, _) in enumerate(counts.most_common()))
    int_word_map = {np.int32(i): w for w, i in word_int_map.items()}
    return tuple(tuple(map(word_int_map.get, p)) for p in poems), word_int_map, int_word_map, counts
