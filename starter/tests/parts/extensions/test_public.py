"""Public checks of part extensions, all optional. The grader runs them and hidden checks too."""

from __future__ import annotations

import numpy as np

from kit.fixtures import Public
from kit.plugin import check
from kit.runner import Runner
from parts.extensions import checks
from parts.extensions import checks_layouts as layouts
from parts.extensions import checks_networks as networks
from parts.extensions.cases import BIRNN, GRU


@check("extensions.adam.values")
def test_adam(lab: Runner, public: Public) -> None:
    """Adam 三步之后的数值正确 | Adam is right after three steps"""
    case, expected = public("adam")
    given = {
        "params": [case["params"][name] for name in "abc"],
        "steps": [[step[name] for name in "abc"] for step in case["steps"].values()],
        "options": {},
    }
    wanted = [[step[name] for name in "abc"] for step in expected["history"].values()]
    checks.adam_agrees(lab, given, wanted, reveal=True)


@check("extensions.early_stopping.values")
def test_early_stopping(lab: Runner) -> None:
    """连续 patience 次没有改进时停止 | stops after patience updates without improvement"""
    losses = [1, 0.95, 0.9, 0.85]
    checks.stops_when(lab, losses, {"patience": 2, "min_delta": 0.08}, [False] * 4)
    losses = [3.0, 2.0, 2.5, 1.5, 1.6, 1.7, 1.55]
    checks.stops_when(lab, losses, {"patience": 3}, [False] * 6 + [True])


@check("extensions.exponential_decay.values")
def test_exponential_decay(lab: Runner, draw: np.random.Generator) -> None:
    """指数衰减正确 | the exponential decay is right"""
    cases = [{"lr0": 0.1, "gamma": 0.5, "step": 3}, {"lr0": 2.0, "gamma": 0.9, "step": 0}]
    cases += [{"lr0": 0.8, "gamma": 0.9, "step": step} for step in (60, 100)]
    expected = [0.0125, 2.0, 1.4376082399e-03, 2.1249119110e-05]
    for lr0, half in zip(draw.uniform(0.01, 1, 3).tolist(), (2, 4, 8)):
        cases.append({"lr0": lr0, "gamma": 0.5 ** (1 / half), "step": 2 * half})
        expected.append(lr0 / 4)
    checks.rates_agree(lab, "exponential_decay", cases, expected, reveal=True)


@check("extensions.cosine_decay.values")
def test_cosine_decay(lab: Runner) -> None:
    """带预热的余弦衰减正确 | the cosine decay with its warm-up is right"""
    plain = [{"lr0": 1.0, "step": step, "total": 10} for step in (0, 5, 10)]
    warm = [{"lr0": 2.0, "step": step, "total": 12, "warmup": 4} for step in (0, 3, 4, 8, 12)]
    expected = [1, 0.5, 0, 0.5, 2, 2, 1, 0]
    checks.rates_agree(lab, "cosine_decay", plain + warm, expected, reveal=True)


@check("extensions.gru.forward")
def test_gru_forward(lab: Runner, public: Public, draw: np.random.Generator) -> None:
    """GRU 有三个门，按门混合新旧状态 | the GRU has three gates and mixes states by them"""
    layouts.gru_forward(lab, *public("gru_network"), draw, reveal=True)
    networks.repeats(lab, GRU, networks.drawn(lab, GRU, draw))


@check("extensions.gru.backward")
def test_gru_backward(lab: Runner, public: Public, draw: np.random.Generator) -> None:
    """GRU 的梯度正确 | the GRU's gradients are right"""
    layouts.backward(lab, GRU, *public("gru_network"), draw)


@check("extensions.birnn.forward")
def test_birnn_forward(lab: Runner, public: Public, draw: np.random.Generator) -> None:
    """BiRNN 从两端读 | the BiRNN reads from both ends"""
    layouts.birnn_forward(lab, *public("birnn_network"), draw, reveal=True)
    networks.repeats(lab, BIRNN, networks.drawn(lab, BIRNN, draw))


@check("extensions.birnn.backward")
def test_birnn_backward(lab: Runner, public: Public, draw: np.random.Generator) -> None:
    """BiRNN 的梯度正确 | the BiRNN's gradients are right"""
    layouts.backward(lab, BIRNN, *public("birnn_network"), draw)


@check("extensions.acrostic.values")
def test_acrostic(lab: Runner) -> None:
    """藏头诗每行以指定的字开头 | each line of the acrostic begins with its character"""
    ring = "春江潮水连海平，海上明月共潮生。滟滟随波千万里"
    lines = [
        "春万千潮水千，随江春水里海明海潮平滟月海连潮，，",  # 24 characters
        "夏平随水共万随平海千平水，月明水滟明千万月万明明",
        "秋生波潮生。",
        "冬江月波月上江潮。",
    ]
    checks.acrostic_agrees(lab, "春夏秋冬", ring, lines, reveal=True)
