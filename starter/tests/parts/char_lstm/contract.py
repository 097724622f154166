"""What the part ``char_lstm`` consists of."""

from __future__ import annotations

from kit.part import Part

CONTRACT = Part(
    id="char_lstm",
    position=2,
    blanks=("CharLSTM.forward", "train", "generate"),
    given=("CharLSTM", "build_dataset"),
    distinctive=("CharLSTM",),
    torch=True,
    older_files=("rnn_experiment_framework.py",),
    torch_only=True,
    trains=("learn",),
    arguments={
        "seq_len": 120,
        "batch": 256,
        "hidden": 512,
        "embed": 256,
        "layers": 3,
        "dropout": 0.3,
        "lr": 2e-3,
        "epochs": 25,
        "clip": 5.0,
        "print_every": 200,
        "device": "cpu",
        "seed": 42,
        "data": "shakespeare.txt",
        "model": "char_lstm.pth",
    },
)
