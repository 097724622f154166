"""What the programs of the lab share: whole numbers on the command line, and the loss curve.

各部分的程序共用的代码：命令行的正整数和损失曲线。已经写好，不用填。
"""

from __future__ import annotations

import argparse

import numpy as np


def positive(text):
    """A whole number above zero, for the command line. 命令行用的正整数。"""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: 应为正整数 | a whole number above 0 is needed")
    return number


def save_curve(losses, path, window=100):
    """Draw the losses and their running mean to a PNG. 画出损失曲线。"""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print(f"没有 matplotlib，跳过 {path}：pip install matplotlib")
        print(f"No matplotlib, so no {path}: pip install matplotlib")
        return
    window = min(window, len(losses))
    mean = np.convolve(losses, np.ones(window) / window, mode="valid")
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    axes.plot(losses, alpha=0.3, label="loss of a batch")
    axes.plot(np.arange(window - 1, len(losses)), mean, label=f"mean of {window} batches")
    axes.set_xlabel("step")
    axes.set_ylabel("cross-entropy (nats)")
    axes.legend()
    figure.savefig(path, dpi=120)
    print(f"损失曲线 loss curve: {path}")
