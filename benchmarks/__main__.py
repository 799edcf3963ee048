"""Run the benchmarks and print tables: ``python -m benchmarks [--threads N] [--quick] [--save FILE] [group ...]``.

With ``--threads 1`` every contestant runs on one thread and CPU time is measured, which a busy machine disturbs little.
With more threads every contestant may use that many cores, and the wall clock counts: the machine must have them free.
The tables then say which part of them it had.
Every case compares results with NumPy's before it is timed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.measure import Result

GROUPS = (
    "calls",
    "elementwise",
    "reductions",
    "models",
    "loops",
    "dynamics",
    "products",
    "training",
    "random_draws",
    "indexing",
    "compile_time",
    "startup",
    "large_graphs",
)


def main() -> None:
    """Measure the chosen groups."""
    arguments = _arguments()
    if arguments.threads and os.environ.get(_RESTARTED) != str(arguments.threads):
        _restart(arguments.threads)
    # lazy: NumPy reads the number of threads on loading
    from benchmarks.measure import clock, copy_bandwidth, effort, share_of_cores
    from benchmarks.tables import summary, table

    _demand_native_code()
    if arguments.threads == 1:
        clock.use_cpu_time()
    if arguments.quick:
        effort.use_quick()
    bandwidth = copy_bandwidth()
    count = f"{arguments.threads} threads" if arguments.threads else "all cores"
    clock_name = "CPU time, one thread" if arguments.threads == 1 else f"wall time, {count}"
    cores = arguments.threads or os.cpu_count() or 1
    machine = f"{platform.machine()}, Python {platform.python_version()}; copy {bandwidth / 1e9:.1f} GB/s"
    parts = [f"{machine}; {clock_name}; medians of interleaved rounds; ratio = ours / best peer, by rounds"]
    print(parts[0], flush=True)
    found: list[Result] = []
    free = share_of_cores(cores) if cores > 1 else 1.0
    for group in arguments.groups or (GROUPS[:-2] if arguments.quick else GROUPS):
        started = time.perf_counter()
        results = list(_measured(group))
        found += results
        heading = f"{group} ({time.perf_counter() - started:.0f} s"
        if cores > 1:
            before, free = free, share_of_cores(cores)
            heading += f"; {before:.0%} of {cores} cores were free before, {free:.0%} after"
        parts.append(f"## {heading})\n\n{table(results, bandwidth)}")
        print(f"\n{parts[-1]}", flush=True)
        if arguments.save:
            Path(arguments.save).write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    parts.append(f"## Summary\n\n{summary(found)}")
    print(f"\n{parts[-1]}")
    if arguments.save:
        Path(arguments.save).write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _demand_native_code() -> None:
    """Functions that run in Python are not what the tables are about."""
    from theano.plugin import registry  # lazy: as above

    why = registry().backends["cpu"].unavailable()
    if why is not None:
        raise SystemExit(f"benchmarks of native code: {why}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], default=[])
    parser.add_argument("--threads", type=_count, metavar="N", help="threads of all contestants; 1: CPU time")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no slow cases, no PyTensor")
    parser.add_argument("--save", metavar="FILE", help="write the tables there too, as Markdown")
    return parser.parse_args()


def _measured(group: str) -> Iterator[Result]:
    """All results of a group; a case that fails gives a result without times."""
    from benchmarks.measure import Result

    for case in importlib.import_module(f"benchmarks.{group}").CASES:
        name = getattr(case, "__name__", "") or " ".join(str(part) for part in case.args)
        try:
            found = case()
        except Exception as error:
            found = Result(name, {}, note=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
        yield from found if isinstance(found, list) else [found]


_RESTARTED = "THEANO_BENCHMARKS_THREADS"


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of threads: give 1 or more")
    return count


def _restart(threads: int) -> None:
    """Once more, with that many cores and with libraries that read their number of threads when they are loaded."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    environment = dict(os.environ, **dict.fromkeys((*names, "NPROC", _RESTARTED), str(threads)))
    if threads == 1:  # JAX otherwise goes by the cores of the process
        environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    else:  # PyTensor otherwise uses one thread
        environment["PYTENSOR_FLAGS"] = ",".join(filter(None, [os.environ.get("PYTENSOR_FLAGS"), "openmp=True"]))
    command = [sys.executable, "-m", "benchmarks", *sys.argv[1:]]
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < threads:
            raise SystemExit(f"--threads {threads}: this process may use {len(cores)} cores; give at most as many")
        os.sched_setaffinity(0, set(cores[:threads]))
    os.execve(sys.executable, command, environment)


if __name__ == "__main__":
    main()
