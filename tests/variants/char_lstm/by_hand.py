"""The LSTM's gates written out over its own weights; everything as arrays."""

import numpy as np
import torch
from torch import nn


class CharLSTM(nn.Module):
    def __init__(self, vocab, embed_size, hidden, layers, dropout):
        super().__init__()
        self.hidden_size, self.layers = hidden, layers
        self.embed = nn.Embedding(vocab, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden, layers, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(hidden, vocab)

    def cell(self, layer, x, h, c):
        w_ih, w_hh, b_ih, b_hh = self.lstm.all_weights[layer]
        i, f, g, o = (x @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    def forward(self, x, hidden=None):
        xs = self.embed(x)
        if hidden is None:
            hidden = xs.new_zeros(2, self.layers, x.size(0), self.hidden_size)
        last_h, last_c = [], []
        for layer in range(self.layers):
            h, c = hidden[0][layer], hidden[1][layer]
            steps = []
            for t in range(xs.size(1)):
                h, c = self.cell(layer, xs[:, t], h, c)
                steps.append(h)
            xs = torch.stack(steps, dim=1)
            if layer + 1 < self.layers:
                xs = self.drop(xs)
            last_h.append(h)
            last_c.append(c)
        return self.fc(xs[:, -1]), torch.stack([torch.stack(last_h), torch.stack(last_c)])


def train(model, loader, criterion, optim, device, epochs, clip, print_every=100):
    params = list(model.parameters())
    losses = np.zeros(epochs)
    optim.zero_grad(set_to_none=False)
    for epoch in range(epochs):
        model.train()
        batch_losses = []
        for x, y in loader:
            loss = criterion(model(x.to(device))[0], y.to(device))
            loss.backward()
            norm = torch.linalg.vector_norm(torch.cat([p.grad.flatten() for p in params]))
            scale = min(1.0, clip / (norm.item() + 1e-12))
            for p in params:
                p.grad = p.grad * scale
            optim.step()
            optim.zero_grad()  # for the next batch
            batch_losses.append(loss.detach().cpu().numpy())
        losses[epoch] = np.mean(batch_losses)
    return losses


def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device="cpu"):
    was_training = model.training
    model.train(False)
    text = list(seed)
    with torch.inference_mode():
        for _ in range(length):  # reads the whole text anew each time
            x = torch.as_tensor([[c2i[c] for c in text]]).to(device)
            z = model(x)[0][0].double().numpy() / temp
            p = np.exp(z - z.max())
            text.append(i2c[int(np.random.choice(vocab, p=p / p.sum()))])
    model.train(was_training)
    return "".join(text)
