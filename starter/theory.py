# Template of the lab. 实验模板。
# Write your code in this file, in the place of every NotImplementedError.
# 请直接在本文件中填空：把每个 NotImplementedError 换成你的代码。
"""Backpropagation through time by the textbook: delta, its double sums, and two truncations.

按教科书推导的随时间反向传播：delta、双重求和，以及两种截断。

Lab 5, theory, and the BPTT notes. One sequence; vectors are columns in the formulas, as in the
textbook, and rows k = 0..T-1 of an array hold step k + 1:

    z_k = U h_{k-1} + W x_k + b,   h_k = tanh(z_k),   h_0 = 0
    y_k = softmax(V h_k),          L_t = -log y_t[target_t],   L = sum over t of L_t

Shapes: T time steps, H hidden, E input size, K classes. `U (H,H)`, `W (H,E)`, `b (H,)`,
`V (K,H)`, `x (T,E)`, `targets (T,)`; indices from 0.
形状：T 时间步，H 隐藏单元数，E 输入维数，K 类别数；数组的第 k 行是第 k + 1 步，下标从 0 开始。

    python theory.py     # norms of delta, truncation / delta 的范数，截断的偏差与代价
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

if __name__ == "__main__":  # first of all: NumPy reads the threads as it is imported
    from command_line import prepare

    prepare("numpy")

import numpy as np


def softmax(z):
    """`(..., K)` -> `(..., K)`: e^z / sum e^z along the last axis. 数值稳定的 softmax。"""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# ---------------------------------------------------------------------------------------------
# Fill in / 请补全


def forward(U, W, b, V, x):
    """`U, W, b, V`, `x (T,E)` -> `h (T,H)`, `y (T,K)`. 前向计算。

    z_k = U h_{k-1} + W x_k + b, h_k = tanh(z_k) from h_0 = 0, and y_k = softmax(V h_k).
    Source: Qiu, Neural Networks and Deep Learning (nndl), chapter 6. 从零状态开始。
    """
    raise NotImplementedError(
        "forward: 从零状态依次算出 h_k = tanh(U h_{k-1} + W x_k + b) 和 y_k | "
        "compute h_k = tanh(U h_{k-1} + W x_k + b) step by step from zero, and y_k"
    )


def immediate_dz_du(h_prev, i, j):
    """`h_prev (H,)` -> `(H,)`: the direct derivative of z_k by U[i,j]. z_k 对 u_ij 的直接偏导。

    (6.31): h_{k-1} is held fixed, so only row i moves, by h_{k-1}[j]; zero elsewhere.
    Source: nndl, formula (6.31). 视 h_{k-1} 为常数：只有第 i 个分量不为零，等于 h_{k-1}[j]。
    """
    raise NotImplementedError(
        "immediate_dz_du: 第 i 个分量是 h_prev[j]，其余为零 | "
        "row i holds h_prev[j], and every other row is zero"
    )


def delta(U, W, b, V, x, targets):
    """... -> `(T,T,H)`: entry [t,k] is delta_{t,k} = dL_t/dz_k, zero for k > t. 误差项 delta。

    At k = t:  delta_{t,t} = (1 - h_t^2) * V^T (y_t - onehot(target_t)),
    before it: delta_{t,k} = (1 - h_k^2) * U^T delta_{t,k+1}.
    Source: nndl, chapter 6, BPTT. 先求 k = t 的一项，再往回递推；k > t 处为零。
    """
    raise NotImplementedError(
        "delta: 先求 delta_{t,t}，再用 delta_{t,k} = (1 - h_k^2) * U^T delta_{t,k+1} 往回推 | "
        "start at k = t, then delta_{t,k} = (1 - h_k^2) * U^T delta_{t,k+1}"
    )


def grads_from_delta(delta, h, x):
    """`delta (T,T,H)`, `h (T,H)` = h_1..h_T, `x (T,E)` -> `dU (H,H)`, `dW (H,E)`, `db (H,)`.

    The double sums over t and k <= t:

        dU = sum delta_{t,k} h_{k-1}^T,   dW = sum delta_{t,k} x_k^T,   db = sum delta_{t,k}

    with h_0 = 0. Source: nndl, formulas (6.40) for W, (6.41) for b; U follows in the same way.
    双重求和；注意 dU 用的是 h_{k-1}，而 h_0 = 0（数组的第 0 行是 h_1）。
    """
    raise NotImplementedError(
        "grads_from_delta: 对 t 和 k 求和，dU 用 h_{k-1}（h_0 = 0），dW 用 x_k | "
        "sum over t and k, with h_{k-1} for dU (h_0 = 0) and x_k for dW"
    )


def truncated_grads(U, W, b, V, x, targets, steps):
    """... -> `dU, dW, db` from the terms with t - k < `steps` only. 截断的梯度。

    A window that slides with t: each loss L_t goes back through its own last `steps` steps.
    (Detaching between chunks is another thing: there the window's length depends on t.)
    Source: Williams and Peng (1990), An efficient gradient-based algorithm.

    窗口随 t 滑动：每个 L_t 都只往回走 steps 步（含 t 本身），不是分段截断。
    """
    raise NotImplementedError(
        "truncated_grads: 只保留 t - k < steps 的 delta，再求双重和 | "
        "keep delta_{t,k} with t - k < steps only, then the double sums"
    )


def random_truncated_grads(U, W, b, V, x, targets, keep_prob, rng):
    """... -> `dU, dW, db`, an unbiased estimate from a random truncation. 随机截断的梯度。

    From each t backwards: the recursion goes on with probability `keep_prob` at every step back,
    and what goes on is divided by `keep_prob`. So the term (t, k) has the weight

        c_{t,t} = 1,   c_{t,k} = c_{t,k+1} * xi / keep_prob,   xi = 1 with chance keep_prob, else 0

    whose expectation is 1. `rng` is a `numpy.random.Generator`.
    Source: Tallec and Ollivier (2017), Unbiasing truncated BPTT, arXiv:1705.08209.

    每往回一步以概率 keep_prob 继续，并除以 keep_prob，所以期望等于完整的梯度。
    """
    raise NotImplementedError(
        "random_truncated_grads: 往回每一步以概率 keep_prob 继续并除以 keep_prob，否则停止 | "
        "at each step back go on with probability keep_prob and divide by it, or stop"
    )


# ---------------------------------------------------------------------------------------------
# Given: what the theory is about / 已给出：用实验看理论


def draw_problem(rng, T, H, E, K, norm):
    """Weights with spectral norm `norm` of U, and a sequence. 抽取一组权重和一个序列。

    U is `norm` times an orthogonal matrix: all its singular values are `norm`.
    """
    U = norm * np.linalg.qr(rng.normal(size=(H, H)))[0]
    W = 0.1 * rng.normal(size=(H, E)) / np.sqrt(E)  # small: tanh stays near its linear part
    V = rng.normal(size=(K, H)) / np.sqrt(H)
    return U, W, np.zeros(H), V, rng.normal(size=(T, E)), rng.integers(0, K, T)


def mean_norms(d):
    """`(T,T,H)` -> `(T,)`: mean of |delta_{t,k}| at the distance t - k. 按距离平均的范数。"""
    norms = np.linalg.norm(d, axis=2)  # (T, T)
    return np.array([np.diagonal(norms, -n).mean() for n in range(len(d))])


def flat(grads):
    """All gradients in one vector. 把各梯度拼成一个向量。"""
    return np.concatenate([np.ravel(g) for g in grads])


def compare_truncations(problem, every, keep_prob, draws, rng):
    """Bias and cost of truncation. 截断的偏差与代价。

    -> rows `(steps, bias, terms)`: the distance of the truncated gradient from the full one, as
    a share of it, and the number of terms (t, k) that it takes; then `(bias, error, terms)` of
    `draws` random truncations: of their mean, of a single one, and the mean number of terms.
    """
    U, W, b, V, x, targets = problem
    T = len(x)
    full = flat(truncated_grads(U, W, b, V, x, targets, T))
    scale = np.linalg.norm(full)
    rows = []
    for steps in every:
        grads = flat(truncated_grads(U, W, b, V, x, targets, steps))
        terms = sum(min(steps, t + 1) for t in range(T))
        rows.append((steps, np.linalg.norm(grads - full) / scale, terms))
    drawn = np.array([flat(random_truncated_grads(*problem, keep_prob, rng)) for _ in range(draws)])
    bias = np.linalg.norm(drawn.mean(axis=0) - full) / scale
    error = np.sqrt((np.linalg.norm(drawn - full, axis=1) ** 2).mean()) / scale
    terms = sum(keep_prob**n for t in range(T) for n in range(t + 1))  # the expected number
    return rows, (bias, error, terms)


def save_figure(norms, rows, drawn, path):
    """Both plots as a PNG. 把两张图画成 PNG。"""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print(f"没有 matplotlib，跳过 {path}：pip install matplotlib")
        print(f"No matplotlib, so no {path}: pip install matplotlib")
        return
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for norm, values in norms.items():
        left.semilogy(values, label=f"spectral norm of U = {norm:g}")
    left.set_xlabel("t - k")
    left.set_ylabel(r"mean of $\|\delta_{t,k}\|$")
    left.legend()
    right.plot([r[2] for r in rows], [r[1] for r in rows], "o-", label="truncated: bias")
    right.plot(drawn[2], drawn[0], "s", label="random: bias of the mean")
    right.plot(drawn[2], drawn[1], "x", label="random: error of one draw")
    for steps, bias, terms in rows:
        right.annotate(f"{steps}", (terms, bias), textcoords="offset points", xytext=(4, 4))
    right.set_xlabel("terms (t, k) computed")
    right.set_ylabel("distance from the full gradient / its norm")
    right.legend()
    figure.savefig(path, dpi=120)
    print(f"图 figure: {path}")


def probability(text):
    """A probability above zero, for the command line. 命令行用的概率。"""
    number = float(text)
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"{text}: 应在 0 和 1 之间 | above 0, at most 1")
    return number


def read_arguments(argv=None):
    """The command line. 命令行参数。"""
    from command_line import positive  # lies beside this file; not needed to import this one

    parser = argparse.ArgumentParser(
        description="delta 的范数随 t - k 的变化，以及截断的偏差与代价。 | "
        "The norm of delta against t - k, and the bias of truncation against its cost.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--T", type=positive, default=30, help="时间步数 | time steps")
    add("--hidden", type=positive, default=16, help="隐藏单元数 H | hidden units")
    add("--norms", type=float, nargs="+", default=[0.8, 1.0, 1.25],
        help="U 的谱范数：小于、等于、大于 1 | norms of U: below, at, above 1")  # fmt: skip
    add("--steps", type=positive, nargs="+", default=[1, 2, 3, 5, 8, 12, 20, 30],
        help="截断的步数 | windows of the truncation")  # fmt: skip
    add("--keep_prob", type=probability, default=0.9,
        help="随机截断时继续的概率 | chance to go on in the random truncation")  # fmt: skip
    add("--draws", type=positive, default=400, help="随机截断的次数 | random truncations drawn")
    add("--seed", type=int, default=42, help="随机种子 | seed of all random draws")
    add("--out", default="runs/theory", help="输出文件夹 | folder for the figure")
    return parser.parse_args(argv)


def main(argv=None):
    """Print and plot both experiments. 打印并画出两个实验。"""
    args = read_arguments(argv)
    norms = {}
    for norm in args.norms:
        problem = draw_problem(np.random.default_rng(args.seed), args.T, args.hidden, 4, 5, norm)
        norms[norm] = mean_norms(delta(*problem))
    print("平均范数 mean |delta_{t,k}| / |delta_{t,t}|")
    print("  t - k" + "".join(f"   |U| = {norm:<5g}" for norm in norms))
    for n in range(0, args.T, max(1, args.T // 10)):
        print(f"  {n:5d}" + "".join(f"   {v[n] / v[0]:<11.2e}" for v in norms.values()))
    print("谱范数小于 1 时 delta 按指数衰减；大于 1 时可能增长，而 tanh' <= 1 又把它压低。")
    print("Below 1 delta decays exponentially; above 1 it can grow, and tanh' <= 1 holds it down.")

    rng = np.random.default_rng(args.seed)
    problem = draw_problem(rng, args.T, args.hidden, 4, 5, 1.0)
    start = time.perf_counter()
    rows, drawn = compare_truncations(problem, args.steps, args.keep_prob, args.draws, rng)
    print("\n截断 truncation, |U| = 1:   steps   bias      terms")
    for steps, bias, terms in rows:
        print(f"{'':26}{steps:7d}   {bias:<8.4f}  {terms}")
    print(
        f"随机截断 random, keep_prob = {args.keep_prob:g}: bias of the mean of {args.draws} draws "
        f"{drawn[0]:.4f}, error of one draw {drawn[1]:.4f}, terms {drawn[2]:.0f}"
    )
    print(f"({time.perf_counter() - start:.1f} s)")
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    save_figure(norms, rows, drawn, out / "theory.png")


if __name__ == "__main__":
    main()
