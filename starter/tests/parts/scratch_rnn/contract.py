"""What the part ``scratch_rnn`` consists of."""

from __future__ import annotations

from kit.part import Part

CONTRACT = Part(
    id="scratch_rnn",
    position=4,
    blanks=(
        "get_params",
        "init_rnn_state",
        "rnn",
        "RNNModelScratch.__call__",
        "RNNModelScratch.begin_state",
        "predict",
        "grad_clipping",
        "seq_data_iter_sequential",
        "seq_data_iter_random",
        "train_epoch",
        "RNNModel.forward",
        "RNNModel.begin_state",
    ),
    given=("RNNModelScratch", "RNNModel"),
    distinctive=(
        "get_params",
        "init_rnn_state",
        "RNNModelScratch",
        "grad_clipping",
        "seq_data_iter_sequential",
        "seq_data_iter_random",
        "RNNModel",
        "predict_ch8",
        "train_epoch_ch8",
        "train_ch8",
    ),
    torch=True,
    older_names=(("predict_ch8", "predict"), ("train_epoch_ch8", "train_epoch")),
    torch_only=True,
    trains=("learn",),
)
