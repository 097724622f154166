"""Serves a desk until it is stopped: on loopback with a link, or to all who have a password."""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from waitress.server import create_server

from grader.core.errors import UsageError
from grader.core.settings import Settings
from grader.marking import platform_files
from kit.text import Text, os_reason

from .app import create
from .keeping import Keeping
from .room import Desk, Options
from .warming import start as warm

PORT: Final = 8765
THREADS: Final = 6


def options_of(
    out: Path,
    *,
    lang: str,
    author: str,
    port: int = PORT,
    host: str | None = None,
    origin: str | None = None,
    blind: bool = False,
    settings: Settings | None = None,
) -> Options:
    """How the desk is served; UsageError where it would be open to whom it should not be.

    With `host` markers log in by password, else a link lets the one in who started it.
    """
    if host is None:
        if origin is not None:
            raise UsageError(
                Text("--origin 要与 --host 一起用。", "--origin is used together with --host.")
            )
        names = ("127.0.0.1", "localhost")
        return Options(
            out=out,
            lang=lang,
            author=author,
            origins=tuple(f"http://{name}:{port}" for name in names),
            token=secrets.token_urlsafe(24),
            blind=blind,
            settings=settings or Settings(),
        )
    if not Keeping.load(out).passwords:
        raise UsageError(
            Text(
                "还没有人能登录：先用 grader desk --add-marker NAME 给每位评分人设密码。",
                "Nobody could log in: give each marker a password first, with "
                "grader desk --add-marker NAME.",
            )
        )
    if origin is None and not _loopback(host):
        raise UsageError(
            Text(
                "请用 --origin 写出浏览器里的地址，如 https://desk.example.edu；"
                "别的地址的请求会被拒绝。",
                "Say by --origin under which address browsers reach it, as in "
                "https://desk.example.edu; requests to any other are refused.",
            )
        )
    origins = [origin.rstrip("/")] if origin else [f"http://{_named(host)}:{port}"]
    for one in origins:
        parts = urlsplit(one)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
            raise UsageError(
                Text(
                    f"--origin 写的是 {one}，应如 https://desk.example.edu。",
                    f"--origin is {one}, expected as in https://desk.example.edu.",
                )
            )
    return Options(
        out=out,
        lang=lang,
        author=author,
        origins=tuple(origins),
        blind=blind,
        settings=settings or Settings(),
    )


def serve(
    options: Options,
    *,
    port: int = PORT,
    host: str | None = None,
    browser: bool = True,
    say: Callable[[Text], None],
) -> None:
    """Serve until Ctrl-C; `say` prints the address."""
    with Desk(options) as desk:
        app = create(desk)
        try:
            server = create_server(
                app,
                host=host or "127.0.0.1",
                port=port,
                threads=THREADS,
                ident=None,
                # Only a template may be so large; the application refuses the rest.
                max_request_body_size=platform_files.MAX_TEMPLATE,
            )
        except OSError as error:
            raise UsageError(
                Text(
                    f"端口 {port} 不可用：{os_reason(error).zh}。请用 --port 换一个。",
                    f"Port {port} cannot be used: {os_reason(error).en}. Choose another by --port.",
                )
            ) from error
        address = options.origins[0] + (f"/?token={options.token}" if options.token else "/")
        say(Text(f"评分台： {address} 按 Ctrl-C 结束", f"Desk: {address} (Ctrl-C ends it)"))
        if not options.secure and not options.token and not _loopback(host or "127.0.0.1"):
            say(
                Text(
                    "警告：没有 TLS，密码会以明文经过网络；请放在反向代理之后（见 docs/desk.md）。",
                    "Warning: without TLS passwords cross the network in the clear; put it behind "
                    "a reverse proxy (docs/desk.md).",
                )
            )
        warming = warm(desk)
        if browser and options.token:
            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):
            server.run()
        server.close()
        # It may be starting the process that reads reports, which the desk ends.
        warming.join()


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host
