"""The cache of compiled kernels on disk: content-addressed files in a folder that only this user can write.

A library is stored as ``<digest of its bytes>.so``; for each kernel in it a small JSON entry ``<kernel key>.json``
names the library. Beside them lie recipes of plans (``<key>.plan``, see `theano.cpu.recipes`) and the command lines of
compilers (``<key>.tools``, see `theano.cpu.toolchain`). Files are written to a temporary name and renamed, so readers
need no lock; whatever does not check out (truncated, changed, foreign owner, symbolic link, writable by others) is a
miss. Nothing is ever unpickled.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import stat
import time
import warnings

from theano.configuration import config
from theano.cpu.vector_math import vector_library
from theano.digest import digest

_ENTRY_LIMIT = 1 << 16
_LIBRARY_LIMIT = 1 << 28


USED = (".so", ".plan", ".tools")
"""What is used by itself; its time of modification is the time of its last use, to the day."""

DAY = 24 * 3600.0


class UnsafeFolder(Exception):
    """The folder must not be used: others could have written what it holds, or it cannot be written."""


class Store:
    """Files of one safe folder; all goes through its descriptor, so the folder cannot be exchanged underneath."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._handle = _open_folder(path)
        self._identity = _inode(self._handle)

    def read(self, name: str, limit: int = _LIBRARY_LIMIT) -> bytes | None:
        """Contents of the file `name`, or None if there is none that may be trusted."""
        try:
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=self._folder)
        except OSError:
            return None
        try:
            state = os.fstat(handle)
            if not stat.S_ISREG(state.st_mode) or _foreign(state) or state.st_size > limit:
                return None
            if name.endswith(USED) and time.time() - state.st_mtime > DAY:
                with contextlib.suppress(OSError):
                    os.utime(handle)  # for `theano.cpu.pruning`
            with os.fdopen(handle, "rb", closefd=False) as file:
                return file.read()
        except OSError:
            return None
        finally:
            os.close(handle)

    def publish(self, name: str, data: bytes) -> None:
        """Write the file `name` so that it appears whole or not at all; OSError if that cannot be done."""
        temporary = f".{name}.{os.getpid()}.{os.urandom(6).hex()}"
        handle = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self._folder
        )
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.rename(temporary, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except BaseException:
            os.unlink(temporary, dir_fd=self._folder)
            raise

    @property
    def _folder(self) -> int:
        """The folder's descriptor, opened anew if somebody (a daemon starting up) has closed it behind our back."""
        if _inode(self._handle) != self._identity:
            try:
                self._handle = _open_folder(self.path)
            except UnsafeFolder as error:
                raise FileNotFoundError(str(error)) from error
            self._identity = _inode(self._handle)
        return self._handle

    def close(self) -> None:
        """Give the folder's descriptor back."""
        os.close(self._handle)


def _inode(handle: int) -> tuple[int, int] | None:
    try:
        state = os.fstat(handle)
    except OSError:
        return None
    return (state.st_dev, state.st_ino)


def _foreign(state: os.stat_result) -> bool:
    return state.st_uid != os.geteuid() or bool(state.st_mode & 0o022)


def _open_folder(path: str) -> int:
    """Descriptor of the folder `path`, made with mode 0700 if it is missing; UnsafeFolder if it may not be used."""
    if not os.path.isabs(path):
        raise UnsafeFolder(f"{path or 'the cache folder'} is not an absolute path")
    parent = os.path.realpath(os.path.dirname(path.rstrip("/")))
    try:
        os.makedirs(parent, mode=0o700, exist_ok=True)
        _check_above(parent)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise UnsafeFolder(f"{path}: {error.strerror or error}") from error
    if _foreign(os.fstat(handle)):
        os.close(handle)
        raise UnsafeFolder(f"{path} belongs to another user or is writable by others")
    return handle


def _check_above(folder: str) -> None:
    """No folder on the way may let others rename what is below it (the sticky bit forbids that)."""
    while True:
        mode = os.stat(folder).st_mode
        if mode & 0o002 and not mode & stat.S_ISVTX:
            raise UnsafeFolder(f"{folder} is writable by everybody")
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


class KernelCache:
    """Kernels by key: in this process, then on disk.

    Parameters
    ----------
    path : str
        The wanted folder; if it cannot be used safely, a private temporary folder takes its place, with one warning per
        process.
    """

    def __init__(self, path: str) -> None:
        self.wanted = path
        self._addresses: dict[str, int] = {}
        self._libraries: dict[str, ctypes.CDLL] = {}
        self._homes: dict[str, str] = {}
        self._added = 0
        try:
            if path:
                Store(os.path.dirname(path)).close()  # whoever can write there could exchange the folder
            self.store = Store(path)
        except UnsafeFolder as error:
            self.store = _temporary_store(str(error))

    def read(self, name: str) -> bytes | None:
        """A small file kept beside the kernels (see `theano.cpu.toolchain`)."""
        return self.store.read(name, _ENTRY_LIMIT)

    def publish(self, name: str, data: bytes) -> None:
        """Keep a small file, if that is possible."""
        with contextlib.suppress(OSError):
            self.store.publish(name, data)

    def find(self, keys: list[str]) -> dict[str, int]:
        """Addresses of those kernels among `keys` that are present."""
        found = {}
        for key in keys:
            address = self._addresses.get(key) or self._load(key)
            if address:
                found[key] = self._addresses[key] = address
        return found

    def libraries_of(self, keys: list[str]) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
        """Names of the libraries that the kernels were loaded from, each with its kernels; None if one is not known."""
        found: dict[str, dict[str, None]] = {}
        for key in keys:
            if key not in self._homes:
                return None
            found.setdefault(self._homes[key], {})[key] = None
        return tuple((name, tuple(members)) for name, members in found.items())

    def find_in(self, libraries: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, int] | None:
        """Addresses of the kernels that `libraries_of` told of; None unless all are still there."""
        found: dict[str, int] = {}
        for name, keys in libraries:
            try:
                handle = self._library(name)
                if handle is None:
                    return None
                found |= {key: _address(handle, key) for key in keys}
            except (OSError, AttributeError):
                return None
            self._homes.update(dict.fromkeys(keys, name))
        self._addresses.update(found)
        return found

    def keep(self, name: str, data: bytes) -> None:
        """Keep a file that may be pruned, if that is possible."""
        self.publish(name, data)
        self._count(len(data) + 4096)

    def _count(self, added: int) -> None:
        from theano.cpu.pruning import prune_if_due  # lazy: who finds all that is needed adds nothing

        self._added += added
        if prune_if_due(self.store._folder, self._added):
            self._added = 0

    def add(self, library: bytes, keys: list[str]) -> dict[str, int]:
        """Store `library`, which has a function `symbol(key)` for each of `keys`; return their addresses.

        OSError or AttributeError if it cannot be stored anywhere or is no such library.
        """
        try:
            return self._add(library, keys)
        except OSError as error:  # a full disk, a file system without execution, a folder that was removed
            self.store = _temporary_store(f"{self.store.path}: {error.strerror or error}")
            return self._add(library, keys)

    def _add(self, library: bytes, keys: list[str]) -> dict[str, int]:
        self._publish(library, keys)
        self._count(len(library) + 4096 * len(keys))
        name = f"{digest(library)}.so"
        handle = self._library(name)
        if handle is None:
            raise OSError("the library cannot be read back")
        addresses = {key: _address(handle, key) for key in keys}
        self._addresses.update(addresses)
        self._homes.update(dict.fromkeys(keys, name))
        return addresses

    def _publish(self, library: bytes, keys: list[str]) -> None:
        """The library first: an entry never names a file that is not there."""
        name = f"{digest(library)}.so"
        self.store.publish(name, library)
        for key in keys:
            self.store.publish(f"{key}.json", f'{_entry_head(key)}{name}", "size": {len(library)}}}'.encode())

    def _load(self, key: str) -> int | None:
        data = self.store.read(f"{key}.json", _ENTRY_LIMIT)
        head = _entry_head(key).encode()
        if data is None or not data.startswith(head):
            return None
        name = data[len(head) :].partition(b'"')[0].decode("ascii", "replace")
        try:
            handle = self._library(name) if name == os.path.basename(name) else None
            if handle is None:
                return None
            self._homes[key] = name
            return _address(handle, key)
        except (ValueError, AttributeError, OSError):
            return None

    def _library(self, name: str) -> ctypes.CDLL | None:
        """The loaded library `name`, whose bytes must have the digest that is its name; it stays loaded for ever."""
        handle = self._libraries.get(name)
        if handle is None:
            data = self.store.read(name)
            if data is None or name != f"{digest(data)}.so":
                return None
            vector_library()
            handle = self._libraries[name] = ctypes.CDLL(os.path.join(self.store.path, name))
        return handle


def _entry_head(key: str) -> str:
    """How an entry begins, up to the name of the library: JSON that needs no parser (importing one takes 1.5 ms)."""
    return f'{{"kernel": "{key}", "library": "'


def symbol(key: str) -> str:
    """Name of the function of the kernel `key` in its library."""
    return f"theano_{key}"


def _address(handle: ctypes.CDLL, key: str) -> int:
    return ctypes.cast(getattr(handle, symbol(key)), ctypes.c_void_p).value or 0


_warned = False
_temporary: tuple[int, Store] | None = None


def _temporary_store(reason: str) -> Store:
    """A store in a private folder that is removed at exit; the user is told once per process."""
    global _warned, _temporary
    if not _warned:
        _warned = True
        text = f"Theano's kernel cache cannot be used, kernels are compiled anew in each process. {reason}"
        warnings.warn(text, RuntimeWarning, stacklevel=4)
    if _temporary is None or _temporary[0] != os.getpid():
        import tempfile  # lazy: the ordinary case needs no temporary folder

        _temporary = (os.getpid(), Store(os.path.realpath(tempfile.mkdtemp(prefix="theano-kernels-"))))
        atexit.register(_remove, *_temporary)
    return _temporary[1]


def _remove(owner: int, store: Store) -> None:
    if owner == os.getpid():  # a forked child must not remove its parent's folder
        import shutil  # lazy: the ordinary case needs no temporary folder

        shutil.rmtree(store.path, ignore_errors=True)


_caches: dict[str, KernelCache] = {}


def wanted_folder() -> str:
    """The subfolder ``kernels`` of ``config.kernel_cache``, or "" if the user has no cache folder."""
    return os.path.join(config.kernel_cache, "kernels") if config.kernel_cache else ""


def kernel_cache() -> KernelCache:
    """The cache in the wanted folder, or in a temporary one if that cannot be used."""
    path = wanted_folder()
    found = _caches.get(path)
    if found is None:
        found = _caches[path] = KernelCache(path)
    return found
