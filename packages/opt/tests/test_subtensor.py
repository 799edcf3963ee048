"""Indexing, writing under an index, joins."""

import numpy as np
import pytest

import theano.tensor as T

x, y = T.dmatrices("x", "y")
v, w = T.dvectors("v", "w")
n = T.lscalar("n")
row = T.drow("row")
INPUTS = [x, y, v, w, n, row]
rng = np.random.default_rng(0)
VALUES = [
    rng.normal(size=(5, 4)),
    rng.normal(size=(5, 4)),
    rng.normal(size=6),
    rng.normal(size=6),
    2,
    rng.normal(size=(1, 4)),
]

CASES = [
    (lambda: x[:], ["DeepCopyOp"]),
    (lambda: x[:, :], ["DeepCopyOp"]),
    (lambda: x[0 : x.shape[0]], ["DeepCopyOp"]),
    (lambda: x[1:, :], ["Subtensor", "DeepCopyOp"]),
    (lambda: v[1:][1:], ["Subtensor", "DeepCopyOp"]),
    (lambda: v[1:5][::2], ["Subtensor", "DeepCopyOp"]),
    (lambda: x[1:][:, 2], ["Subtensor", "DeepCopyOp"]),
    (lambda: T.exp(x)[0], ["Subtensor", "Exp"]),
    (lambda: (x + v[:4])[n], None),
    (lambda: (x * row)[1:, n], None),
    (lambda: row[0], ["DimShuffle", "DeepCopyOp"]),
    (lambda: T.stack([n, n * 2, n * 3])[1], ["Mul"]),
    (lambda: T.stack([n, n * 2, n * 3])[1:][0], ["Mul"]),
    (lambda: T.ones((5, 4))[1:3], ["Alloc"]),
    (lambda: T.dot(x, y.T)[1, 2], ["DimShuffle", "Subtensor", "Subtensor", "Dot"]),
    (lambda: T.set_subtensor(v[1:], w[1:])[1:], None),
    (lambda: T.set_subtensor(x[1], v[0])[1], ["Shape_i", "Subtensor", "Alloc"]),
    (lambda: T.set_subtensor(v[:], w * 1), ["IncSubtensor"]),
    (lambda: T.inc_subtensor(v[1:], 0), ["DeepCopyOp"]),
    (lambda: T.set_subtensor(v[2:], w[:4])[:2], ["Subtensor", "DeepCopyOp"]),
    (lambda: T.inc_subtensor(v[2:], w[:4])[1], ["Subtensor", "DeepCopyOp"]),
    (lambda: T.set_subtensor(x[2:, 1:], 0.0)[:1], ["Subtensor", "DeepCopyOp"]),
    (lambda: T.set_subtensor(v[2:], w[:4])[:3], ["IncSubtensor", "Subtensor", "Subtensor"]),
    (lambda: T.set_subtensor(v[2:], w[:4])[2], None),
    (lambda: T.set_subtensor(v[-4:], w[:4])[:2], None),
    (lambda: T.set_subtensor(v[2:], w[:4])[:-4], None),
    (lambda: T.inc_subtensor(T.zeros_like(v)[1:3], w[:2]), None),
    (lambda: T.set_subtensor(T.zeros_like(v)[1:3], 0.0), ["Shape_i", "Alloc"]),
    (lambda: T.inc_subtensor(T.zeros_like(v)[1:3], w[:2]) + w, ["Subtensor", "IncSubtensor"]),
    (lambda: v[T.arange(v.shape[0])], ["DeepCopyOp"]),
    (lambda: T.concatenate([v]), ["DeepCopyOp"]),
    (lambda: T.concatenate([v, T.constant(np.zeros(0)), w]), ["Join"]),
    (lambda: T.join(0, T.stack([n, n]), T.stack([n, n * 3])), ["Mul", "MakeVector"]),
    (lambda: T.set_subtensor(v[np.array([0, 2])], v[np.array([0, 2])] + w[:2]), None),
    (lambda: v[1:5][::-1], None),
    (lambda: v[::-1][1:3], None),
    (lambda: v[n:][:n], None),
    (lambda: v[-3:][1], None),
    (lambda: x[1:4][n:, 1:][:, ::2], None),
]


