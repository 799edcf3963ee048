"""Elementwise ops against NumPy and SciPy, and the rules of broadcasting."""

import pickle

import numpy as np
import pytest
from scipy import special, stats

import theano
import theano.scalar as scal
import theano.tensor as T
from theano.compile import Mode
from theano.configuration import change_flags
from theano.tensor.elemwise import Elemwise
from theano.tensor.type import TensorType

PLAIN = Mode(linker="py", optimizer=None)

REAL = np.array([-2.5, -1.0, -0.3, 0.0, 0.4, 1.0, 3.5])
OTHER = np.array([1.5, -1.0, 2.0, 0.7, -0.4, 1.0, -2.0])
UNIT = np.linspace(-0.95, 0.95, 7)
POSITIVE = np.array([0.1, 0.5, 1.0, 1.5, 2.5, 4.0, 9.0])
ABOVE_ONE = POSITIVE + 1.0
INTS = np.array([-7, -3, -1, 0, 2, 5, 8])
MORE_INTS = np.array([2, -2, 3, 5, -3, 4, 3])
BOOLS = np.array([True, False, True, True])
MORE_BOOLS = np.array([True, True, False, True])
COMPLEX = np.array([1 + 2j, -0.5j, 3.0, -1 - 1j])

TABLE = {
    "lt": ([REAL, OTHER], np.less),
    "gt": ([REAL, OTHER], np.greater),
    "le": ([REAL, OTHER], np.less_equal),
    "ge": ([REAL, OTHER], np.greater_equal),
    "eq": ([REAL, OTHER], np.equal),
    "neq": ([REAL, OTHER], np.not_equal),
    "switch": ([INTS, REAL, OTHER], lambda c, a, b: np.where(c != 0, a, b)),
    "and_": ([INTS, MORE_INTS], np.bitwise_and),
    "or_": ([INTS, MORE_INTS], np.bitwise_or),
    "xor": ([INTS, MORE_INTS], np.bitwise_xor),
    "invert": ([INTS], np.invert),
    "abs_": ([REAL], np.abs),
    "exp": ([REAL], np.exp),
    "exp2": ([REAL], np.exp2),
    "expm1": ([REAL], np.expm1),
    "neg": ([REAL], np.negative),
    "inv": ([POSITIVE], np.reciprocal),
    "log": ([POSITIVE], np.log),
    "log2": ([POSITIVE], np.log2),
    "log10": ([POSITIVE], np.log10),
    "log1p": ([POSITIVE], np.log1p),
    "sgn": ([REAL], np.sign),
    "ceil": ([REAL], np.ceil),
    "floor": ([REAL], np.floor),
    "trunc": ([REAL], np.trunc),
    "round_half_to_even": ([REAL], np.round),
    "round_half_away_from_zero": (
        [np.array([-2.5, -0.5, 0.5, 1.5, 2.4, 0.49999999999999994, -1.2])],
        lambda x: np.array([-3.0, -1.0, 1.0, 2.0, 2.0, 0.0, -1.0]),
    ),
    "sqr": ([REAL], np.square),
    "sqrt": ([POSITIVE], np.sqrt),
    "deg2rad": ([REAL], np.deg2rad),
    "rad2deg": ([REAL], np.rad2deg),
    "cos": ([REAL], np.cos),
    "arccos": ([UNIT], np.arccos),
    "sin": ([REAL], np.sin),
    "arcsin": ([UNIT], np.arcsin),
    "tan": ([REAL], np.tan),
    "arctan": ([REAL], np.arctan),
    "arctan2": ([REAL, OTHER], np.arctan2),
    "cosh": ([REAL], np.cosh),
    "arccosh": ([ABOVE_ONE], np.arccosh),
    "sinh": ([REAL], np.sinh),
    "arcsinh": ([REAL], np.arcsinh),
    "tanh": ([REAL], np.tanh),
    "arctanh": ([UNIT], np.arctanh),
    "erf": ([REAL], special.erf),
    "erfc": ([REAL], special.erfc),
    "erfcx": ([REAL], special.erfcx),
    "erfinv": ([UNIT], special.erfinv),
    "erfcinv": ([UNIT + 1], special.erfcinv),
    "gamma": ([POSITIVE], special.gamma),
    "gammaln": ([POSITIVE], special.gammaln),
    "psi": ([POSITIVE], special.digamma),
    "tri_gamma": ([POSITIVE], lambda x: special.polygamma(1, x)),
    "chi2sf": ([POSITIVE, ABOVE_ONE], lambda x, k: stats.chi2.sf(x, k)),
    "gammainc": ([ABOVE_ONE, POSITIVE], special.gammainc),
    "gammaincc": ([ABOVE_ONE, POSITIVE], special.gammaincc),
    "gammau": ([ABOVE_ONE, POSITIVE], lambda k, x: special.gammaincc(k, x) * special.gamma(k)),
    "gammal": ([ABOVE_ONE, POSITIVE], lambda k, x: special.gammainc(k, x) * special.gamma(k)),
    "j0": ([REAL], special.j0),
    "j1": ([REAL], special.j1),
    "jv": ([POSITIVE, POSITIVE[::-1].copy()], special.jv),
    "i0": ([REAL], special.i0),
    "i1": ([REAL], special.i1),
    "iv": ([POSITIVE, POSITIVE[::-1].copy()], special.iv),
    "real": ([COMPLEX], np.real),
    "imag": ([COMPLEX], np.imag),
    "angle": ([COMPLEX], np.angle),
    "complex": ([REAL, OTHER], lambda a, b: a + 1j * b),
    "conj": ([COMPLEX], np.conj),
    "complex_from_polar": ([POSITIVE, OTHER], lambda r, t: r * np.exp(1j * t)),
    "second": ([REAL, OTHER], lambda a, b: b),
    "maximum": ([REAL, OTHER], np.maximum),
    "minimum": ([REAL, OTHER], np.minimum),
    "add": ([REAL, OTHER], np.add),
    "sub": ([REAL, OTHER], np.subtract),
    "mul": ([REAL, OTHER], np.multiply),
    "true_div": ([REAL, OTHER], np.divide),
    "int_div": ([INTS, MORE_INTS], np.floor_divide),
    "mod": ([INTS, MORE_INTS], np.mod),
    "pow": ([POSITIVE, OTHER], np.power),
    "clip": ([REAL, np.full(7, -1.0), np.full(7, 0.5)], np.clip),
    "tensor_copy": ([REAL], np.copy),
    "isnan_": ([np.array([np.nan, 0.0, np.inf])], np.isnan),
    "isinf_": ([np.array([np.nan, 0.0, -np.inf])], np.isinf),
}


