# Template of the lab. 实验模板。
# Write your code in this file, in the place of every NotImplementedError.
# 请直接在本文件中填空：把每个 NotImplementedError 换成你的代码。
"""A character-level language model in PyTorch: embedding, LSTM, output layer.

用 PyTorch 写的字符级语言模型：词嵌入层、LSTM、输出层。

Lab 6, part A. The network reads T characters and predicts the next one:

    e_t    = embed(x_t)                       t = 1..T
    h_t    = LSTM(e_t, h_{t-1}, c_{t-1})      `layers` of them, one above the other
    logits = fc(h_T)                          of the last step, the top layer

Shapes: B batch, T time steps, V vocabulary, E embedding, H hidden, L layers. The batch comes first.
形状：B 批量，T 时间步，V 词表大小，E 词嵌入维数，H 隐藏单元数，L 层数；批量在最前。

    python char_lstm.py --data shakespeare.txt     # needs a GPU / 完整训练需要 GPU
    python char_lstm.py --hidden 64 --embed 32 --layers 1 --seq_len 40 --epochs 3 --steps 400
                                                   # a minute on a laptop / 笔记本电脑上约一分钟
"""

from __future__ import annotations

import argparse
import math
import random
from pathlib import Path

if __name__ == "__main__":  # first of all: NumPy reads the threads as it is imported
    from command_line import prepare

    prepare("numpy", "torch")

import torch
from torch import nn
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

try:
    from tqdm import tqdm
except ImportError:  # the progress bar is a comfort, not a need

    class tqdm:
        """Pass the iterable through. 没有安装 tqdm 时原样返回。"""

        def __init__(self, iterable, **kwargs):
            self.iterable = iterable

        def __iter__(self):
            return iter(self.iterable)

        def write(self, line):
            """Print a line. 打印一行。"""
            print(line)


# ---------------------------------------------------------------------------------------------
# Given: the data / 已给出：数据


def build_dataset(text, seq_len):
    """`text` -> TensorDataset of `x (N,T)` and `y (N,)`, `c2i`, `i2c`, `vocab` V. 切成窗口。

    Row n holds `seq_len` characters, y[n] the character behind them. x is a view of the text, so
    a million windows take no more memory than the text.
    """
    if len(text) <= seq_len:
        raise ValueError(
            f"文本只有 {len(text)} 个字符，至少需要 seq_len + 1 = {seq_len + 1} 个：请换长的文本"
            f"或减小 seq_len。 | The text has {len(text)} characters, at least seq_len + 1 = "
            f"{seq_len + 1} are needed: take a longer text or a smaller seq_len."
        )
    i2c = dict(enumerate(sorted(set(text))))  # sorted: the same order in every run
    c2i = {c: i for i, c in i2c.items()}
    ids = torch.tensor([c2i[c] for c in text])  # (len(text),) long
    x = ids[:-1].unfold(0, seq_len, 1)  # (N, T)
    y = ids[seq_len:]  # (N,)
    return TensorDataset(x, y), c2i, i2c, len(i2c)


# ---------------------------------------------------------------------------------------------
# The network: fill in forward / 网络：请补全 forward


class CharLSTM(nn.Module):
    """Embedding, LSTM and output layer. 词嵌入层、LSTM 与输出层。

    Attributes: `embed` V -> E, `lstm` E -> H (batch first), `fc` H -> V.
    """

    def __init__(self, vocab, embed_size, hidden, layers, dropout):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed_size)
        between = dropout if layers > 1 else 0.0  # torch drops out between layers only
        self.lstm = nn.LSTM(embed_size, hidden, layers, batch_first=True, dropout=between)
        self.fc = nn.Linear(hidden, vocab)

    def forward(self, x, hidden=None):
        """`x (B,T)` long, `hidden` of an earlier call or None -> `logits (B,V)`, `hidden`.

        The logits are those of the last step only. `hidden` is the pair (h, c), each (L,B,H), as
        nn.LSTM takes and returns it; None means zeros. Passed to the next call, it continues
        the sequence. Source: Lab 6, part A, the model.

        先查词嵌入，再过 LSTM，只用最后一个时间步的输出计算 logits；hidden 原样交给 LSTM，
        并把新的 hidden 一并返回。
        """
        raise NotImplementedError(
            "CharLSTM.forward: 词嵌入、LSTM，再由最后一步的输出经 fc 得到 logits | "
            "embedding, LSTM, then fc on the output of the last step"
        )


# ---------------------------------------------------------------------------------------------
# Training: fill in one step / 训练：请补全一步


