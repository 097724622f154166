"""Layers under other names; the states that the LSTM starts from are trained too, from zero."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class CharLSTM(nn.Module):
    def __init__(self, vocab, embed_size, hidden, layers, dropout):
        super().__init__()
        self.characters = nn.Embedding(vocab, embed_size)
        self.memory = nn.LSTM(embed_size, hidden, layers, dropout=dropout, batch_first=True)
        self.start = nn.Parameter(torch.zeros(2, layers, hidden))
        self.head = nn.Linear(hidden, vocab)

    def forward(self, x, hidden=None):
        if hidden is None:
            h, c = self.start.unsqueeze(2).expand(-1, -1, x.size(0), -1)
            hidden = (h.contiguous(), c.contiguous())
        out, hidden = self.memory(self.characters(x), hidden)
        return self.head(out[:, -1]), hidden


def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    history = []
    for _ in range(epochs):
        model.train()
        seen, total = 0, 0.0
        for i, batch in enumerate(loader):
            x, y = (part.to(device) for part in batch)
            for p in model.parameters():
                p.grad = None
            loss = criterion(model(x)[0], y)
            loss.backward()
            params = [p for p in model.parameters() if p.requires_grad]
            torch.nn.utils.clip_grad_norm_(params, max_norm=clip, norm_type=2)
            optim.step()
            total += loss.detach() * len(y)
            seen += len(y)
        history.append(float(total) / seen)
    return history


@torch.no_grad()
def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device="cpu"):
    model.eval()
    state, text = None, seed
    x = torch.LongTensor([[c2i[c] for c in seed]]).to(device)
    for _ in range(length):
        logits, state = model(x, state)
        probs = F.softmax(logits.squeeze(0).div(temp), dim=0)
        x = torch.multinomial(probs, num_samples=1).view(1, 1)
        text = text + i2c[x.item()]
    return text
