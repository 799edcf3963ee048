"""Loops that go wrong, in every executor: what the error says, and that nothing else has happened."""

from __future__ import annotations

import gc
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.ops import as_op
from theano.scan_module import scan, until

MODES = {"native": None, "native, unrewritten": theano.Mode("cvm", None), "python": theano.Mode("py", None)}
each_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
x, m, n = T.dvector("x"), T.dmatrix("m"), T.lscalar("n")
zero = T.constant(np.float64(0))


@as_op(itypes=[T.dscalar], otypes=[T.dscalar])
def fail_at_three(value):
    if value == 3:
        raise LookupError("three is too many")
    return value


@as_op(itypes=[T.dscalar], otypes=[T.dvector])
def growing(value):
    return np.zeros(int(value))


@as_op(itypes=[T.dscalar], otypes=[T.dscalar])
def sometimes_text(value):
    return "text" if value == 2 else value


@as_op(itypes=[T.dscalar], otypes=[T.dscalar])
def sometimes_single(value):
    return np.float32(value) if value == 2 else value


@each_mode
def test_a_step_that_raises_says_which_and_where(mode):
    total = theano.shared(np.float64(0), "total")
    out, updates = scan(lambda v: (fail_at_three(v) * 2, {total: total + v}), x)  # the line to blame
    f = theano.function([x], out, updates=updates, mode=mode)
    with pytest.raises(LookupError) as caught:
        f(np.arange(6.0))
    for part in ("three is too many", "in step 3 of", "fail_at_three", "the line to blame"):
        assert part in str(caught.value)
    assert total.get_value() == 0
    assert f(np.arange(3.0)).tolist() == [0, 2, 4]
    assert total.get_value() == 3


@each_mode
def test_a_step_of_a_step_says_both_numbers(mode):
    out, _ = scan(lambda row: scan(lambda v: fail_at_three(v), row)[0], m)
    f = theano.function([m], out, mode=mode)
    value = np.zeros((3, 4))
    value[2, 1] = 3
    with pytest.raises(LookupError, match=r"(?s)in step 1 of .*in step 2 of"):
        f(value)


@each_mode
def test_a_wrong_length_in_step_k(mode):
    total = theano.shared(np.float64(0), "total")
    out, updates = scan(lambda v: (T.zeros((3,)) + growing(v), {total: total + 1}), x)  # the line to blame
    f = theano.function([x], out, updates=updates, mode=mode)
    assert f([3, 3]).shape == (2, 3)
    with pytest.raises(ValueError) as caught:
        f([3, 3, 4])
    for part in ("step 2 of", "the line to blame", "(4,)", "(3,)"):
        assert part in str(caught.value)
    assert total.get_value() == 2


@each_mode
@pytest.mark.parametrize("fed_back", [True, False])
def test_a_shape_that_changes(mode, fed_back):
    start = T.zeros((2,)) if fed_back else None
    out, _ = scan(lambda v, *past: growing(v), x, start)
    f = theano.function([x], out, mode=mode)
    assert f([2, 2]).shape == (2, 2)
    with pytest.raises(ValueError, match=r"step 1 of.*\n?.*\(3,\).*\(2,\)"):
        f([2, 3])
    with pytest.raises(ValueError, match=r"step 2 of.*\n?.*\(1,\).*\(2,\)"):
        f([2, 2, 1])


@each_mode
def test_a_step_of_the_wrong_type(mode):
    out, _ = scan(lambda v: sometimes_text(v) + 1, x)
    f = theano.function([x], out, mode=mode)
    with pytest.raises((TypeError, ValueError)) as caught:
        f([1, 2])
    for part in ("in step 1 of", "sometimes_text"):
        assert part in str(caught.value)
    assert f([1, 3]).tolist() == [2, 4]


@each_mode
def test_a_step_of_a_narrower_type_is_widened(mode):
    out, _ = scan(lambda v: sometimes_single(v) + 1, x)
    found = theano.function([x], out, mode=mode)([1, 2, 3])
    assert (found.dtype, found.tolist()) == (np.float64, [2, 3, 4])


