# Template of the lab. 实验模板。
# Write your code in this file, in the place of every NotImplementedError.
# 请直接在本文件中填空：把每个 NotImplementedError 换成你的代码。
"""A recurrent network from scratch on torch tensors, beside the concise one; perplexity.

从零实现的循环神经网络（只用张量和自动求导），以及用 nn.RNN 的简洁实现；用困惑度衡量。

RNN-from-scratch notes ("Dive into Deep Learning", the chapter on recurrent networks). Characters
of The Time Machine, lower-case letters and blanks only; the network predicts the next one:

    H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h)        O_t = H_t W_hq + b_q
    perplexity = exp(mean over all tokens of -ln p(next token))

Shapes: B batch, T time steps, V vocabulary, H hidden. A batch of text is (B,T); the network reads
it time step by time step, so one-hot inputs are (T,B,V) and outputs (T*B,V), in time order.
形状：B 批量，T 时间步，V 词表大小，H 隐藏单元数；输出按时间顺序排列，先是第一步的 B 行。

    python scratch_rnn.py --data timemachine.txt     # 5 minutes on a laptop / 笔记本电脑上约五分钟
    python scratch_rnn.py --epochs 30 --hidden 64 --model scratch --sampling sequential  # seconds
"""

from __future__ import annotations

import argparse
import math
import random
import re
import time
from pathlib import Path

if __name__ == "__main__":  # first of all: NumPy reads the threads as it is imported
    from command_line import prepare

    prepare("torch")

import torch
from torch import nn

try:
    from tqdm import tqdm
except ImportError:  # the progress bar is a comfort, not a need

    class tqdm:
        """Pass the iterable through. 没有安装 tqdm 时原样返回。"""

        def __init__(self, iterable, **kwargs):
            self.iterable = iterable

        def __iter__(self):
            return iter(self.iterable)

        def set_postfix(self, **kwargs):
            """Show nothing. 什么也不显示。"""


# ---------------------------------------------------------------------------------------------
# Given: the text / 已给出：文本


class Vocab:
    """Tokens (characters) and their indices; index 0 is that of the unknown. 词表。

    `vocab[token]` is an index, `vocab[[token, ...]]` a list of them, `vocab.idx_to_token` the way
    back, `len(vocab)` the size V.
    """

    def __init__(self, tokens):
        self.idx_to_token = ["<unk>", *sorted(set(tokens))]  # sorted: the same in every run
        self.token_to_idx = {token: i for i, token in enumerate(self.idx_to_token)}

    def __len__(self):
        return len(self.idx_to_token)

    def __getitem__(self, tokens):
        if isinstance(tokens, (list, tuple)):
            return [self[token] for token in tokens]
        return self.token_to_idx.get(tokens, 0)


def read_corpus(text, max_chars=0):
    """`text` -> `corpus` (a list of indices), `vocab`. Letters in lower case, blanks. 预处理文本。

    Everything else becomes a blank. `max_chars` 0 is no limit. 除字母外的字符都换成空格。
    """
    tokens = list(re.sub("[^a-z]+", " ", text.lower()).strip())
    vocab = Vocab(tokens)
    tokens = tokens[:max_chars] if max_chars > 0 else tokens
    return vocab[tokens], vocab


# ---------------------------------------------------------------------------------------------
# Reading a long text in batches: fill in / 长文本的小批量读取：请补全


def seq_data_iter_random(corpus, batch_size, num_steps):
    """`corpus` (list of indices) -> pairs `X (B,T)`, `Y (B,T)` of long tensors. 随机采样。

    Cut the corpus into pieces of T tokens, after a random number of tokens that are dropped, and
    give the pieces in random order, B at a time. Y is X one token later. Neighbouring batches have
    nothing to do with each other. What does not fill a batch is dropped.
    Source: D2L, reading long sequence data, random sampling.

    随机去掉开头的几个词元，切成长度为 T 的片段，打乱顺序，每 B 个一批；
    Y[b,t] 是 X[b,t] 的下一个词元。
    """
    raise NotImplementedError(
        "seq_data_iter_random: 随机偏移，切段，打乱，成批产出 X 和 Y | "
        "a random offset, pieces of T tokens, shuffled, then batches of X and Y"
    )


def seq_data_iter_sequential(corpus, batch_size, num_steps):
    """`corpus` (list of indices) -> pairs `X (B,T)`, `Y (B,T)` of long tensors. 顺序分区。

    Lay the corpus out as B long rows, after a random number of tokens that are dropped; each batch
    is the next T columns. So row b of a batch goes on where row b of the batch before ended, and
    the state can be kept. Y is X one token later. What does not fill a batch is dropped.
    Source: D2L, reading long sequence data, sequential partitioning.

    把文本排成 B 长行，每次取接下来的 T 列：后一批的第 b 行正好接着前一批的第 b 行。
    """
    raise NotImplementedError(
        "seq_data_iter_sequential: 随机偏移，排成 B 行，每次取 T 列 | "
        "a random offset, B long rows, T columns at a time"
    )


