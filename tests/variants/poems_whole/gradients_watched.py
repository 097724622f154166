"""A hook shows the norms of gradients in training mode; evaluation mode has no gradients."""

from __future__ import annotations
import argparse
from pathlib import Path
if __name__ == '__main__':
    from command_line import prepare
    prepare('numpy', 'torch')
import numpy as np
import torch
from torch import nn
try:
    from tqdm import tqdm
except ImportError:

    def tqdm(iterable, **kwargs):
        return iterable
start_token = 'G'
end_token = 'E'
EMBEDDING_DIM, HIDDEN_DIM = (100, 128)
FIRST = '日照香炉生 清明时节雨 风 花 雪 月 日 山'
MAX_LENGTH = 51

def process_poems(file_name):
    with open(file_name, encoding='utf-8-sig') as file:
        lines = [line.strip() for line in file]
    poems = [start_token + line + end_token for line in lines if line]
    counts = {}
    for word in ''.join(poems):
        counts[word] = counts.get(word, 0) + 1
    words = sorted(counts, key=lambda word: (-counts[word], word))
    word_int_map = {word: i for i, word in enumerate(words)}
    poems_vector = [[word_int_map[word] for word in poem] for poem in poems]
    return (poems_vector, word_int_map, dict(enumerate(words)))

