"""The course's JupyterLab sends a kernel's messages at once: without that, each answer would come up to 40 ms late."""

import asyncio
import ctypes
import json
import os
import socket
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from lab_driver import Lab, running_lab
from tornado.websocket import websocket_connect

PIDFD_GETFD = 438
"""The number of Linux's call for a copy of another process' file; Python has no name for it."""


@pytest.fixture
def own_lab(tmp_path: Path) -> Iterator[Lab]:
    """A JupyterLab as the course starts it, which serves an empty folder."""
    root = tmp_path / "root"
    root.mkdir()
    with running_lab(tmp_path, root) as lab:
        yield lab


def servers_socket(port: int) -> socket.socket:
    """The end of a connection that one of this process' children holds, the other end of which has this port."""
    for child in psutil.Process().children(recursive=True):
        for connection in child.net_connections("tcp"):
            if connection.raddr and connection.raddr.port == port:
                pidfd = os.pidfd_open(child.pid)
                try:
                    copy = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd, connection.fd, 0)
                finally:
                    os.close(pidfd)
                assert copy >= 0, os.strerror(ctypes.get_errno())
                return socket.socket(fileno=copy)
    raise AssertionError(f"no child is connected to port {port}")


async def holds_messages_back(lab: Lab) -> bool:
    """Whether TCP may hold back a small message of a new kernel's websocket, once the kernel has answered."""
    address = f"127.0.0.1:{lab.port}/api/kernels"
    request = urllib.request.Request(f"http://{address}?token={lab.token}", data=b"{}", method="POST")
    with urllib.request.urlopen(request) as answer:
        kernel = json.load(answer)["id"]
    websocket = await websocket_connect(f"ws://{address}/{kernel}/channels?token={lab.token}&session_id=test")
    try:
        await asyncio.wait_for(websocket.read_message(), 60)
        with servers_socket(websocket.stream.socket.getsockname()[1]) as connection:
            return not connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        websocket.close()
        while await asyncio.wait_for(websocket.read_message(), 60) is not None:
            pass  # what the server sent before it answers the good-bye: only then is the socket closed


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows a server's socket to another process")
def test_answers_are_not_held_back(own_lab: Lab):
    assert not asyncio.run(holds_messages_back(own_lab))
