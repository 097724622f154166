"""A fault in the forward of a gated or bidirectional cell costs no point of its backward."""

from __future__ import annotations

import pytest
from handing_in import solution, submission_of
from quick import one_in

from grader.judging.judge import Judge

pytestmark = pytest.mark.usefixtures("unexplained")

CELL = "    c_t = f * c_prev + i * g  # (B, H)\n    h_t = o * np.tanh(c_t)"
BOTH = 'Wx, Wh, bh = (getattr(self, name + side) for name in ("Wx", "Wh", "bh"))'
KEPT = {"arrays_kept"}
READ = {"birnn.forward", "birnn.forward_hidden"}
BACK = {"birnn.backward", "birnn.backward_hidden"}
LSTM_BACK = {"lstm_backward.values", "lstm_backward.hidden"}

IN_PLACE = CELL.replace("c_t = f * c_prev + i * g", "c_prev *= f\n    c_t = c_prev + i * g")
SAME_ARRAY = IN_PLACE.replace("c_t = c_prev + i * g", "c_prev += i * g\n    c_t = c_prev")
SHARED = BOTH.replace("name + side", 'name + "f"')
BACKWARDS = BOTH.replace("name + side", 'name + "b"')

ROWS = [
    ("sequence", {CELL: IN_PLACE}, KEPT),
    ("sequence", {CELL: SAME_ARRAY}, KEPT),
    # What is wrong in backward too still costs its points.
    ("sequence", {CELL: SAME_ARRAY, "df = dc * c_prev": "df = dc * h_prev"}, KEPT | LSTM_BACK),
    ("extensions", {BOTH: SHARED}, READ),
    ("extensions", {BOTH: BACKWARDS}, READ),
    # The backward that fits a shared forward: all of the gradient at the weights that it uses.
    (
        "extensions",
        {
            BOTH: SHARED,
            'getattr(self, "dWx" + side)': "self.dWxf",
            'getattr(self, "dWh" + side)': "self.dWhf",
            'getattr(self, "dbh" + side)': "self.dbhf",
            'getattr(self, "Wh" + side).T': "self.Whf.T",
        },
        READ,
    ),
    ("extensions", {BOTH: SHARED, "dz = dh * (1 - h**2)": "dz = dh * (1 - h)"}, READ | BACK),
]


@pytest.mark.parametrize(
    ("part", "edits", "loses"), one_in(4, ROWS, lambda row: f"{row[0]}-{ROWS.index(row)}")
)
def test_a_wrong_step_costs_itself_alone(
    judge: Judge, part: str, edits: dict[str, str], loses: set[str]
) -> None:
    source = solution(part)
    for find, replace in edits.items():
        assert find in source, find
        source = source.replace(find, replace)
    judge = judge.of_parts((part,))
    subjects = ("birnn.", "lstm_", "arrays_kept")
    ids = {c.id for c in judge.checks if c.id.partition(".")[2].startswith(subjects)}
    results = judge.outcomes(submission_of({f"{part}.py": source}), ids).values()
    assert {r.id.partition(".")[2] for r in results if r.outcome != "passed"} == loses
