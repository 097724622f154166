"""Layers under other names; the states that the LSTM starts from are trained too, from zero."""

import numpy as np
import torch
import torch.nn as nn

start_token = "G"
end_token = "E"
batch_size = 64


def process_poems(file_name):
    poems = []
    with open(file_name, "r", encoding="utf-8") as f:
        for line in f.readlines():
            content = line.strip()
            if content:
                poems.append(start_token + content + end_token)
    all_words = sorted({word for poem in poems for word in poem})
    word_int_map = dict(zip(all_words, range(len(all_words))))
    poems_vector = [list(map(word_int_map.get, poem)) for poem in poems]
    return poems_vector, word_int_map, {v: k for k, v in word_int_map.items()}


def generate_batch(batch_size, poems_vec, word_to_int=None):
    count = len(poems_vec) // batch_size
    xs, ys = [], []
    for i in range(count):
        block = poems_vec[i * batch_size : (i + 1) * batch_size]
        xs.append(block)
        ys.append([row[1:] + row[-1:] for row in block])
    return xs, ys


class word_embedding(nn.Module):
    def __init__(self, vocab_length, embedding_dim):
        super().__init__()
        weights = np.random.uniform(-1, 1, size=(vocab_length, embedding_dim))
        self.word_embedding = nn.Embedding(vocab_length, embedding_dim)
        self.word_embedding.weight.data.copy_(torch.from_numpy(weights))

    def forward(self, input_sentence):
        return self.word_embedding(input_sentence)


class RNN_model(nn.Module):
    def __init__(self, vocab_len, word_embedding, embedding_dim, lstm_hidden_dim):
        super().__init__()
        self.word_embedding_lookup = word_embedding
        self.lstm_dim = lstm_hidden_dim
        self.recurrent = nn.LSTM(
            embedding_dim, lstm_hidden_dim, num_layers=2, batch_first=True
        )
        self.output_layer = nn.Linear(lstm_hidden_dim, vocab_len)
        # 初始状态也参与训练，从零开始
        self.first_hidden = nn.Parameter(torch.zeros(2, 1, lstm_hidden_dim))
        self.first_cell = nn.Parameter(torch.zeros(2, 1, lstm_hidden_dim))

    def forward(self, sentence, batch_size, is_test=False):
        x = self.word_embedding_lookup(sentence).reshape(batch_size, -1, self.recurrent.input_size)
        state = tuple(
            s.expand(-1, batch_size, -1).contiguous() for s in (self.first_hidden, self.first_cell)
        )
        out, _ = self.recurrent(x, state)
        scores = self.output_layer(out.reshape(-1, self.lstm_dim))
        return scores[-1:] if is_test else scores


def to_word(predict, int_to_word, poem):
    order = np.argsort(np.asarray(predict).ravel())[::-1]
    return next(int_to_word[int(i)] for i in order if int(i) in int_to_word)


@torch.no_grad()
def gen_poem(begin_word):
    _, word_int_map, int_word_map = process_poems("./subset_poems.txt")
    embedding = word_embedding(len(word_int_map) + 1, 100)
    model = RNN_model(len(word_int_map) + 1, embedding, 100, 128)
    model.load_state_dict(torch.load("./poem_generator_rnn"))
    model.eval()
    poem = start_token + begin_word
    while poem[-1] != end_token and len(poem) <= 50:
        ids = torch.tensor([[word_int_map[w] for w in poem]])
        poem += to_word(model(ids, 1, is_test=True)[0].numpy(), int_word_map, poem)
    return poem
