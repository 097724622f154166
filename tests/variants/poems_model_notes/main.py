# 古诗生成：数据、训练、生成
import collections
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
import rnn
from tqdm import tqdm

start_token = "G"
end_token = "E"
BATCH_SIZE = 32
WORD_EMBEDDING_DIM = 100
LSTM_HIDDEN_DIM = 128
my_device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def process_poems(file_name):
    poems = []
    with open(file_name, "r", encoding="utf-8") as f:
        for line in f.readlines():
            try:
                line = line.strip()
                if line:
                    poems.append(start_token + line + end_token)
            except ValueError as e:
                print(e)
    count = collections.Counter()
    for poem in poems:
        count.update(poem)
    pairs = sorted(count.items(), key=lambda x: -x[1])
    words = [w for w, _ in pairs]
    word_int_map = dict(zip(words, range(len(words))))
    int_word_map = dict(zip(range(len(words)), words))
    poems_vector = [list(map(word_int_map.get, poem)) for poem in poems]
    print(np.array(poems_vector).shape)
    print(len(word_int_map.keys()))
    return poems_vector, word_int_map, int_word_map


def generate_batch(batch_size, poems_vec):
    n_chunk = len(poems_vec) // batch_size
    x_batches, y_batches = [], []
    for i in range(n_chunk):
        chunk = poems_vec[i * batch_size:i * batch_size + batch_size]
        x_batches.append([row[:-1] for row in chunk])
        y_batches.append([row[1:] for row in chunk])
    return x_batches, y_batches


def new_model(n):
    word_embedding = rnn.word_embedding(vocab_length=n + 1, embedding_dim=WORD_EMBEDDING_DIM)
    return rnn.RNN_model(vocab_len=n + 1, word_embedding=word_embedding,
                         embedding_dim=WORD_EMBEDDING_DIM,
                         lstm_hidden_dim=LSTM_HIDDEN_DIM).to(my_device)


def run_training():
    poems_vector, word_to_int, int_to_word = process_poems("./subset_poems.txt")
    rnn_model = new_model(len(word_to_int))
    optimizer = optim.Adam(rnn_model.parameters(), lr=3e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(30):
        start_time = time.time()
        np.random.shuffle(poems_vector)
        for batch_x, batch_y in tqdm(list(zip(*generate_batch(BATCH_SIZE, poems_vector)))):
            batch_x = torch.LongTensor(batch_x).to(my_device)
            batch_y = torch.LongTensor(batch_y).view(-1).to(my_device)
            pre = rnn_model(batch_x, batch_size=batch_x.size()[0])
            loss = criterion(pre, batch_y)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(rnn_model.parameters(), 1)
            optimizer.step()
        torch.save(rnn_model.state_dict(), "./poem_generator_rnn")
        print("epoch", epoch + 1, time.time() - start_time)


def to_word(predict, int_to_word, poem):
    sample = np.argmax(predict)
    return int_to_word[sample]


def gen_poem(begin_word):
    poems_vector, word_int_map, int_word_map = process_poems("./subset_poems.txt")
    rnn_model = new_model(len(word_int_map))
    rnn_model.load_state_dict(torch.load("./poem_generator_rnn", weights_only=True))
    poem = start_token + begin_word
    word = begin_word
    while word != end_token:
        input = np.array([word_int_map[w] for w in poem], dtype=np.int64)
        input = torch.from_numpy(input).to(my_device)
        output = rnn_model(input, batch_size=1, is_test=True).to("cpu")
        word = to_word(output.data.numpy()[-1], int_word_map, poem)
        poem += word
        if len(poem) > 50:
            break
    return poem


run_training()
print(gen_poem("日照香炉生"))
for w in "风花雪月":
    print(gen_poem(w))
