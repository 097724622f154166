"""What decides on orders of pieces and entries, and on improbable draws: both sides of each."""

from __future__ import annotations

import numpy as np
import pytest

from kit import draws
from kit.numerics import softmax
from kit.outcomes import Failed
from parts.numpy_rnn import checks_gradient_check as gradients
from parts.scratch_rnn import checks_training as training

PIECES = 24  # the fewest of a check


def test_no_order_by_chance_follows_a_rule() -> None:
    rng = np.random.default_rng(1)
    orders = [5 * rng.permutation(PIECES + n % 16) + n % 5 for n in range(3000)]
    assert not any(training._follows_a_rule(order) for order in orders)
    pairs = zip(orders, orders[16:], strict=False)
    assert not any(training._neighbours_stay(one, other) for one, other in pairs)


@pytest.mark.parametrize("stride", [1, 5, 7, 11, PIECES - 1])
@pytest.mark.parametrize("start", [0, 3, 13])
def test_a_stride_from_any_start_is_a_rule(start: int, stride: int) -> None:
    order = 4 * ((start + stride * np.arange(PIECES)) % PIECES)
    # A stride beyond the end comes back, so the most frequent distance is seen.
    _, counts = np.unique(np.diff(order), return_counts=True)
    assert training._follows_a_rule(order) == (counts.max() >= training.ALIKE)
    assert stride not in (1, PIECES - 1) or training._follows_a_rule(order)


def test_one_order_that_starts_elsewhere_keeps_its_neighbours() -> None:
    order = np.random.default_rng(2).permutation(PIECES)
    assert training._neighbours_stay(4 * order, 4 * np.roll(order, 7) + 3)


@pytest.mark.parametrize("way", gradients.ORDERS)
@pytest.mark.parametrize("shape", [(7, 5), (5, 5), (5,), (7,)])
def test_another_order_holds_the_same_numbers(way: str, shape: tuple[int, ...]) -> None:
    gradient = np.random.default_rng(3).normal(0, 1, shape)
    found = gradients._in_other_order(way, gradient)
    assert sorted(found.ravel()) == sorted(gradient.ravel())
    assert gradients._is_other_order(way, gradient)
    assert not gradients._is_other_order(way, np.ones(shape))


def test_right_draws_of_every_level_pass_and_draws_without_one_do_not() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        for case in draws.constants(rng):
            count, probs = case.texts * case.length, softmax(case.logits / case.temp)
            case.check(rng.choice(len(probs), count, p=probs))
            for wrong in _wrong(case, probs):
                with pytest.raises(Failed):
                    case.check(rng.choice(len(wrong), count, p=wrong / wrong.sum()))


def _wrong(case: draws.Constant, probs: np.ndarray) -> list[np.ndarray]:
    """What samplers draw from that a case is there to find."""
    if case.problem is draws.CAST:  # those beyond 1 show who rounds
        return [softmax((np.round if case.logits.max() > 1 else np.trunc)(case.logits))]
    if case.problem is draws.BOUNDED:
        bounds = (0.25, 0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0)
        return [softmax(case.logits / temp) for temp in bounds]
    if len(probs) == sum(count for count, _ in draws.RARE):
        return [_nucleus(probs, share) for share in (0.8, 0.9, 0.92, 0.95, 0.96, 0.97)]
    return [probs * (probs > 0.005)]


def _nucleus(probs: np.ndarray, share: float) -> np.ndarray:
    """`probs` of the likeliest whose joint probability reaches `share`, and zero for the rest."""
    order = np.argsort(-probs)
    before = probs[order].cumsum() - probs[order]
    kept = np.zeros(len(probs), dtype=bool)
    kept[order] = before < share
    return probs * kept
