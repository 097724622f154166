"""Public checks of part theory. The grader runs this same file and hidden checks as well."""

from __future__ import annotations

from kit.fixtures import Public
from kit.plugin import check
from kit.runner import Runner
from parts.theory import checks


@check("theory.forward.values")
def test_forward(lab: Runner, public: Public) -> None:
    """forward 的 h 与 y 正确 | forward computes the right states and probabilities"""
    case, expected = public("theory")
    checks.forward_agrees(lab, case, expected["forward"], reveal=True)


@check("theory.immediate.values")
def test_immediate(lab: Runner, public: Public) -> None:
    """z_k 对 u_ij 的直接偏导正确 | the direct derivative of z_k by u_ij is right"""
    case, expected = public("theory_immediate")
    places = [tuple(place) for place in case["places"].tolist()]
    checks.immediate_agrees(lab, case["h_prev"], places, expected["vectors"], reveal=True)


@check("theory.delta.values")
def test_delta(lab: Runner, public: Public) -> None:
    """delta[t,k] 是 dL_t/dz_k | delta[t,k] is dL_t/dz_k"""
    case, expected = public("theory")
    checks.delta_agrees(lab, case, expected["delta"], expected["forward"], reveal=True)


@check("theory.grads.values")
def test_grads(lab: Runner, public: Public) -> None:
    """由 delta 求和算出的 dU、dW、db 正确 | dU, dW and db are the double sums over delta"""
    case, expected = public("theory_sums")
    checks.sums_agree(lab, case, expected, reveal=True)


@check("theory.truncated.values")
def test_truncated(lab: Runner, public: Public) -> None:
    """截断 3 步的梯度正确 | the gradients truncated to three steps are right"""
    case, expected = public("theory")
    given = expected["forward"]
    checks.truncated_agrees(lab, case, 3, expected["truncated"], given, reveal=True)


@check("theory.random.keeps_all")
def test_keeps_all(lab: Runner, public: Public) -> None:
    """keep_prob 为 1 时返回完整的梯度 | with keep_prob 1 the gradients are the full ones"""
    case, expected = public("theory")
    checks.keeps_all(lab, case, expected["full"], expected["forward"], reveal=True)
