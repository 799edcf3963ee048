"""Wrong programs get errors that say what was asked, what was found, what to do, and where."""

from __future__ import annotations

import numpy as np
import pytest

import theano
from theano import tensor
from theano.errors import DisconnectedInputError, MissingInputError, UnusedInputError

MODES = [None, theano.Mode("py", None)]
each_mode = pytest.mark.parametrize("mode", MODES, ids=["FAST_RUN", "py"])


@each_mode
def test_wrong_dtype_names_argument_and_function(mode):
    x = tensor.ivector("counts")
    f = theano.function([x], x * 2, mode=mode, name="double")
    with pytest.raises(TypeError) as caught:
        f(np.array([1.5, 2.5]))
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    for part in ("counts", "double", "float64", "int32", "allow_input_downcast", 'tensor.ivector("counts")'):
        assert part in text


@each_mode
def test_wrong_rank_names_both_ranks(mode):
    f = theano.function([x := tensor.dmatrix("x")], x * 2, mode=mode)
    with pytest.raises(TypeError, match=r"(?s)dimension.*2.*1"):
        f(np.ones(3))


@each_mode
def test_a_wrong_length_deep_in_a_fused_kernel_names_op_operands_and_line(mode):
    x, y, z = tensor.dvectors("xyz")
    r = tensor.exp(x) * 2
    s = tensor.tanh(r + y) - z  # the line to blame
    f = theano.function([x, y, z], s, mode=mode)
    with pytest.raises(ValueError) as caught:
        f(np.ones(3), np.ones(3), np.ones(4))
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "mismatch" in text
    assert "(4,)" in text
    assert "(3,)" in text
    assert "float64" in text
    assert "the line to blame" in text
    assert np.allclose(f(np.ones(3), np.ones(3), np.ones(3)), np.tanh(2 * np.e + 1) - 1)


@each_mode
def test_a_length_of_one_does_not_stretch_silently(mode):
    x, y = tensor.dvectors("xy")
    f = theano.function([x, y], x + y, mode=mode)
    with pytest.raises(ValueError, match="mismatch"):
        f(np.ones(1), np.ones(4))
    assert f(np.ones(1), np.ones(1)).shape == (1,)


@each_mode
def test_a_length_of_one_that_the_type_does_not_tell_is_explained(mode):
    x, y = tensor.dmatrix("x"), tensor.dmatrix("column")
    f = theano.function([x, y], x - y, mode=mode)
    with pytest.raises(ValueError, match=r"(?s)HINT: dimension 1 has length 1 in column.*addbroadcast\(x, 1\)"):
        f(np.ones((2, 3)), np.ones((2, 1)))
    with pytest.raises(ValueError, match=r"(?s)(Do|HINT): give .*equal lengths"):
        f(np.ones((2, 3)), np.ones((2, 4)))


@each_mode
def test_inner_lengths_of_a_product(mode):
    x, y = tensor.dmatrices("xy")
    f = theano.function([x, y], tensor.dot(x, y), mode=mode)
    with pytest.raises(ValueError) as caught:
        f(np.ones((2, 3)), np.ones((4, 2)))
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "(2, 3)" in text
    assert "(4, 2)" in text


@each_mode
def test_an_index_out_of_range(mode):
    x, i = tensor.dvector("x"), tensor.iscalar("i")
    f = theano.function([x, i], x[i] + 1, mode=mode)
    with pytest.raises(IndexError):
        f(np.ones(3), 3)
    assert f(np.ones(3), -3) == 2


def test_inputs_unused_missing_duplicated():
    x, y = tensor.dscalar("x"), tensor.dscalar("y")
    with pytest.raises(UnusedInputError, match="y"):
        theano.function([x, y], x * 2)
    with pytest.raises(MissingInputError) as caught:
        theano.function([x], x * y)
    assert 'tensor.dscalar("y")' in str(caught.value)
    with pytest.raises(UnusedInputError, match=r"(?s)x.*0.*1"):
        theano.function([x, x], x * 2)
    f = theano.function([x], x * 2)
    with pytest.raises(TypeError, match="x"):
        f()
    with pytest.raises(TypeError):
        f(1.0, 2.0)
    with pytest.raises(TypeError, match="nothing"):
        f(1.0, nothing=2.0)


