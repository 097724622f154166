"""Gradients by torch.func; a constructor that asks for a device; a log for TensorBoard."""

from __future__ import annotations
import math
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter
from torch.func import functional_call, grad_and_value

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
    def __init__(self, device, seq_len, vocab, embed_size, hidden, layers, dropout):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed_size)
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(embed_size, hidden, layers, batch_first=True, dropout=between)
        self.fc = nn.Linear(hidden, vocab)

    def forward(self, x, hidden=None):
        out, hidden = self.lstm(self.embed(x), hidden)
        return (self.fc(out[:, -1]), hidden)


writer = SummaryWriter("runs/a")


def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    losses = []
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        bar = tqdm(loader, desc=f"epoch {epoch}/{epochs}", unit="batch", mininterval=0.5)
        for step, (x, y) in enumerate(bar, start=1):
            x, y = (x.to(device), y.to(device))
            names = dict(model.named_parameters())

            def loss_of(ps):
                return criterion(functional_call(model, ps, (x,))[0], y)

            gs, loss = grad_and_value(loss_of)({n: p.detach() for n, p in names.items()})
            for n, p in names.items():
                p.grad = gs[n]
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optim.step()
            writer.add_scalar("loss", loss.item(), step)
            total += loss.item()
            if not math.isfinite(total):
                raise ValueError("too short")
            if step % print_every == 0:
                said = f"epoch {epoch}, step {step}: mean loss {total / step:.3f}"
                bar.write(f"第 {epoch} 轮第 {step} 步平均损失 {said}")
        losses.append(total / len(loader))
        print(f"第 {epoch} 轮平均损失 epoch {epoch}: mean loss {losses[-1]:.3f}")
    return losses


def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device="cpu"):
    if not seed:
        raise ValueError("seed 不能为空 | the seed needs at least one character")
    model.eval()
    x = torch.tensor([[c2i[c] for c in seed]], device=device)
    text, hidden = (seed, None)
    with torch.no_grad():
        for _ in range(length):
            logits, hidden = model(x, hidden)
            p = torch.softmax(logits[0] / temp, dim=-1)
            k = int(torch.multinomial(p, 1))
            text += i2c[k]
            x = torch.tensor([[k]], device=device)
    return text
