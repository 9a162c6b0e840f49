"""Serve a folder as any static server would, under a sub-path, and watch what a page asks for."""

import contextlib
import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from playwright.sync_api import Page, Request

SUB_PATH = "/some/course/"
"""As on GitHub Pages, where a project does not stand at the root."""


class UnderSubPath(http.server.SimpleHTTPRequestHandler):
    """Nothing is found outside the sub-path; it notes what was asked for and not found."""

    missing: ClassVar[list[str]] = []

    def translate_path(self, path: str) -> str:
        """The file that a path names."""
        if not path.startswith(SUB_PATH):
            return str(Path(self.directory) / "outside-of-the-site")
        return super().translate_path("/" + path.removeprefix(SUB_PATH))

    def send_error(self, code: int, *rest: object) -> None:
        """Note the path, and answer."""
        self.missing.append(self.path)
        super().send_error(code, *rest)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which the folder is served on the loopback address, by the standard library's server."""
    UnderSubPath.missing.clear()
    handler = functools.partial(UnderSubPath, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{SUB_PATH}"
        finally:
            server.shutdown()
            thread.join()


def watch(page: Page, address: str) -> list[str]:
    """A list that grows by each request of the page to another place than the site, and by each of its errors."""
    faults: list[str] = []

    def on_request(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            faults.append(f"asks for {request.url}")

    page.on("request", on_request)
    page.on("requestfailed", lambda request: faults.append(f"did not get {request.url}"))
    page.on("response", lambda response: response.ok or faults.append(f"{response.status} for {response.url}"))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: message.type == "error" and faults.append(message.text))
    return faults
