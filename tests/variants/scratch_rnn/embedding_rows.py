"""Rows chosen in place of one-hot products where that may be, preallocated outputs, in-place detach."""
import math
import random
import time
import torch
from torch import nn, Tensor


def seq_data_iter_random(corpus: list, batch_size: int, num_steps: int):
    offset = random.randint(0, num_steps - 1)
    n = (len(corpus) - 1 - offset) // num_steps
    idx = [offset + i * num_steps for i in range(n)]
    random.shuffle(idx)
    out = []
    while len(idx) >= batch_size:
        rows, idx = idx[:batch_size], idx[batch_size:]
        X = torch.stack([torch.tensor(corpus[i:i + num_steps]) for i in rows])
        Y = torch.stack([torch.tensor(corpus[i + 1:i + num_steps + 1]) for i in rows])
        out.append((X, Y))
    return out


def seq_data_iter_sequential(corpus: list, batch_size: int, num_steps: int):
    corpus = torch.tensor(corpus[random.randrange(num_steps):], dtype=torch.int64)
    X, Y = corpus[:-1], corpus[1:]
    keep = len(X) // batch_size
    X, Y = (a[:keep * batch_size].reshape(batch_size, keep) for a in (X, Y))
    i = 0
    while i + num_steps <= keep:
        yield [X[:, i:i + num_steps], Y[:, i:i + num_steps]]
        i += num_steps


def get_params(vocab_size, num_hiddens, device):
    torch.manual_seed(1)
    rand = lambda *s: torch.randn(*s, device=device).mul_(0.1).requires_grad_(True)
    zero = lambda n: torch.zeros(n, device=device, requires_grad=True)
    return [rand(vocab_size, num_hiddens), rand(num_hiddens, num_hiddens), zero(num_hiddens),
            rand(num_hiddens, vocab_size), zero(vocab_size)]


def init_rnn_state(batch_size, num_hiddens, device):
    state = torch.zeros((batch_size, num_hiddens), device=device)
    return (state,)


def rnn(inputs: Tensor, state: tuple, params: list):
    steps, batch, V = inputs.shape
    outputs = torch.empty(0, V, dtype=inputs.dtype)
    W = torch.cat([params[0], params[1]])  # (V + H, H)
    h = state[0]
    for t in range(steps):
        h = torch.tanh(torch.cat([inputs[t], h], 1).matmul(W).add(params[2]))
        outputs = torch.cat([outputs, h.matmul(params[3]).add(params[4])])
    return outputs, tuple([h])


class RNNModelScratch:
    def __init__(self, vocab_size, num_hiddens, device, get_params, init_state, forward_fn):
        self.__dict__.update(locals())
        self.params = get_params(vocab_size, num_hiddens, device)

    def forward(self, X, state):
        inputs = torch.nn.functional.one_hot(X, self.vocab_size).permute(1, 0, 2).float()
        return self.forward_fn(inputs, state, self.params)

    __call__ = forward

    def begin_state(self, batch_size, device):
        return self.init_state(batch_size=batch_size, num_hiddens=self.num_hiddens, device=device)


def predict(prefix, num_preds, net, vocab, device):
    ids = [vocab[c] for c in prefix]
    while len(ids) < len(prefix) + num_preds:  # the whole text again for each character
        state = net.begin_state(batch_size=1, device=device)
        scores, _ = net(torch.tensor(ids, device=device).unsqueeze(0), state)
        ids.append(scores[-1].argmax().item())
    return "".join(map(vocab.idx_to_token.__getitem__, ids))


def grad_clipping(net, theta):
    if hasattr(net, "parameters") and isinstance(net, nn.Module):
        grads = [p.grad for p in net.parameters() if p.grad is not None]
    else:
        grads = [p.grad for p in net.params if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack([g.norm() for g in grads]))
    for g in grads:
        g.mul_((theta / norm).clamp(max=1))


def train_epoch(net, train_iter, loss, updater, device, use_random_iter):
    tic = time.perf_counter()
    state, total, n = None, 0, 0
    for i, (X, Y) in enumerate(train_iter):
        if i == 0 or use_random_iter:
            state = net.begin_state(batch_size=X.shape[0], device=device)
        else:
            for s in (state if isinstance(state, tuple) else [state]):
                s.detach_()
        y = Y.t().contiguous().view(-1).to(device)
        y_hat, state = net(X.to(device), state)
        l = loss(y_hat, y).mean()
        if isinstance(updater, torch.optim.Optimizer):
            updater.zero_grad()
        l.backward()
        grad_clipping(net, theta=1)
        updater.step() if isinstance(updater, torch.optim.Optimizer) else updater(batch_size=1)
        total += float(l) * y.numel()
        n += y.numel()
    return math.exp(total / n), n / (time.perf_counter() - tic), total


class RNNModel(nn.Module):
    def __init__(self, rnn_layer, vocab_size, **kw):
        super().__init__(**kw)
        self.rnn_layer = rnn_layer
        self.vocab_size = vocab_size
        self.decoder = nn.Linear(rnn_layer.hidden_size * (2 if rnn_layer.bidirectional else 1),
                                 vocab_size)

    def forward(self, inputs, state):
        eye = torch.eye(self.vocab_size)
        output, state = self.rnn_layer(eye[inputs.T], state)
        T, B, D = output.shape
        return self.decoder(output).reshape(T * B, self.vocab_size), state

    def begin_state(self, device, batch_size=1):
        D = 2 if self.rnn_layer.bidirectional else 1
        shape = (D * self.rnn_layer.num_layers, batch_size, self.rnn_layer.hidden_size)
        if self.rnn_layer.mode == "LSTM":
            return torch.zeros(shape, device=device), torch.zeros(shape, device=device)
        return torch.zeros(shape, device=device)
