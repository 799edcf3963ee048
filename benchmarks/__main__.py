"""Run the benchmarks and print tables: ``python -m benchmarks [--threads 1] [group ...]``.

With ``--threads 1`` every contestant runs on one thread and CPU time is measured, which a busy machine disturbs little.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys

GROUPS = ("calls", "training", "startup", "large_graphs")


def main() -> None:
    """Measure the chosen groups."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], default=[])
    parser.add_argument("--threads", type=int, choices=[1])
    arguments = parser.parse_args()
    if arguments.threads and os.environ.get("OMP_NUM_THREADS") != "1":
        _restart_on_one_thread()
    from benchmarks.measure import Result, clock, table  # lazy: NumPy reads the number of threads when it is loaded

    if arguments.threads:
        clock.use_cpu_time()
    chosen = arguments.groups or GROUPS
    print(f"{platform.machine()}, Python {platform.python_version()}; medians of interleaved rounds\n")
    for group in chosen:
        results: list[Result] = []
        for case in importlib.import_module(f"benchmarks.{group}").CASES:
            found = case()
            results.extend(found if isinstance(found, list) else [found])
        print(f"## {group}\n\n{table(results)}\n", flush=True)


def _restart_on_one_thread() -> None:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = dict(os.environ, **dict.fromkeys(names, "1"))
    environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    environment["NPROC"] = "1"
    command = [sys.executable, "-m", "benchmarks", *sys.argv[1:]]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.execve(sys.executable, command, environment)


if __name__ == "__main__":
    main()
