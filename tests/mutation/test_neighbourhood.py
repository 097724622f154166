"""Every mutation is a program of its own, has a lasting id, and tells no student the solution."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from handing_in import solution
from quick import only

from grader.diagnosis.neighbours import LIKELY
from grader.mutation import (
    Mutation,
    confusions_of,
    functions,
    given_of,
    mutations,
    mutations_of,
    neighbourhood,
    without,
)
from grader.mutation.blanks import blank_lines
from grader.mutation.kinds import KINDS
from kit.contracts import PARTS

NAMES = [part.id for part in PARTS]

SMALL = '''
import numpy as np


def given(x):
    return x + 1


def blank(x, y):
    """`x`, `y` -> `total`."""
    # BEGIN SOLUTION
    total = np.zeros(3)
    for t in range(len(x)):
        if x[t] < 0 and y:
            total += (x[t] - y).T
    return total[::-1], np.sum(total, axis=0)
    # END SOLUTION


def other(x):
    # BEGIN SOLUTION
    return -x
    # END SOLUTION
'''


def forget() -> None:
    """Every cache of what was read from a solution."""
    for cached in (
        neighbourhood._blank_functions,
        neighbourhood._imported,
        functions,
        neighbourhood.mutations_of,
    ):
        cached.cache_clear()


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A source in the place of every solution; what is put into the list is read."""
    source = [SMALL]
    monkeypatch.setattr(neighbourhood, "solution_text", lambda part: source[0])
    neighbourhood._blank_functions.cache_clear()
    for cached in (neighbourhood._imported, functions, neighbourhood.mutations_of):
        cached.cache_clear()
    yield source
    monkeypatch.undo()
    forget()


def again(part: str = "small") -> tuple[Mutation, ...]:
    """The mutations, read again."""
    for cached in (
        neighbourhood._blank_functions,
        neighbourhood._imported,
        functions,
        neighbourhood.mutations_of,
    ):
        cached.cache_clear()
    return mutations(part)


@pytest.mark.parametrize("part", only(("theory", "poems"), NAMES))
def test_each_is_a_program_of_its_own_that_edits_a_blank_alone(part: str) -> None:
    found = mutations(part)
    source = solution(part)
    assert len(found) >= 30
    assert len({m.id for m in found}) == len(found)
    assert len({m.source for m in found} | {source}) == len(found) + 1
    inside = blank_lines(source)
    lines = source.split("\n")
    for mutation in found:
        ast.parse(mutation.source)
        assert inside.issuperset(range(mutation.first, mutation.last + 1))
        made = mutation.source.split("\n")
        assert made[: mutation.first - 1] == lines[: mutation.first - 1]
        assert made[len(made) - len(lines) + mutation.last :] == lines[mutation.last :]
        assert mutation.function in functions(part)


@pytest.mark.parametrize("part", NAMES)
def test_a_student_reads_the_kind_and_nothing_of_the_solution(part: str) -> None:
    for mutation in mutations(part):
        said = mutation.text
        assert KINDS[mutation.operator].zh in said.zh
        assert KINDS[mutation.operator].en in said.en
        for text in (mutation.before, mutation.after):
            line = text.split("\n")[0].strip()
            assert len(line) < 10 or line not in said.zh + said.en
        assert mutation.before.split("\n")[0].split()[0] in mutation.edit.en


def test_every_kind_of_edit_is_made_somewhere() -> None:
    made = {m.operator for part in NAMES for m in mutations(part)}
    confused = {m.operator for p in NAMES for f in functions(p) for m in confusions_of(p, f)}
    assert made <= set(KINDS)
    assert confused <= set(KINDS)
    assert made | confused == set(KINDS)
    assert {*LIKELY} == set(KINDS)
    assert len(LIKELY) == len(KINDS)