def evaluate(out, inputs=(), values=()):
    return theano.function(list(inputs), out, mode=PLAIN, on_unused_input="ignore")(*values)


def apply(op, *values):
    """Value of an op on arrays, all dims kept apart from broadcasting."""
    inputs = [T.tensor(v.dtype.name, (False,) * v.ndim) for v in values]
    return evaluate(op(*inputs), inputs, values)


def test_every_elementwise_name_has_samples():
    from theano.tensor.elementwise_table import ROWS

    assert {name for name, _, _ in ROWS} == set(TABLE)


@pytest.mark.parametrize("name", list(TABLE))
def test_value(name):
    samples, reference = TABLE[name]
    result = apply(getattr(T, name), *samples)
    expected = reference(*samples)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-12)


# 0.49999999999999994 is 0.5 in float32
NARROW = [n for n in TABLE if TABLE[n][0][0].dtype == "float64" and n != "round_half_away_from_zero"]


@pytest.mark.parametrize("name", NARROW)
def test_float32_stays_within_rounding_of_float64(name):
    samples, reference = TABLE[name]
    narrow = [s.astype("float32") if s.dtype == "float64" else s for s in samples]
    result = apply(getattr(T, name), *narrow)
    expected = reference(*[s.astype("float64") if s.dtype == "float32" else s for s in narrow])
    np.testing.assert_allclose(result, expected, rtol=3e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["and_", "or_", "xor", "add", "mul", "maximum", "minimum", "eq", "lt"])
