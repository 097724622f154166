"""In the style printed in course notes: it prints the shape inside, and uses a Counter."""

import collections

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim

import rnn as rnn_lstm

start_token = "G"
end_token = "E"
batch_size = 64


def process_poems(file_name):
    poems = []
    with open(file_name, "r", encoding="utf-8") as f:
        for line in f.readlines():
            try:
                content = line.strip()
                if set("_(（《[") & set(content):
                    continue
                content = start_token + content + end_token
                poems.append(content)
            except ValueError:
                print("error")
    all_words = []
    for poem in poems:
        all_words += [word for word in poem]
    counter = collections.Counter(all_words)
    count_pairs = sorted(counter.items(), key=lambda x: (-x[1], x[0]))
    words, _ = zip(*count_pairs) if count_pairs else ((), ())
    word_int_map = dict(zip(words, range(len(words))))
    int_word_map = {number: word for word, number in word_int_map.items()}
    poems_vector = [[word_int_map[word] for word in poem] for poem in poems]
    print(np.array(poems_vector).shape)
    return poems_vector, word_int_map, int_word_map


class Poems(nn.Module):
    def __init__(self):
        super().__init__()
        print("构造模型")


poems_vector, word_int_map, int_word_map = process_poems("./poems.txt")
torch.manual_seed(5)
model = rnn_lstm.RNN_model(len(word_int_map) + 1)
model.load_state_dict(torch.load("./poem_generator_rnn"))
optimizer = optim.RMSprop(model.parameters(), lr=0.01)
