"""One step at a time in double precision, state returned too, parameters by other names."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

torch.set_default_dtype(torch.float64)

START, END = "G", "E"


def process_poems(path: str):
    lines = open(path, encoding="utf-8-sig").read().split("\n")
    poems = [START + line.rstrip("\r") + END for line in lines if line.strip()]
    index: dict[str, int] = {}
    for poem in poems:
        for c in poem:
            index.setdefault(c, len(index))
    vectors = [np.array([index[c] for c in poem]) for poem in poems]
    return vectors, index, list(index)


def generate_batch(size, poems):
    x_batches, y_batches = [], []
    for i in range(len(poems) // size):
        x = poems[i * size : (i + 1) * size]
        x_batches.append(np.array(x))
        y_batches.append([list(row[1:]) + [row[-1]] for row in x])
    return x_batches, y_batches


class RNN_model(nn.Module):
    def __init__(self, vocab_len, embedding, e: int, h: int, batch_sz=64):
        super(RNN_model, self).__init__()
        self.word_embedding_lookup = embedding
        self.Rnn_Lstm = nn.LSTM(e, h, num_layers=2, batch_first=True)
        self.fc = nn.Linear(h, vocab_len)

    def forward(self, words: Tensor, n=None, is_test: bool = False, state=None):
        e = self.word_embedding_lookup(words)
        steps = []
        for t in range(e.size(1)):
            out, state = self.Rnn_Lstm(e[:, t].unsqueeze(1), state)
            steps.append(out)
        scores = self.fc(torch.cat(steps, dim=1)).flatten(0, 1)
        return (scores[-1:] if is_test else scores), state


def to_word(scores, words, text=""):
    return words[int(np.argsort(np.asarray(scores)[: len(words)])[-1])]


@torch.no_grad()
def gen_poem(begin_word="春"):
    _, index, words = process_poems("./subset_poems.txt")
    model = RNN_model(len(index) + 1, nn.Embedding(len(index) + 1, 100), 100, 128)
    model.load_state_dict(torch.load("./poem_generator_rnn"))
    model.eval()
    poem = START + begin_word
    scores, state = model(torch.tensor([[index[c] for c in poem]]), is_test=True)
    while True:
        word = to_word(scores[0].numpy(), words, poem)
        poem += word
        if word == END or len(poem) == 51:
            return poem
        scores, state = model(torch.tensor([[index[word]]]), 1, True, state)
