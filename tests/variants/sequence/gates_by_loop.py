"""A loop at the top fills the table that says where each gate stands."""


from __future__ import annotations

import numpy as np


def sigmoid(z):
    """1 / (1 + e^-z), without overflow for any z. 数值稳定的 sigmoid。"""
    return 0.5 * (1 + np.tanh(0.5 * z))


GATES = {}
for number, name in enumerate("ifgo"):
    GATES[name] = number


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
    parts = np.split(x_t @ Wx + h_prev @ Wh + b, 4, axis=1)
    i, f, g, o = (parts[GATES[name]] for name in "ifgo")
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c_t = f * c_prev + i * g  # (B, H)
    h_t = o * np.tanh(c_t)  # (B, H)
    return h_t, c_t, (x_t, h_prev, c_prev, Wx, Wh, i, f, g, o, c_t)


def lstm_step_backward(dh_t, dc_t, cache):
    """`dh_t`, `dc_t (B,H)` -> `dx_t, dh_prev, dc_prev, dWx, dWh, db`. LSTM 反向一步。

    `dh_t` = dL/dh_t, and `dc_t` is what comes back to c_t from the step behind; c_t acts through
    h_t as well, so both paths add up. Source: the chain rule on `lstm_step_forward`, as in
    Graves (2012), Supervised sequence labelling, section 4.6.

    c_t 既直接传给下一步（dc_t），又通过 h_t 起作用（dh_t）：两条路径的梯度要相加。
    """
    x_t, h_prev, c_prev, Wx, Wh, i, f, g, o, c_t = cache
    tanh_c = np.tanh(c_t)
    dc = dc_t + dh_t * o * (1 - tanh_c**2)  # (B, H): both paths to c_t
    di = dc * g * i * (1 - i)
    df = dc * c_prev * f * (1 - f)
    dg = dc * i * (1 - g**2)
    do = dh_t * tanh_c * o * (1 - o)
    dz = np.hstack([di, df, dg, do])  # (B, 4H)
    return dz @ Wx.T, dz @ Wh.T, dc * f, x_t.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


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
    xr, xz, xn = np.split(x_t @ Wx + bx, 3, axis=1)  # (B, H) each
    hr, hz, hn = np.split(h_prev @ Wh + bh, 3, axis=1)
    r, z = sigmoid(xr + hr), sigmoid(xz + hz)
    n = np.tanh(xn + r * hn)
    return (1 - z) * n + z * h_prev


def bilstm_forward(x, forward_params, backward_params):
    """`x (B,T,E)` -> `(B,T,2H)`: an LSTM over x from both ends. 双向 LSTM。

    Each of the params is `(Wx, Wh, b)`; both directions start from zero states. Column t holds
    what the forward LSTM says after x_1..x_t, then what the backward LSTM says after x_T..x_t:
    both halves are aligned in time. Source: Schuster and Paliwal (1997), Bidirectional recurrent
    neural networks.

    前一半是正向 LSTM 读完 x_1..x_t 的输出，后一半是反向 LSTM 读完 x_T..x_t 的输出；两半按时间对齐。
    """
    B, T, _ = x.shape
    halves = []
    for sequence, (Wx, Wh, b) in ((x, forward_params), (x[:, ::-1], backward_params)):
        h = c = np.zeros((B, len(Wh)))  # (B, H)
        hs = []
        for t in range(T):
            h, c, _ = lstm_step_forward(sequence[:, t], h, c, Wx, Wh, b)
            hs.append(h)
        halves.append(np.stack(hs, axis=1))  # (B, T, H), in the order of reading
    return np.concatenate([halves[0], halves[1][:, ::-1]], axis=2)  # (B, T, 2H)


# ---------------------------------------------------------------------------------------------
# Decoding / 解码


def greedy(logits):
    """`logits (V,)` -> the index of the largest. 贪心解码：取最大值的下标。

    Source: stage-2 notes, decoding.
    """
    return int(np.argmax(logits))


def temperature_probs(logits, temperature):
    """`logits (V,)` -> `(V,)`: softmax(logits / temperature). 带温度的概率。

    A low temperature sharpens, a high one flattens. Source: Ackley, Hinton and Sejnowski (1985);
    Hinton et al. (2015), arXiv:1503.02531. 温度低则更尖锐，温度高则更平坦。
    """
    return softmax(np.asarray(logits) / temperature)


def temperature_sample(logits, temperature, rng):
    """An index drawn from `temperature_probs`. 按带温度的概率抽取一个下标。

    Source: stage-2 notes, decoding.
    """
    return int(rng.choice(len(logits), p=temperature_probs(logits, temperature)))


def top_k_probs(logits, k):
    """`logits (V,)` -> `(V,)`: softmax over the k largest, zero elsewhere. top-k 概率。

    In the order of the vocabulary. Source: Fan et al. (2018), arXiv:1805.04833, section 5.2.
    只保留 k 个最大的并重新归一化，其余为零；次序仍是词表的次序。
    """
    logits = np.asarray(logits)
    keep = np.argsort(logits)[-k:]  # vocabulary indices of the k largest
    probs = np.zeros(len(logits))
    probs[keep] = softmax(logits[keep])
    return probs


