"""What the part ``numpy_rnn`` consists of."""

from __future__ import annotations

from kit.part import Part

CONTRACT = Part(
    id="numpy_rnn",
    position=1,
    blanks=(
        "RNN.forward",
        "RNN.backward",
        "RNN.forward_all",
        "RNN.backward_all",
        "gradient_check",
        "clip_by_norm",
        "sample",
    ),
    given=(
        "one_hot",
        "RNNCell",
        "RNNCell.forward",
        "RNNCell.backward",
        "RNNCell.zero_grad",
        "RNNCell.step_grad",
        "softmax_cross_entropy",
        "RNN",
        "RNN.zero_grad",
        "RNN.step_grad",
        "build_dataset",
        "train",
    ),
    distinctive=("RNN", "RNNCell", "gradient_check", "clip_by_norm"),
    older_files=("rnn_scratch_framework.py",),
    example="RNN",
    trains=("learn",),
    arguments={
        "seq_len": 40,
        "hidden": 128,
        "lr": 1e-2,
        "epochs": 10,
        "batch": 64,
        "seed": 42,
        "data": "shakespeare.txt",
    },
)