def test_bool_operands(name):
    reference = {"add": np.logical_or, "mul": np.logical_and}.get(name, TABLE[name][1])
    result = apply(getattr(T, name), BOOLS, MORE_BOOLS)
    assert result.dtype == bool
    np.testing.assert_array_equal(result, reference(BOOLS, MORE_BOOLS))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64"])
@pytest.mark.parametrize(
    "name", ["int_div", "mod", "add", "sub", "mul", "maximum", "neg", "sqr", "sgn", "abs_", "invert"]
)
def test_integer_dtypes_keep_their_dtype(name, dtype):
    a = np.array([0, 1, 5, 100, 7]).astype(dtype)
    b = np.array([3, 2, 0, 7, 9]).astype(dtype)
    args = [a, b][: 1 if name in ("neg", "sqr", "sgn", "abs_", "invert") else 2]
    with np.errstate(all="ignore"):
        expected = TABLE[name][1](*args)
    result = apply(getattr(T, name), *args)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, expected)


def test_n_ary_sum_and_product():
    np.testing.assert_allclose(apply(T.add, REAL, OTHER, POSITIVE), REAL + OTHER + POSITIVE)
    np.testing.assert_allclose(apply(T.mul, REAL, OTHER, POSITIVE), REAL * OTHER * POSITIVE)
    np.testing.assert_array_equal(apply(T.add, REAL), REAL)


def test_nan_and_infinity():
    nan = np.array([np.nan, 1.0])
    one = np.array([1.0, np.nan])
    assert np.isnan(apply(T.maximum, nan, one)).all()
    assert np.isnan(apply(T.minimum, nan, one)).all()
    assert np.isnan(apply(T.clip, nan, one - 5, one + 5)[0])
    np.testing.assert_array_equal(apply(T.log, np.array([0.0, -1.0])), [-np.inf, np.nan])
    np.testing.assert_array_equal(apply(T.sqrt, np.array([-1.0])), [np.nan])
    np.testing.assert_array_equal(apply(T.complex, np.array([1.0]), np.array([np.inf])), [complex(1.0, np.inf)])


def test_crossing_clip_bounds_give_the_lower_one_first():
    x = np.array([0.0, 3.0, 9.0])
    np.testing.assert_array_equal(apply(T.clip, x, np.full(3, 5.0), np.full(3, 2.0)), [5.0, 5.0, 2.0])


def test_integer_power():
    np.testing.assert_array_equal(apply(T.pow, INTS, np.abs(MORE_INTS)), INTS ** np.abs(MORE_INTS))
    base = np.array([1, -1, -1, 2, -3, 0])
    np.testing.assert_array_equal(apply(T.pow, base, np.array([-3, -3, -2, -1, -2, -1])), [1, -1, 1, 0, 0, 0])


def test_negative_modulus_is_an_error():
    with pytest.raises(ValueError, match="modulus"):
        apply(T.complex_from_polar, np.array([-1.0]), np.array([0.0]))


def test_real_arguments_of_complex_functions():
    np.testing.assert_array_equal(apply(T.imag, REAL), np.zeros(7))
    np.testing.assert_array_equal(apply(T.real, REAL), REAL)
    np.testing.assert_array_equal(apply(T.angle, np.array([-1.0, 2.0])), [np.pi, 0.0])
    np.testing.assert_array_equal(apply(T.conj, REAL), REAL)


