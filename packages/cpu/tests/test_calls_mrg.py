"""MRG31k3p in the runtime: the bits of the NumPy reference, on any number of threads."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.cpu import threads
from theano.lowering import PerformStep
from theano.sandbox.rng_mrg import MRG_RandomStreams, mrg_uniform
from theano.tensor.type import TensorType

pytestmark = pytest.mark.c


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("streams", [1, 3, 15, 16, 17, 300])
@pytest.mark.parametrize("size", [(), (1,), (15,), (16,), (17,), (3, 99), (40, 250)])
def test_bits(size, streams, dtype):
    made = [MRG_RandomStreams(5).uniform(size, dtype=dtype, nstreams=streams) for _ in range(2)]
    f, g = (theano.function([], u, mode=theano.Mode(linker=k)) for u, k in zip(made, ("cvm", "py"), strict=True))
    assert not any(isinstance(step, PerformStep) for step in f.plan.steps)
    for _ in range(3):
        assert f().tobytes() == g().tobytes()
    np.testing.assert_array_equal(*(u.rstate.get_value() for u in made))


def test_any_number_of_threads():
    u = MRG_RandomStreams(5).uniform((100_003,), nstreams=1000)
    f = theano.function([], [u, u.update[1]], no_default_updates=True)
    with threads.sharing(1):
        alone = [v.tobytes() for v in f()]
    for count in (2, 3):
        with threads.sharing(count, 0):
            assert [v.tobytes() for v in f()] == alone


def test_given_states():
    state, size = T.imatrix("states"), T.lvector("size")
    outs = mrg_uniform(TensorType("float64", (False, False)))(state, size)
    f, g = (theano.function([state, size], outs, mode=theano.Mode(linker=k, optimizer=None)) for k in ("cvm", "py"))
    given = np.arange(60, dtype="int32").reshape(6, 10).T[::2]  # of odd strides
    kept = given.copy()
    for shape in ([3, 4], [0, 4], [7, 1]):
        for a, b in zip(f(given, shape), g(given, shape), strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(given, kept)
    for call in (f, g):
        with pytest.raises(ValueError, match="six words"):
            call(given[:, :5], [2, 2])
        with pytest.raises(ValueError, match="six words"):
            call(given[:0], [2, 2])
        with pytest.raises(ValueError, match="ndim"):
            call(given, [2])
        with pytest.raises(ValueError, match="lengths"):
            call(given, [2, -1])
    assert f(given[:0], [0, 2])[1].shape == (0, 2)


def test_states_on_loan_are_not_overwritten():
    u = MRG_RandomStreams(5).uniform((3,))
    f = theano.function([], u)
    held = u.rstate.get_value(borrow=True)
    kept = held.copy()
    f()
    np.testing.assert_array_equal(held, kept)
