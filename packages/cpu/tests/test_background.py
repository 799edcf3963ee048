"""Functions that start in Python while a slow (here: held back) compiler works; what happens is counted, not timed."""

import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import theano
from theano import change_flags, shared
from theano import tensor as T
from theano.compile import backend
from theano.cpu import background, machine_code
from theano.cpu.background import BackgroundFunction
from theano.cpu.compiler import CompileError
from theano.cpu.native_function import NativeFunction

pytestmark = pytest.mark.c


class HeldBack:
    """Stands for the compiler run: counts, and lets it go on when told."""

    def __init__(self, real):
        self.real, self.count, self.threads = real, 0, []
        self.go, self.entered = threading.Event(), threading.Event()
        self.error = None

    def __call__(self, *args):
        self.count += 1
        self.threads.append(threading.current_thread())
        self.entered.set()
        assert self.go.wait(60)
        if self.error is not None:
            raise self.error
        return self.real(*args)


@pytest.fixture
def compiler(monkeypatch, tmp_path):
    """A compiler that waits; kernels are cached nowhere else, so each test compiles."""
    made = HeldBack(machine_code._compile)
    monkeypatch.setattr(machine_code, "_compile", made)
    folder = tmp_path / "theano"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr("theano.cpu.cache.wanted_folder", lambda: str(folder / "kernels"))
    with change_flags(**{"compile.background": 0.0}):
        yield made
    made.go.set()
    for job in list(background._jobs):
        job.wait(60)


def step():
    """A counter and a vector that go together, and a function that moves both."""
    x = T.dvector("x")
    n, total = shared(0), shared(np.zeros(3))
    f = theano.function([x], T.exp(x).sum() + n, updates=[(n, n + 1), (total, total + T.tanh(x) * 2)])
    return f, n, total


def test_a_function_runs_in_python_until_its_kernels_are_there(compiler):
    x = T.dvector("x")
    f = theano.function([x], T.exp(x) * 3 + x)
    assert type(f) is BackgroundFunction
    assert compiler.entered.wait(60)
    assert f.native is None
    np.testing.assert_allclose(f([1.0, 2.0]), 3 * np.exp([1.0, 2.0]) + [1, 2])
    assert f.native is None
    compiler.go.set()
    assert f.wait(60)
    assert type(f.native) is NativeFunction
    np.testing.assert_allclose(f([1.0, 2.0]), 3 * np.exp([1.0, 2.0]) + [1, 2])
    assert compiler.count == 1
    assert compiler.threads[0] is not threading.main_thread()


def test_shared_variables_move_by_whole_calls_across_the_swap(compiler):
    f, n, total = step()
    x = np.ones(3)
    for _ in range(3):
        f(x)
    compiler.go.set()
    assert f.wait(60)
    for _ in range(4):
        f(x)
    assert n.get_value() == 7
    np.testing.assert_allclose(total.get_value(), 14 * np.tanh(x))


def test_calls_from_several_threads_around_the_swap(compiler):
    f, n, total = step()
    lock, seen = threading.Lock(), []

    def work():
        for _ in range(50):
            with lock:  # an update is a read and a write of the program's own
                f(np.ones(3))
                seen.append((int(n.get_value()), total.get_value()[0]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    compiler.go.set()
    for thread in threads:
        thread.join()
    assert n.get_value() == 200
    assert all(value == pytest.approx(2 * count * np.tanh(1)) for count, value in seen)
    assert f.wait(60)
    assert compiler.count == 1


def test_an_error_in_a_call_leaves_shared_variables_alone_before_and_after(compiler):
    x, y = T.dvectors("x", "y")
    s = shared(np.zeros(2))
    f = theano.function([x, y], T.exp(x).sum(), updates=[(s, s + x * y)])
    for _ in range(2):
        with pytest.raises(ValueError, match=r"(?i)mismatch|broadcast"):
            f([1.0, 2.0], [1.0, 2.0, 3.0])
        assert not s.get_value().any()
        compiler.go.set()
        f.wait(60)


def test_failures_of_the_compiler_are_told_once(compiler, monkeypatch):
    monkeypatch.setattr(backend, "_warned", set())
    compiler.error = CompileError("the compiler is broken")
    x = T.dvector("x")
    f, g = theano.function([x], T.exp(x) * 3), theano.function([x], T.tanh(x) * 4)
    compiler.go.set()
    for job in list(background._jobs):
        job.wait(60)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(3):
            np.testing.assert_allclose(f([1.0]), 3 * np.exp([1.0]))
            np.testing.assert_allclose(g([1.0]), 4 * np.tanh([1.0]))
    assert ["the compiler is broken" in str(w.message) for w in told] == [True]
    assert f.native is None
    assert not f.wait(0)
    assert compiler.count == 2


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        ({"deterministic": "more"}, "deterministic"),
        ({"compile.background": -1.0}, "off"),
        ({"compile.background": 3600.0}, "within the budget"),
    ],
)
def test_nothing_is_put_off(compiler, flags, name):
    compiler.go.set()
    x = T.dvector("x")
    with change_flags(**flags):
        f = theano.function([x], T.exp(x) * 3)
    assert type(f) is NativeFunction
    assert compiler.threads == [threading.current_thread()]


