# Template of the lab. 实验模板。
# Given: there is nothing to fill in here.
# 本文件已经写好，不需要填空。
"""The three corpora of the lab: from a file of yours, a local copy, or the net.

三个语料的获取：你自己的文件、本地副本，或者下载。都没有时用合成语料代替，并且会说明。

`load("shakespeare")` gives the text, `locate("poems")` the path of a file. A name is looked for

1. as a file, if it is one;
2. in the folder `data`, or else in the folder that the environment variable RNN_LAB_DATA names;
3. in the cache folder (RNN_LAB_CACHE, or .cache/rnn_lab in your home folder);
4. on the net: downloaded once, checked against its SHA-256, and kept in the cache.

Without a network a synthetic corpus serves: made by rule, the same in every run. Good enough to
try code on; the loss and the samples are then not those of the real text.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Corpus:
    """A text of the course: where it comes from, and how to know it. 一个课程语料。"""

    name: str
    file_name: str  # in RNN_LAB_DATA and in the cache
    url: str
    sha256: str
    size: int  # bytes


CORPORA = (
    Corpus(
        "shakespeare",
        "shakespeare.txt",
        "https://raw.githubusercontent.com/karpathy/char-rnn/HEAD/data/tinyshakespeare/input.txt",
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        1_115_394,
    ),
    Corpus(
        "timemachine",
        "timemachine.txt",
        "https://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt",
        "8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516",
        178_979,
    ),
    Corpus(
        "poems",
        "subset_poems.txt",
        "https://raw.githubusercontent.com/Charles-T-T/DeepLearning/HEAD/labs/lab5/src/"
        "subset_poems.txt",
        "cbdcc7fa6d41a63a4da8078a5792734d45d4e80889654834f104e3921cdfedb2",
        937_466,
    ),
)

CONNECT_S, READ_S, TOTAL_S = 5, 15, 120  # limits of a download, in seconds
TRIES = 2  # a slow first connection deserves a second one


class CorpusError(Exception):
    """There is no text to use; the message says why, in both languages. 没有可用的语料。"""


class Unreachable(Exception):
    """The net did not deliver; the message is the reason. 网络不可用。"""


def load(name_or_path, *, data=None):
    """The text of a corpus or of a file, line ends as a single newline. 读取语料的文本。"""
    path = locate(name_or_path, data=data)
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise CorpusError(
        f"{path} 既不是 UTF-8 也不是 GB18030 编码的文本：请用编辑器另存为 UTF-8。 | "
        f"{path} is text neither in UTF-8 nor in GB18030: save it as UTF-8 with an editor."
    )


def locate(name_or_path, *, data=None):
    """The path of a file that holds the corpus; see the top of this file. 语料文件的路径。

    `data` is a file to use, or a folder to look in instead of RNN_LAB_DATA.
    """
    if data is not None and Path(data).is_file():
        return Path(data)
    if data is not None and not Path(data).is_dir():
        raise CorpusError(f"找不到 {data}：请检查路径。 | There is no {data}: check the path.")
    path = Path(name_or_path)
    if data is None and path.is_file():
        return path
    corpus = _known(path)
    local = _in_folder(corpus.file_name if corpus else path.name, data)
    if local is not None and path.name == str(path):
        if corpus is not None and _sha256(local.read_bytes()) != corpus.sha256:
            _say(
                f"注意：{local} 与课程的 {corpus.name} 不同（SHA-256 不一致），仍然使用它。",
                f"Note: {local} is not the course's {corpus.name} (its SHA-256 differs); used.",
            )
        return local
    if corpus is None:
        names = ", ".join(c.name for c in CORPORA)
        raise CorpusError(
            f"找不到 {name_or_path}：当前文件夹和 RNN_LAB_DATA 里都没有。请给出文件路径，"
            f"或课程语料的名字：{names.replace(', ', '、')}。 | "
            f"There is no {name_or_path}, neither in this folder nor "
            f"in RNN_LAB_DATA. Give the path of a file, or the name of a corpus: {names}."
        )
    return _cached(corpus) or _downloaded(corpus) or _synthetic(corpus)


def allow_any_character():
    """Print "?" for a character that the console lacks, instead of failing. 避免打印时出错。"""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a notebook's stream has none, and needs none
            stream.reconfigure(errors="replace")


# ---------------------------------------------------------------------------------------------
# Local copies / 本地副本


def _known(path):
    """The corpus that a bare name means, with or without ".txt"; None for anything else."""
    if path.name != str(path):
        return None  # a folder is named: the user means that very file
    for corpus in CORPORA:
        if path.name in (corpus.name, corpus.name + ".txt", corpus.file_name):
            return corpus
    return None


def _in_folder(file_name, data):
    """The file in the folder `data`, or else in RNN_LAB_DATA; None if it is not there."""
    folder = data or os.environ.get("RNN_LAB_DATA")
    if not folder:
        return None
    if not Path(folder).is_dir():
        _say(
            f"注意：RNN_LAB_DATA 指向的 {folder} 不是文件夹，已忽略。",
            f"Note: RNN_LAB_DATA names {folder}, which is no folder; ignored.",
        )
        return None
    path = Path(folder, file_name)
    return path if path.is_file() else None


def _cached(corpus):
    """The verified copy in the cache, or None. A spoilt copy counts as none."""
    path = _cache_folder() / corpus.file_name
    if not path.is_file():
        return None
    if _sha256(path.read_bytes()) == corpus.sha256:
        return path
    _say(
        f"注意：缓存 {path} 已损坏（SHA-256 不一致），重新下载。",
        f"Note: the cached {path} is damaged (its SHA-256 differs); downloading it again.",
    )
    return None


def _cache_folder():
    """Where downloads and synthetic texts are kept; made if need be."""
    wanted = os.environ.get("RNN_LAB_CACHE")
    try:
        folder = Path(wanted) if wanted else Path.home() / ".cache" / "rnn_lab"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # no home, or a read-only one
        folder = Path(tempfile.gettempdir(), "rnn_lab")
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path, content):
    """Write a file whole or not at all, so that a broken run leaves no half of it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.replace(file.name, path)
    return path


