"""Probes of part ``scratch_rnn`` for reading, predicting, clipping and training.

``predict`` and ``train_epoch`` run with the mixers of ``probes_nets``, networks that compute
something else, so that a wrong network costs only the network. torch is imported inside the
functions.

Shapes: N batches, B batch, T time steps, V vocabulary.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from kit.binding import call, in_globals
from kit.data import Answer, Arrays
from kit.lab import Lab
from kit.outcomes import Failed
from kit.plain import type_name
from kit.text import Text

from . import probes_nets as nets

if TYPE_CHECKING:
    import torch

MAX_BATCHES = 400
"""The most batches that are taken from an iterator; no check's corpus has so many."""

CLIPS = ("grad_clipping", "clip_gradients", "grad_clip")
"""Names of a clipping function that a ``train_epoch`` may call."""

PAUSE_S = 0.012
"""The pause before each batch, which bounds the speed that ``train_epoch`` measures."""


# ---------------------------------------------------------------- reading


def batches(
    lab: Lab,
    name: str,
    corpus: list[int],
    batch_size: int,
    num_steps: int,
    epochs: int,
    rng_seed: int,
) -> Answer:
    """`epochs` passes of the iterator `name`: each a list of X, Y and whether both are tensors."""
    import torch

    function = lab.get(name)
    random.seed(rng_seed)
    np.random.seed(rng_seed)
    torch.manual_seed(rng_seed)
    found = []
    for _ in range(epochs):
        read = call(function, corpus=list(corpus), batch_size=batch_size, num_steps=num_steps)
        if not hasattr(read, "__iter__"):
            raise Failed(
                Text(
                    f"{name} 应产出一批批 X, Y，实际返回 {type_name(read)}",
                    f"{name} should give pairs X, Y, got {type_name(read)}",
                )
            )
        passed: list[Answer] = []
        for pair in read:
            if len(passed) == MAX_BATCHES:
                break
            if not isinstance(pair, (tuple, list)) or len(pair) < 2:
                raise Failed(
                    Text(
                        f"{name} 每次应产出 X, Y，实际返回 {type_name(pair)}",
                        f"{name} should give X, Y each time, got {type_name(pair)}",
                    )
                )
            X, Y = pair[:2]
            both = isinstance(X, torch.Tensor) and isinstance(Y, torch.Tensor)
            passed.append({"X": X, "Y": Y, "tensors": both})
        found.append(passed)
    return {"epochs": found}


# ---------------------------------------------------------------- predicting


class _Vocab:
    """The contract's vocabulary: ``vocab[token]``, ``idx_to_token``, ``len``."""

    unk = 0

    def __init__(self, characters: str) -> None:
        self.idx_to_token = list(characters)
        self.token_to_idx = {c: i for i, c in enumerate(characters)}

    def __len__(self) -> int:
        return len(self.idx_to_token)

    def __getitem__(self, tokens: Any) -> Any:
        if isinstance(tokens, (list, tuple)):
            return [self[token] for token in tokens]
        return self.token_to_idx[tokens]

    def to_tokens(self, indices: Any) -> Any:
        if isinstance(indices, (list, tuple)):
            return [self.idx_to_token[int(i)] for i in indices]
        return self.idx_to_token[int(indices)]


def predict(lab: Lab, weights: Arrays, characters: str, prefix: str, num_preds: int) -> Answer:
    """The text that ``predict`` gives with a mixer of these weights."""
    import torch

    begin = nets.begin_of(lab, "RNNModelScratch")
    net = nets.scratch_mixer(weights, {"calls": [], "begun": []}, begin)
    text = call(
        lab.get("predict", "predict_ch8"),
        prefix=prefix,
        num_preds=num_preds,
        net=net,
        vocab=_Vocab(characters),
        device=torch.device("cpu"),
    )
    return {"text": text}


# ---------------------------------------------------------------- clipping


def clip(lab: Lab, grads: list[np.ndarray], theta: float, kind: str) -> Answer:
    """The gradients after ``grad_clipping`` on a network whose gradients are `grads`.

    `kind` is ``module`` (an nn.Module), ``scratch`` (our own network with ``params``) or
    ``own`` (the student's RNNModelScratch, given these parameters).
    """
    import torch

    function = lab.get("grad_clipping")
    leaves: list[torch.Tensor] = [torch.zeros(g.shape).requires_grad_() for g in grads]
    if kind == "module":
        net = torch.nn.Module()
        for i, leaf in enumerate(leaves):
            parameter = leaves[i] = torch.nn.Parameter(leaf.detach())
            net.register_parameter(f"p{i}", parameter)
    elif kind == "scratch":
        net = nets.bare(leaves)
    else:
        net = call(
            lab.get("RNNModelScratch"),
            vocab_size=7,
            num_hiddens=5,
            device=torch.device("cpu"),
            get_params=lambda *_, **__: leaves,
            init_state=lambda *_, **__: None,
            forward_fn=lambda *_, **__: None,
        )
        leaves = list(net.params)
    for leaf, grad in zip(leaves, grads):
        leaf.grad = torch.from_numpy(np.array(grad, dtype=np.float32))
    call(function, net=net, theta=theta)
    return {"grads": [leaf.grad for leaf in leaves]}


# ---------------------------------------------------------------- one epoch