@each_mode
@pytest.mark.parametrize("length", [0, 1])
def test_short_sequences(mode, length):
    total = theano.shared(np.float64(5), "total")
    (sums, rows, squares), updates = scan(
        lambda row, s: ([s + row.sum(), row * s, T.outer(row, row)], {total: total + 1}), m, [zero, None, None]
    )
    f = theano.function([m], [sums, rows, squares, sums.sum(), rows.sum(axis=0)], updates=updates, mode=mode)
    found = f(np.ones((length, 3)))
    assert [v.shape for v in found] == [(length,), (length, 3), (length, 3, 3), (), (3,)]
    assert found[3] == 3 * length
    assert total.get_value() == 5 + length


@each_mode
def test_single_and_double_precision_side_by_side(mode):
    single = T.fmatrix("single")
    (a, b), _ = scan(
        lambda row, s, d: [s + row.sum(), d + T.cast(row, "float64").sum() * s],
        single, [T.constant(np.float32(0)), zero],
    )  # fmt: skip
    value = np.linspace(-1, 2, 40, dtype="float32").reshape(10, 4)
    f = theano.function([single], [a, b], mode=mode)
    found = f(value)
    assert [v.dtype for v in found] == [np.float32, np.float64]
    s, d = np.float32(0), 0.0
    for row in value:
        d = d + row.astype("float64").sum() * s
        s = np.float32(s + row.sum())
    np.testing.assert_allclose([found[0][-1], found[1][-1]], [s, d], rtol=1e-5)


@each_mode
def test_results_share_no_memory(mode):
    start = theano.shared(np.ones(3), "start")
    (same, twice, again), updates = scan(lambda row, s: ([s, row, row], {start: s + 0}), m, [m[0], None, None])
    out = [same, same[-1], twice, again, m, start]
    f = theano.function([m], out, updates=updates, mode=mode)
    value = np.ones((4, 3))
    found = f(value)
    arrays = [*found, value, start.get_value(borrow=True)]
    for i, a in enumerate(arrays):
        for b in arrays[i + 1 :]:
            assert not np.shares_memory(a, b)
    before = [v.copy() for v in found]
    f(value * 2)
    for v, kept in zip(found, before, strict=True):
        np.testing.assert_array_equal(v, kept)


@each_mode
def test_failing_loops_keep_nothing(mode):
    out, _ = scan(lambda v: fail_at_three(v) + T.ones((1000,)), x)
    f = theano.function([x], out, mode=mode)
    value = np.arange(4.0)

    def fail():
        with pytest.raises(LookupError):
            f(value)

    fail()
    gc.collect()
    before = sys.getrefcount(value)
    for _ in range(5):
        fail()
    gc.collect()
    assert sys.getrefcount(value) == before


@each_mode
def test_an_until_in_the_first_step(mode):
    out, _ = scan(lambda v: (v * 2, until(v > -1)), x)
    assert theano.function([x], out, mode=mode)([3, 4, 5]).tolist() == [6]


def test_ten_million_steps():
    """Of numbers, keeping all or only the last; the latter takes no memory to speak of."""
    out, _ = scan(lambda s: s * 0.5 + 1, outputs_info=zero, n_steps=n)
    last = theano.function([n], out[-1])
    assert last(10_000_000) == 2
    rows = theano.function([n], out)(10_000_000)
    assert rows.shape == (10_000_000,)
    assert rows[-1] == 2
    assert rows[0] == 1


def test_a_million_steps_of_vectors():
    out, _ = scan(lambda s: T.tanh(s) + 1, outputs_info=T.zeros((5,)), n_steps=n)
    last = theano.function([n], out[-1])(1_000_000)
    s = np.zeros(5)
    for _ in range(200):
        s = np.tanh(s) + 1
    np.testing.assert_allclose(last, s, rtol=1e-14)
