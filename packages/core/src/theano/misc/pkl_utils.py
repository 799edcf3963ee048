"""Models in files: a zip archive whose arrays can be read without Theano, and a pickler that drops traces.

`dump` writes the member ``pkl``, which is a pickle in which arrays are named instead of written, and one member for
each array in NumPy's own format. ``numpy.load`` opens such a file and shows the arrays by name.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pickle import HIGHEST_PROTOCOL
from typing import IO, Any

import numpy as np

from theano.compile.sharedvalue import SharedVariable
from theano.errors import explain
from theano.graph import Scratchpad

__all__ = [
    "CompatUnpickler",
    "PersistentNdarrayID",
    "PersistentNdarrayLoad",
    "PersistentSharedVariableID",
    "StripPickler",
    "dump",
    "load",
    "zipadd",
]

DEFAULT_PROTOCOL = HIGHEST_PROTOCOL
# The member that holds the pickle.
_PICKLE = "pkl"
# Entries of a variable's tag that only the process that made it can use.
_TAGS_OF_THIS_PROCESS = ("trace", "test_value")


class StripPickler(pickle.Pickler):
    """A pickler that leaves out where variables and nodes were created, and test values.

    Parameters
    ----------
    file : file object, open for writing bytes
    protocol : int
    extra_tag_to_remove : str, optional
        One more entry of tags to leave out.

    Examples
    --------
    >>> import io, theano
    >>> file = io.BytesIO()
    >>> StripPickler(file, protocol=2).dump(theano.shared(1.0, name="w"))
    >>> file.seek(0), pickle.load(file).tag.__dict__
    (0, {})
    """

    def __init__(self, file: IO[bytes], protocol: int = 0, extra_tag_to_remove: str | None = None) -> None:
        super().__init__(file, protocol=protocol)
        extra = () if extra_tag_to_remove is None else (extra_tag_to_remove,)
        self.tag_to_remove = (*_TAGS_OF_THIS_PROCESS, *extra)

    def reducer_override(self, obj: Any) -> Any:
        """Tags are written without the entries to remove; everything else as always."""
        notes = getattr(obj, "__dict__", None)
        if not isinstance(obj, Scratchpad) or not notes or not any(name in notes for name in self.tag_to_remove):
            return NotImplemented
        kept = {name: value for name, value in notes.items() if name not in self.tag_to_remove}
        return (_tag, (type(obj), kept))


def _tag(cls: type, entries: dict[str, Any]) -> Any:
    tag = cls()
    tag.__dict__.update(entries)
    return tag


class CompatUnpickler(pickle.Unpickler):
    """An unpickler of what Python 2 wrote: its strings are taken as Latin-1, as arrays need.

    Parameters
    ----------
    file : file object, open for reading bytes
    **kwargs
        As for ``pickle.Unpickler``; `encoding` is "latin1" if not given.
    """

    def __init__(self, file: IO[bytes], **kwargs: Any) -> None:
        kwargs.setdefault("encoding", "latin1")
        super().__init__(file, **kwargs)


def zipadd(func: Callable[[IO[bytes]], Any], zip_file: zipfile.ZipFile, name: str) -> None:
    """Let ``func(file)`` write the member `name` of an archive."""
    buffer = io.BytesIO()
    func(buffer)
    zip_file.writestr(name, buffer.getvalue())


class PersistentNdarrayID:
    """Names arrays ``array_0``, ``array_1``, ..., and writes each once as a member of the archive.

    Parameters
    ----------
    zip_file : zipfile.ZipFile, open for writing
    """

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.count = 0
        self.seen: dict[int, tuple[str, Any]] = {}  # the array is kept too, so that its id stays its own

    def _name(self, obj: Any) -> str:
        name = f"array_{self.count}"
        self.count += 1
        return name

    def __call__(self, obj: Any) -> str | None:
        """The name of an array, None for everything else."""
        if type(obj) is not np.ndarray or obj.dtype.hasobject:
            return None
        if id(obj) not in self.seen:
            name = self._name(obj)
            zipadd(lambda file: np.lib.format.write_array(file, obj, allow_pickle=False), self.zip_file, name)
            self.seen[id(obj)] = (name, obj)
        return self.seen[id(obj)][0]


class PersistentSharedVariableID(PersistentNdarrayID):
    """Names the arrays of shared variables after these; another one of the same name gets ``_2``, ``_3``, ...

    Parameters
    ----------
    zip_file : zipfile.ZipFile, open for writing
    allow_unnamed : bool
        Otherwise a shared variable without a name is a ValueError.
    allow_duplicates : bool
        Otherwise a name that two shared variables have is a ValueError.
    """

    def __init__(self, zip_file: zipfile.ZipFile, allow_unnamed: bool = True, allow_duplicates: bool = True) -> None:
        super().__init__(zip_file)
        self.allow_unnamed = allow_unnamed
        self.allow_duplicates = allow_duplicates
        self.name_counter: dict[str, int] = {}
        self.wanted: dict[int, str] = {}

    def _name(self, obj: Any) -> str:
        return self.wanted.get(id(obj)) or super()._name(obj)

    def __call__(self, obj: Any) -> str | None:
        """As for other arrays; a shared variable announces the name of its array."""
        if isinstance(obj, SharedVariable):
            value = obj.container.storage[0]
            if type(value) is np.ndarray and id(value) not in self.wanted:
                self._announce(obj, value)
        return super().__call__(obj)

    def _announce(self, variable: SharedVariable, value: np.ndarray) -> None:
        name = variable.name
        if not name:
            if not self.allow_unnamed:
                raise ValueError(explain("dump a model", f"{variable!r} has no name", "name all shared variables"))
            return
        if name == _PICKLE:
            raise ValueError(explain("dump a model", f"a shared variable is called {_PICKLE!r}", "use another name"))
        count = self.name_counter.get(name, 0) + 1
        if count > 1 and not self.allow_duplicates:
            raise ValueError(
                explain("dump a model", f"two shared variables are called {name!r}", "give each a name of its own")
            )
        self.name_counter[name] = count
        self.wanted[id(value)] = name if count == 1 else f"{name}_{count}"


class PersistentNdarrayLoad:
    """Reads the arrays that a pickle names from the archive, each once.

    Parameters
    ----------
    zip_file : zipfile.ZipFile, open for reading
    """

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.cache: dict[str, np.ndarray] = {}

    def __call__(self, persid: str) -> np.ndarray:
        """The array of this name."""
        if persid not in self.cache:
            with self.zip_file.open(persid) as file:
                self.cache[persid] = np.lib.format.read_array(file, allow_pickle=False)
        return self.cache[persid]


def dump(
    obj: Any,
    file_handler: IO[bytes],
    protocol: int = DEFAULT_PROTOCOL,
    persistent_id: Callable[[zipfile.ZipFile], Callable[[Any], Any]] = PersistentSharedVariableID,
) -> None:
    """Write an object, for instance a model or its shared variables, to a zip archive.

    Parameters
    ----------
    obj : object
        Whatever can be pickled.
    file_handler : file object, open for writing bytes
    protocol : int
        Of the pickle.
    persistent_id : callable
        Gives, for the archive, what names arrays.

    Examples
    --------
    >>> import io, numpy, theano
    >>> file = io.BytesIO()
    >>> dump((theano.shared(numpy.eye(2), name="w"), "epoch 3"), file)
    >>> _ = file.seek(0)
    >>> numpy.load(file)["w"].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> load(file)[1]
    'epoch 3'
    """
    with zipfile.ZipFile(file_handler, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        naming = persistent_id(archive)

        def write(file: IO[bytes]) -> None:
            pickler = _Pickler(file, protocol)
            pickler.naming = naming
            pickler.dump(obj)

        zipadd(write, archive, _PICKLE)


def load(
    f: IO[bytes], persistent_load: Callable[[zipfile.ZipFile], Callable[[Any], Any]] = PersistentNdarrayLoad
) -> Any:
    """Read what `dump` has written.

    Parameters
    ----------
    f : file object, open for reading bytes
    persistent_load : callable
        Gives, for the archive, what finds arrays by name.

    Notes
    -----
    As for every pickle: reading a file runs what its author put there.
    """
    with zipfile.ZipFile(f, "r") as archive, archive.open(_PICKLE) as file:
        reader = CompatUnpickler(io.BytesIO(file.read()))
        reader.persistent_load = persistent_load(archive)  # type: ignore[method-assign]
        return reader.load()


class _Pickler(pickle.Pickler):
    """Asks `naming` for the names of arrays."""

    naming: Callable[[Any], Any]

    def persistent_id(self, obj: Any) -> Any:
        return self.naming(obj)
