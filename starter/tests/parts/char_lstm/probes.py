"""Probes of part ``char_lstm``: the character-level LSTM in torch (Lab 6, part A).

Shapes: B batch, T time steps, V vocabulary, E embedding, H hidden, L layers. `weights` holds the
arrays of ``embed``, ``lstm`` and ``fc`` by their names in torch, such as ``lstm.weight_ih_l0``.

``train`` and ``generate`` run with the student's whole model and, if that does not pass, with a
stand-in that computes something else, so that a wrong ``forward`` costs only ``forward``.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from kit.argument_names import sizes
from kit.binding import bind, call, spelling
from kit.data import Answer, Arrays
from kit.lab import Lab
from kit.outcomes import Failed, Missing
from kit.plain import type_name
from kit.reasons import Undefined
from kit.stand_in import become
from kit.text import Text

if TYPE_CHECKING:
    import torch

LAYERS = {"embed": "Embedding", "lstm": "LSTM", "fc": "Linear"}
"""The model's attributes, and their classes in ``torch.nn``."""

Plan = list[tuple[int, int, bool]]
"""Steps (start, stop, carry) in which a model reads a text; see :func:`readings`."""

MAX_STEPS = 64  # steps of an optimiser that are recorded


# ---------------------------------------------------------------- the model


def build(
    lab: Lab, weights: Arrays, dropout: float = 0.0, stand_in: bool = False, x: Any = ((0,),)
) -> Any:
    """The student's ``CharLSTM(...)`` with the weights of the case in place of its own.

    x (..., B, T) is what it will read, for constructors that ask for its sizes.
    """
    import torch

    base = lab.get("CharLSTM")
    vocab, embed_size = weights["embed.weight"].shape
    hidden = weights["fc.weight"].shape[1]
    layers = sum(name.startswith("lstm.weight_ih") for name in weights)
    contract = {"vocab": vocab, "embed_size": embed_size, "hidden": hidden, "layers": layers}
    *_, batch, steps = np.shape(x)
    spare: dict[str, Any] = {"device": torch.device("cpu")}
    spare |= sizes(vocab=vocab, hidden=hidden, batch=batch, steps=steps)
    model = call(base, **contract, dropout=dropout, spare=spare)
    if stand_in:
        become(model, _stand_in(type(model)))
    with torch.no_grad():
        for name, value in parameters(model, weights).items():
            value.copy_(torch.from_numpy(np.asarray(weights[name])))
    return model


def layer(model: Any, name: str) -> Any:
    """The layer `name`: found by its name, an older spelling, or as the only one of its class."""
    import torch

    kind = getattr(torch.nn, LAYERS[name])
    children = dict(model.named_modules())
    for child, module in children.items():
        if spelling(child) == spelling(name):
            return module
    found = [module for module in children.values() if isinstance(module, kind)]
    if len(found) == 1:
        return found[0]
    raise Missing(
        Text(
            f"CharLSTM 没有属性 {name}（nn.{LAYERS[name]}）",
            f"CharLSTM has no attribute {name} (nn.{LAYERS[name]})",
        )
    )


def parameters(model: Any, weights: Arrays) -> dict[str, Any]:
    """The model's parameters by the names in `weights`, which have the same shapes."""
    found = {}
    for name, value in weights.items():
        owner, _, attribute = name.partition(".")
        parameter = getattr(layer(model, owner), attribute, None)
        shape = None if parameter is None else tuple(parameter.shape)
        if shape != np.shape(value):
            raise Failed(
                Text(
                    f"CharLSTM 的 {name} 形状应为 {np.shape(value)}，实际是 {shape}；"
                    "请保留给出的构造函数",
                    f"{name} of CharLSTM should have shape {np.shape(value)}, got {shape}; keep "
                    "the constructor that is given",
                )
            )
        found[name] = parameter
    return found


def _call(model: Any, x: Any, hidden: Any = None) -> tuple[Any, Any]:
    """``model(x, hidden)``, with the parameter names of the student's ``forward``.

    The student's model is never called under no_grad: forward may ask its tensors for gradients,
    as retain_grad does.
    """
    import torch

    # Of the object, not of its class: the constructor may bind a forward.
    if getattr(model.forward, "__func__", None) is torch.nn.Module.forward:
        raise Missing(Undefined("CharLSTM.forward"))
    contract = {"x": x, "hidden": hidden}
    args, kwargs = bind(model.forward, contract, {}, ("hidden",) if hidden is None else ())
    result = model(*args, **kwargs)
    if not isinstance(result, (tuple, list)) or len(result) < 2:
        got = type_name(result)
        raise Failed(
            Text(
                f"CharLSTM.forward 应返回 logits 和 hidden，实际返回 {got}",
                f"CharLSTM.forward should return logits and hidden, got {got}",
            )
        )
    return result[0], result[1]


