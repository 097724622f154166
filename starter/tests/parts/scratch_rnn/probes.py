"""Probes of part ``scratch_rnn``: a recurrent network on torch tensors (RNN-from-scratch notes).

Shapes: B batch, T time steps, V vocabulary, H hidden. `params` holds W_xh (V, H), W_hh (H, H),
b_h (H,), W_hq (H, V), b_q (V,) under these names. ``probes_training`` has the probes of reading,
predicting, clipping and training. torch is imported inside the functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kit.argument_names import sizes
from kit.binding import call, method
from kit.data import Answer, Arrays
from kit.lab import Lab
from kit.outcomes import Failed, Missing
from kit.plain import type_name
from kit.reasons import Undefined
from kit.text import Text

from .probes_training import batches, clip, epoch, learn, predict, recall

if TYPE_CHECKING:
    import torch

__all__ = [
    "batches",
    "begin_state",
    "clip",
    "continued",
    "epoch",
    "get_params",
    "init_state",
    "learn",
    "model",
    "module",
    "module_state",
    "predict",
    "recall",
    "rnn",
    "rnn_slopes",
]

NAMES = ("W_xh", "W_hh", "b_h", "W_hq", "b_q")


def cpu() -> Any:
    """The device of everything except learning."""
    import torch

    return torch.device("cpu")


def tensors(params: Arrays) -> list[torch.Tensor]:
    """The parameters as leaves that require gradients, in the contract's order."""
    import torch

    return [torch.from_numpy(np.array(params[n])).requires_grad_() for n in NAMES]


# ---------------------------------------------------------------- parameters and state


def get_params(lab: Lab, vocab_size: int, num_hiddens: int, rng_seed: int) -> Answer:
    """``get_params``: its tensors, and for each whether it requires a gradient and is a leaf."""
    import torch

    torch.manual_seed(rng_seed)
    found = call(
        lab.get("get_params"), vocab_size=vocab_size, num_hiddens=num_hiddens, device=cpu()
    )
    if not isinstance(found, (list, tuple)) or not all(isinstance(p, torch.Tensor) for p in found):
        raise Failed(
            Text(
                f"get_params 应返回五个张量的列表，实际返回 {type_name(found)}",
                f"get_params should return a list of five tensors, got {type_name(found)}",
            )
        )
    return {
        "params": list(found),
        "requires_grad": [bool(p.requires_grad) for p in found],
        "leaf": [bool(p.is_leaf) for p in found],
    }


def init_state(lab: Lab, batch_size: int, num_hiddens: int) -> Answer:
    """``init_rnn_state``: what it returns."""
    function = lab.get("init_rnn_state")
    state = call(function, batch_size=batch_size, num_hiddens=num_hiddens, device=cpu())
    return {"state": state}


# ---------------------------------------------------------------- rnn


def _rnn(lab: Lab, inputs: Any, state: Any, params: list[torch.Tensor]) -> tuple[Any, Any]:
    """``rnn``: outputs and state; further return values after them are allowed."""
    result = call(lab.get("rnn"), inputs=inputs, state=state, params=params)
    return _pair("rnn", result)


def _pair(name: str, result: Any) -> tuple[Any, Any]:
    if not isinstance(result, (tuple, list)) or len(result) < 2:
        raise Failed(
            Text(
                f"{name} 应返回 outputs 和状态，实际返回 {type_name(result)}",
                f"{name} should return outputs and the state, got {type_name(result)}",
            )
        )
    return result[0], result[1]


def rnn(lab: Lab, params: Arrays, inputs: np.ndarray, state: np.ndarray) -> Answer:
    """``rnn`` on inputs (T, B, V) from the state (B, H)."""
    import torch

    with torch.no_grad():
        given = torch.from_numpy(inputs), (torch.from_numpy(state),)
        outputs, new = _rnn(lab, *given, tensors(params))
    return {"outputs": outputs, "state": new}


def continued(lab: Lab, params: Arrays, inputs: np.ndarray, state: np.ndarray, cut: int) -> Answer:
    """Outputs and state of inputs[cut:], from the state after inputs[:cut]."""
    import torch

    leaves = tensors(params)
    with torch.no_grad():
        x = torch.from_numpy(inputs)
        _, new = _rnn(lab, x[:cut], (torch.from_numpy(state),), leaves)
        outputs, new = _rnn(lab, x[cut:], new, leaves)
    return {"outputs": outputs, "state": new}


