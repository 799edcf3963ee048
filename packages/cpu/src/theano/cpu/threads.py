"""How many threads a step of a function may use, and the pool that they come from.

The runtime has one pool for the process. Its threads are started when some step is first worth more than one, and take
part in steps whose estimated work is more than their waking costs. Results have the same bits with any number of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from theano.configuration import config
from theano.configuration.parser import registered
from theano.errors import explain

__all__ = ["activity", "available", "plan_threads", "sharing"]

_QUOTA = "/sys/fs/cgroup/cpu.max"


def available() -> int:
    """Number of threads, the caller's included: the cores that this process may use, and at most OMP_NUM_THREADS.

    Raises
    ------
    TypeError
        OMP_NUM_THREADS is no integer.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(count, _quota(), _wanted()))


def _wanted() -> int:
    text = os.environ.get("OMP_NUM_THREADS", "").strip()
    try:
        return int(text) if text else 1 << 30
    except ValueError as error:
        found = f"the environment variable OMP_NUM_THREADS is {text!r}"
        raise TypeError(explain("find the number of threads", found, "set it to an integer, or not at all")) from error


def _quota() -> int:
    """Cores' worth of time that a container may use, rounded up."""
    try:
        with open(_QUOTA, encoding="utf-8") as file:
            quota, period = file.read().split()
        return 1 << 30 if quota == "max" else -(-int(quota) // int(period))
    except (OSError, ValueError):
        return 1 << 30


def plan_threads() -> tuple[int, int]:
    """What the options say for a function that is compiled now: (1 if it works alone, least elements of a shared map).

    ``config.openmp=False`` counts when somebody set it, and so does ``config.openmp_elemwise_minsize``: left at their
    defaults, the runtime goes by its own estimates.
    """
    from theano.cpu import _runtime  # lazy: loads the extension

    _runtime.lib.rt_pool_limit(available())
    openmp, least = registered["openmp"], registered["openmp_elemwise_minsize"]
    alone = openmp.origin != "default" and not config.openmp
    return int(alone), config.openmp_elemwise_minsize if least.origin != "default" else 0


def activity() -> dict[str, int]:
    """What the pool did so far in this process.

    regions : steps (or parts of steps) that were shared
    wakings : times that sleeping threads were woken
    refusals : steps that found the pool busy with another caller
    workers : threads started
    """
    from theano.cpu import _runtime  # lazy: loads the extension

    names = ("regions", "wakings", "refusals", "workers")
    return {name: int(_runtime.lib.rt_pool_count(number)) for number, name in enumerate(names)}


@contextmanager
def sharing(threads: int, microseconds: float | None = None) -> Iterator[None]:
    """For tests and measurements: `threads` threads, whatever the cores.

    With `microseconds`, steps from that much estimated work on are shared, and wait for the others to come. Functions
    that are compiled meanwhile set the number anew; compile before entering.
    """
    from theano.cpu import _runtime  # lazy: loads the extension

    picoseconds = -1.0 if microseconds is None else 1e6 * microseconds
    _runtime.lib.rt_pool_limit(threads)
    _runtime.lib.rt_pool_thresholds(picoseconds, picoseconds)
    try:
        yield
    finally:
        _runtime.lib.rt_pool_thresholds(-1.0, -1.0)
        _runtime.lib.rt_pool_limit(available())
