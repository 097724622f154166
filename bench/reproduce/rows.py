"""The rows of the table, the shortest first."""

from __future__ import annotations

from . import notes, shakespeare, tang, time_machine
from .records import Picture, Reported, Row

LOSS = Picture("epoch", "mean loss of the epoch (nats)")
PERPLEXITY = Picture("epoch", "perplexity", log=True)

D2L = {"hidden": 512, "batch": 32, "num_steps": 35, "lr": 1.0, "clip": 1.0, "tokens": 10_000,
       "epochs": 500}  # fmt: skip
SHORT = {"hidden": 8, "tokens": 3_000, "epochs": 2}
COMPARED = {**D2L, "hidden": 128, "epochs": 150, "sampling": "sequential"}
LAB6 = {"seq_len": 40, "hidden": 128, "batch": 64, "lr": 1e-2, "clip": 5.0, "epochs": 25,
        "characters": None, "evaluated": 8192}  # fmt: skip
SHORT_LAB6 = {"characters": 4_000, "hidden": 8, "epochs": 2, "evaluated": 128}
LOSSES_OF_LAB6 = (
    Reported("loss of epoch 1", 2.7, 0.05),
    Reported("loss of epoch 5", 2.0, 0.05),
    Reported("loss of epoch 15", 1.78, 0.02),
    Reported("loss of epoch 25", 1.67, 0.02),
)
NORMS = (
    Reported("norm, epoch 1, t = 40", 1.6e-2, 0.2e-2),
    Reported("norm, epoch 1, t = 1", 8.0e-3, 1.0e-3),
    Reported("norm, epoch 2, t = 1", 3.2e-6, 3.2e-6),
    Reported("norm, last epoch, t = 40", 5.4e-2, 0.6e-2),
    Reported("norm, last epoch, t = 1", 1.9e-6, 1.9e-6),
)

ROWS = (
    Row(
        "scratch-sequential",
        "RNN from scratch, The Time Machine, sequential",
        time_machine.perplexity,
        {**D2L, "model": "scratch", "sampling": "sequential"},
        SHORT,
        3,
        (Reported("perplexity", 1.1, 0.05),),
        picture=PERPLEXITY,
    ),
    Row(
        "scratch-random",
        "RNN from scratch, The Time Machine, random sampling",
        time_machine.perplexity,
        {**D2L, "model": "scratch", "sampling": "random"},
        SHORT,
        3,
        (Reported("perplexity", 1.4, 0.05),),
        picture=PERPLEXITY,
    ),
    Row(
        "concise",
        "`nn.RNN`, The Time Machine, sequential",
        time_machine.perplexity,
        {**D2L, "hidden": 256, "model": "RNN", "sampling": "sequential"},
        SHORT,
        1,
        (Reported("perplexity", 1.3, 0.05),),
        picture=PERPLEXITY,
    ),
    Row(
        "numpy-16",
        "NumPy RNN, Shakespeare, every 16th window (as our command line)",
        shakespeare.numpy_network,
        {**LAB6, "stride": 16},
        SHORT_LAB6,
        2.5,
        (*LOSSES_OF_LAB6, *NORMS),
        comparable=False,
        picture=Picture("t", "mean norm of dL/dh_t", log=True),
    ),
    Row(
        "cells",
        "RNN, LSTM and GRU, The Time Machine",
        time_machine.cells,
        COMPARED,
        SHORT,
        2,
        reports="loss and seconds",
        comparable=False,
        picture=PERPLEXITY,
    ),
    Row(
        "clipping",
        "Clipped and not clipped, The Time Machine",
        time_machine.clipping,
        {**COMPARED, "lr": [1.0, 4.0]},
        SHORT,
        1.5,
        reports="loss and seconds",
        comparable=False,
        picture=PERPLEXITY,
    ),
    Row(
        "truncation",
        "Gradients back through 5 steps, 20, the whole window, a random number",
        time_machine.truncation,
        {**COMPARED, "num_steps": 40, "every": [5, 20], "keep": 0.95},
        {**SHORT, "num_steps": 10, "every": [5]},
        2,
        reports="loss and seconds",
        comparable=False,
        picture=PERPLEXITY,
    ),
    Row(
        "poems",
        "Two-layer LSTM, 12,842 poems, 5 of 30 epochs",
        tang.written,
        {
            "epochs": 5,
            "batch": 32,
            "lr": 3e-3,
            "clip": 1.0,
            "embed": 100,
            "hidden": 128,
            "poems": 0,
        },  # fmt: skip
        {"epochs": 2, "poems": 64, "hidden": 8, "embed": 8},
        5,
        (Reported("poems", 12_842, 0), Reported("characters", 2_001, 2)),
        reports="a loss curve over 30 epochs, poems from given words",
        picture=LOSS,
    ),
    Row(
        "char-lstm",
        "LSTM, Shakespeare, smaller than the documents'",
        shakespeare.lstm,
        {
            "layers": 2,
            "embed": 64,
            "hidden": 128,
            "seq_len": 60,
            "batch": 64,
            "dropout": 0.3,
            "lr": 2e-3,
            "clip": 5.0,
            "steps": 300,
            "epochs": 8,
            "device": "cpu",
        },  # fmt: skip
        {"steps": 2, "epochs": 2, "hidden": 8, "embed": 8},
        8,
        (
            Reported("loss of epoch 1", 1.65, 0.05),
            Reported("loss of epoch 2", 1.4, 0.05),
            Reported("loss of epoch 15", 1.2, 0.02),
            Reported("loss of epoch 25", 1.13, 0.02),
        ),
        comparable=False,
        picture=LOSS,
    ),
    Row(
        "numpy-all",
        "NumPy RNN, Shakespeare, every window",
        shakespeare.numpy_network,
        {**LAB6, "stride": 1},
        {**SHORT_LAB6, "characters": 400},
        33,
        (*LOSSES_OF_LAB6, *NORMS),
        picture=Picture("t", "mean norm of dL/dh_t", log=True),
    ),
)

