"""Probes of the model of part ``poems``: an LSTM of two layers over characters (Lab 5).

Shapes: B batch, T time steps, V rows (the vocabulary and a spare one), E embedding, H hidden.
`weights` holds ``embedding (V, E)``, the LSTM's own names (``weight_ih_l0`` ...), ``fc_weight
(V, H)`` and ``fc_bias (V,)``. torch is imported inside the functions: this file must load
without it.

The model has two contracts, which differ only in how the model is made and called:
``lab5`` reads a batch ``(B, T)`` at once; ``nndl`` is made with a batch size and reads one poem
``(T, 1)``. :func:`scores_of` hides the difference, so that every check serves both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kit.argument_names import sizes
from kit.binding import bind, call, find_attribute
from kit.data import Answer, Arrays
from kit.lab import Lab
from kit.outcomes import Failed, Missing, NotAttempted
from kit.plain import type_name
from kit.text import Text

LSTM = tuple(f"{kind}_l{layer}" for layer in (0, 1) for kind in
             ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))  # fmt: skip

ROWS = "nndl with rows"
"""The contract ``nndl`` for a hand-in whose model, training and generator take ``(B, T)``."""

CONSTRUCTOR_BATCH = 4
"""For a constructor that takes a batch size; no call has this number of poems."""


# ---------------------------------------------------------------- the model


def make(lab: Lab, rows: int, embedding_dim: int, hidden: int, kind: Any = None) -> Any:
    """The student's ``RNN_model``, or a model of `kind`, of these sizes, in evaluation mode."""
    import torch

    torch.manual_seed(0)  # a constructor may draw, but no result depends on its draws
    embedding = call(
        _class(lab, "word_embedding", torch.nn.Embedding),
        spare={"device": torch.device("cpu")},
        vocab_length=rows,
        embedding_dim=embedding_dim,
    )
    model = call(
        _class(lab, "RNN_model") if kind is None else kind,
        spare={
            **sizes(batch=CONSTRUCTOR_BATCH),
            "device": torch.device("cpu"),
            "num_layers": 2,
            "n_layers": 2,
            "dropout": 0.0,
        },
        vocab_len=rows,
        word_embedding=embedding,
        embedding_dim=embedding_dim,
        lstm_hidden_dim=hidden,
    )
    if not isinstance(model, torch.nn.Module):
        raise Failed(
            Text(
                f"RNN_model 应是 nn.Module 的子类，实际是 {type_name(model)}",
                f"RNN_model should be a subclass of nn.Module, got {type_name(model)}",
            )
        )
    return model.eval()


def build(lab: Lab, weights: Arrays, strict: bool = False) -> Any:
    """The student's model with the weights of the case in place of its own.

    With `strict` the model must be an LSTM of two layers without other parameters. Without it the
    weights are fitted to the layers that exist, so that a model of one layer can run as well.
    """
    import torch

    rows, embedding_dim = weights["embedding"].shape
    model = make(lab, rows, embedding_dim, weights["fc_weight"].shape[1])
    lstm = dict(rnn_lstm(model).named_parameters())
    if strict and {n: tuple(p.shape) for n, p in lstm.items()} != {
        n: weights[n].shape for n in LSTM
    }:
        raise Failed(
            Text(
                "rnn_lstm 的参数形状与两层 LSTM（embedding_dim 到 lstm_hidden_dim）不符",
                "the parameters of rnn_lstm do not have the shapes of an LSTM of two layers from "
                "embedding_dim to lstm_hidden_dim",
            )
        )
    with torch.no_grad():
        for name, parameter in _named(model):
            value = np.resize(weights.get(name, weights["weight_hh_l1"]), tuple(parameter.shape))
            parameter.copy_(torch.from_numpy(value))
    return model


def rnn_lstm(model: Any) -> Any:
    """The recurrent layer: the attribute ``rnn_lstm``, else the first ``RNNBase`` of the model."""
    import torch

    found = find_attribute([model], "rnn_lstm")
    if found is not None and isinstance(getattr(*found), torch.nn.Module):
        return getattr(*found)
    if not any(isinstance(m, (torch.nn.RNNBase, torch.nn.RNNCellBase)) for m in model.modules()):
        if _untouched(model):
            raise NotAttempted(
                Text(
                    "RNN_model 里的两处空白（rnn_lstm 和 forward）还没有填",
                    "the two blanks of RNN_model (rnn_lstm, and forward) are still empty",
                )
            )
    return _first(model, torch.nn.RNNBase, "rnn_lstm", 0)


def _untouched(model: Any) -> bool:
    """Whether the blanks of the exercise's ``rnn.py`` are empty: forward never sets ``output``."""
    import torch

    sentence = torch.from_numpy(np.zeros((2, 1), dtype=np.int64))
    try:
        call_model(model, {"sentence": sentence}, False)
    except NameError:  # UnboundLocalError is a subclass
        return True
    except Exception:
        return False
    return False


def _embedding(model: Any) -> Any:
    import torch

    return _first(model, torch.nn.Embedding, "word_embedding_lookup", 0)


