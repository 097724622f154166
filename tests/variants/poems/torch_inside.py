"""torch is imported where it is used, inside the function."""

from collections import Counter

start_token = "G"
end_token = "E"


def process_poems(file_name):
    import torch

    with open(file_name, encoding="utf-8") as file:
        poems = [start_token + line.strip() + end_token for line in file]
    counted = Counter(character for poem in poems for character in poem)
    words = sorted(counted, key=lambda word: (-counted[word], word))
    word_int_map = {word: i for i, word in enumerate(words)}
    int_word_map = dict(enumerate(words))
    poems_vector = [
        torch.tensor([word_int_map[word] for word in poem]).tolist() for poem in poems
    ]
    return poems_vector, word_int_map, int_word_map
