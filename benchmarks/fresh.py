"""Programs in fresh processes: with cold or warm kernel caches."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def own_environment() -> dict[str, str]:
    """The environment of this process, with Python's bytecode cache on (as it is by default)."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(command: list[str], cache: Path, limit: float | None = None) -> object:
    """Run Python with `command` and kernel caches in the folder `cache`; return the JSON of its last line."""
    folder = str(cache)
    environment = own_environment() | {"XDG_CACHE_HOME": folder, "PYTENSOR_FLAGS": f"base_compiledir={folder}"}
    environment |= {"NUMBA_CACHE_DIR": folder, "JAX_PLATFORMS": "cpu", "JAX_COMPILATION_CACHE_DIR": folder}
    environment |= {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    environment |= {"JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}
    done = subprocess.run(
        [sys.executable, *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=limit,
        cwd=ROOT,
    )
    if done.returncode:
        raise RuntimeError(f"a benchmark process failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def in_fresh_process(code: str, cache: Path | None = None, repeats: int = 3) -> float:
    """Run `code` in new processes; it prints a JSON number as its last line. Return the median.

    `cache`: the kernel cache folder; None means an empty one each time. Python may write its bytecode, and one
    process that is not counted runs first, so that importing does not compile Python.
    """
    values = []
    for _ in range(repeats + 1):
        with tempfile.TemporaryDirectory() as empty:
            values.append(float(str(run(["-c", code], cache or Path(empty)))))
    return statistics.median(values[1:])