def test_a_variable_takes_the_place_of_one_like_it() -> None:
    found = {m.after for m in confusions_of("sequence", "lstm_step_backward")}
    assert "di = dc * f * i * (1 - i)" in found
    assert "dc = dc_t + dc_t * o * (1 - tanh_c ** 2)" in found
    assert "do = dh_t * c_t * o * (1 - o)" in found  # for tanh_c: a word in common
    assert not found & {m.after for m in mutations("sequence")}
    assert not any("self" in m.after.split() for m in confusions_of("numpy_rnn", "RNN.backward"))


def test_no_two_programs_have_one_id() -> None:
    for part in NAMES:
        made = [
            m
            for function in functions(part)
            for made_of in (mutations_of, confusions_of, given_of)
            for m in made_of(part, function)
        ]
        assert len({m.id for m in made}) == len(made)


def test_an_activation_or_a_slice_from_the_end_is_confused_too() -> None:
    step = {m.after: m.operator for m in confusions_of("sequence", "lstm_step_forward")}
    assert step["h_t = o * (0.5 * (1 + np.tanh(c_t / 2)))"] == "function"
    top = {m.after: m.operator for m in confusions_of("sequence", "top_k_probs")}
    assert top["keep = np.argsort(logits)[-k + 1:]"] == "slice"


@pytest.mark.parametrize(
    ("part", "function", "operator", "after"),
    [
        (
            "numpy_rnn", "clip_by_norm", "loop",
            "for g in list(grads)[1:]:\n    g *= max_norm / norm",
        ),
        (
            "poems", "process_poems", "loop",
            "poems = [start_token + line + end_token for line in list(lines)[:-1] if line]",
        ),
        (
            "poems", "process_poems", "lookup",
            "poems_vector = [[word for word in poem] for poem in poems]",
        ),
        (
            "numpy_rnn", "RNN.backward_all", "scope",
            "dh = self.cell.backward(dh, caches[t]) + dlogits[:, t] @ self.Why.T",
        ),
        (
            "poems", "RNN_model.__init__", "setting",
            "self.rnn_lstm = nn.LSTM(embedding_dim, lstm_hidden_dim, num_layers=2, "
            "batch_first=True, bias=False)",
        ),
        (
            "sequence", "dropout_forward", "shared",
            "mask = (rng.random(x.shape[1:]) + 0 * x >= p) / (1 - p)",
        ),
        (
            "sequence", "teacher_forcing_inputs", "fixed",
            "coins = rng.random(np.shape(targets)) < 0.5",
        ),
        (
            "sequence", "teacher_forcing_inputs", "seed",
            "rng = np.random.default_rng(42)\ncoins = rng.random(np.shape(targets)) < ratio",
        ),
        (
            # The option --clip of the command line has this value.
            "char_lstm", "train", "fixed", "nn.utils.clip_grad_norm_(model.parameters(), 5.0)",
        ),
        ("char_lstm", "train", "name", "loss = criterion(logits, x[:, -1])"),
        ("numpy_rnn", "sample", "kept", "logits, _, _ = model.forward(x, h)"),
        (
            "scratch_rnn", "train_epoch", "accumulation",
            "total = mean.item() * targets.numel()\ntokens = targets.numel()",
        ),
        (
            "numpy_rnn", "RNN.backward_all", "index",
            "dh = self.cell.backward(dh + dlogits[:, -1] @ self.Why.T, caches[t])",
        ),
        ("char_lstm", "train", "scale", "(loss * 2).backward()"),
        (
            "extensions", "EarlyStopping.update", "place",
            "if self.best - loss > self.min_delta:\n    self.waited = 0\nelse:\n"
            "    self.waited += 1\nself.best = loss",
        ),
        (
            "scratch_rnn", "seq_data_iter_sequential", "turned",
            "xs = torch.tensor(corpus[offset:offset + used]).reshape(columns, batch_size).T",
        ),
        (
            "numpy_rnn", "sample", "repeated",
            "logits, h, _ = model.forward(x, h)\nlogits, h, _ = model.forward(x, h)",
        ),
    ],
)  # fmt: skip
def test_what_a_person_writes_without_a_standard_edit_is_made(
    part: str, function: str, operator: str, after: str
) -> None:
    assert (operator, after) in [(m.operator, m.after) for m in confusions_of(part, function)]


