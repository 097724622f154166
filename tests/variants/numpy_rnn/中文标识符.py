# -*- coding: utf-8 -*-
"""变量名、函数名、注释都是中文；方法在类定义之后才挂上去。"""

import numpy as np

# 独热编码
def one_hot(序号, 深度):
    结果 = np.zeros(np.shape(序号) + (深度,))
    np.put_along_axis(结果, np.asarray(序号)[..., None], 1.0, -1)
    return 结果


class RNNCell:
    """一个时间步"""

    def __init__(self, input_size, hidden_size):
        self.Wxh = np.random.randn(input_size, hidden_size) * 0.1
        self.Whh = np.random.randn(hidden_size, hidden_size) * 0.1
        self.bh = np.zeros(hidden_size)
        self.清零()

    def 清零(self):
        self.dWxh = np.zeros_like(self.Wxh)
        self.dWhh = np.zeros_like(self.Whh)
        self.dbh = np.zeros_like(self.bh)


def 单步前向(自身, 输入, 上一状态):
    状态 = np.tanh(输入 @ 自身.Wxh + 上一状态 @ 自身.Whh + 自身.bh)
    return 状态, (输入, 上一状态, 状态)


def 单步反向(自身, 状态梯度, 缓存):
    输入, 上一状态, 状态 = 缓存
    δ = 状态梯度 * (1 - 状态**2)
    自身.dWxh += 输入.T @ δ
    自身.dWhh += 上一状态.T @ δ
    自身.dbh += δ.sum(axis=0)
    return δ @ 自身.Whh.T


RNNCell.forward = 单步前向
RNNCell.backward = 单步反向
RNNCell.zero_grad = RNNCell.清零


class RNN:
    def __init__(self, vocab, hidden):
        self.词表大小, self.隐藏单元数 = vocab, hidden
        self.cell = RNNCell(vocab, hidden)
        self.Why = np.random.randn(hidden, vocab) * 0.1
        self.by = np.zeros(vocab)
        self.zero_grad()

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy = np.zeros_like(self.Why)
        self.dby = np.zeros_like(self.by)


def forward(self, 批次, 初始状态):
    状态, 缓存表 = 初始状态, []
    for 时刻 in range(批次.shape[1]):
        状态, 缓存 = self.cell.forward(one_hot(批次[:, 时刻], self.词表大小), 状态)
        缓存表.append(缓存)
    return 状态 @ self.Why + self.by, 状态, 缓存表


def backward(self, 输出梯度, 缓存表, 末状态, 收集范数=False):
    self.dWhy += 末状态.T @ 输出梯度
    self.dby += 输出梯度.sum(axis=0)
    梯度 = 输出梯度 @ self.Why.T
    范数 = []
    for 缓存 in reversed(缓存表):
        范数.append(np.linalg.norm(梯度, axis=1).mean())
        梯度 = self.cell.backward(梯度, 缓存)
    return (梯度, 范数[::-1]) if 收集范数 else 梯度


def forward_all(self, 批次, 初始状态):
    _, 末状态, 缓存表 = self.forward(批次, 初始状态)
    return np.stack([c[2] for c in 缓存表], axis=1) @ self.Why + self.by, 末状态, 缓存表


def backward_all(self, 输出梯度, 缓存表, 末状态):
    梯度 = np.zeros_like(末状态)
    for 时刻 in reversed(range(len(缓存表))):
        self.dWhy += 缓存表[时刻][2].T @ 输出梯度[:, 时刻]
        self.dby += 输出梯度[:, 时刻].sum(axis=0)
        梯度 = self.cell.backward(梯度 + 输出梯度[:, 时刻] @ self.Why.T, 缓存表[时刻])
    return 梯度


RNN.forward, RNN.backward = forward, backward
RNN.forward_all = forward_all
setattr(RNN, "backward_all", backward_all)
RNN.backward_all = backward_all


def 交叉熵(分数, 目标):
    概率 = np.exp(分数 - 分数.max(axis=1, keepdims=True))
    概率 /= 概率.sum(axis=1, keepdims=True)
    行 = np.arange(len(目标))
    损失 = -np.log(概率[行, 目标]).mean()
    概率[行, 目标] -= 1
    return 损失, 概率 / len(目标)


def gradient_check(模型, 输入, 目标, 步长=1e-5):
    初始状态 = np.zeros((len(输入), len(模型.cell.bh)))
    模型.zero_grad()
    分数, 末状态, 缓存表 = 模型.forward(输入, 初始状态)
    模型.backward(交叉熵(分数, 目标)[1], 缓存表, 末状态)
    误差 = {}
    for 名称 in ("Wxh", "Whh", "bh", "Why", "by"):
        主人 = 模型 if 名称.endswith("y") else 模型.cell
        权重, 解析 = getattr(主人, 名称), getattr(主人, "d" + 名称)
        数值 = np.zeros_like(权重)
        for i in np.ndindex(权重.shape):
            原值 = 权重[i]
            权重[i] = 原值 + 步长
            上 = 交叉熵(模型.forward(输入, 初始状态)[0], 目标)[0]
            权重[i] = 原值 - 步长
            下 = 交叉熵(模型.forward(输入, 初始状态)[0], 目标)[0]
            权重[i] = 原值
            数值[i] = (上 - 下) / (2 * 步长)
        误差[名称] = np.max(np.abs(解析 - 数值)) / max(np.abs(解析).max(), np.abs(数值).max(), 1e-8)
    return 误差


def clip_by_norm(梯度表, 上限):
    总范数 = np.sqrt(sum(np.sum(g**2) for g in 梯度表))
    if 总范数 > 上限:
        for g in 梯度表:
            g *= 上限 / 总范数
    return 总范数


def sample(模型, 开头, 字到号, 号到字, 词表大小, 长度=200, 温度=1.0, 随机数=None):
    随机数 = 随机数 or np.random.default_rng()
    状态 = np.zeros((1, len(模型.cell.bh)))
    文本, 输入 = 开头, [字到号[字] for 字 in 开头]
    for _ in range(长度):
        分数, 状态, _缓存 = 模型.forward(np.array([输入]), 状态)
        概率 = np.exp(分数[0] / 温度)
        输入 = [随机数.choice(词表大小, p=概率 / 概率.sum())]
        文本 += 号到字[输入[0]]
    return 文本