def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    """Go through `loader` `epochs` times -> list of the mean loss of each epoch. 训练。

    `loader` gives batches `x (B,T)`, `y (B,)`. At each step the gradients are those of this batch
    alone, and their joint norm is at most `clip` when the optimiser steps.
    Source: Lab 6, part A, training with gradient clipping.

    每一步只用本批的梯度；优化器更新之前，全部梯度的联合范数不超过 clip。
    """
    losses = []
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0  # sum of the losses of this epoch's batches
        bar = tqdm(loader, desc=f"epoch {epoch}/{epochs}", unit="batch", mininterval=0.5)
        for step, (x, y) in enumerate(bar, start=1):
            x, y = x.to(device), y.to(device)  # (B, T), (B,)
            # One step: gradients, clipping, update; add the loss to `total`.
            # 一步：求梯度、裁剪、更新，并把损失加到 total 上。
            raise NotImplementedError(
                "train: 清零梯度、求损失、反向传播、按联合范数裁剪、更新，并累加 total | "
                "zero the gradients, loss, backward, clip by the joint norm, step; add the "
                "loss to total"
            )
            if not math.isfinite(total):
                raise FloatingPointError(
                    f"第 {epoch} 轮第 {step} 步的损失不是有限数：请减小 --lr 或减小 --clip。 | "
                    f"The loss of epoch {epoch}, step {step} is not finite: lower --lr or --clip."
                )
            if step % print_every == 0:
                said = f"epoch {epoch}, step {step}: mean loss {total / step:.3f}"
                bar.write(f"第 {epoch} 轮第 {step} 步平均损失 {said}")
        losses.append(total / len(loader))
        print(f"第 {epoch} 轮平均损失 epoch {epoch}: mean loss {losses[-1]:.3f}")
    return losses


# ---------------------------------------------------------------------------------------------
# Generation: fill in the distribution / 生成：请补全抽样分布


def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device="cpu"):
    """`seed` str -> str: `seed` and `length` characters drawn from softmax(logits / temp).

    Each character is conditioned on the whole text so far, from a zero state. The state is carried
    on from character to character, so every character is read once: the time grows with `length`,
    not with `length` times a window. Source: Lab 6, part A, sampling with temperature.

    从零状态读完 seed，之后状态一直往下传，每个字符只读一遍，用时与 length 成正比；
    每个字符按 softmax(logits / temp) 抽取，而不是取最大值。
    """
    if not seed:
        raise ValueError("seed 不能为空 | the seed needs at least one character")
    model.eval()  # no dropout while generating
    x = torch.tensor([[c2i[c] for c in seed]], device=device)  # (1, T)
    text, hidden = seed, None
    with torch.no_grad():
        for _ in range(length):
            logits, hidden = model(x, hidden)  # (1, V): reads only what is new
            # Draw the index k of the next character, add the character to `text`, and make it the
            # next input `x (1,1)`. 抽出下一个字符，接到 text 后面，并作为下一步的输入 x。
            raise NotImplementedError(
                "generate: 按 softmax(logits / temp) 抽取字符，接到 text 后面，作为新的 x | "
                "draw the next character from softmax(logits / temp), add it to text, make it x"
            )
    return text


# ---------------------------------------------------------------------------------------------
# Given: curve, checkpoint, command line / 已给出：损失曲线、检查点、命令行


def save_curve(losses, path):
    """Draw the mean loss of each epoch to a PNG. 画出损失曲线。"""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print(f"没有 matplotlib，跳过 {path}：pip install matplotlib")
        print(f"No matplotlib, so no {path}: pip install matplotlib")
        return
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    axes.plot(range(1, len(losses) + 1), losses, marker="o")
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean cross-entropy (nats)")
    axes.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=120)
    print(f"损失曲线 loss curve: {path}")


def save_checkpoint(path, model, i2c, sizes, losses):
    """Everything that `load_checkpoint` needs, in one file. 保存检查点。"""
    chars = "".join(i2c[i] for i in range(len(i2c)))
    state = {"weights": model.state_dict(), "chars": chars, "sizes": sizes, "losses": losses}
    torch.save(state, path)
    print(f"权重 checkpoint: {path}")


def load_checkpoint(path, device="cpu"):
    """The file of `save_checkpoint` -> `model`, `c2i`, `i2c`, `vocab`. 读取检查点。"""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise SystemExit(
            f"没有检查点 {path}：请先训练，或用 --out、--model 指出它。 | "
            f"There is no checkpoint {path}: train first, or name it by --out and --model."
        ) from None
    i2c = dict(enumerate(state["chars"]))
    model = CharLSTM(len(i2c), *state["sizes"]).to(device)
    model.load_state_dict(state["weights"])
    return model, {c: i for i, c in i2c.items()}, i2c, len(i2c)


