# Template of the lab. 实验模板。
# Write your code in this file, in the place of every NotImplementedError.
# 请直接在本文件中填空：把每个 NotImplementedError 换成你的代码。
"""Optional tasks of Lab 6: Adam, early stopping, learning rates, a GRU, a bidirectional RNN.

实验六的选做内容：Adam、提前停止、学习率衰减、GRU、双向 RNN、藏头诗。

Each is independent: do as many as you like. What passes earns its points, up to those of the row;
what you leave out is skipped, and may be deleted. `forward` and `backward` of the two networks
are called as those of `RNN` in numpy_rnn.py.

每一项都相互独立，做几项都可以：通过的得分，最多到该评分项的满分；没有做的跳过，也可以删掉。

Shapes: B batch, T time steps, V vocabulary, H hidden. Vectors are rows, the batch comes first.
形状：B 批量，T 时间步，V 词表大小，H 隐藏单元数；向量都是行向量，批量在最前。
"""

from __future__ import annotations

import numpy as np


def sigmoid(z):
    """1 / (1 + e^-z), without overflow for any z. 数值稳定的 sigmoid。"""
    return 0.5 * (1 + np.tanh(0.5 * z))


def one_hot(indices, depth):
    """`(...)` integers -> `(..., depth)`: 1 at the index, 0 elsewhere. 独热（one-hot）编码。"""
    return np.eye(depth)[np.asarray(indices)]


# ---------------------------------------------------------------------------------------------
# Training / 训练


