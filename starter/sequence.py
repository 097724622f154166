# Template of the lab. 实验模板。
# Write your code in this file, in the place of every NotImplementedError.
# 请直接在本文件中填空：把每个 NotImplementedError 换成你的代码。
"""Gated cells, decoding, batching, losses and metrics for sequence models, in NumPy.

序列模型的门控单元、解码、组批、损失与评价指标，用 NumPy 手写（第二阶段讲义）。

Seventeen small functions, independent of one another but for `bilstm_forward` and the two
samplers. Only NumPy is needed, and nothing runs when the file is imported.

Shapes: B batch, T time steps, V vocabulary, H hidden, E input size. Vectors are rows, the batch
comes first. `rng` is a `numpy.random.Generator`; draw from it alone.
形状：B 批量，T 时间步，V 词表大小，H 隐藏单元数，E 输入维数；向量都是行向量，批量在最前。
`rng` 是 `numpy.random.Generator`；随机数只从它抽取。
"""

from __future__ import annotations

import numpy as np


def sigmoid(z):
    """1 / (1 + e^-z), without overflow for any z. 数值稳定的 sigmoid。"""
    return 0.5 * (1 + np.tanh(0.5 * z))


def softmax(z):
    """`(..., V)` -> `(..., V)`: e^z / sum e^z along the last axis. 数值稳定的 softmax。"""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# ---------------------------------------------------------------------------------------------
# Gated cells / 门控单元


def lstm_step_forward(x_t, h_prev, c_prev, Wx, Wh, b):
    """One step of an LSTM -> `h_t (B,H)`, `c_t (B,H)`, `cache`. LSTM 前向一步。

    `x_t (B,E)`, `h_prev (B,H)`, `c_prev (B,H)`, `Wx (E,4H)`, `Wh (H,4H)`, `b (4H,)`; the gates
    are stacked in the order i, f, g, o, as torch stacks them:

        [i f g o] = x_t Wx + h_prev Wh + b;   i, f, o through sigmoid, g through tanh
        c_t = f * c_prev + i * g;             h_t = o * tanh(c_t)

    What `cache` holds is up to you. Source: Hochreiter and Schmidhuber (1997), Long short-term
    memory; forget gate: Gers et al. (2000). 门的次序是 i、f、g、o；cache 里放什么由你决定。
    """
    raise NotImplementedError(
        "lstm_step_forward: 算出四个门 i、f、g、o，再得 c_t 和 h_t | "
        "compute the four gates i, f, g, o, then c_t and h_t"
    )


def lstm_step_backward(dh_t, dc_t, cache):
    """`dh_t`, `dc_t (B,H)` -> `dx_t, dh_prev, dc_prev, dWx, dWh, db`. LSTM 反向一步。

    `dh_t` = dL/dh_t, and `dc_t` is what comes back to c_t from the step behind; c_t acts through
    h_t as well, so both paths add up. Source: the chain rule on `lstm_step_forward`, as in
    Graves (2012), Supervised sequence labelling, section 4.6.

    c_t 既直接传给下一步（dc_t），又通过 h_t 起作用（dh_t）：两条路径的梯度要相加。
    """
    raise NotImplementedError(
        "lstm_step_backward: 先把两条到 c_t 的梯度相加，再求四个门的梯度 | "
        "add the two gradients that reach c_t, then go through the four gates"
    )


def gru_step_forward(x_t, h_prev, Wx, Wh, bx, bh):
    """One step of a GRU -> `h_t (B,H)`. GRU 前向一步。

    `x_t (B,E)`, `h_prev (B,H)`, `Wx (E,3H)`, `Wh (H,3H)`, `bx (3H,)`, `bh (3H,)`; the gates are
    stacked in the order r, z, n, as torch stacks them:

        r = sigmoid(x Wx_r + bx_r + h Wh_r + bh_r);   z likewise
        n = tanh(x Wx_n + bx_n + r * (h Wh_n + bh_n))
        h_t = (1 - z) * n + z * h_prev

    Source: Cho et al. (2014), arXiv:1406.1078; the reset gate after the product, as in
    torch.nn.GRU. 重置门 r 乘在 h Wh_n + bh_n 的外面。
    """
    raise NotImplementedError(
        "gru_step_forward: 算出 r、z 和候选状态 n，再按 z 混合 n 与 h_prev | "
        "compute r, z and the candidate n, then mix n and h_prev by z"
    )


