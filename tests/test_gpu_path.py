"""What can be tested of the path to a GPU without one: another device stands in for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from grader.sandbox import ForkServer, seccomp
from grader.servers import Servers, gpu_devices
from grader.settings import Settings

DEVICE = "/dev/fuse"  # a node that no other worker has
LOOK = f"""
import os, resource
def can_open(path):
    try:
        os.close(os.open(path, os.O_RDWR))
        return True
    except OSError:
        return False
answer = {{
    "there": os.path.exists({DEVICE!r}),
    "opens": can_open({DEVICE!r}),
    "endless": resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY,
    "hidden": os.environ.get("CUDA_VISIBLE_DEVICES"),
    "secret": os.path.exists("/etc/passwd"),
}}
"""


def look(devices: tuple[str, ...]) -> dict[str, Any]:
    with ForkServer(
        "numpy", hash_seed=1, guest="tests.sandbox_guest:main", devices=devices
    ) as server:
        assert server.tier == "full"
        with server.spawn() as worker:
            answer = worker.exchange(LOOK, 10)
            assert isinstance(answer, dict)
            return answer


@pytest.mark.skipif(not os.path.exists(DEVICE), reason="no device to stand in for a GPU")
def test_only_a_training_server_sees_its_device_and_has_no_limit_on_address_space() -> None:
    assert look((DEVICE,)) == {
        "there": True, "opens": True, "endless": True, "hidden": None, "secret": False,
    }  # fmt: skip
    assert look(()) == {
        "there": False, "opens": False, "endless": False, "hidden": "", "secret": False,
    }  # fmt: skip


def test_a_driver_may_use_any_ioctl_and_nothing_else_more() -> None:
    usual, driver = (seccomp.program("x86_64", any_ioctl=any_ioctl) for any_ioctl in (False, True))

    assert len(driver) < len(usual)
    assert driver[:64] == usual[:64]


def test_gpu_devices_are_those_of_the_driver(tmp_path: Path) -> None:
    assert gpu_devices(tmp_path) == ()
    for name in ("nvidia0", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    assert gpu_devices(tmp_path) == ()  # without the control node there is no GPU to be had
    (tmp_path / "nvidiactl").touch()

    names = [Path(node).name for node in gpu_devices(tmp_path)]
    assert names == ["nvidia-uvm", "nvidia0", "nvidiactl"]


def test_without_a_gpu_training_runs_where_all_else_runs() -> None:
    if gpu_devices():
        pytest.skip("there is a GPU")
    assert Servers(Settings()).for_training() == "torch"
