"""A private folder for one run of the compiler.

What ``tempfile.TemporaryDirectory`` does; its import (random numbers, archives, checksums) costs half as much as
compiling a kernel.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["scratch_folder"]


@contextmanager
def scratch_folder(prefix: str = "theano-") -> Iterator[str]:
    """The path of a new folder that only this user can read; it is removed at the end of the block.

    >>> with scratch_folder() as path:
    ...     oct(os.stat(path).st_mode & 0o777)
    '0o700'
    >>> os.path.exists(path)
    False
    """
    path = _make(prefix)
    try:
        yield path
    finally:
        _remove(path)


def _make(prefix: str) -> str:
    failure: OSError | None = None
    wanted = [os.environ.get(name, "") for name in ("TMPDIR", "TEMP", "TMP")]
    for base in (*wanted, "/tmp", "/var/tmp", os.curdir):
        path = os.path.join(os.path.abspath(base), prefix + os.urandom(8).hex())
        try:
            if base:
                os.mkdir(path, 0o700)
                return path
        except OSError as error:
            failure = failure or error
    raise failure or OSError("there is no folder for temporary files")


def _remove(path: str) -> None:
    try:
        for name in os.listdir(path):
            os.unlink(os.path.join(path, name))
        os.rmdir(path)
    except OSError:
        import shutil  # lazy: compilers leave plain files

        shutil.rmtree(path, ignore_errors=True)
