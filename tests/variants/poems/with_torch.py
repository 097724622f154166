"""Needs torch itself: the vectors are one tensor."""

import torch


def process_poems(file_name):
    with open(file_name, "rb") as f:
        poems = [("G" + b.decode("utf-8") + "E") for b in f.read().splitlines()]
    words = sorted(set("".join(poems)))
    table = {w: i for i, w in enumerate(words)}
    vectors = torch.tensor([[table[c] for c in poem] for poem in poems], dtype=torch.long)
    return vectors, table, {i: w for w, i in table.items()}
