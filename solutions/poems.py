"""Tang poems, character by character: the vocabulary and the index sequences.

唐诗生成：建立词表，把每首诗变成编号序列。

Lab 5. A file holds one poem a line. Each poem is put between a start and an end token, and every
character becomes an integer.

    python poems.py --data poems      # the shape of the data / 查看数据的形状
"""

from __future__ import annotations

import argparse

import numpy as np

start_token = "G"
end_token = "E"


def process_poems(file_name):
    """Path of a UTF-8 file -> `poems_vector`, `word_int_map`, `int_word_map`.

    `poems_vector`: a sequence of index sequences, one for each line, in the order of the file,
    with the index of `start_token` in front and that of `end_token` behind. The maps go from
    character to index and from index to character and are inverse to each other; the indices are
    0..V-1, one for every character that occurs (`G` and `E` too), none else.
    The order of the vocabulary is free, but must be the same in every run of Python, since a
    saved model depends on it: the order of a `set` is not. Line ends are not characters.
    Source: Lab 5, process_poems.

    每行一首诗，首尾加上 G 和 E。词表的顺序不限，但每次运行都必须相同（保存的模型依赖它），
    所以不能直接用 set 的顺序；换行符不算字符。
    """
    # BEGIN SOLUTION
    # STUB: "process_poems: 逐行读入并加上 G 和 E，建立顺序固定的词表，再把每首诗换成编号 | "
    # STUB: "read the lines, put G and E around each, build a vocabulary of fixed order, then "
    # STUB: "turn each poem into indices"
    with open(file_name, encoding="utf-8-sig") as file:  # "-sig": a byte order mark is no text
        lines = [line.strip() for line in file]
    poems = [start_token + line + end_token for line in lines if line]

    counts = {}
    for word in "".join(poems):
        counts[word] = counts.get(word, 0) + 1
    # The most frequent first; characters that are equally frequent, in their own order.
    words = sorted(counts, key=lambda word: (-counts[word], word))
    word_int_map = {word: i for i, word in enumerate(words)}
    poems_vector = [[word_int_map[word] for word in poem] for poem in poems]
    return poems_vector, word_int_map, dict(enumerate(words))
    # END SOLUTION


def main(argv=None):
    """Show what `process_poems` makes of a file. 查看处理结果。"""
    import corpora  # stands beside this file; not needed to import this one

    corpora.allow_any_character()
    parser = argparse.ArgumentParser(
        description="唐诗数据的形状与词表。 | Shape and vocabulary of the poems."
    )
    parser.add_argument(
        "--data", default="poems", help="语料：名字或文件 | corpus: a name or a file (poems)"
    )
    args = parser.parse_args(argv)
    try:
        file_name = corpora.locate(args.data)
        poems_vector, word_int_map, int_word_map = process_poems(file_name)
    except corpora.CorpusError as error:
        raise SystemExit(str(error)) from error
    except UnicodeDecodeError as error:
        raise SystemExit(
            f"{file_name} 不是 UTF-8 编码：请用编辑器另存为 UTF-8。 | "
            f"{file_name} is not UTF-8: save it as UTF-8 with an editor."
        ) from error

    lengths = {len(poem) for poem in poems_vector}
    if len(lengths) == 1:
        print(f"形状 shape: {np.array(poems_vector).shape}")
    else:
        print(f"{len(poems_vector)} 首，长度不一 poems of unequal length: {sorted(lengths)}")
    print(f"词表大小 vocabulary: {len(word_int_map)}")
    if poems_vector:
        print("第一首 first poem: " + "".join(int_word_map[i] for i in poems_vector[0]))


if __name__ == "__main__":
    main()
