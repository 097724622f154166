"""Time comes first inside: the LSTM is given (T,B,E), the batch is put back at the end."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class CharLSTM(nn.Module):
    def __init__(self, vocab, embed_size, hidden, layers, dropout):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden, num_layers=layers, dropout=dropout)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(hidden, vocab)

    def forward(self, x, hidden=None):
        e = self.drop(self.embed(x)).permute(1, 0, 2)  # (T, B, E)
        out, state = self.lstm(e, hidden)
        return self.fc(self.drop(out[out.size(0) - 1])), state


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
