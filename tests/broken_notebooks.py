"""Broken notebooks, made at random from a sound one: cut, mixed, wrong types, giant, not UTF-8, deep, no files."""

import copy
import json
import os
import random
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ODD = (
    None,
    True,
    0,
    -1,
    1e308,
    float("inf"),
    float("nan"),
    "",
    "\x00",
    "\ud800",
    [],
    {},
    [[]],
    [None],
    {"": {}},
    10**5000,
)
SOURCES = (
    "def f(:",
    "\tif",
    "raise SystemExit",
    "import os; os._exit(3)",
    "\x00",
    "\ud83d",
    "(" * 5000,
    "x = " + "-" * 100_000 + "1",
    "def f(): f()\nf()",
    "1" * 10_000,
    "%%bash\nexit 1",
    "!kill -9 $PPID",
    "?" * 1000,
    "\u202e\u2066",
    "print('x' * 1_000_000)",
)


def nodes(tree: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of each value in a JSON tree."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield tree, key
        yield from nodes(tree[key])


def dump(tree: Any) -> bytes:
    """JSON as bytes, with half characters and endless numbers if they are there."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(tree).encode()
    finally:
        sys.set_int_max_str_digits(limit)


def changed(change: Callable[[Any, random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    """A way to break a notebook by changing its JSON."""

    def broken(sound: bytes, chance: random.Random) -> bytes:
        tree = json.loads(sound)
        change(tree, chance)
        return dump(tree)

    return broken


def cut(sound: bytes, chance: random.Random) -> bytes:
    return sound[: chance.randrange(len(sound))]


def mixed(sound: bytes, chance: random.Random) -> bytes:
    at = sorted(chance.sample(range(len(sound)), 3))
    return sound[: at[0]] + sound[at[1] : at[2]] + sound[at[0] : at[1]] + sound[at[2] :]


def flipped(sound: bytes, chance: random.Random) -> bytes:
    content = bytearray(sound)
    for _ in range(chance.choice([1, 3, 30, 300])):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def other_encoding(sound: bytes, chance: random.Random) -> bytes:
    text = sound.decode().replace("#", "# é€")
    return text.encode(chance.choice(["utf-16", "utf-32", "cp1252", "utf-8-sig", "utf-7"]), "replace")


def no_notebook(sound: bytes, chance: random.Random) -> bytes:
    texts = (
        b"",
        b" \n",
        b"null",
        b"[]",
        b"{}",
        b"0",
        b'"x"',
        b"NaN",
        b"{" * 100_000,
        b"\x00" * 1000,
        b'{"nbformat": 4}',
    )
    return chance.choice([*texts, chance.randbytes(5000)])


def wrong_types(tree: Any, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        container, key = chance.choice(list(nodes(tree)))
        container[key] = copy.deepcopy(chance.choice(ODD))


def without_keys(tree: Any, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 2, 5])):
        container, key = chance.choice(list(nodes(tree)))
        del container[key]


def shuffled(tree: Any, chance: random.Random) -> None:
    chance.shuffle(tree["cells"])
    tree["cells"] += copy.deepcopy(chance.sample(tree["cells"], 2))
    for cell in chance.sample(tree["cells"], 3):
        cell["cell_type"] = chance.choice(["code", "markdown", "raw", "heading", "?"])


def other_sources(tree: Any, chance: random.Random) -> None:
    for cell in chance.sample(tree["cells"], 2):
        cell["source"] = chance.choice(SOURCES)


def deep(tree: Any, chance: random.Random) -> None:
    inner: Any = "x"
    for _ in range(chance.choice([60, 200, 900])):
        inner = [inner] if chance.random() < 0.5 else {"a": inner}
    chance.choice([tree, tree["metadata"], chance.choice(tree["cells"])])[
        chance.choice(["metadata", "outputs", "x"])
    ] = inner


def giant(tree: Any, chance: random.Random) -> None:
    match chance.randrange(5):
        case 0:
            tree["cells"] += [tree["cells"][2]] * 20_000
        case 1:
            tree["cells"][2]["source"] = "#" * 25_000_000
        case 2:
            tree["cells"][2]["source"] += "\n# " + "y" * 3_000_000
        case 3:
            tree["metadata"]["x"] = [[]] * 700_000
        case 4:
            tree["cells"][3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 1000}] * 5000


def other_format(tree: Any, chance: random.Random) -> None:
    tree["nbformat"] = chance.choice([0, 1, 2, 3, 5, 4.0, "4", True, None, [4], 10**400])
    tree["nbformat_minor"] = chance.choice([-1, 0, 99, "5", None])


BREAKS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut": cut,
    "mixed": mixed,
    "bytes flipped": flipped,
    "other encoding": other_encoding,
    "no notebook": no_notebook,
    "wrong types": changed(wrong_types),
    "keys missing": changed(without_keys),
    "shuffled": changed(shuffled),
    "odd code": changed(other_sources),
    "deep": changed(deep),
    "giant": changed(giant),
    "other format": changed(other_format),
}
"""Ways to break a notebook's content."""


def as_link(path: Path, chance: random.Random) -> None:
    path.unlink()
    path.symlink_to(chance.choice(["/etc/passwd", "nowhere", "/dev/zero", path.name]))


def as_hard_link(path: Path, chance: random.Random) -> None:
    os.link(path, path.with_suffix(".txt"))


def as_pipe(path: Path, chance: random.Random) -> None:
    path.unlink()
    os.mkfifo(path)


def as_socket(path: Path, chance: random.Random) -> None:
    path.unlink()
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:  # by way of /proc, since its own path may be too long
        made.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


def as_folder(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    path.unlink()
    path.mkdir()
    (path / path.name).write_bytes(content)


def among_others(path: Path, chance: random.Random) -> None:
    path.rename(path.with_name("one.ipynb"))
    path.with_name("two.ipynb").write_bytes(b"{}")


def far_below(path: Path, chance: random.Random) -> None:
    folder = path.parent.joinpath(*["a"] * 60)
    folder.mkdir(parents=True)
    path.rename(folder / path.name)


def among_many(path: Path, chance: random.Random) -> None:
    for number in range(1200):
        (path.parent / f"{number}.txt").touch()


FILES: dict[str, Callable[[Path, random.Random], None]] = {
    "a link": as_link,
    "a hard link": as_hard_link,
    "a pipe": as_pipe,
    "a socket": as_socket,
    "a folder": as_folder,
    "among others": among_others,
    "far below": far_below,
    "among many": among_many,
}
"""Ways to hand in a notebook that is no plain file."""
