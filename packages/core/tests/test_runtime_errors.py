"""Errors raised by a node while a function runs."""

import numpy as np
import pytest
from small_ops import add, fail, mul, number, vector

from theano.compile import Mode, function, raise_with_op

PY = Mode("py", None)


class Awkward(Exception):
    """An exception that is not made from one message."""

    def __init__(self, code, reason="awkward"):
        super().__init__(code, reason)
        self.code = code


class Picky(Exception):
    """An exception that says something else than it is given."""

    def __str__(self):
        return "picky"


def run(error):
    x = vector("x")
    f = function([x], add(type(fail)(error)(mul(x, 2)), 1), PY)  # the line of the user
    return f([1.0, 2.0, 3.0])


def test_the_report_names_op_line_operands_shapes_and_dtypes():
    with pytest.raises(ValueError, match="it went wrong") as caught:
        run(ValueError)
    text = str(caught.value)
    assert text.splitlines()[0] == "it went wrong"
    for words in (
        "Apply node that caused the error: Fail",
        "(Mul(x, Constant{2.0}))",
        "Toposort index: 1",
        "Inputs types: [Array(1d)]",
        "Inputs shapes: [(3,)]",
        "Inputs strides: [(8,)]",
        "Inputs values: [array([2., 4., 6.])]",
        "0: Mul.out: Array(1d), shape (3,), dtype float64",
        "Outputs clients: [['Add(0)']]",
        "# the line of the user",
        __file__,
        "exception_verbosity",
    ):
        assert words in text


def test_parts_stand_in_a_fixed_order():
    with pytest.raises(ValueError, match="it went wrong") as caught:
        run(ValueError)
    text = str(caught.value)
    parts = ["Apply node", "Toposort index", "Inputs types", "Inputs shapes", "Inputs strides", "Inputs values"]
    parts += ["Outputs clients", "Backtrace when the node is created", "HINT"]
    positions = [text.index(part) for part in parts]
    assert positions == sorted(positions)


def test_long_values_are_not_shown():
    x = vector("x")
    with pytest.raises(ValueError, match=r"Inputs values: \[not shown\]"):
        function([x], fail(x), PY)([1.0] * 6)


def test_the_exception_knows_its_node():
    with pytest.raises(ZeroDivisionError) as caught:
        run(ZeroDivisionError)
    error = caught.value
    assert error.__op_instance__.op == type(fail)(ZeroDivisionError)
    assert error.__applynode_index__ == 1
    assert error.__thunk_trace__


KINDS = [ValueError, TypeError, IndexError, KeyError, AssertionError, MemoryError, NotImplementedError]


@pytest.mark.parametrize("kind", KINDS)
def test_the_class_is_kept(kind):
    with pytest.raises(kind) as caught:
        run(kind)
    assert type(caught.value) is kind
    assert "it went wrong" in str(caught.value)
    assert "\nApply node" in str(caught.value)


def test_an_array_that_numpy_cannot_make_is_a_memory_error_with_the_node():
    from theano.compile import as_op

    big = as_op([number], [vector])(lambda n: np.empty(1 << 55))
    x = number("x")
    with pytest.raises(MemoryError, match=r"(?s)Unable to allocate 256\. PiB.*Apply node") as caught:
        function([x], big(x), PY)(1)
    assert type(caught.value) is MemoryError
    assert "Apply node" in str(caught.value)


@pytest.mark.parametrize("kind", [Awkward, Picky])
def test_classes_that_cannot_be_made_from_a_message_get_a_note(kind):
    with pytest.raises(kind) as caught:
        run(kind)
    assert any("Apply node that caused the error" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_interrupts_pass_untouched(kind):
    with pytest.raises(kind) as caught:
        run(kind)
    assert str(caught.value) == "it went wrong"
    assert not getattr(caught.value, "__notes__", None)


def test_an_error_from_an_inner_function_is_reported_once():
    from theano.compile import as_op

    x = number("x")
    inner = function([x], fail(x), PY)
    outer = function([x], as_op([number], [number])(lambda v: inner(v))(x), PY)
    with pytest.raises(ValueError, match="it went wrong") as caught:
        outer(1)
    assert str(caught.value).count("Apply node that caused the error") == 1


def test_the_traceback_still_ends_in_the_op():
    with pytest.raises(ValueError, match="it went wrong") as caught:
        run(ValueError)
    assert caught.traceback[-1].name == "perform"


def test_backends_may_report_without_knowing_the_order():
    x = vector("x")
    node = mul(x, 2).owner
    with pytest.raises(ValueError, match=r"(?s)dimensions differ.*Apply node.*Mul") as caught:
        raise_with_op(node, ValueError("dimensions differ"))
    assert "Toposort" not in str(caught.value)


def test_high_verbosity_prints_the_graph_and_the_storage():
    from theano.configuration import change_flags

    with change_flags(exception_verbosity="high"), pytest.raises(ValueError, match="it went wrong") as caught:
        run(ValueError)
    text = str(caught.value)
    assert "Debugprint of the apply node:" in text
    assert "Mul [id B]" in text
    assert "Mul.out, Intermediate, 24 bytes" in text


def test_the_classic_signature_reports_the_error_being_handled():
    x = vector("x")
    node = mul(x, 2).owner
    storage = {v: [None] for v in node.inputs}
    try:
        raise ValueError("dimensions differ")
    except ValueError:
        with pytest.raises(ValueError, match=r"(?s)dimensions differ.*Inputs values: \[None, None\]"):
            raise_with_op(node, thunk := object(), storage_map=storage)
        assert thunk
