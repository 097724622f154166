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
        b1, b2 = self.betas
        self.t += 1
        for p, g, m, v in zip(self.params, grads, self.m, self.v):
            m[...] = b1 * m + (1 - b1) * g
            v[...] = b2 * v + (1 - b2) * g**2
            m_hat = m / (1 - b1**self.t)
            v_hat = v / (1 - b2**self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


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
        if self.best - loss > self.min_delta:
            self.best, self.waited = loss, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


def exponential_decay(lr0, gamma, step):
    """The learning rate lr0 * gamma^step (`ExponentialLR` in torch). 指数衰减。

    Source: Lab 6, extensions.
    """
    return lr0 * gamma**step


def cosine_decay(lr0, step, total, warmup=0):
    """The learning rate of `step` (from 0) out of `total`. 带预热的余弦衰减。

    While step < warmup: lr0 (step + 1) / warmup; then
    lr0 (1 + cos(pi (step - warmup) / (total - warmup))) / 2.
    Source: Loshchilov and Hutter (2017), arXiv:1608.03983. 先线性预热，再按余弦降到 0。
    """
    if step < warmup:
        return lr0 * (step + 1) / warmup
    return lr0 * (1 + np.cos(np.pi * (step - warmup) / (total - warmup))) / 2


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
        V, H = vocab, hidden
        self.cell = Network()
        self.cell.make(Wx=(V, 3 * H), Wh=(H, 3 * H), bx=(3 * H,), bh=(3 * H,), Why=(H, V), by=(V,))

    @property
    def Wx(self): return self.cell.Wx
    @Wx.setter
    def Wx(self, v): self.cell.Wx = v

    @property
    def dWx(self): return self.cell.dWx
    @dWx.setter
    def dWx(self, v): self.cell.dWx = v

    @property
    def Wh(self): return self.cell.Wh
    @Wh.setter
    def Wh(self, v): self.cell.Wh = v

    @property
    def dWh(self): return self.cell.dWh
    @dWh.setter
    def dWh(self, v): self.cell.dWh = v

    @property
    def bx(self): return self.cell.bx
    @bx.setter
    def bx(self, v): self.cell.bx = v

    @property
    def dbx(self): return self.cell.dbx
    @dbx.setter
    def dbx(self, v): self.cell.dbx = v

    @property
    def bh(self): return self.cell.bh
    @bh.setter
    def bh(self, v): self.cell.bh = v

    @property
    def dbh(self): return self.cell.dbh
    @dbh.setter
    def dbh(self, v): self.cell.dbh = v

    @property
    def Why(self): return self.cell.Why
    @Why.setter
    def Why(self, v): self.cell.Why = v

    @property
    def dWhy(self): return self.cell.dWhy
    @dWhy.setter
    def dWhy(self, v): self.cell.dWhy = v

    @property
    def by(self): return self.cell.by
    @by.setter
    def by(self, v): self.cell.by = v

    @property
    def dby(self): return self.cell.dby
    @dby.setter
    def dby(self, v): self.cell.dby = v

    def forward(self, X_batch, h0):
        """`X_batch (B,T)` int, `h0 (B,H)` -> `logits (B,V)`, `h_T (B,H)`, `caches`. 前向。

        Source: Lab 6, extensions.
        """
        h, caches = h0, []
        for x_t in one_hot(X_batch, len(self.by)).swapaxes(0, 1):  # (B, V), step by step
            xr, xz, xn = np.split(x_t @ self.Wx + self.bx, 3, axis=1)  # (B, H) each
            hr, hz, hn = np.split(h @ self.Wh + self.bh, 3, axis=1)
            r, z = sigmoid(xr + hr), sigmoid(xz + hz)
            n = np.tanh(xn + r * hn)
            caches += [(x_t, h, r, z, n, hn)]
            h = (1 - z) * n + z * h
        return h @ self.Why + self.by, h, caches

    def backward(self, dlogits, caches, h_T):
        """`dlogits (B,V)`, `caches` and `h_T` of `forward` -> `dh0 (B,H)`; gradients add up. 反向。

        Source: the chain rule on `forward`. 梯度累加。
        """
        self.dWhy += h_T.T @ dlogits
        self.dby += dlogits.sum(axis=0)
        dh = dlogits @ self.Why.T  # (B, H)
        for x_t, h, r, z, n, hn in reversed(caches):
            dn = dh * (1 - z) * (1 - n**2)  # by the inside of tanh
            dz = dh * (h - n) * z * (1 - z)
            dr = dn * hn * r * (1 - r)
            dx_side = np.hstack([dr, dz, dn])  # (B, 3H)
            dh_side = np.hstack([dr, dz, dn * r])
            self.dWx += x_t.T @ dx_side
            self.dbx += dx_side.sum(axis=0)
            self.dWh += h.T @ dh_side
            self.dbh += dh_side.sum(axis=0)
            dh = dh * z + dh_side @ self.Wh.T
        return dh


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
        V, H = vocab, hidden
        self.make(
            Wxf=(V, H), Whf=(H, H), bhf=(H,), Wxb=(V, H), Whb=(H, H), bhb=(H,),
            Why=(2 * H, V), by=(V,),
        )  # fmt: skip

    def forward(self, X_batch, h0):
        """`X_batch (B,T)` int, `h0 (2,B,H)` -> `logits (B,V)`, `h_T (2,B,H)`, `caches`. 前向。

        h0[0] starts the forward direction at t = 1, h0[1] the backward one at t = T; h_T holds
        what each has when it has read everything. Source: Lab 6, extensions.
        """
        X = one_hot(X_batch, len(self.by)).swapaxes(0, 1)  # (T, B, V)
        caches = {"f": [], "b": []}
        states = []
        for side, h, steps in (("f", h0[0], X), ("b", h0[1], X[::-1])):
            Wx, Wh, bh = (getattr(self, name + side) for name in ("Wx", "Wh", "bh"))
            for x_t in steps:
                h_before, h = h, np.tanh(x_t @ Wx + h @ Wh + bh)
                caches[side].append((x_t, h_before, h))
            states.append(h)
        return np.hstack(states) @ self.Why + self.by, np.stack(states), caches

    def backward(self, dlogits, caches, h_T):
        """`dlogits (B,V)`, `caches` and `h_T` of `forward` -> `dh0 (2,B,H)`. 反向。

        Source: the chain rule on `forward`. Gradients add up. 梯度累加。
        """
        self.dWhy += np.hstack(list(h_T)).T @ dlogits
        self.dby += dlogits.sum(axis=0)
        dh0 = []
        for side, dh in zip("fb", np.split(dlogits @ self.Why.T, 2, axis=1)):
            for x_t, h_before, h in reversed(caches[side]):
                dz = dh * (1 - h**2)
                getattr(self, "dWx" + side)[...] += x_t.T @ dz
                getattr(self, "dWh" + side)[...] += h_before.T @ dz
                getattr(self, "dbh" + side)[...] += dz.sum(axis=0)
                dh = dz @ getattr(self, "Wh" + side).T
            dh0.append(dh)
        return np.stack(dh0)


# ---------------------------------------------------------------------------------------------
# Writing / 写诗


def acrostic(first_characters, next_word):
    """First characters -> a list of lines, one for each. 藏头诗。

    Each line begins with its character and is extended by `next_word(line so far)`, which is
    given and returns one character, until that is `。` or the line has 24 characters.
    Source: Lab 6, extensions.

    每行以一个藏头字开始，不断接上 next_word 给出的字，直到“。”或满 24 字。
    """
    lines = []
    for line in first_characters:
        while len(line) < 24 and not line.endswith("。"):
            line += next_word(line)
        lines.append(line)
    return lines
