"""The identity of the code that compiles: what is installed, and whether this process runs it as it is installed.

A process that runs other code than the files hold (they changed after it began), or in which somebody registered
rewrites, rules or plugins, has no identity: it neither keeps plans for others nor takes theirs.
"""

from __future__ import annotations

import functools
import marshal
import os
import sys
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Any

import numpy as np

import theano
from theano.digest import digest
from theano.plugin import get_manager
from theano.plugin.discovery import installed
from theano.version import loaded_at

__all__ = ["code_identity", "is_certain", "is_ours", "is_unchanged", "survey_folder", "survey_with"]

_SLACK = 2.0
"""Seconds by which the clock of a file system may differ from the process's."""

_MOST_FOLDERS = 400

_ASIDE = frozenset({"gradient", "sparse", "cuda", "gof", "printing", "testing", "sandbox", "compat"})
"""Rooms that compile nothing: no room below may import them (a contract), and graphs with ops of theirs have no key."""

_CODE = (".py", *EXTENSION_SUFFIXES)

_found: dict[str, bytes] = {}
"""What was seen at the first look: for each folder a line "name/size time" for each file, after a newline."""

_loaded: dict[str, Any] = {}
"""Specifications of the modules that were loaded before the first look, and so from files that did not change since."""

Survey = Callable[[str, tuple[str, ...]], tuple[bytes, list[str], int]]
"""From a folder, and what names of files end with, to lines about them, subfolders, and when a file changed last."""


def is_certain() -> bool:
    """Whether only our own plugins take part, as they are installed, and the settings of NumPy hide no message."""
    standard = get_manager().standard_plugins() is not None
    return standard and set(np.geterr().values()) == {"ignore"} and code_identity() is not None


@functools.cache
def code_identity() -> str | None:
    """A digest that differs where other code compiles; None where the files are not what this process runs."""
    distributions = installed()
    if distributions is None:
        return None
    try:
        found, last = _look()
    except OSError:
        return None
    if last >= (loaded_at - _SLACK) * 1e9:
        return None
    _found.update(found)
    _loaded.update(_modules())
    plugins = get_manager().standard_plugins()
    facts = (sys.version, sys.platform, np.__version__, distributions, list((plugins or {}).items()))
    return digest(marshal.dumps((facts, list(_found.items())), 0))


def survey_with(survey: Survey) -> None:
    """Look at files with another function than `survey_folder`: the C runtime of theano-cpu has one."""
    global _survey
    _survey = survey


def survey_folder(folder: str, endings: tuple[str, ...]) -> tuple[bytes, list[str], int]:
    """What a folder has: lines about files whose names have one of the `endings`, subfolders, the last change in ns.

    Raises
    ------
    OSError
        Something could not be looked at.
    """
    lines, folders, last = [], [], 0
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            is_code = name.endswith(endings)
            if not is_code and ("." in name or not entry.is_dir()):
                continue
            if "\n" in name:
                raise OSError(f"{name!r} could be taken for two")
            if not is_code:
                folders.append(name)
                continue
            state = entry.stat()
            lines.append(f"{name}/{state.st_size} {state.st_mtime_ns}\n")
            last = max(last, state.st_mtime_ns, state.st_ctime_ns)
    return os.fsencode("".join(lines)), folders, last


_survey: Survey = survey_folder


def _look() -> tuple[dict[str, bytes], int]:
    """Size and time of all files that take part in compiling, and when one changed last."""
    found: dict[str, bytes] = {}
    last = 0
    folders = list(theano.__path__)
    tops = len(folders)
    for number, folder in enumerate(folders):
        if len(folders) > _MOST_FOLDERS:
            raise OSError("some other large folder bears the name of the package")
        text, below, changed = _survey(folder, _CODE)
        found[folder] = b"\n" + text
        last = max(last, changed)
        aside = _ASIDE if number < tops else ()
        folders += [f"{folder}{os.sep}{name}" for name in below if name != "__pycache__" and name not in aside]
    return found, last


def _line(path: str) -> bytes | None:
    """What was seen of the file at `path`."""
    folder, name = os.path.split(path)
    text = _found.get(folder, b"")
    start = text.find(b"\n%b/" % os.fsencode(name)) if name.endswith(_CODE) else -1
    return None if start < 0 else text[start + 1 : text.index(b"\n", start + 1)]


def is_ours(module: str) -> bool:
    """Whether the module of this name was read from one of the files that `code_identity` tells of."""
    path = getattr(sys.modules.get(module), "__file__", None)
    return path is not None and _line(path) is not None


def is_unchanged() -> bool:
    """Whether the files of all modules of Theano that were loaded after the first look are as they were then."""
    for name, spec in _modules().items():
        path = getattr(sys.modules.get(name), "__file__", None)
        if path is None or name.split(".", 2)[1] in _ASIDE or (spec is not None and _loaded.get(name) is spec):
            continue
        try:
            state = os.stat(path)
        except OSError:
            return False
        if _line(path) != os.fsencode(f"{os.path.basename(path)}/{state.st_size} {state.st_mtime_ns}"):
            return False
    return True


def _modules() -> dict[str, Any]:
    """Names and specifications of our modules; loading one again gives it another specification."""
    modules = list(sys.modules.items())
    return {name: getattr(module, "__spec__", None) for name, module in modules if name.startswith("theano.")}
