"""float64 throughout, more values returned than asked for, losses over samples."""

import random

import torch
import torch.nn as nn

torch.set_default_dtype(torch.float64)


class CharLSTM(nn.Module):
    """字符级语言模型"""

    def __init__(self, vocab, embed_size, hidden, layers, dropout, tie=False):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden, layers, dropout=dropout)  # time first
        self.fc = nn.Linear(hidden, vocab)

    def forward(self, x, hidden=None):
        out, hidden = self.lstm(self.embed(x).permute(1, 0, 2), hidden)
        return self.fc(out[-1]), hidden, out


def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    scheduler = torch.optim.lr_scheduler.StepLR(optim, step_size=100)
    losses, state = [], None
    for _ in range(epochs):
        model.train()
        total = n = 0
        for x, y in loader:
            if state is not None and state[0].size(1) != len(x):
                state = None
            optim.zero_grad(set_to_none=True)
            logits, state, _ = model(x, hidden=state)
            state = (state[0].detach(), state[1].detach())
            loss = criterion(logits, y)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=clip, norm_type=2)
            optim.step()
            total += loss * len(x)
            n += len(x)
        losses.append(total.detach() / n)
        scheduler.step()
    return losses, model


def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device="cpu"):
    model.eval()
    chars, hidden = list(seed), None
    x = torch.tensor([[c2i[c] for c in seed]], dtype=torch.long)
    for _ in range(length):
        logits, hidden, _ = model(x, hidden)
        weights = torch.exp(torch.log_softmax(logits / temp, dim=1)).flatten().tolist()
        k = random.choices(range(vocab), weights=weights)[0]
        chars.append(i2c[k])
        x = torch.full((1, 1), k, dtype=torch.long)
    return chars