def test_kernels_in_the_cache_need_no_background(compiler):
    compiler.go.set()
    x = T.dvector("x")
    first = theano.function([x], T.exp(x) * 3)
    assert first.wait(60)
    assert type(theano.function([x], T.exp(x) * 3)) is NativeFunction
    assert compiler.count == 1


def test_the_budget_is_about_the_expected_time():
    assert machine_code.expected_seconds(0) == 0
    assert machine_code.expected_seconds(1) < machine_code.expected_seconds(10) < 0.15


def test_options_count_as_they_were(compiler):
    with change_flags(floatX="float32"):
        x = T.fscalar("x")
        f = theano.function([x], T.exp(x) * 3)
    assert f(2.5) == pytest.approx(3 * np.exp(2.5), rel=1e-6)
    compiler.go.set()
    assert f.wait(60)
    assert f(2.5) == pytest.approx(3 * np.exp(2.5), rel=1e-6)  # a Python float is taken for floatX only
    assert theano.config.floatX == "float64"


def test_subsets_keywords_and_trust(compiler):
    x, y = T.dvectors("x", "y")
    f = theano.function([x, theano.In(y, value=np.ones(2))], {"a": T.exp(x) * y, "b": x - y})
    f.trust_input = True
    for _ in range(2):
        assert sorted(f(np.ones(2))) == ["a", "b"]
        np.testing.assert_allclose(f(x=np.ones(2), y=np.zeros(2))["b"], [1, 1])
        compiler.go.set()
        assert f.wait(60)
    assert f.native.trust_input
    np.testing.assert_allclose(f.copy()(np.ones(2))["b"], [0, 0])


def test_profiled_functions_are_compiled_at_once(compiler):
    compiler.go.set()
    x = T.dvector("x")
    f = theano.function([x], T.exp(x) * 3, profile=theano.compile.ProfileStats(atexit_print=False))
    assert not isinstance(getattr(f, "inner", f), BackgroundFunction)


CHILD = """
import os, sys, threading
import numpy as np, theano
from theano import tensor as T
from theano.cpu import machine_code
real, go = machine_code._compile, threading.Event()
def held(*args):
    if os.getpid() == parent:
        go.wait(60)
    return real(*args)
machine_code._compile = held
parent = os.getpid()
x = T.dvector("x")
f = theano.function([x], T.exp(x) * 3.25 - x)
assert f.native is None
child = os.fork()
if child == 0:
    f(np.ones(2))
    ok = f.wait(60) and np.allclose(f(np.ones(2)), np.e * 3.25 - 1)
    os._exit(0 if ok else 1)
_, status = os.waitpid(child, 0)
go.set()
assert f.wait(60)
print(os.waitstatus_to_exitcode(status))
"""


def run(code, tmp_path, *flags):
    env = dict(os.environ, THEANO_FLAGS=",".join(["compile.background=0", *flags]), XDG_CACHE_HOME=str(tmp_path))
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_compiles_for_itself(tmp_path):
    done = run(CHILD, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0"]


def test_a_process_that_ends_takes_its_compiler_along(tmp_path):
    script = tmp_path / "slow"
    script.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/pids\nexec sleep 600\n")
    script.chmod(0o755)
    code = f"""
import os, time, theano
from theano import tensor as T
x = T.dvector("x")
f = theano.function([x], T.exp(x) * 3)
print(f([0.0])[0])
while not os.path.exists({str(tmp_path / "pids")!r}):
    time.sleep(0.01)
"""
    done = run(code, tmp_path, f"cxx={script}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["3.0"]
    for pid in (tmp_path / "pids").read_text().split():
        assert not os.path.exists(f"/proc/{pid}")
