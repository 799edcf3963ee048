"""Basic indexing."""

import pickle

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor.subtensor import Subtensor, get_canonical_form_slice, get_idx_list, slice_length

X = np.arange(60.0).reshape(3, 4, 5)

INDICES = [
    0,
    -1,
    (1, 2),
    (1, 2, 3),
    (-1, -2, -3),
    slice(None),
    slice(1, None),
    slice(None, None, -1),
    slice(-2, None),
    slice(None, -1),
    slice(5, 1),
    slice(1, 100),
    slice(3, 0, -2),
    slice(-100, 100, 2),
    (slice(None), 1),
    (Ellipsis, 2),
    (0, Ellipsis, 2),
    (slice(0, 2), slice(1, 3), slice(None, None, 2)),
    Ellipsis,
    (),
    None,
    (None, 0, None),
    (slice(None), None),
    (0, slice(None), None, 2),
    (None, Ellipsis, None),
    (Ellipsis, None, 1),
    (slice(2, None, -1), slice(1, -1)),
    np.int64(2),
    (slice(None, None, -3),),
    (slice(0, 0),),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_constant_indices(check, index):
    x = T.dtensor3("x")
    check(x[index], {x: X}, X[index])


@pytest.mark.parametrize(
    ("start", "stop", "step"),
    [
        (0, 3, 1),
        (1, -1, 2),
        (-5, 9, 1),
        (3, 0, -1),
        (9, -9, -2),
        (2, 2, 1),
        (0, 0, -1),
        (-1, -5, -1),
        (1, 3, 5),
    ],
)
def test_symbolic_slices(check, start, stop, step):
    v = T.dvector("v")
    a, b, c = T.lscalars("abc")
    value = np.arange(4.0)
    feed = {v: value, a: start, b: stop, c: step}
    check(v[a:b:c], feed, value[start:stop:step])
    check(v[a:b], {v: value, a: start, b: stop}, value[start:stop])
    check(v[a:], {v: value, a: start}, value[start:])
    check(v[:b], {v: value, b: stop}, value[:stop])
    check(v[::c], {v: value, c: step}, value[::step])
    check(v[a:b:-1], {v: value, a: start, b: stop}, value[start:stop:-1])
    check(v[start:stop:step], {v: value}, value[start:stop:step])


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "uint64"])
def test_scalar_variables_of_every_integer_dtype(check, dtype):
    x, i = T.dmatrix("x"), T.scalar("i", dtype)
    value = np.arange(6.0).reshape(2, 3)
    check(x[i], {x: value, i: 1}, value[1])
    check(x[:, i], {x: value, i: 2}, value[:, 2])


def test_lists_of_slices_are_tuples(check):
    x = T.dmatrix("x")
    value = np.arange(6.0).reshape(2, 3)
    check(x[[slice(0, 1), slice(1, 2)]], {x: value}, value[0:1, 1:2])


@pytest.mark.parametrize(
    ("index", "error"),
    [
        ((0, 0, 0, 0), IndexError),
        ((Ellipsis, Ellipsis), IndexError),
        (1.5, TypeError),
        (True, TypeError),
        ([True, False], TypeError),
        ((slice(0, 2.5),), TypeError),
        (np.bool_(True), TypeError),
        ("a", TypeError),
    ],
)
def test_bad_indices(index, error):
    with pytest.raises(error):
        T.dtensor3("x")[index]


def test_bad_index_variables(run):
    x, i = T.dmatrix("x"), T.lscalar("i")
    for bad in (T.dscalar(), T.dvector(), T.zscalar()):
        with pytest.raises(TypeError):
            x[bad]
    with pytest.raises(IndexError, match="keep indices in range"):
        run(x[i], {x: np.ones((2, 2)), i: 2})


@pytest.mark.parametrize(
    ("index", "flags"),
    [
        (slice(None), (True, False)),
        (slice(0, None), (True, False)),
        (slice(0, 5), (True, False)),
        (slice(None, None, -1), (True, False)),
        (slice(1, None), (False, False)),
        (slice(0, 0), (False, False)),
        (0, (False,)),
        ((0, None), (True, False)),
    ],
)
def test_broadcast_flags(index, flags):
    assert T.drow()[index].type.broadcastable == flags


def test_symbolic_bounds_lose_the_flag():
    assert T.drow()[: T.lscalar()].type.broadcastable == (False, False)


def test_equal_nodes_have_equal_ops():
    x = T.dmatrix()
    a, b = x[1, 2:].owner.op, x[0, 3:].owner.op
    assert a == b
    assert hash(a) == hash(b)
    assert a != x[1:, 2].owner.op
    assert pickle.loads(pickle.dumps(a)) == a


def test_text_names_the_dynamic_entries():
    x, i = T.dmatrix(), T.iscalar()
    assert str(x[i].owner.op) == "Subtensor{int32}"
    assert str(x[1:].owner.op) == "Subtensor{int64::}"
    assert str(x[:, 1:i].owner.op) == "Subtensor{::, int64:int32:}"


def test_index_list_round_trip():
    x = T.dmatrix()
    node = x[1, 2:].owner
    index = get_idx_list(node.inputs, node.op.idx_list)
    assert index[0] is node.inputs[1]
    assert index[1].start is node.inputs[2]
    assert get_idx_list(node.inputs, node.op.idx_list, get_count=True) == 2
    assert Subtensor(index) == node.op


def test_wrong_number_or_type_of_run_time_indices():
    x = T.dmatrix()
    op = x[1].owner.op
    with pytest.raises(IndexError, match="0 inputs"):
        op(x)
    with pytest.raises(TypeError, match="int64"):
        op(x, T.iscalar())


SLICES = [slice(a, b, c) for a in (None, 0, 2, -1, -9, 9) for b in (None, 0, 3, -2, 9) for c in (None, 1, 2, -1, -3)]


@pytest.mark.parametrize("length", [0, 1, 4])
def test_canonical_form_of_known_slices(length):
    value = list(range(length))
    for each in SLICES:
        canonical, direction = get_canonical_form_slice(each, length)
        assert canonical.step > 0
        assert canonical.start >= 0
        assert value[canonical][::direction] == value[each], each
        assert slice_length(each, length) == len(value[each])


def test_canonical_form_of_symbolic_slices(run):
    n, a, b, c = (T.lscalar(name) for name in "nabc")
    canonical, direction = get_canonical_form_slice(slice(a, b, c), n)
    parts = [T.as_tensor_variable(p) for p in (canonical.start, canonical.stop, canonical.step, direction)]
    value = list(range(4))
    for bounds in [(0, 3, 1), (3, 0, -2), (-1, -4, -1), (2, 2, -1), (-9, 9, 3), (9, -9, -3)]:
        found = run(parts, dict(zip((n, a, b, c), (4, *bounds), strict=True)))
        start, stop, step, way = (int(p) for p in found)
        assert step > 0
        assert value[start:stop:step][::way] == value[slice(*bounds)]


def test_iteration_needs_a_known_length():
    with pytest.raises(TypeError):
        iter(T.dvector())
    with pytest.raises(TypeError):
        len(T.dvector())