@pytest.mark.parametrize(("expression", "left"), CASES)
def test_expression(rewriting, expression, left):
    out = expression()
    rewriting.same(INPUTS, out, *VALUES)
    if left is not None:
        assert sorted(rewriting.ops(INPUTS, out)) == sorted(left)


@pytest.mark.parametrize(
    "outer", [slice(1, None), slice(None, 3), slice(-4, -1), slice(0, 6, 2), slice(2, 100), slice(4, 1)]
)
@pytest.mark.parametrize(
    "inner", [slice(1, None), slice(None, -1), slice(0, 2), slice(-2, None), slice(None, None, 2), 0, -1]
)
def test_merged_slices_equal_slices_of_slices(rewriting, outer, inner):
    data = VALUES[2]
    out = v[outer][inner]
    try:
        expected = data[outer][inner]
    except IndexError:
        with pytest.raises(IndexError):
            rewriting.compile([v], out)(data)
        return
    np.testing.assert_array_equal(rewriting.compile([v], out)(data), expected)


def test_index_errors_survive(rewriting):
    with pytest.raises(IndexError):
        rewriting.compile([v], T.exp(v)[10])(VALUES[2])
    with pytest.raises(IndexError):
        rewriting.compile([v], v[:2][4])(VALUES[2])


def test_reading_what_was_written_keeps_its_length(rewriting):
    out = T.set_subtensor(v[1:4], w)[1:4]
    for value in (np.array([7.0]), np.arange(3.0)):
        np.testing.assert_array_equal(rewriting.compile([v, w], out)(VALUES[2], value), np.broadcast_to(value, 3))
    assert "IncSubtensor" not in rewriting.ops([v, w], out)


def test_incs_follow_one_another(rewriting):
    zeros = T.zeros_like(v)
    out = T.inc_subtensor(zeros[:2], w[:2]) + T.inc_subtensor(zeros[1:4], w[:3])
    left = rewriting.ops(INPUTS, out)
    assert left.count("IncSubtensor") == 2
    assert "Add" not in left
    rewriting.same(INPUTS, out, *VALUES)


def test_repeated_rows_accumulate(rewriting):
    rows = T.lvector("rows")
    out = T.inc_subtensor(T.zeros_like(v)[rows], w[:3]) + T.set_subtensor(v[rows], v[rows] + w[:3])
    rewriting.same([v, w, rows], out, VALUES[2], VALUES[3], np.array([1, 1, 4]))


def test_asserts(rewriting):
    from theano.tensor.asserts import Assert

    sure = Assert("sure")(v, T.constant(1))
    unsure = Assert("unsure")(v, T.gt(n, 0))
    assert rewriting.ops(INPUTS, sure) == ["DeepCopyOp"]
    assert "Assert" in rewriting.ops(INPUTS, unsure)
    assert "Assert" not in rewriting.ops(INPUTS, unsure, including=("unsafe",))
    with pytest.raises(AssertionError, match="unsure"):
        rewriting.compile([v, n], unsure)(VALUES[2], -1)


def test_rebroadcasts(rewriting):
    assert rewriting.ops([x], T.unbroadcast(T.addbroadcast(x, 0), 0))[-1] != "Exp"
    assert rewriting.ops([row], T.addbroadcast(T.unbroadcast(row, 0), 0)) == ["DeepCopyOp"]
    out = T.unbroadcast(T.exp(row), 0)
    rewriting.same([row], out, VALUES[5])


def test_room_that_two_fill_is_not_copied(rewriting):
    """Equal nodes are merged, but memory without contents is worth nothing."""
    from theano.tensor.alloc import AllocEmpty

    def filled(value):
        room = AllocEmpty("float64")(n + 1, 4)
        return T.set_subtensor(room[:3], value)

    outs = [filled(v[:4]), filled(w[:4]), filled(v[:4])]
    function = rewriting.compile(INPUTS, outs)
    rooms = [node for node in function.maker.fgraph.toposort() if isinstance(node.op, AllocEmpty)]
    assert len(rooms) == 2  # of the first and the third, which are equal, and of the second
    expected = [np.broadcast_to(value, (3, 4)) for value in (VALUES[2][:4], VALUES[3][:4], VALUES[2][:4])]
    for found, wanted in zip(function(*VALUES), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
