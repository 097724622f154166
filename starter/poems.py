# Template of the lab. 实验模板。
# Write your code in this file, in the place of every NotImplementedError.
# 请直接在本文件中填空：把每个 NotImplementedError 换成你的代码。
"""Tang poems, character by character: an LSTM of two layers learns them and writes new ones.

唐诗生成：两层 LSTM 逐字学习唐诗，再由给定的开头写出新诗。

Lab 5. A file holds one poem a line. Each poem is put between a start and an end token, and every
character becomes an integer. The model reads a poem and predicts, at every step, the next one:

    e_t = embedding[x_t],  h_t = LSTM(e_t, h_{t-1}) (two layers),  scores_t = h_t W + b

Shapes: B batch, T time steps, V rows of the embedding, E embedding, H hidden. The batch comes
first. V is the vocabulary and one spare row, for characters never seen.
形状：B 批量，T 时间步，V 词嵌入的行数（词表大小加一行备用），E 词嵌入维数，H 隐藏单元数。

    python poems.py --data poems      # 30 epochs / 训练 30 轮：CPU 上约半小时，可用 --steps 缩短
"""

from __future__ import annotations

import argparse
from pathlib import Path

if __name__ == "__main__":  # first of all: NumPy reads the threads as it is imported
    from command_line import prepare

    prepare("numpy", "torch")

import numpy as np
import torch
from torch import nn

try:
    from tqdm import tqdm
except ImportError:  # the progress bar is a comfort, not a need

    def tqdm(iterable, **kwargs):
        """Pass the iterable through. 没有安装 tqdm 时原样返回。"""
        return iterable


start_token = "G"
end_token = "E"

EMBEDDING_DIM, HIDDEN_DIM = 100, 128
FIRST = "日照香炉生 清明时节雨 风 花 雪 月 日 山"
MAX_LENGTH = 51  # characters of a poem that is being written, G and E among them

# ---------------------------------------------------------------------------------------------
# Data: fill in process_poems / 数据：请补全 process_poems


def process_poems(file_name):
    """Path of a UTF-8 file -> `poems_vector`, `word_int_map`, `int_word_map`.

    `poems_vector`: a sequence of index sequences, one for each line, in the order of the file,
    with the index of `start_token` in front and that of `end_token` behind. The maps go from
    character to index and from index to character and are inverse to each other; the indices are
    0..V-1, one for every character that occurs (`G` and `E` too), none else.
    The order of the vocabulary is free, but must be the same in every run of Python, since a
    saved model depends on it: the order of a `set` is not. Line ends are not characters.
    Source: Lab 5, process_poems.

    每行一首诗，首尾加上 G 和 E。词表的顺序不限，但每次运行都必须相同（保存的模型依赖它），
    所以不能直接用 set 的顺序；换行符不算字符。
    """
    raise NotImplementedError(
        "process_poems: 逐行读入并加上 G 和 E，建立顺序固定的词表，再把每首诗换成下标 | "
        "read the lines, put G and E around each, build a vocabulary of fixed order, then "
        "turn each poem into indices"
    )