def _linear(model: Any) -> Any:
    import torch

    found = getattr(model, "fc", None)
    return found if isinstance(found, torch.nn.Linear) else _first(model, torch.nn.Linear, "fc", -1)


def _first(model: Any, kind: type, name: str, index: int) -> Any:
    found = [module for module in model.modules() if isinstance(module, kind)]
    if not found:
        raise Missing(
            Text(
                f"RNN_model 没有 {name}（{kind.__name__}）",
                f"RNN_model has no {name} ({kind.__name__})",
            )
        )
    return found[index]


def _class(lab: Lab, name: str, default: Any = None) -> Any:
    """The class `name`; a script may also have bound the name to an instance of the class."""
    if default is not None and not lab.has(name):
        return default
    found = lab.get(name)
    return found if isinstance(found, type) or not hasattr(found, "parameters") else type(found)


def _known(name: str) -> str:
    """The name in `weights` for a parameter of the student's recurrent layer."""
    name = name.removesuffix("_reverse")
    return name if name in LSTM else f"{name.rsplit('_l', 1)[0]}_l1"


# ---------------------------------------------------------------- the call


def scores_of(model: Any, x: np.ndarray, contract: str, is_test: bool = False) -> Any:
    """The scores that the model gives for poems x (B, T), as a tensor, by its contract.

    No call is made under no_grad: forward may ask its tensors for gradients, as retain_grad does.
    """
    import torch

    sentence = torch.from_numpy(np.ascontiguousarray(x, dtype=np.int64))
    sentence = sentence.to(next(model.parameters()).device)
    if contract == "lab5":
        return call_model(model, {"sentence": sentence, "batch_size": len(x)}, is_test)
    axis = 0 if contract == ROWS else 1
    poems = [call_model(model, {"sentence": s.unsqueeze(axis)}, is_test) for s in sentence]
    return poems[-1] if is_test else torch.cat(poems)


def _layout(lab: Lab, contract: str) -> str:
    """``ROWS`` in place of ``nndl`` where the whole hand-in gives its model poems as ``(B, T)``."""
    from .probes_nndl import feeds_rows

    return ROWS if contract == "nndl" and feeds_rows(lab) else contract


def call_model(model: Any, given: dict[str, Any], is_test: bool) -> Any:
    import torch

    if is_test:
        given = given | {"is_test": True}
    spare = {**sizes(batch=1), "is_test": is_test, "device": given["sentence"].device}
    args, kwargs = bind(model.forward, given, spare)
    result = model(*args, **kwargs)
    if isinstance(result, (tuple, list)) and result:
        result = result[0]  # further return values are allowed
    if not isinstance(result, torch.Tensor):
        raise Failed(
            Text(
                f"RNN_model.forward 应返回张量，实际返回 {type_name(result)}",
                f"RNN_model.forward should return a tensor, got {type_name(result)}",
            )
        )
    return result


def lstm(lab: Lab, weights: Arrays, x: np.ndarray, h0: np.ndarray, c0: np.ndarray) -> Answer:
    """``rnn_lstm``: the shapes of its parameters and, if they fit, its output (B, T, H).

    x (B, T, E) is the layer's own input, h0 and c0 (2, B, H) its initial state.
    """
    import torch

    rows, embedding_dim = weights["embedding"].shape
    layer = rnn_lstm(make(lab, rows, embedding_dim, weights["fc_weight"].shape[1]))
    parameters = dict(layer.named_parameters())
    shapes = {name: list(p.shape) for name, p in parameters.items()}
    if shapes != {name: list(weights[name].shape) for name in LSTM}:
        return {"kind": type(layer).__name__, "shapes": shapes}
    batch_first = bool(getattr(layer, "batch_first", False))
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(weights[name]))
        given, h, c = (torch.from_numpy(a).to(parameter) for a in (x, h0, c0))
        output = layer(given if batch_first else given.transpose(0, 1), (h, c))[0]
        output = output if batch_first else output.transpose(0, 1)
    return {"kind": type(layer).__name__, "shapes": shapes, "output": output}


def forward(
    lab: Lab, weights: Arrays, x: np.ndarray, contract: str = "lab5", strict: bool = True
) -> Answer:
    """Scores of every step of the poems x (B, T), from zero states."""

    contract = _layout(lab, contract)
    return {"scores": scores_of(build(lab, weights, strict), x, contract)}


def last_row(lab: Lab, weights: Arrays, x: np.ndarray, contract: str = "lab5") -> Answer:
    """The call with ``is_test`` on one poem x (1, T), and all rows of the plain call.

    Each call, here and below, has a new model: another check tests that no state is kept.
    """

    contract = _layout(lab, contract)
    row = scores_of(build(lab, weights), x, contract, is_test=True)
    return {"row": row, "scores": scores_of(build(lab, weights), x, contract)}


def changes(lab: Lab, weights: Arrays, sentences: np.ndarray, contract: str = "lab5") -> Answer:
    """Scores of each of `sentences` (N, T), one poem at a time."""

    contract = _layout(lab, contract)
    return {"scores": [scores_of(build(lab, weights), s[None], contract) for s in sentences]}


