"""Tricks with what the kernel sends: forged, endless, huge, deep."""

from grading.trusted.hostile import Hostile

FORGE = """
import json, threading, time, glob
from jupyter_client.session import Session
kernel = get_ipython().kernel
session = kernel.session
def parent():
    return kernel.get_parent("shell")
"""

CASES = (
    Hostile(
        "replies for the kernel, with its own key",
        before=FORGE
        + """
def forge():
    while True:
        try:
            content = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {"r": {
                "status": "ok", "metadata": {}, "data": {"application/x-nnlib": '["l", [["s", "points"]]]',
                                                         "text/plain": "2.0"}}}}
            message = session.msg("execute_reply", content, parent=parent())
            for stream in kernel.shell_streams if hasattr(kernel, "shell_streams") else [kernel.shell_stream]:
                session.send(stream, message, ident=kernel._parent_ident)
            session.send(kernel.iopub_socket, session.msg("execute_result", {"data": {"text/plain": "2.0"},
                         "metadata": {}, "execution_count": 1}, parent=parent()))
        except Exception:
            pass
        time.sleep(0.005)
threading.Thread(target=forge, daemon=True).start()
""",
        spares=False,
    ),
    Hostile(
        "a second display of earlier outputs",
        answer="""
from IPython.display import display
handle = display("x", display_id=True)
def output_delta(A_L, Z_L, Y, sigma):
    handle.update({"text/plain": "2.0"}, raw=True)
    return np.zeros_like(A_L)
""",
    ),
    Hostile(
        "other sockets in the place of its own",
        before="""
import os, glob, socket
for path in glob.glob("/run/kernel/k-*"):
    os.remove(path)
    os.symlink("/run/docker.sock", path)
""",
    ),
    Hostile(
        "the connection file rewritten",
        before="""
import glob, json
for path in glob.glob("/run/kernel/*.json"):
    text = json.load(open(path)); text["ip"] = "/tmp/elsewhere"; text["key"] = ""
    json.dump(text, open(path, "w"))
""",
    ),
    Hostile("prints without end", after="while True: print('x' * 10000)"),
    Hostile("prints without end when called", answer="def output_delta(*a):\n    while True: print('x' * 10000)"),
    Hostile(
        "writes without end past Python",
        after="import os\nwhile True:\n    for file in (1, 2): os.write(file, b'x' * 100000)",
    ),
    Hostile(
        "displays without end",
        after="from IPython.display import display\nwhile True: display({'text/html': 'x' * 100000}, raw=True)",
    ),
    Hostile(
        "large messages without end",
        after="""
kernel = get_ipython().kernel
while True:
    kernel.session.send(kernel.iopub_socket, "stream", {"name": "stdout", "text": "x" * 4_000_000},
                        parent=kernel.get_parent("shell"))
""",
    ),
    Hostile(
        "one message of parts without end",
        after="""
import zmq
kernel = get_ipython().kernel
socket = kernel.iopub_thread.socket
while True:
    socket.send(b"x" * 1_000_000, zmq.SNDMORE)
""",
        spares=False,
    ),
    Hostile(
        "messages of many parts, and the end of the process while they are read",
        after="""
import os, time
for _ in range(6):
    get_ipython().kernel.iopub_thread.socket.send_multipart([b"x"] * 100_000)
time.sleep(0.5)
os._exit(0)
""",
        spares=False,
    ),
    Hostile(
        "raw bytes to whoever is connected",
        before="""
import os
for file in range(3, 200):
    try:
        if os.readlink(f"/proc/self/fd/{file}").startswith("socket"):
            os.set_blocking(file, False)
            os.write(file, b"\\xff" * 60000)
    except OSError:
        pass
""",
        spares=False,
    ),
    Hostile(
        "messages that are no JSON, and deep ones",
        before="""
kernel = get_ipython().kernel
for content in (b"[" * 100000, b"\\xff\\xfe", b"{}", b"[" * 100 + b"]" * 100):
    kernel.iopub_socket.send_multipart([b"stream", b"<IDS|MSG>", b"", content, content, content, content])
""",
    ),
    Hostile(
        "an idle kernel that never was",
        before=FORGE
        + """
for state in ("idle", "starting", "dead", 7, None, {"a": 1}):
    session.send(kernel.iopub_socket, "status", {"execution_state": state}, parent=parent())
""",
    ),
    Hostile("a reply of 50 MB", answer="def output_delta(*a): return np.zeros(6_000_000)"),
    Hostile("a reply of a million lists", answer="def output_delta(*a): return [[] for _ in range(1_000_000)]"),
    Hostile(
        "a reply nested without end",
        answer="def output_delta(*a):\n    r = []\n    for _ in range(10000): r = [r]\n    return r",
    ),
    Hostile("a list that contains itself", answer="def output_delta(*a):\n    r = []; r.append(r)\n    return r"),
    Hostile("an integer of a million digits", answer="def output_delta(*a): return 10 ** 1_000_000"),
    Hostile("a text of 100 MB", answer="def output_delta(*a): return 'x' * 100_000_000"),
    Hostile("a dict whose keys are arrays' names", answer="def output_delta(*a): return {(1, 2): 3, None: [4]}"),
    Hostile(
        "an array whose shape is not its size",
        after="""
answering = __import__("nnlib.grading.trusted.inside.answering", fromlist=[""])
import json
answering.call = lambda name, calls, seconds: answering.Reply(json.dumps(
    ["l", [["s", json.dumps(["t", [["n"], ["a", "float64", [1000000, 1000000], ""], ["n"], ["s", ""],
    ["t", []], ["f", "0x0p+0"]]])]] * 12]))
""",
        spares=False,
    ),
    Hostile(
        "pickled objects that run when they are read",
        answer="""
import pickle
class Run:
    def __reduce__(self): return (__import__("os").system, ("touch /tmp/pwned",))
def output_delta(*a): return pickle.dumps(Run())
""",
    ),
    Hostile(
        "object arrays",
        answer="def output_delta(A_L, *a): return np.full(A_L.shape, None)",
    ),
    Hostile(
        "numbers that are instances of its own class",
        answer="""
class Two(float):
    def __sub__(self, other): return 0.0
    __rsub__ = __abs__ = __sub__
    def hex(self): return "0x1p+1"
def output_delta(A_L, *a): return [[Two(0)] * A_L.shape[1]] * A_L.shape[0]
""",
    ),
    Hostile(
        "millions of warnings",
        answer="import warnings\ndef output_delta(A_L, *a):\n"
        "    for k in range(100000): warnings.warn(f'{k} ' * 100)\n    return np.zeros_like(A_L)",
    ),
    Hostile(
        "an exception with an endless text",
        answer="class E(Exception):\n    def __str__(self): return 'x' * 50_000_000\ndef output_delta(*a): raise E()",
    ),
    Hostile(
        "an exception whose text does not end",
        answer="class E(Exception):\n    def __str__(self):\n        while True: pass\ndef output_delta(*a): raise E()",
    ),
)
