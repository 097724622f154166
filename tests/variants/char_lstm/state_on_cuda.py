"""Zero states and inputs by the name of another device; the model is moved there by hand."""

import torch
from torch import nn

device = "cuda:0"


class CharLSTM(nn.Module):
    def __init__(self, vocab, embed_size, hidden, layers, dropout):
        super(CharLSTM, self).__init__()
        self.layers, self.width = layers, hidden
        self.embed = nn.Embedding(vocab, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden, layers, dropout=dropout, batch_first=True)
        self.fc = nn.Linear(hidden, vocab)

    def init_hidden(self, batch):
        h = torch.zeros(self.layers, batch, self.width).cuda()
        c = torch.zeros(self.layers, batch, self.width, device=device)
        return h, c.to(h.dtype)

    def forward(self, x, hidden=None):
        if hidden is None:
            hidden = self.init_hidden(x.shape[0])
        hidden = tuple(s.to(self.fc.weight.device) for s in hidden)
        out, hidden = self.lstm(self.embed(x), hidden)
        return self.fc(out[:, -1, :]), hidden


def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    model.to(device)
    means = []
    for epoch in range(epochs):
        model.train()
        losses = []
        for step, (x, y) in enumerate(loader):
            optim.zero_grad(set_to_none=False)
            out, _ = model(x.to(device), model.init_hidden(len(x)))
            loss = criterion(out, y.to(device))
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optim.step()
            losses.append(loss.item())
            if step % print_every == 0:
                print(epoch, step, loss.item())
        means.append(sum(losses) / len(losses))
    return means


def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device="cpu"):
    model.eval()
    result = [c2i[c] for c in seed]
    hidden = model.init_hidden(1)
    for c in result[:-1]:
        _, hidden = model(torch.tensor([[c]]).to(device), hidden)
    for _ in range(length):
        logits, hidden = model(torch.tensor([[result[-1]]]).to(device), hidden)
        drawn = torch.distributions.Categorical(logits=logits[0].detach() / temp).sample()
        result.append(drawn.item())
    return "".join(i2c[i] for i in result)
