"""Where a corpus comes from: a file, RNN_LAB_DATA, the cache, the net, or made up and said so."""

from __future__ import annotations

import dataclasses
import hashlib
import http.server
import sys
import threading

import pytest

from grader import ROOT

TEXT = b"First Citizen:\nBefore we proceed.\n"


@pytest.fixture
def corpora(monkeypatch, tmp_path):
    """The module, alone in an empty folder: no local copy, an empty cache, a dead network."""
    monkeypatch.syspath_prepend(str(ROOT / "solutions"))
    monkeypatch.delitem(sys.modules, "corpora", raising=False)
    import corpora

    monkeypatch.delenv("RNN_LAB_DATA", raising=False)
    monkeypatch.setenv("RNN_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    point(corpora, monkeypatch, "http://127.0.0.1:9/x.txt")
    return corpora


def point(corpora, monkeypatch, url, content=TEXT):
    """Let every corpus come from `url` and have the checksum of `content`."""
    sha, size = hashlib.sha256(content).hexdigest(), len(content)
    changed = (dataclasses.replace(c, url=url, sha256=sha, size=size) for c in corpora.CORPORA)
    monkeypatch.setattr(corpora, "CORPORA", tuple(changed))


@pytest.fixture
def serve():
    """Serve some bytes on this machine; gives the address and the list of requests."""
    servers = []

    def start(content, status=200):
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/x.txt", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_file_is_read_as_it_is(corpora, tmp_path):
    path = tmp_path / "own.txt"
    path.write_bytes("a\r\nb\r\n春".encode("utf-8-sig"))
    assert corpora.load(path) == "a\nb\n春"
    assert corpora.load("shakespeare", data=path) == "a\nb\n春"
    path.write_bytes("床前明月光".encode("gb18030"))
    assert corpora.load(str(path)) == "床前明月光"
    path.write_bytes(b"\xff\xff\xff")
    with pytest.raises(corpora.CorpusError, match="save it as UTF-8"):
        corpora.load(path)


@pytest.mark.parametrize("name", ["poems", "poems.txt", "subset_poems.txt"])
def test_a_bare_name_is_looked_up_in_the_data_folder(corpora, monkeypatch, tmp_path, name, capsys):
    (tmp_path / "subset_poems.txt").write_bytes(TEXT)
    monkeypatch.setenv("RNN_LAB_DATA", str(tmp_path))
    assert corpora.locate(name) == tmp_path / "subset_poems.txt"
    assert capsys.readouterr().err == ""


def test_the_current_folder_wins_and_any_file_of_the_data_folder_will_do(
    corpora, monkeypatch, tmp_path
):
    monkeypatch.setenv("RNN_LAB_DATA", str(tmp_path))
    (tmp_path / "mine.txt").write_text("in the data folder", encoding="utf-8")
    assert corpora.load("mine.txt") == "in the data folder"
    (tmp_path / "cwd" / "mine.txt").write_text("here", encoding="utf-8")
    assert corpora.load("mine.txt") == "here"


def test_the_data_argument_comes_before_the_environment(corpora, monkeypatch, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "timemachine.txt").write_bytes(name.encode())
    monkeypatch.setenv("RNN_LAB_DATA", str(tmp_path / "a"))
    assert corpora.load("timemachine") == "a"
    assert corpora.load("timemachine", data=tmp_path / "b") == "b"
    with pytest.raises(corpora.CorpusError, match="check the path"):
        corpora.load("timemachine", data=tmp_path / "c")


def test_a_local_copy_of_another_content_is_used_but_named(corpora, monkeypatch, tmp_path, capsys):
    (tmp_path / "shakespeare.txt").write_bytes(b"To be")
    monkeypatch.setenv("RNN_LAB_DATA", str(tmp_path))
    assert corpora.load("shakespeare") == "To be"
    assert "its SHA-256 differs" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["unknown.txt", "folder/shakespeare.txt", "../poems"])
