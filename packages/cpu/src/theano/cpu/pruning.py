"""Keeping the kernel cache small: what was not used for the longest time goes first.

The time of modification of a library, or of a recipe of a plan (`theano.cpu.recipes`), is the time of its last use, to
the day: `Store.read` renews it when a process loads what was not used since yesterday. Other processes may load, add
and prune at the same time. A library that is deleted while it is loaded stays mapped; an entry without its library is
a miss like any other; and what is younger than `GRACE` is left alone, so that nobody's new files go before they are
named.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time

from theano.configuration import config
from theano.cpu.cache import DAY, USED

__all__ = ["limit_in_bytes", "prune", "prune_if_due"]

GRACE = 600.0
PAUSE = 3600.0
"""Nobody looks at the whole folder more often than this, unless one process has added a good part of the limit."""

STAMP = "tools-pruned.json"
"""Says by its time when the folder was last looked at; named as the other small files that are no entries."""
FILL = 0.75
"""What is left of the limit after pruning, so that it does not begin again with the next kernel."""


def limit_in_bytes() -> int:
    """``config.kernel_cache_size`` in bytes; 0 means no bound."""
    return int(config.kernel_cache_size) << 20


def prune_if_due(folder: int, added: int) -> bool:
    """Prune the folder with the descriptor `folder`, unless somebody did a short while ago.

    Parameters
    ----------
    folder : int
    added : int
        Bytes that this process has added since it last asked.

    Returns
    -------
    bool
        Whether the folder was looked at.
    """
    limit = limit_in_bytes()
    if not limit or (added <= limit // 8 and _looked_at_lately(folder)):
        return False
    with contextlib.suppress(OSError):
        _stamp(folder)
        prune(folder, limit)
    return True


def _stamp(folder: int) -> None:
    handle = os.open(STAMP, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        os.write(handle, b"{}")
        os.utime(handle)
    finally:
        os.close(handle)


def _looked_at_lately(folder: int) -> bool:
    try:
        age = time.time() - os.stat(STAMP, dir_fd=folder, follow_symlinks=False).st_mtime
    except OSError:
        return False
    return -PAUSE < age < PAUSE


def prune(folder: int, limit: int) -> int:
    """Delete what was not used for longest until the files take `FILL` of `limit` bytes; return the bytes that went.

    Nothing is deleted while they take less than `limit`.
    """
    now = time.time()
    files = {name: state for name, state in _files(folder) if name != STAMP}
    total = sum(map(_size, files.values()))
    if total <= limit:
        return 0
    before = total
    units = sorted((n for n in files if n.endswith(USED)), key=lambda n: files[n].st_mtime)
    entries = _entries_of(folder, files)
    leftovers = [n for n in files if n.startswith(".") and now - files[n].st_mtime > DAY]
    orphans = [n for library, names in entries.items() if library not in files for n in names]
    for name in leftovers + [n for n in orphans if now - files[n].st_mtime > GRACE]:
        total -= _delete(folder, name, files)
    for unit in units:
        if total <= limit * FILL or now - files[unit].st_mtime <= GRACE:
            break
        # A library first: an entry without a library is a miss, a library without an entry would be kept for ever.
        for name in [unit, *entries.get(unit, ())]:
            total -= _delete(folder, name, files)
    return before - total


def _files(folder: int) -> list[tuple[str, os.stat_result]]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # somebody else may be pruning
                state = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(state.st_mode):
                    found.append((entry.name, state))
    return found


def _size(state: os.stat_result) -> int:
    """Bytes on the disk: most files are smaller than a block."""
    return max(state.st_size, getattr(state, "st_blocks", 0) * 512)


def _entries_of(folder: int, files: dict[str, os.stat_result]) -> dict[str, list[str]]:
    """From names of libraries to the entries that name them; what cannot be read belongs to no library."""
    import json  # lazy: what `theano.cpu.cache` writes needs no parser, but this is about files of anybody's

    found: dict[str, list[str]] = {}
    for name in files:
        if not name.endswith(".json") or name.startswith(("tools-", ".")):
            continue
        library = ""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
            with os.fdopen(handle, "rb") as file:
                library = str(json.loads(file.read(1 << 16))["library"])
        found.setdefault(library, []).append(name)
    return found


def _delete(folder: int, name: str, files: dict[str, os.stat_result]) -> int:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        pass  # somebody else was faster: it takes no room any more, or each of us would delete more than needed
    except OSError:
        return 0
    return _size(files[name])
