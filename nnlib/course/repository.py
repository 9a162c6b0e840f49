"""Where the project lies on the web, and the addresses that follow from it."""

import os
import tomllib
from urllib.parse import quote, urlsplit

from nnlib.course import ROOT


def repository() -> str:
    """The address of the repository: COURSE_REPOSITORY if it is set, else what pyproject.toml says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return os.environ.get("COURSE_REPOSITORY") or project["urls"]["Repository"]


def owner_and_name(address: str) -> tuple[str, str]:
    """The last two parts of the address of a repository.

    >>> owner_and_name("https://github.com/someone/course")
    ('someone', 'course')
    """
    owner, name = urlsplit(address).path.strip("/").removesuffix(".git").split("/")
    return owner, name


def site(address: str) -> str:
    """Where GitHub Pages shows the site.

    >>> site("https://github.com/someone/course")
    'https://someone.github.io/course/'
    """
    owner, name = owner_and_name(address)
    return f"https://{owner.lower()}.github.io/{name}/"


def binder(address: str, notebook: str) -> str:
    """A notebook in JupyterLab on mybinder.org.

    >>> binder("https://github.com/someone/course", "lectures/06_momentum.ipynb")
    'https://mybinder.org/v2/gh/someone/course/HEAD?urlpath=lab/tree/lectures/06_momentum.ipynb'
    """
    owner, name = owner_and_name(address)
    return f"https://mybinder.org/v2/gh/{owner}/{name}/HEAD?urlpath=lab/tree/{quote(notebook)}"


def colab(address: str, notebook: str) -> str:
    """A notebook on Colab, from the branch `colab`, where each has a first cell that installs the course.

    >>> colab("https://github.com/someone/course", "lectures/06_momentum.ipynb")
    'https://colab.research.google.com/github/someone/course/blob/colab/lectures/06_momentum.ipynb'
    """
    owner, name = owner_and_name(address)
    return f"https://colab.research.google.com/github/{owner}/{name}/blob/colab/{quote(notebook)}"


LIVE = "Open live, here in the browser"


def ways_to_open(notebook: str, live: bool) -> dict[str, str]:
    """Where a notebook can be opened, seen from its page in the book: text -> address.

    Args:
        notebook: its path within the repository.
        live: whether the site has the notebooks live.
    """
    address = repository()
    here = {LIVE: f"../lite/lab/index.html?path={quote(notebook)}"} if live else {}
    return {**here, "Binder": binder(address, notebook), "Colab": colab(address, notebook)}
