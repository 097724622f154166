"""What can be tested of the path to a GPU without one: another device stands in for it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.core.settings import Settings
from grader.isolation.servers import Servers, gpu_devices
from grader.sandbox import ForkServer, seccomp

LOOK = """
import os, resource
def can_open(path):
    try:
        os.close(os.open(path, os.O_RDWR))
        return True
    except OSError:
        return False
answer = {
    "there": os.path.exists(DEVICE),
    "opens": can_open(DEVICE),
    "endless": resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY,
    "hidden": os.environ.get("CUDA_VISIBLE_DEVICES"),
    "secret": os.path.exists("/etc/passwd"),
}
"""


@pytest.fixture
def device() -> Iterator[str]:
    """A node that no other worker has and that any user may open, as a driver's is."""
    made = f"/dev/lab-test-{os.getpid()}"
    try:
        os.mknod(made, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        made = "/dev/fuse"
        if not os.path.exists(made) or not os.stat(made).st_mode & 0o002:
            pytest.skip("no device to stand in for a GPU")
        yield made
        return
    try:
        os.chmod(made, 0o666)  # whatever the umask
        yield made
    finally:
        os.unlink(made)


def look(device: str, devices: tuple[str, ...]) -> dict[str, Any]:
    with ForkServer(
        "numpy", hash_seed=1, guest="tests.sandbox_guest:main", devices=devices
    ) as server:
        assert server.tier == "full"
        with server.spawn() as worker:
            answer = worker.exchange(f"DEVICE = {device!r}\n{LOOK}", 10)
            assert isinstance(answer, dict)
            return answer


def test_only_a_training_server_sees_its_device_and_has_no_limit_on_address_space(
    device: str,
) -> None:
    assert look(device, (device,)) == {
        "there": True, "opens": True, "endless": True, "hidden": None, "secret": False,
    }  # fmt: skip
    assert look(device, ()) == {
        "there": False, "opens": False, "endless": False, "hidden": "", "secret": False,
    }  # fmt: skip


def test_a_driver_may_use_any_ioctl_and_nothing_else_more() -> None:
    usual, driver = (seccomp.program("x86_64", any_ioctl=any_ioctl) for any_ioctl in (False, True))

    assert len(driver) < len(usual)
    assert driver[:64] == usual[:64]


def test_staff_choose_the_gpu_by_cudas_own_variable(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert look(device, (device,))["hidden"] == "1"
    assert look(device, ())["hidden"] == ""


@pytest.mark.parametrize(
    ("chosen", "seen"), [("0", True), ("1,0", True), ("GPU-1f", True), ("", False), ("-1", False)]
)
def test_no_device_is_opened_where_staff_hide_every_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str, seen: bool
) -> None:
    for name in ("nvidia0", "nvidiactl"):
        (tmp_path / name).touch()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert bool(gpu_devices(tmp_path)) == seen


def test_gpu_devices_are_those_of_the_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpu_devices(tmp_path) == ()
    for name in ("nvidia0", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    assert gpu_devices(tmp_path) == ()  # without the control node no GPU can be opened
    (tmp_path / "nvidiactl").touch()

    names = [Path(node).name for node in gpu_devices(tmp_path)]
    assert names == ["nvidia-uvm", "nvidia0", "nvidiactl"]


def test_without_a_gpu_training_runs_where_all_else_runs() -> None:
    if gpu_devices():
        pytest.skip("there is a GPU")
    assert Servers(Settings()).for_training() == "torch"