def _sha256(content):
    return hashlib.sha256(content).hexdigest()


def _say(zh, en):
    """A notice in both languages, apart from the program's own output."""
    print(f"{zh}\n{en}", file=sys.stderr, flush=True)


# ---------------------------------------------------------------------------------------------
# The net / 下载


def _downloaded(corpus):
    """Download, verify and keep a corpus; None without a network. Wrong content is refused."""
    _say(f"正在下载 {corpus.url}", f"Downloading {corpus.url}")
    try:
        content = _fetch(corpus)
    except Unreachable as error:
        _say(
            f"下载失败（{error}）。可以把 {corpus.file_name} 放进一个文件夹，"
            "再让环境变量 RNN_LAB_DATA 指向它。",
            f"The download failed ({error}). You can put {corpus.file_name} into a folder and "
            "let the environment variable RNN_LAB_DATA name that folder.",
        )
        return None
    found = _sha256(content)
    if found != corpus.sha256:
        raise CorpusError(
            f"从 {corpus.url} 下载的内容不对，已拒绝：SHA-256 是 {found}，应为 {corpus.sha256}。"
            "可能是网络登录页或被改动的文件；请换个网络重试，或用 --data 指定本地文件。 | "
            f"Refused what came from {corpus.url}: its SHA-256 is {found}, expected "
            f"{corpus.sha256}. It may be a log-in page of your network or a changed file: try "
            "another network, or give a local file with --data."
        )
    return _write(_cache_folder() / corpus.file_name, content)


def _fetch(corpus):
    """The bytes behind the address, bounded in size and time; `Unreachable` says why not."""
    try:
        import requests
    except ImportError as error:
        raise Unreachable("pip install requests") from error
    reason = ""
    for _ in range(TRIES):
        try:
            return _read(requests, corpus)
        except requests.RequestException as error:
            reason = type(error).__name__
    raise Unreachable(reason)