def generate_batch(batch_size, poems_vec):
    x_batches, y_batches = ([], [])
    for i in range(len(poems_vec) // batch_size):
        poems = poems_vec[i * batch_size:(i + 1) * batch_size]
        x_batches.append([poem[:-1] for poem in poems])
        y_batches.append([poem[1:] for poem in poems])
    return (x_batches, y_batches)

class word_embedding(nn.Module):

    def __init__(self, vocab_length, embedding_dim):
        super().__init__()
        self.word_embedding = nn.Embedding(vocab_length, embedding_dim)
        nn.init.uniform_(self.word_embedding.weight, -1, 1)

    def forward(self, input_sentence):
        return self.word_embedding(input_sentence)


gradient_norms = []


def watch(tensor):
    tensor.register_hook(lambda grad: gradient_norms.append(float(grad.norm())))
    tensor.retain_grad()


class RNN_model(nn.Module):

    def __init__(self, vocab_len, word_embedding, embedding_dim, lstm_hidden_dim):
        super().__init__()
        self.word_embedding_lookup = word_embedding
        self.embedding_dim, self.lstm_dim = (embedding_dim, lstm_hidden_dim)
        self.fc = nn.Linear(lstm_hidden_dim, vocab_len)
        nn.init.xavier_uniform_(self.fc.weight)
        self.rnn_lstm = nn.LSTM(embedding_dim, lstm_hidden_dim, num_layers=2, batch_first=True)

    def forward(self, sentence, batch_size, is_test=False):
        batch_input = self.word_embedding_lookup(sentence)
        batch_input = batch_input.view(batch_size, -1, self.embedding_dim)
        with torch.set_grad_enabled(self.training):
            output, _ = self.rnn_lstm(batch_input)
            if self.training:
                watch(output)
            return self.scores(output, is_test)

    def scores(self, output, is_test=False):
        out = self.fc(output.reshape(-1, self.lstm_dim))
        return out[-1:] if is_test else out

def to_word(predict, int_to_word, poem):
    return int_to_word[int(np.argmax(predict[:len(int_to_word)]))]

def load_generator(poems_file, model_file):
    _, word_int_map, int_word_map = process_poems(poems_file)
    weights = torch.load(model_file, map_location='cpu', weights_only=True)
    rows, embedding_dim = weights['word_embedding_lookup.word_embedding.weight'].shape
    lookup = word_embedding(rows, embedding_dim)
    model = RNN_model(rows, lookup, embedding_dim, weights['fc.weight'].shape[1])
    model.load_state_dict(weights)
    model.eval()
    return (model, word_int_map, int_word_map)

def gen_poem(begin_word, poems_file='./subset_poems.txt', model_file='./poem_generator_rnn'):
    model, word_int_map, int_word_map = load_generator(poems_file, model_file)
    spare = len(word_int_map)
    poem = new = start_token + begin_word
    state = None
    while not poem.endswith(end_token) and len(poem) < MAX_LENGTH:
        sentence = torch.tensor([[word_int_map.get(word, spare) for word in new]])
        with torch.no_grad():
            batch_input = model.word_embedding_lookup(sentence)
            output, state = model.rnn_lstm(batch_input, state)
            predict = model.scores(output, is_test=True)[0].numpy()
        new = to_word(predict, int_word_map, poem)
        poem += new
    return poem

def batches_of(poems_vector, batch_size, rng):
    by_length = {}
    for i in rng.permutation(len(poems_vector)):
        by_length.setdefault(len(poems_vector[i]), []).append(poems_vector[i])
    pairs = []
    for poems in by_length.values():
        x, y = generate_batch(batch_size, poems)
        pairs += zip(torch.tensor(x), torch.tensor(y))
    return [pairs[i] for i in rng.permutation(len(pairs))]

def run_training(poems_file='./subset_poems.txt', model_file='./poem_generator_rnn', epochs=30, batch_size=32, lr=0.003, clip=1.0, embedding_dim=EMBEDDING_DIM, lstm_hidden_dim=HIDDEN_DIM, seed=42, max_poems=0, steps=0):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    poems_vector, word_int_map, _ = process_poems(poems_file)
    poems_vector = poems_vector[:max_poems] if max_poems > 0 else poems_vector
    rows = len(word_int_map) + 1
    lookup = word_embedding(rows, embedding_dim)
    model = RNN_model(rows, lookup, embedding_dim, lstm_hidden_dim).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    criterion = nn.CrossEntropyLoss()
    losses = []
    for epoch in range(1, epochs + 1):
        batches = batches_of(poems_vector, batch_size, rng)
        if not batches:
            raise ValueError(f'只有 {len(poems_vector)} 首诗，凑不满一批 {batch_size} 首：请减小 --batch。 | {len(poems_vector)} poems do not fill a batch of {batch_size}: lower --batch.')
        if steps > 0:
            batches = batches[:steps - len(losses)]
        if not batches:
            break
        bar = tqdm(batches, desc=f'epoch {epoch}/{epochs}', unit='batch', mininterval=0.5)
        for x, y in bar:
            x, y = (x.to(device), y.to(device))
            scores = model(x, batch_size=len(x))
            loss = criterion(scores, y.reshape(-1))
            if not torch.isfinite(loss):
                raise FloatingPointError(f'第 {len(losses) + 1} 步的损失是 {loss.item()}：请减小 --lr。 | The loss of step {len(losses) + 1} is {loss.item()}: lower --lr.')
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            losses.append(loss.item())
        torch.save(model.state_dict(), model_file)
        mean = np.mean(losses[-len(batches):])
        print(f'第 {epoch} 轮平均损失 epoch {epoch}: mean loss {mean:.3f}')
    return losses

def show(poems_file):
    poems_vector, word_int_map, int_word_map = process_poems(poems_file)
    lengths = {len(poem) for poem in poems_vector}
    if len(lengths) == 1:
        print(f'形状 shape: {np.array(poems_vector).shape}')
    else:
        print(f'{len(poems_vector)} 首，长度不一 poems of unequal length: {sorted(lengths)}')
    print(f'词表大小 vocabulary: {len(word_int_map)}')
    if poems_vector:
        print('第一首 first poem: ' + ''.join((int_word_map[i] for i in poems_vector[0])))

def read_arguments(argv=None):
    from command_line import positive
    parser = argparse.ArgumentParser(description="训练两层 LSTM 写唐诗。 | Train an LSTM of two layers that writes Tang poems. The defaults take about half an hour on a laptop's CPU; --steps shortens a run.", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add('--data', default='poems', help='语料：名字或文件 | corpus: a name or a file')
    add('--epochs', type=int, default=30, help='轮数，0 只看数据 | epochs; 0: only show the data')
    add('--batch', type=positive, default=32, help='每批诗数 | poems in a batch')
    add('--lr', type=float, default=0.003, help='Adam 的学习率 | learning rate of Adam')
    add('--clip', type=float, default=1.0, help="梯度联合范数的上限 | limit of the gradients' norm")
    add('--embed', type=positive, default=EMBEDDING_DIM, help='词嵌入维数 | size of the embedding')
    add('--hidden', type=positive, default=HIDDEN_DIM, help='隐藏单元数 | hidden units')
    add('--seed', type=int, default=42, help='随机种子 | seed of all random draws')
    add('--max_poems', type=int, default=0, help='只用前若干首，0 为全部 | the first only; 0: all')
    add('--steps', type=int, default=0, help='总共训练多少批，0 不限 | batches in all; 0: no limit')
    add('--first', default=FIRST, help='各首诗的开头，空格分开 | what the poems begin with')
    add('--out', default='runs/poems', help='输出文件夹 | folder for the curve and the weights')
    return parser.parse_args(argv)

def main(argv=None):
    import corpora
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
        model_file = out / 'poem_generator_rnn'
        losses = run_training(poems_file, model_file, args.epochs, args.batch, args.lr, args.clip, args.embed, args.hidden, args.seed, args.max_poems, args.steps)
    except UnicodeDecodeError as error:
        raise SystemExit(f'{poems_file} 不是 UTF-8 编码：请用编辑器另存为 UTF-8。 | {poems_file} is not UTF-8: save it as UTF-8 with an editor.') from error
    except (corpora.CorpusError, ValueError, FloatingPointError) as error:
        raise SystemExit(str(error)) from error
    save_curve(losses, out / 'loss_curve.png')
    print(f'权重 checkpoint: {model_file}')
    print('\n--- 写诗 poems ---')
    for begin_word in args.first.split():
        print(gen_poem(begin_word, poems_file, model_file))
if __name__ == '__main__':
    main()
