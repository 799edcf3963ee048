"""Entry points of group ``theano`` among installed distributions.

`importlib.metadata` answers this too, but importing it and asking it costs more than all the rest of finding plugins
(it brings the parsers of mails). The ordinary case, folders on ``sys.path``, is read directly; everything else
(archives, eggs, other finders) is left to it.
"""

from __future__ import annotations

import functools
import os
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from typing import Any, NamedTuple

__all__ = ["Distribution", "EntryPoint", "entry_points", "installed"]


class Distribution(NamedTuple):
    """What brought an entry point."""

    name: str
    version: str


class EntryPoint(NamedTuple):
    """An entry point: ``value`` is the name of a module, or ``module:attribute``."""

    name: str
    value: str
    folder: str = ""

    @property
    def dist(self) -> Distribution | None:
        """What brought the entry point."""
        return _distribution(self.folder) if self.folder else None

    def load(self) -> Any:
        """Import what the entry point names."""
        module, _, attributes = self.value.partition("[")[0].strip().partition(":")
        found: Any = import_module(module.strip())
        for attribute in filter(None, attributes.strip().split(".")):
            found = getattr(found, attribute)
        return found


def entry_points(group: str) -> list[Any]:
    """All entry points of `group`; of distributions of one name, the first on ``sys.path`` counts."""
    folders = _folders()
    if folders is None:
        from importlib.metadata import entry_points as found_by_importlib  # lazy: costs tens of milliseconds

        return list(found_by_importlib(group=group))
    seen: set[str] = set()
    return [point for folder in folders for point in _in_folder(folder, group, seen)]


def installed() -> list[str] | None:
    """Names (with versions) of the folders of all distributions on ``sys.path``; None where there are other places."""
    folders = _folders()
    return None if folders is None else [name for folder in folders for name in sorted(_distributions_in(folder))]


@functools.cache
def _distributions_in(folder: str) -> list[str]:
    try:
        names = [name for name in os.listdir(folder) if name[-1:] in "oO"]
        return [name for name in names if name.lower().endswith((".dist-info", ".egg-info"))]
    except OSError:
        return []


def _folders() -> list[str] | None:
    """The folders on ``sys.path``; None where distributions may be found in other ways as well."""
    folders = list(dict.fromkeys(path or "." for path in sys.path if isinstance(path, str)))
    strange = [f for f in sys.meta_path if hasattr(f, "find_distributions") and f is not PathFinder]
    if strange or any(path.rstrip("/\\").endswith(".egg") or os.path.isfile(path) for path in folders):
        return None
    return folders


def _in_folder(folder: str, group: str, seen: set[str]) -> list[EntryPoint]:
    points: list[EntryPoint] = []
    for name in _distributions_in(folder):
        project = _normal(name.rpartition(".")[0].partition("-")[0])
        if project in seen:
            continue
        seen.add(project)
        text = _read(f"{folder}/{name}/entry_points.txt")
        if f"[{group}]" in text:
            points += [EntryPoint(key, value, os.path.join(folder, name)) for key, value in _section(text, group)]
    return points


def _normal(name: str) -> str:
    return "_".join(filter(None, name.lower().replace("-", "_").replace(".", "_").split("_")))


def _read(path: str) -> str:
    # Without buffers and decoders: there may be hundreds of these small files.
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return ""
    try:
        parts = []
        while part := os.read(handle, 1 << 16):
            parts.append(part)
    except OSError:
        return ""
    finally:
        os.close(handle)
    return b"".join(parts).decode("utf-8", "replace")


def _section(text: str, group: str) -> list[tuple[str, str]]:
    inside, found = False, []
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.append((name.strip(), value.strip()))
    return found


def _distribution(folder: str) -> Distribution:
    """Name and version as its metadata say; those of the folder where there are none."""
    stem = os.path.basename(folder).rpartition(".")[0].split("-")
    name, version = stem[0], stem[1] if len(stem) > 1 else "unknown version"
    for line in (_read(os.path.join(folder, "METADATA")) or _read(os.path.join(folder, "PKG-INFO"))).splitlines():
        if not line.strip():
            break
        key, _, value = line.partition(":")
        if key.lower() == "name":
            name = value.strip()
        elif key.lower() == "version":
            version = value.strip()
    return Distribution(name, version)
