"""Machine code of bodies: from this process, the cache on disk, or a run of the compiler.

All bodies that are asked for at once and are nowhere yet are compiled in one run; of several threads that miss the same
body one compiles it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from theano.codegen.contiguous import SYMBOL, Body
from theano.cpu import machine
from theano.cpu.cache import KernelCache, kernel_cache, symbol
from theano.cpu.compiler import CompileError, Compiler, find_compiler
from theano.cpu.dialect import TYPEDEFS
from theano.cpu.recipes import Address
from theano.cpu.toolchain import compile_library
from theano.digest import digest
from theano.errors import explain
from theano.forks import lock_of_process

_ABI = "theano-kernel-3"
"""Part of every key; changes with the calling convention."""

_ONE_UNIT = 60
"""Above this number of bodies, two compilers at work are faster than one."""

Source = tuple[str, tuple[str, ...]]
"""What the compiler sees of a body; bodies of different kernels may share it."""


def source_of(body: Body) -> Source:
    """What the compiler sees of `body`."""
    return (body.text, body.support)


def addresses_of(bodies: Iterable[Body]) -> dict[Source, Address]:
    """Where the machine code of each body is, by `source_of`; what the cache lacks is compiled in one go.

    Raises
    ------
    CompileError
        When there is no compiler, or it fails, or what it made cannot be loaded.
    Postponed
        Within `with_patience`, when the compiler would run for longer.
    """
    by_source = {source_of(body): body for body in bodies}
    if not by_source:
        return {}
    compiler = find_compiler()
    salt = digest(_ABI, compiler.identity, " ".join(compiler.flags), machine.identity())
    keys = {digest(salt, text, *support): (text, support) for text, support in by_source}
    cache = kernel_cache()
    found = cache.find(list(keys))
    if len(found) < len(keys):
        wanted = [(key, by_source[source]) for key, source in keys.items() if key not in found]
        if expected_seconds(len(wanted)) > getattr(_patience, "seconds", float("inf")):
            raise Postponed(lambda: _compile_missing(compiler, wanted, cache))
        found |= _compile_missing(compiler, wanted, cache)
    return {source: _address(found[key], key) for key, source in keys.items()}


def address_of(body: Body) -> Address:
    """Where the machine code of `body` is; see `addresses_of`."""
    return addresses_of([body])[source_of(body)]


def _address(number: int, key: str) -> Address:
    address = Address(number)
    address.key = key
    return address


def _compile_missing(compiler: Compiler, wanted: list[tuple[str, Body]], cache: KernelCache) -> dict[str, int]:
    with _compiling():
        found = cache.find([key for key, _ in wanted])  # another thread may have been faster
        missing = [(key, body) for key, body in wanted if key not in found]
        return found | _compile(compiler, missing, cache) if missing else found


def _compile(compiler: Compiler, missing: list[tuple[str, Body]], cache: KernelCache) -> dict[str, int]:
    named = [(symbol(key), body) for key, body in missing]
    parts = [named] if len(named) <= _ONE_UNIT else [named[::2], named[1::2]]
    sources = [translation_unit(part, TYPEDEFS) for part in parts]
    library = compile_library(compiler, sources, cache)
    try:
        return cache.add(library, [key for key, _ in missing])
    except (OSError, AttributeError) as error:
        raise CompileError(
            explain("load compiled kernels", str(error), "set config.kernel_cache to a folder of yours")
        ) from error


def translation_unit(named: list[tuple[str, Body]], typedefs: str) -> str:
    """C text with one function for each (name, body); what several need stands in it once."""
    support = dict.fromkeys(text for _, body in named for text in body.support)
    functions = [body.text.replace(SYMBOL, name) for name, body in named]
    return "\n".join([typedefs, *support, *functions])


_compiling = lock_of_process(threading.Lock)


class Postponed(Exception):
    """Compiling would take longer than the caller of `with_patience` wants to wait; ``compile()`` does it."""

    def __init__(self, compile: Callable[[], Any]) -> None:
        super().__init__("compiling takes too long")
        self.compile = compile


_patience = threading.local()


def expected_seconds(bodies: int) -> float:
    """How long a run of the compiler takes: measured with kernels of eight operations, within a factor of two."""
    return 0.02 + 0.006 * bodies if bodies else 0.0


@contextmanager
def with_patience(seconds: float) -> Iterator[None]:
    """Let `addresses_of` raise `Postponed`, in this thread, where the compiler would run for more than `seconds`."""
    _patience.seconds = seconds
    try:
        yield
    finally:
        del _patience.seconds
