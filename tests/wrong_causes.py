"""Mistakes whose cause was once named wrongly: what was made, and what must not be said of it."""

from __future__ import annotations

from dataclasses import dataclass

from handing_in import solution


@dataclass(frozen=True)
class Row:
    """A mistake as an edit of a solution, and the known mistakes that it is not."""

    name: str
    part: str
    find: str
    replace: str
    never: tuple[str, ...]

    @property
    def source(self) -> str:
        """The solution with the mistake in it."""
        text = solution(self.part)
        assert text.count(self.find) == 1, self.name
        return text.replace(self.find, self.replace)


CLIP = "        for g in grads:\n            g *= max_norm / norm  # in place: the model sees it"
GRADS = "        for g in grads:\n            g *= theta / norm  # in place"
STOP = "if self.best - loss > self.min_delta:"
DRAW = "    rng = np.random.default_rng() if rng is None else rng\n    h ="

ROWS = (
    Row(
        "the squared norm is compared with the limit", "numpy_rnn",
        "if norm > max_norm:", "if norm**2 > max_norm:",
        ("not_in_place", "clip_condition_reversed", "always_scaled"),
    ),
    Row(
        "only matrices are scaled", "numpy_rnn", CLIP,
        CLIP.replace("g *=", "g *= 1 if g.ndim < 2 else"),
        ("not_in_place", "clip_condition_reversed"),
    ),
    Row(
        "the sampler is seeded anew at each call", "numpy_rnn", DRAW,
        DRAW.replace("default_rng() if rng is None else rng", "default_rng(5)"),
        ("argmax",),
    ),
    Row(
        "the sample drops its state", "numpy_rnn",
        "logits, h, _ = model.forward(x, h)", "logits, _, _ = model.forward(x, h)",
        ("h0_ignored",),
    ),
    Row(
        "the temperature is at least one",
        "char_lstm",
        "torch.softmax(logits[0] / temp, dim=-1)",
        "torch.softmax(logits[0] / max(temp, 1.0), dim=-1)",
        ("temperature_on_probabilities",),
    ),
    Row(
        "only the layer's parameters are clipped", "char_lstm",
        "clip_grad_norm_(model.parameters(), clip)",
        "clip_grad_norm_(model.lstm.parameters(), clip)",
        ("no_clip", "clip_after_step", "clip_before_backward"),
    ),
    Row(
        "temperature sampling is seeded anew", "sequence",
        "return int(rng.choice(len(logits), p=temperature_probs(logits, temperature)))",
        "rng = np.random.default_rng(3)\n"
        "    return int(rng.choice(len(logits), p=temperature_probs(logits, temperature)))",
        ("sample_is_the_most_likely",),
    ),
    Row(
        "a temperature below one counts as one", "sequence",
        "return softmax(np.asarray(logits) / temperature)",
        "return softmax(np.asarray(logits) / max(temperature, 1.0))",
        ("temperature_ignored", "temperature_after_softmax"),
    ),
    Row(
        "greedy takes the smallest", "sequence", "np.argmax(logits)", "np.argmin(logits)",
        ("greedy_of_magnitudes",),
    ),
    Row(
        "BLEU against the first reference", "sequence",
        "r = min((abs(len(ref) - c), len(ref)) for ref in references)[1]",
        "r = len(references[0])", ("tie_takes_the_longer",),
    ),
    Row(
        "top-k by a threshold", "sequence",
        "keep = np.argsort(logits)[-k:]", "keep = np.flatnonzero(logits > np.sort(logits)[-k])",
        ("top_k_smallest",),
    ),
    Row(
        "larger is better", "extensions",
        "if self.best - loss > self.min_delta:",
        "if loss - (self.best if np.isfinite(self.best) else -np.inf) > self.min_delta:",
        ("best_follows_every_improvement",),
    ),
    Row(
        "the test flag is inverted", "poems", "return self.scores(output, is_test)",
        "return self.scores(output, not is_test)",
        ("not_flattened", "test_row_first", "test_row_ignored"),
    ),
    Row(
        "the first row is returned", "poems", "return self.scores(output, is_test)",
        "return self.scores(output, is_test)[:1]",
        ("not_flattened", "test_row_first", "test_row_ignored"),
    ),
    Row(
        "the largest magnitude", "poems", "np.argmax(predict[: len(int_to_word)])",
        "np.argmax(np.abs(predict[: len(int_to_word)]))", ("least_likely",),
    ),
    Row(
        "biases are not scaled", "scratch_rnn", GRADS,
        GRADS.replace("g *=", "g *= 1 if g.dim() < 2 else"),
        ("clip_new_tensors",),
    ),
    Row(
        "min_delta is added", "extensions", STOP, "if loss - self.min_delta < self.best:",
        ("min_delta_ignored", "ties_improve"),
    ),
    Row(
        "a rise is an improvement", "extensions", STOP,
        "if np.abs(loss - self.best) > self.min_delta:", ("waits_one_too_long",),
    ),
    Row(
        "a bidirectional layer", "poems", "num_layers=2, batch_first=True",
        "num_layers=2, batch_first=True, bidirectional=True", ("start_token_not_read",),
    ),
)  # fmt: skip
