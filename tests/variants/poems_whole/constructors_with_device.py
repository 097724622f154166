"""Constructors that ask for a device; a state that forward may be given."""

from __future__ import annotations
import numpy as np
import torch
from torch import nn

start_token = "G"
end_token = "E"
MAX_LENGTH = 51


def process_poems(file_name):
    with open(file_name, encoding="utf-8-sig") as file:
        lines = [line.strip() for line in file]
    poems = [start_token + line + end_token for line in lines if line]
    counts = {}
    for word in "".join(poems):
        counts[word] = counts.get(word, 0) + 1
    words = sorted(counts, key=lambda word: (-counts[word], word))
    word_int_map = {word: i for i, word in enumerate(words)}
    poems_vector = [[word_int_map[word] for word in poem] for poem in poems]
    return (poems_vector, word_int_map, dict(enumerate(words)))


def generate_batch(batch_size, poems_vec):
    x_batches, y_batches = ([], [])
    for i in range(len(poems_vec) // batch_size):
        poems = poems_vec[i * batch_size : (i + 1) * batch_size]
        x_batches.append([poem[:-1] for poem in poems])
        y_batches.append([poem[1:] for poem in poems])
    return (x_batches, y_batches)


class word_embedding(nn.Module):
    def __init__(self, vocab_length, embedding_dim, device):
        super().__init__()
        self.word_embedding = nn.Embedding(vocab_length, embedding_dim)
        nn.init.uniform_(self.word_embedding.weight, -1, 1)

    def forward(self, input_sentence):
        return self.word_embedding(input_sentence)


class RNN_model(nn.Module):
    def __init__(self, device, vocab_len, word_embedding, embedding_dim, lstm_hidden_dim):
        torch.zeros(1, device=device.type)
        super().__init__()
        self.word_embedding_lookup = word_embedding
        self.embedding_dim, self.lstm_dim = (embedding_dim, lstm_hidden_dim)
        self.fc = nn.Linear(lstm_hidden_dim, vocab_len)
        nn.init.xavier_uniform_(self.fc.weight)
        self.rnn_lstm = nn.LSTM(embedding_dim, lstm_hidden_dim, num_layers=2, batch_first=True)

    def forward(self, sentence, batch_size, hidden=None, is_test=False):
        batch_input = self.word_embedding_lookup(sentence)
        batch_input = batch_input.view(batch_size, -1, self.embedding_dim)
        output, _ = self.rnn_lstm(batch_input)
        return self.scores(output, is_test)

    def scores(self, output, is_test=False):
        out = self.fc(output.reshape(-1, self.lstm_dim))
        return out[-1:] if is_test else out


def to_word(predict, int_to_word, poem):
    return int_to_word[int(np.argmax(predict[: len(int_to_word)]))]


def load_generator(poems_file, model_file):
    _, word_int_map, int_word_map = process_poems(poems_file)
    weights = torch.load(model_file, map_location="cpu", weights_only=True)
    rows, embedding_dim = weights["word_embedding_lookup.word_embedding.weight"].shape
    lookup = word_embedding(rows, embedding_dim, torch.device("cpu"))
    model = RNN_model(
        torch.device("cpu"), rows, lookup, embedding_dim, weights["fc.weight"].shape[1]
    )
    model.load_state_dict(weights)
    model.eval()
    return (model, word_int_map, int_word_map)


def gen_poem(begin_word, poems_file="./subset_poems.txt", model_file="./poem_generator_rnn"):
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
