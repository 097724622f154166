"""The reference solutions against independent oracles: autograd, known distributions, real runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from grader import ROOT

T, B, H, V = 6, 3, 5, 7
WEIGHTS = ("Wxh", "Whh", "bh", "Why", "by")


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module solutions/numpy_rnn.py, as ``python solutions/...`` would see its neighbours."""
    monkeypatch.syspath_prepend(str(ROOT / "solutions"))
    for name in ("numpy_rnn", "corpora", "poems"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import numpy_rnn

    assert Path(numpy_rnn.__file__).parent == ROOT / "solutions"
    return numpy_rnn


def owner(model, name):
    return model.cell if hasattr(model.cell, name) else model


def make_case(lab, seed, dtype=np.float64):
    """A model with a saturated unit, inputs, a state that is not zero, gradients that are large."""
    rng = np.random.default_rng(seed)
    model = lab.RNN(V, H, rng)
    for name in WEIGHTS:
        shape = getattr(owner(model, name), name).shape
        setattr(owner(model, name), name, rng.normal(size=shape) / np.sqrt(H))
    model.cell.Whh[:, 0] *= 4
    model.cell.bh[0] = 3
    for name in WEIGHTS:
        setattr(owner(model, name), name, getattr(owner(model, name), name).astype(dtype))
    X = rng.integers(0, V, size=(B, T))
    h0 = rng.normal(size=(B, H)).astype(dtype)
    return model, X, h0, rng


def oracle(model, X, h0, dlogits, all_steps):
    """The same network in torch, differentiated by autograd."""
    torch = pytest.importorskip("torch")
    w = {
        n: torch.tensor(getattr(owner(model, n), n), dtype=torch.float64, requires_grad=True)
        for n in WEIGHTS
    }
    start = torch.tensor(h0, dtype=torch.float64, requires_grad=True)
    x = torch.nn.functional.one_hot(torch.tensor(X), V).double()
    hs = [start]
    for t in range(X.shape[1]):
        hs.append(torch.tanh(x[:, t] @ w["Wxh"] + hs[-1] @ w["Whh"] + w["bh"]))
        hs[-1].retain_grad()
    states = torch.stack(hs[1:], dim=1) if all_steps else hs[-1]
    logits = states @ w["Why"] + w["by"]
    (logits * torch.tensor(dlogits)).sum().backward()
    return {
        "logits": logits.detach().numpy(),
        "h_T": hs[-1].detach().numpy(),
        "dh0": start.grad.numpy(),
        "norms": [h.grad.norm(dim=1).mean().item() for h in hs[1:]],
        **{"d" + n: w[n].grad.numpy() for n in WEIGHTS},
    }


def assert_close(got, expected, tolerance=1e-12):
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= tolerance * np.abs(expected).max()


def gradients(model):
    return {"d" + n: getattr(owner(model, n), "d" + n) for n in WEIGHTS}


@pytest.mark.parametrize("seed", range(5))
def test_last_step_agrees_with_autograd(lab, seed):
    model, X, h0, rng = make_case(lab, seed)
    dlogits = 10 * rng.normal(size=(B, V))
    expected = oracle(model, X, h0, dlogits, all_steps=False)
    logits, h_T, caches = model.forward(X, h0)
    dh0, norms = model.backward(dlogits, caches, h_T, collect_grad_norms=True)
    assert len(caches) == T
    found = {"logits": logits, "h_T": h_T, "dh0": dh0, "norms": norms, **gradients(model)}
    for name, value in expected.items():
        assert_close(found[name], value)


@pytest.mark.parametrize("seed", range(5))
def test_every_step_agrees_with_autograd(lab, seed):
    model, X, h0, rng = make_case(lab, seed)
    dlogits = rng.normal(size=(B, T, V))
    expected = oracle(model, X, h0, dlogits, all_steps=True)
    logits, h_T, caches = model.forward_all(X, h0)
    dh0 = model.backward_all(dlogits, caches, h_T)
    found = {"logits": logits, "h_T": h_T, "dh0": dh0, **gradients(model)}
    for name in found:
        assert_close(found[name], expected[name])


def test_loss_and_its_gradient_agree_with_autograd_for_large_logits(lab):
    torch = pytest.importorskip("torch")
    logits = np.random.default_rng(0).normal(size=(B, V)) * 300
    targets = np.array([2, 2, 5])
    z = torch.tensor(logits, requires_grad=True)
    torch_loss = torch.nn.functional.cross_entropy(z, torch.tensor(targets))
    torch_loss.backward()
    loss, dlogits = lab.softmax_cross_entropy(logits, targets)
    assert loss == pytest.approx(torch_loss.item(), rel=1e-12)
    assert_close(dlogits, z.grad.numpy())


def test_float32_stays_within_its_tolerance(lab):
    model, X, h0, rng = make_case(lab, 1, np.float32)
    dlogits = rng.normal(size=(B, V))
    expected = oracle(model, X, h0, dlogits, all_steps=False)
    logits, h_T, caches = model.forward(X, h0)
    assert_close(model.backward(dlogits, caches, h_T), expected["dh0"], 1e-4)
    assert_close(logits, expected["logits"], 1e-4)


def test_backward_without_the_flag_returns_dh0_alone_and_gradients_add_up(lab):
    model, X, h0, rng = make_case(lab, 2)
    dlogits = rng.normal(size=(B, V))
    _, h_T, caches = model.forward(X, h0)
    once = model.backward(dlogits, caches, h_T)
    first = {name: value.copy() for name, value in gradients(model).items()}
    assert once.shape == (B, H)
    model.backward(dlogits, caches, h_T)
    for name, value in gradients(model).items():
        assert_close(value, 2 * first[name])
    model.zero_grad()
    assert not any(value.any() for value in gradients(model).values())


def test_nothing_given_is_changed_and_no_state_is_kept(lab):
    model, X, h0, rng = make_case(lab, 3)
    dlogits = rng.normal(size=(B, T, V))
    given = [X.copy(), h0.copy(), dlogits.copy()]
    logits, h_T, caches = model.forward_all(X, h0)
    model.backward_all(dlogits, caches, h_T)
    assert np.array_equal(model.forward_all(X, h0)[0], logits)
    for before, after in zip(given, (X, h0, dlogits), strict=True):
        assert np.array_equal(before, after)


def test_one_hot_takes_any_shape(lab):
    out = lab.one_hot([[0, 2, 1], [2, 2, 0]], 4)
    assert out.shape == (2, 3, 4)
    assert np.array_equal(out.argmax(-1), [[0, 2, 1], [2, 2, 0]])
    assert out.sum() == 6


def test_gradient_check_passes_a_right_model_and_restores_the_weights(lab):
    model, X, _, rng = make_case(lab, 4)
    before = {n: getattr(owner(model, n), n).copy() for n in WEIGHTS}
    errors = lab.gradient_check(model, X, rng.integers(0, V, size=B))
    assert list(errors) == list(WEIGHTS)
    assert max(errors.values()) < 1e-6
    for name in WEIGHTS:
        assert np.array_equal(before[name], getattr(owner(model, name), name))


@pytest.mark.parametrize("name", WEIGHTS)
def test_gradient_check_finds_the_one_wrong_array(lab, name):
    model, X, _, rng = make_case(lab, 5)
    right = model.backward

    def wrong(*args, **kwargs):
        dh0 = right(*args, **kwargs)
        gradient = getattr(owner(model, name), "d" + name)
        gradient.flat[0] += 0.05 * np.abs(gradient).max()
        return dh0

    model.backward = wrong
    errors = lab.gradient_check(model, X, rng.integers(0, V, size=B))
    assert {n for n, e in errors.items() if e > 1e-2} == {name}


def test_clip_takes_the_joint_norm_and_keeps_the_direction(lab):
    grads = [np.array([3.0, 0.0]), np.array([[0.0], [4.0]])]
    kept = list(grads)
    assert lab.clip_by_norm(grads, 1.0) == pytest.approx(5.0)
    assert np.allclose(kept[0], [0.6, 0])
    assert np.allclose(kept[1], [[0], [0.8]])
    assert lab.clip_by_norm(grads, 1.5) == pytest.approx(1.0)
    assert np.allclose(kept[0], [0.6, 0])
    zero = [np.zeros(2)]
    assert lab.clip_by_norm(zero, 1.0) == 0
    assert not zero[0].any()


@pytest.mark.parametrize("temp", [0.5, 2.0])
def test_samples_follow_the_model_conditioned_on_the_whole_text(lab, temp):
    model, _, _, rng = make_case(lab, 6)
    i2c = dict(enumerate("abcdefg"))
    c2i = {c: i for i, c in i2c.items()}
    n = 3000
    texts = [lab.sample(model, "gabba", c2i, i2c, V, 2, temp, rng) for _ in range(n)]
    assert {t[:5] for t in texts} == {"gabba"}
    assert {len(t) for t in texts} == {7}

    def exact(prefix):  # from a zero state, over the whole prefix
        h = np.zeros(H)
        for c in prefix:
            h = np.tanh(model.cell.Wxh[c2i[c]] + h @ model.cell.Whh + model.cell.bh)
        p = np.exp((h @ model.Why + model.by) / temp)
        return p / p.sum()

    # Pairs, so that the carried state shows. 2 G is chi-square with 48 degrees of freedom, so the
    # chance of a false alarm is below 1e-18. A state that is reset gives 170 or more at 0.5, an
    # ignored or multiplied temperature and arg-max 500 or more.
    first = exact("gabba")
    p = np.array([first[i] * exact("gabba" + i2c[i]) for i in range(V)]).ravel()
    counts = np.bincount([c2i[t[5]] * V + c2i[t[6]] for t in texts], minlength=V * V)
    seen = counts > 0
    G = (counts[seen] * np.log(counts[seen] / (n * p[seen]))).sum()
    assert G < 100


def test_sample_is_repeatable_and_takes_short_requests(lab):
    model, _, _, _ = make_case(lab, 7)
    i2c = dict(enumerate("abcdefg"))
    c2i = {c: i for i, c in i2c.items()}
    one, two = (
        lab.sample(model, "a", c2i, i2c, V, 30, 1.0, np.random.default_rng(1)) for _ in "12"
    )
    assert one == two
    assert lab.sample(model, "abc", c2i, i2c, V, 0) == "abc"
    assert len(lab.sample(model, "", c2i, i2c, V, 4)) == 4
    cold = {lab.sample(model, "ab", c2i, i2c, V, 3, 1e-3) for _ in range(5)}
    assert len(cold) == 1


def test_build_dataset_cuts_windows_without_copying_the_text(lab):
    text = "the quick brown fox"
    X, y, vocab, c2i, i2c = lab.build_dataset(text, 4)
    assert X.shape == (15, 4)
    assert y.shape == (15,)
    assert vocab == len(set(text))
    assert ["".join(i2c[i] for i in row) for row in X[:2]] == ["the ", "he q"]
    assert [i2c[i] for i in y] == list(text[4:])
    assert all(c2i[i2c[i]] == i for i in range(vocab))
    assert X.base is not None
    X3, y3, *_ = lab.build_dataset(text, 4, stride=3)
    assert np.array_equal(X3, X[::3])
    assert np.array_equal(y3, y[::3])
    with pytest.raises(ValueError, match="at least seq_len"):
        lab.build_dataset("abcd", 4)


def test_train_stops_on_a_loss_that_is_not_a_number(lab):
    X, y, vocab, _, _ = lab.build_dataset("to be or not to be", 4)
    model = lab.RNN(vocab, H)
    model.by[0] = np.nan
    with pytest.raises(FloatingPointError, match="lower --lr or --clip"):
        lab.train(model, X, y, 1, 0.1, 4)


def test_network_learns_the_markov_source(lab):
    """0.52 of an entropy rate of 0.486; unigram and first-order losses are ln 6 = 1.79."""
    K, window, batch, steps = 6, 8, 64, 2000
    rng = np.random.default_rng(11)
    S = (np.arange(K)[:, None] + np.arange(K)) % K
    S = rng.permutation(K)[S[rng.permutation(K)][:, rng.permutation(K)]]  # a Latin square
    xs = list(rng.integers(0, K, 3))
    for _ in range(30_000):
        k = S[xs[-3], xs[-1]]
        xs.append(k if rng.random() < 0.9 else rng.choice(np.delete(np.arange(K), k)))
    x = np.array(xs)
    X = np.lib.stride_tricks.sliding_window_view(x[:-1], window)
    y = x[window:]

    model = lab.RNN(K, 32, rng)
    for name in WEIGHTS:
        W = getattr(owner(model, name), name)
        W[...] = rng.normal(size=W.shape) * 0.1 if W.ndim == 2 else 0
    cell = model.cell
    for i in range(steps):
        rows = rng.integers(0, 25_000, batch)
        logits, h_T, caches = model.forward(X[rows], np.zeros((batch, 32)))
        _, dlogits = lab.softmax_cross_entropy(logits, y[rows])
        model.zero_grad()
        model.backward(dlogits, caches, h_T)
        lab.clip_by_norm([cell.dWxh, cell.dWhh, cell.dbh, model.dWhy, model.dby], 1)
        model.step_grad(min(1, 3 * (1 - i / steps) + 0.02))

    held = X[27_000:29_000]
    p = lab.softmax(model.forward(held, np.zeros((len(held), 32)))[0])
    truth = np.full(p.shape, 0.1 / (K - 1))
    truth[np.arange(len(held)), S[held[:, -3], held[:, -1]]] = 0.9
    assert 0.48 < -(truth * np.log(p)).sum(axis=1).mean() < 0.62


def run(script, *args, cwd, **env):
    return subprocess.run(
        [sys.executable, str(ROOT / "solutions" / script), *args],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1", **env},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def test_command_line_trains_and_leaves_a_curve_and_a_checkpoint(tmp_path):
    """On the real text where RNN_LAB_DATA has it, else on a made-up one."""
    data = ["--data", "shakespeare.txt"]
    if not os.environ.get("RNN_LAB_DATA"):
        (tmp_path / "own.txt").write_text("to be, or not to be: " * 1500, encoding="utf-8")
        data = ["--data", "own.txt"]
    size = ["--max_chars", "30000", "--epochs", "2", "--hidden", "32", "--seq_len", "12"]
    small = [*size, "--lr", "0.3", "--length", "40"]
    done = run("numpy_rnn.py", *data, *small, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "epoch 2/2" in done.stderr  # the progress bar
    assert done.stdout.count("temperature") == 3
    assert "t =   9:" in done.stdout
    out = tmp_path / "runs" / "numpy_rnn"
    assert (out / "loss_curve.png").read_bytes().startswith(b"\x89PNG")
    saved = np.load(out / "checkpoint.npz")
    assert saved["Wxh"].shape == (len(str(saved["chars"])), 32)
    losses = saved["losses"]
    assert losses[:5].mean() - losses[-20:].mean() > 0.3


def test_command_line_refuses_a_file_that_is_not_there(tmp_path):
    done = run("numpy_rnn.py", "--data", "nowhere/text.txt", cwd=tmp_path)
    assert done.returncode == 1
    assert "找不到" in done.stderr
    assert "Traceback" not in done.stderr


def write_poems(path, text, newline="\n"):
    path.write_text(text, encoding="utf-8", newline=newline)
    return path


@pytest.fixture
def poems(lab):
    import poems

    return poems


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["\n", ""])
def test_process_poems_maps_lines_in_order(poems, tmp_path, newline, end):
    path = write_poems(tmp_path / "p.txt", "春江花\n花月春" + end, newline)
    vector, to_int, to_word = poems.process_poems(path)
    assert ["".join(to_word[i] for i in row) for row in vector] == ["G春江花E", "G花月春E"]
    assert sorted(to_int) == sorted("GE春江花月")
    assert to_word == {i: w for w, i in to_int.items()}
    assert sorted(to_word) == list(range(6))
    assert sorted(to_int, key=to_int.get) == ["E", "G", "春", "花", "月", "江"]


def test_process_poems_bears_untidy_files(poems, tmp_path):
    path = tmp_path / "p.txt"
    path.write_bytes("春江\r\n\r\n花月夜".encode("utf-8-sig"))
    vector, to_int, _ = poems.process_poems(path)
    assert [len(row) for row in vector] == [4, 5]
    assert "\ufeff" not in to_int
    assert "\n" not in to_int
    assert poems.process_poems(write_poems(tmp_path / "e.txt", "")) == ([], {}, {})


@pytest.mark.slow
def test_vocabulary_is_the_same_whatever_the_hash_seed(tmp_path):
    write_poems(tmp_path / "p.txt", "春江花月夜\n山水云风雨\n")
    code = "import poems; print(poems.process_poems('p.txt'))"
    out = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT / "solutions"), "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(out) == 1


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("RNN_LAB_DATA"), reason="RNN_LAB_DATA is not set")
def test_poems_command_line_shows_the_real_shape(tmp_path):
    done = run("poems.py", "--data", "poems", "--epochs", "0", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "(12842, 26)" in done.stdout
    assert "2001" in done.stdout
