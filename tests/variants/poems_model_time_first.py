"""Time first inside, dropout, log-probabilities, other sizes when generating, drawn characters."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable

start_token, end_token = "G", "E"
device = "cuda" if torch.cuda.is_available() else "cpu"


def process_poems(file_name):
    with open(file_name, encoding="utf-8-sig") as f:
        poems = [f"{start_token}{line.strip()}{end_token}" for line in f if line.strip()]
    vocab = sorted({c for p in poems for c in p})
    to_int = {c: i for i, c in enumerate(vocab)}
    return [[to_int[c] for c in p] for p in poems], to_int, dict(enumerate(vocab))


def generate_batch(batch_size, poems_vec):
    poems = list(poems_vec)
    random.shuffle(poems)
    xs, ys = [], []
    for i in range(0, len(poems) - batch_size + 1, batch_size):
        chunk = torch.tensor(poems[i : i + batch_size])
        xs.append(chunk[:, :-1])
        ys.append(chunk[:, 1:])
    return xs, ys


class word_embedding(nn.Module):
    def __init__(self, vocab_length, embedding_dim):
        super().__init__()
        self.table = nn.Embedding(vocab_length, embedding_dim)

    def forward(self, input_sentence):
        return self.table(input_sentence)


class RNN_model(nn.Module):
    def __init__(self, vocab_len, word_embedding, embedding_dim, lstm_hidden_dim):
        super().__init__()
        self.extra = nn.Parameter(torch.ones(3))
        self.word_embedding_lookup = word_embedding
        self.rnn_lstm = nn.LSTM(embedding_dim, lstm_hidden_dim, 2, dropout=0.4)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(lstm_hidden_dim, vocab_len)
        self.hidden_dim = lstm_hidden_dim
        self.device = device

    def forward(self, sentence, batch_size, is_test=False):
        x = self.drop(self.word_embedding_lookup(sentence)).permute(1, 0, 2)
        zero = Variable(torch.zeros(2, batch_size, self.hidden_dim)).to(self.device)
        out, _ = self.rnn_lstm(x, (zero, zero.clone()))
        out = self.drop(out).permute(1, 0, 2).reshape(-1, self.hidden_dim)
        scores = F.log_softmax(self.fc(out), dim=1)
        if is_test:
            return scores[-1].unsqueeze(0)
        return scores


def to_word(predict, int_to_word, poem):
    return int_to_word[int(torch.argmax(predict[: len(int_to_word)]))]


def gen_poem(begin_word):
    weights = torch.load("./poem_generator_rnn", map_location=device)
    _, to_int, to_char = process_poems("./subset_poems.txt")
    model = RNN_model(len(to_int), word_embedding(len(to_int), 64), 64, 96).to(device)
    model.load_state_dict(weights)
    poem = start_token + begin_word
    while poem[-1] != end_token and len(poem) < 40:
        x = torch.tensor([[to_int[c] for c in poem]], device=device)
        p = model(x, 1, is_test=True).exp()[0]
        poem += to_char[torch.multinomial(p, 1).item()]
    return poem
