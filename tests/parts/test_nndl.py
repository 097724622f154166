"""The preset nndl: fair to real submissions of the public exercise, each file judged by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from handing_in import Files, grade_files, lost, outcomes_of
from preset_judge import by_preset
from quick import one_in, only

from grader import ROOT
from grader.core.errors import RubricError
from grader.core.model import GradeReport
from grader.judging.judge import Judge
from grader.scoring import rubric

TEMPLATE = Path(__file__).resolve().parents[1] / "variants" / "nndl" / "template"
MODEL = ("poems.model", "poems.forward", "poems.learning")
MAIN = ("poems.process", "poems.to_word", "poems.batches", "poems.gen_poem")

RNN = (TEMPLATE / "rnn.py").read_text("utf-8")
MAIN_PY = (TEMPLATE / "main.py").read_text("utf-8")

LAYER = "self.rnn_lstm = nn.LSTM(embedding_dim, lstm_hidden_dim, num_layers=2, batch_first=True)"
CALL = """h0 = Variable(torch.zeros(2, 1, self.lstm_dim))
        c0 = Variable(torch.zeros(2, 1, self.lstm_dim))
        output, (hn, cn) = self.rnn_lstm(batch_input, (h0, c0))"""


def filled(layer: str = LAYER, call: str = CALL) -> str:
    """rnn.py with its two blanks filled in."""
    first, second, third = RNN.split("        # ???\n")
    source = f"{first}        {layer}\n{second}        {call}\n{third}"
    return source.replace("import torch\n", "import torch\nfrom torch.autograd import Variable\n")


def swapped(source: str, *pairs: tuple[str, str]) -> str:
    """`source` with each first text replaced by the second; it must be there."""
    for old, new in pairs:
        assert old in source, old
        source = source.replace(old, new)
    return source


@pytest.fixture(scope="module")
def nndl(judge: Judge) -> Judge:
    """The judge of the preset."""
    return by_preset(judge, "nndl")


def graded(nndl: Judge, folder: Path, files: Files) -> GradeReport:
    report = grade_files(nndl, folder, files)
    assert report.status == "graded"
    return report


def test_the_filled_in_template_earns_every_point(nndl: Judge, tmp_path: Path) -> None:
    """It trains and generates at import, without weights; it calls rnn_lstm and imports rnn."""
    report = graded(nndl, tmp_path, {"a/rnn.py": filled(), "a/main.py": MAIN_PY})
    assert not lost(report, "poems.")
    assert (report.score.earned, report.score.pending, report.score.possible) == (80, 20, 100)


def test_the_untouched_template_is_not_attempted(nndl: Judge, tmp_path: Path) -> None:
    report = graded(nndl, tmp_path, {"rnn.py": RNN, "main.py": MAIN_PY})
    assert set(outcomes_of(report, "poems.").values()) == {"not_attempted"}
    assert (report.score.earned, report.score.pending) == (0, 20)


# ---------------------------------------------------------------- fairness

BARE = 'title, content = line.strip().split(":")'
TRAINED = (
    ("run_training()  # ", "# run_training()  # "),
    ("rnn_lstm.", "rnn."),
)
FAIR: dict[str, tuple[str, str]] = {
    "time first, no ReLU, states left to torch": (
        swapped(
            filled(
                "self.rnn_lstm = nn.LSTM(embedding_dim, lstm_hidden_dim, 2)",
                "output, _ = self.rnn_lstm(batch_input)",
            ),
            (".view(1, -1, self.word", ".view(-1, 1, self.word"),
            ("F.relu(self.fc(out))", "self.fc(out)"),
            ("nn.LogSoftmax()", "nn.LogSoftmax(dim=1)"),
        ),
        swapped(MAIN_PY, *TRAINED),
    ),
    "paths of a Windows computer, the second reader": (
        filled(),
        swapped(
            MAIN_PY,
            *TRAINED,
            ("process_poems1('./poems.txt')", r"process_poems2('D:\\nndl\\tangshi.txt')"),
            ("'./poem_generator_rnn'", r"r'D:\nndl\poem_generator_rnn'"),
        ),
    ),
    "lines without titles read by the first reader": (
        filled(),
        swapped(
            MAIN_PY,
            ("title, content = line.strip().split(':')", "content = line.strip().split(':')[-1]"),
            ("rnn_lstm.", "rnn."),
        ),
    ),
    "the module under another name, prints, a GPU": (
        swapped(
            filled(),
            ("self.apply(weights_init)", "self.apply(weights_init)\n        print(self)"),
            ("self.lstm_dim))\n        c0", "self.lstm_dim)).cuda()\n        c0"),
        ),
        swapped(
            MAIN_PY,
            ("import rnn\n", "import rnn as rnn_lstm\nfrom tqdm import tqdm\n"),
            ("lstm_hidden_dim=128)", "lstm_hidden_dim=128).cuda()"),
            ("Variable(torch.from_numpy(input))", "Variable(torch.from_numpy(input)).cuda()"),
        ),
    ),
    "the classes imported by name, G in front, one reader, a dict of words": (
        filled(),
        swapped(
            MAIN_PY,
            ("import rnn\n", "from rnn import RNN_model, word_embedding as we\n"),
            ("rnn_lstm.word_embedding", "we"),
            ("rnn_lstm.RNN_model", "RNN_model"),
            ("poem = begin_word\n", "poem = start_token + begin_word\n"),
            ("return poems_vector, word_int_map, words", "return poems_vector, word_int_map, "
             "dict(enumerate(words))"),
            ("def process_poems1", "def process_poems"),
            ("process_poems1(", "process_poems("),
            ("def process_poems2", "def _unused"),
        ),
    ),
    "weights loaded and poems made at the top": (
        filled(),
        MAIN_PY
        + "\nwe = rnn.word_embedding(6000, 100)\nnet = rnn.RNN_model(64, 6000, we, 100, 128)\n"
        "net.load_state_dict(torch.load('./poem_generator_rnn'))\n"
        "state = torch.load('./poem_generator_rnn')\npoem = gen_poem('月')\nwords = poem.split()\n",
    ),
}  # fmt: skip


FAIR |= {
    "layers under other names, with the ReLU": (
        swapped(
            filled(),
            ("self.rnn_lstm = nn.LSTM", "self.memory = nn.LSTM"),
            ("output, (hn, cn) = self.rnn_lstm(", "output, (hn, cn) = self.memory("),
            ("self.word_embedding_lookup = word_embedding", "self.rows = word_embedding"),
            ("self.word_embedding_lookup(sentence)", "self.rows(sentence)"),
            ("self.fc = nn.Linear", "self.to_scores = nn.Linear"),
            ("F.relu(self.fc(out))", "F.relu(self.to_scores(out))"),
        ),
        swapped(MAIN_PY, *TRAINED),
    ),
    "learned start states, without the ReLU": (
        swapped(
            filled(
                LAYER
                + "\n        self.start = nn.Parameter(torch.zeros(2, 2, 1, lstm_hidden_dim))",
                "output, (hn, cn) = self.rnn_lstm(batch_input, (self.start[0], self.start[1]))",
            ),
            ("F.relu(self.fc(out))", "self.fc(out)"),
        ),
        swapped(MAIN_PY, *TRAINED),
    ),
}


ROWS_MODEL = swapped(
    filled("self.rnn_lstm = nn.LSTM(embedding_dim, lstm_hidden_dim, 2, batch_first=True)",
           "output, _ = self.rnn_lstm(batch_input)"),
    ("self.word_embedding_lookup(sentence).view(1, -1, self.word_embedding_dim)",
     "self.word_embedding_lookup(sentence)"),
)  # fmt: skip
"""The model reads (B, T): its forward keeps the axes."""

ROWS_TRAINING = ("np.expand_dims(x, axis=1)", "np.expand_dims(x, axis=0)")
ROWS_GENERATOR = ("input = Variable(torch.from_numpy(input))",
                  "input = torch.from_numpy(input).unsqueeze(0)")  # fmt: skip
FAIR |= {
    "batches throughout": (ROWS_MODEL, swapped(MAIN_PY, *TRAINED, ROWS_TRAINING, ROWS_GENERATOR)),
    "batches in training, a bare sequence in the generator": (
        ROWS_MODEL,
        swapped(MAIN_PY, *TRAINED, ROWS_TRAINING),
    ),
    "batches throughout, whole batches in training, states sized by the input": (
        swapped(
            ROWS_MODEL,
            ("output, _ = self.rnn_lstm(batch_input)",
             "h0 = torch.zeros(2, sentence.size(0), self.lstm_dim)\n"
             "        output, _ = self.rnn_lstm(batch_input, (h0, torch.zeros_like(h0)))"),
        ),
        swapped(
            MAIN_PY,
            *TRAINED,
            ("            for index in range(BATCH_SIZE):\n",
             "            pre = rnn_model(torch.tensor([p[:6] for p in batches_inputs[batch]]))\n"
             "            for index in range(0):\n"),
            ROWS_GENERATOR,
        ),
    ),
    "a guard for one character, E cut off": (
        filled(),
        swapped(
            MAIN_PY,
            *TRAINED,
            ("    poem = begin_word\n    word = begin_word\n",
             "    if len(begin_word) != 1 or begin_word not in word_int_map:\n"
             "        begin_word = '山'\n    poem = begin_word\n    word = begin_word\n"),
            ("        poem += word\n", "        if word == end_token:\n            break\n"
             "        poem += word\n"),
        ),
    ),
    "constructors that ask for a device": (
        swapped(
            filled(call=CALL.replace("self.lstm_dim)", "self.lstm_dim, device=self.device)")),
            ("def __init__(self, vocab_length, embedding_dim):",
             "def __init__(self, device, vocab_length, embedding_dim):"),
            ("embedding_dim, lstm_hidden_dim):\n",
             "embedding_dim, lstm_hidden_dim, device):\n"),
            ("        self.word_embedding_lookup = word_embedding\n",
             "        self.device = torch.device(device.type)\n"
             "        self.word_embedding_lookup = word_embedding\n"),
        ),
        swapped(
            MAIN_PY,
            *TRAINED,
            ("rnn.word_embedding(", "rnn.word_embedding(torch.device('cpu'), "),
            ("lstm_hidden_dim=128)", "lstm_hidden_dim=128, device=torch.device('cpu'))"),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", one_in(8, FAIR))
def test_what_real_submissions_do_costs_nothing(name: str, nndl: Judge, tmp_path: Path) -> None:
    rnn, main = FAIR[name]
    report = graded(nndl, tmp_path, {"alice/rnn.py": rnn, "alice/main.py": main})
    assert not lost(report, "poems.")


def test_a_comment_in_gbk_costs_nothing(nndl: Judge, tmp_path: Path) -> None:
    files = {
        "rnn.py": ("# 两层的长短期记忆网络\n" + filled()).encode("gbk"),
        "main.py": MAIN_PY.encode("gbk"),
    }
    assert not lost(graded(nndl, tmp_path, files), "poems.")


@pytest.mark.slow
def test_a_file_that_bears_the_module_s_name_costs_nothing(nndl: Judge, tmp_path: Path) -> None:
    files = {
        "rnn_lstm.py": filled(),
        "main.py": MAIN_PY.replace("import rnn\n", "import rnn_lstm\n"),
    }
    assert not lost(graded(nndl, tmp_path, files), "poems.")


# ---------------------------------------------------------------- each file by itself


def test_a_broken_model_costs_nothing_of_main(nndl: Judge, tmp_path: Path) -> None:
    for number, rnn in enumerate((filled(call="output = none"), "def (:\n")):
        folder = tmp_path / str(number)
        folder.mkdir()
        report = graded(nndl, folder, {"rnn.py": rnn, "main.py": MAIN_PY})
        assert not [id for id in lost(report, "poems.") if id.startswith(MAIN)]
        found = outcomes_of(report, "poems.forward.")
        assert "passed" not in found.values()


@pytest.mark.slow
def test_a_broken_main_costs_nothing_of_the_model(nndl: Judge, tmp_path: Path) -> None:
    report = graded(nndl, tmp_path, {"rnn.py": filled(), "main.py": "def process_poems1(:\n"})
    assert not [id for id in lost(report, "poems.") if id.startswith(MODEL)]


# ---------------------------------------------------------------- mistakes are seen

WRONG = {
    "no recurrence: batch and time exchanged": (
        filled(LAYER.replace(", batch_first=True", ""), "output, _ = self.rnn_lstm(batch_input)"),
        MAIN_PY,
        {"forward.values", "forward.hidden", "forward.recurrent", "learning"},
    ),
    "one layer": (
        filled(
            LAYER.replace("num_layers=2", "num_layers=1"), CALL.replace("zeros(2,", "zeros(1,")
        ),
        MAIN_PY,
        {"model.lstm"},
    ),
    "random initial states": (
        filled(call=CALL.replace("torch.zeros", "torch.randn")),
        MAIN_PY,
        {"forward.values", "forward.hidden", "forward.fresh_state"},
    ),
    "the least likely character": (
        filled(),
        MAIN_PY.replace("np.argmax", "np.argmin"),
        {"to_word.values", "gen_poem.text", "gen_poem.memory"},
    ),
    "targets not shifted": (
        filled(),
        MAIN_PY.replace("y = row[1:]", "y = row[:-1]"),
        {"batches"},
    ),
    "a vocabulary in the order of a set": (
        filled(),
        MAIN_PY.replace("words, _ = zip(*count_pairs)", "words = tuple(set(all_words))"),
        {"process.stable"},
    ),
    "no end token": (
        filled(),
        MAIN_PY.replace("start_token + content + end_token", "start_token + content"),
        {"process.vectors", "process.maps", "process.hidden", "process.line_ends"},
    ),
    "only the last character is read": (
        filled(),
        MAIN_PY.replace("for w in poem], dtype", "for w in poem[-1:]], dtype"),
        {"gen_poem.text", "gen_poem.memory"},
    ),
}  # fmt: skip


@pytest.mark.slow
def test_batches_in_the_model_alone_lose_memory_and_are_told_so(
    nndl: Judge, tmp_path: Path
) -> None:
    """The training feeds (T, 1), so the model is trained without recurrence."""
    main = swapped(MAIN_PY, *TRAINED, ROWS_GENERATOR)
    wrong = lost(graded(nndl, tmp_path, {"rnn.py": ROWS_MODEL, "main.py": main}), "poems.")
    assert {"poems.forward.recurrent", "poems.learning"} <= set(wrong)
    assert "if the model reads (B, T), training and gen_poem" in wrong["poems.forward.recurrent"]


@pytest.mark.parametrize("name", only(("targets not shifted",), WRONG))
def test_a_mistake_costs_its_own_checks(name: str, nndl: Judge, tmp_path: Path) -> None:
    rnn, main, wrong = WRONG[name]
    report = graded(nndl, tmp_path, {"rnn.py": rnn, "main.py": main})
    outcomes = outcomes_of(report, "poems.")
    failed = {id.removeprefix("poems.") for id, how in outcomes.items() if how == "failed"}
    free = {f"forward.{n}" for n in ("fresh_state", "gradients", "test_row", "recurrent")}
    free.add("learning")  # these see some mistakes by chance
    assert wrong <= failed, lost(report, "poems.")
    assert failed - wrong <= free, lost(report, "poems.")


# ---------------------------------------------------------------- the rubric's key


def test_a_contract_that_is_not_known_is_named_with_its_line() -> None:
    text = (ROOT / "presets" / "nndl.yaml").read_text("utf-8")
    for wrong, words in (("{poems: lab7}", "known: lab5, nndl"), ("{theory: nndl}", "known: none")):
        with pytest.raises(RubricError) as raised:
            rubric.parse(text.replace("{poems: nndl}", wrong).encode(), "r.yaml")
        assert words in raised.value.text.en
        assert "r.yaml, line 14" in raised.value.text.en
