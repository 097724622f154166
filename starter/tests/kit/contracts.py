"""Which names each part of the lab consists of. Pure data: no part is imported to know this.

A part is a contract of names, not of file names. ``locate`` finds the files that define them,
``pack.py`` says what is written and what is missing.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_SOURCE_BYTES = 2_000_000
"""A larger Python file is not read: it is data."""

MAX_NOTEBOOK_BYTES = 16_000_000
"""A notebook holds its outputs too; its code alone is bounded by ``MAX_SOURCE_BYTES``."""

MAX_REPORT_BYTES = 30_000_000
"""A larger PDF is not kept."""


class Part(NamedTuple):
    """One part of the lab. Methods are written ``Class.method``."""

    id: str
    blanks: tuple[str, ...]  # what the student writes
    given: tuple[str, ...]  # printed in the starter
    distinctive: tuple[str, ...]  # a file that defines one of these belongs to the part
    torch: bool  # whether its classes may derive from torch's
    older_files: tuple[str, ...] = ()  # file names of older handouts
    older_names: tuple[tuple[str, str], ...] = ()  # (older spelling, name of the contract)
    optional: bool = False  # what is not defined of it is skipped, not missing
    contracts: tuple[str, ...] = ("",)  # ways to define it; a rubric may choose, else the first

    @property
    def file(self) -> str:
        """The starter's file name."""
        return f"{self.id}.py"

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the contract, the student's first."""
        return self.blanks + self.given

    def canonical(self, name: str) -> str:
        """The contract's spelling of `name`; `name` itself where it has no older spelling."""
        return dict(self.older_names).get(name, name)


PARTS: tuple[Part, ...] = (
    Part(
        "numpy_rnn",
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
        torch=False,
        older_files=("rnn_scratch_framework.py",),
    ),
    Part(
        "char_lstm",
        blanks=("CharLSTM.forward", "train", "generate"),
        given=("CharLSTM", "build_dataset"),
        distinctive=("CharLSTM",),
        torch=True,
        older_files=("rnn_experiment_framework.py",),
    ),
    Part(
        "poems",
        blanks=("process_poems", "RNN_model", "RNN_model.forward", "to_word", "gen_poem"),
        given=("start_token", "end_token", "word_embedding", "generate_batch", "run_training"),
        distinctive=(
            "process_poems",
            "process_poems1",
            "process_poems2",
            "RNN_model",
            "to_word",
            "gen_poem",
            "generate_batch",
        ),
        torch=True,
        older_files=("main.py", "rnn.py"),
        older_names=(("process_poems1", "process_poems"), ("process_poems2", "process_poems")),
        contracts=("lab5", "nndl"),
    ),
    Part(
        "scratch_rnn",
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
    ),
    Part(
        "sequence",
        blanks=(
            "lstm_step_forward",
            "lstm_step_backward",
            "gru_step_forward",
            "bilstm_forward",
            "greedy",
            "temperature_probs",
            "temperature_sample",
            "top_k_probs",
            "top_k_sample",
            "pad_sequences",
            "masked_cross_entropy",
            "bucket_by_length",
            "teacher_forcing_inputs",
            "perplexity",
            "bleu",
            "dropout_forward",
            "layer_norm",
        ),
        given=(),
        distinctive=(
            "lstm_step_forward",
            "lstm_step_backward",
            "gru_step_forward",
            "bilstm_forward",
            "temperature_probs",
            "temperature_sample",
            "top_k_probs",
            "top_k_sample",
            "masked_cross_entropy",
            "bucket_by_length",
            "teacher_forcing_inputs",
        ),
        torch=False,
    ),
    Part(
        "theory",
        blanks=(
            "forward",
            "immediate_dz_du",
            "delta",
            "grads_from_delta",
            "truncated_grads",
            "random_truncated_grads",
        ),
        given=(),
        distinctive=(
            "immediate_dz_du",
            "grads_from_delta",
            "truncated_grads",
            "random_truncated_grads",
        ),
        torch=False,
    ),
    Part(
        "extensions",
        blanks=(
            "Adam",
            "Adam.step",
            "EarlyStopping",
            "EarlyStopping.update",
            "exponential_decay",
            "cosine_decay",
            "GRU",
            "GRU.forward",
            "GRU.backward",
            "BiRNN",
            "BiRNN.forward",
            "BiRNN.backward",
            "acrostic",
        ),
        given=(),
        distinctive=(
            "Adam",
            "EarlyStopping",
            "exponential_decay",
            "cosine_decay",
            "GRU",
            "BiRNN",
            "acrostic",
        ),
        torch=False,
        optional=True,
    ),
)
"""The seven parts, in the order in which they are shown."""

BY_ID: dict[str, Part] = {part.id: part for part in PARTS}
