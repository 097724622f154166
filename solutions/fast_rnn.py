"""The network of ``numpy_rnn.py``, several times faster: for teachers, never given to students.

与 numpy_rnn.py 是同一个网络，但快几倍；供教师使用，不发给学生。

Same numbers, other order of the work. What each step gains is in ``docs/fast-rnn.md``:

* a one-hot row times a matrix is a row of the matrix, so the input needs a lookup, no product;
* all steps share their weights, so everything outside the recurrence is one product for all steps:
  the logits, dL/dh from the logits, and the gradients of the three matrices;
* buffers are allocated once and filled by ``out=``;
* float32 halves the memory that each step moves.

Shapes: B batch, T time steps, V vocabulary, H hidden. The buffers are time-major, `(T, B, H)`, so
that each step is one contiguous block.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy_rnn import RNN


class Caches(NamedTuple):
    """What a forward pass leaves for its backward pass, in buffers that the next one fills."""

    onehot: np.ndarray  # (T*B, V): the inputs, for the gradient of Wxh alone
    states: np.ndarray  # (T+1, B, H): h_0 .. h_T
    serial: int  # which forward pass filled them

    def __len__(self) -> int:
        """The number of time steps T."""
        return len(self.states) - 1


class FastRNN(RNN):
    """`RNN` with the same weights for the same `rng`, the same methods, and the same results.

    `dtype` is that of all arrays. The `caches` of a forward pass serve one backward pass, which
    must come before the next forward pass: that one overwrites them.
    """

    def __init__(self, vocab, hidden, rng=None, dtype=np.float32):
        super().__init__(vocab, hidden, rng)
        self.dtype = np.dtype(dtype)
        for owner in (self.cell, self):
            for name, value in list(vars(owner).items()):
                if isinstance(value, np.ndarray):
                    setattr(owner, name, value.astype(self.dtype))
        self._buffers = {}
        self._serial = 0

    def forward(self, X_batch, h0):
        """`X_batch (B,T)` int, `h0 (B,H)` -> `logits (B,V)`, `h_T (B,H)`, `caches`."""
        caches = self._states(X_batch, h0)
        h_T = caches.states[-1].copy()  # the buffer is filled again by the next pass
        return h_T @ self.Why + self.by, h_T, caches

    def forward_all(self, X_batch, h0):
        """`X_batch (B,T)` int, `h0 (B,H)` -> `logits (B,T,V)`, `h_T (B,H)`, `caches`.

        The logits are a view of a buffer, in the order of time: the next pass overwrites them.
        """
        caches = self._states(X_batch, h0)
        B, T = np.shape(X_batch)
        logits = self._buffer("logits", T, B, self.vocab)
        flat = logits.reshape(T * B, self.vocab)
        np.matmul(caches.states[1:].reshape(T * B, self.hidden), self.Why, out=flat)
        flat += self.by
        return logits.swapaxes(0, 1), caches.states[-1].copy(), caches

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        """`dlogits (B,V)`, `caches`, `h_T (B,H)` of `forward` -> `dh0 (B,H)`, perhaps norms too.

        Adds to all gradients. Raises ValueError for the caches of an earlier forward pass.
        """
        self.dWhy += h_T.T @ dlogits
        self.dby += dlogits.sum(axis=0)
        dh = np.asarray(dlogits @ self.Why.T, dtype=self.dtype)
        return self._through_time(dh, caches, None, collect_grad_norms)

    def backward_all(self, dlogits, caches, h_T):
        """`dlogits (B,T,V)`, `caches`, `h_T (B,H)` of `forward_all` -> `dh0 (B,H)`.

        Adds to all gradients. Raises ValueError for the caches of an earlier forward pass.
        """
        T, B = len(caches), len(h_T)
        by_time = np.asarray(dlogits, dtype=self.dtype).swapaxes(0, 1)
        flat = np.ascontiguousarray(by_time).reshape(T * B, self.vocab)
        states = caches.states[1:].reshape(T * B, self.hidden)
        self.dWhy += states.T @ flat
        self.dby += flat.sum(axis=0)
        from_logits = self._buffer("from_logits", T, B, self.hidden)
        np.matmul(flat, self.Why.T, out=from_logits.reshape(T * B, self.hidden))
        dh = np.zeros((B, self.hidden), self.dtype)  # nothing comes back from behind T
        return self._through_time(dh, caches, from_logits, collect=False)

    def _states(self, X_batch, h0):
        """The states h_0 .. h_T: the only part of the forward pass that is a loop."""
        by_time = np.ascontiguousarray(np.asarray(X_batch).T)  # (T, B)
        T, B = by_time.shape
        if by_time.min() < 0 or by_time.max() >= self.vocab:
            raise IndexError(
                f"X_batch 中应是 0 到 {self.vocab - 1} 的下标。 | "
                f"X_batch holds indices from 0 to {self.vocab - 1}."
            )
        states = self._buffer("states", T + 1, B, self.hidden)
        states[0] = h0
        # The bias joins the few rows of Wxh once, and not every state.
        rows = self.cell.Wxh + self.cell.bh
        # "clip" alone writes to `out` directly; the range was checked above.
        np.take(rows, by_time, axis=0, out=states[1:], mode="clip")
        product = self._buffer("product", 1, B, self.hidden)[0]
        for t in range(T):
            state = states[t + 1]
            np.matmul(states[t], self.cell.Whh, out=product)
            state += product
            np.tanh(state, out=state)
        onehot = self._buffer("onehot", 1, T * B, self.vocab)[0]
        onehot.fill(0)
        onehot[np.arange(T * B), by_time.ravel()] = 1
        self._serial += 1
        return Caches(onehot, states, self._serial)

    def _through_time(self, dh, caches, from_logits, collect):
        """dL/dh_T `(B,H)` -> dL/dh_0, and the gradients of the cell; `from_logits (T,B,H)`."""
        if caches.serial != self._serial:
            raise ValueError(
                "这些 caches 已被后来的 forward 覆盖；请在下一次 forward 之前调用 backward。 | "
                "A later forward pass overwrote these caches; call backward before the next one."
            )
        T, B = len(caches), len(dh)
        states = caches.states
        dz = self._buffer("dz", T, B, self.hidden)
        Whh_T = np.ascontiguousarray(self.cell.Whh.T)
        norms = []
        for t in reversed(range(T)):
            if from_logits is not None:
                dh += from_logits[t]
            if collect:
                norms.append(np.linalg.norm(dh, axis=1).mean())
            slope = dz[t]  # 1 - h_t^2, in the place of the result
            np.multiply(states[t + 1], states[t + 1], out=slope)
            np.subtract(1, slope, out=slope)
            slope *= dh
            np.matmul(slope, Whh_T, out=dh)
        flat = dz.reshape(T * B, self.hidden)
        self.cell.dWhh += states[:-1].reshape(T * B, self.hidden).T @ flat
        rows = caches.onehot.T @ flat  # (V, H)
        self.cell.dWxh += rows
        self.cell.dbh += rows.sum(axis=0)  # each step has one character, so the rows add up to it
        return (dh, norms[::-1]) if collect else dh

    def _buffer(self, name, *shape):
        """An array of this shape, the same one at each call."""
        buffer = self._buffers.get(name)
        if buffer is None or buffer.shape != shape:
            buffer = self._buffers[name] = np.empty(shape, self.dtype)
        return buffer


def cross_entropy(logits, targets):
    """`logits (...,V)`, `targets (...)` int -> the mean loss, and `dlogits` in place of `logits`.

    The same numbers as `softmax_cross_entropy`, over all steps and without a second array.
    """
    by_time = logits.swapaxes(0, 1) if logits.ndim == 3 else logits  # as it lies in memory
    flat = by_time.reshape(-1, logits.shape[-1])
    picked = np.arange(len(flat)), np.asarray(targets).T.ravel()
    flat -= flat.max(axis=-1, keepdims=True)
    right = flat[picked]  # a copy
    np.exp(flat, out=flat)
    total = flat.sum(axis=-1, keepdims=True)
    loss = float(np.mean(np.log(total[:, 0]) - right))
    flat *= 1 / (total * len(flat))
    flat[picked] -= 1 / len(flat)
    return loss, logits
