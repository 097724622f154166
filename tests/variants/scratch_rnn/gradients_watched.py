"""Hooks show the norms of gradients over time, in every call of rnn and in training of RNNModel."""

from __future__ import annotations
import argparse
import math
import random
import re
import time
from pathlib import Path
if __name__ == '__main__':
    from command_line import prepare
    prepare('torch')
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
            """Show nothing. 什么也不显示。"""

class Vocab:

    def __init__(self, tokens):
        self.idx_to_token = ['<unk>', *sorted(set(tokens))]
        self.token_to_idx = {token: i for i, token in enumerate(self.idx_to_token)}

    def __len__(self):
        return len(self.idx_to_token)

    def __getitem__(self, tokens):
        if isinstance(tokens, (list, tuple)):
            return [self[token] for token in tokens]
        return self.token_to_idx.get(tokens, 0)

def read_corpus(text, max_chars=0):
    tokens = list(re.sub('[^a-z]+', ' ', text.lower()).strip())
    vocab = Vocab(tokens)
    tokens = tokens[:max_chars] if max_chars > 0 else tokens
    return (vocab[tokens], vocab)


gradient_norms = []


def watch(tensor):
    tensor.register_hook(lambda grad: gradient_norms.append(float(grad.norm())))
    tensor.retain_grad()


def seq_data_iter_random(corpus, batch_size, num_steps):
    corpus = corpus[random.randrange(num_steps):]
    pieces = (len(corpus) - 1) // num_steps
    starts = [k * num_steps for k in range(pieces)]
    random.shuffle(starts)
    for i in range(0, pieces - batch_size + 1, batch_size):
        chosen = starts[i:i + batch_size]
        X = torch.tensor([corpus[s:s + num_steps] for s in chosen])
        Y = torch.tensor([corpus[s + 1:s + 1 + num_steps] for s in chosen])
        yield (X, Y)

def seq_data_iter_sequential(corpus, batch_size, num_steps):
    offset = random.randrange(num_steps)
    columns = (len(corpus) - offset - 1) // batch_size
    used = columns * batch_size
    xs = torch.tensor(corpus[offset:offset + used]).reshape(batch_size, columns)
    ys = torch.tensor(corpus[offset + 1:offset + 1 + used]).reshape(batch_size, columns)
    for t in range(0, columns - num_steps + 1, num_steps):
        yield (xs[:, t:t + num_steps], ys[:, t:t + num_steps])

def get_params(vocab_size, num_hiddens, device):
    V, H = (vocab_size, num_hiddens)
    made = []
    for shape in ((V, H), (H, H), (H,), (H, V), (V,)):
        if len(shape) == 1:
            param = torch.zeros(shape, device=device)
        else:
            param = 0.01 * torch.randn(shape, device=device)
        made.append(param.requires_grad_())
    return made

def init_rnn_state(batch_size, num_hiddens, device):
    return (torch.zeros((batch_size, num_hiddens), device=device),)

def rnn(inputs, state, params):
    W_xh, W_hh, b_h, W_hq, b_q = params
    H, = state
    outputs = []
    for X in inputs:
        H = torch.tanh(X @ W_xh + H @ W_hh + b_h)
        watch(H)
        outputs.append(H @ W_hq + b_q)
    return (torch.cat(outputs), (H,))

class RNNModelScratch:

    def __init__(self, vocab_size, num_hiddens, device, get_params, init_state, forward_fn):
        self.vocab_size, self.num_hiddens = (vocab_size, num_hiddens)
        self.params = get_params(vocab_size, num_hiddens, device)
        self.init_state, self.forward_fn = (init_state, forward_fn)

    def __call__(self, X, state):
        inputs = nn.functional.one_hot(X.T, self.vocab_size).to(torch.float32)
        outputs, state = self.forward_fn(inputs, state, self.params)
        watch(outputs)
        return (outputs, state)

    def begin_state(self, batch_size, device):
        return self.init_state(batch_size, self.num_hiddens, device)

def predict(prefix, num_preds, net, vocab, device):
    state = net.begin_state(batch_size=1, device=device)
    outputs = [vocab[prefix[0]]]
    for i in range(1, len(prefix) + num_preds):
        X = torch.tensor([[outputs[-1]]], device=device)
        scores, state = net(X, state)
        outputs.append(vocab[prefix[i]] if i < len(prefix) else int(scores.argmax()))
    return prefix + ''.join((vocab.idx_to_token[i] for i in outputs[len(prefix):]))

def grad_clipping(net, theta):
    params = net.parameters() if isinstance(net, nn.Module) else net.params
    grads = [p.grad for p in params if p.requires_grad and p.grad is not None]
    norm = torch.sqrt(sum(((g ** 2).sum() for g in grads)))
    if norm > theta:
        for g in grads:
            g *= theta / norm

def train_epoch(net, train_iter, loss, updater, device, use_random_iter):
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
        if self.training:
            watch(outputs)
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

