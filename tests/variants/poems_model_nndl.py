# 另一种约定：一次读一首诗 (T,1)，ReLU 之后做 LogSoftmax
import torch
import torch.nn as nn
import torch.nn.functional as F


class word_embedding(nn.Module):
    def __init__(self, vocab_length, embedding_dim):
        super(word_embedding, self).__init__()
        self.word_embedding = nn.Embedding(vocab_length, embedding_dim)

    def forward(self, input_sentence):
        return self.word_embedding(input_sentence)


class RNN_model(nn.Module):
    def __init__(self, batch_sz, vocab_len, word_embedding, embedding_dim, lstm_hidden_dim):
        super(RNN_model, self).__init__()
        self.word_embedding_lookup = word_embedding
        self.batch_size = batch_sz
        self.word_embedding_dim = embedding_dim
        self.lstm_dim = lstm_hidden_dim
        self.rnn_lstm = nn.LSTM(embedding_dim, lstm_hidden_dim, num_layers=2)
        self.fc = nn.Linear(lstm_hidden_dim, vocab_len)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, sentence, is_test=False):
        batch_input = self.word_embedding_lookup(sentence)
        batch_input = batch_input.view(-1, 1, self.word_embedding_dim)
        h0 = torch.zeros(2, 1, self.lstm_dim)
        c0 = torch.zeros(2, 1, self.lstm_dim)
        output, _ = self.rnn_lstm(batch_input, (h0, c0))
        out = output.contiguous().view(-1, self.lstm_dim)
        out = F.relu(self.fc(out))
        out = self.softmax(out)
        if is_test:
            return out[-1, :].view(1, -1)
        return out
