"""The model of the script beside it, and one more LSTM that nobody uses."""

import torch.nn as nn


class Base(nn.Module):
    def read(self, x, hidden):
        return self.lstm(self.embed(x), hidden)


class CharLSTM(Base):
    def __init__(self, vocab, embed_size=32, hidden=64, layers=1, dropout=0.0, **others):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden, layers, batch_first=True, dropout=dropout)
        self.norm = nn.Identity()
        self.fc = nn.Linear(hidden, vocab)

    def forward(self, x, hidden=None):
        output, hidden = self.read(x, hidden)
        every = self.fc(self.norm(output))  # (B, T, V)
        return every[:, -1], hidden
