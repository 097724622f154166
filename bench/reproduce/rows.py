"""The rows of the table, the shortest first."""

from __future__ import annotations

from . import notes, shakespeare, tang, time_machine
from .records import Picture, Reported, Row

LOSS = Picture("epoch", "mean loss of the epoch (nats)")
PERPLEXITY = Picture("epoch", "perplexity", log=True)

D2L = {"hidden": 512, "batch": 32, "num_steps": 35, "lr": 1.0, "clip": 1.0, "tokens": 10_000,
       "epochs": 500}  # fmt: skip
SHORT = {"hidden": 8, "tokens": 3_000, "epochs": 2}
COMPARED = {**D2L, "hidden": 64, "epochs": 150, "sampling": "sequential"}
LAB6 = {"seq_len": 40, "hidden": 128, "batch": 64, "lr": 1e-2, "clip": 5.0, "epochs": 25,
        "characters": None, "evaluated": 8192}  # fmt: skip
SHORT_LAB6 = {"characters": 4_000, "hidden": 8, "epochs": 2, "evaluated": 128}
LSTM_LOSSES = (
    Reported("loss of epoch 1", 1.65, 0.05),
    Reported("loss of epoch 2", 1.4, 0.05),
    Reported("loss of epoch 15", 1.2, 0.02),
    Reported("loss of epoch 25", 1.13, 0.02),
)
LOSSES_OF_LAB6 = (
    Reported("loss of epoch 1", 2.7, 0.05),
    Reported("loss of epoch 5", 2.0, 0.05),
    Reported("loss of epoch 15", 1.78, 0.02),
    Reported("loss of epoch 25", 1.67, 0.02),
)
NORMS = (
    Reported("norm, epoch 1, t = 40", 1.6e-2, 0.2e-2),
    Reported("norm, epoch 1, t = 1", 8.0e-3, 1.0e-3),
    Reported("norm, epoch 2, t = 1", 3.2e-6, 2.9e-6),
    Reported("norm, last epoch, t = 40", 5.4e-2, 0.6e-2),
    Reported("norm, last epoch, t = 1", 1.9e-6, 1.7e-6),
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
        explanation="The documents give one digit. The perplexity has stopped falling: it lies "
        "between 1.03 and 1.06 over the last hundred epochs.",
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
        explanation="The perplexity of single epochs still scatters at the end, between 1.37 and "
        "1.64 over the last hundred, because each epoch starts the text elsewhere and "
        "each batch from a zero state. The reported 1.4 lies within that scatter; the "
        "last epoch is above it.",
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
        explanation="An epoch of the documents takes every window, 16 times as many steps as one "
        "of these. By steps, this run is at 2.0 after 21,000 (epoch 19), and the mean "
        "of its first 16 epochs, which is the documents' first, is 2.3. Their 2.7 "
        "and, after 87,000 steps, 2.0 are slower; the likely reason are smaller "
        "initial weights, which the norms of the next row support. The "
        "reported losses are read as means over the epoch; the loss after it is "
        "lower. The norms at t = 40 agree before training (1.6e-2); those at t = 1 do "
        "not, for the same reason.",
    ),
    Row(
        "numpy-init",
        "Norms of dL/dh_t before training, by how the weights are drawn",
        shakespeare.initial_norms,
        {
            "seq_len": 40,
            "hidden": 128,
            "batch": 64,
            "stride": 1,
            "characters": None,
            "deviations": [
                [1.0, 0.0884, 0.0884],
                [0.1, 0.0884, 0.0884],
                [0.01, 0.0884, 0.0884],
                [0.01, 0.01, 0.01],
            ],
        },  # fmt: skip
        {"characters": 4_000, "deviations": [[1.0, 0.1, 0.1]]},
        0.1,
        reports="epoch 1: from 1.6e-2 (t = 40) down to 8.0e-3 (t = 1)",
        comparable=False,
        picture=Picture("t", "mean norm of dL/dh_t", log=True),
        explanation="Why the norms of epoch 1 differ. The solution draws Wxh with deviation 1, so "
        "tanh is saturated from the start and dL/dh_t falls by eight orders over 40 "
        "steps. With a Wxh ten to a hundred times smaller the norms at t = 1 are "
        "1.6e-3 to 1.5e-2, around the reported 8.0e-3: the documents' figure is of "
        "weights that are hardly trained and drawn so. That it falls to 3.2e-6 one "
        "epoch later is what saturation gives once the weights have grown. All "
        "weights at 0.01 are ruled out: the norm at t = 40 would be 1.8e-3.",
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
        explanation="After so few epochs of a small network the gated cells are behind at the same "
        "learning rate: this short setting says what an epoch costs, not what they reach.",
    ),
    Row(
        "clipping",
        "Clipped and not clipped, The Time Machine",
        time_machine.clipping,
        {**COMPARED, "lr": [1.0, 4.0, 10.0]},
        SHORT,
        1.5,
        reports="loss and seconds",
        comparable=False,
        picture=PERPLEXITY,
        explanation="At a learning rate of 1 the norm of the mean loss's gradient stays below the "
        "threshold of 1, so that clipping changes nothing. At 4 two of three seeds leave the text "
        "behind and at 10 all do; without clipping they go much further.",
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
        explanation="All three cuts do the same work, since each window is still gone through "
        "once; what a cut saves is memory and the wait for the last step.",
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
        explanation="A sixth of the epochs; the documents print no number beside the curve.",
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
        LSTM_LOSSES,
        comparable=False,
        picture=LOSS,
        explanation="Smaller in every size, for a CPU: its losses are no test of the documents'. "
        "The documents' setting is the row `char-lstm-gpu`.",
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
        explanation="Each loss is below the reported one, as the row with every 16th window "
        "suggests: the mean of its first 16 epochs is 2.3. The norms at t = 1 are smaller than the "
        "documents' by orders, because the solution draws Wxh with deviation 1 (see `numpy-init`); "
        "they grow from epoch to epoch. Half an hour on a quiet core for all 25 epochs; it goes on "
        "after each finished epoch.",
    ),
)

