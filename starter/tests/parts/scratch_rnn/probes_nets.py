"""Mixers: networks that the probes of ``scratch_rnn`` give to a student's functions.

They have the attributes of the contract's networks, and their ``begin_state`` takes what the
student's own classes take; but they compute something else, so that they reveal no solution:
s_t = 0.7 roll(s_{t-1}) + E[x_t], scores_t = s_t Q, with E (V, S) and Q (S, V).
``parts.scratch_rnn.checks_mixer`` computes the same in NumPy.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from kit.data import Answer, Arrays
from kit.lab import Lab
from kit.outcomes import Verdict

if TYPE_CHECKING:
    import torch

Meetings = dict[str, list[Any]]
"""What a mixer records: ``calls``, the state of each call; ``begun``, the batch sizes asked for."""

Begin = inspect.Signature | None
"""The parameters of a student's ``begin_state``, or None where they cannot be read."""


def begin_of(lab: Lab, owner: str) -> Begin:
    """The parameters of ``begin_state`` of the student's class `owner`, without self."""
    try:
        signature = inspect.signature(lab.method(owner, "begin_state"))
    except (Verdict, TypeError, ValueError):
        return None
    return signature.replace(parameters=list(signature.parameters.values())[1:])


FADING = 0.7
"""The share of a state that is left after one step."""


def leaves(weights: Arrays) -> dict[str, torch.Tensor]:
    """E and Q as tensors that require gradients."""
    import torch

    return {n: torch.from_numpy(np.array(weights[n])).requires_grad_() for n in ("E", "Q")}


def run(
    weights: dict[str, torch.Tensor], X: torch.Tensor, state: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores (T*B, V) in time order for X (B, T), and the state (B, S) at the end."""
    import torch

    scores = []
    for x in X.T:
        state = FADING * state.roll(1, dims=-1) + weights["E"][x]
        scores.append(state @ weights["Q"])
    return torch.cat(scores), state


def scratch_mixer(weights: Arrays, met: Meetings, begin: Begin) -> Any:
    """A network from scratch: its state is a tuple of one tensor, its ``params`` a list."""
    return _Scratch(leaves(weights), met, begin)


def module_mixer(weights: Arrays, met: Meetings, begin: Begin) -> Any:
    """An nn.Module whose state is a tensor."""
    import torch

    class Module(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            given = leaves(weights)
            self.E = torch.nn.Parameter(given["E"].detach())
            self.Q = torch.nn.Parameter(given["Q"].detach())
            self.vocab_size, self.num_hiddens = weights["E"].shape

        @property
        def weights(self) -> dict[str, torch.Tensor]:
            return {"E": self.E, "Q": self.Q}

        def begin_state(self, *args: Any, **kwargs: Any) -> Any:
            return _begin(self, met, begin, args, kwargs)

        def forward(self, X: Any, state: Any) -> Any:
            met["calls"].append(_seen(state))
            return run(self.weights, X, state)

    return Module()


def pair_mixer(weights: Arrays, met: Meetings, begin: Begin) -> Any:
    """An nn.Module whose state is two tensors, as an LSTM's; the second one is half the first."""
    import torch

    class Pair(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = module_mixer(weights, {"calls": [], "begun": []}, begin)
            self.vocab_size, self.num_hiddens = weights["E"].shape

        @property
        def weights(self) -> dict[str, torch.Tensor]:
            return self.inner.weights  # type: ignore[no-any-return]

        def begin_state(self, *args: Any, **kwargs: Any) -> Any:
            state = _begin(self, met, begin, args, kwargs)
            return state, state.clone()

        def forward(self, X: Any, state: Any) -> Any:
            first, second = state[0], state[1]  # as nn.LSTM reads them
            attached = bool(first.requires_grad or second.requires_grad)
            met["calls"].append({"state": first.detach().clone(), "attached": attached})
            scores, new = run(self.weights, X, first)
            return scores, (new, 0.5 * new)

    return Pair()


def bare(params: list[torch.Tensor]) -> Any:
    """A network from scratch that has only ``params``."""
    return _Bare(params)


class _Bare:
    def __init__(self, params: list[torch.Tensor]) -> None:
        self.params = params


class _Scratch:
    def __init__(self, weights: dict[str, torch.Tensor], met: Meetings, begin: Begin) -> None:
        self.weights = weights
        self.params = list(weights.values())
        self.vocab_size, self.num_hiddens = weights["E"].shape
        self._met, self._begin = met, begin

    def parameters(self) -> list[torch.Tensor]:
        return self.params

    def begin_state(self, *args: Any, **kwargs: Any) -> tuple[torch.Tensor]:
        return (_begin(self, self._met, self._begin, args, kwargs),)

    def __call__(
        self, X: torch.Tensor, state: tuple[torch.Tensor]
    ) -> tuple[torch.Tensor, tuple[torch.Tensor]]:
        (s,) = state
        if len(s) != len(
            X
        ):  # as a layer of torch refuses it; a sum would spread one over the other
            raise RuntimeError(f"Expected a state of {len(X)} rows, got {len(s)}")
        self._met["calls"].append(_seen(s))
        scores, s = run(self.weights, X, s)
        return scores, (s,)

    def train(self, mode: bool = True) -> Any:
        return self

    def eval(self) -> Any:
        return self


def _begin(
    net: Any, met: Meetings, begin: Begin, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> torch.Tensor:
    """Zeros (B, S). The contract's two classes order batch size and device differently."""
    import torch

    if begin is not None:
        begin.bind(*args, **kwargs)  # raises what the student's own begin_state would
    sizes = [a for a in (*args, *kwargs.values()) if isinstance(a, int)]
    batch_size = sizes[0] if sizes else 1
    met["begun"].append(batch_size)
    return torch.zeros(batch_size, net.num_hiddens)


def _seen(state: torch.Tensor) -> Answer:
    return {"state": state.detach().clone(), "attached": bool(state.requires_grad)}
