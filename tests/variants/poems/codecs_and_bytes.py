"""codecs.open, which leaves line ends as they are; a generator of vectors; words as a list."""

import codecs


def read_lines(file_name):
    with codecs.open(file_name, "r", "utf-8") as handle:
        return [line.strip("\r\n") for line in handle]


def process_poems(file_name="poems.txt", start_token="G", end_token="E"):
    lines = read_lines(file_name)
    alphabet = sorted({start_token, end_token}.union(*lines), key=ord, reverse=True)
    lookup = {}
    for number in range(len(alphabet)):
        lookup[alphabet[number]] = number
    vectors = (
        bytes_free
        for bytes_free in ([lookup[c] for c in [start_token, *line, end_token]] for line in lines)
    )
    return vectors, lookup, alphabet