def _tensor(array: Any) -> Any:
    import torch

    return torch.from_numpy(np.array(array, dtype=np.int64))


def _stand_in(base: Any) -> Any:
    """A subclass of the student's CharLSTM that computes something else, a simple recurrence.

    s_t = tanh(e_t P + s_{t-1} Q) with fixed P, Q; the logits are fc(g s_T), where the number g
    depends on all weights of the LSTM, so that every parameter has a gradient.
    """
    import torch

    class StandIn(base):  # type: ignore[misc]
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            given = [a for a in (*args, *kwargs.values()) if a is not None]
            x = next(a for a in given if isinstance(a, torch.Tensor))
            states = [a for a in given if isinstance(a, (tuple, list))]
            embed, lstm, fc = (layer(self, name) for name in LAYERS)
            E, H, L = embed.embedding_dim, fc.in_features, lstm.num_layers
            turn = torch.arange(1, (E + H) * H + 1).to(fc.weight)  # dtype and device of fc
            P = 0.9 * torch.cos(turn[: E * H] ** 2).view(E, H)
            Q = 0.7 * torch.sin(turn[E * H :] ** 2).view(H, H)
            s = states[0][0][-1] if states else P.new_zeros(x.shape[0], H)  # (B, H)
            for t in range(x.shape[1]):
                s = torch.tanh(embed(x[:, t]) @ P + s @ Q)
            g = 0.5 + 0.1 * sum(torch.cos(p).mean() for p in lstm.parameters())
            top = torch.nn.functional.dropout(s, lstm.dropout, self.training)
            kept = s.expand(L, *s.shape).contiguous()  # (L, B, H)
            return fc(g * top), (kept, kept.clone())

    return StandIn


# ---------------------------------------------------------------- forward


def forward(lab: Lab, weights: Arrays, x: np.ndarray, state: Arrays | None = None) -> Answer:
    """``model(x, hidden)`` in evaluation mode: the logits and the hidden state."""

    model = build(lab, weights, x=x).eval()
    start = None if state is None else _start(model, state)
    logits, hidden = _call(model, _tensor(x), start)
    return {"logits": logits, "hidden": hidden}


def in_both_modes(lab: Lab, weights: Arrays, x: np.ndarray, state: Arrays) -> Answer:
    """Logits of x without a state, then from `state`: by a model for each call, in each mode."""
    found: Answer = {}
    for mode in ("training", "evaluation"):
        found[mode] = []
        for given in (False, True):
            model = build(lab, weights, x=x).train(mode == "training")
            start = _start(model, state) if given else None
            found[mode].append(_call(model, _tensor(x), start)[0].detach())
    return found


def _start(model: Any, state: Arrays) -> tuple[Any, ...]:
    """The pair (h, c), in the precision of the model."""
    import torch

    kind = layer(model, "fc").weight.dtype
    return tuple(torch.from_numpy(np.array(state[name])).to(kind) for name in ("h", "c"))


def continued(lab: Lab, weights: Arrays, x: np.ndarray, cut: int) -> Answer:
    """Logits and state of x[:, cut:], from the state after x[:, :cut]."""

    model = build(lab, weights, x=x).eval()
    _, hidden = _call(model, _tensor(x[:, :cut]))
    logits, hidden = _call(model, _tensor(x[:, cut:]), hidden)
    return {"logits": logits, "hidden": hidden}


def repeated(
    lab: Lab, weights: Arrays, x: np.ndarray, state: Arrays, other: np.ndarray, halved: Arrays
) -> Answer:
    """Logits of x at three calls of one model without a state, and others between; in each mode.

    ``others``: the logits of the text `other`, and those of x with the weights `halved`.
    """

    found: Answer = {}
    for mode in ("training", "evaluation"):
        model = build(lab, weights).train(mode == "training")
        start = _start(model, state)
        rows = [_call(model, _tensor(x))[0].detach()]
        found["others"] = [_call(model, _tensor(other))[0].detach()]
        rows.append(_call(model, _tensor(x))[0].detach())
        _call(model, _tensor(x[:, ::-1]), start)
        rows.append(_call(model, _tensor(x))[0].detach())
        found[mode] = rows
    found["others"].append(_call(build(lab, halved).eval(), _tensor(x))[0].detach())
    return found