class Adam:
    """The Adam optimiser on a list of arrays, in place. Adam 优化器，原地更新。

    With the step t = 1, 2, ..., for each array p and its gradient g:

        m <- b1 m + (1 - b1) g        m^ = m / (1 - b1^t)
        v <- b2 v + (1 - b2) g^2      v^ = v / (1 - b2^t)
        p <- p - lr m^ / (sqrt(v^) + eps)

    Source: Kingma and Ba (2015), arXiv:1412.6980, algorithm 1. 注意偏差修正，eps 加在根号外面。
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = params, lr, betas, eps
        self.t = 0
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]

    def step(self, grads):
        """List of gradients, one for each array: one step, in place. 更新一步（原地）。

        Source: as above. 公式见类的说明。
        """
        raise NotImplementedError(
            "Adam.step: 更新一阶矩 m 和二阶矩 v，做偏差修正，再原地更新数组 | "
            "update both moments, correct their bias, then change each array in place"
        )


class EarlyStopping:
    """Stop when the loss no longer improves. 提前停止。"""

    def __init__(self, patience, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best = np.inf
        self.waited = 0

    def update(self, loss):
        """A loss -> True when `patience` updates in a row have not improved the best.

        An improvement is a loss below the best by more than `min_delta`; the best changes only
        then. Source: Lab 6, extensions.
        best - loss 超过 min_delta 才算改进，只有这时才更新 best；
        连续 patience 次没有改进返回 True。
        """
        raise NotImplementedError(
            "EarlyStopping.update: 有改进就更新 best 并清零计数，否则计数加一 | "
            "an improvement sets the best and resets the count, all else adds to the count"
        )


def exponential_decay(lr0, gamma, step):
    """The learning rate lr0 * gamma^step (`ExponentialLR` in torch). 指数衰减。

    Source: Lab 6, extensions.
    """
    raise NotImplementedError("exponential_decay: 返回 lr0 * gamma^step | return lr0 * gamma^step")


def cosine_decay(lr0, step, total, warmup=0):
    """The learning rate of `step` (from 0) out of `total`. 带预热的余弦衰减。

    While step < warmup: lr0 (step + 1) / warmup; then
    lr0 (1 + cos(pi (step - warmup) / (total - warmup))) / 2.
    Source: Loshchilov and Hutter (2017), arXiv:1608.03983. 先线性预热，再按余弦降到 0。
    """
    raise NotImplementedError(
        "cosine_decay: step < warmup 时线性上升，之后按余弦下降 | "
        "rise in a straight line while step < warmup, then fall along the cosine"
    )


# ---------------------------------------------------------------------------------------------
# Networks / 网络


class Network:
    """Given: weights by name, each `Name` with its gradient `dName`. 已给出：权重与梯度的管理。"""

    def make(self, **shapes):
        """Make each weight, small and random, and its gradient, zero. 建立权重和梯度。"""
        self.names = list(shapes)
        for name, shape in shapes.items():
            setattr(self, name, np.random.default_rng().normal(size=shape) / np.sqrt(shape[-1]))
            setattr(self, "d" + name, np.zeros(shape))

    def zero_grad(self):
        """Set all gradients to zero, in place. 所有梯度清零。"""
        for name in self.names:
            getattr(self, "d" + name)[...] = 0

    def step_grad(self, lr):
        """One step of gradient descent on all weights. 对全部权重做一步梯度下降。"""
        for name in self.names:
            getattr(self, name)[...] -= lr * getattr(self, "d" + name)


class GRU(Network):
    """A gated recurrent unit over T characters, and an output layer. GRU 语言模型。

        r = sigmoid(x Wx_r + bx_r + h Wh_r + bh_r),   z likewise
        n = tanh(x Wx_n + bx_n + r * (h Wh_n + bh_n))
        h' = (1 - z) * n + z * h;   logits = h_T Why + by

    Source: Cho et al. (2014), arXiv:1406.1078, with torch's reset gate. 三个门的权重并排存放。
    """

    def __init__(self, vocab, hidden):
        """Make the weights of three gates and of the output layer. 建立三个门与输出层的权重。

        `Wx (V,3H)`, `Wh (H,3H)`, `bx (3H,)`, `bh (3H,)`, the gates in the order r, z, n;
        `Why (H,V)`, `by (V,)`; each `Name` with its gradient `dName`. Keep to these names: values
        are then compared with the reference. With a layout of your own half of the points wait for
        a person. Source: Lab 6, extensions.
        请用这些名字和形状；否则一半分数要等助教判定。
        """
        raise NotImplementedError(
            "GRU.__init__: 建立三个门和输出层的权重，每个 Name 配一个梯度 dName | "
            "make the weights of three gates and of the output layer, with self.make"
        )

    def forward(self, X_batch, h0):
        """`X_batch (B,T)` int, `h0 (B,H)` -> `logits (B,V)`, `h_T (B,H)`, `caches`. 前向。

        Source: Lab 6, extensions.
        """
        raise NotImplementedError(
            "GRU.forward: 依次走 T 步，保存反向要用的量，由 h_T 计算 logits | "
            "go through the T steps, keep what backward needs, logits from h_T"
        )

    def backward(self, dlogits, caches, h_T):
        """`dlogits (B,V)`, `caches` and `h_T` of `forward` -> `dh0 (B,H)`; gradients add up. 反向。

        Source: the chain rule on `forward`. 梯度累加。
        """
        raise NotImplementedError(
            "GRU.backward: 从 T 走回 1，h 经三条路影响 h'：z * h、门、候选 n | "
            "from T back to 1; h acts on h' through z * h, through the gates and through n"
        )


class BiRNN(Network):
    """Two RNNs, one from each end, and one output layer on both. 双向 RNN。

    Forwards h_t = tanh(x_t Wxf + h_{t-1} Whf + bhf) for t = 1..T, backwards likewise with `b` for
    t = T..1; logits = [h_forward h_backward] Why + by of the two last states.
    Source: Schuster and Paliwal (1997), Bidirectional recurrent neural networks.
    """

    def __init__(self, vocab, hidden):
        """Make the weights of both directions and of the output layer. 建立两个方向的权重。

        `Wxf (V,H)`, `Whf (H,H)`, `bhf (H,)` read forwards, `Wxb`, `Whb`, `bhb` backwards;
        `Why (2H,V)`, `by (V,)`; each `Name` with its gradient `dName`. Keep to these names: values
        are then compared with the reference. With a layout of your own half of the points wait for
        a person. Source: Lab 6, extensions.
        请用这些名字和形状；否则一半分数要等助教判定。
        """
        raise NotImplementedError(
            "BiRNN.__init__: 建立两个方向和输出层的权重，每个 Name 配一个梯度 dName | "
            "make the weights of both directions and of the output layer, with self.make"
        )

    def forward(self, X_batch, h0):
        """`X_batch (B,T)` int, `h0 (2,B,H)` -> `logits (B,V)`, `h_T (2,B,H)`, `caches`. 前向。

        h0[0] starts the forward direction at t = 1, h0[1] the backward one at t = T; h_T holds
        what each has when it has read everything. Source: Lab 6, extensions.
        """
        raise NotImplementedError(
            "BiRNN.forward: 正着、倒着各走一遍，由两个最后状态计算 logits | "
            "read from both ends, logits from the two last states"
        )

    def backward(self, dlogits, caches, h_T):
        """`dlogits (B,V)`, `caches` and `h_T` of `forward` -> `dh0 (2,B,H)`. 反向。

        Source: the chain rule on `forward`. Gradients add up. 梯度累加。
        """
        raise NotImplementedError(
            "BiRNN.backward: 把 dlogits 分给两个方向，各自沿自己的次序往回走 | "
            "split what comes from dlogits, then each direction goes back along its own steps"
        )


# ---------------------------------------------------------------------------------------------
# Writing / 写诗


def acrostic(first_characters, next_word):
    """First characters -> a list of lines, one for each. 藏头诗。

    Each line begins with its character and is extended by `next_word(line so far)`, which is
    given and returns one character, until that is `。` or the line has 24 characters.
    Source: Lab 6, extensions.

    每行以一个藏头字开始，不断接上 next_word 给出的字，直到“。”或满 24 字。
    """
    raise NotImplementedError(
        "acrostic: 每行从一个藏头字开始，用 next_word 续写，直到“。”或满 24 字 | "
        "start each line with its character and go on with next_word, up to 24 characters"
    )
