"""Resolve pyproject.toml afresh and write the locks beside this file; needs the package index.

The result depends only on pyproject.toml: its `exclude-newer` hides whatever was published later. To upgrade the
packages, set a later date there and run this again. The locks hold versions and hashes, and no addresses, so that
they install from any mirror of the package index.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

LOCKS = Path(__file__).resolve().parent
GROUPS = {
    "run.txt": [],
    "test.txt": ["--group=test", "--all-extras"],
    "uv.txt": ["--only-group=launcher"],
}


def resolve() -> dict[str, str]:
    """The content of each lock, by the name of its file."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(LOCKS.parent / "pyproject.toml", folder)
        uv = [find_uv_bin(), "--quiet", "--project", folder]
        subprocess.run([*uv, "lock", "--python", sys.executable], check=True)
        export = [*uv, "export", "--frozen", "--no-emit-project", "--no-header", "--no-annotate"]
        return {
            name: subprocess.run([*export, *group], check=True, capture_output=True, text=True).stdout
            for name, group in GROUPS.items()
        }


if __name__ == "__main__":
    for name, lock in resolve().items():
        (LOCKS / name).write_text(lock, encoding="utf-8", newline="\n")
        print(f"locks/{name}: {lock.count('==')} packages")
