"""What the probes of ``sequence`` declare of their answers; see :mod:`kit.declared`."""

from __future__ import annotations

from kit.declared import AnyForm, Record, Several, Values, Words

_BACKWARD = {name: Values() for name in ("dx_t", "dh_prev", "dc_prev", "dWx", "dWh", "db")}

ANSWERS = {
    "lstm": Record({"h_t": Values(), "c_t": Values()}),
    "lstm_backward": Record(_BACKWARD),
    "lstm_restored": Record({"ways": Several(Record(_BACKWARD))}),
    "lstm_moved": Record({"h_t": Values(), "c_t": Values()}),
    "gru": Record({"h_t": Values()}),
    "bilstm": Record({"out": Values()}),
    "greedy": Record({"indices": Several(AnyForm())}),
    "probabilities": Record({"probs": Values()}),
    "draw_with_temperature": Record({"indices": Several(Several(AnyForm()))}),
    "draw_top_k": Record({"indices": Several(Several(AnyForm()))}),
    "pad": Record({"padded": Values(), "mask": Values()}),
    "cross_entropy": Record({"loss": AnyForm(), "dlogits": Values()}),
    "buckets": Record({"batches": Several(AnyForm())}),
    "mix": Record({"inputs": Values()}),
    "metric": Record({"values": Several(AnyForm())}),
    "drop": Record({"out": Values(), "mask": Values()}),
    "kept": Record({"changed": Words(), "read": Several(Words())}),
    "normalise": Record({"out": Values()}),
}