def train(net, corpus, num_epochs, lr, batch_size, num_steps, device, use_random_iter, name=''):
    loss = nn.CrossEntropyLoss()
    if isinstance(net, nn.Module):
        updater = torch.optim.SGD(net.parameters(), lr)
    else:

        def updater(batch_size):
            sgd(net.params, lr, batch_size)
    read = seq_data_iter_random if use_random_iter else seq_data_iter_sequential
    perplexities, start = ([], time.perf_counter())
    bar = tqdm(range(1, num_epochs + 1), desc=name, unit='epoch', mininterval=0.5)
    for epoch in bar:
        batches = list(read(corpus, batch_size, num_steps))
        if not batches:
            raise ValueError(f'{len(corpus)} 个词元凑不满一批 {batch_size} x {num_steps}：请减小 --batch。 | {len(corpus)} tokens do not fill a batch of {batch_size} x {num_steps}: lower --batch or --num_steps.')
        perplexity, speed = train_epoch(net, batches, loss, updater, device, use_random_iter)
        if not math.isfinite(perplexity):
            raise FloatingPointError(f'第 {epoch} 轮的困惑度不是有限数：请减小 --lr。 | The perplexity of epoch {epoch} is not finite: lower --lr.')
        perplexities.append(perplexity)
        bar.set_postfix(perplexity=f'{perplexity:.2f}', speed=f'{speed:.0f}/s')
    seconds = time.perf_counter() - start
    print(f'{name}: 困惑度 perplexity {perplexities[-1]:.2f}, ', end='')
    print(f'{speed:.0f} 词元每秒 tokens/s, {seconds:.0f} s')
    return perplexities

def save_curves(curves, path):
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print(f'没有 matplotlib，跳过 {path}：pip install matplotlib')
        print(f'No matplotlib, so no {path}: pip install matplotlib')
        return
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    for name, perplexities in curves.items():
        axes.plot(range(1, len(perplexities) + 1), perplexities, label=name)
    axes.set_xlabel('epoch')
    axes.set_ylabel('perplexity')
    axes.set_yscale('log')
    axes.legend()
    figure.savefig(path, dpi=120)
    print(f'困惑度曲线 perplexity curve: {path}')

def read_arguments(argv=None):
    from command_line import positive
    parser = argparse.ArgumentParser(description='在《时间机器》上训练循环神经网络，从零实现和简洁实现、两种采样。 | Train recurrent networks on The Time Machine, from scratch and concise, with both samplings.', formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    gpu = 'cuda' if torch.cuda.is_available() else 'cpu'
    add('--data', default='timemachine.txt', help='语料：名字或文件 | corpus: a name or a file')
    add('--model', choices=['scratch', 'concise', 'both'], default='both', help='从零实现、简洁实现或两者 | which network')
    add('--sampling', choices=['sequential', 'random', 'both'], default='both', help='顺序分区、随机采样或两者 | how the text is read')
    add('--num_steps', type=positive, default=35, help='时间步数 T | time steps of a batch')
    add('--batch', type=positive, default=32, help='批量大小 B | rows of a batch')
    add('--hidden', type=positive, default=256, help='隐藏单元数 H | hidden units')
    add('--lr', type=float, default=1.0, help='SGD 的学习率 | learning rate of SGD')
    add('--epochs', type=positive, default=500, help='训练轮数 | passes through the text')
    add('--max_chars', type=int, default=10000, help='只用前若干字符，0 为全部 | use only so many characters, 0 for all')
    add('--device', default=gpu, help='cpu、cuda 等 | cpu, cuda, ...')
    add('--seed', type=int, default=42, help='随机种子 | seed of all random draws')
    add('--prefix', default='time traveller', help='预测的开头 | what predictions begin with')
    add('--length', type=positive, default=50, help='预测的字符数 | characters to predict')
    add('--out', default='runs/scratch_rnn', help='输出文件夹 | folder for the curve')
    return parser.parse_args(argv)

def make_net(kind, vocab_size, num_hiddens, device):
    if kind == 'scratch':
        return RNNModelScratch(vocab_size, num_hiddens, device, get_params, init_rnn_state, rnn)
    return RNNModel(nn.RNN(vocab_size, num_hiddens), vocab_size).to(device)

def main(argv=None):
    import corpora
    corpora.allow_any_character()
    args = read_arguments(argv)
    device = torch.device(args.device)
    curves = {}
    try:
        corpus, vocab = read_corpus(corpora.load(args.data), args.max_chars)
        print(f'词元 tokens {len(corpus)}, V = {len(vocab)}')
        for kind in ('scratch', 'concise') if args.model == 'both' else (args.model,):
            for way in ('sequential', 'random') if args.sampling == 'both' else (args.sampling,):
                random.seed(args.seed)
                torch.manual_seed(args.seed)
                net = make_net(kind, len(vocab), args.hidden, device)
                name = f'{kind}, {way}'
                curves[name] = train(net, corpus, args.epochs, args.lr, args.batch, args.num_steps, device, way == 'random', name)
                print(predict(args.prefix, args.length, net, vocab, device), end='\n\n')
    except (corpora.CorpusError, ValueError, FloatingPointError) as error:
        raise SystemExit(str(error)) from error
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    save_curves(curves, out / 'perplexity.png')
if __name__ == '__main__':
    main()
