"""`theano.testing.check` accepts good ops and finds each kind of fault."""

import numpy as np
import pytest

import theano.tensor as T
from theano.graph import Apply, Op
from theano.testing import ContractError, Sample, assert_same, check

X = np.linspace(-1, 2, 12).reshape(3, 4)


class Double(Op):
    """2 * x, and the mistakes that a subclass adds."""

    __props__ = ()
    dtype = None

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [T.TensorType(self.dtype or x.dtype, x.broadcastable)()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = 2 * inputs[0]

    def infer_shape(self, node, shapes):
        return [shapes[0]]


class WrongShape(Double):
    def infer_shape(self, node, shapes):
        return [(shapes[0][1], shapes[0][0])]


class WrongDtype(Double):
    dtype = "float32"


class WrongRank(Double):
    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = 2 * inputs[0].ravel()


class Overwriting(Double):
    def perform(self, node, inputs, output_storage):
        inputs[0] *= 2
        output_storage[0][0] = inputs[0].copy()


class OnlyContiguous(Double):
    def perform(self, node, inputs, output_storage):
        x = inputs[0]
        output_storage[0][0] = 2 * np.frombuffer(x.tobytes("A"), x.dtype).reshape(x.shape)


class NotEmpty(Double):
    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = 2 * inputs[0] + 0 * inputs[0].max()


class Unequal(Double):
    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)


class WrongLoops(Double):
    """The loops say something else than NumPy."""

    def lower(self, node, build):
        return build.map([build.load(0) * 3.0])


def doubled(x):
    return 2 * x


def test_a_good_op_passes_and_the_report_tells_what_was_done():
    report = check(Double(), [Sample([X], doubled), ([X[0]], 2 * X[0])], dtype="float64", elementwise=True)
    assert report.done >= {"value", "shape", "layouts", "empty", "scalars", "pickle"}
    assert report.skipped.keys() == {"gradient", "forward"}


@pytest.mark.parametrize(
    ("op", "words"),
    [
        (WrongShape(), "shape inference"), (WrongDtype(), "float64"), (WrongRank(), "rank|dimension|matrix"),
        (Overwriting(), "overwritten|read-only"), (OnlyContiguous(), "Fortran"), (Unequal(), "pickling"),
        (NotEmpty(), "zero-size"),
    ],
    ids=lambda p: getattr(type(p), "__name__", None) if isinstance(p, Op) else "",
)  # fmt: skip
def test_each_fault_is_found(op, words):
    with pytest.raises((ContractError, TypeError, ValueError), match=words):
        check(op, [Sample([X], doubled)], dtype="float32" if isinstance(op, WrongDtype) else None)


def test_wrong_values_are_found_with_their_place():
    expected = 2 * X
    expected[1, 2] += 1e-6
    with pytest.raises(ContractError, match=r"(?s)Double.*sample 0.*in Python.*1 of 12 elements.*\(1, 2\)"):
        check(Double(), [([X], expected)])


def test_a_wrong_gradient_is_found():
    def grad(cost, wrt, disconnected_inputs):
        return [T.ones_like(v) * 2.5 for v in wrt]

    with pytest.raises(ContractError, match="gradient for input 0"):
        check(Double(), [([X], 2 * X)], grad=grad)


def test_several_outputs_and_callables():
    check(lambda x: [x + 1, T.sum(x, axis=0)], [Sample([X], lambda x: [x + 1, x.sum(0)])])
    with pytest.raises(ValueError, match="2 outputs"):
        check(lambda x: [x + 1, T.sum(x, axis=0)], [Sample([X], [X + 1])])


def test_backends_are_compared_with_perform():
    """A backend that computes other values is found; here it is the loops of the op that lie."""
    from theano.plugin import registry

    if "cpu" not in registry().backends or registry().backends["cpu"].unavailable():
        check(WrongLoops(), [Sample([X], doubled)])  # nobody asks for the loops
        return
    with pytest.raises(ContractError, match="backend cpu"):
        check(WrongLoops(), [Sample([X], doubled)])


def test_values_are_the_same():
    assert_same([1.0, np.nan, np.inf], [1.0, np.nan, np.inf], "equal")
    assert_same(np.float32(1), 1 + 1e-6, "close in float32")
    for found, expected in [([1.0], [2.0]), ([np.inf], [-np.inf]), ([np.nan], [0.0]), ([1], [2]), ([1.0], 1.0)]:
        with pytest.raises(ContractError, match="something"):
            assert_same(found, expected, "something")
    with pytest.raises(ContractError):
        assert_same(np.float64(1), 1 + 1e-6, "float64 is held to more")