def rnn_slopes(
    lab: Lab,
    params: Arrays,
    inputs: np.ndarray,
    state: np.ndarray,
    loss_weight: np.ndarray,
    directions: list[Arrays],
    step: float,
) -> Answer:
    """The slopes of sum(loss_weight * outputs) by each parameter and the state, in two ways.

    `directions` holds N directions, arrays by the names of the parameters and ``state``.
    ``autograd`` (6, N) are the slopes by backward; ``moved`` (6, N, 2, T*B, V) are the outputs
    with the parameter moved by -step and +step, from which the check computes the slopes.
    """
    import torch

    x = torch.from_numpy(inputs)
    leaves = tensors(params)
    start = torch.from_numpy(np.array(state)).requires_grad_()
    outputs, _ = _rnn(lab, x, (start,), leaves)
    if outputs.requires_grad:
        (outputs.double() * torch.from_numpy(loss_weight)).sum().backward()
    found, moved = [], []
    for name, leaf in zip((*NAMES, "state"), (*leaves, start), strict=True):
        for direction in directions:
            gradient = 0.0 if leaf.grad is None else leaf.grad.double().numpy()
            found.append(float(np.sum(gradient * direction[name])))
            for signed in (-step, step):
                there = {**params, "state": state}
                there[name] = there[name] + np.float32(signed) * direction[name]
                with torch.no_grad():
                    at = (torch.from_numpy(there["state"]),)
                    moved.append(_rnn(lab, x, at, tensors(there))[0])
    shape = (len(NAMES) + 1, len(directions))
    return {
        "autograd": np.array(found, dtype=np.float64).reshape(shape),
        "moved": torch.stack(moved).reshape(*shape, 2, *outputs.shape),
    }


# ---------------------------------------------------------------- RNNModelScratch


def model(lab: Lab, params: Arrays, x: np.ndarray, state: np.ndarray) -> Answer:
    """``RNNModelScratch(...)(X, state)`` around our own functions, which record their arguments.

    ``inputs`` and ``state`` are the arguments of ``forward_fn``, ``outputs`` and ``new`` what the
    network returned. Our ``forward_fn`` returns the sum of the inputs over the batch at every
    step, and the state times 3.
    """
    import torch

    met: dict[str, Any] = {}
    ours = tensors(params)

    def get_params(vocab_size: int, num_hiddens: int, device: Any) -> list[torch.Tensor]:
        met["sizes"] = [vocab_size, num_hiddens]
        return ours

    def init_state(batch_size: int, num_hiddens: int, device: Any) -> tuple[torch.Tensor]:
        return (torch.full((batch_size, num_hiddens), 0.5, device=device),)

    def forward_fn(inputs: Any, state: Any, params: Any) -> tuple[torch.Tensor, Any]:
        met["inputs"], met["state"], met["params"] = inputs, state, list(params)
        sums = inputs.float().sum(dim=1)  # (T, V)
        return sums.repeat_interleave(inputs.shape[1], dim=0), tuple(3 * s for s in state)

    net = _scratch(lab, params, get_params, init_state, forward_fn)
    with torch.no_grad():
        X = torch.from_numpy(np.array(x, dtype=np.int64))
        result = call(net, X=X, state=(torch.from_numpy(state),))
        outputs, new = _pair("RNNModelScratch(...)", result)
    return {**met, "outputs": outputs, "new": new}


def begin_state(lab: Lab, params: Arrays, batch_size: int) -> Answer:
    """``RNNModelScratch.begin_state`` and ``params`` around our own functions.

    Every entry of our initial state is ``batch_size + num_hiddens / 100``.
    """
    import torch

    ours = tensors(params)

    def init_state(batch_size: int, num_hiddens: int, device: Any) -> tuple[torch.Tensor]:
        value = batch_size + num_hiddens / 100
        return (torch.full((batch_size, num_hiddens), value, device=device),)

    net = _scratch(lab, params, lambda *_, **__: ours, init_state, lambda *_, **__: None)
    state = call(method(net, "RNNModelScratch", "begin_state"), batch_size=batch_size, device=cpu())
    found: Any = getattr(net, "params", None)
    return {"state": state, "params": list(found) if hasattr(found, "__iter__") else found}


def _scratch(lab: Lab, params: Arrays, get_params: Any, init_state: Any, forward_fn: Any) -> Any:
    vocab_size, num_hiddens = params["W_xh"].shape
    net = call(
        lab.get("RNNModelScratch"),
        vocab_size=vocab_size,
        num_hiddens=num_hiddens,
        device=cpu(),
        get_params=get_params,
        init_state=init_state,
        forward_fn=forward_fn,
    )
    if not callable(net):
        raise Missing(Undefined("RNNModelScratch.__call__"))
    return net


# ---------------------------------------------------------------- RNNModel


