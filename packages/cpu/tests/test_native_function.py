"""Calling native functions: arguments, results, updates."""

import gc
import pickle
import sys
import threading
import weakref

import numpy as np
import pytest

import theano
import theano.tensor as T

pytestmark = pytest.mark.c


@pytest.fixture
def add(native):
    x, y = T.dvectors("x", "y")
    return native([x, y], x + y)


def test_positions_and_names(add):
    a, b = np.arange(3.0), np.ones(3)
    for result in (add(a, b), add(a, y=b), add(y=b, x=a), add(x=a, y=b)):
        assert result.tolist() == [1, 2, 3]


def test_values_that_need_conversion(add):
    a = np.arange(6.0)
    swapped = a.astype(">f8")
    subclass = a.view(type("Sub", (np.ndarray,), {}))
    for other in (list(a), tuple(a), a.astype("float32"), a.astype("int8"), swapped, subclass):
        result = add(other, a)
        assert type(result) is np.ndarray
        assert result.tolist() == (2 * a).tolist()


@pytest.mark.parametrize(("args", "kwargs"), [
    (([1.0],), {}), (([1.0], [1.0], [1.0]), {}), (([1.0],), {"z": [1.0]}), (([1.0],), {"x": [1.0]}),
    ((np.ones((1, 1)), [1.0]), {}), ((["a"], [1.0]), {}), ((np.ones(1, "complex128"), [1.0]), {}), (([1.0], None), {}),
])  # fmt: skip
def test_wrong_arguments(add, args, kwargs):
    with pytest.raises((TypeError, ValueError)):
        add(*args, **kwargs)
    assert add([1.0], [2.0]).tolist() == [3]


def test_numbers(native):
    for dtype in ("float64", "float32", "int64", "int8"):
        a, b = T.scalar("a", dtype), T.scalar("b", dtype)
        f = native([a, b], a + b)
        for one, two in ((1, 2), (np.asarray(1, dtype), np.dtype(dtype).type(2)), (np.array(1, dtype), 2)):
            result = f(one, two)
            assert (type(result), result.shape, result.dtype.name, result) == (np.ndarray, (), dtype, 3)
    with pytest.raises(TypeError):
        f(1000, 1)
    with pytest.raises(TypeError):
        f(0.5, 1)


def test_float_for_float32_follows_floatx(native):
    a = T.fscalar("a")
    for floatx, fits in (("float32", True), ("float64", False)):
        with theano.configuration.change_flags(floatX=floatx):
            f = native([a], a * 2)
            assert f(0.5) == 1
            if fits:
                assert f(0.1) == np.float32(0.1) * 2
            else:
                with pytest.raises(TypeError):
                    f(0.1)


def test_declared_broadcast_is_checked(native):
    row, m = T.drow("row"), T.dmatrix("m")
    f = native([row, m], row + m)
    with pytest.raises(TypeError):
        f(np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="dimension mismatch"):
        f(np.ones((1, 1)), np.ones((2, 3)))


def test_kinds_of_results(native):
    x = T.dscalar("x")
    assert native([x], x + 1)(1.0) == 2
    assert native([x], [x + 1])(1.0) == [2]
    assert native([x], [x + 1, x * 5])(1.0) == [2, 5]
    assert native([x], {"b": x + 1, "a": x * 5})(1.0) == {"a": 5, "b": 2}
    assert native([], [])() == []
    assert native([x], [x + 1, x * 5])(1.0, output_subset=[1]) == [5]


def test_default_values(native):
    x, y = T.dvectors("x", "y")
    f = native([x, theano.In(y, value=np.ones(2))], x + y)
    assert f([1, 2]).tolist() == [2, 3]
    assert f([1, 2], [5, 5]).tolist() == [6, 7]
    assert f(np.zeros(2)).tolist() == [1, 1]


def test_input_with_update(native):
    x, total = T.dscalar("x"), T.dscalar("total")
    f = native([x, theano.In(total, value=0.0, update=total + x)], total)
    assert [float(f(2.0)) for _ in range(3)] == [0, 2, 4]
    assert f.value[total] == 6