def test_gradients_that_cannot_be():
    x, i, y = tensor.dvector("x"), tensor.ivector("i"), tensor.dvector("y")
    with pytest.raises(TypeError, match="scalar"):
        theano.grad(x * 2, x)
    with pytest.raises(DisconnectedInputError, match="y"):
        theano.grad(x.sum(), y)
    with pytest.raises(DisconnectedInputError):
        theano.grad(x[i].sum(), i)
    with pytest.raises(TypeError):
        theano.grad(x.sum(), "x")


def test_inputs_must_be_variables_in_a_list():
    x = tensor.dscalar("x")
    with pytest.raises(Exception, match="list"):
        theano.function(x, x * 2)
    with pytest.raises(TypeError):
        theano.function([3.0], x * 2)
    with pytest.raises(TypeError, match="givens"):
        theano.function([theano.shared(1.0, name="s")], x * 2)


@each_mode
def test_a_caught_error_leaves_the_function_usable(mode):
    x, y = tensor.dvectors("xy")
    w = theano.shared(np.zeros(3), name="w")
    f = theano.function([x, y], (x + y).sum(), updates={w: w + x}, mode=mode)
    for _ in range(3):
        with pytest.raises(ValueError):
            f(np.ones(3), np.ones(2))
    assert f(np.ones(3), np.ones(3)) == 6
    assert np.array_equal(w.get_value(), np.ones(3))


@each_mode
def test_none_is_no_value(mode):
    x, y = tensor.dvector("x"), tensor.dscalar("y")
    f = theano.function([x, y], x * y, mode=mode, name="scale")
    for arguments in ((None, 1.0), (np.ones(2), None)):
        with pytest.raises(TypeError) as caught:
            f(*arguments)
        for part in ("'x'" if arguments[0] is None else "'y'", "'scale'", "None", "value="):
            assert part in str(caught.value)
    with pytest.raises(TypeError, match="'y'"):
        f(np.ones(2), y=None)