def test_what_is_nowhere_is_refused_in_both_languages(corpora, name):
    with pytest.raises(corpora.CorpusError) as caught:
        corpora.load(name)
    assert name in str(caught.value)
    assert "找不到" in str(caught.value)
    assert "There is no" in str(caught.value)


def test_a_download_is_verified_and_kept(corpora, monkeypatch, serve, tmp_path):
    url, asked = serve(TEXT)
    point(corpora, monkeypatch, url)
    assert corpora.load("shakespeare.txt") == TEXT.decode()
    assert corpora.load("shakespeare") == TEXT.decode()
    assert len(asked) == 1
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["shakespeare.txt"]


@pytest.mark.parametrize("content", [b"<html>log in</html>", TEXT + b"!", b"", TEXT * 100_000])
def test_wrong_content_is_refused_and_not_kept(corpora, monkeypatch, serve, content, tmp_path):
    url, _ = serve(content)
    point(corpora, monkeypatch, url)
    with pytest.raises(corpora.CorpusError, match="Refused") as caught:
        corpora.load("poems")
    assert "已拒绝" in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_damaged_cache_is_downloaded_again(corpora, monkeypatch, serve, tmp_path, capsys):
    url, asked = serve(TEXT)
    point(corpora, monkeypatch, url)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "timemachine.txt").write_bytes(TEXT[:9])
    assert corpora.load("timemachine") == TEXT.decode()
    assert len(asked) == 1
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize("status", [404, 503, None])
def test_without_the_net_a_synthetic_text_serves_and_says_so(
    corpora, monkeypatch, serve, status, capsys
):
    if status is not None:
        point(corpora, monkeypatch, serve(b"", status)[0])
    text = corpora.load("shakespeare")
    said = capsys.readouterr().err
    assert "SYNTHETIC" in said
    assert "合成语料" in said
    assert "RNN_LAB_DATA" in said
    assert len(text) == corpora.SYNTHETIC_SIZE
    assert text == corpora.load("shakespeare")
    assert text.isascii()
    assert 30 < len(set(text)) <= 65


def test_an_endless_download_ends(corpora, monkeypatch, serve, capsys):
    url, asked = serve(TEXT)
    point(corpora, monkeypatch, url)
    monkeypatch.setattr(corpora, "TOTAL_S", -1)
    assert corpora.locate("poems").name == "synthetic_subset_poems.txt"
    assert len(asked) == corpora.TRIES
    assert "Timeout" in capsys.readouterr().err


def test_without_requests_it_says_what_to_install(corpora, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "requests", None)
    corpora.load("poems")
    assert "pip install requests" in capsys.readouterr().err


def test_synthetic_poems_look_like_poems_and_tell_the_next_character(corpora):
    lines = corpora.load("poems").splitlines()
    assert len(lines) == corpora.SYNTHETIC_POEMS
    assert {len(line) for line in lines} == {24}
    assert all(line[5::6] == "，。，。" for line in lines)
    followers = {line[i + 1] for line in lines for i in range(23) if line[i] == "春"}
    assert len(followers - {"，", "。"}) == 6  # a Markov table, not noise


def test_a_data_folder_that_is_none_is_named(corpora, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RNN_LAB_DATA", str(tmp_path / "gone"))
    corpora.load("timemachine")
    assert "is no folder" in capsys.readouterr().err


def test_a_cache_that_cannot_be_made_gives_way_to_a_temporary_one(corpora, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("RNN_LAB_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert corpora.locate("poems").parent == tmp_path / "rnn_lab"


def test_addresses_and_checksums_are_whole():
    sys.path.insert(0, str(ROOT / "solutions"))
    try:
        import corpora
    finally:
        sys.path.pop(0)
    assert [c.name for c in corpora.CORPORA] == ["shakespeare", "timemachine", "poems"]
    for corpus in corpora.CORPORA:
        assert corpus.url.startswith("https://")
        assert corpus.url.endswith(".txt")
        assert len(bytes.fromhex(corpus.sha256)) == 32
