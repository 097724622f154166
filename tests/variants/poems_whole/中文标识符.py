"""Chinese names; one LSTM of one layer after the other is not needed, states are kept by hand."""

import numpy as np
import torch
from torch import nn

start_token, end_token = "G", "E"
最长 = 51


def 读诗(文件名):
    with open(文件名, "rb") as 文件:
        return [行.decode("utf-8").strip() for 行 in 文件 if 行.strip()]


def process_poems(file_name):
    诗 = ["G" + 行 + "E" for 行 in 读诗(file_name)]
    字表 = []
    for 字 in "".join(诗):
        if 字 not in 字表:
            字表.append(字)
    编号 = {字: 号 for 号, 字 in enumerate(字表)}
    return [tuple(编号[字] for 字 in 首) for 首 in 诗], 编号, 字表


def generate_batch(batch_size, poems_vec):
    批数 = len(poems_vec) // batch_size
    数组 = np.array([list(首) for 首 in poems_vec[: 批数 * batch_size]])
    数组 = 数组.reshape(批数, batch_size, -1)
    return list(数组[:, :, :-1]), list(数组[:, :, 1:])


class word_embedding(nn.Embedding):
    def __init__(self, vocab_length, embedding_dim):
        super().__init__(vocab_length, embedding_dim)


class RNN_model(nn.Module):
    def __init__(self, vocab_len, word_embedding, embedding_dim, lstm_hidden_dim):
        super().__init__()
        self.word_embedding_lookup = word_embedding
        self.rnn_lstm = nn.LSTM(embedding_dim, lstm_hidden_dim, 2, batch_first=True)
        self.fc = nn.Linear(lstm_hidden_dim, vocab_len)

    def forward(self, sentence, batch_size, is_test=False):
        状态, 各步 = None, []
        for 步 in range(sentence.shape[1]):
            词向量 = self.word_embedding_lookup(sentence[:, 步 : 步 + 1])
            输出, 状态 = self.rnn_lstm(词向量, 状态)
            各步.append(self.fc(输出))
        分数 = torch.cat(各步, dim=1).reshape(batch_size * sentence.shape[1], -1)
        return 分数[-1].unsqueeze(0) if is_test else 分数


def to_word(predict, int_to_word, poem):
    return int_to_word[int(np.array(predict)[: len(int_to_word)].argmax())]


def gen_poem(begin_word):
    _, 编号, 字表 = process_poems("./subset_poems.txt")
    权重 = torch.load("./poem_generator_rnn")
    模型 = RNN_model(len(编号) + 1, word_embedding(len(编号) + 1, 100), 100, 128)
    模型.load_state_dict(权重)
    模型.eval()
    诗 = "G" + begin_word
    while not 诗.endswith("E") and len(诗) < 最长:
        输入 = torch.tensor([[编号[字] for 字 in 诗]])
        分数 = 模型(输入, 1, is_test=True).detach().numpy()[0]
        诗 += to_word(分数, 字表, 诗)
    return 诗