def test_counter(native):
    count = theano.shared(0)
    f = native([], count, updates=[(count, count + 1)])
    assert [int(f()) for _ in range(3)] == [0, 1, 2]
    assert count.get_value() == 3


def test_update_in_place_only_when_nobody_else_holds_the_array(native):
    weights, grad = theano.shared(np.zeros((3, 4))), T.dmatrix("grad")
    step = native([grad], [], updates=[(weights, weights - 0.5 * grad)])
    held = weights.get_value(borrow=True)
    step(np.ones((3, 4)))
    assert not held.any()
    assert (weights.get_value() == -0.5).all()
    place = weights.get_value(borrow=True).ctypes.data
    del held
    step(np.ones((3, 4)))
    assert weights.get_value(borrow=True).ctypes.data == place
    assert (weights.get_value() == -1).all()
    part = weights.get_value(borrow=True)[1:]
    step(np.ones((3, 4)))
    assert (part == -1).all()
    assert (weights.get_value() == -1.5).all()


def test_step_that_computes_a_result_and_an_update(native):
    """Results are packed before shared storage is written, so such a step cannot write in place."""
    s, x, y = theano.shared(np.zeros(3)), T.dvector("x"), T.dvector("y")
    both = theano.scalar.Composite(*(lambda a, b: ([a, b], [a + b, a * b]))(*theano.scalar.floats("ab")))
    total, product = T.elemwise.Elemwise(both)(T.cast(x + y, "float32"), T.cast(y, "float32"))
    w = theano.shared(np.ones(3, "float32"))
    f = native([x, y], total, updates=[(w, T.elemwise.Elemwise(both)(w, T.cast(x, "float32"))[0]), (s, s + product)])
    assert f([1, 2, 3], [1, 1, 1]).tolist() == [3, 4, 5]
    assert w.get_value().tolist() == [2, 3, 4]
    assert s.get_value().tolist() == [2, 3, 4]
    total, product = T.elemwise.Elemwise(both)(w, T.cast(x, "float32"))
    f = native([x], product, updates=[(w, total)])
    assert f([1, 1, 1]).tolist() == [2, 3, 4]
    assert w.get_value().tolist() == [3, 4, 5]


def test_failing_commit_leaves_the_others(native):
    a, b, i = theano.shared(np.zeros(3)), theano.shared(np.zeros(3)), T.lvector("i")
    f = native([i], [], updates=[(a, a + 1), (b, T.inc_subtensor(b[i], 1.0))])
    with pytest.raises(IndexError):
        f([5])
    assert not a.get_value().any()
    f([0, 0])
    assert (a.get_value().tolist(), b.get_value().tolist()) == ([1, 1, 1], [2, 0, 0])


def test_update_reads_a_view_of_its_own_target(native):
    s = theano.shared(np.arange(5.0))
    f = native([], [], updates=[(s, s + s[::-1] * 10)])
    f()
    assert s.get_value().tolist() == [40, 31, 22, 13, 4]


def test_intermediate_is_not_overwritten_while_a_view_of_it_is_read(native):
    x = T.dvector("x")
    y = x * 2
    assert native([x], y - y[::-1])(np.arange(4.0)).tolist() == [-6, -2, 2, 6]


def test_swap_and_shape_change(native):
    a, b = theano.shared(np.zeros(2)), theano.shared(np.ones(3))
    f = native([], [], updates=[(a, b), (b, a)])
    f()
    assert (a.get_value().tolist(), b.get_value().tolist()) == ([1, 1, 1], [0, 0])
    f()
    assert (a.get_value().tolist(), b.get_value().tolist()) == ([0, 0], [1, 1, 1])


def test_two_updates_of_one_value_do_not_share_memory(native):
    a, b, x = theano.shared(np.zeros(2)), theano.shared(np.zeros(2)), T.dvector("x")
    new = x * 2
    result = native([x], new, updates=[(a, new), (b, new)])(np.ones(2))
    arrays = [result, a.get_value(borrow=True), b.get_value(borrow=True)]
    assert [v.tolist() for v in arrays] == [[2, 2]] * 3
    for i in range(3):
        assert not np.shares_memory(arrays[i], arrays[i - 1])


