"""Optimisers in a torch server: the same steps as torch's own, without its compiler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from grader import ROOT

_STEPS = """
import copy, json, sys
import torch
from torch.optim import lr_scheduler

if {patched}:
    from grader.sandbox import warm
    warm.torch()
torch.set_num_threads(1)
told = {{}}
for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam",
             "ASGD", "Rprop", "LBFGS", "Adafactor"):
    torch.manual_seed(1)
    model = torch.nn.LSTM(3, 4, batch_first=True)
    made = getattr(torch.optim, name)(model.parameters(), lr=0.01)
    schedule = lr_scheduler.StepLR(made, 2)
    hooked = []
    made.register_step_pre_hook(lambda *_: hooked.append("before"))
    made.register_step_post_hook(lambda *_: hooked.append("after"))
    x = torch.randn(2, 5, 3)

    def loss():
        made.zero_grad()
        total = model(x)[0].square().sum()
        total.backward()
        return total

    for turn in range(4):
        if turn == 2:
            made.load_state_dict(copy.deepcopy(made.state_dict()))
        made.step(loss) if turn % 2 or name == "LBFGS" else (loss(), made.step())
        schedule.step()
    extra = torch.nn.Parameter(torch.ones(2))
    if name != "LBFGS":
        made.add_param_group({{"params": [extra]}})
        extra.grad = torch.ones(2)
        made.step()
    assert torch.is_grad_enabled()
    values = [*model.parameters(), extra]
    told[name] = [hooked, [v.detach().flatten().tolist() for v in values]]

weight = torch.nn.Parameter(torch.ones(2))
refused = torch.optim.SGD([weight], lr=0.1)
weight.grad = torch.ones(2)
def fails():
    raise ValueError("from the closure")
try:
    refused.step(fails)
except ValueError as error:
    told["raised"] = [str(error), torch.is_grad_enabled()]
print(json.dumps([told, "torch._dynamo" in sys.modules]))
if {patched}:
    import torch._dynamo
    torch._dynamo.graph_break()
    torch.func.grad(lambda value: value.sum())(torch.ones(2))
"""


def _told(patched: bool) -> Any:
    # A process of its own: the optimisers of this one stay as torch made them.
    done = subprocess.run(
        [sys.executable, "-c", _STEPS.format(patched=patched)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.slow
def test_optimisers_take_the_steps_of_torch_without_its_compiler() -> None:
    pytest.importorskip("torch")
    ours, imported = _told(patched=True)
    theirs, imported_by_torch = _told(patched=False)
    assert ours == theirs
    assert theirs["SGD"][0][:2] == ["before", "after"]
    assert theirs["raised"] == ["from the closure", True]
    assert imported_by_torch  # otherwise the patch has become superfluous
    assert not imported
