# 古诗生成的模型。main.py 里训练和生成。
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class word_embedding(nn.Module):
    def __init__(self, vocab_length, embedding_dim):
        super(word_embedding, self).__init__()
        init = np.random.uniform(-1, 1, size=(vocab_length, embedding_dim))
        self.word_embedding = nn.Embedding(vocab_length, embedding_dim)
        self.word_embedding.weight.data.copy_(torch.from_numpy(init))

    def forward(self, input_sentence):
        return self.word_embedding(input_sentence)


class RNN_model(nn.Module):
    def __init__(self, vocab_len, word_embedding, embedding_dim, lstm_hidden_dim):
        super(RNN_model, self).__init__()
        print("RNN_model", vocab_len, embedding_dim, lstm_hidden_dim)
        self.word_embedding_lookup = word_embedding
        self.vocab_length = vocab_len
        self.word_embedding_dim = embedding_dim
        self.lstm_dim = lstm_hidden_dim
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.rnn_lstm = nn.LSTM(
            input_size=self.word_embedding_dim,
            hidden_size=self.lstm_dim,
            num_layers=2,
            batch_first=True,
        )
        self.fc = nn.Linear(self.lstm_dim, self.vocab_length)
        nn.init.xavier_uniform_(self.fc.weight)

    def forward(self, sentence, batch_size, is_test=False):
        batch_input = self.word_embedding_lookup(sentence)
        batch_input = batch_input.view(batch_size, -1, self.word_embedding_dim)
        # 初始的隐藏层和记忆层都是 0 向量
        hidden = torch.zeros(2, batch_size, self.lstm_dim).to(self.device)
        cell = torch.zeros(2, batch_size, self.lstm_dim).to(self.device)
        output, (hn, cn) = self.rnn_lstm(batch_input, (hidden, cell))
        out = output.contiguous().view(-1, self.lstm_dim)
        out = self.fc(out)
        if is_test:
            prediction = out[-1, :].view(1, -1)
            output = prediction
        else:
            output = out
        return output
