"""Timing side by side: rounds interleave the contestants, so that a noisy machine disturbs all alike."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

COPY = "copy"
"""What only moves as many bytes: `numpy.copyto` between arrays of the same size as input and result."""

REFERENCES = {"C", "adjoint by hand", COPY}
"""Contestants that are no peers: a limit to compare with, left out of the ratio."""


class Clock:
    """The clock of all measurements: wall time, or CPU time of the process."""

    def __init__(self) -> None:
        self.now = time.perf_counter

    def use_cpu_time(self) -> None:
        """Count CPU time from now on (all threads of the process)."""
        self.now = time.process_time


@dataclass
class Effort:
    """How long one case may take: rounds, seconds of one contestant in a round, seconds in all.

    About 180 cases of six contestants: five minutes of rounds, and as much again in which peers compile.
    """

    rounds: int = 11
    round_seconds: float = 0.02
    case_seconds: float = 1.5
    quick: bool = False

    def use_quick(self) -> None:
        """Spend about a tenth: for a first look, and to see that the suite runs."""
        self.rounds, self.round_seconds, self.case_seconds, self.quick = 5, 0.005, 0.3, True


clock = Clock()
effort = Effort()

Contestants = dict[str, Callable[[], object]]


@dataclass(frozen=True)
class Result:
    """Median seconds of each contestant for one case.

    `bound` is the ratio to the best peer that the project aims at, `limit` the seconds, `of_copy` the share of the
    speed of the contestant that only copies as many bytes, `target` any other aim as text; `moved` the bytes that must
    be read and written at least; `note` says why a figure is missing. `ratios` are our time
    over each contestant's in the same round, medians of those; without them the ratio is that of the seconds.
    """

    case: str
    seconds: dict[str, float]
    target: str = ""
    bound: float | None = None
    limit: float | None = None
    moved: int = 0
    note: str = ""
    ratios: dict[str, float] = field(default_factory=dict)
    of_copy: float | None = None

    @property
    def copy_share(self) -> float | None:
        """A copy's time over ours, where a copy took part."""
        return 1 / self.ratios[COPY] if COPY in self.ratios else None

    @property
    def ratio(self) -> float | None:
        """Our time over the best peer's."""
        if "theano" not in self.seconds:
            return None
        ours = self.seconds["theano"]
        peers = [name for name in self.seconds if name != "theano" and name not in REFERENCES]
        return max((self.ratios.get(name, ours / self.seconds[name]) for name in peers), default=None)

    @property
    def excess(self) -> float | None:
        """The worst of ratio / bound, seconds / limit and of_copy / copy_share; above 1 the aim is missed."""
        shares = []
        if self.ratio is not None and self.bound is not None:
            shares.append(self.ratio / self.bound)
        if self.limit is not None and "theano" in self.seconds:
            shares.append(self.seconds["theano"] / self.limit)
        if self.of_copy is not None and self.copy_share is not None:
            shares.append(self.of_copy / self.copy_share)
        return max(shares, default=None)

    @property
    def missed(self) -> bool:
        """Whether a figure is known and above its aim."""
        return self.excess is not None and self.excess > 1


class WrongResultError(Exception):
    """A contestant's result differs from NumPy's."""


def check(name: str, found: Any, expected: Any, tolerance: float) -> None:
    """Compare with NumPy's result: close relative to the largest element, same shape."""
    several = isinstance(expected, (tuple, list))
    for position, (value, wanted) in enumerate(zip(found, expected) if several else [(found, expected)]):
        value, wanted = np.asarray(value), np.asarray(wanted)
        if value.shape != wanted.shape:
            raise WrongResultError(f"{name}: result {position} has shape {value.shape}, NumPy's {wanted.shape}")
        difference = float(np.max(np.abs(value.astype("float64") - wanted), initial=0.0))
        if not difference <= tolerance * max(1e-300, float(np.max(np.abs(wanted), initial=0.0))):
            raise WrongResultError(f"{name}: result {position} is off by {difference:.3g}")


def interleaved(
    case: str,
    contestants: Contestants,
    target: str = "",
    *,
    bound: float | None = None,
    limit: float | None = None,
    expected: Any = None,
    tolerance: float = 1e-9,
    moved: int = 0,
    of_copy: float | None = None,
) -> Result:
    """Check each contestant's first result, then time each in turn for some rounds; medians of seconds per call.

    `expected` is NumPy's result, which all but a copy must have. A contestant whose result is wrong, or that fails, is
    left out and named in the note.
    """
    note, ready = "", {}
    for name, call in contestants.items():
        try:
            first = call()
            if expected is not None and name != COPY:
                check(name, first, expected, tolerance)
            ready[name] = call
        except Exception as error:
            note = _and(note, f"{name}: {_brief(error)}")
    loops = {name: _loops(call, effort.round_seconds) for name, call in ready.items()}
    samples: dict[str, list[float]] = {name: [] for name in ready}
    started = time.perf_counter()
    for done in range(effort.rounds):
        if done >= 3 and time.perf_counter() - started > effort.case_seconds:
            break
        chosen = ready if done < 3 else _deciding(samples)
        for name in chosen:
            samples[name].append(_time(ready[name], loops[name]))
    medians = {name: statistics.median(times) for name, times in samples.items()}
    return Result(case, medians, target, bound, limit, moved, note, ratios(samples), of_copy)


def ratios(samples: dict[str, list[float]]) -> dict[str, float]:
    """Our time over each contestant's in the same round: a machine that changes its speed slows both."""
    ours = samples.get("theano", [])
    shares = {name: [t / o for t, o in zip(ours, times)] for name, times in samples.items()}
    return {name: statistics.median(found) for name, found in shares.items() if found and name != "theano"}


def _deciding(samples: dict[str, list[float]]) -> list[str]:
    """Who is still worth a round: Theano, and what may be the best peer. Who is far behind that decides nothing.

    The best peer takes part to the end, however far ahead Theano is: a machine that is fast in some rounds and slow in
    others would otherwise be measured with one of the two in the former only.
    """
    peers = {name: min(times) for name, times in samples.items() if name != "theano"}
    bar = 4 * min((time for name, time in peers.items() if name not in REFERENCES), default=0.0)
    return [name for name in samples if name == "theano" or peers[name] <= bar]


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"


def _and(first: str, second: str) -> str:
    return f"{first}; {second}" if first else second


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


def share_of_cores(threads: int, seconds: float = 0.3) -> float:
    """The part of `threads` cores that this process gets: what others compute meanwhile is missing from 1."""
    array = np.ones(200_000)
    until = time.perf_counter() + seconds

    def work() -> None:
        out = np.empty_like(array)
        while time.perf_counter() < until:
            np.sqrt(array, out=out)

    others = [threading.Thread(target=work) for _ in range(threads - 1)]
    started, used = time.perf_counter(), time.process_time()
    for other in others:
        other.start()
    work()
    for other in others:
        other.join()
    return (time.process_time() - used) / (threads * (time.perf_counter() - started))


def copy_bandwidth() -> float:
    """Bytes per second of a copy between two arrays larger than the caches; reading and writing both count."""
    source = np.ones(10_000_000)
    copied = np.empty_like(source)
    times = []
    for _ in range(9):
        started = clock.now()
        np.copyto(copied, source)
        times.append(clock.now() - started)
    return 2 * source.nbytes / statistics.median(times)
