"""Measuring compiled functions: calls, and in the Python executor every node."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any, TextIO

from theano.compile.work import Limits, Work, print_work
from theano.configuration import config

__all__ = ["ProfileStats", "print_global_stats", "profile_for", "register_profiler_printer"]

_start = perf_counter()
_printers: list[Callable[..., None]] = []
_to_print: list[ProfileStats] = []


def register_profiler_printer(fct: Callable[..., None]) -> Callable[..., None]:
    """Call ``fct(stats, file)`` at the end of every report."""
    _printers.append(fct)
    return fct


class ProfileStats:
    """Time spent in one function.

    Parameters
    ----------
    atexit_print : bool
        Print the report when the process ends.
    flag_time_thunks : bool, optional
        Time every node; default ``config.profiling.time_thunks``. Only the Python executor can.
    gpu_checks : bool
        Accepted for compatibility.
    **kwargs
        First values of attributes, such as ``message``.

    Attributes
    ----------
    message : str or None
    compile_time : float
        Seconds to make the function; `stage_times` tells them apart.
    fct_callcount : int
        Calls; of the step of a loop that runs without calls: steps.
    loop_runs : int
        Runs of such loops.
    fct_call_time : float
        Seconds in calls.
    apply_time : dict of Apply to float
        Seconds in each node.
    apply_callcount : dict of Apply to int
    apply_work : dict of Apply to Work
        Bytes and operations of native steps.
    shows_inside : bool
        Let the report go on with those of functions inside nodes.
    limits : callable or None
        Gives the `Limits` of the machine; set by a backend that knows them.
    """

    def __init__(
        self, atexit_print: bool = True, flag_time_thunks: bool | None = None, gpu_checks: bool = True, **kwargs: Any
    ) -> None:
        self.message: str | None = None
        self.compile_time = 0.0
        self.stage_times: dict[str, float] = {}
        self.flag_time_thunks = config.profiling.time_thunks if flag_time_thunks is None else flag_time_thunks
        self.ignore_first = bool(config.profiling.ignore_first_call)
        self.limits: Callable[[], Limits] | None = None
        self.shows_inside = True
        self.reset()
        for name, value in kwargs.items():
            setattr(self, name, value)
        if atexit_print:
            if not _to_print:
                atexit.register(_print_at_exit)
            _to_print.append(self)

    def reset(self) -> None:
        """Forget all calls measured so far."""
        self.fct_callcount = 0
        self.loop_runs = 0
        self.fct_call_time = 0.0
        self.apply_time: dict[Any, float] = {}
        self.apply_callcount: dict[Any, int] = {}
        self.native_nodes: set[Any] = set()
        self.apply_work: dict[Any, Work] = {}

    def add_call(self, seconds: float) -> None:
        """Note one call of the function."""
        self.fct_callcount += 1
        self.fct_call_time += seconds
        if self.ignore_first:
            self.ignore_first = False
            self.reset()

    def add_loops(self, runs: int, steps: int, seconds: float) -> None:
        """Note `runs` of a loop whose step is the function, without calls of it."""
        self.loop_runs += runs
        self.fct_callcount += steps
        self.fct_call_time += seconds

    def add_node(
        self, node: Any, seconds: float, native: bool = False, runs: int = 1, work: Work | None = None
    ) -> None:
        """Note runs of a node, in machine code if `native`, else in Python; `work` is what they did."""
        if native:
            self.native_nodes.add(node)
        if work is not None:
            self.apply_work[node] = self.apply_work[node] + work if node in self.apply_work else work
        self.apply_time[node] = self.apply_time.get(node, 0.0) + seconds
        self.apply_callcount[node] = self.apply_callcount.get(node, 0) + runs

    def add(self, other: ProfileStats) -> None:
        """Add what another profile measured."""
        self.compile_time += other.compile_time
        self.fct_callcount += other.fct_callcount
        self.fct_call_time += other.fct_call_time
        for name, seconds in other.stage_times.items():
            self.stage_times[name] = self.stage_times.get(name, 0.0) + seconds
        self.apply_time.update(other.apply_time)
        self.apply_callcount.update(other.apply_callcount)
        self.native_nodes |= other.native_nodes
        self.apply_work.update(other.apply_work)
        self.limits = self.limits or other.limits

    def _grouped(self, key: Callable[[Any], Any]) -> dict[Any, float]:
        total: dict[Any, float] = {}
        for node, seconds in self.apply_time.items():
            total[key(node)] = total.get(key(node), 0.0) + seconds
        return total

    def _grouped_calls(self, key: Callable[[Any], Any]) -> dict[Any, tuple[int, int]]:
        total: dict[Any, tuple[int, int]] = {}
        for node, calls in self.apply_callcount.items():
            before = total.get(key(node), (0, 0))
            total[key(node)] = (before[0] + calls, before[1] + 1)
        return total

    def class_time(self) -> dict[type, float]:
        """Seconds by class of op."""
        return self._grouped(lambda node: type(node.op))

    def op_time(self) -> dict[Any, float]:
        """Seconds by op."""
        return self._grouped(lambda node: node.op)

    def summary(self, file: TextIO | None = None, n_ops_to_print: int = 20, n_apply_to_print: int = 20) -> None:
        """Print the whole report to `file` (default: standard error)."""
        out = sys.stderr if file is None else file
        self.summary_function(out)
        if self.apply_time:
            self.summary_class(out, n_ops_to_print)
            self.summary_ops(out, n_ops_to_print)
            self.summary_nodes(out, n_apply_to_print)
            print_work(self, out, n_apply_to_print)
        elif self.loop_runs and self.flag_time_thunks:
            print("  No times of single nodes: all steps of a loop ran as one generated function.", file=out)
        elif self.fct_callcount:
            print("  No times of single nodes: set config.profiling.time_thunks to have them.", file=out)
        for printer in _printers:
            printer(self, out)
        for node, inner in self.inner_profiles() if self.shows_inside else ():
            print(f"\nInside {node.op}, which took {self.apply_time[node]:e}s of the time above:\n", file=out)
            inner.summary(out, n_ops_to_print, n_apply_to_print)

    def inner_profiles(self) -> list[tuple[Any, ProfileStats]]:
        """Profiles of functions inside nodes that ran, such as the steps of loops, each with its node."""
        nodes = [node for node in self.apply_time if hasattr(getattr(node, "op", None), "with_mode")]
        found = [(node, getattr(node.op.fn, "profile", None)) for node in nodes]
        return [(node, stats) for node, stats in found if stats and stats.fct_callcount]

    def summary_function(self, file: TextIO) -> None:
        """Print calls, their total time and the time of compilation."""
        print(f"Function profiling\n==================\n  Message: {self.message}", file=file)
        times = f"{self.fct_callcount} calls to Function.__call__"
        if self.loop_runs:
            times = f"{self.loop_runs} runs of a loop with {self.fct_callcount} steps"
        print(f"  Time in {times}: {self.fct_call_time:e}s", file=file)
        if self.apply_time:
            in_nodes = sum(self.apply_time.values())
            share = 100 * in_nodes / self.fct_call_time if self.fct_call_time else 0.0
            print(f"  Time in thunks: {in_nodes:e}s ({share:.3f}%)", file=file)
        print(f"  Total compile time: {self.compile_time:e}s", file=file)
        for name, seconds in self.stage_times.items():
            print(f"    Stage {name}: {seconds:e}s", file=file)
        print(f"  Number of Apply nodes timed: {len(self.apply_time)}\n", file=file)

    def summary_class(self, file: TextIO | None = None, N: int | None = None) -> None:
        """Print times by class of op."""
        self._table("Class", lambda node: type(node.op), lambda cls: f"{cls.__module__}.{cls.__name__}", file, N)

    def summary_ops(self, file: TextIO | None = None, N: int | None = None) -> None:
        """Print times by op."""
        self._table("Ops", lambda node: node.op, str, file, N)

    def summary_nodes(self, file: TextIO | None = None, N: int | None = None) -> None:
        """Print times by node."""
        self._table("Apply", lambda node: node, str, file, N)

    def _table(
        self, title: str, key: Callable[[Any], Any], text: Callable[[Any], str], file: TextIO | None, limit: int | None
    ) -> None:
        out = sys.stderr if file is None else file
        times, calls = self._grouped(key), self._grouped_calls(key)
        whole = sum(times.values()) or 1.0
        in_python = {key(node) for node in self.apply_time if node not in self.native_nodes}
        rows = sorted(times.items(), key=lambda item: -item[1])
        shown = rows if limit is None else rows[:limit]
        print(f"{title}\n---", file=out)
        print("<% time> <sum %> <apply time> <time per call> <type> <#call> <#apply> <name>", file=out)
        done = 0.0
        for thing, seconds in shown:
            done += seconds
            n_calls, n_apply = calls[thing]
            print(
                f" {100 * seconds / whole:5.1f}% {100 * done / whole:6.1f}% {seconds:10.3f}s {seconds / n_calls:12.2e}s"
                f"     {'Py' if thing in in_python else 'C '}  {n_calls:6d} {n_apply:6d}   {text(thing)}",
                file=out,
            )
        rest = len(rows) - len(shown)
        print(f"   ... (remaining {rest} {title} account for {100 * (whole - done) / whole:.2f}%)\n", file=out)

    def summary_globals(self, file: TextIO) -> None:
        """Print the time since this room was imported."""
        print(f"Time since theano import {perf_counter() - _start:.3f}s", file=file)


def profile_for(profile: Any, name: str) -> Any:
    """The profile object that the argument ``profile`` of ``theano.function`` stands for."""
    if profile is None:
        profile = config.profile or config.print_global_stats
    if profile is True:
        return ProfileStats(message=name)
    if isinstance(profile, str):
        return ProfileStats(message=profile)
    return profile


def print_global_stats(file: TextIO | None = None) -> None:
    """Print how long this process and its profiled functions have run."""
    out = sys.stderr if file is None else file
    calls = sum(stats.fct_call_time for stats in _to_print)
    making = sum(stats.compile_time for stats in _to_print)
    print(
        f"Global stats: {perf_counter() - _start:.2f}s since import, {calls:.2f}s in profiled functions, "
        f"{making:.2f}s compiling them",
        file=out,
    )


def _report_all(file: TextIO) -> None:
    used = [stats for stats in _to_print if stats.fct_callcount]
    inside = {id(inner) for stats in used for _, inner in stats.inner_profiles()}  # part of another report
    used = [stats for stats in used if id(stats) not in inside]
    for stats in _to_print:
        if id(stats) in inside:
            continue
        if stats.fct_callcount:
            stats.summary(file, config.profiling.n_ops, config.profiling.n_apply)
        else:
            print(f"Skipping empty profile of {stats.message}", file=file)
    if len(used) > 1:
        total = ProfileStats(atexit_print=False, message=f"Sum of all({len(used)}) printed profiles at exit.")
        for stats in used:
            total.add(stats)
        total.shows_inside = False  # the reports of its parts do
        total.summary(file, config.profiling.n_ops, config.profiling.n_apply)


def _print_at_exit() -> None:
    place = config.profiling.destination
    out = {"stderr": sys.stderr, "stdout": sys.stdout}.get(place)
    file = open(place, "w") if out is None else out  # noqa: SIM115 - closed below
    try:
        _report_all(file)
        if config.print_global_stats:
            print_global_stats(file)
    finally:
        if out is None:
            file.close()
