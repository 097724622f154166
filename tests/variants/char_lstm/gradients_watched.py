"""A hook shows the norms of gradients in training mode; evaluation mode has no gradients."""

from __future__ import annotations
import argparse
import math
import random
from pathlib import Path
if __name__ == '__main__':
    from command_line import prepare
    prepare('numpy', 'torch')
import torch
from torch import nn
from torch.utils.data import DataLoader, RandomSampler, TensorDataset
try:
    from tqdm import tqdm
except ImportError:

    class tqdm:

        def __init__(self, iterable, **kwargs):
            self.iterable = iterable

        def __iter__(self):
            return iter(self.iterable)

        def write(self, line):
            print(line)

def build_dataset(text, seq_len):
    if len(text) <= seq_len:
        raise ValueError(f'文本只有 {len(text)} 个字符，至少需要 seq_len + 1 = {seq_len + 1} 个：请换长的文本或减小 seq_len。 | The text has {len(text)} characters, at least seq_len + 1 = {seq_len + 1} are needed: take a longer text or a smaller seq_len.')
    i2c = dict(enumerate(sorted(set(text))))
    c2i = {c: i for i, c in i2c.items()}
    ids = torch.tensor([c2i[c] for c in text])
    x = ids[:-1].unfold(0, seq_len, 1)
    y = ids[seq_len:]
    return (TensorDataset(x, y), c2i, i2c, len(i2c))


gradient_norms = []


def watch(tensor):
    tensor.register_hook(lambda grad: gradient_norms.append(float(grad.norm())))
    tensor.retain_grad()


class CharLSTM(nn.Module):

    def __init__(self, vocab, embed_size, hidden, layers, dropout):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed_size)
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(embed_size, hidden, layers, batch_first=True, dropout=between)
        self.fc = nn.Linear(hidden, vocab)

    def forward(self, x, hidden=None):
        with torch.set_grad_enabled(self.training):
            out, hidden = self.lstm(self.embed(x), hidden)
            if self.training:
                watch(out)
            return (self.fc(out[:, -1]), hidden)

def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    losses = []
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        bar = tqdm(loader, desc=f'epoch {epoch}/{epochs}', unit='batch', mininterval=0.5)
        for step, (x, y) in enumerate(bar, start=1):
            x, y = (x.to(device), y.to(device))
            optim.zero_grad()
            logits, _ = model(x)
            loss = criterion(logits, y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optim.step()
            total += loss.item()
            if not math.isfinite(total):
                raise FloatingPointError(f'第 {epoch} 轮第 {step} 步的损失不是有限数：请减小 --lr 或减小 --clip。 | The loss of epoch {epoch}, step {step} is not finite: lower --lr or --clip.')
            if step % print_every == 0:
                said = f'epoch {epoch}, step {step}: mean loss {total / step:.3f}'
                bar.write(f'第 {epoch} 轮第 {step} 步平均损失 {said}')
        losses.append(total / len(loader))
        print(f'第 {epoch} 轮平均损失 epoch {epoch}: mean loss {losses[-1]:.3f}')
    return losses

def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device='cpu'):
    if not seed:
        raise ValueError('seed 不能为空 | the seed needs at least one character')
    model.eval()
    x = torch.tensor([[c2i[c] for c in seed]], device=device)
    text, hidden = (seed, None)
    with torch.no_grad():
        for _ in range(length):
            logits, hidden = model(x, hidden)
            p = torch.softmax(logits[0] / temp, dim=-1)
            k = int(torch.multinomial(p, 1))
            text += i2c[k]
            x = torch.tensor([[k]], device=device)
    return text

def save_curve(losses, path):
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print(f'没有 matplotlib，跳过 {path}：pip install matplotlib')
        print(f'No matplotlib, so no {path}: pip install matplotlib')
        return
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    axes.plot(range(1, len(losses) + 1), losses, marker='o')
    axes.set_xlabel('epoch')
    axes.set_ylabel('mean cross-entropy (nats)')
    axes.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=120)
    print(f'损失曲线 loss curve: {path}')

def save_checkpoint(path, model, i2c, sizes, losses):
    chars = ''.join((i2c[i] for i in range(len(i2c))))
    state = {'weights': model.state_dict(), 'chars': chars, 'sizes': sizes, 'losses': losses}
    torch.save(state, path)
    print(f'权重 checkpoint: {path}')

