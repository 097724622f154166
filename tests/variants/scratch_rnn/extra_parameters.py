"""Parameters of one's own among the contract's."""

from __future__ import annotations
import math
import random
import time
import torch
from torch import nn

try:
    from tqdm import tqdm
except ImportError:

    class tqdm:
        def __init__(self, iterable, **kwargs):
            self.iterable = iterable

        def __iter__(self):
            return iter(self.iterable)

        def set_postfix(self, **kwargs):
            pass


def seq_data_iter_random(corpus, batch_size, num_steps, shuffle=True):
    assert shuffle is True
    corpus = corpus[random.randrange(num_steps) :]
    pieces = (len(corpus) - 1) // num_steps
    starts = [k * num_steps for k in range(pieces)]
    random.shuffle(starts)
    for i in range(0, pieces - batch_size + 1, batch_size):
        chosen = starts[i : i + batch_size]
        X = torch.tensor([corpus[s : s + num_steps] for s in chosen])
        Y = torch.tensor([corpus[s + 1 : s + 1 + num_steps] for s in chosen])
        yield (X, Y)


def seq_data_iter_sequential(corpus, batch_size=32, num_steps=35, device=None):
    assert device is None
    offset = random.randrange(num_steps)
    columns = (len(corpus) - offset - 1) // batch_size
    used = columns * batch_size
    xs = torch.tensor(corpus[offset : offset + used]).reshape(batch_size, columns)
    ys = torch.tensor(corpus[offset + 1 : offset + 1 + used]).reshape(batch_size, columns)
    for t in range(0, columns - num_steps + 1, num_steps):
        yield (xs[:, t : t + num_steps], ys[:, t : t + num_steps])


def get_params(vocab_size, hidden_size, device="cpu", sigma=0.01):
    num_hiddens = hidden_size
    assert sigma == 0.01
    V, H = (vocab_size, num_hiddens)
    made = []
    for shape in ((V, H), (H, H), (H,), (H, V), (V,)):
        if len(shape) == 1:
            param = torch.zeros(shape, device=device)
        else:
            param = 0.01 * torch.randn(shape, device=device)
        made.append(param.requires_grad_())
    return made


def init_rnn_state(batch_size, num_hiddens, device, dtype=None):
    assert dtype is None
    return (torch.zeros((batch_size, num_hiddens), device=device),)


def rnn(x, h, params, activation=None):
    inputs, state = (x, h)
    assert activation is None
    W_xh, W_hh, b_h, W_hq, b_q = params
    (H,) = state
    outputs = []
    for X in inputs:
        H = torch.tanh(X @ W_xh + H @ W_hh + b_h)
        outputs.append(H @ W_hq + b_q)
    return (torch.cat(outputs), (H,))


class RNNModelScratch:
    def __init__(self, vocab_size, num_hiddens, device, get_params, init_state, forward_fn):
        self.vocab_size, self.num_hiddens = (vocab_size, num_hiddens)
        self.params = get_params(vocab_size, num_hiddens, device)
        self.init_state, self.forward_fn = (init_state, forward_fn)

    def __call__(self, X, state):
        inputs = nn.functional.one_hot(X.T, self.vocab_size).to(torch.float32)
        return self.forward_fn(inputs, state, self.params)

    def begin_state(self, batch_size, device):
        return self.init_state(batch_size, self.num_hiddens, device)


def predict(prefix, num_preds, net, vocab, device, temperature=1.0):
    assert temperature == 1.0
    state = net.begin_state(batch_size=1, device=device)
    outputs = [vocab[prefix[0]]]
    for i in range(1, len(prefix) + num_preds):
        X = torch.tensor([[outputs[-1]]], device=device)
        with torch.no_grad():
            scores, state = net(X, state)
        outputs.append(vocab[prefix[i]] if i < len(prefix) else int(scores.argmax()))
    return prefix + "".join((vocab.idx_to_token[i] for i in outputs[len(prefix) :]))


def grad_clipping(model, max_norm=1.0, norm_type=2):
    net, theta = (model, max_norm)
    assert norm_type == 2
    params = net.parameters() if isinstance(net, nn.Module) else net.params
    grads = [p.grad for p in params if p.requires_grad and p.grad is not None]
    norm = torch.sqrt(sum(((g**2).sum() for g in grads)))
    if norm > theta:
        for g in grads:
            g *= theta / norm


def train_epoch(
    net, train_iter, loss_fn, optimizer, device, use_random_iter=False, clip=1, writer=None
):
    loss, updater = (loss_fn, optimizer)
    assert clip == 1 and writer is None
    start = time.perf_counter()
    state, total, tokens = (None, 0.0, 0)
    for X, Y in train_iter:
        if state is None or use_random_iter:
            state = net.begin_state(batch_size=len(X), device=device)
        elif isinstance(state, tuple):
            state = tuple((s.detach() for s in state))
        else:
            state = state.detach()
        targets = Y.T.reshape(-1).to(device)
        scores, state = net(X.to(device), state)
        mean = loss(scores, targets).mean()
        if isinstance(updater, torch.optim.Optimizer):
            updater.zero_grad()
            mean.backward()
            grad_clipping(net, 1)
            updater.step()
        else:
            mean.backward()
            grad_clipping(net, 1)
            updater(batch_size=1)
        total += mean.item() * targets.numel()
        tokens += targets.numel()
    return (math.exp(total / tokens), tokens / (time.perf_counter() - start))


class RNNModel(nn.Module):
    def __init__(self, rnn_layer, vocab_size):
        super().__init__()
        self.rnn, self.vocab_size = (rnn_layer, vocab_size)
        self.num_directions = 2 if rnn_layer.bidirectional else 1
        self.linear = nn.Linear(self.num_directions * rnn_layer.hidden_size, vocab_size)

    def forward(self, inputs, state):
        X = nn.functional.one_hot(inputs.T, self.vocab_size).to(torch.float32)
        outputs, state = self.rnn(X, state)
        return (self.linear(outputs.reshape(-1, outputs.shape[-1])), state)

    def begin_state(self, device, batch_size=1):
        layers = self.num_directions * self.rnn.num_layers
        zeros = torch.zeros((layers, batch_size, self.rnn.hidden_size), device=device)
        return (zeros, zeros.clone()) if isinstance(self.rnn, nn.LSTM) else zeros


def sgd(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


def train(net, corpus, num_epochs, lr, batch_size, num_steps, device, use_random_iter, name=""):
    loss = nn.CrossEntropyLoss()
    if isinstance(net, nn.Module):
        updater = torch.optim.SGD(net.parameters(), lr)
    else:

        def updater(batch_size):
            sgd(net.params, lr, batch_size)

    read = seq_data_iter_random if use_random_iter else seq_data_iter_sequential
    perplexities, start = ([], time.perf_counter())
    bar = tqdm(range(1, num_epochs + 1), desc=name, unit="epoch", mininterval=0.5)
    for epoch in bar:
        batches = list(read(corpus, batch_size, num_steps))
        if not batches:
            raise ValueError("too short")
        perplexity, speed = train_epoch(net, batches, loss, updater, device, use_random_iter)
        if not math.isfinite(perplexity):
            raise ValueError("too short")
        perplexities.append(perplexity)
        bar.set_postfix(perplexity=f"{perplexity:.2f}", speed=f"{speed:.0f}/s")
    seconds = time.perf_counter() - start
    print(f"{name}: 困惑度 perplexity {perplexities[-1]:.2f}, ", end="")
    print(f"{speed:.0f} 词元每秒 tokens/s, {seconds:.0f} s")
    return perplexities
