"""A character-level recurrent network in NumPy, with backpropagation through time by hand.

用 NumPy 手写的字符级循环神经网络，以及随时间反向传播（BPTT）。

Lab 6, part B. The network reads T characters and predicts the next one:

    h_t    = tanh(x_t Wxh + h_{t-1} Whh + bh)      t = 1..T
    logits = h_T Why + by

Shapes: B batch, T time steps, V vocabulary, H hidden. Vectors are rows, the batch comes first.
形状：B 批量，T 时间步，V 词表大小，H 隐藏单元数；向量都是行向量，批量在最前。

    python numpy_rnn.py --data shakespeare.txt     # about two minutes / 大约两分钟
"""

from __future__ import annotations

import argparse
from pathlib import Path

if __name__ == "__main__":  # first of all: NumPy reads the threads as it is imported
    from command_line import prepare

    prepare("numpy")

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

try:
    from tqdm import tqdm
except ImportError:  # the progress bar is a comfort, not a need

    def tqdm(iterable, **kwargs):
        """Pass the iterable through. 没有安装 tqdm 时原样返回。"""
        return iterable


# ---------------------------------------------------------------------------------------------
# Given: the pieces of one time step / 已给出：单个时间步的各个部件


def one_hot(indices, depth):
    """`(...)` integers -> `(..., depth)`: 1 at the index, 0 elsewhere. 独热（one-hot）编码。"""
    indices = np.asarray(indices)
    out = np.zeros((*indices.shape, depth))
    np.put_along_axis(out, indices[..., None], 1.0, axis=-1)
    return out


def softmax(z):
    """`(..., V)` -> `(..., V)`: e^z / sum e^z along the last axis. 数值稳定的 softmax。

    Subtracting the maximum changes nothing in the result and keeps exp from overflowing.
    """
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_cross_entropy(logits, targets):
    """`logits (B,V)`, `targets (B,)` -> `loss`, `dlogits (B,V)`. 交叉熵损失及其梯度。

    loss = mean over b of -log softmax(logits_b)[target_b];  dlogits = (softmax - one_hot) / B.
    """
    B = len(logits)
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))  # (B, V)
    loss = -log_p[np.arange(B), targets].mean()
    dlogits = np.exp(log_p)
    dlogits[np.arange(B), targets] -= 1
    return loss, dlogits / B


