"""Whether the compiled runtime was made of the C sources beside it.

In a checkout a pull may change the sources, and with them the Python code that writes records for the runtime, while
the compiled runtime stays the one of before: it would read and write where it must not. So the recipe puts a stamp into
the runtime, and nothing is installed from one whose stamp is not that of the sources. An installed package has no
such question; there nothing is read.

Used by the recipe (``build_runtime.py``) as well, before any package is installed: imports nothing of Theano.
"""

from __future__ import annotations

import os
from typing import Any

__all__ = ["FOLDER", "contents", "mismatch", "sources", "times"]

FOLDER = os.path.dirname(os.path.abspath(__file__))
"""Where the package lies: the recipe, and the sources in ``runtime``."""


def sources(folder: str) -> list[os.DirEntry[str]]:
    """What the runtime is made of, in a fixed order."""
    with os.scandir(os.path.join(folder, "runtime")) as runtime, os.scandir(folder) as here:
        found = [entry for entry in runtime if entry.name.endswith((".c", ".h"))]
        found += [entry for entry in here if entry.name == "build_runtime.py"]
    return sorted(found, key=lambda entry: entry.name)


def times(entries: list[os.DirEntry[str]]) -> str:
    """How many sources there are, their bytes, and when one changed last: as long as this stays, so do they."""
    stats = [entry.stat() for entry in entries]
    last = max((stat.st_mtime_ns for stat in stats), default=0)
    return f"{len(stats)} {sum(stat.st_size for stat in stats)} {last}"


def contents(entries: list[os.DirEntry[str]]) -> str:
    """A digest of names and contents."""
    from hashlib import sha256  # lazy: the times nearly always suffice

    digest = sha256()
    for entry in entries:
        with open(entry.path, "rb") as file:
            text = file.read()
        digest.update(f"{entry.name} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def mismatch(runtime: Any, folder: str = FOLDER) -> str | None:
    """Why `runtime` must not be used with the Python code in `folder`; None if it may.

    Parameters
    ----------
    runtime : module
        The extension; the sources count in a checkout only, which is where its ``setup.py`` lies above ``src``.
    """
    above, name = os.path.split(os.path.dirname(os.path.dirname(folder)))
    if name != "src" or not os.path.exists(os.path.join(above, "setup.py")):
        return None
    entries = sources(folder)
    try:
        stamp = runtime.ffi.string(runtime.lib.rt_stamp()).decode()
    except AttributeError:  # made before there were stamps
        stamp = "none:none"
    then, digest = stamp.split(":")
    if then == times(entries) or digest == contents(entries):
        return None
    return (
        "the compiled runtime was not made of the C sources beside it, as happens after a pull; "
        f"to make it anew, run `python setup.py build_ext --inplace` in {above}"
    )
