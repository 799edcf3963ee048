"""The C compiler: finding it, and knowing it without starting it."""

from __future__ import annotations

import functools
import os

from theano.configuration import config
from theano.cpu import machine
from theano.errors import TheanoError, explain
from theano.frozen import dataclass

__all__ = ["CompileError", "Compiler", "find_compiler", "which"]


class CompileError(TheanoError):
    """Machine code cannot be had: no compiler, or it failed. Callers go on with NumPy."""


_MEANING = (
    # The meaning of NumPy: no fused multiply-add, integers wrap around; errno and traps are nobody's business.
    *("-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fwrapv", "-fno-strict-aliasing"),
    *("-fPIC", "-w"),
)
_GCC_FLAGS = (
    *("-O1", "-ftree-loop-vectorize", "-fvect-cost-model=dynamic", "--param=vect-epilogues-nomask=0"),
    "-fno-tree-sink",  # sinking a library call into a branch would keep its loop from being vectorised
    # gcc makes one call of sincos of a sine and a cosine of the same number, which is no vector function.
    *("-fno-builtin-sin", "-fno-builtin-cos", "-fno-builtin-sinf", "-fno-builtin-cosf"),
    "-fno-asynchronous-unwind-tables",
    # gcc 12's tuning for Zen reads an element from memory again in every instruction that uses it.
    "-mtune=generic",
    *_MEANING,
)
_CLANG_FLAGS = ("-O2", *_MEANING)
_C_OF_CXX = {"g++": "gcc", "clang++": "clang", "c++": "cc"}


@dataclass(frozen=True)
class Compiler:
    """A C compiler that is present.

    command : tuple of str
        How it is started (a path, perhaps after a launcher such as ccache).
    identity : str
        Changes when the compiler changes: path, size and time of modification.
    flags : tuple of str
        All flags that decide the machine code.
    """

    command: tuple[str, ...]
    identity: str
    flags: tuple[str, ...]


def which(name: str) -> str | None:
    """Full path of the program `name` (not shutil.which, whose import costs more than the search)."""
    if os.path.dirname(name):
        return name if os.access(name, os.X_OK) and os.path.isfile(name) else None
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return None


def find_compiler() -> Compiler:
    """The compiler that ``config.cxx`` names (its C form), or the variable CC where ``config.cxx`` is at its default.

    Raises
    ------
    CompileError
        If ``config.cxx`` is empty (nothing is to be compiled) or names no program.
    """
    wanted = config.cxx
    if not wanted:
        raise CompileError(
            explain("compile kernels", "config.cxx is empty", "set it to a compiler to have machine code")
        )
    return _describe(wanted, os.environ.get("CC", ""), config.gcc.cxxflags)


@functools.lru_cache(maxsize=8)
def _describe(wanted: str, cc: str, more_flags: str) -> Compiler:
    if cc and wanted in ("g++", which("g++"), "clang++", which("clang++")):
        wanted = cc
    words = [wanted] if which(wanted) else wanted.split()
    words[-1] = _c_form(words[-1])
    path = which(words[0])
    if path is None:
        raise CompileError(
            explain("compile kernels", f"there is no program {words[0]}", "install gcc or set config.cxx")
        )
    command = (path, *words[1:])
    marks = []
    for word in command:
        found = which(word)
        if found:
            state = os.stat(found)  # of what a link leads to
            marks.append(f"{found} {state.st_dev} {state.st_ino} {state.st_size} {state.st_mtime_ns}")
    flags = _CLANG_FLAGS if "clang" in os.path.basename(os.path.realpath(path)) else _wide(_GCC_FLAGS)
    return Compiler(command, " ".join([*command, *marks]), (*flags, *_watching(), *more_flags.split()))


def _watching() -> tuple[str, ...]:
    if not os.environ.get("THEANO_CPU_SANITIZE"):
        return ()
    from theano.cpu.sanitizer import sanitizer_flags  # lazy: hardly anybody watches

    return sanitizer_flags()


def _c_form(word: str) -> str:
    """The C compiler that belongs to a C++ compiler, if there is one: g++-12 gives gcc-12."""
    folder, name = os.path.split(word)
    for cxx, c in _C_OF_CXX.items():
        if name == cxx or name.startswith(cxx + "-"):
            sibling = os.path.join(folder, c + name[len(cxx) :])
            return sibling if which(sibling) else word
    return word


def _wide(flags: tuple[str, ...]) -> tuple[str, ...]:
    return (*flags, "-mprefer-vector-width=512") if machine.wide_vectors() else flags
