"""Default values that depend on the machine; each is worked out when its option is first read."""

from __future__ import annotations

import os
import platform
import sys

from theano.configuration.parser import is_given, value_of
from theano.errors import explain

__all__ = [
    "base_compiledir",
    "compiledir",
    "cuda_root",
    "default_cxx",
    "kernel_cache",
    "local_bitwidth",
    "make_compiledir",
    "python_int_bitwidth",
    "warn_default",
]


def local_bitwidth() -> int:
    """Return the width of a pointer, 32 or 64."""
    return 64 if sys.maxsize > 2**32 else 32


def python_int_bitwidth() -> int:
    """Return the width of a C long."""
    # lazy: rarely asked for
    import struct

    return struct.calcsize("l") * 8


def default_cxx() -> str:
    """Return the full path of the C++ compiler, or "" if there is none."""
    return _which("clang++" if sys.platform == "darwin" else "g++")


def _which(name: str) -> str:
    """Full path of a program, or ""; what `shutil.which` does, whose import costs more than the search."""
    if os.name == "nt":
        import shutil  # lazy: knows the rules of Windows

        return shutil.which(name) or ""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return ""


def default_linker() -> str:
    """Return the linker of compiled code, unless the user asked for no compiler.

    Where no compiler is found, it is the backend that says so, once, and the functions run in Python.
    """
    return "cvm" if value_of("cxx") or not is_given("cxx") else "vm"


def cuda_root() -> str:
    """Return the root of the CUDA installation, or ""."""
    for variable in ("CUDA_ROOT", "CUDA_PATH"):
        if os.environ.get(variable):
            return os.environ[variable]
    nvcc = _which("nvcc")
    return os.path.dirname(os.path.dirname(os.path.abspath(nvcc))) if nvcc else ""


def below(parent: str, *parts: str) -> str:
    """Return a folder below the folder that an option names, or "" if that is not set."""
    root = value_of(parent)
    return os.path.join(str(root), *parts) if root else ""


def dnn_base_path() -> str:
    """Return the CUDA root if it holds cuDNN, else ""."""
    root = value_of("cuda.root")
    return root if root and os.path.exists(os.path.join(root, "include", "cudnn.h")) else ""


def dnn_library_path() -> str:
    """Return where libcudnn lies for the linker."""
    folder = {"darwin": ("lib",), "win32": ("lib", "x64")}.get(sys.platform, ("lib64",))
    return below("dnn.base_path", *folder)


def dnn_bin_path() -> str:
    """Return where libcudnn lies for the loader."""
    return below("dnn.base_path", "bin") if sys.platform == "win32" else value_of("dnn.library_path")


def _home() -> str:
    home = os.path.expanduser("~")
    return "" if home == "~" else home


def base_compiledir() -> str:
    """Return the root of the classic compilation cache."""
    local = os.environ.get("LOCALAPPDATA")
    if sys.platform == "win32" and local:
        return os.path.join(local, "Theano")
    return os.path.join(_home(), ".theano")


def kernel_cache() -> str:
    """Return the folder of compiled kernels in the user's cache directory, or "" if there is no home."""
    home = _home()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or (os.path.join(home, "AppData", "Local") if home else "")
        return os.path.join(local, "theano", "Cache") if local else ""
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "theano") if home else ""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):  # as its specification says, a relative path is ignored
        cache = os.path.join(home, ".cache") if home else ""
    return os.path.join(cache, "theano") if cache else ""


def _compiledir_values() -> dict[str, object]:
    # lazy: only the name of the folder needs these
    import numpy

    from theano.version import version

    system = platform.uname()
    return {
        "device": value_of("device"),
        "gxx_version": os.path.basename(value_of("cxx")) or "none",
        "hostname": system.node,
        "numpy_version": numpy.__version__,
        "platform": platform.platform(),
        "processor": system.machine,
        "python_bitwidth": local_bitwidth(),
        "python_int_bitwidth": python_int_bitwidth(),
        "python_version": platform.python_version(),
        "short_platform": f"{system.system}-{system.release}",
        "theano_version": version,
    }


def compiledir() -> str:
    """Return the compilation cache of this platform."""
    name = value_of("compiledir_format") % _compiledir_values()
    kept = "".join(letter if letter.isalnum() or letter in "().,-_" else "_" for letter in name)
    return os.path.join(value_of("base_compiledir"), kept)


def make_compiledir(path: str) -> str:
    """Make the compilation cache, and check that it can be used."""
    try:
        os.makedirs(path, mode=0o770, exist_ok=True)
        marker = os.path.join(path, "__init__.py")
        if not os.path.exists(marker):
            open(marker, "w").close()
    except OSError as error:
        raise ValueError(
            explain(f"compiledir {path}", str(error), "set THEANO_FLAGS=base_compiledir=<a folder of yours>")
        ) from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise ValueError(
            explain(f"compiledir {path}", "it cannot be read, written and searched", "set another base_compiledir")
        )
    return path


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def warn_default(version: str) -> bool:
    """Tell whether a warning about a bug that was fixed in a version is on by default."""
    before: str = value_of("warn.ignore_bug_before")
    if before in ("None", "all"):
        return before == "None"
    return _as_numbers(before) < _as_numbers(version)