# ---------------------------------------------------------------------------------------------
# The network from scratch: fill in / 从零实现的网络：请补全


def get_params(vocab_size, num_hiddens, device):
    """-> `[W_xh (V,H), W_hh (H,H), b_h (H,), W_hq (H,V), b_q (V,)]`. 初始化参数。

    Weights are small normal numbers (standard deviation 0.01), biases zero; all require gradients.
    Source: D2L, recurrent networks from scratch, model parameters.

    权重取很小的正态随机数（标准差 0.01），偏置为零，都需要梯度。
    """
    raise NotImplementedError(
        "get_params: 五个参数张量，权重是小的正态随机数，偏置为零，都需要梯度 | "
        "five tensors: small normal weights, zero biases, all requiring gradients"
    )


def init_rnn_state(batch_size, num_hiddens, device):
    """-> `(zeros (B,H),)`, a tuple of one: an LSTM would have two. 初始隐状态（元组）。

    Source: D2L, recurrent networks from scratch, the network.
    """
    raise NotImplementedError("init_rnn_state: 只含一个零张量 (B,H) 的元组 | a tuple of one (B,H)")


def rnn(inputs, state, params):
    """`inputs (T,B,V)`, `state` a tuple of `(B,H)` -> `outputs (T*B,V)`, `(H,)`. 沿时间前向。

    H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h), O_t = H_t W_hq + b_q; the outputs of all steps one
    below the other, in time order. The state is returned in the form in which it came.
    Source: D2L, recurrent networks from scratch, the network.

    逐个时间步计算 H_t 和 O_t，把各步的输出按时间顺序纵向拼接；状态仍以元组返回。
    """
    raise NotImplementedError(
        "rnn: 沿时间逐步计算隐状态和输出，拼接各步输出，返回新状态的元组 | "
        "step through time, join the outputs of all steps, return the state as a tuple"
    )


class RNNModelScratch:
    """Parameters and the functions that use them, in the form of a network. 从零实现的模型。

    Attribute: `params`, what `get_params(vocab_size, num_hiddens, device)` returned.
    """

    def __init__(self, vocab_size, num_hiddens, device, get_params, init_state, forward_fn):
        self.vocab_size, self.num_hiddens = vocab_size, num_hiddens
        self.params = get_params(vocab_size, num_hiddens, device)
        self.init_state, self.forward_fn = init_state, forward_fn

    def __call__(self, X, state):
        """`X (B,T)` of indices -> what `forward_fn(inputs, state, params)` gives. 调用网络。

        `inputs (T,B,V)` are the one-hot vectors of X, as floats, time first.
        Source: D2L, recurrent networks from scratch, the network.

        把 X 转置后变成独热（one-hot）的浮点张量 (T,B,V)，再交给 forward_fn。
        """
        raise NotImplementedError(
            "RNNModelScratch.__call__: X 转置并变成独热浮点数，交给 forward_fn | "
            "transpose X, make it one-hot floats, pass it to forward_fn"
        )

    def begin_state(self, batch_size, device):
        """What `init_state(batch_size, num_hiddens, device)` gives. 初始状态。

        Source: D2L, recurrent networks from scratch, the network.
        """
        raise NotImplementedError(
            "RNNModelScratch.begin_state: 返回 init_state 给出的初始状态 | "
            "the state that init_state gives"
        )


# ---------------------------------------------------------------------------------------------
# Prediction, clipping, one epoch: fill in / 预测、梯度裁剪、一轮训练：请补全


def predict(prefix, num_preds, net, vocab, device):
    """`prefix` str -> str: `prefix` and the `num_preds` likeliest characters behind it. 预测。

    The state is warmed up on the prefix: it is read from a zero state, and what the network
    predicts meanwhile is not used. After that each prediction (the largest score) is the next
    input. The state is carried on, so each character is read once.
    Source: D2L, recurrent networks from scratch, prediction.

    先用 prefix 预热状态（期间的预测不用），之后每次取 logit 最大的字符，并作为下一步的输入。
    """
    raise NotImplementedError(
        "predict: 用 prefix 预热状态，再逐个取 logit 最大的字符 | "
        "warm the state up on the prefix, then take the likeliest character again and again"
    )


