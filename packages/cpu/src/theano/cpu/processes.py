"""Run tool processes with a deadline; whatever happens, no child outlives the call."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from typing import IO, BinaryIO

    Child = subprocess.Popen[bytes]


class ToolError(Exception):
    """A tool could not be started, failed, crashed or took too long; `hung` tells the last case apart."""

    def __init__(self, message: str, hung: bool = False):
        super().__init__(message)
        self.hung = hung


def run_chains(chains: list[list[list[str]]], folder: str, seconds: float) -> bytes:
    """Run `chains` at the same time, each of commands joined by pipes; return what the last commands printed.

    Every command runs in `folder`, in a session of its own: a Ctrl-C at the terminal reaches only this process, which
    then kills the children itself, grandchildren included.
    """
    if _ending:
        raise ToolError("this process is about to end", hung=True)
    children: list[Child] = []
    _running.append(children)
    deadline = time.monotonic() + seconds
    error_path = os.path.join(folder, "errors.txt")
    out_path = os.path.join(folder, "output.txt")
    try:
        with open(error_path, "ab") as errors, open(out_path, "wb") as out:
            for chain in chains:
                _start(chain, children, errors, out, folder)
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


def _start(chain: list[list[str]], children: list[Child], errors: BinaryIO, out: BinaryIO, folder: str) -> None:
    import subprocess  # lazy: only a compilation needs it

    previous: IO[bytes] | None = None
    for command in chain:
        last = command is chain[-1]
        try:
            child = subprocess.Popen(
                command,
                stdin=previous or subprocess.DEVNULL,
                stdout=out if last else subprocess.PIPE,
                stderr=errors,
                cwd=folder,
                env={**os.environ, "LC_ALL": "C", "TMPDIR": str(folder)},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise ToolError(f"{command[0]} could not be started: {error}") from error
        children.append(child)
        if _ending:  # it started while the others were ended
            raise ToolError("this process is about to end", hung=True)
        if previous is not None:
            previous.close()  # the reader alone must hold the pipe, else the writer never sees it close
        previous = child.stdout


def _wait(child: Child, deadline: float) -> None:
    """Wait for `child` without the polling of Popen.wait(timeout), which would add up to 50 ms."""
    left = max(0.0, deadline - time.monotonic())
    try:
        handle = os.pidfd_open(child.pid)
    except (AttributeError, OSError):
        handle = None
    if handle is not None:
        import select  # lazy: only a compilation needs it

        try:
            poller = select.poll()
            poller.register(handle, select.POLLIN)
            done = bool(poller.poll(left * 1000))
        finally:
            os.close(handle)
        if not done:
            raise ToolError(f"{_name(child)} did not finish in time", hung=True)
        child.wait()
        return
    import subprocess  # lazy: only a compilation needs it

    try:
        child.wait(left)
    except subprocess.TimeoutExpired:
        raise ToolError(f"{_name(child)} did not finish in time", hung=True) from None


def _kill(children: list[Child]) -> None:
    import signal  # lazy: only when something goes wrong

    for child in children:
        if child.returncode is not None:
            continue  # its number may already belong to somebody else
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)  # start_new_session: the group's number is the child's
        if child.stdout is not None:
            child.stdout.close()
        child.wait()


def _name(child: Child) -> str:
    return str(child.args[0]) if isinstance(child.args, list) else str(child.args)


def _failure(child: Child, error_path: str) -> str:
    code = child.returncode
    how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
    with open(error_path, "rb") as file:
        text = file.read()[-4000:].decode("utf-8", "replace").strip()
    return f"{_name(child)} {how}" + (f":\n{text}" if text else "")
