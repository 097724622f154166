# Template of the lab. 实验模板。
# Given: there is nothing to fill in here.
# 本文件已经写好，不需要填空。
"""What the programs of the lab share: threads, numbers on the command line, the loss curve.

各部分的程序共用的代码：线程数、命令行的正整数和损失曲线。已经写好，不用填。
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys


def prepare(*packages):
    """Before anything else is imported: one thread, and a word about packages that are missing.

    The models are tiny: several threads mostly wait for one another, and on a busy machine a run
    then takes many times as long. `OMP_NUM_THREADS=4 python ...` asks for more.
    模型很小，多线程大多在互相等待，机器忙时会慢几十倍；要多用几个线程，就自己设 OMP_NUM_THREADS。
    """
    threads = os.environ.setdefault("OMP_NUM_THREADS", "1")
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, threads)
    for name in packages:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            sys.exit(
                f"这个程序需要 {name}，还没有安装：pip install {name} | "
                f"This program needs {name}, which is not installed: pip install {name}"
            )


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
    import numpy as np  # not at the top: `prepare` comes before it

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
