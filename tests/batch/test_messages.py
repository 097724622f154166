"""What the processes of a batch say to each other arrives as it was, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.batch.messages import (
    Early,
    Graded,
    Job,
    KeptEvidence,
    decode_early,
    decode_graded,
    decode_job,
    encode_early,
    encode_graded,
    encode_job,
)
from grader.core.materials import Material
from grader.core.model import Outcome, Status
from grader.protocol.codec import WireError
from grader.records.carrying import CarriedOutcome, CarriedRun
from grader.records.marks import CheckMarks, Marks, RowMarks
from grader.records.store import PartKey
from kit.text import Text

TEXTS = st.text(st.characters(), max_size=40)  # lone surrogates too: names of files hold them
KEYS = st.builds(PartKey, **dict.fromkeys(PartKey.__slots__, TEXTS))
OUTCOMES = st.builds(CarriedOutcome, TEXTS, TEXTS, TEXTS, TEXTS)
RUNS = st.builds(
    CarriedRun, KEYS, TEXTS, st.none() | TEXTS, st.lists(OUTCOMES, max_size=3).map(tuple)
)
EVIDENCE = st.none() | st.builds(KeptEvidence, TEXTS, TEXTS)
FILES = st.lists(st.tuples(TEXTS, st.binary(max_size=50)), max_size=4).map(tuple)
WORDS = st.lists(TEXTS, max_size=3).map(tuple)
TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
JOBS = st.builds(
    Job, TEXTS, FILES, TEXTS, st.booleans(), TIMES, st.none() | st.booleans(), WORDS, WORDS,
    st.lists(RUNS, max_size=2).map(tuple), EVIDENCE,
)  # fmt: skip
MARKS = Marks(
    Fraction(1, 3), Fraction(2), Fraction(0), (RowMarks("r", Fraction(1, 3), Fraction(0)),),
    (CheckMarks("a.b", Outcome.PARTIAL, Fraction(1, 3), Fraction(1)),), (0, 1), "sha",
)  # fmt: skip
GRADED = st.builds(
    Graded,
    id=TEXTS,
    submission_sha256=TEXTS,
    status=st.sampled_from(Status),
    marks=st.just(MARKS),
    pages=st.dictionaries(TEXTS, TEXTS, max_size=3),
    seconds=st.floats(0, 9),
    compute_s=st.floats(0, 9),
    fault=st.none() | st.builds(Text, TEXTS, TEXTS),
    late=st.none() | st.builds(Text, TEXTS, TEXTS),
    kept=st.none() | st.dictionaries(TEXTS, st.lists(st.integers()), max_size=2),
    report=st.none() | st.binary(max_size=40),
    materials=st.lists(st.builds(Material, TEXTS, st.binary(max_size=9)), max_size=3).map(tuple),
    runs=st.lists(RUNS, max_size=2).map(tuple),
    evidence=EVIDENCE,
)
EARLY = st.builds(Early, TEXTS, st.none() | KEYS, st.lists(OUTCOMES, max_size=2).map(tuple))


@given(JOBS)
def test_a_job_arrives_as_it_was(job: Job) -> None:
    assert decode_job(encode_job(job)) == job


@given(GRADED)
def test_an_answer_arrives_as_it_was(graded: Graded) -> None:
    assert decode_graded(encode_graded(graded)) == graded


@given(EARLY)
def test_what_is_told_early_arrives_as_it_was(early: Early) -> None:
    assert decode_early(encode_early(early)) == early


def test_a_hand_in_may_be_larger_than_a_frame() -> None:
    job = Job("a", (("a.zip", b"\0" * (70 << 20)),), submitted_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert decode_job(encode_job(job)) == job


@given(st.data())
def test_a_message_that_is_damaged_is_refused_or_read(data: st.DataObject) -> None:
    whole = bytearray(encode_graded(data.draw(GRADED)))
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        del whole[at:]
    else:
        whole[at] ^= data.draw(st.integers(1, 255))
    for decode in (decode_graded, decode_job, decode_early):
        try:
            decode(bytes(whole))
        except WireError:
            continue


@pytest.mark.parametrize("data", [b"", b"\0" * 12, b"\xff" * 40])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        decode_job(data)
