"""How long the site takes to build, and how much a reader's browser loads for its first page.

    python tests/benchmarks/site.py

The first build runs the lectures; the second takes their outputs from the first. The live version is built along with
both. Bytes are those of the files as they lie there: most servers send them compressed.
"""

import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from nnlib.course import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from conftest import CHROMIUM_OPTIONS, chromium_executable
from site_driver import served

RUN_COURSE = "from nnlib.course.cli import main; main()"


def seconds_to_build(folder: Path) -> float:
    """Wall time of `course site`, from the start of the command to its end."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", RUN_COURSE, "site", "--output", folder], check=True, capture_output=True)
    return time.perf_counter() - started


def bytes_of_first_page(site: Path) -> Counter:
    """What a browser loads for the front page, by kind of resource."""
    loaded: Counter = Counter()
    with sync_playwright() as playwright, served(site) as address:
        browser = playwright.chromium.launch(executable_path=chromium_executable(), args=CHROMIUM_OPTIONS)
        page = browser.new_page()
        page.on("response", lambda answer: loaded.update({answer.request.resource_type: len(answer.body())}))
        page.goto(address, wait_until="networkidle")
        browser.close()
    return loaded


if __name__ == "__main__":
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    with TemporaryDirectory() as folder:
        site = Path(folder, "site")
        print(f"build, from nothing:     {seconds_to_build(site):6.1f} s")
        print(f"build, lectures as kept: {seconds_to_build(site):6.1f} s")
        loaded = bytes_of_first_page(site)
        images = loaded.pop("image", 0)
        print(f"first page:              {loaded.total() / 1000:6.0f} kB before images, images {images / 1000:.0f} kB")
        print(
            "                         " + ", ".join(f"{kind} {size / 1000:.0f}" for kind, size in loaded.most_common())
        )
