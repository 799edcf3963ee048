"""The C compiler at work: turning C text into a shared library fast.

The fast route starts the compiler proper, the assembler and the linker directly, as the driver would; their command
lines are asked of the driver once per machine (``gcc -###``) and kept in the kernel cache. Whenever that route fails
the driver itself is used.
"""

from __future__ import annotations

import marshal
import os
import sys
from typing import Protocol

from theano.configuration import config
from theano.cpu import machine
from theano.cpu.compiler import CompileError, Compiler, which
from theano.cpu.processes import ToolError, run_chains
from theano.cpu.scratch import scratch_folder
from theano.digest import digest
from theano.errors import explain


class Files(Protocol):
    """Somewhere to keep small files between processes: `theano.cpu.cache.KernelCache` is one."""

    def read(self, name: str) -> bytes | None: ...

    def publish(self, name: str, data: bytes) -> None: ...


def compile_library(compiler: Compiler, sources: list[str], store: Files | None = None) -> bytes:
    """Compile each text of `sources` (preprocessed C) and link them into one shared library.

    Parameters
    ----------
    compiler : Compiler
    sources : list of str
        Translation units, compiled at the same time.
    store : Files, optional
        Where the compiler's command lines are kept between processes.

    Returns
    -------
    bytes
        The library.

    Raises
    ------
    CompileError
        If the compiler is missing, fails, crashes, or takes longer than ``config.compile.timeout`` seconds.
    """
    if compiler.identity in _given_up:
        raise CompileError(explain("compile kernels", "the compiler failed before in this process", "see the warning"))
    try:
        with scratch_folder() as folder:
            library = _compile_in(folder, compiler, sources, store)
    except (ToolError, OSError) as error:
        _note_failure(compiler, error)
        raise CompileError(explain("compile kernels", str(error), "repair the compiler or set config.cxx")) from error
    _failures.pop(compiler.identity, None)
    return library


def time_limit() -> float:
    """Seconds that one run of the compiler may take: ``config.compile.timeout``, where 0 means ten minutes."""
    return float(config.compile.timeout) or 600.0


_failures: dict[str, int] = {}
_given_up: set[str] = set()
_no_direct_route: set[str] = set()


def _note_failure(compiler: Compiler, error: Exception) -> None:
    """A compiler that hangs, or fails three times in a row, is not asked again in this process."""
    count = _failures[compiler.identity] = _failures.get(compiler.identity, 0) + 1
    if count >= 3 or getattr(error, "hung", False) or isinstance(error, OSError):
        _given_up.add(compiler.identity)


def _compile_in(folder: str, compiler: Compiler, sources: list[str], store: Files | None) -> bytes:
    seconds = time_limit()
    names = [f"unit{i}" for i in range(len(sources))]
    for name, text in zip(names, sources, strict=True):
        with open(os.path.join(folder, f"{name}.c"), "w", encoding="utf-8") as file:
            file.write(text)
    library = os.path.join(folder, "library.so")
    lines = _command_lines(folder, compiler, store, seconds)
    if lines is not None:
        anywhere = not config.gcc.cxxflags  # flags of the user's may ask for more files
        chains = [[_in_place(c, folder, name) for c in (lines["cc1"], lines["as"])] for name in names]
        objects = [os.path.join(folder, f"{name}.o") for name in names]
        try:
            run_chains(chains, folder, seconds, anywhere)
            run_chains([[[*lines["ld"], "-o", library, *objects]]], folder, seconds, anywhere)
            return _read(library)
        except (ToolError, OSError) as error:
            if getattr(error, "hung", False):
                raise
            _no_direct_route.add(compiler.identity)
            _take_errors(folder)
    units = [f"{name}.c" for name in names]
    command = [*compiler.command, *compiler.flags, "-shared", "-nostdlib", "-x", "cpp-output", *units]
    run_chains([[[*command, "-o", "library.so"]]], folder, seconds)
    return _read(library)


def _read(library: str) -> bytes:
    """The library's bytes; a tool that reports success may still have written none, or something else."""
    with open(library, "rb") as file:
        data = file.read()
    if sys.platform == "linux" and not data.startswith(b"\x7fELF"):
        raise ToolError("the compiler reported success, but what it wrote is no library")
    return data