ON_A_GPU = (
    Row(
        "char-lstm-gpu",
        "LSTM, Shakespeare, the documents' setting, on a GPU",
        shakespeare.lstm,
        {
            "layers": 3,
            "embed": 256,
            "hidden": 512,
            "seq_len": 120,
            "batch": 256,
            "dropout": 0.3,
            "lr": 2e-3,
            "clip": 5.0,
            "steps": 0,
            "shares": 20,
            "epochs": 25,
            "device": "cuda",
        },  # fmt: skip
        {"steps": 4, "shares": 2, "epochs": 2, "hidden": 8, "embed": 8, "device": "cpu"},
        60,
        LSTM_LOSSES,
        picture=LOSS,
        explanation="A step is 10^12 operations, 4,357 steps an epoch: hours on a CPU. "
        "`bench/gpu.py` runs it for the time that a machine with a GPU has left.",
    ),
)
"""Rows that only a machine with a GPU can run in a reasonable time."""

CLAIMS = (
    Row(
        "claim-threshold",
        "A NaN loss: raise the threshold of clipping",
        notes.raised_threshold,
        {**COMPARED, "epochs": 60, "thresholds": [0.3, 1.0, 3.0, 10.0, 100.0]},
        {**SHORT, "thresholds": [1.0, 100.0]},
        1,
        reports="raising the threshold helps",
        comparable=False,
        explanation="Lower it: a higher threshold lets through the steps that overflow.",
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
        explanation="Part B has a loss at the last step only. The formula adds the losses of the "
        "steps before, so early norms are off by a factor.",
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
        explanation="The name is `ExponentialLR`.",
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
        explanation="The terms to keep are the near ones, those of the last steps before the "
        "loss: with ten of thirty steps they are within 7 % of the full gradient. As "
        "many from the far end stay 80 % away.",
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
        explanation="The snippet returns positions among the k, not indices of the vocabulary: "
        "its draws are among the k likeliest only by accident.",
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
        explanation="What decides is the spectral norm: all three matrices have a Frobenius norm "
        "of 6 to 10 and entries below 0.6, so neither of these, doubled or not, tells "
        "them apart. Below 1 the gradient vanishes; above 1 it can grow, where tanh "
        "is near its linear part.",
    ),
)
