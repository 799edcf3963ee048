"""Draws from counter-based streams in the runtime: the bits of the NumPy reference, on any number of threads."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.cpu import threads
from theano.lowering import PerformStep
from theano.tensor.random import RandomStream

pytestmark = pytest.mark.c

SIZES = [(), (0,), (1,), (7,), (128,), (256,), (257,), (3, 1000), (2, 0, 3), (64, 600)]


def both(make, calls=2):
    """Samples of the native plan and of the Python executor; neither may need Python on the way in the first."""
    out, oracle = make(RandomStream(5)), make(RandomStream(5))
    f = theano.function([], out, mode=theano.Mode(linker="cvm", optimizer=None))
    assert not any(isinstance(step, PerformStep) for step in f.plan.steps), f.plan
    g = theano.function([], oracle, mode=theano.Mode(linker="py", optimizer=None))
    for _ in range(calls):
        yield f(), g()


def same(a, b):
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    assert np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("law", ["uniform", "normal", "exponential"])
def test_continuous_laws(law, dtype, size):
    for a, b in both(lambda s: getattr(s, law)(size, dtype=dtype)):
        same(a, b)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int32", "int64", "uint64", "float32", "float64"])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_truths(dtype, p):
    for a, b in both(lambda s: s.bernoulli((3, 333), p=p, dtype=dtype)):
        same(a, b)


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32", "uint64"])
def test_integers(dtype):
    for a, b in both(lambda s: s.random_integers((3, 333), -3, 9, dtype=dtype)):
        same(a, b)
    # of these spans a third or a half of all words must be refused
    low = np.iinfo("int64").min
    for span in (2**63, 2**63 + 2**62, 2**64 - 1):
        for a, b in both(lambda s, span=span: s.random_integers((2000,), np.int64(low), np.int64(low + span))):
            same(a, b)


def test_a_parameter_for_each_element():
    p = np.linspace(0, 1, 700).reshape(7, 100)
    low = np.arange(100) - 50
    for a, b in both(lambda s: s.bernoulli(p=p)):
        same(a, b)
    for a, b in both(lambda s: s.random_integers((7, 100), low, 2 * abs(low))):
        same(a, b)


def test_ties_with_the_border():
    """With so large a probability of one word, some of the draws need the rest of the probability."""
    from theano.tensor.random.chacha import new_state, stream
    from theano.tensor.random.draw import Draw

    state = new_state(9, 0)
    words = stream(state, 1).reshape(-1)[:40]
    p = T.dscalar()
    for flags in ((), (False,)):
        value = p if not flags else T.alloc(p, 40)
        outs = [Draw("bernoulli", "int64", (False,))(state, np.array([40]), value)]
        f = theano.function([p], outs, mode=theano.Mode(linker="cvm", optimizer=None))
        g = theano.function([p], outs, mode=theano.Mode(linker="py", optimizer=None))
        for word in words[:10]:
            for part in (0.0, 0.25, 0.75):
                chance = (float(word) + part) * 2.0**-32
                same(f(chance)[0], g(chance)[0])


@pytest.mark.parametrize("law", ["uniform", "normal", "bernoulli", "random_integers"])
def test_any_number_of_threads(law):
    dtype = "float64" if law in ("uniform", "normal") else "int64"
    out = getattr(RandomStream(5), law)((100_003,), dtype=dtype)
    f = theano.function([], out, no_default_updates=True)
    with threads.sharing(1):
        alone = f()
    before = threads.activity()["regions"]
    for count in (2, 3):
        with threads.sharing(count, 0):
            same(f(), alone)
    assert threads.activity()["regions"] >= before + 2


def test_state_read_through_strides():
    from theano.tensor.random.chacha import new_state
    from theano.tensor.random.draw import Advance, Draw

    x = T.vector("state", "uint64")
    outs = [Draw("uniform", "float32", (False,))(x, np.array([5])), Advance(1)(x, np.array([300]))]
    f = theano.function([x], outs, mode=theano.Mode(linker="cvm", optimizer=None))
    state = new_state(1, 1)
    wide = np.zeros(10, "uint64")
    wide[::2] = state
    for a, b in zip(f(state), f(wide[::2]), strict=True):
        same(a, b)
    assert f(state)[1].tolist() == [*state[:4].tolist(), 2]
    with pytest.raises(ValueError, match="5 words"):
        f(wide)


def test_errors_name_the_value():
    x = T.dvector("p")
    f = theano.function([x], RandomStream(1).bernoulli(p=x), mode=theano.Mode(linker="cvm", optimizer=None))
    with pytest.raises(ValueError, match=r"got 1\.25"):
        f([0.5, 1.25])
    low, high = T.lscalars("low", "high")
    g = theano.function([low, high], RandomStream(1).random_integers((3,), low, high))
    with pytest.raises(ValueError, match="low 4 above high -4"):
        g(4, -4)
    n = T.lvector("n")
    h = theano.function([n], RandomStream(1).uniform(n, ndim=2))
    with pytest.raises(ValueError, match="pass the right ndim"):
        h([2, 3, 4])
    with pytest.raises(ValueError, match="negative"):
        h([2, -3])
    with pytest.raises(MemoryError):
        h([2**20, 2**30])


@pytest.mark.parametrize("size", [(), (0,), (31,), (33,), (64,), (65,), (3, 1000)])
@pytest.mark.parametrize("law", ["gamma", "beta", "poisson", "binomial"])
def test_sizes_of_laws_that_reject(law, size):
    parameters = {"poisson": (30.0,), "binomial": (60, 0.6), "gamma": (0.9,), "beta": (0.9, 1.1)}[law]
    for a, b in both(lambda s: getattr(s, law)(size, *parameters)):
        same(a, b)


LOOPS = [
    lambda s: s.poisson((20_000,), lam=10.5),
    lambda s: s.binomial((20_000,), n=22, p=0.52),
    lambda s: s.gamma((20_000,), shape=1.0, dtype="float64"),
    lambda s: s.beta((20_000,), a=3.0, b=1.0, dtype="float32"),
    lambda s: s.beta(a=np.linspace(0.5, 1.5, 300), b=np.linspace(2.0, 0.5, 300), dtype="float64"),
    lambda s: s.poisson((5000,), lam=3.3),
    lambda s: s.poisson((5000,), lam=1234.5, dtype="float32"),
    lambda s: s.poisson((3, 200), lam=np.linspace(0, 40, 200)),
    lambda s: s.binomial((5000,), n=30, p=0.2),
    lambda s: s.binomial((5000,), n=1000, p=0.7, dtype="int16"),
    lambda s: s.binomial((500,), n=2**50, p=1e-14),
    lambda s: s.binomial(n=np.arange(300), p=np.linspace(0, 1, 300)),
    lambda s: s.gamma((5000,), shape=0.1, dtype="float64"),
    lambda s: s.gamma((5000,), shape=np.linspace(0.01, 30, 5000), dtype="float32"),
    lambda s: s.beta((5000,), a=0.2, b=1.7, dtype="float64"),
    lambda s: s.beta(a=np.logspace(-280, 3, 400), b=np.logspace(-200, 200, 400), dtype="float64"),
    lambda s: s.multinomial((300,), n=40, pvals=[0.2, 0.0, 0.5, 0.3]),
    lambda s: s.multinomial(n=np.arange(50), pvals=np.full((50, 7), 1 / 7), dtype="uint8"),
    lambda s: s.multinomial((2, 3), n=5, pvals=[1.0]),
    lambda s: s.multinomial((0,), n=5, pvals=[0.5, 0.5]),
    lambda s: s.gen(lambda state: _bits(state, 700)),
]


def _bits(state, n):
    from theano.tensor.random.stream_laws import draw

    return draw("bits", "uint64", state, T.constant(np.array([n])), (False,))


@pytest.mark.parametrize("number", range(len(LOOPS)))
def test_laws_with_a_loop_in_them(number):
    for a, b in both(LOOPS[number]):
        same(a, b)


def test_laws_with_a_loop_on_any_number_of_threads():
    s = RandomStream(5)
    outs = [
        s.poisson((30_000,), 20.0),
        s.gamma((30_000,), 0.5),
        s.beta((30_000,), 0.5, 3.0),
        s.multinomial((9000,), n=9, pvals=[0.3, 0.7]),
    ]
    f = theano.function([], outs, no_default_updates=True)
    with threads.sharing(1):
        alone = f()
    for count in (2, 3):
        with threads.sharing(count, 0):
            for a, b in zip(f(), alone, strict=True):
                same(a, b)