def _in_place(command: list[str], folder: str, name: str) -> list[str]:
    return [word.replace("@FOLDER@", folder).replace("@UNIT@", name) for word in command]


def _command_lines(folder: str, compiler: Compiler, store: Files | None, seconds: float) -> dict[str, list[str]] | None:
    """Command lines of compiler proper, assembler and linker, or None when only the driver is to be used."""
    if compiler.identity in _no_direct_route:
        return None
    name = _tools_name(compiler)
    known = _tools.get(name) or _read_tools(store.read(name) if store is not None else None)
    if known is None:
        try:
            known = _ask_driver(folder, compiler, seconds)
        except ToolError as error:
            if error.hung:
                raise
            known = None
        if known is None:
            _no_direct_route.add(compiler.identity)
            return None
        if store is not None:
            text = marshal.dumps(known, 0)
            store.publish(name, digest(text).encode() + text)
    _tools[name] = known
    return known


_tools: dict[str, dict[str, list[str]]] = {}


def _tools_name(compiler: Compiler) -> str:
    path = os.environ.get("PATH", "")
    return f"{digest(compiler.identity, ' '.join(compiler.flags), machine.identity(), path)}.tools"


def _read_tools(data: bytes | None) -> dict[str, list[str]] | None:
    check, text = (data or b"")[:40], (data or b"")[40:]
    if not text or check != digest(text).encode():
        return None
    found = marshal.loads(text)
    if not isinstance(found, dict) or set(found) != {"cc1", "as", "ld"}:
        return None
    fine = all(isinstance(c, list) and c and all(isinstance(w, str) for w in c) and which(c[0]) for c in found.values())
    return found if fine else None


def _ask_driver(folder: str, compiler: Compiler, seconds: float) -> dict[str, list[str]] | None:
    """Read the command lines that the driver would run from ``-###``; None if they do not look as expected."""
    ask = [*compiler.command, *compiler.flags, "-###", "-shared", "-nostdlib", "-x", "cpp-output"]
    run_chains([[[*ask, "@FOLDER@/@UNIT@.c", "-o", "@FOLDER@/@UNIT@.so"]]], folder, seconds, anywhere=True)
    printed = _take_errors(folder).splitlines()
    lines = [_words(line) for line in printed if line.startswith(" ")]
    places = [line.removeprefix("COMPILER_PATH=") for line in printed if line.startswith("COMPILER_PATH=")]
    if len(lines) != 3 or not lines[0] or os.path.basename(lines[0][0]) != "cc1" or len(places) != 1:
        return None
    cc1, assembler, _ = lines
    middle, last = _output(cc1), _output(assembler)
    if middle is None or last is None or assembler.count(middle) != 1 or "@FOLDER@/@UNIT@.c" not in cc1:
        return None
    cc1 = ["-" if word == middle else word for word in cc1]
    assembler = ["@FOLDER@/@UNIT@.o" if word == last else word for word in assembler if word != middle]
    linker = _linker(places[0].split(os.pathsep))
    if not which(linker):
        return None
    return {"cc1": cc1, "as": assembler, "ld": [linker, "-shared", "--build-id=none", "-z", "noexecstack"]}


def _words(line: str) -> list[str]:
    """The words of a line that the driver prints; it puts those with unusual characters into quotes."""
    if "\\" in line:
        import shlex  # lazy: costs as much as the driver itself

        return shlex.split(line)
    parts = line.split('"')
    return [word for i, part in enumerate(parts) for word in ([part] if i % 2 else part.split())]


def _linker(folders: list[str]) -> str:
    """The linker that the driver would use, by the folders in which it looks before PATH."""
    found = (which(os.path.join(folder, "ld")) for folder in folders if folder)
    return next(filter(None, found), "ld")


def _take_errors(folder: str) -> str:
    """What the tools have written so far; a later failure is not to quote it."""
    path = os.path.join(folder, "errors.txt")
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        os.unlink(path)
    except FileNotFoundError:
        return ""
    return text


def _output(command: list[str]) -> str | None:
    return command[command.index("-o") + 1] if "-o" in command[:-1] else None
