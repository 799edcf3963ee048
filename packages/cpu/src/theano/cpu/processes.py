"""Run tool processes with a deadline; whatever happens, no child outlives the call."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from types import FrameType
    from typing import BinaryIO

    Child = subprocess.Popen[bytes] | "Spawned"


class ToolError(Exception):
    """A tool could not be started, failed, crashed or took too long; `hung` tells the last case apart."""

    def __init__(self, message: str, hung: bool = False):
        super().__init__(message)
        self.hung = hung


def run_chains(chains: list[list[list[str]]], folder: str, seconds: float, anywhere: bool = False) -> bytes:
    """Run `chains` at the same time, each of commands joined by pipes; return what the last commands printed.

    Every command runs in a session of its own: a Ctrl-C at the terminal reaches only this process, which then kills
    the children itself, grandchildren included. The working directory is `folder`, but commands that can run
    `anywhere` are started where this process is: that takes a third less, and no import of `subprocess`.
    """
    if _ending:
        raise ToolError("this process is about to end", hung=True)
    children: list[Child] = []
    _running.append(children)
    deadline = time.monotonic() + seconds
    error_path = os.path.join(folder, "errors.txt")
    out_path = os.path.join(folder, "output.txt")
    try:
        with open(error_path, "ab") as errors, open(out_path, "wb") as out, _uninterrupted():
            for chain in chains:
                _start(chain, children, errors, out, folder, anywhere)
        for child in children:
            _wait(child, deadline)
    except BaseException:
        _kill(children)
        raise
    finally:
        _running.remove(children)
    for child in children:
        if child.returncode:
            raise ToolError(_failure(child, error_path))
    with open(out_path, "rb") as written:
        return written.read()


_running: list[list[Child]] = []
_ending = False
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_running.clear)  # they are the parent's to end


def end_all_runs() -> None:
    """End the tools that other threads wait for, and let nobody start more."""
    global _ending
    _ending = True
    for children in list(_running):
        _kill(children)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits for the end of the block: a child that runs and that nobody knows yet would outlive the call."""
    import _signal  # the part of `signal` that takes no time to import
    import threading

    handler = _signal.getsignal(_signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield  # no handler runs here
        return
    heard: list[tuple[int, FrameType | None]] = []
    _signal.signal(_signal.SIGINT, lambda *call: heard.append(call))
    try:
        yield
    finally:
        _signal.signal(_signal.SIGINT, handler)
        if heard:
            handler(*heard[0])


def _start(
    chain: list[list[str]], children: list[Child], errors: BinaryIO, out: BinaryIO, folder: str, anywhere: bool
) -> None:
    environment = {**os.environ, "LC_ALL": "C", "TMPDIR": str(folder)}
    source = os.open(os.devnull, os.O_RDONLY)
    try:
        for command in chain:
            following, sink = os.pipe() if command is not chain[-1] else (-1, out.fileno())
            try:
                child = _started(command, (source, sink, errors.fileno()), environment, folder, anywhere)
            except (OSError, ValueError) as error:
                raise ToolError(f"{command[0]} could not be started: {error}") from error
            finally:
                os.close(source)  # the reader alone must hold the pipe, else the writer never sees it close
                source = following
                if following >= 0:
                    os.close(sink)
            children.append(child)
            if _ending:  # it started while the others were ended
                raise ToolError("this process is about to end", hung=True)
    finally:
        if source >= 0:
            os.close(source)


def _started(
    command: list[str], files: tuple[int, int, int], environment: dict[str, str], folder: str, anywhere: bool
) -> Child:
    """A child whose standard files are `files`."""
    if anywhere and min(files) > 2:  # else they might overwrite each other on the way
        with contextlib.suppress(AttributeError, NotImplementedError):
            return Spawned(command, files, environment)
    import subprocess  # lazy: costs as much as linking a kernel

    source, sink, errors = files
    where = {"cwd": folder, "env": environment, "start_new_session": True}
    return subprocess.Popen(command, stdin=source, stdout=sink, stderr=errors, **where)  # type: ignore[call-overload]


class Spawned:
    """What is needed of `subprocess.Popen`, for a command that runs where this process is."""

    def __init__(self, command: list[str], files: tuple[int, int, int], environment: dict[str, str]) -> None:
        self.args = command
        self.returncode: int | None = None
        moves = [(os.POSIX_SPAWN_DUP2, file, number) for number, file in enumerate(files)]
        self.pid = os.posix_spawnp(command[0], command, environment, file_actions=moves, setsid=True)

    def poll(self) -> int | None:
        """The exit code, once there is one; negative for a signal."""
        return self._look(os.WNOHANG)

    def wait(self) -> int | None:
        """Wait for the end."""
        return self._look(0)

    def _look(self, options: int) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:  # somebody else has seen it end, or nobody is to hear of children
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


def _wait(child: Child, deadline: float) -> None:
    """Wait for `child` without the polling of Popen.wait(timeout), which would add up to 50 ms."""
    try:
        handle = os.pidfd_open(child.pid)
    except (AttributeError, OSError):
        handle = None
    if handle is None:
        done = _look_again_and_again(child, deadline)
    else:
        import select  # lazy: only a compilation needs it

        try:
            poller = select.poll()
            poller.register(handle, select.POLLIN)
            done = bool(poller.poll(max(0.0, deadline - time.monotonic()) * 1000))
        finally:
            os.close(handle)
    if not done:
        raise ToolError(f"{_name(child)} did not finish in time", hung=True)
    child.wait()


def _look_again_and_again(child: Child, deadline: float) -> bool:
    pause = 0.0005
    while child.poll() is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.02)
    return True


def _kill(children: list[Child]) -> None:
    import signal  # lazy: only when something goes wrong

    for child in children:
        if child.returncode is not None:
            continue  # its number may already belong to somebody else
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)  # start_new_session: the group's number is the child's
        child.wait()


def _name(child: Child) -> str:
    return str(child.args[0]) if isinstance(child.args, list) else str(child.args)


def _failure(child: Child, error_path: str) -> str:
    code = child.returncode or 0
    how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
    with open(error_path, "rb") as file:
        text = file.read()[-4000:].decode("utf-8", "replace").strip()
    return f"{_name(child)} {how}" + (f":\n{text}" if text else "")