def _made(lab: Lab, weights: Arrays, kind: str, layers: int, directions: int) -> tuple[Any, Any]:
    """The student's ``RNNModel`` with weights of its own, and our layer that it is made around."""
    import torch

    V = weights["linear.weight"].shape[0]
    H = weights["weight_hh_l0"].shape[1]
    layer = getattr(torch.nn, kind)(V, H, layers, bidirectional=directions == 2)
    spare = sizes(hidden=H, inputs=V) | {"device": cpu()}
    net = call(lab.get("RNNModel"), spare=spare, rnn_layer=layer, vocab_size=V)
    if not isinstance(net, torch.nn.Module):
        raise Failed(
            Text(
                f"RNNModel 应是 nn.Module 的子类，实际是 {type_name(net)}",
                f"RNNModel should be a subclass of nn.Module, got {type_name(net)}",
            )
        )
    return net, layer


def _module(lab: Lab, weights: Arrays, kind: str, layers: int, directions: int) -> Any:
    """The student's ``RNNModel`` around our own layer, with the weights of the case.

    `weights` holds the layer's parameters by their names in torch, and ``linear.weight``,
    ``linear.bias``.
    """
    import torch

    net, layer = _made(lab, weights, kind, layers, directions)
    linear = next((m for m in net.modules() if isinstance(m, torch.nn.Linear)), None)
    if linear is None:
        raise Missing(
            Text("RNNModel 没有 linear（nn.Linear）", "RNNModel has no linear (nn.Linear)")
        )
    wanted = weights["linear.weight"].shape
    if tuple(linear.weight.shape) != wanted:
        raise Failed(
            Text(
                f"linear 应从循环层的输出（{wanted[1]} 维：方向数 × H）到 {wanted[0]} 个 logits，"
                f"实际是 {linear.in_features} 到 {linear.out_features}",
                f"linear should go from the layer's outputs ({wanted[1]} entries: directions "
                f"times H) to {wanted[0]} scores, got {linear.in_features} to "
                f"{linear.out_features}",
            )
        )
    inner = next((m for m in net.modules() if isinstance(m, torch.nn.RNNBase)), layer)
    with torch.no_grad():
        for name, parameter in inner.named_parameters():
            parameter.copy_(torch.from_numpy(weights[name]))
        linear.weight.copy_(torch.from_numpy(weights["linear.weight"]))
        if linear.bias is not None:
            linear.bias.copy_(torch.from_numpy(weights["linear.bias"]))
    return net.eval()


def module(
    lab: Lab, weights: Arrays, kind: str, layers: int, directions: int, x: np.ndarray, state: Arrays
) -> Answer:
    """``RNNModel(layer, V)(inputs (B, T), state)``; `state` holds h and, for an LSTM, c."""
    import torch

    net = _module(lab, weights, kind, layers, directions)
    start = tuple(torch.from_numpy(np.array(s)) for s in state.values())
    given = start if kind == "LSTM" else start[0]
    inputs = torch.from_numpy(np.array(x, dtype=np.int64))
    with torch.no_grad():
        result = call(net.forward, inputs=inputs, state=given)
    outputs, new = _pair("RNNModel.forward", result)
    return {"outputs": outputs, "state": new}


def module_slopes(
    lab: Lab,
    weights: Arrays,
    kind: str,
    layers: int,
    directions: int,
    x: np.ndarray,
    state: Arrays,
    loss_weight: np.ndarray,
) -> Answer:
    """The scores, and the gradients of sum(loss_weight * scores) by the names in `weights`.

    ``again`` are the scores of a second call, in training mode as the first one.
    """
    import torch

    net = _module(lab, weights, kind, layers, directions).train()

    def scores() -> torch.Tensor:
        start = tuple(torch.from_numpy(np.array(s)) for s in state.values())
        inputs = torch.from_numpy(np.array(x, dtype=np.int64))
        result = call(net.forward, inputs=inputs, state=start if kind == "LSTM" else start[0])
        outputs: torch.Tensor = _pair("RNNModel.forward", result)[0]
        return outputs

    outputs = scores()
    if outputs.requires_grad:
        (torch.from_numpy(np.array(loss_weight)) * outputs).sum().backward()
    linear = next(m for m in net.modules() if isinstance(m, torch.nn.Linear))
    inner = next(m for m in net.modules() if isinstance(m, torch.nn.RNNBase))
    grads = {name: parameter.grad for name, parameter in inner.named_parameters()}
    grads |= {f"linear.{name}": parameter.grad for name, parameter in linear.named_parameters()}
    with torch.no_grad():
        again = scores()
    return {"outputs": outputs.detach(), "grads": grads, "again": again}


def module_state(
    lab: Lab, weights: Arrays, kind: str, layers: int, directions: int, batch_size: int
) -> Answer:
    """``RNNModel.begin_state``, with a batch size and without one."""
    net, _ = _made(lab, weights, kind, layers, directions)
    begin = method(net, "RNNModel", "begin_state")
    return {
        "state": call(begin, device=cpu(), batch_size=batch_size),
        "alone": call(begin, device=cpu()),
    }
