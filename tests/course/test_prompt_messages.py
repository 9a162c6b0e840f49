"""The course's JupyterLab sends a kernel's messages at once: without that, each answer would come 40 ms late."""

import asyncio
import json
import statistics
import time
import urllib.request
from pathlib import Path

import lab_driver
from lab_driver import Lab, running_lab
from tornado.websocket import WebSocketClientConnection, websocket_connect

CALLS = 30
OURS, JUPYTERS = (
    "nnlib.course.websocket.PromptConnection",
    "jupyter_server.services.kernels.connection.channels.ZMQChannelsWebsocketConnection",
)


async def milliseconds_of_calls(lab: Lab) -> list[float]:
    """From asking a kernel to run a cell until it is idle again, for each of many cells that do next to nothing."""
    address = f"127.0.0.1:{lab.port}/api/kernels"
    request = urllib.request.Request(f"http://{address}?token={lab.token}", data=b"{}", method="POST")
    with urllib.request.urlopen(request) as answer:
        kernel = json.load(answer)["id"]
    websocket = await websocket_connect(f"ws://{address}/{kernel}/channels?token={lab.token}&session_id=test")
    try:
        return [await milliseconds_of_call(websocket, f"call {i}") for i in range(CALLS)]
    finally:
        websocket.close()


async def milliseconds_of_call(websocket: WebSocketClientConnection, name: str) -> float:
    header = {"msg_id": name, "msg_type": "execute_request", "username": "", "session": "test", "version": "5.3"}
    content = {"code": "print(1, flush=True)", "silent": False}
    call = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    await asyncio.sleep(0.02)
    started = time.monotonic()
    websocket.write_message(json.dumps(call))
    while True:
        answer = json.loads(await asyncio.wait_for(websocket.read_message(), 60))
        if answer["parent_header"].get("msg_id") == name and answer["content"].get("execution_state") == "idle":
            return 1000 * (time.monotonic() - started)


def test_answers_are_not_held_back(tmp_path: Path, monkeypatch):
    command = lab_driver.server_command
    median = {}
    for connection in (OURS, JUPYTERS):
        with monkeypatch.context() as patch:
            patch.setattr(
                lab_driver,
                "server_command",
                lambda *args, **kwargs: [part.replace(OURS, connection) for part in command(*args, **kwargs)],  # noqa: B023
            )
            folder = tmp_path / connection
            folder.mkdir()
            with running_lab(folder, folder) as lab:
                median[connection] = statistics.median(asyncio.run(milliseconds_of_calls(lab)))
    assert median[OURS] < 0.7 * median[JUPYTERS]