def _read(requests, corpus):
    """One attempt at a download."""
    end = time.monotonic() + TOTAL_S
    content = bytearray()
    with requests.get(corpus.url, stream=True, timeout=(CONNECT_S, READ_S)) as response:
        response.raise_for_status()
        for chunk in response.iter_content(65_536):
            content += chunk
            if len(content) > corpus.size:
                break  # too long already: it cannot be the right file
            if time.monotonic() > end:
                raise requests.Timeout(f"not done after {TOTAL_S} s")
    return bytes(content)


# ---------------------------------------------------------------------------------------------
# Without a network / 没有网络时的合成语料

SYNTHETIC_SIZE = 200_000  # characters of prose
SYNTHETIC_POEMS = 1_000  # lines of 24 characters

PROSE = "abcdefghijklmnopqrstuvwxyz"
NAMES = ("ROMEO", "JULIET", "MACBETH", "HAMLET", "OPHELIA", "DUKE", "NURSE", "FOOL")
HANZI = (
    "春花秋月夜江山水云风雨雪天地日星人心梦酒琴书剑马舟桥楼台城门路远近高低深浅白青红绿黄"
    "金玉石竹松柳梅兰菊草木林叶鸟雁燕莺蝉鱼龙虎客君友归去来行坐卧看听闻思忆愁乐悲欢长短"
    "古今朝暮晨昏东西南北上下前后中外一二三千万年时节寒暖清明空静落飞流开照生老"
)


def _synthetic(corpus):
    """Make a text by rule, say so, and give its path. 生成合成语料并说明。"""
    _say(
        f"没有 {corpus.name} 的真实文本，改用合成语料：只适合试代码，损失和生成的文本没有意义。",
        f"The real corpus {corpus.name!r} could not be had; a SYNTHETIC text serves instead. It "
        "will do to try code on; its loss and samples mean nothing.",
    )
    text = synthetic_poems() if corpus.name == "poems" else synthetic_prose(corpus.name)
    return _write(_cache_folder() / f"synthetic_{corpus.file_name}", text.encode("utf-8"))


def _successors(rng, symbols, few):
    """A sparse Markov table: for each symbol a few that may follow, the first more often."""
    weights = [2.0**-i for i in range(few)]
    return {s: (rng.sample(symbols, few), weights) for s in symbols}


def _chain(rng, table, start, length):
    """`length` symbols of the Markov chain, from one that follows `start`."""
    out = []
    for _ in range(length):
        choices, weights = table[start]
        start = rng.choices(choices, weights)[0]
        out.append(start)
    return out


def synthetic_prose(name="shakespeare", size=SYNTHETIC_SIZE, seed=42):
    """Made-up words in lines and sentences; for Shakespeare with speakers. 合成的英文。"""
    rng = random.Random(f"{name}-{seed}")
    table = _successors(rng, list(PROSE), 5)
    text, written = [], 0
    while written < size:
        lines = []
        for _ in range(rng.randint(1, 4)):
            start = rng.choice(PROSE)
            words = ["".join(_chain(rng, table, start, rng.randint(2, 7))) for _ in range(7)]
            lines.append(" ".join(words).capitalize() + rng.choice(",;:"))
        paragraph = "\n".join(lines)[:-1] + rng.choice(".!?") + "\n\n"
        if name == "shakespeare":
            paragraph = f"{rng.choice(NAMES)}:\n{paragraph}"
        text.append(paragraph)
        written += len(paragraph)
    return "".join(text)[:size]


def synthetic_poems(lines=SYNTHETIC_POEMS, seed=42):
    """Lines of 24 characters, two couplets of five and five. 合成的五言诗，每行 24 个字符。"""
    rng = random.Random(f"poems-{seed}")
    hanzi = sorted(set(HANZI))
    table = _successors(rng, hanzi, 6)
    poems = []
    for _ in range(lines):
        words = "".join(_chain(rng, table, rng.choice(hanzi), 20))
        a, b, c, d = (words[i : i + 5] for i in range(0, 20, 5))
        poems.append(f"{a}，{b}。{c}，{d}。")
    return "\n".join(poems) + "\n"