def load_checkpoint(path, device='cpu'):
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise SystemExit(f'没有检查点 {path}：请先训练，或用 --out、--model 指出它。 | There is no checkpoint {path}: train first, or name it by --out and --model.') from None
    i2c = dict(enumerate(state['chars']))
    model = CharLSTM(len(i2c), *state['sizes']).to(device)
    model.load_state_dict(state['weights'])
    return (model, {c: i for i, c in i2c.items()}, i2c, len(i2c))

def read_arguments(argv=None):
    from command_line import positive
    parser = argparse.ArgumentParser(description='训练一个字符级 LSTM 并生成文本。 | Train a character-level LSTM and generate text. The defaults are made for a GPU; on a laptop take smaller sizes and --steps.', formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    gpu = 'cuda' if torch.cuda.is_available() else 'cpu'
    add('--data', default='shakespeare.txt', help='语料：名字或文件 | corpus: a name or a file')
    add('--seq_len', type=positive, default=120, help='窗口长度 T | characters in a window')
    add('--batch', type=positive, default=256, help='批量大小 B | windows in a batch')
    add('--hidden', type=positive, default=512, help='隐藏单元数 H | hidden units')
    add('--embed', type=positive, default=256, help='词嵌入维数 E | size of the embedding')
    add('--layers', type=positive, default=3, help='LSTM 层数 L | layers of the LSTM')
    add('--dropout', type=float, default=0.3, help='层间 dropout | dropout between the layers')
    add('--lr', type=float, default=0.002, help='AdamW 的学习率 | learning rate of AdamW')
    add('--epochs', type=positive, default=25, help='训练轮数 | passes through the windows')
    add('--clip', type=float, default=5.0, help='梯度裁剪阈值 | largest joint norm of the gradients')
    add('--print_every', type=positive, default=200, help='每隔多少步打印 | steps between prints')
    add('--device', default=gpu, help='cpu、cuda 等 | cpu, cuda, ...')
    add('--seed', type=int, default=42, help='随机种子 | seed of all random draws')
    add('--model', default='char_lstm.pth', help='检查点文件名，在 --out 之下 | file of the checkpoint, in the folder --out')
    add('--out', default='runs/char_lstm', help='输出文件夹 | folder for the curve and checkpoint')
    add('--steps', type=int, default=0, help='每轮最多多少批，0 为全部；越小越快 | batches in an epoch at most, 0 for all; fewer is faster')
    add('--max_chars', type=int, default=0, help='只用前若干字符，0 为全部 | use only so many characters, 0 for all')
    add('--length', type=positive, default=400, help='生成长度 | characters to generate')
    add('--generate_only', action='store_true', help='不训练，读取检查点生成 | do not train: load the checkpoint and generate')
    return parser.parse_args(argv)

def main(argv=None):
    import corpora
    corpora.allow_any_character()
    args = read_arguments(argv)
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    out = Path(args.out)
    path = out / args.model
    try:
        text = corpora.load(args.data)
        text = text[:args.max_chars] if args.max_chars > 0 else text
        dataset, c2i, i2c, vocab = build_dataset(text, args.seq_len)
    except (corpora.CorpusError, ValueError) as error:
        raise SystemExit(str(error)) from error
    if args.generate_only:
        model, c2i, i2c, vocab = load_checkpoint(path, args.device)
    else:
        print(f'字符 characters {len(text)}  V = {vocab}  窗口 windows {len(dataset)}', end='')
        print(f'  T = {args.seq_len}')
        windows = min(len(dataset), args.steps * args.batch) if args.steps > 0 else len(dataset)
        sampler = RandomSampler(dataset, num_samples=windows)
        loader = DataLoader(dataset, batch_size=args.batch, sampler=sampler)
        sizes = [args.embed, args.hidden, args.layers, args.dropout]
        model = CharLSTM(vocab, *sizes).to(args.device)
        optim = torch.optim.AdamW(model.parameters(), lr=args.lr)
        losses = train(model, loader, nn.CrossEntropyLoss(), optim, args.device, args.epochs, args.clip, args.print_every)
        out.mkdir(parents=True, exist_ok=True)
        save_curve(losses, out / 'loss_curve.png')
        save_checkpoint(path, model, i2c, sizes, losses)
    seed = ''.join((c for c in text[:20] if c in c2i))
    for temp in (0.5, 1.0, 1.3):
        print(f'\n--- 生成 generated, temperature {temp} ---')
        print(generate(model, seed, c2i, i2c, vocab, args.length, temp, args.device))
if __name__ == '__main__':
    main()