class Forgetful(theano.Op):
    """Two outputs, of which perform stores one."""

    __props__ = ()

    def make_node(self, x):
        return theano.graph.Apply(self, [x], [x.type(), x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2


@each_mode
def test_an_op_that_stores_nothing_is_named(mode):
    x = tensor.dvector("x")
    a, b = Forgetful()(x)
    f = theano.function([x], [a + 1, b + 1], mode=mode)
    with pytest.raises(TypeError) as caught:
        f(np.ones(2))
    for part in ("Forgetful", __name__.rpartition(".")[2], "output 1", "output_storage[1][0]", "Forgetful()(x)"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("attempt", "error", "part"),
    [
        (lambda x: tensor.cast(x, "float63"), KeyError, "float64"),
        (lambda x: theano.function([x], x, mode="FASTRUN"), KeyError, "\n  Do: did you mean 'FAST_RUN'"),
        (lambda x: x.__setitem__(0, 1.0), TypeError, "set_subtensor"),
    ],
)
def test_what_to_do_instead_is_told(attempt, error, part):
    with pytest.raises(error) as caught:
        attempt(tensor.dvector("x"))
    assert part in str(caught.value)


def test_an_op_whose_make_node_returns_nothing():
    class Empty(theano.Op):
        __props__ = ()

        def make_node(self, x):
            theano.graph.Apply(self, [x], [x.type()])

    with pytest.raises(TypeError, match=r"(?s)Empty.make_node returned None.*Do: return theano.graph.Apply"):
        Empty()(tensor.dvector("x"))


def parts_of(caught):
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "Do: " in text or "HINT: " in text
    return text


def test_givens_of_another_type_name_both_variables():
    x, f = tensor.dvector("x"), tensor.fvector("narrow")
    with pytest.raises(TypeError) as caught:
        theano.function([f], x * 2, givens={x: f})
    assert "replace x of TensorType(float64, vector) through givens: narrow" in parts_of(caught)
    # a replacement that nothing reads, or that is the output itself, is no problem
    assert theano.function([f], f * 2, givens={x: f})([1]) == [2]


def test_updates_name_the_new_value_and_its_line():
    count = theano.shared(0, name="count")
    half = count + 0.5  # the line of the new value
    with pytest.raises(TypeError) as caught:
        theano.function([], [], updates=[(count, half)])
    text = parts_of(caught)
    assert "(count, " in text
    assert "the line of the new value" in text
    with pytest.raises(ValueError, match=r"(?s)update count once.*\(count, .*\(count, "):
        theano.function([], [], updates=[(count, count + 1), (count, count + 2)])
    with pytest.raises(TypeError, match="updates=") as caught:
        theano.function([], [count], [(count, count + 1)])  # the third place is that of the mode
    parts_of(caught)


def test_values_that_do_not_fit_name_what_they_are_for():
    with pytest.raises(TypeError, match=r"set_value of the shared variable w, .*\(3, 3\)") as caught:
        theano.shared(np.zeros(3), name="w").set_value(np.zeros((3, 3)))
    parts_of(caught)
    with pytest.raises(TypeError, match="set_value of the shared variable narrow") as caught:
        theano.shared(np.zeros(3, "float32"), name="narrow").set_value(np.zeros(3))
    assert "input_downcast" not in parts_of(caught)
    x = tensor.dvector("x")
    with pytest.raises(TypeError, match="default value of input x") as caught:
        theano.function([theano.In(x, value="a")], x)
    parts_of(caught)
    with pytest.raises(TypeError, match=r"TensorVariable\. use a value") as caught:
        theano.function([x], x)(x * 2)
    assert "Subtensor" not in parts_of(caught)
    with pytest.raises(TypeError, match=r"broadcastable=False, a bool") as caught:
        tensor.TensorType("float64", False)
    parts_of(caught)


def test_eval_is_named_after_the_line_that_calls_it():
    with pytest.raises(TypeError, match=r"test_bad_input\.py"):
        x = tensor.dvector("x")
        (x * 2).eval({x: np.ones((2, 2))})


@each_mode
@pytest.mark.parametrize(
    ("build", "value"),
    [
        (lambda x: x[5], np.ones(3)),
        (lambda x: x[np.array([1, 7])], np.ones(3)),
        (lambda x: x.reshape((2, 3)), np.ones(5)),
        (lambda x: tensor.set_subtensor(x[:2], x), np.ones(3)),
        (lambda x: tensor.addbroadcast(x, 0) + 1, np.ones(3)),
        (lambda x: x.max(), np.ones(0)),
        (lambda x: tensor.argmax(x), np.ones(0)),
        (lambda x: tensor.zeros((x.shape[0] - 5,)), np.ones(3)),
        (lambda x: tensor.dot(x, x[1:]), np.ones(3)),
        (lambda x: x[: x.shape[0] : tensor.cast(x[0], "int64") - 1], np.ones(3)),
    ],
)
def test_errors_of_nodes_say_what_to_do(build, value, mode):
    x = tensor.dvector("x")
    f = theano.function([x], build(x), mode=mode)
    with pytest.raises((ValueError, IndexError)) as caught:
        f(value)
    text = parts_of(caught)
    hints = [line for line in text.splitlines() if line.startswith("HINT") and "exception_verbosity" not in line]
    assert hints or "  Do: " in text
    assert "test_bad_input.py" in text


def test_errors_of_ops_of_users_get_no_hints_that_mean_something_else():
    class Picky(theano.Op):
        __props__ = ("text",)
        __init__ = lambda self, text: setattr(self, "text", text)  # noqa: E731

        def make_node(self, x):
            return theano.graph.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            raise ValueError(self.text)

    x = tensor.dvector("x")
    for text in ("the units differ", "a negative variance", "mismatch of units", "the price is out of bounds"):
        with pytest.raises(ValueError, match=text) as caught:
            theano.function([x], Picky(text)(x))(np.ones(1))
        hints = [line for line in str(caught.value).splitlines() if line.startswith("HINT")]
        assert all("exception_verbosity" in line for line in hints)


def test_a_missing_test_value_is_one_error_not_two():
    with theano.configuration.change_flags(compute_test_value="raise"):
        x = tensor.dmatrix("x")
        with pytest.raises(ValueError, match="input 0, x, has no test value") as caught:
            tensor.exp(x)
    assert caught.value.__context__ is None
    parts_of(caught)