def test_shared_value_in_an_unusual_layout(native):
    s = theano.shared(np.zeros((2, 3)))
    f = native([], s * 2, updates=[(s, s + 1)])
    s.set_value(np.asfortranarray(np.ones((4, 2))), borrow=True)
    assert f().tolist() == [[2, 2]] * 4
    s.container.storage[0] = np.ones((4, 2), ">f8")
    assert f().tolist() == [[2, 2]] * 4
    assert s.get_value().tolist() == [[2, 2]] * 4


def test_borrowed_result_is_a_view(native):
    s = theano.shared(np.arange(4.0))
    f = native([], theano.Out(s[1:], borrow=True))
    result = f()
    assert result.tolist() == [1, 2, 3]
    del s, f
    gc.collect()
    assert result.tolist() == [1, 2, 3]


def test_many_threads(native):
    x = T.dmatrix("x")
    f = native([x], [T.exp(x).sum(axis=0), T.dot(x, x.T)])
    value = np.random.default_rng(0).random((120, 400))
    expected, wrong = f(value), []

    def work():
        for _ in range(20):
            wrong.extend(not np.array_equal(a, b) for a, b in zip(f(value), expected, strict=True))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not any(wrong)


def test_threads_count_together(native):
    count = theano.shared(np.asarray(0))
    f = native([], [], updates=[(count, count + 1)])
    threads = [threading.Thread(target=lambda: [f() for _ in range(500)]) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert count.get_value() == 2000


def test_copies(native):
    s, x = theano.shared(np.zeros(2)), T.dvector("x")
    f = native([x], s + x, updates=[(s, s + x)])
    again = pickle.loads(pickle.dumps(f))
    assert type(again) is type(f)
    assert again([1, 2]).tolist() == [1, 2]
    assert not s.get_value().any()
    assert f.copy()([1, 2]).tolist() == [1, 2]
    assert s.get_value().tolist() == [1, 2]


def test_function_is_collected(native):
    s = theano.shared(np.zeros(1000))
    f = native([], s + 1)
    f()
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None


def test_no_reference_leaks(native):
    x, s = T.dvector("x"), theano.shared(np.ones(3))
    f = native([x], [x * 2, x[1:], s + x], updates=[(s, s * 1.5)])
    value, short = np.ones(3), np.ones(2)
    f(value)
    before = sys.getrefcount(value), sys.getrefcount(x.type), sys.getrefcount(np.dtype("float64"))
    for _ in range(200):
        f(value)
        with pytest.raises(ValueError):
            f(short)
    gc.collect()
    after = sys.getrefcount(value), sys.getrefcount(x.type), sys.getrefcount(np.dtype("float64"))
    assert max(b - a for a, b in zip(before, after, strict=True)) < 20


def test_free(native):
    x = T.dvector("x")
    f = native([x], T.sort(x * 2) + 1)
    for _ in range(2):
        assert f([3, 1]).tolist() == [3, 7]
        f.free()


def test_profile():
    x = T.dmatrix("x")
    stats = theano.compile.profiling.ProfileStats(atexit_print=False, flag_time_thunks=True)
    f = theano.function([x], T.exp(x).sum(axis=0), profile=stats, mode=theano.Mode(linker="cvm", optimizer=None))
    for _ in range(3):
        f(np.ones((500, 500)))
    assert f.profile.fct_callcount == 3
    seconds = f.profile.apply_time
    assert len(seconds) == len(f.plan.steps)
    assert all(t > 0 for t in seconds.values())


def test_small_elementwise_steps_as_they_rarely_are(agree):
    """Shapes, layouts and broadcasts that the way for usual small values must leave to the general one."""
    x, m, c = T.dvector("x"), T.dmatrix("m"), T.TensorType("float64", (False, True))("c")
    a, b, one = np.arange(5.0), np.arange(20.0).reshape(4, 5), np.arange(4.0).reshape(4, 1)
    f = agree([x, m, c], [x * 2, m + x, m * c, c + 1, m.T * 2, T.zeros_like(m) + 1], a, b, one)
    for order in ("C", "F"):
        agree([m, x], [m + m.T.reshape(m.shape), m * x], np.array(b, order=order), a)
        agree([m], [m[:, ::-1] + m, m[::2] * 2], np.array(b, order=order))
    agree([x], [x + 1], np.zeros(0))
    with pytest.raises(ValueError, match="dimension mismatch"):
        f(np.ones(4), b, one)
    y = T.dvector("y")
    with pytest.raises(ValueError, match="dimension mismatch"):
        agree([x, y], [x + y], np.ones(3), np.ones(4))


@pytest.mark.parametrize("value", [1.5, np.float64(1.5), np.float32(1.5), 2, np.array(2, "int16"), np.int8(3)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_scalar_arguments_of_all_kinds(native, value, dtype):
    s = T.scalar("s", dtype)
    f = native([s], s * 2)
    r = f(value)
    assert (type(r), r.dtype, r.shape) == (np.ndarray, dtype, ())
    assert r == float(value) * 2
    kept = [f(value) for _ in range(50)]
    assert {float(k) for k in kept} == {float(value) * 2}


def test_small_results_own_their_memory(native):
    x = T.dvector("x")
    f = native([x], x * 2)
    r = f(np.arange(5.0))
    assert r.flags.owndata
    assert r.flags.writeable
    view = r[1:3]
    r = f(np.arange(5.0) + 7)
    np.testing.assert_array_equal(view, [2, 4])
    r.resize(3)
    r.resize(500)
    np.testing.assert_array_equal(r[:5], [14, 16, 18, 0, 0])
    kept = [f(np.full(5, k)) for k in range(200)]
    assert [k[4] for k in kept] == [2.0 * k for k in range(200)]


def test_results_and_arguments_are_counted_once(native):
    """One value twice, an argument, a view, a constant, a shared variable: each result is one reference."""
    x, y = T.dvectors("x", "y")
    held = theano.shared(np.arange(4.0))
    double = x * 2
    constant = T.constant(np.arange(3.0))
    f = native(
        [theano.In(x, borrow=True), y], [theano.Out(v, borrow=True) for v in (double, double, y, x[1:], held, constant)]
    )
    a, b = np.arange(5.0), np.ones(2)
    counts = [sys.getrefcount(v) for v in (a, b, held.get_value(borrow=True))]
    for _ in range(3):
        first, second, *others = f(a, b)
        assert sys.getrefcount(first) == (3 if second is first else 2)
        for found, wanted in zip(
            (first, second, *others), (a * 2, a * 2, b, a[1:], np.arange(4.0), np.arange(3.0)), strict=True
        ):
            np.testing.assert_array_equal(found, wanted)
    del first, second, others, found, wanted
    assert [sys.getrefcount(v) for v in (a, b, held.get_value(borrow=True))] == counts


def test_converted_arguments_are_dropped_after_the_call(native):
    """A call with arguments as they are, one with a list, one that fails at the second argument, in all orders."""
    x, y = T.dvectors("x", "y")
    f = native([x, theano.In(y, value=np.ones(3))], [x + y, x - y])
    a, b, narrow = np.arange(3.0), np.full(3, 2.0), np.arange(3, dtype="float32")
    calls = [lambda: f(a, b), lambda: f([0, 1, 2], b), lambda: f(a), lambda: f(x=narrow, y=b), lambda: f(a, "no")]
    counts = [sys.getrefcount(v) for v in (a, b, narrow)]
    for call in [calls[i] for i in (0, 1, 0, 2, 0, 3, 0, 4, 0, 4, 1, 3, 2, 0)]:
        if call is calls[4]:
            with pytest.raises(TypeError):
                call()
            continue
        added, subtracted = call()
        np.testing.assert_array_equal(added - subtracted, np.full(3, 2.0 if call is calls[2] else 4.0))
        assert sys.getrefcount(added) == sys.getrefcount(subtracted) == 2
    assert [sys.getrefcount(v) for v in (a, b, narrow)] == counts
