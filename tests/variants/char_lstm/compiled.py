"""A scripted model, a compiled function; gradients by torch.autograd.grad, clipped by hand."""

from __future__ import annotations
import math
import torch
from torch import nn
from torch.autograd import grad

try:
    from tqdm import tqdm
except ImportError:

    class tqdm:
        def __init__(self, iterable, **kwargs):
            self.iterable = iterable

        def __iter__(self):
            return iter(self.iterable)

        def write(self, line):
            print(line)


class CharLSTM(nn.Module):
    def __init__(self, vocab, embed_size, hidden, layers, dropout):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed_size)
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(embed_size, hidden, layers, batch_first=True, dropout=between)
        self.fc = nn.Linear(hidden, vocab)

    def forward(self, x, hidden=None):
        out, hidden = self.lstm(self.embed(x), hidden)
        return (self.fc(out[:, -1]), hidden)


def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    losses = []
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        bar = tqdm(loader, desc=f"epoch {epoch}/{epochs}", unit="batch", mininterval=0.5)
        for step, (x, y) in enumerate(bar, start=1):
            x, y = (x.to(device), y.to(device))
            logits, _ = model(x)
            loss = criterion(logits, y)
            ps = [p for p in model.parameters() if p.requires_grad]
            grads = grad(loss, ps)
            norm = torch.sqrt(sum(((g * g).sum() for g in grads)))
            scale = clip / (norm + 1e-06) if norm > clip else 1.0
            for p, g in zip(ps, grads):
                p.grad = g * scale
            optim.step()
            total += loss.item()
            if not math.isfinite(total):
                raise ValueError("too short")
            if step % print_every == 0:
                said = f"epoch {epoch}, step {step}: mean loss {total / step:.3f}"
                bar.write(f"第 {epoch} 轮第 {step} 步平均损失 {said}")
        losses.append(total / len(loader))
        print(f"第 {epoch} 轮平均损失 epoch {epoch}: mean loss {losses[-1]:.3f}")
    return losses


_Eager = CharLSTM


def CharLSTM(vocab, embed_size, hidden, layers, dropout):
    return torch.jit.script(_Eager(vocab, embed_size, hidden, layers, dropout))


@torch.compile(mode="reduce-overhead")
def distribution(logits, temp):
    return torch.softmax(logits[0] / temp, dim=-1)


def generate(model, start, char2idx, idx2char, vocab_size, n=400, T=1.0, top_k=None, seed=42):
    seed, c2i, i2c, length, temp, device = (start, char2idx, idx2char, n, T, "cpu")
    if not seed:
        raise ValueError("seed 不能为空 | the seed needs at least one character")
    model.eval()
    x = torch.tensor([[c2i[c] for c in seed]], device=device)
    text, hidden = (seed, None)
    with torch.no_grad():
        for _ in range(length):
            logits, hidden = model(x, hidden)
            p = distribution(logits, temp)
            k = int(torch.multinomial(p, 1))
            text += i2c[k]
            x = torch.tensor([[k]], device=device)
    return text