def grad_clipping(net, theta):
    """Scale all gradients of `net` by one factor so that their joint norm is at most `theta`.

    g <- min(1, theta / ||g||) g, where ||g|| is the norm of all gradients together. `net` is an
    nn.Module (its parameters that require gradients) or a network from scratch (`net.params`).
    Source: D2L, recurrent networks from scratch, gradient clipping.

    所有参数的梯度乘同一个因子，使联合范数不超过 theta；net 可以是 nn.Module 或从零实现的网络。
    """
    raise NotImplementedError(
        "grad_clipping: 求全部梯度的联合范数，超过 theta 时全部乘 theta / 范数 | "
        "the joint norm of all gradients; above theta all are multiplied by theta / norm"
    )


def train_epoch(net, train_iter, loss, updater, device, use_random_iter):
    """Go through `train_iter` once -> the perplexity, tokens a second. 训练一轮。

    `loss(scores (T*B,V), targets (T*B,))` is the mean (or each one's) negative log-probability.
    `updater` is a torch optimiser, or a function of `batch_size` which is called with 1 here, the
    loss being a mean already. With sequential batches the state is kept but detached, so that the
    gradients end at the start of the batch; with random sampling each batch starts from
    `net.begin_state`. The gradients are clipped to norm 1 before the update. A state is a tuple of
    tensors, or a tensor. Source: D2L, recurrent networks from scratch, training.

    顺序分区时沿用状态但要 detach，随机采样时每批重新初始化；目标要转置成时间顺序；先裁剪再更新。
    """
    raise NotImplementedError(
        "train_epoch: 逐批准备状态、求损失与梯度、裁剪、更新；返回困惑度和每秒词元数 | "
        "for each batch the state, the loss, gradients, clipping, the update; then perplexity "
        "and tokens a second"
    )


# ---------------------------------------------------------------------------------------------
# The concise network: fill in / 简洁实现：请补全


class RNNModel(nn.Module):
    """A layer of torch (nn.RNN, nn.GRU or nn.LSTM) and an output layer. 简洁实现的模型。

    Attributes: `rnn` (the layer, time first), `linear` from its outputs to V scores.
    """

    def __init__(self, rnn_layer, vocab_size):
        """`rnn_layer` reads V inputs; with two directions its outputs have 2 H entries. 构造。

        Source: D2L, concise implementation of recurrent networks.
        """
        super().__init__()
        self.rnn, self.vocab_size = rnn_layer, vocab_size
        self.num_directions = 2 if rnn_layer.bidirectional else 1
        raise NotImplementedError(
            "RNNModel.__init__: 定义 self.linear：从循环层的输出到 V 个 logits，注意双向 | "
            "define self.linear, from the layer's outputs to V scores; mind two directions"
        )

    def forward(self, inputs, state):
        """`inputs (B,T)` of indices, a state of the layer -> `(T*B,V)`, the new state. 前向。

        The rows are in time order, as those of `rnn`. 各行按时间顺序排列。

        Source: D2L, concise implementation of recurrent networks.
        """
        raise NotImplementedError(
            "RNNModel.forward: 独热 (T,B,V)，过循环层，再把各步输出交给 linear | "
            "one-hot (T,B,V), the layer, then linear on the outputs of all steps"
        )

    def begin_state(self, device, batch_size=1):
        """Zeros `(directions * layers, B, H)`; for an LSTM a tuple of two of them. 初始状态。

        Source: D2L, concise implementation of recurrent networks.
        """
        raise NotImplementedError(
            "RNNModel.begin_state: 零张量 (方向数*层数, B, H)；LSTM 要两个，组成元组 | "
            "zeros (directions * layers, B, H); for an LSTM a tuple of two"
        )


# ---------------------------------------------------------------------------------------------
# Given: training, curve, command line / 已给出：训练、曲线、命令行


def sgd(params, lr, batch_size):
    """One step of gradient descent, and the gradients back to zero. 小批量梯度下降。"""
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


def train(net, corpus, num_epochs, lr, batch_size, num_steps, device, use_random_iter, name=""):
    """Train `net` on `corpus` -> the perplexity of each epoch. 训练。"""
    loss = nn.CrossEntropyLoss()
    if isinstance(net, nn.Module):
        updater = torch.optim.SGD(net.parameters(), lr)
    else:

        def updater(batch_size):
            sgd(net.params, lr, batch_size)

    read = seq_data_iter_random if use_random_iter else seq_data_iter_sequential
    perplexities, start = [], time.perf_counter()
    bar = tqdm(range(1, num_epochs + 1), desc=name, unit="epoch", mininterval=0.5)
    for epoch in bar:
        batches = list(read(corpus, batch_size, num_steps))
        if not batches:
            raise ValueError(
                f"{len(corpus)} 个词元凑不满一批 {batch_size} x {num_steps}：请减小 --batch。 | "
                f"{len(corpus)} tokens do not fill a batch of {batch_size} x {num_steps}: lower "
                "--batch or --num_steps."
            )
        perplexity, speed = train_epoch(net, batches, loss, updater, device, use_random_iter)
        if not math.isfinite(perplexity):
            raise FloatingPointError(
                f"第 {epoch} 轮的困惑度不是有限数：请减小 --lr。 | "
                f"The perplexity of epoch {epoch} is not finite: lower --lr."
            )
        perplexities.append(perplexity)
        bar.set_postfix(perplexity=f"{perplexity:.2f}", speed=f"{speed:.0f}/s")
    seconds = time.perf_counter() - start
    print(f"{name}: 困惑度 perplexity {perplexities[-1]:.2f}, ", end="")
    print(f"{speed:.0f} 词元每秒 tokens/s, {seconds:.0f} s")
    return perplexities


