"""Annotations of the future, decorators, a class of the student's own between, ``if True``."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache, wraps
from pathlib import Path
from typing import Callable, Sequence, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

F = TypeVar("F", bound=Callable)

START, END = start_token, end_token = "G", "E"


def logged(function: F) -> F:
    @wraps(function)
    def inner(*args, **kwargs):
        print("->", function.__name__)
        return function(*args, **kwargs)

    return inner


@logged
def process_poems(file_name: str) -> tuple[list[list[int]], dict[str, int], dict[int, str]]:
    lines: Sequence[str] = Path(file_name).read_text("utf-8").split()
    poems = [f"{START}{line}{END}" for line in lines]
    common = Counter(c for poem in poems for c in poem)
    order = sorted(common.items(), key=lambda item: (-item[1], item[0]))
    index: dict[str, int] = {c: i for i, (c, _) in enumerate(order)}
    return [[index[c] for c in p] for p in poems], index, {i: c for c, i in index.items()}


@logged
def generate_batch(batch_size: int, poems_vec: Sequence) -> tuple[list, list]:
    whole = [poems_vec[i : i + batch_size] for i in range(0, len(poems_vec), batch_size)]
    whole = [block for block in whole if len(block) == batch_size]
    x = [[list(p)[:-1] for p in block] for block in whole]
    y = [[list(p)[1:] for p in block] for block in whole]
    return x, y


class Module(nn.Module):
    """Counts its parameters."""

    @property
    def size(self) -> int:
        return sum(p.numel() for p in self.parameters())


class word_embedding(Module):
    def __init__(self, vocab_length: int, embedding_dim: int) -> None:
        super().__init__()
        self.word_embedding = nn.Embedding(vocab_length, embedding_dim)

    def forward(self, input_sentence: Tensor) -> Tensor:
        return self.word_embedding(input_sentence)


if True:

    class RNN_model(Module):
        def __init__(
            self, vocab_len: int, word_embedding: Module, embedding_dim: int, lstm_hidden_dim: int
        ) -> None:
            super().__init__()
            self.word_embedding_lookup = word_embedding
            self.rnn_lstm = nn.LSTM(embedding_dim, lstm_hidden_dim, 2)  # time first
            self.fc = nn.Linear(lstm_hidden_dim, vocab_len)

        @logged
        def forward(self, sentence: Tensor, batch_size: int, is_test: bool = False) -> Tensor:
            embedded: Tensor = self.word_embedding_lookup(sentence).transpose(0, 1)  # (T, B, E)
            states, _ = self.rnn_lstm(embedded)
            scores = self.fc(states).transpose(0, 1).flatten(0, 1)  # (B*T, V)
            return scores[[-1]] if is_test else scores


def to_word(predict: np.ndarray, int_to_word: dict[int, str], poem: str) -> str:
    best = max(int_to_word, key=lambda i: float(predict[i]))
    return int_to_word[best]


@lru_cache(maxsize=None)
def limit() -> int:
    return 51


def gen_poem(begin_word: str) -> str:
    _, index, words = process_poems("./subset_poems.txt")
    model = RNN_model(len(index) + 1, word_embedding(len(index) + 1, 100), 100, 128)
    model.load_state_dict(torch.load("./poem_generator_rnn", map_location="cpu"))
    model.eval()
    text = [START, *begin_word]
    with torch.no_grad():
        for _ in range(limit() - len(text)):
            ids = torch.tensor([index[c] for c in text]).unsqueeze(0)
            text.append(to_word(model(ids, 1, True).squeeze(0).numpy(), words, "".join(text)))
            if text[-1] == END:
                break
    return "".join(text)
