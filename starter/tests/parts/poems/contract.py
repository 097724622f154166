"""What the part ``poems`` consists of."""

from __future__ import annotations

from kit.part import Part

CONTRACT = Part(
    id="poems",
    position=3,
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
    example="process_poems",
    trains=("learn",),
)
