"""Functions that start on the Python executor while their kernels are compiled.

With ``config.compile.background`` a function whose compiler run would take long is handed out at once. Calls run the
same plan node by node in Python until the machine code is there; from the next call on they run natively. A call runs
as a whole in one way or the other, and both store new values of shared variables only when all of them are known, so
the change of horses is never seen in the middle of an update.

The last bits of results may differ between the two. So this is an option, and ``config.deterministic`` forbids it.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

from theano.compile.backend import warn_fall_back
from theano.compile.callable import Function, PythonFunction
from theano.configuration import change_flags, config
from theano.cpu.compiler import CompileError
from theano.cpu.machine_code import Postponed
from theano.cpu.processes import end_all_runs

__all__ = ["BackgroundFunction", "budget"]

# Options that decide what a native function is; they count as they were when theano.function was called.
_FLAGS = ("floatX", "cxx", "gcc.cxxflags", "kernel_cache")


def budget(maker: Any) -> float | None:
    """Seconds that compiling may take before `maker`'s function starts in Python; None: as long as it takes."""
    seconds = float(config.compile.background)
    # A profile is about one way of running; the step of a loop is called by the loop's own machine code.
    if seconds < 0 or config.deterministic == "more" or maker.profile or maker.nested:
        return None
    return seconds


class _Job:
    """One compiler run in a thread."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.error: Exception | None = None
        self.process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="theano-compile", daemon=True)
        _jobs.add(self)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.work()
        except Exception as error:  # told by the next call of the function
            self.error = error
        finally:
            _jobs.discard(self)

    @property
    def finished(self) -> bool:
        """Whether there is nothing to wait for any more."""
        return not self._thread.is_alive()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the run has ended."""
        self._thread.join(seconds)


_jobs: set[_Job] = set()


class BackgroundFunction(Function):
    """A function that is compiled while it already runs.

    Attributes
    ----------
    native : NativeFunction or None
        What runs it once the kernels are compiled.
    """

    stores_updates = True

    def __init__(self, maker: Any, plan: Any, containers: Sequence[Any], postponed: Postponed) -> None:
        super().__init__(maker, plan, containers)
        self.native: Any = None
        self._python = PythonFunction(maker, plan, containers)
        self._flags = {name: _option(name) for name in _FLAGS}
        self._swapping = threading.Lock()
        self._work = postponed.compile
        self._job: _Job | None = _Job(self._work)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        runs = self._current()
        if runs.trust_input != self.trust_input:
            runs.trust_input = self.trust_input
        return runs(*args, **kwargs)

    def _run(self, values: list[Any]) -> list[Any]:
        runs = self._current()
        outputs: list[Any] = runs._run(values)
        if not runs.stores_updates:
            runs._store(outputs)
        return outputs

    def _current(self) -> Any:
        """The native function if it can be had now, else the one of the Python executor."""
        if self.native is not None:
            return self.native
        job = self._job
        if job is None:
            return self._python
        if job.process != os.getpid():  # the thread stayed in the parent
            self._swapping = threading.Lock()
            self._job = _Job(self._work)
        elif job.finished and self._swapping.acquire(blocking=False):
            try:
                self._swap(job)
            finally:
                self._swapping.release()
        return self._python if self.native is None else self.native

    def _swap(self, job: _Job) -> None:
        from theano.cpu.native_function import NativeFunction  # lazy: it imports what imports this module

        if self.native is not None or self._job is None:
            return  # another thread was faster
        self._job = None  # whatever happens now, it happens once
        try:
            if job.error is not None:
                raise job.error
            changed = {name: value for name, value in self._flags.items() if _option(name) != value}
            with change_flags(list(changed.items())):
                self.native = NativeFunction(self.maker, self.plan, self.input_storage)
        except CompileError as error:
            warn_fall_back("cpu", str(error))

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the compiler, at most `seconds`; tell whether calls run natively now."""
        if self._job is not None:
            self._job.wait(seconds)
        self._current()
        return self.native is not None

    @property
    def fn(self) -> Any:
        return (self.native or self._python).fn

    def free(self) -> None:
        for runs in (self._python, self.native):
            if runs is not None:
                runs.free()


def _option(name: str) -> Any:
    found: Any = config
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _end_jobs() -> None:
    """The process ends: so do its compilers, and the threads remove what they left."""
    jobs = [job for job in list(_jobs) if job.process == os.getpid()]
    if jobs:
        end_all_runs()
        for job in jobs:
            job.wait(5)


atexit.register(_end_jobs)
