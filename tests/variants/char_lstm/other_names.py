"""Other names for parameters and layers, arguments by position, gradients clipped by hand."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class CharLSTM(nn.Module):
    def __init__(self, vocab_size, embed_dim=128, hidden_dim=256, num_layers=2, drop_prob=0.3):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim)
        self.rnn = nn.LSTM(
            input_size=embed_dim,
            hidden_size=hidden_dim,
            num_layers=num_layers,
            dropout=drop_prob if num_layers > 1 else 0,
            batch_first=True,
        )
        self.linear = nn.Linear(hidden_dim, vocab_size)

    def forward(self, inputs, state=None):
        _, (h, c) = self.rnn(self.embedding(inputs), state)
        return self.linear(h[-1]), (h, c)


def clip_gradients(net, theta):
    params = [p for p in net.parameters() if p.requires_grad]
    norm = torch.sqrt(sum(torch.sum(p.grad**2) for p in params))
    if norm > theta:
        for p in params:
            p.grad[:] *= theta / norm


def train(net, data_iter, loss_fn, updater, dev, num_epochs, theta, log_interval):
    net.to(dev)
    result = []
    for epoch in range(num_epochs):
        net.train()
        metric = [torch.zeros(()), 0]
        for i, batch in enumerate(data_iter):
            X, Y = (item.to(dev) for item in batch)
            y_hat, _ = net(X)
            l = F.cross_entropy(y_hat, Y.long())
            updater.zero_grad()
            l.backward()
            clip_gradients(net, theta)
            updater.step()
            metric[0] += l.detach() * Y.numel()
            metric[1] += Y.numel()
            if (i + 1) % log_interval == 0:
                print(f"{epoch=} {i=} perplexity {torch.exp(l):.1f}")
        result.append(metric[0] / metric[1])
    return result


@torch.no_grad()
def generate(net, prefix, char_to_idx, idx_to_char, n_chars, num_preds=400, T=1.0, dev="cpu"):
    net.eval()
    state, chars = None, []
    for c in prefix:
        scores, state = net(torch.tensor([[char_to_idx[c]]], device=dev), state)
        chars.append(c)
    while len(chars) < len(prefix) + num_preds:
        nxt = torch.distributions.Categorical(logits=scores[0] / T).sample().item()
        chars.append(idx_to_char[nxt])
        scores, state = net(torch.tensor([[nxt]], device=dev), state)
    return "".join(chars)