def test_a_term_counts_in_one_round_alone() -> None:
    first = "list(reversed(range(len(caches))))[0]"
    some = f"dh + dlogits[:, t] @ self.Why.T if t == {first} else dh"
    made = [m for m in confusions_of("numpy_rnn", "RNN.backward_all") if some in m.after]
    assert [m.operator for m in made] == ["loop"]


def test_the_lines_around_a_blank_are_edited_apart() -> None:
    inside = blank_lines(solution("char_lstm"))
    found = given_of("char_lstm", "generate")
    assert not inside & {m.first for m in found}
    assert {m.first for m in confusions_of("char_lstm", "generate")} <= inside
    made = {(m.operator, m.after.split("\n")[0]) for m in found}
    assert ("seed", "torch.manual_seed(0)") in made
    read = "x = torch.tensor([[c2i[c] for c in reversed(list(seed))]], device=device)"
    assert ("order", read) in made
    for mutation in found:
        ast.parse(mutation.source)


@pytest.mark.parametrize(
    ("operator", "after"),
    [
        ("statement", "pass"),
        ("function", "total = np.ones(3)"),
        ("constant", "total = np.zeros(4)"),
        ("bound", "for t in range(len(x) - 1):"),
        ("bound", "for t in range(1, len(x)):"),
        ("order", "for t in reversed(list(range(len(x)))):"),
        ("comparison", "if x[t] <= 0 and y:"),
        ("logic", "if x[t] < 0 or y:"),
        ("condition", "if not (x[t] < 0 and y):"),
        ("condition", "if x[t] < 0:"),
        ("accumulation", "total = (x[t] - y).T"),
        ("transpose", "total += x[t] - y"),
        ("operands", "total += (y - x[t]).T"),
        ("operand", "total += x[t].T"),
        ("index", "total += (x[t - 1] - y).T"),
        ("order", "return (total, np.sum(total, axis=0))"),
        ("axis", "return (total[::-1], np.sum(total, axis=1))"),
        ("axis", "return (total[::-1], np.sum(total))"),
        ("call", "return (total[::-1], total)"),
        ("exchange", "return (np.sum(total, axis=0), total[::-1])"),
        ("sign", "return x"),
    ],
)
def test_the_standard_edits_are_made(reading: list[str], operator: str, after: str) -> None:
    found = [(m.operator, m.after.split("\n")[0]) for m in again()]
    assert (operator, after) in found


def test_what_was_given_is_left_alone(reading: list[str]) -> None:
    found = again()
    assert {m.function for m in found} == {"blank", "other"}
    assert all(m.quantity in ("", "total") for m in found)


def test_ids_outlast_edits_of_other_statements(reading: list[str]) -> None:
    before = {m.id: m.after for m in again()}
    reading[0] = SMALL.replace(
        "    return total", "    # why\n    y = 1\n    return total"
    ).replace("return x + 1", "return x + 2")
    after = {m.id: m.after for m in again()}
    assert set(after) > set(before)
    assert all(after[id] == text for id, text in before.items())
    reading[0] = SMALL.replace("np.zeros(3)", "np.zeros(5)")
    changed = {m.id for m in again()}
    gone = set(before) - changed
    assert gone
    assert all(before[id].startswith("total = ") or before[id] == "pass" for id in gone)


def test_a_function_that_raises_stands_for_what_does_not_reach_it(reading: list[str]) -> None:
    again()
    space: dict[str, object] = {}
    exec(without("small", "other"), space)
    with pytest.raises(NotImplementedError):
        space["other"](1)  # type: ignore[operator]
    assert space["given"](1) == 2  # type: ignore[operator]