def forward_again(
    lab: Lab, weights: Arrays, x: np.ndarray, others: list[np.ndarray], contract: str = "lab5"
) -> Answer:
    """Scores of x (B, T), of `others` (with another B and T) and of x again, by one model.

    ``training`` holds the first and the last of these for a model in training mode. Both start
    from the same seed, so that dropout of the student's own draws the same.
    """
    import torch

    contract = _layout(lab, contract)

    training = []
    model = build(lab, weights)
    first = scores_of(model, x, contract).clone()
    between = [scores_of(model, other, contract).clone() for other in others]
    again = scores_of(model, x, contract)
    model = build(lab, weights).train()
    for read in (x, *others, x):
        torch.manual_seed(0)
        training.append(scores_of(model, read, contract).clone())
    ends = [training[0], training[-1]]
    return {"first": first, "between": between, "again": again, "training": ends}


# ---------------------------------------------------------------- gradients and learning

GROUPS = {"embedding": ("embedding",), "lstm": LSTM, "fc": ("fc_weight", "fc_bias")}


def slopes(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    loss_weight: np.ndarray,
    directions: list[Arrays],
    step: float,
    contract: str = "lab5",
) -> Answer:
    """The slopes of the loss along N directions, for each group of weights, in two ways.

    loss = sum(loss_weight * log_softmax(scores)). `directions` holds arrays like `weights`.
    ``autograd`` (groups, N) are the slopes by backward; ``moved`` (groups, N, 2, B*T, V) are the
    scores with the weights moved by -step and +step, from which the check computes the slopes.
    """
    import torch

    contract = _layout(lab, contract)
    model = build(lab, weights)
    scores = _scores_to_learn_from(model, x, contract)
    if scores.requires_grad:
        loss = torch.log_softmax(scores.double(), dim=-1) * torch.from_numpy(loss_weight)
        loss.sum().backward()
    pairs = _named(model)
    found, moved = [], []
    for names in GROUPS.values():
        for direction in directions:
            found.append(sum(_slope(p, direction[n]) for n, p in pairs if n in names))
            for signed in (-step, step):
                there = {n: weights[n] + np.float32(signed) * direction[n] for n in names}
                moved.append(scores_of(build(lab, weights | there), x, contract).detach())
    shape = (len(GROUPS), len(directions))
    return {
        "autograd": np.array(found, dtype=np.float64).reshape(shape),
        "moved": torch.stack(moved).reshape(*shape, 2, *scores.shape),
    }


def _scores_to_learn_from(model: Any, x: np.ndarray, contract: str) -> Any:
    """Scores with gradients, in evaluation mode, where dropout is off, if there are any there.

    A forward may compute gradients in training mode only.
    """
    scores = scores_of(model, x, contract)
    return scores if scores.requires_grad else scores_of(model.train(), x, contract)


def _named(model: Any) -> list[tuple[str, Any]]:
    """Each parameter with the name in `weights` of its value."""
    fc = _linear(model)
    found = [(_known(name), p) for name, p in rnn_lstm(model).named_parameters()]
    found += [("embedding", _embedding(model).weight), ("fc_weight", fc.weight)]
    return found if fc.bias is None else [*found, ("fc_bias", fc.bias)]


def _slope(parameter: Any, direction: np.ndarray) -> float:
    """The gradient of a parameter along a direction; 0 if it has no gradient."""
    if parameter.grad is None:
        return 0.0
    along = np.resize(direction, tuple(parameter.shape))
    return float((parameter.grad.double().numpy() * along).sum())


def learn(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    rate: float,
    max_norm: float,
    contract: str = "lab5",
) -> Answer:
    """Train the student's model; returns its parameters at the end, by their names.

    ``weights`` holds those of the contract by its names.

    x and y (N, B, T) are N batches and their targets; each takes one step of Adam. The loss, the
    clipping and the optimiser are ours: only the model is tested. A GPU is used if there is one.
    """
    import torch

    contract = _layout(lab, contract)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = build(lab, weights).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    # Evaluation mode switches dropout off; cuDNN has no backward pass in that mode.
    with torch.backends.cudnn.flags(enabled=False):
        for n in range(len(x)):
            targets = torch.from_numpy(y[n].reshape(-1)).to(device)
            scores = _scores_to_learn_from(model, x[n], contract)
            loss = torch.nn.functional.cross_entropy(scores, targets)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
    trained = dict(_named(model))
    return {"state": dict(model.state_dict()), "weights": trained, "device": str(device.type)}


def recall(
    lab: Lab, weights: Arrays, state: Arrays, contexts: np.ndarray, contract: str = "lab5"
) -> Answer:
    """Scores (N, V) after each of `contexts` (N, T), by the parameters from :func:`learn`."""
    import torch

    contract = _layout(lab, contract)
    model = build(lab, weights)
    model.load_state_dict({name: torch.from_numpy(np.array(a)) for name, a in state.items()})
    scores = scores_of(model, contexts, contract)
    rows = weights["embedding"].shape[0]
    return {"scores": scores.reshape(len(contexts), -1, rows)[:, -1]}
