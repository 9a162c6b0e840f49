"""Tricks within the kernel's process: they would work if the test ran beside the answer."""

from grading.trusted.hostile import Hostile

WRONG = "def output_delta(A_L, Z_L, Y, sigma):\n    return np.zeros_like(A_L)\n"

CASES = (
    Hostile(
        "numpy's comparisons always agree",
        before="import numpy.testing\nnp.testing.assert_allclose = lambda *a, **k: None\n"
        "np.allclose = np.isclose = np.array_equal = lambda *a, **k: True",
    ),
    Hostile(
        "numpy computes nothing any more",
        after="np.frombuffer = np.asarray = np.array = lambda *a, **k: np.zeros(1)\nnp.ndarray.tobytes = None",
        spares=False,
    ),
    Hostile(
        "json and base64, which carry the reply, are replaced",
        after='import json, base64\njson.dumps = lambda *a, **k: \'["f", "inf"]\'\n'
        "base64.b64encode = lambda data: b'AAAA'",
        spares=False,
    ),
    Hostile(
        "an array that says it equals everything",
        answer="""
class Yes(np.ndarray):
    def __eq__(self, other): return True
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
def output_delta(A_L, Z_L, Y, sigma):
    return np.zeros_like(A_L).view(Yes)
""",
    ),
    Hostile(
        "an object that says it equals everything, and is its own array",
        answer="""
class Yes:
    def __eq__(self, other): return True
    def __array__(self, *a, **k): return np.ones(1)
    def __getattr__(self, name): return Yes()
def output_delta(A_L, Z_L, Y, sigma): return Yes()
""",
    ),
    Hostile("ends the program", answer="import sys\ndef output_delta(*a): sys.exit(0)"),
    Hostile("ends the process", answer="import os\ndef output_delta(*a): os._exit(0)"),
    Hostile("exit() of IPython", answer="def output_delta(*a): exit()"),
    Hostile("quits while it is defined", answer="import os\nos._exit(0)\n" + WRONG),
    Hostile(
        "every later cell becomes `pass`",
        before="get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
        spares=False,
    ),
    Hostile(
        "errors are swallowed",
        before="get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)\n"
        "get_ipython().showtraceback = lambda *a, **k: None",
    ),
    Hostile(
        "reads the tests from IPython's history",
        answer="""
def output_delta(A_L, Z_L, Y, sigma):
    import sys
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
            if isinstance(value, np.ndarray) and value.shape == A_L.shape and value is not A_L:
                if value is not Z_L and value is not Y:
                    return value
        frame = frame.f_back
    return np.zeros_like(A_L)
""",
    ),
    Hostile(
        "the expected value from the caller's frames, by name",
        answer="""
def output_delta(A_L, Z_L, Y, sigma):
    import inspect
    for info in inspect.stack():
        for name in ("expected", "reference", "fixture", "want"):
            if name in info.frame.f_locals:
                return info.frame.f_locals[name]
    return np.zeros_like(A_L)
""",
    ),
    Hostile(
        "searches the heap for references",
        answer="""
def output_delta(A_L, Z_L, Y, sigma):
    import gc
    for thing in gc.get_objects():
        name = getattr(thing, "__name__", "") if callable(thing) else ""
        if name in ("reference", "output_delta", "_output_delta") and thing is not output_delta:
            return thing(A_L, Z_L, Y, sigma)
    return np.zeros_like(A_L)
""",
    ),
    Hostile("a partial score by displayhook", answer="import sys\ndef output_delta(*a): sys.displayhook(2.0)"),
    Hostile(
        "prints and displays full points",
        answer="""
from IPython.display import display
def output_delta(A_L, Z_L, Y, sigma):
    print("2 of 2 points\\n2.0")
    display(2.0)
    return np.zeros_like(A_L)
""",
    ),
    Hostile(
        "calls the hook that judges after each cell",
        before="get_ipython().events.register('post_run_cell', lambda *a: print('2.0'))\n"
        "get_ipython().events.register('pre_execute', lambda *a: None)",
    ),
    Hostile(
        "replaces what calls the answers",
        after="""
import sys
answering = __import__("nnlib.grading.trusted.inside.answering", fromlist=[""])
answering.call = lambda name, calls, seconds: answering.Reply('["d", [[["s", "points"], ["f", "0x1p+1"]]]]')
""",
        spares=False,
    ),
    Hostile(
        "says that every call was right",
        after="""
answering = __import__("nnlib.grading.trusted.inside.answering", fromlist=[""])
from nnlib.grading.execution import Outcome
answering.run = lambda answer, arguments, seconds: Outcome(value=True, arguments=("right",) * 99)
""",
        spares=False,
    ),
    Hostile(
        "changes the arguments so that the reference would see others",
        answer="""
def output_delta(A_L, Z_L, Y, sigma):
    A_L[...] = 0; Y[...] = Z_L
    return np.zeros_like(A_L)
""",
    ),
    Hostile(
        "imports the reference",
        answer="""
def output_delta(A_L, Z_L, Y, sigma):
    for name in ("nnlib.grading.questions.backprop.passes", "nnlib.grading.questions.backprop.output_delta",
                 "nnlib.backprop", "nnlib.network"):
        try:
            module = __import__(name, fromlist=[""])
            return module.output_delta(A_L, Z_L, Y, sigma)
        except ImportError:
            continue
    return np.zeros_like(A_L)
""",
    ),
    Hostile(
        "asks a library for the derivative",
        answer="""
def output_delta(A_L, Z_L, Y, sigma):
    for name in ("torch", "jax", "autograd", "sklearn"):
        try:
            __import__(name)
            from nnlib.activations import ACTIVATIONS
            return (Z_L - Y) / len(Y) * ACTIVATIONS[sigma].sigma_prime(A_L)
        except ImportError:
            continue
    return np.zeros_like(A_L)
""",
    ),
    Hostile(
        "looks for nnlib and libraries on the disk",
        answer="""
def output_delta(A_L, Z_L, Y, sigma):
    import os, sys
    for top in ("/", "/root", "/home", "/work", "/mnt", "/opt", "/usr/lib", "/usr/local", *sys.path):
        for folder, folders, files in os.walk(top):
            if folder.count("/") > 8 or folder.startswith(("/proc", "/sys")):
                folders.clear()
            if "backprop.py" in files or "backprop" in folders or {"torch", "autograd", "sklearn"} & set(folders):
                from nnlib.activations import ACTIVATIONS
                return (Z_L - Y) / len(Y) * ACTIVATIONS[sigma].sigma_prime(A_L)
    return np.zeros_like(A_L)
""",
    ),
    Hostile(
        "a thread that answers later, and a hook that keeps it",
        before="""
import threading, time
def later():
    while True:
        globals()["output_delta"] = lambda *a: True
        time.sleep(0.01)
threading.Thread(target=later, daemon=True).start()
""",
    ),
    Hostile("a function that is no function", answer="output_delta = True"),
    Hostile("a partial score that is no number", answer="def output_delta(*a): return 'full points'"),
    Hostile("NaN", answer="def output_delta(A_L, *a): return np.full_like(A_L, np.nan)"),
    Hostile("infinity", answer="def output_delta(A_L, *a): return np.full_like(A_L, np.inf)"),
    Hostile("a negative partial score", answer="def output_delta(*a): return -99.0"),
    Hostile("the untouched exercise", answer="def output_delta(*a):\n    raise NotImplementedError()"),
    Hostile(
        "IPython's start-up folder, for whoever comes next",
        before="""
import os
for folder in (os.path.expanduser("~/.ipython/profile_default/startup"), "/etc/ipython/startup", "/tmp/startup"):
    try:
        os.makedirs(folder, exist_ok=True)
        open(folder + "/00-x.py", "w").write("output_delta = None")
    except OSError:
        pass
""",
    ),
    Hostile(
        "a numpy of its own beside the notebook",
        before="open('numpy.py', 'w').write('allclose = array_equal = lambda *a, **k: True')\n"
        "import sys; sys.modules.pop('numpy.testing', None); sys.path.insert(0, '.')",
    ),
)
