"""The network from scratch as an nn.Module; torch's own clipping; the prefix read at once."""

import time

import torch
import torch.nn.functional as F
from torch import nn


def get_params(vocab_size, num_hiddens, device="cpu"):
    makers = {
        "xh": (vocab_size, num_hiddens), "hh": (num_hiddens, num_hiddens), "bh": (num_hiddens,),
        "hq": (num_hiddens, vocab_size), "bq": (vocab_size,),
    }
    found = []
    for name, shape in makers.items():
        p = nn.Parameter(torch.empty(shape, device=device))
        nn.init.zeros_(p) if name[0] == "b" else nn.init.normal_(p, std=0.02)
        found.append(p)
    return tuple(found)


def init_rnn_state(batch_size, num_hiddens, device="cpu"):
    return [torch.zeros(batch_size, num_hiddens).to(device)]


def rnn(inputs, state, params):
    xh, hh, bh, hq, bq = params
    h = state[0]
    projected = inputs @ xh + bh
    hs = []
    for t in range(inputs.shape[0]):
        h = (projected[t] + h @ hh).tanh()
        hs.append(h)
    hs = torch.stack(hs)
    return (hs @ hq + bq).flatten(0, 1), [h], hs


class RNNModelScratch(nn.Module):
    def __init__(self, vocab_size, num_hiddens, device, get_params, init_state, forward_fn):
        super().__init__()
        self.V = vocab_size
        self.h = num_hiddens
        self.params = nn.ParameterList(get_params(vocab_size, num_hiddens, device))
        self.start = init_state
        self.run = forward_fn

    def forward(self, X, state=None):
        state = self.begin_state(len(X), X.device) if state is None else state
        return self.run(torch.eye(self.V, device=X.device)[X.t()], state, list(self.params))

    def begin_state(self, batch_size, device):
        return self.start(batch_size, self.h, device)


@torch.no_grad()
def predict(prefix, num_preds, net, vocab, device):
    state = net.begin_state(1, device)
    X = torch.tensor([vocab[list(prefix)]], device=device)
    out = list(prefix)
    for _ in range(num_preds):
        scores, state = net(X, state)[:2]
        best = scores[-1].topk(1).indices.item()
        out.append(vocab.idx_to_token[best])
        X = torch.full((1, 1), best, device=device)
    return "".join(out)


def grad_clipping(net, theta):
    params = net.parameters() if isinstance(net, nn.Module) else net.params
    return nn.utils.clip_grad_norm_(params, theta)


def seq_data_iter_random(corpus, batch_size, num_steps):
    data = torch.as_tensor(corpus)
    data = data[torch.randint(num_steps, ()):]
    windows = data.unfold(0, num_steps + 1, num_steps)
    order = torch.randperm(len(windows))
    for rows in order.split(batch_size):
        if len(rows) == batch_size:
            yield windows[rows, :-1], windows[rows, 1:]


def seq_data_iter_sequential(corpus, batch_size, num_steps):
    data = torch.as_tensor(corpus)[torch.randint(num_steps, ()):]
    columns = (len(data) - 1) // batch_size // num_steps * num_steps
    x = data[: batch_size * columns].view(batch_size, columns)
    y = data[1 : batch_size * columns + 1].view(batch_size, columns)
    return list(zip(x.split(num_steps, 1), y.split(num_steps, 1)))


def train_epoch(net, train_iter, loss, updater, device, use_random_iter=False):
    losses, count, t0 = torch.zeros(()), 0, time.time()
    state = None
    for x, y in train_iter:
        x, y = x.to(device), y.to(device)
        if use_random_iter:
            state = None
        if state is None:
            state = net.begin_state(batch_size=x.size(0), device=device)
        if torch.is_tensor(state):
            state = state.detach()
        else:
            state = type(state)(s.detach() for s in state)
        scores, state, *_ = net(x, state)
        value = loss(scores, y.permute(1, 0).flatten()).mean()
        optim = updater if hasattr(updater, "zero_grad") else None
        if optim:
            optim.zero_grad(set_to_none=True)
        value.backward()
        grad_clipping(net, 1.0)
        optim.step() if optim else updater(1)
        with torch.no_grad():
            losses += value.cpu() * y.numel()
        count += y.numel()
    return torch.exp(losses / count), count / (time.time() - t0)


class RNNModel(nn.Module):
    def __init__(self, rnn_layer, vocab_size):
        super().__init__()
        self.layer = rnn_layer
        self.V = vocab_size
        ways = 1 + int(rnn_layer.bidirectional)
        self.out = nn.Linear(ways * rnn_layer.hidden_size, vocab_size)
        self.first = ways * rnn_layer.num_layers

    def forward(self, inputs, state):
        y, state = self.layer(F.one_hot(inputs, self.V).float().transpose(0, 1), state)
        return self.out(y).view(-1, self.V), state

    def begin_state(self, device=None, batch_size=1):
        make = lambda: torch.zeros(self.first, batch_size, self.layer.hidden_size, device=device)
        return [make(), make()] if type(self.layer) is nn.LSTM else make()