CLAIMS = (
    Row(
        "claim-threshold",
        "A NaN loss: raise the threshold of clipping",
        notes.raised_threshold,
        {**COMPARED, "hidden": 128, "epochs": 60, "thresholds": [0.3, 1.0, 3.0, 10.0, 100.0]},
        {**SHORT, "thresholds": [1.0, 100.0]},
        1,
        reports="raising the threshold helps",
        comparable=False,
    ),
    Row(
        "claim-delta",
        "The formula of delta_t for part B (it has a loss at every step)",
        notes.last_step_only,
        {"vocab": 9, "hidden": 16, "T": 12},
        {},
        0.1,
        reports="the formula gives part B's gradients",
        comparable=False,
    ),
    Row(
        "claim-schedule",
        "`ExponentialDecay` of torch",
        notes.exponential,
        {},
        {},
        0.1,
        reports="torch has `ExponentialDecay`",
        comparable=False,
    ),
    Row(
        "claim-truncated-sum",
        "The truncated sum of the BPTT notes",
        notes.truncated_sum,
        {"T": 30, "hidden": 16, "norm": 0.8, "steps": [2, 5, 10]},
        {},
        0.1,
        reports="a sum of which the wrong terms are dropped",
        comparable=False,
    ),
    Row(
        "claim-top-k",
        "The top-k snippet",
        notes.top_k,
        {"vocab": 50, "k": 5, "draws": 2000},
        {"draws": 50},
        0.1,
        reports="the snippet draws among the k likeliest",
        comparable=False,
    ),
    Row(
        "claim-norm",
        "Gradients explode where |W_hh| x 2 is far above 1",
        notes.which_norm,
        {"hidden": 64, "T": 40, "norms": [0.8, 1.0, 1.25]},
        {"T": 10},
        0.1,
        reports="|W_hh| x 2 >> 1 decides",
        comparable=False,
    ),
)
