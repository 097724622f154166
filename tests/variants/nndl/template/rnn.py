import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def weights_init(m):
    if m.__class__.__name__.find('Linear') != -1:
        rows, cols = list(m.weight.data.size())
        bound = np.sqrt(6. / (rows + cols))
        m.weight.data.uniform_(-bound, bound)
        m.bias.data.fill_(0)
        print("inital  linear weight ")


class word_embedding(nn.Module):
    def __init__(self, vocab_length, embedding_dim):
        super(word_embedding, self).__init__()
        first = np.random.uniform(-1, 1, size=(vocab_length, embedding_dim))
        self.word_embedding = nn.Embedding(vocab_length, embedding_dim)
        self.word_embedding.weight.data.copy_(torch.from_numpy(first))

    def forward(self, input_sentence):
        """
        :param input_sentence:  a tensor of word indices
        :return: a tensor of word vectors
        """
        return self.word_embedding(input_sentence)


class RNN_model(nn.Module):
    def __init__(self, batch_sz, vocab_len, word_embedding, embedding_dim, lstm_hidden_dim):
        super(RNN_model, self).__init__()

        self.word_embedding_lookup = word_embedding
        self.batch_size = batch_sz
        self.vocab_length = vocab_len
        self.word_embedding_dim = embedding_dim
        self.lstm_dim = lstm_hidden_dim
        #########################################
        # define self.rnn_lstm here: two layers, from embedding_dim to lstm_hidden_dim,
        # tensors are (batch, seq, feature)
        # ???

        ##########################################
        self.fc = nn.Linear(lstm_hidden_dim, vocab_len)
        self.apply(weights_init)

        self.softmax = nn.LogSoftmax()
        # self.tanh = nn.Tanh()

    def forward(self, sentence, is_test=False):
        batch_input = self.word_embedding_lookup(sentence).view(1, -1, self.word_embedding_dim)
        # print(batch_input.size())
        ################################################
        # put batch_input into the lstm; call its output "output"; h and c start at zero
        # ???

        ################################################
        out = output.contiguous().view(-1, self.lstm_dim)

        out = F.relu(self.fc(out))

        out = self.softmax(out)

        if is_test:
            prediction = out[-1, :].view(1, -1)
            output = prediction
        else:
            output = out
        # print(out)
        return output