def generate_batch(batch_size, poems_vec):
    """`poems_vec` (N poems of T indices) -> `x`, `y`: N // B batches, each (B,T-1). 切成批次。

    Given. The target of each step is the next character: y is x shifted by one. What does not fill
    a batch is left out. 目标 y[t] = x[t+1]；凑不满一批的诗舍去。
    """
    x_batches, y_batches = [], []
    for i in range(len(poems_vec) // batch_size):
        poems = poems_vec[i * batch_size : (i + 1) * batch_size]
        x_batches.append([poem[:-1] for poem in poems])
        y_batches.append([poem[1:] for poem in poems])
    return x_batches, y_batches


# ---------------------------------------------------------------------------------------------
# The model: fill in the LSTM and its call / 模型：请补全 LSTM 及其调用


class word_embedding(nn.Module):
    """`(...)` indices -> `(...,E)`: one row of a table for each character. 词嵌入（已给出）。"""

    def __init__(self, vocab_length, embedding_dim):
        super().__init__()
        self.word_embedding = nn.Embedding(vocab_length, embedding_dim)  # (V, E)
        nn.init.uniform_(self.word_embedding.weight, -1, 1)

    def forward(self, input_sentence):
        """Look the rows up. 查表。"""
        return self.word_embedding(input_sentence)


class RNN_model(nn.Module):
    """Embedding, LSTM, output layer. 词嵌入、LSTM、输出层。

    Attributes: `word_embedding_lookup` (V,E), `rnn_lstm`, `fc` (H -> V).
    """

    def __init__(self, vocab_len, word_embedding, embedding_dim, lstm_hidden_dim):
        """`rnn_lstm` is an LSTM of two layers from `embedding_dim` to `lstm_hidden_dim`.

        Its input and output are (batch, time, features). Source: Lab 5, RNN_model.

        rnn_lstm 是两层 LSTM，输入和输出都是（批量，时间，特征）。
        """
        super().__init__()
        self.word_embedding_lookup = word_embedding
        self.embedding_dim, self.lstm_dim = embedding_dim, lstm_hidden_dim
        self.fc = nn.Linear(lstm_hidden_dim, vocab_len)
        nn.init.xavier_uniform_(self.fc.weight)
        raise NotImplementedError(
            "RNN_model.__init__: 定义 self.rnn_lstm：两层 LSTM，批量在最前 | "
            "define self.rnn_lstm: an LSTM of two layers, batch first"
        )

    def forward(self, sentence, batch_size, is_test=False):
        """`sentence (B,T)` long -> scores `(B*T,V)`; with `is_test` the last row, `(1,V)`.

        Run the LSTM over `batch_input (B,T,E)` from zero states, h_0 = c_0 = 0, each of shape
        (2,B,H), in every call. `self.scores` makes scores of its output (B,T,H).
        Source: Lab 5, RNN_model.forward.

        每次调用都从零状态出发；把 LSTM 的输出 (B,T,H) 交给 self.scores。
        """
        batch_input = self.word_embedding_lookup(sentence)
        batch_input = batch_input.view(batch_size, -1, self.embedding_dim)  # (B, T, E)
        raise NotImplementedError(
            "RNN_model.forward: 从零状态出发让 rnn_lstm 走完 batch_input，再算 logits | "
            "run rnn_lstm over batch_input from zero states and pass its output to self.scores"
        )

    def scores(self, output, is_test=False):
        """`output (B,T,H)` -> `(B*T,V)`: row b*T + t is step t of poem b. 展平（已给出）。

        With `is_test` only the last row: it predicts what comes next. 生成时只要最后一行。
        """
        out = self.fc(output.reshape(-1, self.lstm_dim))  # (B*T, V)
        return out[-1:] if is_test else out


# ---------------------------------------------------------------------------------------------
# Writing poems: fill in / 写诗：请补全


def to_word(predict, int_to_word, poem):
    """`predict (V,)` array -> the character with the largest score. logit 最大的字。

    `predict` may have one score more than there are characters: the spare row is never the
    answer. `poem` is the text so far (a bolder rule could use it). Source: Lab 5, to_word.

    predict 可能比词表多一个 logit（备用行），备用行不能作为答案。
    """
    raise NotImplementedError(
        "to_word: 在词表范围内取 logit 最大的下标，返回对应的字 | "
        "take the index of the largest score within the vocabulary, give its character"
    )


def load_generator(poems_file, model_file):
    """Two files -> `model`, `word_int_map`, `int_word_map`. 读入词表和训练好的模型（已给出）。"""
    _, word_int_map, int_word_map = process_poems(poems_file)
    weights = torch.load(model_file, map_location="cpu", weights_only=True)
    rows, embedding_dim = weights["word_embedding_lookup.word_embedding.weight"].shape
    lookup = word_embedding(rows, embedding_dim)
    model = RNN_model(rows, lookup, embedding_dim, weights["fc.weight"].shape[1])
    model.load_state_dict(weights)
    model.eval()
    return model, word_int_map, int_word_map


def gen_poem(begin_word, poems_file="./subset_poems.txt", model_file="./poem_generator_rnn"):
    """`begin_word` str -> a poem: `G`, `begin_word`, then one character after the other to `E`.

    `load_generator` gives the model and the maps. Each next character is `to_word` of the scores
    after the whole text so far, G included. It ends with `E`, or at `MAX_LENGTH` characters.
    Calling the model on the whole text at each step is right, and takes O(length^2) steps of the
    LSTM; carrying its state on, so that it reads only what is new, takes O(length).
    Source: Lab 5, gen_poem.

    从 G 和 begin_word 开始逐字续写，直到出现 E 或达到 MAX_LENGTH 个字；每个字都取决于前面的全文。
    每步把全文重新输入模型也对（O(长度^2)）；把 LSTM 的状态往下传，只读新字，则是 O(长度)。
    """
    raise NotImplementedError(
        "gen_poem: 读入 G 和 begin_word，反复用 to_word 续写下一个字，直到 E 或达到最大长度 | "
        "read G and begin_word, then append to_word's character again and again, until E or "
        "the greatest length"
    )


# ---------------------------------------------------------------------------------------------
# Given: training, command line / 已给出：训练、命令行


def batches_of(poems_vector, batch_size, rng):
    """Pairs `x (B,T)`, `y (B,T)` of tensors in a new random order. 打乱顺序，组成批次。

    Poems of one length make a batch; the lines of the course's file all have the same.
    """
    by_length = {}
    for i in rng.permutation(len(poems_vector)):
        by_length.setdefault(len(poems_vector[i]), []).append(poems_vector[i])
    pairs = []
    for poems in by_length.values():
        x, y = generate_batch(batch_size, poems)
        pairs += zip(torch.tensor(x), torch.tensor(y))
    return [pairs[i] for i in rng.permutation(len(pairs))]


def run_training(
    poems_file="./subset_poems.txt", model_file="./poem_generator_rnn", epochs=30, batch_size=32,
    lr=3e-3, clip=1.0, embedding_dim=EMBEDDING_DIM, lstm_hidden_dim=HIDDEN_DIM, seed=42,
    max_poems=0, steps=0,
):  # fmt: skip
    """Train a model and save its weights after each epoch -> the loss of every batch. 训练并保存。

    Adam; the gradients' joint norm is clipped to `clip`. `max_poems` and `steps` (batches in all)
    shorten a run; 0 is no limit. A GPU is used where there is one.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    poems_vector, word_int_map, _ = process_poems(poems_file)
    poems_vector = poems_vector[:max_poems] if max_poems > 0 else poems_vector
    rows = len(word_int_map) + 1  # the spare row
    lookup = word_embedding(rows, embedding_dim)
    model = RNN_model(rows, lookup, embedding_dim, lstm_hidden_dim).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    criterion = nn.CrossEntropyLoss()  # mean over the B*T predictions

    losses = []
    for epoch in range(1, epochs + 1):
        batches = batches_of(poems_vector, batch_size, rng)
        if not batches:
            raise ValueError(
                f"只有 {len(poems_vector)} 首诗，凑不满一批 {batch_size} 首：请减小 --batch。 | "
                f"{len(poems_vector)} poems do not fill a batch of {batch_size}: lower --batch."
            )
        if steps > 0:
            batches = batches[: steps - len(losses)]
        if not batches:
            break
        bar = tqdm(batches, desc=f"epoch {epoch}/{epochs}", unit="batch", mininterval=0.5)
        for x, y in bar:
            x, y = x.to(device), y.to(device)  # (B, T)
            scores = model(x, batch_size=len(x))  # (B*T, V)
            loss = criterion(scores, y.reshape(-1))
            if not torch.isfinite(loss):
                raise FloatingPointError(
                    f"第 {len(losses) + 1} 步的损失是 {loss.item()}：请减小 --lr。 | "
                    f"The loss of step {len(losses) + 1} is {loss.item()}: lower --lr."
                )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            losses.append(loss.item())
        torch.save(model.state_dict(), model_file)
        mean = np.mean(losses[-len(batches) :])
        print(f"第 {epoch} 轮平均损失 epoch {epoch}: mean loss {mean:.3f}")
    return losses


def show(poems_file):
    """Print the shape of the data, the vocabulary and the first poem. 查看数据。"""
    poems_vector, word_int_map, int_word_map = process_poems(poems_file)
    lengths = {len(poem) for poem in poems_vector}
    if len(lengths) == 1:
        print(f"形状 shape: {np.array(poems_vector).shape}")
    else:
        print(f"{len(poems_vector)} 首，长度不一 poems of unequal length: {sorted(lengths)}")
    print(f"词表大小 vocabulary: {len(word_int_map)}")
    if poems_vector:
        print("第一首 first poem: " + "".join(int_word_map[i] for i in poems_vector[0]))


def read_arguments(argv=None):
    """The command line. 命令行参数。"""
    from command_line import positive  # lies beside this file; not needed to import this one

    parser = argparse.ArgumentParser(
        description="训练两层 LSTM 写唐诗。 | Train an LSTM of two layers that writes Tang poems. "
        "The defaults take about half an hour on a laptop's CPU; --steps shortens a run.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--data", default="poems", help="语料：名字或文件 | corpus: a name or a file")
    add("--epochs", type=int, default=30, help="轮数，0 只看数据 | epochs; 0: only show the data")
    add("--batch", type=positive, default=32, help="每批诗数 | poems in a batch")
    add("--lr", type=float, default=3e-3, help="Adam 的学习率 | learning rate of Adam")
    add("--clip", type=float, default=1.0, help="梯度联合范数的上限 | limit of the gradients' norm")
    add("--embed", type=positive, default=EMBEDDING_DIM, help="词嵌入维数 | size of the embedding")
    add("--hidden", type=positive, default=HIDDEN_DIM, help="隐藏单元数 | hidden units")
    add("--seed", type=int, default=42, help="随机种子 | seed of all random draws")
    add("--max_poems", type=int, default=0, help="只用前若干首，0 为全部 | the first only; 0: all")
    add("--steps", type=int, default=0, help="总共训练多少批，0 不限 | batches in all; 0: no limit")
    add("--first", default=FIRST, help="各首诗的开头，空格分开 | what the poems begin with")
    add("--out", default="runs/poems", help="输出文件夹 | folder for the curve and the weights")
    return parser.parse_args(argv)


def main(argv=None):
    """Show the data, train, save the curve and the weights, write poems. 训练并写诗。"""
    import corpora  # lies beside this file; not needed to import this one
    from command_line import save_curve

    corpora.allow_any_character()
    args = read_arguments(argv)
    try:
        poems_file = corpora.locate(args.data)
        show(poems_file)
        if args.epochs < 1:
            return
        out = Path(args.out)
        out.mkdir(parents=True, exist_ok=True)
        model_file = out / "poem_generator_rnn"
        losses = run_training(
            poems_file, model_file, args.epochs, args.batch, args.lr, args.clip, args.embed,
            args.hidden, args.seed, args.max_poems, args.steps,
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise SystemExit(
            f"{poems_file} 不是 UTF-8 编码：请用编辑器另存为 UTF-8。 | "
            f"{poems_file} is not UTF-8: save it as UTF-8 with an editor."
        ) from error
    except (corpora.CorpusError, ValueError, FloatingPointError) as error:
        raise SystemExit(str(error)) from error
    save_curve(losses, out / "loss_curve.png")
    print(f"权重 checkpoint: {model_file}")

    print("\n--- 写诗 poems ---")
    for begin_word in args.first.split():
        print(gen_poem(begin_word, poems_file, model_file))


if __name__ == "__main__":
    main()
