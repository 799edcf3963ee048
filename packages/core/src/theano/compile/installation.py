"""The identity of the code that compiles: what is installed, and whether this process runs it as it is installed.

A process that runs other code than the files hold (they changed after it began), or in which somebody registered
rewrites, rules or plugins, has no identity: it neither keeps plans for others nor takes theirs.
"""

from __future__ import annotations

import functools
import marshal
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES

import numpy as np

import theano
from theano.digest import digest
from theano.plugin import get_manager
from theano.plugin.discovery import installed
from theano.version import loaded_at

__all__ = ["code_identity", "is_certain", "is_ours", "is_unchanged"]

_SLACK = 2.0
"""Seconds by which the clock of a file system may differ from the process's."""

_MOST_FOLDERS = 400

_ASIDE = frozenset({"gradient", "sparse", "cuda", "gof", "printing", "testing", "sandbox", "compat"})
"""Rooms that compile nothing: no room below may import them (a contract), and graphs with ops of theirs have no key."""

_CODE = (".py", *EXTENSION_SUFFIXES)

_files: dict[str, tuple[int, int]] = {}


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
        last = _read_files()
    except OSError:
        return None
    if last >= loaded_at - _SLACK:
        return None
    plugins = get_manager().standard_plugins()
    facts = (sys.version, sys.platform, np.__version__, distributions, list((plugins or {}).items()))
    return digest(marshal.dumps((facts, sorted(_files.items())), 0))


def _read_files() -> float:
    """Note size and time of all files that take part in compiling; return when one changed last."""
    last = 0.0
    folders = list(theano.__path__)
    tops = len(folders)
    for number, folder in enumerate(folders):
        if len(folders) > _MOST_FOLDERS:
            raise OSError("some other large folder bears the name of the package")
        with _scanned(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.endswith(_CODE):
                    state = entry.stat()
                    _files[f"{folder}{os.sep}{name}"] = (state.st_size, state.st_mtime_ns)
                    last = max(last, state.st_mtime, state.st_ctime)
                elif _may_compile(name, number < tops) and entry.is_dir():
                    folders.append(f"{folder}{os.sep}{name}")
    return last


def _may_compile(folder: str, is_room: bool) -> bool:
    return "." not in folder and folder != "__pycache__" and not (is_room and folder in _ASIDE)


@contextmanager
def _scanned(folder: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    """The entries of a folder, which look at their files from there and not along the whole path."""
    if os.scandir not in os.supports_fd:
        with os.scandir(folder) as entries:
            yield entries
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with os.scandir(handle) as entries:
            yield entries
    finally:
        os.close(handle)


def is_ours(module: str) -> bool:
    """Whether the module of this name was read from one of the files that `code_identity` tells of."""
    return getattr(sys.modules.get(module), "__file__", None) in _files


def is_unchanged() -> bool:
    """Whether the files of all modules of Theano that are loaded by now are as they were at the first look."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("theano."):
            continue
        path = getattr(module, "__file__", None)
        if path is None or name.split(".", 2)[1] in _ASIDE:
            continue
        try:
            state = os.stat(path)
        except OSError:
            return False
        if _files.get(path) != (state.st_size, state.st_mtime_ns):
            return False
    return True