@pytest.mark.parametrize("source", ["bool", "int8", "uint16", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("target", ["bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex64"])
def test_cast(source, target):
    values = np.array([0, 1, 3]).astype(source)
    result = apply(lambda x: T.cast(x, target), values)
    assert result.dtype == target
    np.testing.assert_array_equal(result, values.astype(target))


def test_cast_details():
    x = T.dvector("x")
    assert T.cast(x, "float64") is x
    np.testing.assert_array_equal(apply(lambda v: T.cast(v, "int8"), np.array([-1.7, 1.7])), [-1, 1])
    assert str(T.cast(x, "int8").owner.op) == "Elemwise{Cast{int8}}"
    with pytest.raises(KeyError):
        T.cast(x, "nothing")
    with pytest.raises(TypeError, match="complex"):
        T.cast(T.zvector(), "float32")
    with change_flags(floatX="float32"):
        assert T.cast(x, "floatX").dtype == "float32"


def test_isnan_of_integers_reads_no_values():
    np.testing.assert_array_equal(apply(T.isnan, INTS), np.zeros(7, bool))
    np.testing.assert_array_equal(apply(T.isinf, BOOLS), np.zeros(4, bool))
    np.testing.assert_array_equal(apply(T.isinf, np.array([np.inf, 1.0, np.nan])), [True, False, False])


def test_isclose_and_allclose():
    a = np.array([1.0, np.nan, np.inf, -np.inf, 1.0, 0.0, np.inf])
    b = np.array([1.0 + 1e-9, np.nan, np.inf, np.inf, 1.1, 1e-10, 5.0])
    for equal_nan in (False, True):
        result = apply(lambda x, y, e=equal_nan: T.isclose(x, y, equal_nan=e), a, b)
        np.testing.assert_array_equal(result, np.isclose(a, b, equal_nan=equal_nan))
    assert not apply(T.allclose, a, b)
    assert apply(T.allclose, a[:1], b[:1])
    np.testing.assert_array_equal(apply(T.isclose, INTS, INTS + 1), np.zeros(7, bool))


def test_rounding_modes():
    x = np.array([0.5, 1.5, -0.5, 2.2])
    np.testing.assert_array_equal(apply(lambda v: T.round(v, "half_to_even"), x), np.round(x))
    np.testing.assert_array_equal(apply(lambda v: T.round(v, "half_away_from_zero"), x), [1, 2, -1, 2])
    assert apply(lambda v: T.iround(v, "half_to_even"), x).dtype == "int64"
    with pytest.raises(Exception, match="mode"):
        T.round(T.dvector(), "up")
    with pytest.raises(TypeError):
        T.round(T.ivector(), "half_to_even")


def test_divisions():
    quotient, rest = T.divmod(T.lvector("a"), T.lvector("b"))
    assert (quotient.dtype, rest.dtype) == ("int64", "int64")
    np.testing.assert_array_equal(apply(T.ceil_intdiv, INTS, MORE_INTS), -(-INTS // MORE_INTS))
    np.testing.assert_array_equal(apply(T.int_div, np.array([1, 2]), np.array([0, 0])), [0, 0])
    with change_flags(int_division="floatX", floatX="float64"):
        assert T.div_proxy(T.ivector(), T.ivector()).dtype == "float64"
    with change_flags(int_division="raise"), pytest.raises(theano.scalar.IntegerDivisionError):
        T.div_proxy(T.ivector(), T.ivector())
    with change_flags(int_division="int"), pytest.warns(DeprecationWarning, match="rounds down"):
        assert T.div_proxy(T.ivector(), T.ivector()).dtype == "int32"
    assert T.div_proxy(T.ivector(), T.dvector()).dtype == "float64"


# -- broadcasting ------------------------------------------------------------------------------------------------


def test_ranks_align_on_the_right_and_flags_meet():
    out = T.add(T.tensor3(), T.row(), T.scalar())
    assert out.ndim == 3
    assert out.broadcastable == (False, False, False)
    assert T.add(T.row(), T.drow()).broadcastable == (True, False)
    assert T.add(T.row(), T.col()).broadcastable == (False, False)
    assert str(T.add(T.dmatrix(), T.dvector()).owner.inputs[1].owner.op) == "InplaceDimShuffle{x,0}"


@pytest.mark.parametrize(
    ("types", "shapes"),
    [
        ((T.dmatrix, T.drow), ((3, 4), (1, 4))),
        ((T.dcol, T.drow), ((3, 1), (1, 4))),
        ((T.dmatrix, T.dscalar), ((3, 4), ())),
        ((T.dmatrix, T.dvector), ((0, 4), (4,))),
        ((T.dmatrix, T.dmatrix), ((1, 1), (1, 1))),
        ((T.drow, T.drow), ((1, 4), (1, 4))),
        ((T.dscalar, T.dscalar), ((), ())),
    ],
)
def test_broadcast_values(types, shapes):
    rng = np.random.default_rng(3)
    inputs = [t() for t in types]
    values = [rng.normal(size=s) for s in shapes]
    result = evaluate(T.add(*inputs), inputs, values)
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, values[0] + values[1])


@pytest.mark.parametrize(("a", "b"), [((1, 4), (3, 4)), ((3, 4), (3, 1)), ((2, 2), (3, 3)), ((0, 4), (1, 4))])
def test_only_declared_dims_stretch(a, b):
    x, y = T.dmatrix("left"), T.dmatrix("right")
    with pytest.raises(ValueError, match="dimension mismatch") as caught:
        evaluate(x + y, [x, y], [np.zeros(a), np.zeros(b)])
    assert str(a) in str(caught.value)
    assert str(b) in str(caught.value)
    assert "left" in str(caught.value)


def test_results_never_share_memory_with_inputs():
    x = T.zvector("x")
    value = COMPLEX.copy()
    for out in (T.real(x), T.imag(x), T.tensor_copy(x), T.second(T.dvector("y"), x)):
        inputs = list(dict.fromkeys([x, *(v for v in out.owner.inputs if v is not x)]))
        storage = [[None]]
        out.owner.op.perform(out.owner, [value if v is x else np.zeros(4) for v in out.owner.inputs], storage)
        assert not np.may_share_memory(storage[0][0], value), (out, inputs)


def test_fill_takes_shape_of_the_first_and_value_of_the_second():
    result = evaluate(T.fill(T.constant(np.zeros((2, 3))), T.constant(np.float32(7))))
    np.testing.assert_array_equal(result, np.full((2, 3), 7, "float32"))
    assert result.dtype == "float32"
    assert result.flags.writeable


def test_wrong_number_of_inputs():
    with pytest.raises(TypeError, match="give 2"):
        T.sub(T.dvector())
    with pytest.raises(TypeError):
        T.add()


# -- the op as a value -------------------------------------------------------------------------------------------


def test_equality_text_and_pickle():
    op = Elemwise(scal.add)
    assert op == T.add
    assert hash(op) == hash(T.add)
    assert op != Elemwise(scal.mul)
    assert Elemwise(scal.add, {0: 0}) != op
    assert str(T.add) == "Elemwise{add,no_inplace}"
    assert str(op) == "Elemwise{add}"
    assert str(Elemwise(scal.add, {0: 1})) == "Elemwise{add}[(0, 1)]"
    twin = pickle.loads(pickle.dumps(T.add))
    assert twin == T.add
    assert twin(T.dvector(), 1).type == T.dvector


def test_every_op_documents_itself():
    for name in TABLE:
        doc = getattr(T, name).__doc__
        assert doc.startswith(f"{name}(")
        assert len(doc.splitlines()) >= 3


def test_shape_inference():
    x, y = T.dmatrix(), T.drow()
    node = (x + y).owner
    assert node.op.infer_shape(node, [("a", "b"), (1, "c")]) == [("a", "b")]
    node = (x + T.dmatrix()).owner
    assert node.op.infer_shape(node, [("a", "b"), (5, "c")]) == [(5, "b")]
    node = (y + T.drow()).owner
    assert node.op.infer_shape(node, [("a", "b"), ("d", "c")]) == [(1, "b")]


def test_connection_pattern():
    node = T.fill(T.dvector(), T.dscalar()).owner
    assert node.op.connection_pattern(node) == [[False], [True]]
    node = (T.dvector() + 1).owner
    assert node.op.connection_pattern(node) == [[True], [True]]


def test_lowering_states_a_loop_or_stays_in_python():
    from theano.codegen import NotLowerable
    from theano.lowering.build import Build

    node = T.exp(T.fvector() + 1).owner
    assert node.op.lower(node, Build(node)).kernel is not None
    node = T.psi(T.fvector()).owner
    with pytest.raises(NotLowerable):
        node.op.lower(node, Build(node))


class Halve(scal.UnaryScalarOp):
    """A classic user op: Python value only."""

    def impl(self, x):
        return x / 2


def test_classic_scalar_op_with_impl_only():
    halve = Elemwise(Halve(scal.upgrade_to_float, name="halve"))
    np.testing.assert_array_equal(apply(halve, REAL), REAL / 2)
    x = T.dscalar()
    result = evaluate(halve(x), [x], [3.0])
    assert type(result) is np.ndarray
    assert result == 1.5


class FloorToInt(scal.UnaryScalarOp):
    """A classic user op whose output dtype is narrower than its input."""

    def impl(self, x):
        return int(np.floor(x))


class NamedSine(scal.UnaryScalarOp):
    """A classic user op that names a vectorised function; impl must not be needed."""

    nfunc_spec = ("sin", 1, 1)


def test_classic_impl_sees_its_inputs_uncast():
    np.testing.assert_array_equal(apply(Elemwise(FloorToInt(scal.int_out)), REAL), np.floor(REAL).astype("int64"))


def test_classic_nfunc_spec_is_vectorised():
    np.testing.assert_array_equal(apply(Elemwise(NamedSine(scal.upgrade_to_float)), REAL), np.sin(REAL))


def test_numpy_functions_and_arrays_stay_symbolic():
    x = T.dvector()
    for out in (np.exp(x), np.add(REAL, x), np.abs(x)):
        assert isinstance(out, T.TensorVariable)


def test_two_outputs_and_aliases():
    a, b = scal.floats("ab")
    both = Elemwise(scal.Composite([a, b], [scal.add(a, b), scal.identity(a)]))
    outs = both(T.dvector("x"), T.dvector("y"))
    storage = [[None], [None]]
    both.perform(outs[0].owner, [REAL, OTHER], storage)
    np.testing.assert_array_equal(storage[0][0], REAL + OTHER)
    np.testing.assert_array_equal(storage[1][0], REAL)
    assert not np.may_share_memory(storage[1][0], REAL)


def test_long_chains_build_in_linear_time_without_recursion():
    y = x = T.dscalar("x")
    for _ in range(20_000):
        y = y + 1
    depth = 0
    while y.owner is not None:
        y = y.owner.inputs[0]
        depth += 1
    assert y is x
    assert depth == 20_000


def test_variables_of_a_subclass_of_tensor_type_are_tensors():
    class Mine(TensorType):
        pass

    assert (Mine("float64", (False,))() + 1).type == T.dvector


def test_steps_of_equal_nodes_share_their_kernel_but_not_their_node():
    from theano.graph import FunctionGraph
    from theano.lowering import lower

    x, y = T.dvectors("x", "y")
    f = T.fvector("f")
    nodes = [T.exp(v).owner for v in (x, y, f)]
    fgraph = FunctionGraph([x, y, f], [n.outputs[0] for n in nodes], clone=False)
    steps = {step.node: step for step in lower(fgraph, "c").steps}
    assert steps[nodes[0]].kernel is steps[nodes[1]].kernel
    assert steps[nodes[0]].kernel != steps[nodes[2]].kernel
    assert set(steps) == set(nodes)
    assert nodes[0].op._step_memo
    assert all(step.node is None for step in nodes[0].op._step_memo.values())