def slopes(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    directions: list[Arrays],
    step: float,
    loss_weight: np.ndarray,
) -> Answer:
    """Slopes along directions of each parameter, in training mode.

    ``autograd``: by backward, of sum(loss_weight * logits), a row for each parameter.
    ``moved``: the logits at -step and +step, (parameters, directions, 2, B, V).
    """
    import torch

    model = build(lab, weights).train()
    named = parameters(model, weights)
    logits, _ = _call(model, _tensor(x))
    if logits.requires_grad:
        (torch.from_numpy(np.array(loss_weight)) * logits).sum().backward()
    grads = {n: np.zeros(w.shape) if named[n].grad is None else np.array(named[n].grad)
             for n, w in weights.items()}  # fmt: skip
    by_autograd = [[float((grads[n] * d[n]).sum()) for d in directions] for n in weights]
    moved = []
    for name, base in weights.items():
        for direction in directions:
            for sign in (-1, 1):  # a new model each: one that keeps a state starts from zero
                changed = weights | {name: base + sign * step * direction[name]}
                other = build(lab, changed).train()
                moved.append(np.array(_call(other, _tensor(x))[0].detach()))
    shape = (len(named), len(directions), 2, *np.shape(loss_weight))
    return {"autograd": np.array(by_autograd), "moved": np.array(moved).reshape(shape)}


def readings(
    lab: Lab,
    weights: Arrays,
    x: Any,
    plans: list[Plan],
    stand_in: bool = False,
    dropout: float = 0.0,
) -> Answer:
    """Logits (N, steps, V) of each plan: a list of steps (start, stop, carry) over x (N, T).

    A step reads x[:, start:stop], from the state of the last step (`carry`) or from zeros. The
    model is in training mode only with `dropout`.
    """
    import torch

    model = build(lab, weights, dropout, stand_in, x).train(dropout > 0)
    columns, found = _tensor(x), []
    with torch.no_grad():
        for plan in plans:
            rows, hidden = [], None
            for start, stop, carry in plan:
                logits, hidden = _call(model, columns[:, start:stop], hidden if carry else None)
                rows.append(logits)
            found.append(torch.stack(rows, dim=1))
    return {"logits": found}


# ---------------------------------------------------------------- training


