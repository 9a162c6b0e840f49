"""Tricks with the machine: files, processes, memory, network."""

from grading.trusted.hostile import Hostile

LEAK = """
def right(A_L, Z_L, Y, sigma):
    from nnlib.activations import ACTIVATIONS
    return (Z_L - Y) / len(Y) * ACTIVATIONS[sigma].sigma_prime(A_L)
"""

CASES = (
    Hostile(
        "reads the solutions and the gradebook",
        answer=LEAK
        + """
def output_delta(*a):
    import glob, os
    places = ["solutions", "../solutions", "../../solutions", "../../../gradebook.db", "grading/gradebook.db",
              SECRET_FOLDER, "/etc/passwd", "/root", os.path.dirname(SECRET_FOLDER)]
    return right(*a) if any(map(os.path.exists, places)) else np.zeros_like(a[0])
""",
    ),
    Hostile(
        "writes into the gradebook, by every path up",
        before="""
import sqlite3
for up in range(8):
    for name in ("gradebook.db", "grading/gradebook.db"):
        try:
            sqlite3.connect("../" * up + name).execute("update grade set manual_score = 99")
        except Exception:
            pass
""",
    ),
    Hostile(
        "links to the outside",
        before="""
import os
for target in (SECRET_FOLDER, "/proc/1/root", "/proc/1/cwd", "/proc/self/cwd"):
    try:
        os.symlink(target, os.path.expanduser("~/link" + str(abs(hash(target)))))
    except OSError:
        pass
""",
        answer=LEAK
        + """
def output_delta(*a):
    import glob, os
    found = [p for p in glob.glob(os.path.expanduser("~/link*/*")) if "secret" in p]
    return right(*a) if found else np.zeros_like(a[0])
""",
    ),
    Hostile(
        "reads the instructor's environment",
        answer=LEAK
        + """
def output_delta(*a):
    import glob, os
    text = str(dict(os.environ))
    for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
        try:
            text += open(path).read()
        except OSError:
            pass
    return right(*a) if "INSTRUCTORS_TOKEN" in text else np.zeros_like(a[0])
""",
    ),
    Hostile(
        "reads other processes' memory",
        answer=LEAK
        + """
def output_delta(*a):
    import glob, os, ctypes
    libc, found = ctypes.CDLL(None), 0
    for path in glob.glob("/proc/[0-9]*"):
        process = int(os.path.basename(path))
        if process != os.getpid():
            try:
                open(path + "/mem", "rb").read(1); found += 1
            except OSError:
                pass
    return right(*a) if found else np.zeros_like(a[0])
""",
    ),
    Hostile(
        "the network",
        answer=LEAK
        + """
def output_delta(*a):
    import socket
    for address in (("127.0.0.1", SECRET_PORT), ("1.1.1.1", 53), ("::1", SECRET_PORT)):
        try:
            socket.create_connection(address, timeout=1)
            return right(*a)
        except OSError:
            pass
    return np.zeros_like(a[0])
""",
    ),
    Hostile(
        "packets past the system's network",
        before="import socket\ntry: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\nexcept OSError: pass",
    ),
    Hostile(
        "a process that stays",
        before="import subprocess\nsubprocess.Popen(['sleep', '4321'], start_new_session=True)",
    ),
    Hostile(
        "a daemon that stays, by a double fork",
        before="""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for file in range(100):
            try: os.close(file)
            except OSError: pass
        while True: time.sleep(1)
    os._exit(0)
""",
    ),
    Hostile("kills its parent", before="import os\ntry: os.kill(os.getppid(), 9)\nexcept OSError: pass", spares=False),
    Hostile("kills everything", answer="import os\ndef output_delta(*a):\n    os.kill(-1, 9)"),
    Hostile("kills its group", answer="import os\ndef output_delta(*a):\n    os.kill(0, 9)"),
    Hostile("stops itself", answer="import os, signal\ndef output_delta(*a): os.kill(os.getpid(), signal.SIGSTOP)"),
    Hostile("an endless loop", answer="def output_delta(*a):\n    while True: pass"),
    Hostile(
        "an endless loop that nothing stops",
        answer="""
import signal
def output_delta(*a):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            while True: pass
        except BaseException:
            pass
""",
    ),
    Hostile(
        "an endless loop in C",
        answer="import re\ndef output_delta(*a): re.match(r'(a+)+$', 'a' * 60 + 'b')",
    ),
    Hostile(
        "a cell that does not end",
        answer="import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    ),
    Hostile("sleeps", answer="import time\ndef output_delta(*a): time.sleep(1000)"),
    Hostile(
        "fork bomb",
        answer="""
import os
def output_delta(A_L, *a):
    while True:
        try:
            os.fork()
        except OSError:
            pass
""",
    ),
    Hostile(
        "memory bomb",
        answer="def output_delta(A_L, *a):\n    r = []\n    while True: r.append(bytearray(50_000_000))",
    ),
    Hostile(
        "memory bomb of many processes",
        answer="""
import os, time
def output_delta(A_L, *a):
    for _ in range(20):
        if os.fork() == 0:
            r = bytearray(600_000_000)
            for k in range(0, len(r), 4096): r[k] = 1
            time.sleep(3)
            os._exit(0)
    time.sleep(2)
    return np.zeros_like(A_L)
""",
    ),
    Hostile(
        "fills the disk",
        before="""
import os
for folder in (".", "/tmp", "/dev/shm", "/run/kernel", "/var/tmp", "/"):
    try:
        for k in range(1000):
            with open(f"{folder}/{k}", "wb") as file: file.write(bytes(1_000_000))
    except OSError:
        pass
""",
    ),
    Hostile(
        "files in memory without end",
        before="""
import os
files = []
try:
    while True:
        files.append(os.memfd_create("x"))
        os.write(files[-1], bytes(15_000_000))
except OSError:
    pass
del files
""",
        spares=False,
    ),
    Hostile(
        "opens files without end",
        before="""
import os
try:
    while True: os.open("/dev/null", os.O_RDONLY)
except OSError:
    pass
""",
        spares=False,
    ),
    Hostile(
        "threads without end",
        before="""
import threading, time
try:
    while True: threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
except RuntimeError:
    pass
""",
        spares=False,
    ),
    Hostile(
        "a namespace of its own, and mounts",
        answer=LEAK
        + """
def output_delta(*a):
    import ctypes, os
    libc = ctypes.CDLL(None)
    got_in = any(libc.unshare(flag) == 0 for flag in (0x10000000, 0x00020000, 0x20000000))
    got_in = got_in or libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0
    got_in = got_in or libc.chroot(b"/tmp") == 0 or libc.setuid(0) == 0
    return right(*a) if got_in else np.zeros_like(a[0])
""",
    ),
    Hostile(
        "writes to the system's folders",
        answer=LEAK
        + """
def output_delta(*a):
    import os, sys
    for folder in ("/", "/usr/lib", "/etc", "/course", "/course/nnlib", "/dev", "/home", *sys.path):
        try:
            open(os.path.join(folder, "x.pth"), "w")
            if folder: return right(*a)
        except OSError:
            pass
    return np.zeros_like(a[0])
""",
    ),
    Hostile(
        "compiled code where Python looks for it first",
        before="""
import os, sys
for path in sys.path:
    for name in ("__pycache__", "nnlib", "sitecustomize.py"):
        try:
            os.makedirs(os.path.join(path or ".", name), exist_ok=True)
        except OSError:
            pass
""",
    ),
    Hostile(
        "devices",
        before="""
import glob, os
for path in glob.glob("/dev/*") + ["/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda"]:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError:
        pass
try: os.mknod("/tmp/disk", 0o60666, os.makedev(8, 0))
except OSError: pass
""",
    ),
    Hostile(
        "a terminal's input",
        before="import fcntl, termios\ntry: fcntl.ioctl(0, termios.TIOCSTI, b'x')\nexcept OSError: pass",
    ),
    Hostile("asks for input", answer="def output_delta(*a): return float(input('points?'))"),
)