def bilstm_forward(x, forward_params, backward_params):
    """`x (B,T,E)` -> `(B,T,2H)`: an LSTM over x from both ends. 双向 LSTM。

    Each of the params is `(Wx, Wh, b)`; both directions start from zero states. Column t holds
    what the forward LSTM says after x_1..x_t, then what the backward LSTM says after x_T..x_t:
    both halves are aligned in time. Source: Schuster and Paliwal (1997), Bidirectional recurrent
    neural networks.

    前一半是正向 LSTM 读完 x_1..x_t 的输出，后一半是反向 LSTM 读完 x_T..x_t 的输出；两半按时间对齐。
    """
    raise NotImplementedError(
        "bilstm_forward: 正着、倒着各走一遍 LSTM，把倒着的结果按时间翻回来再拼接 | "
        "run the LSTM forwards and backwards, turn the backward outputs round in time, join"
    )


# ---------------------------------------------------------------------------------------------
# Decoding / 解码


def greedy(logits):
    """`logits (V,)` -> the index of the largest. 贪心解码：取最大值的下标。

    Source: stage-2 notes, decoding.
    """
    raise NotImplementedError("greedy: 返回最大 logit 的下标 | the index of the largest logit")


def temperature_probs(logits, temperature):
    """`logits (V,)` -> `(V,)`: softmax(logits / temperature). 带温度的概率。

    A low temperature sharpens, a high one flattens. Source: Ackley, Hinton and Sejnowski (1985);
    Hinton et al. (2015), arXiv:1503.02531. 温度低则更尖锐，温度高则更平坦。
    """
    raise NotImplementedError(
        "temperature_probs: 先除以温度，再做 softmax | "
        "divide the logits by the temperature, then take the softmax"
    )


def temperature_sample(logits, temperature, rng):
    """An index drawn from `temperature_probs`. 按带温度的概率抽取一个下标。

    Source: stage-2 notes, decoding.
    """
    raise NotImplementedError(
        "temperature_sample: 用 rng 按 temperature_probs 抽取一个下标 | "
        "draw an index from temperature_probs with rng"
    )


def top_k_probs(logits, k):
    """`logits (V,)` -> `(V,)`: softmax over the k largest, zero elsewhere. top-k 概率。

    In the order of the vocabulary. Source: Fan et al. (2018), arXiv:1805.04833, section 5.2.
    只保留 k 个最大的并重新归一化，其余为零；次序仍是词表的次序。
    """
    raise NotImplementedError(
        "top_k_probs: 保留 k 个最大的 logits 做 softmax，其余概率为零 | "
        "softmax over the k largest logits, probability zero for the rest"
    )


def top_k_sample(logits, k, rng):
    """An index of the vocabulary drawn from `top_k_probs`. 按 top-k 概率抽取一个词表下标。

    The position among the k is another thing. Source: stage-2 notes, decoding.
    注意：不是在 k 个当中的位置。
    """
    raise NotImplementedError(
        "top_k_sample: 用 rng 按 top_k_probs 抽取，返回词表下标 | "
        "draw from top_k_probs with rng and return an index of the vocabulary"
    )


# ---------------------------------------------------------------------------------------------
# Batches of unequal lengths / 长短不一的批


def pad_sequences(sequences, pad_value=0, max_len=None):
    """Lists of unequal length -> `(N,T)` and `mask (N,T)`. 把长短不一的序列补齐。

    Padded behind with `pad_value`; `mask` is true on real tokens. T is the longest length; with
    `max_len` it is `max_len`, and longer sequences keep their first `max_len` tokens.
    Source: stage-2 notes, batches of unequal lengths.
    在后面补 pad_value；真实词元处 mask 为 True。
    给出 max_len 时宽度就是它，超长的只留前 max_len 个。
    """
    raise NotImplementedError(
        "pad_sequences: 按最长长度（或 max_len）在后面补齐，mask 标出真实词元 | "
        "pad behind up to the longest length (or max_len), mask the real tokens"
    )


def masked_cross_entropy(logits, targets, mask):
    """`logits (B,T,V)`, `targets (B,T)`, `mask (B,T)` -> `loss`, `dlogits (B,T,V)`. 掩码交叉熵。

    loss = the sum over real tokens of -log softmax(logits)[target], divided by their number;
    dlogits is its gradient, zero on padding. Source: stage-2 notes, masking.
    只对真实词元求平均；补齐处的梯度为零。
    """
    raise NotImplementedError(
        "masked_cross_entropy: 只对 mask 为 True 的位置求平均损失和梯度 | "
        "mean loss and its gradient over the positions where mask is true"
    )