def record(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    scales: np.ndarray,
    epochs: int,
    clip: float,
    stand_in: bool = False,
    loss_scale: float = 1.0,
) -> Answer:
    """``train`` on batches x (N, B, T), y (N, B) with an optimiser that records and does not learn.

    For each step it records the gradients after backward (``raw``), the gradients at the step
    (``grads``), and the weights. At step k it sets the weights to scales[k] times the first ones.
    ``losses`` is what ``train`` returned. The criterion is multiplied by `loss_scale`.
    """
    import torch

    function = lab.get("train")
    model = build(lab, weights, stand_in=stand_in, x=x)
    named = parameters(model, weights)
    first = {name: _copy(parameter) for name, parameter in named.items()}
    raw: dict[str, Any] = {}
    for name, parameter in named.items():
        parameter.register_post_accumulate_grad_hook(_keeper(raw, name))
    steps: list[Answer] = []

    class _Scaled(torch.nn.CrossEntropyLoss):
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return loss_scale * super().forward(*args, **kwargs)

    class Onlooker(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            with torch.enable_grad():
                loss = None if closure is None else closure()
            scale = float(scales[min(len(steps), len(scales) - 1)])
            if len(steps) < MAX_STEPS:
                grads = {n: _copy(p.grad) for n, p in named.items()}
                met = {n: _copy(p) for n, p in named.items()}
                steps.append({"raw": dict(raw), "grads": grads, "weights": met})
            for (
                name,
                parameter,
            ) in named.items():  # autograd does not see this, so a stale graph stays usable
                parameter.data.copy_(scale * first[name])
            return loss

    losses = call(
        function,
        model=model,
        loader=_loader(x, y),
        criterion=_Scaled() if loss_scale != 1 else torch.nn.CrossEntropyLoss(),
        optim=Onlooker(model.parameters(), lr=0.1),
        device=torch.device("cpu"),
        epochs=epochs,
        clip=clip,
        print_every=1000,
        optional=("device", "print_every"),
        spare=sizes(vocab=len(weights["fc.weight"])),
    )
    return {"losses": losses, "steps": steps}


def right_steps(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    scales: np.ndarray,
    epochs: int,
    stand_in: bool = False,
) -> Answer:
    """What :func:`record` should record, by this model's own forward; for the reference.

    Three answers are right: a zero state for each batch (``fresh``), the state carried on
    without its history within an epoch (``epoch``) or throughout (``always``). Each has
    ``losses`` (epochs,) and ``grads`` with a leading axis of steps.
    """
    import torch

    model = build(lab, weights, stand_in=stand_in, x=x)
    named = parameters(model, weights)
    first = {name: _copy(parameter) for name, parameter in named.items()}
    found = {}
    for way in ("fresh", "epoch", "always"):
        losses, grads, hidden = [], [], None
        for k in range(epochs * len(x)):
            with torch.no_grad():
                for name, parameter in named.items():
                    parameter.copy_(first[name] * (float(scales[k - 1]) if k else 1.0))
            n = k % len(x)
            if way == "fresh" or (way == "epoch" and n == 0):
                hidden = None
            logits, hidden = _call(model, _tensor(x[n]), hidden)
            hidden = tuple(part.detach() for part in hidden)
            value = torch.nn.functional.cross_entropy(logits, _tensor(y[n]))
            losses.append(value.detach())
            grads.append(torch.autograd.grad(value, list(named.values())))
        stacked = {name: torch.stack(g) for name, g in zip(named, zip(*grads))}
        mean = torch.stack(losses).view(epochs, len(x)).mean(dim=1)
        found[way] = {"losses": mean, "grads": stacked}
    return found


def _keeper(raw: dict[str, Any], name: str) -> Any:
    """A hook that records the accumulated gradient, before anything clips it."""

    def keep(parameter: Any) -> None:
        raw[name] = _copy(parameter.grad)

    return keep


def _copy(tensor: Any) -> Any:
    return None if tensor is None else tensor.detach().clone()


def _loader(x: np.ndarray, y: np.ndarray) -> Any:
    """The N batches x (N, B, T), y (N, B), in their order."""
    from torch.utils.data import DataLoader, TensorDataset

    class Windows(TensorDataset):
        """Takes a whole batch at once: one sample at a time costs a third of the training."""

        def __getitems__(self, indices: list[int]) -> list[torch.Tensor]:
            return [tensor[indices] for tensor in self.tensors]

    data = Windows(_tensor(x).flatten(0, 1), _tensor(y).flatten())
    return DataLoader(data, y.shape[1], drop_last=True, collate_fn=lambda batch: batch)


def learn(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    epochs: int,
    rate: float,
    clip: float,
) -> Answer:
    """The student's ``train`` with AdamW: the parameters at the end, by their names.

    ``weights`` holds those of the contract by its names.
    The only probe here that uses a GPU if there is one.
    """
    import torch

    function = lab.get("train")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = build(lab, weights, x=x).to(device)
    call(
        function,
        model=model,
        loader=_loader(x, y),
        criterion=torch.nn.CrossEntropyLoss(),
        optim=torch.optim.AdamW(model.parameters(), lr=rate, fused=True),
        device=device,
        epochs=epochs,
        clip=clip,
        print_every=1000,
        optional=("device", "print_every"),
        spare=sizes(vocab=len(weights["fc.weight"])),
    )
    trained = parameters(model, weights)
    return {"state": dict(model.state_dict()), "weights": trained, "device": device.type}


def recall(lab: Lab, weights: Arrays, state: Arrays, contexts: np.ndarray) -> Answer:
    """Logits (N, V) of `contexts` (N, T) by a model with the parameters from :func:`learn`."""
    import torch

    model = build(lab, weights, x=contexts).eval()
    model.load_state_dict({name: torch.from_numpy(np.array(a)) for name, a in state.items()})
    logits, _ = _call(model, _tensor(contexts))
    return {"logits": logits}


# ---------------------------------------------------------------- generation


def generate(
    lab: Lab,
    weights: Arrays,
    seed: str,
    characters: str,
    length: int,
    temp: float,
    count: int,
    rng_seed: int,
    dropout: float = 0.0,
    stand_in: bool = False,
) -> Answer:
    """`count` texts of ``generate`` by a model in training mode, from seeded generators."""
    import torch

    function = lab.get("generate")
    model = build(lab, weights, dropout, stand_in)
    random.seed(rng_seed)
    np.random.seed(rng_seed)
    torch.manual_seed(rng_seed)
    contract = {
        "model": model,
        "seed": seed,
        "c2i": {c: i for i, c in enumerate(characters)},
        "i2c": dict(enumerate(characters)),
        "vocab": len(characters),
        "length": length,
        "temp": temp,
        "device": torch.device("cpu"),
    }
    spare = sizes(hidden=weights["fc.weight"].shape[1], batch=1)
    texts = []
    for _ in range(count):
        model.train()
        texts.append(call(function, spare=spare, optional=("device",), **contract))
    return {"texts": texts}