def save_curves(curves, path):
    """Draw the perplexity of each epoch, one line for each run, to a PNG. 画出困惑度曲线。"""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print(f"没有 matplotlib，跳过 {path}：pip install matplotlib")
        print(f"No matplotlib, so no {path}: pip install matplotlib")
        return
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    for name, perplexities in curves.items():
        axes.plot(range(1, len(perplexities) + 1), perplexities, label=name)
    axes.set_xlabel("epoch")
    axes.set_ylabel("perplexity")
    axes.set_yscale("log")
    axes.legend()
    figure.savefig(path, dpi=120)
    print(f"困惑度曲线 perplexity curve: {path}")


def read_arguments(argv=None):
    """The command line. 命令行参数。"""
    from command_line import positive  # lies beside this file; not needed to import this one

    parser = argparse.ArgumentParser(
        description="在《时间机器》上训练循环神经网络，从零实现和简洁实现、两种采样。 | Train "
        "recurrent networks on The Time Machine, from scratch and concise, with both samplings.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    gpu = "cuda" if torch.cuda.is_available() else "cpu"
    add("--data", default="timemachine.txt", help="语料：名字或文件 | corpus: a name or a file")
    add("--model", choices=["scratch", "concise", "both"], default="both",
        help="从零实现、简洁实现或两者 | which network")  # fmt: skip
    add("--sampling", choices=["sequential", "random", "both"], default="both",
        help="顺序分区、随机采样或两者 | how the text is read")  # fmt: skip
    add("--num_steps", type=positive, default=35, help="时间步数 T | time steps of a batch")
    add("--batch", type=positive, default=32, help="批量大小 B | rows of a batch")
    add("--hidden", type=positive, default=256, help="隐藏单元数 H | hidden units")
    add("--lr", type=float, default=1.0, help="SGD 的学习率 | learning rate of SGD")
    add("--epochs", type=positive, default=500, help="训练轮数 | passes through the text")
    add("--max_chars", type=int, default=10_000, help="只用前若干字符，0 为全部 | "
        "use only so many characters, 0 for all")  # fmt: skip
    add("--device", default=gpu, help="cpu、cuda 等 | cpu, cuda, ...")
    add("--seed", type=int, default=42, help="随机种子 | seed of all random draws")
    add("--prefix", default="time traveller", help="预测的开头 | what predictions begin with")
    add("--length", type=positive, default=50, help="预测的字符数 | characters to predict")
    add("--out", default="runs/scratch_rnn", help="输出文件夹 | folder for the curve")
    return parser.parse_args(argv)


def make_net(kind, vocab_size, num_hiddens, device):
    """A new network: `"scratch"` or `"concise"`. 建立网络。"""
    if kind == "scratch":
        return RNNModelScratch(vocab_size, num_hiddens, device, get_params, init_rnn_state, rnn)
    return RNNModel(nn.RNN(vocab_size, num_hiddens), vocab_size).to(device)


def main(argv=None):
    """Train the chosen networks, predict with each, save the curves. 训练、预测、画图。"""
    import corpora  # lies beside this file; not needed to import this one

    corpora.allow_any_character()
    args = read_arguments(argv)
    device = torch.device(args.device)
    curves = {}
    try:
        corpus, vocab = read_corpus(corpora.load(args.data), args.max_chars)
        print(f"词元 tokens {len(corpus)}, V = {len(vocab)}")
        for kind in ("scratch", "concise") if args.model == "both" else (args.model,):
            for way in ("sequential", "random") if args.sampling == "both" else (args.sampling,):
                random.seed(args.seed)
                torch.manual_seed(args.seed)
                net = make_net(kind, len(vocab), args.hidden, device)
                name = f"{kind}, {way}"
                curves[name] = train(
                    net, corpus, args.epochs, args.lr, args.batch, args.num_steps, device,
                    way == "random", name,
                )  # fmt: skip
                print(predict(args.prefix, args.length, net, vocab, device), end="\n\n")
    except (corpora.CorpusError, ValueError, FloatingPointError) as error:
        raise SystemExit(str(error)) from error
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    save_curves(curves, out / "perplexity.png")


if __name__ == "__main__":
    main()
