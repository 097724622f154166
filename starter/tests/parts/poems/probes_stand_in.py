"""A model on which ``gen_poem`` is tried where the student's own ``RNN_model`` is wrong.

It has the attributes and methods of the contract and no LSTM: it counts the characters that it has
read behind G. So no solution travels with it, and its text is known without running it.
"""

from __future__ import annotations

from typing import Any

LAYERS = 2
"""Of the states that a generator hands on; all layers are the same."""


def counting_model(start: int) -> Any:
    """A class in the place of ``RNN_model``; `start` is the unit of G in the embedding."""
    import torch

    class Counts(torch.nn.Module):
        """In the place of the LSTM: output t holds the counts after step t."""

        counts_characters = True

        def __init__(self, hidden: int) -> None:
            super().__init__()
            self.hidden_size, self.num_layers = hidden, LAYERS

        def forward(self, read: Any, state: Any = None) -> tuple[Any, Any]:
            width = min(read.shape[2], self.hidden_size)
            counts = torch.zeros(len(read), self.hidden_size)
            if state is not None:
                counts = counts + state[1][-1]
            steps = []
            for t in range(read.shape[1]):
                new = torch.zeros_like(counts)
                new[:, :width] = read[:, t, :width]
                begun = (counts + new)[:, start : start + 1] > 0
                counts = counts + new * begun
                steps.append(counts)
            kept = counts.expand(LAYERS, *counts.shape).clone()
            return torch.stack(steps, dim=1), (kept, kept.clone())

    class RNN_model(torch.nn.Module):
        def __init__(
            self, vocab_len: int, word_embedding: Any, embedding_dim: int, lstm_hidden_dim: int
        ) -> None:
            super().__init__()
            self.word_embedding_lookup = word_embedding
            self.embedding_dim, self.lstm_dim = embedding_dim, lstm_hidden_dim
            self.rnn_lstm = Counts(lstm_hidden_dim)
            self.fc = torch.nn.Linear(lstm_hidden_dim, vocab_len)

        def forward(self, sentence: Any, batch_size: int = 1, is_test: bool = False) -> Any:
            read = self.word_embedding_lookup(sentence.reshape(batch_size, -1))
            counts, _ = self.rnn_lstm(read)
            return self.scores(counts, is_test)

        def scores(self, output: Any, is_test: bool = False) -> Any:
            found = self.fc(output.flatten(0, -2))
            return found[-1:] if is_test else found

    return RNN_model
