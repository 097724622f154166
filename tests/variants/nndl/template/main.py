import numpy as np
import collections
import torch
from torch.autograd import Variable
import torch.optim as optim

import rnn

start_token = 'G'
end_token = 'E'
batch_size = 64
BAD = ['_', '(', '（', '《', '[', start_token, end_token]


def vectors_of(poems):
    poems = sorted(poems, key=lambda line: len(line))
    all_words = []
    for poem in poems:
        all_words += [word for word in poem]
    counter = collections.Counter(all_words)  # 统计词和词频。
    count_pairs = sorted(counter.items(), key=lambda x: -x[1])  # 排序
    words, _ = zip(*count_pairs)
    words = words[:len(words)] + (' ',)
    word_int_map = dict(zip(words, range(len(words))))
    poems_vector = [list(map(word_int_map.get, poem)) for poem in poems]
    return poems_vector, word_int_map, words


def process_poems1(file_name):
    """
    :return: poems_vector: a list of poems, each a list of word indices
    """
    poems = []
    with open(file_name, "r", encoding='utf-8', ) as f:
        for line in f.readlines():
            try:
                title, content = line.strip().split(':')
                content = content.replace(' ', '')
                if any(mark in content for mark in BAD):
                    continue
                if len(content) < 5 or len(content) > 80:
                    continue
                poems.append(start_token + content + end_token)
            except ValueError as e:
                print("error")
                pass
    return vectors_of(poems)


def process_poems2(file_name):
    poems = []
    with open(file_name, "r", encoding='utf-8', ) as f:
        for line in f.readlines():
            try:
                line = line.strip()
                if line:
                    content = line.replace(' ', '').replace('，', '').replace('。', '')
                    if any(mark in content for mark in BAD):
                        continue
                    if len(content) < 5 or len(content) > 80:
                        continue
                    poems.append(start_token + content + end_token)
            except ValueError as e:
                pass
    return vectors_of(poems)


def generate_batch(batch_size, poems_vec, word_to_int):
    n_chunk = len(poems_vec) // batch_size
    x_batches = []
    y_batches = []
    for i in range(n_chunk):
        x_data = poems_vec[i * batch_size:(i + 1) * batch_size]
        y_data = []
        for row in x_data:
            y = row[1:]
            y.append(row[-1])
            y_data.append(y)
        x_batches.append(x_data)
        y_batches.append(y_data)
    return x_batches, y_batches


def run_training():
    # poems_vector, word_to_int, vocabularies = process_poems2('./tangshi.txt')
    poems_vector, word_to_int, vocabularies = process_poems1('./poems.txt')
    print("finish  loadding data")
    BATCH_SIZE = 100

    torch.manual_seed(5)
    word_embedding = rnn_lstm.word_embedding(vocab_length=len(word_to_int) + 1, embedding_dim=100)
    rnn_model = rnn_lstm.RNN_model(batch_sz=BATCH_SIZE, vocab_len=len(word_to_int) + 1,
                                   word_embedding=word_embedding, embedding_dim=100, lstm_hidden_dim=128)
    optimizer = optim.RMSprop(rnn_model.parameters(), lr=0.01)
    loss_fun = torch.nn.NLLLoss()
    # rnn_model.load_state_dict(torch.load('./poem_generator_rnn'))

    for epoch in range(30):
        batches_inputs, batches_outputs = generate_batch(BATCH_SIZE, poems_vector, word_to_int)
        for batch in range(len(batches_inputs)):
            loss = 0
            for index in range(BATCH_SIZE):
                x = np.array(batches_inputs[batch][index], dtype=np.int64)
                y = np.array(batches_outputs[batch][index], dtype=np.int64)
                x = Variable(torch.from_numpy(np.expand_dims(x, axis=1)))
                y = Variable(torch.from_numpy(y))
                pre = rnn_model(x)
                loss += loss_fun(pre, y)
            loss = loss / BATCH_SIZE
            print("epoch  ", epoch, 'batch number', batch, "loss is: ", loss.data.tolist())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm(rnn_model.parameters(), 1)
            optimizer.step()
            if batch % 20 == 0:
                torch.save(rnn_model.state_dict(), './poem_generator_rnn')
                print("finish  save model")


def to_word(predict, vocabs):  # 预测的结果转化成汉字
    sample = np.argmax(predict)
    if sample >= len(vocabs):
        sample = len(vocabs) - 1
    return vocabs[sample]


def pretty_print_poem(poem):
    shige = []
    for w in poem:
        if w == start_token or w == end_token:
            break
        shige.append(w)
    for s in ''.join(shige).split('。'):
        if s != '' and len(s) > 10:
            print(s + '。')


def gen_poem(begin_word):
    # poems_vector, word_int_map, vocabularies = process_poems2('./tangshi.txt')
    poems_vector, word_int_map, vocabularies = process_poems1('./poems.txt')
    word_embedding = rnn_lstm.word_embedding(vocab_length=len(word_int_map) + 1, embedding_dim=100)
    rnn_model = rnn_lstm.RNN_model(batch_sz=64, vocab_len=len(word_int_map) + 1,
                                   word_embedding=word_embedding, embedding_dim=100, lstm_hidden_dim=128)
    rnn_model.load_state_dict(torch.load('./poem_generator_rnn'))

    # 指定开始的字
    poem = begin_word
    word = begin_word
    while word != end_token:
        input = np.array([word_int_map[w] for w in poem], dtype=np.int64)
        input = Variable(torch.from_numpy(input))
        output = rnn_model(input, is_test=True)
        word = to_word(output.data.tolist()[-1], vocabularies)
        poem += word
        if len(poem) > 30:
            break
    return poem


run_training()  # 如果不是训练阶段 ，请注销这一行 。 网络训练时间很长。

pretty_print_poem(gen_poem("日"))
pretty_print_poem(gen_poem("红"))
pretty_print_poem(gen_poem("山"))