def bucket_by_length(lengths, batch_size):
    """N lengths -> ceil(N / batch_size) lists of indices. 按长度分桶。

    Each index is in one batch, no batch is longer than `batch_size`, and sequences of similar
    length share a batch, so that little is padded. Source: stage-2 notes, bucketing.
    长度相近的放在同一批，补齐最少。
    """
    raise NotImplementedError(
        "bucket_by_length: 按长度排序下标，再每 batch_size 个切成一批 | "
        "sort the indices by length, then cut them into batches of batch_size"
    )


def teacher_forcing_inputs(targets, predictions, ratio, rng):
    """`targets (B,T)`, `predictions (B,T)` -> `(B,T)`: a mixture. 强制教学的输入。

    Each entry is, independently, the target with probability `ratio`, else the prediction of the
    same place; nothing is shifted. Source: Bengio et al. (2015), Scheduled sampling,
    arXiv:1506.03099.

    强制教学（teacher forcing）：每个位置各自独立地以概率 ratio 取 targets，
    否则取同一位置的 predictions；不移位。
    """
    raise NotImplementedError(
        "teacher_forcing_inputs: 每个位置各抛一次硬币，选 targets 或 predictions | "
        "toss a coin for each entry to choose the target or the prediction"
    )


# ---------------------------------------------------------------------------------------------
# Metrics / 评价指标


def perplexity(log_probs):
    """exp(- mean of `log_probs`), natural logarithms. 困惑度。

    Of one prediction that is always 1/V it is V. Source: Jelinek et al. (1977).
    每次都以 1/V 的概率猜中时，困惑度是 V。
    """
    raise NotImplementedError("perplexity: 对数概率取平均、取负、取 exp | exp of minus the mean")


def bleu(candidate, references, max_n=4):
    """Token lists -> BLEU of one candidate against several references. BLEU 分数。

    p_n = clipped count of matching n-grams / number of n-grams of the candidate, where an n-gram
    counts at most as often as in the reference that has it most often;

        BLEU = BP * exp(mean over n = 1..max_n of ln p_n),   BP = min(1, exp(1 - r / c))

    with c the candidate's length and r the closest reference length (the shorter on a tie). No
    smoothing: 0.0 when some p_n is 0, also for want of n-grams.
    Source: Papineni et al. (2002), BLEU: a method for automatic evaluation of machine translation.

    每个 n 元语法（n-gram）的计数不超过它在某一条参考译文中出现的最大次数；
    r 取最接近的参考长度（相同取短的）；
    不做平滑，任一精度为 0（包括没有 n 元语法）则返回 0.0。
    """

    raise NotImplementedError(
        "bleu: 求 1..max_n 的截断精度的几何平均，再乘以简短惩罚 | "
        "geometric mean of the clipped precisions, times the brevity penalty"
    )


# ---------------------------------------------------------------------------------------------
# Regularisation and normalisation / 正则化与归一化


def dropout_forward(x, p, rng, training):
    """`x` -> `out`, `mask` of its shape: inverted dropout. 暂退法。

    While training each entry is dropped (zero) with probability `p`, and the others are divided by
    1 - p, so that the expectation stays; otherwise x comes back unchanged. Source: Srivastava et
    al. (2014), Dropout. p 是丢弃的概率；训练时保留的元素除以 1 - p，不训练时原样返回。
    """
    raise NotImplementedError(
        "dropout_forward: 训练时以概率 p 置零并把其余除以 1 - p，否则原样返回 | "
        "training: zero with probability p and divide the rest by 1 - p; else unchanged"
    )


def layer_norm(x, gamma, beta, eps=1e-5):
    """`x (...,H)`, `gamma (H,)`, `beta (H,)` -> `(...,H)`. 层归一化。

    (x - mean) / sqrt(var + eps) * gamma + beta, where mean and the biased variance are taken over
    the last axis. Source: Ba, Kiros and Hinton (2016), arXiv:1607.06450.
    均值和（有偏）方差都在最后一维上求；eps 加在根号里面。
    """
    raise NotImplementedError(
        "layer_norm: 在最后一维上减均值、除以标准差，再乘 gamma 加 beta | "
        "subtract the mean and divide by the deviation along the last axis, then gamma, beta"
    )
