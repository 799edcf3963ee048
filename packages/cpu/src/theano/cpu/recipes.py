"""Recipes: what the runtime needs of a plan, kept on disk beside the kernels that it uses.

A recipe is the description of `theano.cpu.assembly` less what belongs to one process: addresses of machine code stand
there as keys of kernels, shared variables as positions of inputs. It holds plain data in Python's `marshal` form,
behind a digest of it: nothing is unpickled, and what does not check out is a miss. Plans with steps in Python, or with
anything else that is no plain data, have no recipe.
"""

from __future__ import annotations

import contextlib
import marshal
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.configuration import config
from theano.cpu import machine
from theano.cpu.cache import kernel_cache
from theano.cpu.compiler import find_compiler
from theano.cpu.description import circumstances
from theano.digest import digest

__all__ = ["Address", "Recipe", "fetch", "keep", "recipe_text"]

MOST_BYTES = 4 << 20
"""Larger recipes are not kept."""

_PLAIN = (int, bool, str, bytes, float, type(None))


class Address(int):
    """The address of machine code that is in the cache under `key`."""

    key: str


class Unfit(Exception):
    """A plan has something that is no plain data."""


class Recipe:
    """A recipe that was found, with the kernels loaded.

    Attributes
    ----------
    text : bytes
        As `recipe_text` gives it.
    """

    def __init__(self, text: bytes, addresses: dict[str, int]) -> None:
        self.text = text
        self._addresses = addresses
        self._parts = marshal.loads(text)

    def make_function(self, maker: Any, containers: Sequence[Any]) -> Any:
        """The function, without its plan."""
        from theano.cpu.native_function import NativeFunction  # lazy: it needs this module

        return NativeFunction(maker, None, containers, self)

    def description(self, function: Any, specs: Sequence[Any], containers: Sequence[Any]) -> dict[str, Any]:
        """What `theano.cpu.assembly.Draft.describe` gives, for the specifications and storage of this process."""
        slots, inputs, plain, updates, thunks = self._parts
        return {
            "slots": tuple([(*row, _value(kept, containers)) for row, kept in slots]),
            "updates": tuple([(new, old, containers[i].storage) for new, old, i in updates]),
            "thunks": tuple([self._thunk(row) for row in thunks]),
            "profile": None,
            **dict(plain),
            **circumstances(function, inputs, specs, containers),
        }

    def _thunk(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        *head, extra, guard = row
        return (*head, self._addressed(extra), guard)

    def _addressed(self, kept: Any) -> Any:
        if type(kept) is tuple:
            return tuple([self._addressed(part) for part in kept])
        return self._addresses[kept["kernel"]] if type(kept) is dict else kept


def _value(kept: Any, containers: Sequence[Any]) -> Any:
    if type(kept) is int:
        return containers[kept].storage
    if kept is None:
        return None
    dtype, shape, layout, data = kept
    return np.frombuffer(data, dtype).reshape(shape, order=layout).copy(layout)


def recipe_text(description: dict[str, Any], inputs: Sequence[int]) -> bytes:
    """The recipe of a plan; the same for the same description, in every process.

    Parameters
    ----------
    description : dict
        As `theano.cpu.assembly.Draft.describe` gives it.
    inputs : sequence of int
        Slots of the plan's inputs.

    Raises
    ------
    Unfit
        There is none.
    """
    position = {slot: i for i, slot in enumerate(inputs)}
    slots = tuple([(row[:-1], _kept(row[-1], position.get(n))) for n, row in enumerate(description["slots"])])
    plain = tuple([(name, description[name]) for name in ("shared", "outputs", "owners", "ncolours")])
    updates = tuple([(new, old, position[old]) for new, old, _ in description["updates"]])
    thunks = tuple([_plain(row) for row in description["thunks"]])
    return marshal.dumps((slots, tuple(inputs), plain, updates, thunks), 0)


def _kept(value: Any, position: int | None) -> Any:
    """What stands for the value of a slot: nothing, the position of a shared variable, a constant."""
    if value is None or type(value) is list:
        return None if value is None else position
    if type(value) is not np.ndarray or value.dtype.kind not in "biufc":
        raise Unfit(value)
    layout = "C" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else ""
    if not layout:
        raise Unfit(value)
    return value.dtype.str, value.shape, layout, value.tobytes(layout)


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is tuple:
        return tuple([_plain(part) for part in value])
    if kind is Address:
        return {"kernel": value.key}
    if kind not in _PLAIN:
        raise Unfit(value)
    return value


def _file(key: str) -> str:
    compiler = find_compiler()
    return f"{digest(key, compiler.identity, ' '.join(compiler.flags), machine.identity())}.plan"


def fetch(key: str) -> Recipe | None:
    """The recipe that some process kept for the function with this key, if its kernels are there as well."""
    if config.compile.background >= 0:
        return None
    cache = kernel_cache()
    entry = cache.store.read(_file(key), 2 * MOST_BYTES) or b""
    check, entry = entry[:40], entry[40:]
    if check != digest(entry).encode():
        return None
    with contextlib.suppress(ValueError, EOFError, TypeError, KeyError):
        uses_blas, libraries, text = marshal.loads(entry)
        addresses = cache.find_in(libraries)
        if addresses is not None and (not uses_blas or _load_blas()):
            return Recipe(text, addresses)
    return None


def keep(key: str, function: Any, description: dict[str, Any]) -> None:
    """Keep the recipe of a function that was just compiled, if it has one."""
    if config.compile.background >= 0:
        return
    try:
        text = recipe_text(description, function.plan.inputs)
    except Unfit:
        return
    cache = kernel_cache()
    libraries = cache.libraries_of(_keys(description["thunks"]))
    if libraries is None or len(text) > MOST_BYTES:
        return
    entry = marshal.dumps((_has_blas(), libraries, text), 0)
    cache.keep(_file(key), digest(entry).encode() + entry)


def _keys(value: Any) -> list[str]:
    """Keys of all kernels in a description."""
    if type(value) is tuple:
        return [key for part in value for key in _keys(part)]
    return [value.key] if type(value) is Address else []


def _has_blas() -> bool:
    """Whether a function of this process may call BLAS."""
    library = sys.modules.get("theano.cpu.library")  # most functions have no product
    return library is not None and library.blas_is_loaded()


def _load_blas() -> bool:
    from theano.cpu.library import load_blas  # lazy: as above

    return load_blas()
