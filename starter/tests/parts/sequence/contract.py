"""What the part ``sequence`` consists of."""

from __future__ import annotations

from kit.part import Part

CONTRACT = Part(
    id="sequence",
    position=5,
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
)
