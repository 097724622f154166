"""A method of the student's own makes the zero state; forward insists on one."""

import torch
from torch import nn, optim

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class CharLSTM(nn.Module):
    def __init__(self, vocab, embed_size=256, hidden=512, layers=3, dropout=0.3):
        super().__init__()
        self.hidden, self.layers = hidden, layers
        self.embed = nn.Embedding(vocab, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden, layers, batch_first=True, dropout=dropout)
        self.fc = nn.Linear(hidden, vocab)

    def init_hidden(self, batch):
        weight = next(self.parameters())
        return tuple(weight.new_zeros(self.layers, batch, self.hidden) for _ in range(2))

    def forward(self, x, hidden):
        if hidden is None:
            hidden = self.init_hidden(x.shape[0])
        out, hidden = self.lstm(self.embed(x), hidden)
        return self.fc(out)[:, -1], hidden


def run_batch(model, x, y, criterion, optimizer, clip):
    def closure():
        optimizer.zero_grad()
        logits, _ = model(x, model.init_hidden(len(x)))
        loss = criterion(logits, y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        return loss

    return optimizer.step(closure).item()


def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    model.train()
    means = []
    for epoch in range(epochs):
        mean = 0.0
        for i, (x, y) in enumerate(loader):
            loss = run_batch(model, x.to(device), y.to(device), criterion, optim, clip)
            mean += (loss - mean) / (i + 1)  # running mean
            if i % print_every == 0:
                print(f"[{epoch}:{i}] {loss:.3f}")
        means.append(mean)
    return torch.tensor(means)


def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device="cpu"):
    model.eval()
    hidden = model.init_hidden(1)
    with torch.no_grad():
        if len(seed) > 1:  # all but the last, which the loop reads
            warm = torch.LongTensor([[c2i[c] for c in seed[:-1]]]).to(device)
            _, hidden = model(warm, hidden)
        last, text = c2i[seed[-1]], seed
        for _ in range(length):
            logits, hidden = model(torch.LongTensor([[last]]).to(device), hidden)
            p = (logits.squeeze() / temp).softmax(dim=-1)
            last = torch.multinomial(p, num_samples=1)[0].item()
            text = text + i2c[last]
    return text


if __name__ == "__main__":
    net = CharLSTM(65).to(device)
    opt = optim.AdamW(net.parameters(), lr=2e-3)
