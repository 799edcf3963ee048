"""Run pytest with the library of a sanitizer loaded first: ``python tests/sanitized.py address packages/cpu -x``.

The runtime must have been built with the same THEANO_CPU_SANITIZE; ``tox run -e asan`` (``ubsan``, ``tsan``) does both.
"""

from __future__ import annotations

import os
import subprocess
import sys

LIBRARIES = {"address": "libasan.so", "undefined": "libubsan.so", "thread": "libtsan.so"}
OPTIONS = {
    # Python and NumPy keep memory until the process ends; a freed block of NumPy's goes to its own cache.
    "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=1:allocator_may_return_null=1:handle_segv=0",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    # Children of a fork start threads of their own, which is what the tests are about.
    "TSAN_OPTIONS": "halt_on_error=1:report_signal_unsafe=0:die_after_fork=0",
    "THEANO_FLAGS": "recycled_memory=0",  # memory that waits for its next use would count as in use
}


def library(file: str) -> str:
    """Path of a library of the compiler's."""
    words = [*os.environ.get("CC", "gcc").split(), f"-print-file-name={file}"]
    path = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    if not os.path.isabs(path):
        raise SystemExit(f"{words[0]} has no {file}\n  Do: install the compiler's sanitizer libraries")
    return os.path.realpath(path)


def main(name: str, *arguments: str) -> None:
    """Become pytest under sanitizer `name`."""
    # AddressSanitizer must find what throws the exceptions of C++, which SciPy uses, before Python loads any.
    first = " ".join(library(file) for file in (LIBRARIES[name], "libstdc++.so.6"))
    environment = {**OPTIONS, **os.environ, "THEANO_CPU_SANITIZE": name, "LD_PRELOAD": first}
    environment["PYTHONMALLOC"] = "malloc"  # else small blocks lie inside large ones, unwatched
    # What the library says when it ends the process must not be captured.
    pytest = ["-m", "pytest", "-p", "no:cacheprovider", "--capture=sys"]
    os.execve(sys.executable, [sys.executable, *pytest, *arguments], environment)


if __name__ == "__main__":
    main(*sys.argv[1:])
