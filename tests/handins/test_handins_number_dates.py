"""Numbers in names that may be dates, in whatever order and calendar: never the older attempt."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import synthetic_platforms as sp
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_platforms import RNN
from test_handins import names, roster

from grader.handins import discover
from grader.handins.version_names import order_of_dates, order_of_names, version_name

KNOWN = roster(("2023001", "张三"), ("2023002", "李四"))
FORMS = [
    *("{d:02}{m:02}{y:02}", "{y:02}{m:02}{d:02}", "{m:02}{d:02}{y:02}"),
    *(
        "{d:02}{m:02}20{y:02}",
        "{m:02}{d:02}20{y:02}",
        "{d:02}{m:02}25{thai}",
        "25{thai}{m:02}{d:02}",
    ),
    *("{d}.{m}.{y:02}", "{d:02}-{m:02}-{y:02}", "{m}-{d}-{y:02}", "{y:02}.{m}.{d}", "{d}_{m}_{y}"),
    *("{d:02}.{m:02}.25{thai}", "25{thai}-{m:02}-{d:02}", "1{roc}-{m:02}-{d:02}"),
    *("{d}.{m}", "{m}.{d}", "{m:02}-{d:02}", "{d:02}_{m:02}", "{m:02}{d:02}", "{d:02}{m:02}"),
]


def said(first: str, second: str) -> int:
    ours, theirs = version_name("rnn-" + first), version_name("rnn-" + second)
    return order_of_dates(ours, theirs) or order_of_names(ours, theirs)[0]


@settings(max_examples=examples(600))
@given(
    form=st.sampled_from(FORMS),
    start=st.dates(date(2023, 1, 1), date(2029, 12, 31)),
    after=st.integers(1, 150),
)
def test_two_dates_of_a_term_are_never_ordered_wrongly(form: str, start: date, after: int) -> None:
    days = (start, start + timedelta(after))
    older, newer = (
        form.format(d=d.day, m=d.month, y=d.year - 2000, thai=d.year - 1957, roc=d.year - 2011)
        for d in days
    )
    if "y" not in form and "thai" not in form and "roc" not in form and days[0].day == days[1].day:
        return  # the first number may be the lab's

    assert said(newer, older) in (0, 1), (older, newer)
    assert said(older, newer) == -said(newer, older)


@pytest.mark.parametrize(
    ("older", "newer", "sure"),
    [
        *(("310326", "010426", True), ("31.03.26", "01.04.26", True)),
        *(("12312025", "01022026", True), ("251231", "260101", True)),
        *(("12-30-25", "1-2-26", True), ("28.02.2569", "01.03.2569", True)),
        *(("15-09-1447", "01-10-1447", True), ("115-03-31", "115-04-01", True)),
        *(("31_3_26", "1_4_26", True), ("1226", "102", False), ("3103", "0104", False)),
        *(("12.6", "2.7", False), ("8.3", "5.4", False), ("10-11", "2-12", False)),
        *(("05-03-2569", "01-04-2569", False), ("2", "310326", False)),
        # No dates: they are counted.
        *(("99", "100", True), ("v1.9.3", "v1.10.2", True), ("9.3", "9.10", True)),
    ],
)
def test_where_the_readings_disagree_the_times_decide_or_a_person(
    tmp_path: Path, older: str, newer: str, sure: bool
) -> None:
    assert said(newer, older) == int(sure)
    labels = [f"2023001-张三-rnn-{text}.zip" for text in (older, newer)]
    files = {n: sp.pack({"rnn.py": RNN + n.encode()}) for n in labels}
    folder = sp.lay(tmp_path / "c", files)
    for apart in (0, 86400):
        for i, label in enumerate(labels):
            stamp = datetime(2026, 7, 1).timestamp() + i * apart
            os.utime(folder / label, (stamp, stamp))

        found = discover(folder, roster=KNOWN)

        if sure or apart:
            assert [names(h) for h in found.hand_ins] == [[labels[1]]]
        else:
            assert [h.people[0].student_id for h in found.hand_ins] == ["", ""]