def top_k_sample(logits, k, rng):
    """An index of the vocabulary drawn from `top_k_probs`. 按 top-k 概率抽取一个词表下标。

    The position among the k is another thing. Source: stage-2 notes, decoding.
    注意：不是在 k 个当中的位置。
    """
    return int(rng.choice(len(logits), p=top_k_probs(logits, k)))


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
    T = max(map(len, sequences)) if max_len is None else max_len
    padded = np.full((len(sequences), T), pad_value)
    mask = np.zeros((len(sequences), T), dtype=bool)
    for n, sequence in enumerate(sequences):
        kept = sequence[:T]
        padded[n, : len(kept)] = kept
        mask[n, : len(kept)] = True  # by length: a real token may equal pad_value
    return padded, mask


def masked_cross_entropy(logits, targets, mask):
    """`logits (B,T,V)`, `targets (B,T)`, `mask (B,T)` -> `loss`, `dlogits (B,T,V)`. 掩码交叉熵。

    loss = the sum over real tokens of -log softmax(logits)[target], divided by their number;
    dlogits is its gradient, zero on padding. Source: stage-2 notes, masking.
    只对真实词元求平均；补齐处的梯度为零。
    """
    B, T, _ = logits.shape
    b, t = np.ogrid[:B, :T]
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))  # (B, T, V)
    weight = mask / mask.sum()  # (B, T): 1/N on real tokens, 0 on padding
    loss = -(weight * log_p[b, t, targets]).sum()
    dlogits = np.exp(log_p)
    dlogits[b, t, targets] -= 1
    return loss, dlogits * weight[..., None]


def bucket_by_length(lengths, batch_size):
    """N lengths -> ceil(N / batch_size) lists of indices. 按长度分桶。

    Each index is in one batch, no batch is longer than `batch_size`, and sequences of similar
    length share a batch, so that little is padded. Source: stage-2 notes, bucketing.
    长度相近的放在同一批，补齐最少。
    """
    order = np.argsort(lengths, kind="stable").tolist()
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def teacher_forcing_inputs(targets, predictions, ratio, rng):
    """`targets (B,T)`, `predictions (B,T)` -> `(B,T)`: a mixture. 强制教学的输入。

    Each entry is, independently, the target with probability `ratio`, else the prediction of the
    same place; nothing is shifted. Source: Bengio et al. (2015), Scheduled sampling,
    arXiv:1506.03099.

    强制教学（teacher forcing）：每个位置各自独立地以概率 ratio 取 targets，
    否则取同一位置的 predictions；不移位。
    """
    coins = rng.random(np.shape(targets)) < ratio  # (B, T)
    return np.where(coins, targets, predictions)


# ---------------------------------------------------------------------------------------------
# Metrics / 评价指标


def perplexity(log_probs):
    """exp(- mean of `log_probs`), natural logarithms. 困惑度。

    Of one prediction that is always 1/V it is V. Source: Jelinek et al. (1977).
    每次都以 1/V 的概率猜中时，困惑度是 V。
    """
    return float(np.exp(-np.mean(log_probs)))


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

    from collections import Counter

    def counts(tokens, n):
        return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))

    log_p = 0.0
    for n in range(1, max_n + 1):
        found = counts(candidate, n)
        most = Counter()
        for reference in references:
            most |= counts(reference, n)  # the larger count of each n-gram
        matches = sum((found & most).values())  # the smaller count of each n-gram
        if matches == 0:
            return 0.0
        log_p += np.log(matches / sum(found.values())) / max_n
    c = len(candidate)
    r = min((abs(len(ref) - c), len(ref)) for ref in references)[1]
    return float(np.exp(min(0.0, 1 - r / c) + log_p))


# ---------------------------------------------------------------------------------------------
# Regularisation and normalisation / 正则化与归一化


def dropout_forward(x, p, rng, training):
    """`x` -> `out`, `mask` of its shape: inverted dropout. 暂退法。

    While training each entry is dropped (zero) with probability `p`, and the others are divided by
    1 - p, so that the expectation stays; otherwise x comes back unchanged. Source: Srivastava et
    al. (2014), Dropout. p 是丢弃的概率；训练时保留的元素除以 1 - p，不训练时原样返回。
    """
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


def layer_norm(x, gamma, beta, eps=1e-5):
    """`x (...,H)`, `gamma (H,)`, `beta (H,)` -> `(...,H)`. 层归一化。

    (x - mean) / sqrt(var + eps) * gamma + beta, where mean and the biased variance are taken over
    the last axis. Source: Ba, Kiros and Hinton (2016), arXiv:1607.06450.
    均值和（有偏）方差都在最后一维上求；eps 加在根号里面。
    """
    mean = x.mean(axis=-1, keepdims=True)
    var = x.var(axis=-1, keepdims=True)  # biased: divided by H
    return (x - mean) / np.sqrt(var + eps) * gamma + beta
