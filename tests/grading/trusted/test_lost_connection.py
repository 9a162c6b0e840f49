"""A kernel that dies while its messages wait to be read: libzmq must not abort the grader."""

import subprocess
import sys
from pathlib import Path

from nnlib.grading.trusted import kernel

MESSAGES = 200
SENDER = """
import os, sys, time, zmq
socket = zmq.Context().socket(zmq.XPUB)
socket.sndhwm = 0
socket.bind(sys.argv[1])
print("bound", flush=True)
socket.recv()  # somebody wants to hear it
for _ in range(int(sys.argv[2])):
    socket.send_multipart([b"part"] * 7)
time.sleep(0.5)
os._exit(0)
"""
READER = """
import subprocess, sys, zmq
address, messages, reconnect, sender = sys.argv[1:]
socket = zmq.Context().socket(zmq.SUB)
socket.setsockopt(zmq.RECONNECT_IVL, int(reconnect))
socket.rcvhwm = 0
socket.rcvtimeo = 1000
socket.subscribe(b"")
monitor = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
with subprocess.Popen([sys.executable, "-c", sender, address, messages], stdout=subprocess.PIPE) as process:
    process.stdout.readline()
    socket.connect(address)
    process.wait()
monitor.recv_multipart()  # the connection is lost
read = 0
try:
    while True:
        socket.recv_multipart()
        read += 1
except zmq.Again:
    print(read)
"""


def test_what_a_dead_kernel_has_sent_can_be_read(tmp_path: Path) -> None:
    command = [sys.executable, "-c", READER, f"ipc://{tmp_path}/socket", str(MESSAGES), str(kernel.NEVER), SENDER]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.returncode) == (str(MESSAGES), 0), done.stderr
