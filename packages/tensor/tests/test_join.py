"""Joining, stacking, splitting, rolling, tiling."""

import numpy as np
import pytest

import theano.tensor as T

A = np.arange(6.0).reshape(2, 3)
B = np.arange(4.0).reshape(2, 2) + 10


@pytest.mark.parametrize(("axis", "a", "b"), [(1, A, B), (-1, A, B), (0, A, A[:1])])
def test_join_along_an_axis(check, axis, a, b):
    x, y = T.dmatrix("x"), T.dmatrix("y")
    check(T.join(axis, x, y), {x: a, y: b}, np.concatenate([a, b], axis))
    check(T.concatenate([x, y], axis), {x: a, y: b}, np.concatenate([a, b], axis))


def test_join_upcasts_and_keeps_flags():
    x, y = T.fcol("x"), T.dmatrix("y")
    assert T.join(0, x, y).type == T.TensorType("float64", (False, True))
    assert T.join(1, x, y).type.broadcastable == (False, False)
    assert T.join(T.lscalar(), x, y).type.broadcastable == (False, False)


def test_join_by_symbolic_axis(check):
    x, y, axis = T.dmatrix("x"), T.dmatrix("y"), T.lscalar("axis")
    check(T.join(axis, x, y), {x: A, y: B, axis: 1}, np.concatenate([A, B], 1))
    check(T.join(axis, x, x), {x: A, axis: -2}, np.concatenate([A, A], 0))


def test_join_of_one_is_itself():
    x = T.dmatrix("x")
    assert T.join(0, x) is x


def test_join_errors(run):
    x, y = T.dmatrix("x"), T.dmatrix("y")
    with pytest.raises(TypeError, match="0-d"):
        T.join(0, T.dscalar(), T.dscalar())
    with pytest.raises(TypeError, match="2 dimensions"):
        T.join(0, T.dvector(), x)
    with pytest.raises(IndexError, match="axis -3"):
        T.join(-3, x, y)
    with pytest.raises(ValueError, match="axis 2"):
        T.join(2, x, y)
    with pytest.raises(ValueError, match="must agree"):
        run(T.join(0, x, y), {x: A, y: B})
    with pytest.raises(TypeError, match="list or tuple"):
        T.concatenate(x)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_stack_adds_an_axis(check, axis):
    x = T.dmatrix("x")
    check(T.stack([x, x + 1], axis), {x: A}, np.stack([A, A + 1], axis))


def test_stack_of_scalars_is_a_vector_of_the_upcast(check):
    i, f = T.iscalar("i"), T.fscalar("f")
    out = T.stack([i, f, 3])
    assert out.type == T.dvector
    check(out, {i: 1, f: 2.5}, [1, 2.5, 3])


def test_stack_old_form_and_errors(check):
    x = T.dvector("x")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        out = T.stack(x, x, x)
    check(out, {x: [1.0, 2.0]}, [[1.0, 2.0]] * 3)
    with pytest.raises(IndexError, match="axis 3"):
        T.stack([x, x], 3)
    with pytest.raises(ValueError, match="empty"):
        T.stack([])
    with pytest.raises(ValueError, match="no tensors"):
        T.stack()


def test_stacklists_nests(check):
    a, b = T.dscalars("ab")
    check(T.stacklists([[a, b], [b, 1.0]]), {a: 2.0, b: 3.0}, [[2.0, 3.0], [3.0, 1.0]])


def test_horizontal_and_vertical(check):
    x, y = T.dmatrix("x"), T.dmatrix("y")
    check(T.horizontal_stack(x, y), {x: A, y: B}, np.hstack([A, B]))
    check(T.vertical_stack(x, x), {x: A}, np.vstack([A, A]))
    for function in (T.horizontal_stack, T.vertical_stack):
        with pytest.raises(AssertionError, match="matrices"):
            function(x)


