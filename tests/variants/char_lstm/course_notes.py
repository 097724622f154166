"""In the manner of public course notes: a script with everything at its top level."""

import argparse
import os
import sys

import matplotlib.pyplot as plt
import numpy as np
import requests
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm, trange

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(HERE, "results")
os.makedirs(RESULTS, exist_ok=True)


def parse_args():
    p = argparse.ArgumentParser(description="字符级 LSTM")
    p.add_argument("--seq_len", type=int, default=120)
    p.add_argument("--batch", type=int, default=256)
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return p.parse_args()


def download(path):
    text = requests.get("https://example.org/shakespeare.txt", timeout=30).text
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def build_dataset(text, seq_len):
    chars = sorted(set(text))
    c2i = {c: i for i, c in enumerate(chars)}
    i2c = dict(enumerate(chars))
    windows = [[c2i[c] for c in text[i : i + seq_len]] for i in range(len(text) - seq_len)]
    nexts = [c2i[c] for c in text[seq_len:]]
    return TensorDataset(torch.tensor(windows), torch.tensor(nexts)), c2i, i2c, len(chars)


class CharLSTM(nn.Module):
    def __init__(self, vocab: int, embed_size: int, hidden: int, layers: int, dropout: float):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden, layers, batch_first=True, dropout=dropout)
        self.fc = nn.Linear(hidden, vocab)
        print("model with", sum(p.numel() for p in self.parameters()), "parameters")

    def forward(self, x, hidden=None):
        emb = self.embed(x)  # [B, T, E]
        output, hidden = self.lstm(emb, hidden)  # [B, T, H]
        last = output[:, -1, :]
        return self.fc(last), hidden


def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    history = []
    outer = trange(1, epochs + 1, desc="Training", unit="epoch")
    for ep in outer:
        model.train()
        running, hidden = 0.0, None
        inner = tqdm(loader, desc=f"epoch {ep}", leave=False)
        for step, (x, y) in enumerate(inner, 1):
            x, y = x.to(device), y.to(device)
            optim.zero_grad()
            pred, hidden = model(x, hidden)
            hidden = tuple(h.detach() for h in hidden)  # 截断跨批次的梯度
            loss = criterion(pred, y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optim.step()
            running += loss.item()
            inner.set_postfix(loss=f"{loss.item():.4f}")
            if step % print_every == 0:
                inner.write(f"{ep} {step} {loss.item():.4f}")
        history.append(running / len(loader))
        outer.set_postfix(loss=history[-1])
        outer.write(f"epoch {ep}: {history[-1]:.4f}")
    return history


def generate(model, seed: str, c2i, i2c, vocab: int, length=400, temp=1.0, device="cpu"):
    model.eval()
    out = seed
    seq = [c2i[c] for c in seed]
    hidden = None
    for _ in range(length):
        x = torch.tensor(seq[-args.seq_len :], dtype=torch.long, device=device).unsqueeze(0)
        with torch.no_grad():
            logits, hidden = model(x, hidden)
        probs = F.softmax(logits.squeeze() / temp, dim=0).cpu().numpy()
        idx = np.random.choice(vocab, p=probs)
        out += i2c[idx]
        seq.append(idx)
    return out


def main():
    global args  # generate reads it
    args = parse_args()
    path = os.path.join(RESULTS, "shakespeare.txt")
    download(path)
    with open(path, encoding="utf-8") as f:
        data, c2i, i2c, vocab = build_dataset(f.read(), args.seq_len)
    loader = DataLoader(data, batch_size=args.batch, shuffle=True, num_workers=4)
    model = CharLSTM(vocab, 256, 512, 3, 0.3).to(args.device)
    optim = torch.optim.AdamW(model.parameters(), lr=2e-3)
    losses = train(model, loader, nn.CrossEntropyLoss(), optim, args.device, 25, 5.0, 200)
    plt.plot(losses)
    plt.savefig(os.path.join(RESULTS, "loss.png"))
    for t in (0.5, 1.0, 1.3):
        print(generate(model, "ROMEO: ", c2i, i2c, vocab, temp=t, device=args.device))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