def read_arguments(argv=None):
    """The command line. 命令行参数。"""
    from command_line import positive  # lies beside this file; not needed to import this one

    parser = argparse.ArgumentParser(
        description="训练一个字符级 LSTM 并生成文本。 | Train a character-level LSTM and generate "
        "text. The defaults are made for a GPU; on a laptop take smaller sizes and --steps.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    gpu = "cuda" if torch.cuda.is_available() else "cpu"
    add("--data", default="shakespeare.txt", help="语料：名字或文件 | corpus: a name or a file")
    add("--seq_len", type=positive, default=120, help="窗口长度 T | characters in a window")
    add("--batch", type=positive, default=256, help="批量大小 B | windows in a batch")
    add("--hidden", type=positive, default=512, help="隐藏单元数 H | hidden units")
    add("--embed", type=positive, default=256, help="词嵌入维数 E | size of the embedding")
    add("--layers", type=positive, default=3, help="LSTM 层数 L | layers of the LSTM")
    add("--dropout", type=float, default=0.3, help="层间 dropout | dropout between the layers")
    add("--lr", type=float, default=2e-3, help="AdamW 的学习率 | learning rate of AdamW")
    add("--epochs", type=positive, default=25, help="训练轮数 | passes through the windows")
    add(
        "--clip", type=float, default=5.0, help="梯度裁剪阈值 | largest joint norm of the gradients"
    )
    add("--print_every", type=positive, default=200, help="每隔多少步打印 | steps between prints")
    add("--device", default=gpu, help="cpu、cuda 等 | cpu, cuda, ...")
    add("--seed", type=int, default=42, help="随机种子 | seed of all random draws")
    add("--model", default="char_lstm.pth", help="检查点文件名，在 --out 之下 | "
        "file of the checkpoint, in the folder --out")  # fmt: skip
    add("--out", default="runs/char_lstm", help="输出文件夹 | folder for the curve and checkpoint")
    add("--steps", type=int, default=0, help="每轮最多多少批，0 为全部；越小越快 | "
        "batches in an epoch at most, 0 for all; fewer is faster")  # fmt: skip
    add("--max_chars", type=int, default=0, help="只用前若干字符，0 为全部 | "
        "use only so many characters, 0 for all")  # fmt: skip
    add("--length", type=positive, default=400, help="生成长度 | characters to generate")
    add("--generate_only", action="store_true", help="不训练，读取检查点生成 | "
        "do not train: load the checkpoint and generate")  # fmt: skip
    return parser.parse_args(argv)


def main(argv=None):
    """Train, save the curve and the weights, generate at three temperatures. 训练并生成。"""
    import corpora  # lies beside this file; not needed to import this one

    corpora.allow_any_character()
    args = read_arguments(argv)
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    out = Path(args.out)
    path = out / args.model

    try:
        text = corpora.load(args.data)
        text = text[: args.max_chars] if args.max_chars > 0 else text
        dataset, c2i, i2c, vocab = build_dataset(text, args.seq_len)
    except (corpora.CorpusError, ValueError) as error:
        raise SystemExit(str(error)) from error

    if args.generate_only:
        model, c2i, i2c, vocab = load_checkpoint(path, args.device)
    else:
        print(f"字符 characters {len(text)}  V = {vocab}  窗口 windows {len(dataset)}", end="")
        print(f"  T = {args.seq_len}")
        windows = min(len(dataset), args.steps * args.batch) if args.steps > 0 else len(dataset)
        sampler = RandomSampler(dataset, num_samples=windows)  # a new random order every epoch
        loader = DataLoader(dataset, batch_size=args.batch, sampler=sampler)
        sizes = [args.embed, args.hidden, args.layers, args.dropout]
        model = CharLSTM(vocab, *sizes).to(args.device)
        optim = torch.optim.AdamW(model.parameters(), lr=args.lr)
        losses = train(
            model, loader, nn.CrossEntropyLoss(), optim, args.device,
            args.epochs, args.clip, args.print_every,
        )  # fmt: skip
        out.mkdir(parents=True, exist_ok=True)
        save_curve(losses, out / "loss_curve.png")
        save_checkpoint(path, model, i2c, sizes, losses)

    seed = "".join(c for c in text[:20] if c in c2i)
    for temp in (0.5, 1.0, 1.3):
        print(f"\n--- 生成 generated, temperature {temp} ---")
        print(generate(model, seed, c2i, i2c, vocab, args.length, temp, args.device))


if __name__ == "__main__":
    main()
