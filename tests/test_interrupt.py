"""Ctrl-C while native code works: an answer soon, and nothing half-updated.

Each program would run for a quarter of a minute or (much) longer; it is told to stop after a moment. What counts is
how long it goes on working (in one thread): on a busy machine it waits besides.
"""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = [pytest.mark.c, pytest.mark.skipif(sys.platform == "win32", reason="needs signals")]

SETTING = """
    import os, signal, threading, time, numpy as np, theano, theano.tensor as T
    x, y, n = T.matrix("x", "float32"), T.matrix("y", "float32"), T.lscalar("n")
    total = theano.shared(np.float64(0), name="total")
    sent = []
    def interrupt():
        sent.append(time.process_time())
        os.kill(os.getpid(), signal.SIGINT)
    def expect_an_answer(f, *arguments):
        assert type(f).__name__ == "NativeFunction"
        timer = threading.Timer(0.5, interrupt)
        try:
            timer.start()
            f(*arguments)
        except KeyboardInterrupt:
            took = time.process_time() - sent[-1]
            assert took < 4, f"answered after {took} s"
        else:
            raise SystemExit("not interrupted")
        timer.join()
        assert total.get_value() == 0
    def spread(shape):
        return np.broadcast_to(np.float32(0.5), shape)
"""

CASES = {
    "an elementwise kernel": """
        z = T.dvector("z")
        value = z
        for _ in range(60):
            value = T.gammaln(value + 2)
        f = theano.function([z], value, updates=[(total, total + 1)])
        expect_an_answer(f, np.full(20_000_000, 3.0))
        assert f(np.ones(3)).shape == (3,) and total.get_value() == 1
        """,
    "a reduction of many rows": """
        f = theano.function([x, y], T.exp(T.sin(x) * y).sum(axis=1).max(), updates=[(total, total + 1)])
        expect_an_answer(f, spread((1 << 20, 1 << 17)), spread((1 << 20, 1 << 17)))
        """,
    "a reduction of all": """
        f = theano.function([x, y], T.exp(T.sin(x) * y).sum(), updates=[(total, total + 1)])
        expect_an_answer(f, spread((1 << 20, 1 << 17)), spread((1 << 20, 1 << 17)))
        """,
    "a product": """
        a = T.dmatrix("a")
        f = theano.function([a], T.dot(a, a), updates=[(total, total + 1)])
        expect_an_answer(f, np.ones((6000, 6000)))
        """,
    "a product added to a shared variable": """
        a, w = T.dmatrix("a"), theano.shared(np.zeros((6000, 6000)))
        f = theano.function([a], updates=[(w, w + T.dot(a, a)), (total, total + 1)])
        expect_an_answer(f, np.ones((6000, 6000)))
        assert not w.get_value(borrow=True).any()
        """,
    "a loop over numbers": """
        out, updates = theano.scan(lambda s: s * 0.999 + 1, outputs_info=T.constant(np.float64(1)), n_steps=n)
        f = theano.function([n], out[-1], updates=[(total, total + 1)])
        expect_an_answer(f, 100_000_000_000)
        """,
    "an until that never comes": """
        until = theano.scan_module.until
        out, updates = theano.scan(
            lambda s: (s * 0.999 + 1, until(s > 1e9)), outputs_info=T.constant(np.float64(1)), n_steps=n
        )
        f = theano.function([n], out[-1], updates=[(total, total + 1)])
        expect_an_answer(f, 100_000_000_000)
        """,
    "a loop over vectors that updates": """
        v = theano.shared(np.zeros(50))
        out, updates = theano.scan(lambda s: (T.tanh(s + 1), {v: v + s}), outputs_info=T.zeros(50), n_steps=n)
        f = theano.function([n], out[-1], updates=[*updates.items(), (total, total + 1)])
        expect_an_answer(f, 10_000_000_000)
        assert not v.get_value().any()
        """,
    "a loop with a product in each step": """
        out, updates = theano.scan(lambda s, w: T.tanh(T.dot(s, w)), outputs_info=x, non_sequences=y, n_steps=n)
        f = theano.function([x, y, n], out[-1], updates=[(total, total + 1)])
        expect_an_answer(f, np.ones((3000, 3000), "float32"), np.ones((3000, 3000), "float32"), 1000)
        """,
    "a loop in Python": """
        @theano.compile.ops.as_op(itypes=[T.dscalar], otypes=[T.dscalar])
        def step(s):
            return s + 1
        out, updates = theano.scan(lambda s: step(s), outputs_info=T.constant(np.float64(1)), n_steps=n)
        f = theano.function([n], out[-1], updates=[(total, total + 1)])
        expect_an_answer(f, 10_000_000_000)
        """,
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_answer_comes_soon(case):
    code = textwrap.dedent(SETTING) + textwrap.dedent(CASES[case])
    command = [sys.executable, "-W", "error", "-c", code]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
