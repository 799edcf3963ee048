"""Products with elementwise work on their blocks: the bits of the two steps one after the other."""

import numpy as np
import pytest

import theano.tensor as T
from theano import scalar as ts
from theano.cpu import threads
from theano.cpu.work import factors_of, operations, work_of
from theano.scan_module import scan
from theano.tensor.activated import Activated
from theano.tensor.blas import Dot22
from theano.tensor.elemwise import Elemwise

pytestmark = pytest.mark.c
rng = np.random.default_rng(21)
SIZES = [
    (1, 1, 1), (3, 4, 5), (6, 7, 64), (13, 5, 65), (24, 40, 70), (33, 256, 129), (50, 300, 31), (97, 530, 580),
    (130, 16, 1500), (200, 9, 10), (40, 2100, 33), (2, 30, 5000), (75, 1, 20), (60, 257, 500), (0, 3, 4), (3, 0, 4),
    (3, 4, 0),
]  # fmt: skip


def layouts(m):
    """The same values as C ordered, Fortran ordered, strided and reversed arrays."""
    wide = np.repeat(np.repeat(m, 2, 0), 3, 1)[::2, ::3]
    return [m, np.asfortranarray(m), wide, np.ascontiguousarray(m[::-1, ::-1])[::-1, ::-1]]


def variables(dtype):
    """A matrix of rows, one of columns, and: a bias, a column, a matrix, a number."""
    patterns = [(False, False), (False, False), (True, False), (False, True), (False, False), (True, True)]
    return [T.TensorType(dtype, pattern)() for pattern in patterns]


def arrays(dtype, m, k, n):
    return [rng.normal(size=s).astype(dtype) for s in ((m, k), (k, n), (1, n), (m, 1), (m, n), (1, 1))]


def work(dtype):
    """Of a bias, a product, a column, a matrix and a number: two results, one of another dtype."""
    b, p, c, z, s = (ts.get_scalar_type(dtype)() for _ in range(5))
    return ts.Composite([b, p, c, z, s], [ts.add(ts.mul(ts.tanh(ts.add(p, b)), s), ts.mul(c, z)), ts.gt(p, z)])


def both(native, op, inputs):
    """The op, and the two steps that it stands for."""
    x, y, *others = inputs
    apart = Elemwise(op.scalar_op)(*op.operands(Dot22()(x, y), others))
    return native(inputs, op(*inputs)), native(inputs, apart)


def same_bits(found, expected):
    found, expected = (v if isinstance(v, list) else [v] for v in (found, expected))
    for a, b in zip(found, expected, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_any_size_and_layout(native, width, dtype, size):
    inputs = variables(dtype)
    f, apart = both(native, Activated(work(dtype), 1), inputs)
    assert [type(step).__name__ for step in f.plan.steps] == ["KernelStep"]
    values = arrays(dtype, *size)
    for kind in range(4):
        given = [layouts(v)[(kind + j * (kind > 1)) % 4] for j, v in enumerate(values)]
        same_bits(f(*given), apart(*given))
    product = values[0].astype("float64") @ values[1]
    expected = np.tanh(product + values[2]) * values[5] + values[3] * values[4]
    np.testing.assert_allclose(f(*values)[0], expected, rtol=2e-3, atol=2e-3 if dtype == "float32" else 1e-9)


@pytest.mark.parametrize("scalar_op", [ts.tanh, ts.sqr], ids=str)
@pytest.mark.parametrize("size", [(7, 3, 9), (33, 70, 130), (150, 600, 40)])
def test_only_the_product_is_read(native, width, scalar_op, size):
    inputs = variables("float32")[:2]
    f, apart = both(native, Activated(scalar_op, 0), inputs)
    values = arrays("float32", *size)[:2]
    same_bits(f(*values), apart(*values))


def test_one_matrix_in_several_places(native):
    x = T.dmatrix("x")
    f, apart = native([x], Activated(ts.sub, 0)(x, x, x)), native([x], Elemwise(ts.sub)(Dot22()(x, x), x))
    value = rng.normal(size=(70, 70))
    same_bits(f(value), apart(value))


def test_results_that_nobody_reads(native):
    inputs = variables("float64")
    values = arrays("float64", 30, 20, 40)
    second = native(inputs, Activated(work("float64"), 1)(*inputs)[1])
    np.testing.assert_array_equal(second(*values), values[0] @ values[1] > values[4])


def test_same_bits_with_any_number_of_threads(native):
    inputs = variables("float32")
    f = native(inputs, Activated(work("float32"), 1)(*inputs))
    for size in [(700, 300, 400), (60, 90, 3000), (5000, 20, 64), (700, 80, 9)]:
        values, results = arrays("float32", *size), []
        before = threads.activity()["regions"]
        for count in (1, 2, 3):
            with threads.sharing(count, 0):
                results.append([v.tobytes() for v in f(*values)])
        assert results[0] == results[1] == results[2]
        assert threads.activity()["regions"] >= before + 2


def test_shapes_that_differ(native):
    inputs = variables("float64")
    f, apart = both(native, Activated(work("float64"), 1), inputs)
    good = arrays("float64", 6, 4, 5)
    for position, shape in [(1, (3, 5)), (2, (1, 4)), (3, (5, 1)), (4, (6, 4)), (4, (5, 5))]:
        bad = [np.ones(shape) if p == position else v for p, v in enumerate(good)]
        with pytest.raises(ValueError, match="dimension mismatch") as expected:
            apart(*bad)
        with pytest.raises(ValueError, match="dimension mismatch") as found:
            f(*bad)
        assert ("first length of the second" in str(found.value)) == (
            "first length of the second" in str(expected.value)
        )
    same_bits(f(*good), apart(*good))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [(4, 20), (32, 96), (13, 300), (40, 10)])
def test_steps_of_a_loop(native, width, dtype, size):
    """The weights are packed once for all steps, with the same bits."""
    m, n = size
    xs, h0, u = T.TensorType(dtype, (False,) * 3)(), T.matrix("h0", dtype), T.matrix("u", dtype)
    a, b = (ts.get_scalar_type(dtype)() for _ in range(2))
    op = Activated(ts.Composite([a, b], [ts.tanh(ts.add(a, b))]), 1)
    h, _ = scan(lambda row, h, u: op(h, u, row), sequences=xs, outputs_info=h0, non_sequences=[u])
    loop, step = native([xs, h0, u], h), native([h0, u, a_row := T.matrix("row", dtype)], op(h0, u, a_row))
    rows = rng.normal(size=(70, m, n)).astype(dtype)
    for weights in layouts((rng.normal(size=(n, n)) / n**0.5).astype(dtype)):
        value, expected = np.zeros((m, n), dtype), []
        for row in rows:
            value = step(value, weights, row)
            expected.append(value)
        np.testing.assert_array_equal(loop(rows, np.zeros((m, n), dtype), weights), expected)


def test_what_a_profile_counts(native):
    inputs = variables("float32")
    step = native(inputs, Activated(work("float32"), 1)(*inputs)).plan.steps[0]
    assert factors_of(step) == (0, 1)
    record = (1.0, 1.0, 1000.0, 50.0 * 5, 60.0, 4000.0)  # 50 elements of a float32 and a bool
    found = work_of(step, operations(step), record)
    assert found.is_product
    assert found.flops == 4000 + 50 * operations(step)