def epoch(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    scales: np.ndarray,
    use_random_iter: bool,
    kind: str = "scratch",
    updater: str = "function",
    clipping: bool = True,
    ours: bool = False,
    reduction: str = "mean",
    pause: float = PAUSE_S,
) -> Answer:
    """``train_epoch`` on batches x, y (N, B, T) with a mixer, and an updater that only records.

    At its step k the updater records the gradients and sets the weights to scales[k] times the
    first ones. `kind` is ``scratch``, or ``module`` for an nn.Module whose state is a tensor, or
    ``pair`` for one whose state is two tensors; `updater` is ``function`` or ``optimizer``.
    Without `clipping` the student's own clipping function does nothing, or, with `ours`, torch's
    function takes its place. The loss has this `reduction`; before each batch is a `pause` (s).

    ``calls``: the state of each call of the network, and whether it was attached to a graph.
    ``told``: the batch size that each update was told, 1 for an optimiser.
    ``seconds``: the time of the whole call; ``paused``: the least time of the pauses in it.
    """
    import torch

    function = lab.get("train_epoch", "train_epoch_ch8")
    met: dict[str, Any] = {"calls": [], "begun": []}
    makers = {"module": nets.module_mixer, "pair": nets.pair_mixer}
    begin = nets.begin_of(lab, "RNNModelScratch" if kind == "scratch" else "RNNModel")
    net = makers.get(kind, nets.scratch_mixer)(weights, met, begin)
    first = {name: p.detach().clone() for name, p in net.weights.items()}
    steps: list[Answer] = []
    told: list[float] = []

    def look(batch_size: float = 1) -> None:
        grads = {n: None if p.grad is None else p.grad.clone() for n, p in net.weights.items()}
        scale = float(scales[min(len(steps), len(scales) - 1)])
        if len(steps) < len(scales) + 1:
            steps.append(grads)
            told.append(float(batch_size))
        for name, parameter in net.weights.items():
            parameter.data.copy_(
                scale * first[name]
            )  # autograd does not see this, so a stale graph stays usable

    def update(batch_size: int, *_: Any, **__: Any) -> None:
        look(batch_size)
        for parameter in net.weights.values():
            if parameter.grad is not None:
                parameter.grad.zero_()

    class Onlooker(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            look()

    given = update if updater == "function" else Onlooker(list(net.weights.values()), lr=0.1)
    read = _Slowly([(_long(a), _long(b)) for a, b in zip(x, y)], pause)
    instead = _clip_by_torch if ours else _leave
    began = time.perf_counter()
    with in_globals(function, {} if clipping else dict.fromkeys(CLIPS, instead)):
        result = call(
            function,
            net=net,
            train_iter=read,
            loss=torch.nn.CrossEntropyLoss(reduction=reduction),
            updater=given,
            device=torch.device("cpu"),
            use_random_iter=use_random_iter,
        )
    seconds = time.perf_counter() - began
    return {
        "returned": result,
        "steps": steps,
        "told": told,
        "calls": met["calls"],
        "begun": met["begun"],
        "seconds": seconds,
        "paused": pause * len(x),
    }


def _leave(*_: Any, **__: Any) -> None:
    """Clip nothing."""


def _clip_by_torch(net: Any, theta: float = 1.0, *_: Any, **__: Any) -> None:
    """Clip the gradients of a mixer; a wrong clipping function then costs only its own checks."""
    import torch

    torch.nn.utils.clip_grad_norm_(list(net.parameters()), theta)


class _Slowly:
    """Batches with a pause before each; can be iterated more than once."""

    def __init__(self, pairs: list[tuple[torch.Tensor, torch.Tensor]], pause: float) -> None:
        self._pairs = pairs
        self._pause = pause

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for pair in self._pairs:
            if self._pause:  # a sleep of no length still gives the processor away
                time.sleep(self._pause)
            yield pair


def _long(array: np.ndarray) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.array(array, dtype=np.int64))


# ---------------------------------------------------------------- learning


def _whole(lab: Lab, params: Arrays, device: Any) -> Any:
    """The student's network from their own functions, with the parameters of the case."""
    import torch

    from .probes import NAMES

    vocab_size, num_hiddens = params["W_xh"].shape
    net = call(
        lab.get("RNNModelScratch"),
        vocab_size=vocab_size,
        num_hiddens=num_hiddens,
        device=device,
        get_params=lab.get("get_params"),
        init_state=lab.get("init_rnn_state"),
        forward_fn=lab.get("rnn"),
    )
    with torch.no_grad():
        for name, parameter in zip(NAMES, net.params):
            parameter.copy_(torch.from_numpy(np.array(params[name])))
    return net


def learn(lab: Lab, params: Arrays, x: np.ndarray, y: np.ndarray, rate: float) -> Answer:
    """The parameters after the student's ``train_epoch`` on batches x, y (N, B, T) with Adam.

    The only probe here that uses a GPU if there is one.
    """
    import torch

    from .probes import NAMES

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = _whole(lab, params, device)
    call(
        lab.get("train_epoch", "train_epoch_ch8"),
        net=net,
        train_iter=[(_long(a).to(device), _long(b).to(device)) for a, b in zip(x, y)],
        loss=torch.nn.CrossEntropyLoss(),
        updater=torch.optim.Adam(list(net.params), lr=rate),
        device=device,
        use_random_iter=True,
    )
    return {"params": dict(zip(NAMES, net.params)), "device": device.type}


def recall(lab: Lab, params: Arrays, contexts: np.ndarray) -> Answer:
    """Scores (N, V) after each of `contexts` (N, T) by the student's network."""
    import torch

    device = torch.device("cpu")
    net = _whole(lab, params, device)
    state = call(net.begin_state, batch_size=len(contexts), device=device)
    result = call(net, X=_long(contexts), state=state)
    return {"scores": result[0][-len(contexts) :]}