class RNNCell:
    """One time step, forward and backward. 单个时间步的前向与反向。

    Gradients are added to `dWxh`, `dWhh`, `dbh`, since every step uses the same weights.
    每一步共用同一组权重，所以梯度是累加的。
    """

    def __init__(self, input_size, hidden_size, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        V, H = input_size, hidden_size
        self.Wxh = rng.normal(size=(V, H))  # x_t is one-hot: it picks one row
        self.Whh = rng.normal(size=(H, H)) / np.sqrt(H)
        self.bh = np.zeros(H)
        self.dWxh = np.zeros_like(self.Wxh)
        self.dWhh = np.zeros_like(self.Whh)
        self.dbh = np.zeros_like(self.bh)

    def forward(self, x_t, h_prev):
        """`x_t (B,V)`, `h_prev (B,H)` -> `h_t (B,H)`, `cache` = `(x_t, h_prev, h_t)`. 前向一步。"""
        h_t = np.tanh(x_t @ self.Wxh + h_prev @ self.Whh + self.bh)  # (B, H)
        return h_t, (x_t, h_prev, h_t)

    def backward(self, dh_t, cache):
        """`dh_t (B,H)` = dL/dh_t -> `dh_prev (B,H)` = dL/dh_{t-1}. 反向一步。

        Adds to the gradients. 梯度累加。
        """
        x_t, h_prev, h_t = cache
        dz = dh_t * (1 - h_t**2)  # (B, H), since tanh' = 1 - tanh^2
        self.dWxh += x_t.T @ dz
        self.dWhh += h_prev.T @ dz
        self.dbh += dz.sum(axis=0)
        return dz @ self.Whh.T

    def zero_grad(self):
        """Set the gradients to zero, in place. 梯度清零。"""
        for d in (self.dWxh, self.dWhh, self.dbh):
            d[...] = 0

    def step_grad(self, lr):
        """One step of gradient descent: W <- W - lr dW. 梯度下降一步。"""
        self.Wxh -= lr * self.dWxh
        self.Whh -= lr * self.dWhh
        self.bh -= lr * self.dbh


# ---------------------------------------------------------------------------------------------
# The network: fill in the four methods / 网络：请补全四个方法


class RNN:
    """The cell over T steps, and an output layer. 按时间展开的单元，加一个输出层。

    Attributes: `cell` (RNNCell), `Why (H,V)`, `by (V,)` and their gradients `dWhy`, `dby`.
    """

    def __init__(self, vocab, hidden, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        self.vocab, self.hidden = vocab, hidden
        self.cell = RNNCell(vocab, hidden, rng)
        self.Why = rng.normal(size=(hidden, vocab)) / np.sqrt(hidden)
        self.by = np.zeros(vocab)
        self.dWhy = np.zeros_like(self.Why)
        self.dby = np.zeros_like(self.by)

    def zero_grad(self):
        """Set all gradients to zero, in place. 所有梯度清零。"""
        self.cell.zero_grad()
        self.dWhy[...] = 0
        self.dby[...] = 0

    def step_grad(self, lr):
        """One step of gradient descent on all weights. 对全部权重做一步梯度下降。"""
        self.cell.step_grad(lr)
        self.Why -= lr * self.dWhy
        self.by -= lr * self.dby

    def forward(self, X_batch, h0):
        """`X_batch (B,T)` int, `h0 (B,H)` -> `logits (B,V)`, `h_T (B,H)`, `caches`.

        h_t = tanh(x_t Wxh + h_{t-1} Whh + bh) for t = 1..T;  logits = h_T Why + by: the last step
        only. `caches` is the list of the T caches of `self.cell.forward`, t = 1..T.
        Source: Lab 6, part B, forward pass.

        从 h0 出发依次走 T 步，保存每一步的 cache；只用最后一步的 h_T 计算 logits。
        """
        X = one_hot(X_batch, len(self.cell.Wxh))  # (B, T, V)
        h, caches = h0, []
        for t in range(X.shape[1]):
            h, cache = self.cell.forward(X[:, t], h)  # (B, H)
            caches += [cache]
        logits = h @ self.Why + self.by  # (B, V)
        return logits, h, caches

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        """`dlogits (B,V)`, `caches` and `h_T (B,H)` of `forward` -> `dh0 (B,H)`.

        Adds to `dWhy`, `dby` and the cell's gradients (it does not call `zero_grad`).
        dL/dh_T = dlogits Why^T; then t = T..1 with `self.cell.backward`: dL/dh_t -> dL/dh_{t-1}.
        With `collect_grad_norms` returns `(dh0, norms)`: T numbers in the order t = 1..T, each the
        mean over the batch of the Euclidean norm of dL/dh_t.
        Source: Lab 6, part B, backpropagation through time.

        梯度要累加，不要在这里清零。从最后一步往回走到第一步；norms 按 t = 1..T 排列，
        每一项是 dL/dh_t 的欧氏范数在批量上的平均。
        """
        self.dWhy += h_T.T @ dlogits  # (H, V)
        self.dby += dlogits.sum(axis=0)  # (V,)
        dh = dlogits @ self.Why.T  # (B, H): dL/dh_T
        norms = []
        for cache in reversed(caches):
            if collect_grad_norms:
                norms.append(np.linalg.norm(dh, axis=1).mean())
            dh = self.cell.backward(dh, cache)
        if collect_grad_norms:
            return dh, norms[::-1]  # collected from T down to 1
        return dh

    def forward_all(self, X_batch, h0):
        """`X_batch (B,T)` int, `h0 (B,H)` -> `logits (B,T,V)`, `h_T (B,H)`, `caches`.

        As `forward`, but with a prediction at every step: logits_t = h_t Why + by.
        Source: Lab 6, part B, the loss at every step.

        与 forward 相同，但每一步都输出 logits。
        """
        _, h_T, caches = self.forward(X_batch, h0)
        hs = np.stack([h_t for _, _, h_t in caches], axis=1)  # (B, T, H)
        return hs @ self.Why + self.by, h_T, caches

    def backward_all(self, dlogits, caches, h_T):
        """`dlogits (B,T,V)`, `caches` and `h_T` of `forward_all` -> `dh0 (B,H)`.

        h_t acts on the loss in two ways: through logits_t and through h_{t+1}. So
        dL/dh_t = dlogits_t Why^T + (what the cell's backward of step t+1 returned).
        Gradients are added, as in `backward`. Source: Lab 6, part B, the loss at every step.

        h_t 既影响本步的 logits_t，也影响下一步的 h_{t+1}，两条路径的梯度要相加；梯度同样是累加的。
        """
        dh = np.zeros_like(h_T)  # (B, H): nothing comes back from behind T
        for t in reversed(range(len(caches))):
            _, _, h_t = caches[t]
            self.dWhy += h_t.T @ dlogits[:, t]
            self.dby += dlogits[:, t].sum(axis=0)
            dh = self.cell.backward(dh + dlogits[:, t] @ self.Why.T, caches[t])
        return dh


# ---------------------------------------------------------------------------------------------
# Checking, clipping, sampling: fill in / 梯度检验、裁剪、采样：请补全


def gradient_check(model, X, y, eps=1e-5):
    """`X (B,T)` int, `y (B,)` int -> `{"Wxh": e, "Whh": e, "bh": e, "Why": e, "by": e}`.

    Compares the gradients of `model.backward` with central differences of the loss,
    (L(w + eps) - L(w - eps)) / (2 eps), from a zero state. Each e is the largest relative error of
    that array: max |a - n| / max(max |a|, max |n|, 1e-8). About 1e-8 for a right model. The
    weights are afterwards what they were. Source: Lab 6, part B, gradient check.

    用中心差分检验 backward 的梯度；初始状态为零，检验后权重必须恢复原值。正确的模型误差约为 1e-8。
    """
    cell = model.cell
    h0 = np.zeros((len(X), len(cell.Whh)))  # (B, H)

    model.zero_grad()
    logits, h_T, caches = model.forward(X, h0)
    _, dlogits = softmax_cross_entropy(logits, y)
    model.backward(dlogits, caches, h_T)

    pairs = {
        "Wxh": (cell.Wxh, cell.dWxh),
        "Whh": (cell.Whh, cell.dWhh),
        "bh": (cell.bh, cell.dbh),
        "Why": (model.Why, model.dWhy),
        "by": (model.by, model.dby),
    }
    errors = {}
    for name, (W, dW) in pairs.items():
        numeric = np.zeros(W.shape)
        for i in np.ndindex(W.shape):
            w = W[i]
            W[i] = w + eps
            loss_up, _ = softmax_cross_entropy(model.forward(X, h0)[0], y)
            W[i] = w - eps
            loss_down, _ = softmax_cross_entropy(model.forward(X, h0)[0], y)
            W[i] = w  # exactly as before, not w + eps - eps
            numeric[i] = (loss_up - loss_down) / (2 * eps)
        scale = max(np.abs(dW).max(), np.abs(numeric).max(), 1e-8)
        errors[name] = float(np.abs(dW - numeric).max() / scale)
    return errors


def clip_by_norm(grads, max_norm):
    """List of arrays -> their joint norm before clipping; scales the arrays in place.

    norm = sqrt(sum of all squared entries of all arrays). If it exceeds `max_norm`, every array is
    multiplied by the one factor max_norm / norm, so that the direction stays.
    Source: Lab 6, part B, gradient clipping.

    所有数组共用一个范数和一个缩放因子，原地缩放；返回裁剪之前的范数。
    """
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    if norm > max_norm:
        for g in grads:
            g *= max_norm / norm  # in place: the model sees it
    return norm


def sample(model, seed, c2i, i2c, vocab, hidden_size, length=200, temp=1.0):
    """Draw by the global generator, as the first handout does."""
    h = np.zeros((1, hidden_size))
    for ch in seed:
        logits, h, _ = model.forward(np.array([[c2i[ch]]]), h)
    out = seed
    for _ in range(length):
        z = logits[0] / temp
        p = np.exp(z - z.max())
        p /= p.sum()
        k = int(np.random.choice(vocab, p=p))
        out += i2c[k]
        logits, h, _ = model.forward(np.array([[k]]), h)
    return out


# ---------------------------------------------------------------------------------------------
# Given: data, training, command line / 已给出：数据、训练、命令行


def build_dataset(text, seq_len, stride=1):
    """`text` -> `X (N,T)` int, `y (N,)` int, `vocab` V, `c2i`, `i2c`. 切成窗口。

    Row n holds `seq_len` characters, y[n] the character behind them. X is a view of the text, so
    a million windows take no more memory than the text; `stride` is the step between windows.
    """
    if len(text) <= seq_len:
        raise ValueError(
            f"文本只有 {len(text)} 个字符，至少需要 seq_len + 1 = {seq_len + 1} 个：请换长的文本"
            f"或减小 seq_len。 | The text has {len(text)} characters, at least seq_len + 1 = "
            f"{seq_len + 1} are needed: take a longer text or a smaller seq_len."
        )
    i2c = dict(enumerate(sorted(set(text))))  # sorted: the same order in every run
    c2i = {c: i for i, c in i2c.items()}
    ids = np.array([c2i[c] for c in text], dtype=np.int32)
    X = sliding_window_view(ids[:-1], seq_len)[::stride]  # (N, T)
    y = ids[seq_len::stride]  # (N,)
    return X, y, len(i2c), c2i, i2c


def train(model, X, y, epochs, lr, batch_size, clip=5.0, rng=None):
    """Gradient descent on the loss of the last step -> the loss of every batch. 训练。

    Each epoch goes through the windows in a new random order, in batches from a zero state.
    """
    rng = np.random.default_rng() if rng is None else rng
    cell = model.cell
    h0 = np.zeros((batch_size, len(cell.Whh)))  # (B, H)
    losses = []
    for epoch in range(1, epochs + 1):
        order = rng.permutation(len(X))
        starts = range(0, len(X), batch_size)
        for start in tqdm(starts, desc=f"epoch {epoch}/{epochs}", unit="batch", mininterval=0.5):
            rows = order[start : start + batch_size]
            logits, h_T, caches = model.forward(X[rows], h0[: len(rows)])
            loss, dlogits = softmax_cross_entropy(logits, y[rows])
            if not np.isfinite(loss):
                raise FloatingPointError(
                    f"第 {len(losses) + 1} 步的损失是 {loss}：请减小 --lr 或减小 --clip。 | "
                    f"The loss of step {len(losses) + 1} is {loss}: lower --lr or --clip."
                )
            model.zero_grad()
            model.backward(dlogits, caches, h_T)
            clip_by_norm([cell.dWxh, cell.dWhh, cell.dbh, model.dWhy, model.dby], clip)
            model.step_grad(lr)
            losses.append(float(loss))
        mean = np.mean(losses[-len(starts) :])
        print(f"第 {epoch} 轮平均损失 epoch {epoch}: mean loss {mean:.3f}")
    return losses


def read_arguments(argv=None):
    """The command line. 命令行参数。"""
    from command_line import positive  # lies beside this file; not needed to import this one

    parser = argparse.ArgumentParser(
        description="训练一个 NumPy 字符级 RNN。 | Train a character-level RNN in NumPy. "
        "The defaults take about two minutes on one core of a laptop.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--data", default="shakespeare.txt", help="语料：名字或文件 | corpus: a name or a file")
    add("--seq_len", type=positive, default=40, help="窗口长度 T | characters in a window")
    add("--hidden", type=positive, default=128, help="隐藏单元数 H | hidden units")
    add("--lr", type=float, default=1e-2, help="学习率 | learning rate")
    add("--epochs", type=positive, default=10, help="训练轮数 | passes through the windows")
    add("--batch", type=positive, default=64, help="批量大小 B | windows in a batch")
    add(
        "--clip", type=float, default=5.0, help="梯度裁剪阈值 | largest joint norm of the gradients"
    )
    add("--seed", type=int, default=42, help="随机种子 | seed of all random draws")
    add("--stride", type=positive, default=16, help="相邻窗口的间隔；1 为全部窗口，慢 16 倍 | "
        "characters between windows; 1 takes every window and 16 times as long")  # fmt: skip
    add("--max_chars", type=int, default=0, help="只用前若干字符，0 为全部；越小越快 | "
        "use only so many characters, 0 for all; fewer is faster")  # fmt: skip
    add("--length", type=positive, default=200, help="采样长度 | characters in a sample")
    add("--out", default="runs/numpy_rnn", help="输出文件夹 | folder for the curve and checkpoint")
    return parser.parse_args(argv)


def main(argv=None):
    """Train, save the curve and the weights, show gradient norms and samples. 训练并展示结果。"""
    import corpora  # lies beside this file; not needed to import this one
    from command_line import save_curve

    corpora.allow_any_character()
    args = read_arguments(argv)
    try:
        text = corpora.load(args.data)
        text = text[: args.max_chars] if args.max_chars > 0 else text
        X, y, vocab, c2i, i2c = build_dataset(text, args.seq_len, args.stride)
    except (corpora.CorpusError, ValueError) as error:
        raise SystemExit(str(error)) from error
    print(f"字符 characters {len(text)}  V = {vocab}  窗口 windows {len(X)}  T = {args.seq_len}")

    rng = np.random.default_rng(args.seed)
    model = RNN(vocab, args.hidden, rng)
    losses = train(model, X, y, args.epochs, args.lr, args.batch, args.clip, rng)

    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    save_curve(losses, out / "loss_curve.png")
    cell, chars = model.cell, "".join(i2c.values())
    np.savez(
        out / "checkpoint.npz",
        Wxh=cell.Wxh, Whh=cell.Whh, bh=cell.bh, Why=model.Why, by=model.by,
        chars=chars, losses=losses,
    )  # fmt: skip
    print(f"权重 checkpoint: {out / 'checkpoint.npz'}")

    rows = rng.choice(len(X), size=min(args.batch, len(X)), replace=False)
    model.zero_grad()
    logits, h_T, caches = model.forward(X[rows], np.zeros((len(rows), args.hidden)))
    _, dlogits = softmax_cross_entropy(logits, y[rows])
    _, norms = model.backward(dlogits, caches, h_T, collect_grad_norms=True)
    print("\n梯度范数 mean |dL/dh_t|, t = 1..T:")
    for t in range(0, len(norms), 8):
        print(f"  t = {t + 1:3d}: " + " ".join(f"{norm:.2e}" for norm in norms[t : t + 8]))

    for temp in (0.5, 1.0, 1.3):
        print(f"\n--- 采样 sample, temperature {temp} ---")
        print(sample(model, text[:20], c2i, i2c, vocab, args.length, temp, rng))


if __name__ == "__main__":
    main()
