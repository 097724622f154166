"""A torch server without torch's compiler: the same steps, and the compiler for who asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from handing_in import solution, submission_of

from grader import ROOT
from grader.core.settings import Settings
from grader.isolation.runner import WorkerRunner
from grader.judging.judge import Judge

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
print(json.dumps([told, "torch._dynamo.eval_frame" in sys.modules]))
"""


def _told(patched: bool) -> Any:
    return json.loads(_run(_STEPS.format(patched=patched)))


def _run(script: str) -> str:
    # A process of its own: the torch of this one stays as it is.
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


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


_ASKED = """
import sys
from grader.sandbox import lazy_compiler, warm
warm.torch()
import torch
assert not lazy_compiler.loaded()
{code}
print(lazy_compiler.loaded(), "torch._dynamo.eval_frame" in sys.modules)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        """
import torch._dynamo
torch._dynamo.config.suppress_errors = True
torch._dynamo.reset()
import torch._dynamo.config as settings
from torch._dynamo import config, disable
assert config is settings is torch._dynamo.config and config.suppress_errors is True
assert disable(len) is len and disable(recursive=False)(len) is len
try:
    config.no_such_setting = 1
except AttributeError:
    pass
else:
    raise AssertionError
""",
        """
from torch.utils.checkpoint import checkpoint
layer = torch.nn.Linear(3, 3)
for reentrant in (False, True):
    x = torch.ones(2, 3, requires_grad=True)
    checkpoint(layer, x, use_reentrant=reentrant).sum().backward()
    assert torch.equal(x.grad, layer.weight.sum(0).expand(2, 3))
""",
        """
slope = torch.func.grad(lambda value: (value**2).sum())(torch.ones(2))
assert torch.equal(slope, 2 * torch.ones(2))
assert torch.compiler.disable(len) is len
""",
    ],
)
def test_code_that_compiles_nothing_does_not_load_the_compiler(code: str) -> None:
    pytest.importorskip("torch")
    assert _run(_ASKED.format(code=code)).split() == ["False", "False"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "import torch._dynamo.eval_frame",
        "from torch._dynamo import explain, config",
        "assert torch._dynamo.list_backends()",
    ],
)
def test_the_compiler_is_loaded_where_code_asks_for_it(code: str) -> None:
    pytest.importorskip("torch")
    code = f"""
held = torch._dynamo
held.config.suppress_errors = True
{code}
assert held is sys.modules["torch._dynamo"] and held.config.suppress_errors is True
assert held.disable.__module__.startswith("torch._dynamo")
held.graph_break()
held.reset()
weight = torch.nn.Parameter(torch.ones(2))
torch.optim.Adam([weight]).step()
torch.func.grad(lambda value: value.sum())(torch.ones(2))
"""
    assert _run(_ASKED.format(code=code)).split() == ["True", "True"]


@pytest.mark.slow
def test_settings_of_the_compiler_cost_a_worker_no_time(judge: Judge) -> None:
    pytest.importorskip("torch")
    head = """
import torch
import torch._dynamo
torch._dynamo.config.suppress_errors = True
from torch.utils.checkpoint import checkpoint
torch.func.grad(lambda value: value.sum())(torch.ones(2))
assert not hasattr(torch._dynamo, "__path__")  # it is not loaded
"""
    submission = submission_of({"char_lstm.py": head + solution("char_lstm")})
    limited = Settings(load_cpu_s=0.5)
    runner = WorkerRunner("char_lstm", judge._servers.ready("torch"), submission, limited)
    try:
        runner.load()
        assert runner.notices == []
    finally:
        runner.close()
