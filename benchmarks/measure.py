"""Timing side by side: rounds interleave the contestants, so that a noisy machine disturbs all alike."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class Clock:
    """The clock of all measurements: wall time, or CPU time of the process."""

    def __init__(self) -> None:
        self.now = time.perf_counter

    def use_cpu_time(self) -> None:
        """Count CPU time from now on (all threads of the process)."""
        self.now = time.process_time


clock = Clock()

Contestants = dict[str, Callable[[], object]]


@dataclass(frozen=True)
class Result:
    """Median seconds of each contestant for one case, and the target as text."""

    case: str
    seconds: dict[str, float]
    target: str = ""

    @property
    def ratio(self) -> float | None:
        """Our time over the best peer's."""
        peers = [s for name, s in self.seconds.items() if name != "theano"]
        return self.seconds["theano"] / min(peers) if peers and "theano" in self.seconds else None


def interleaved(
    case: str, contestants: Contestants, target: str = "", rounds: int = 15, round_seconds: float = 0.05
) -> Result:
    """Time each contestant in turn, `rounds` times; return medians of seconds per call."""
    loops = {name: _loops(call, round_seconds) for name, call in contestants.items()}
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            samples[name].append(_time(call, loops[name]))
    return Result(case, {name: statistics.median(times) for name, times in samples.items()}, target)


def _time(call: Callable[[], object], loops: int) -> float:
    repeat = range(loops)
    now = clock.now
    started = now()
    for _ in repeat:
        call()
    return (now() - started) / loops


def _loops(call: Callable[[], object], seconds: float) -> int:
    call()
    loops = 1
    while True:
        taken = _time(call, loops) * loops
        if taken > seconds / 4:
            return max(1, round(loops * seconds / taken))
        loops *= 4


def own_environment() -> dict[str, str]:
    """The environment of this process, with Python's bytecode cache on (as it is by default)."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def in_fresh_process(code: str, cache: Path | None = None, repeats: int = 3) -> float:
    """Run `code` in new processes; it prints a JSON number as its last line. Return the median.

    `cache`: the kernel cache folder; None means an empty one each time. Python may write its bytecode, and one
    process that is not counted runs first, so that importing does not compile Python.
    """
    values = []
    repeats += 1
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as empty:
            folder = str(cache or empty)
            environment = own_environment() | {"XDG_CACHE_HOME": folder, "PYTENSOR_FLAGS": f"base_compiledir={folder}"}
            done = subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
            )
        if done.returncode:
            raise RuntimeError(f"a benchmark process failed:\n{done.stderr[-2000:]}")
        values.append(float(json.loads(done.stdout.strip().splitlines()[-1])))
    return statistics.median(values[1:])


def table(results: list[Result]) -> str:
    """Render results as a Markdown table: times with units, and our ratio to the best peer."""
    names = list(dict.fromkeys(name for r in results for name in r.seconds))
    lines = ["| case | " + " | ".join(names) + " | ratio | target |", "|---" * (len(names) + 3) + "|"]
    for r in results:
        cells = [text(r.seconds[name]) if name in r.seconds else "" for name in names]
        ratio = "" if r.ratio is None else f"{r.ratio:.2f}"
        lines.append(f"| {r.case} | " + " | ".join(cells) + f" | {ratio} | {r.target} |")
    return "\n".join(lines)


def text(seconds: float) -> str:
    """Seconds with three figures and a unit.

    >>> text(2.5e-7), text(0.0123)
    ('250 ns', '12.3 ms')
    """
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
