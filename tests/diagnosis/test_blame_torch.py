"""What is wrong in one function costs that function; its check says only what it has found."""

from __future__ import annotations

import pytest
from handing_in import solution, submission_of

from grader.core.model import CheckResult
from grader.judging.judge import Judge

pytestmark = pytest.mark.slow

LOSS = "loss = criterion(logits, y)"
PROBABILITIES = "p = torch.softmax(logits[0] / temp, dim=-1)  # (V,)"
FIRST = "x = torch.tensor([[c2i[c] for c in seed]]"
LARGEST = "return int_to_word[int(np.argmax(predict[: len(int_to_word)]))]"

TRAIN = {"train.gradients", "train.losses"}
GENERATE = {"generate.distribution", "generate.memory"}
TO_WORD = {"to_word.values"}
LAYER = "num_layers=2, batch_first=True"
MODEL = {"model.lstm", "forward.shapes", "forward.values", "forward.test_row", "forward.recurrent",
         "forward.gradients", "forward.hidden", "forward.fresh_state"}  # fmt: skip

ROWS = [
    ("char_lstm", LOSS, "loss = criterion(torch.softmax(logits, dim=-1), y)", TRAIN),
    ("char_lstm", LOSS, "loss = criterion(logits, y.roll(1))", TRAIN),
    ("char_lstm", LOSS, "loss = criterion(logits[:1], y[:1])", TRAIN),
    ("char_lstm", FIRST, FIRST.replace("in seed", "in seed[::-1]"), GENERATE),
    ("char_lstm", PROBABILITIES, f"{PROBABILITIES}\n            p = 0.5 * p + 0.5 / len(p)",
     GENERATE),
    ("poems", LARGEST, LARGEST.replace("predict[", "np.abs(predict)["), TO_WORD),
    ("poems", LARGEST, LARGEST.replace("argmax", "argmin"), TO_WORD),
    ("poems", LAYER, f"{LAYER}, bidirectional=True", MODEL),
    ("poems", LAYER, "num_layers=2", MODEL),
    ("poems", "out[-1:] if is_test", "out[:1] if is_test", MODEL),
    ("poems", LARGEST, LARGEST.replace(
        ": len(int_to_word)", ": 3"), TO_WORD),
]  # fmt: skip


def failed(judge: Judge, part: str, find: str, replace: str) -> list[CheckResult]:
    """The checks that lose points, without the proof of learning."""
    source = solution(part)
    assert source.count(find) == 1, find
    judge = judge.of_parts((part,))
    ids = {c.id for c in judge.checks if not c.advice and not c.id.endswith(".learning")}
    wrong = submission_of({f"{part}.py": source.replace(find, replace)})
    return [r for r in judge.outcomes(wrong, ids).values() if r.outcome != "passed"]


@pytest.mark.parametrize(("part", "find", "replace", "loses"), ROWS)
def test_a_wrong_function_costs_itself_alone(
    judge: Judge, part: str, find: str, replace: str, loses: set[str]
) -> None:
    results = failed(judge, part, find, replace)
    assert results
    assert {r.id.partition(".")[2] for r in results} <= loses
    for result in results:
        # None of these carries a state on, forgets to zero, or leaves dropout at work.
        assert not any(word in result.message.en for word in ("detach", "zero them", "eval()"))


def test_dropout_that_is_at_work_is_told(judge: Judge) -> None:
    (result,) = failed(judge, "char_lstm", "    model.eval()  # no dropout while generating\n", "")
    assert result.id == "char_lstm.generate.eval"
    assert "model.eval()" in result.message.en
