"""What workers of the tests answer in place of a grader: without fork servers, in milliseconds."""

from __future__ import annotations

import os
import time

from distributed import get_worker

from grader.batch.messages import Early, Graded, decode_job, encode_early, encode_graded
from grader.cluster.course import Credentials, Reply
from grader.core.model import Environment, Status
from grader.records.marks import Marks

GOOD = Credentials(Environment("3.11", "2.0", "2.13", "cpu", "full"), "1", "code", "secret")
OTHER = Credentials(Environment("3.11", "1.26", "2.13", "cpu", "landlock"), "1", "code", "public")


def hello(course: bytes) -> bytes:
    """Good credentials, but of workers whose name says otherwise."""
    return Reply(OTHER if "other" in str(get_worker().name) else GOOD).encode()


def answer(topic: str, job: bytes) -> bytes:
    """As the id of the hand-in asks: some take time, raise or end their process."""
    id = decode_job(job).id
    get_worker().log_event(topic, [encode_early(Early(id))])
    kind = id.split("-")[0]
    if kind == "slow":
        time.sleep(0.5)
    if "tortoise" in str(get_worker().name):
        time.sleep(2)
    if kind == "wrong":
        raise ValueError("no answer")
    if kind == "deadly":
        os._exit(9)
    graded = Graded(id, str(get_worker().name), Status.GRADED, Marks(), {}, 0.0, 0.0)
    return Reply(GOOD).encode(encode_graded(graded))