@pytest.mark.parametrize(("axis", "sizes"), [(0, [1, 0, 1]), (1, [2, 1, 0]), (-1, [1, 1, 1])])
def test_split_into_pieces(check, axis, sizes):
    x, s = T.dmatrix("x"), T.lvector("s")
    pieces = T.split(x, s, 3, axis)
    for ours, theirs in zip(pieces, np.split(A, np.cumsum(sizes)[:-1], axis), strict=True):
        check(ours, {x: A, s: sizes}, theirs)


def test_split_of_one_piece_and_symbolic_axis(check):
    x, axis = T.dmatrix("x"), T.lscalar("axis")
    check(T.split(x, [2], 1), {x: A}, A)
    check(T.split(x, [1, 2], 2, axis)[1], {x: A, axis: 1}, A[:, 1:])


@pytest.mark.parametrize("sizes", [[1, 2], [1, 1, 1], [3, -1]])
def test_split_sizes_must_fit(run, sizes):
    x, s = T.dmatrix("x"), T.lvector("s")
    with pytest.raises(ValueError, match="pieces of sizes"):
        run(T.split(x, s, 2), {x: A, s: sizes})


@pytest.mark.parametrize("shift", [0, 1, -2, 7])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_roll(check, shift, axis):
    x, s = T.dmatrix("x"), T.lscalar("s")
    check(T.roll(x, s, axis), {x: A, s: shift}, np.roll(A, shift, axis))


def test_roll_of_empty_axis(check):
    x = T.dvector("x")
    check(T.roll(x, 2), {x: np.zeros(0)}, np.zeros(0))


@pytest.mark.parametrize("reps", [2, (2,), (2, 3), (2, 1, 2), (1, 0)])
def test_tile_by_numbers(check, reps):
    x = T.dmatrix("x")
    check(T.tile(x, reps), {x: A}, np.tile(A, reps))


def test_tile_by_symbols(check):
    x, n, r = T.dmatrix("x"), T.lscalar("n"), T.lvector("r")
    check(T.tile(x, n), {x: A, n: 3}, np.tile(A, 3))
    check(T.tile(x, (n, 2)), {x: A, n: 3}, np.tile(A, (3, 2)))
    check(T.tile(x, r, ndim=3), {x: A, r: [2, 2]}, np.tile(A, (2, 2))[None])
    check(T.tile(x, 2, ndim=3), {x: A}, np.tile(A, (1, 1, 2)))


def test_tile_errors():
    x = T.dmatrix("x")
    with pytest.raises(ValueError, match="ndim"):
        T.tile(x, T.lvector())
    with pytest.raises(ValueError, match="or more"):
        T.tile(x, 2, ndim=1)
    with pytest.raises(ValueError, match="integers"):
        T.tile(x, (2, 1.5))


def test_old_tile_op_warns(check):
    with pytest.warns(DeprecationWarning, match="Tile"):
        op = T.Tile(2)
    x, r = T.dmatrix("x"), T.lvector("r")
    check(op(x, r), {x: A, r: [2, 3]}, np.tile(A, (2, 3)))


def test_make_vector_never_narrows():
    from theano.tensor.make_vector import MakeVector

    assert MakeVector("int64")(T.iscalar(), T.lscalar()).type == T.lvector
    with pytest.raises(AssertionError, match="precision"):
        MakeVector("int32")(T.lscalar())


def test_scalars_and_tensors_convert_back_and_forth(check):
    x = T.dscalar("x")
    check(T.tensor_from_scalar(T.scalar_from_tensor(x)), {x: 2.5}, 2.5)
    with pytest.raises(TypeError, match="0-d"):
        T.scalar_from_tensor(T.dvector())


def test_assert_passes_or_raises(check, run):
    from theano.tensor.asserts import Assert

    x = T.dvector("x")
    out = Assert("only positive")(x, (x > 0).all(), T.eq(x.shape[0], 2))
    check(out, {x: [1.0, 2.0]}, [1.0, 2.0])
    with pytest.raises(AssertionError, match="only positive"):
        run(out, {x: [1.0, -2.0]})
    with pytest.raises(TypeError, match="condition 0"):
        Assert()(x, x > 0)
