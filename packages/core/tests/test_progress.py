"""The line that a terminal shows during long compilations."""

import io
import os
import re
import threading
from types import SimpleNamespace

import pytest

from theano.compile import progress as module
from theano.compile.progress import progress, show_stage


class Terminal(io.StringIO):
    """Notes what is written, and tells when something was."""

    def __init__(self, tty=True):
        super().__init__()
        self.tty, self.shown = tty, threading.Event()

    def isatty(self):
        return self.tty

    def write(self, text):
        self.shown.set()
        return super().write(text)


@pytest.fixture
def terminal(monkeypatch):
    made = Terminal()
    monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=made))  # pytest exchanges that of sys
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(module, "PERIOD", 0.001)
    monkeypatch.setattr(module, "DELAY", 0.0)
    return made


def test_a_long_compilation_shows_a_line_and_erases_it(terminal):
    with progress("train"):
        show_stage("rewrite")
        while not re.search(r"theano: compiling train: rewriting \(\d+ s\)", terminal.getvalue()):
            assert terminal.shown.wait(30)  # what is shown first may have been written down before the stage
            terminal.shown.clear()
    written = terminal.getvalue()
    assert written.endswith("\r\x1b[K")
    assert "\n" not in written


def test_a_short_one_shows_nothing(terminal, monkeypatch):
    monkeypatch.setattr(module, "DELAY", 600.0)
    with progress("train"):
        pass
    assert terminal.getvalue() == ""


def test_only_terminals_get_a_line_and_a_thread(monkeypatch):
    monkeypatch.setattr(threading, "Thread", lambda **kwargs: pytest.fail("no thread is wanted"))
    for stream in (Terminal(tty=False), None, object()):
        monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=stream))
        with progress("train"):
            show_stage("rewrite")
    monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=Terminal()))
    monkeypatch.setenv("TERM", "dumb")
    with progress("train"):
        pass


def test_one_line_at_a_time(terminal):
    with progress("outer"), progress("inner"):
        assert terminal.shown.wait(30)
    assert "inner" not in terminal.getvalue()
    with pytest.raises(KeyError), progress("failing"):
        terminal.shown.clear()
        assert terminal.shown.wait(30)
        raise KeyError
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert module._shown is None


def test_a_terminal_that_goes_away_harms_nobody(terminal, monkeypatch):
    def write(text):
        terminal.shown.set()
        raise OSError

    monkeypatch.setattr(terminal, "write", write)
    with progress("train"):
        assert terminal.shown.wait(30)


def test_lines_fit_the_terminal(terminal, monkeypatch):
    monkeypatch.setattr(os, "get_terminal_size", lambda handle: os.terminal_size((40, 20)))
    monkeypatch.setattr(terminal, "fileno", lambda: 2)
    line = module.ProgressLine("x" * 200, terminal)
    assert len(line.text()) == 39
    line.end()
