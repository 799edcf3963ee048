"""In, Out and Param; as_op and the compiler's own ops; rebuilding graphs."""

import pickle

import numpy as np
import pytest
from small_ops import add, mul, number, vector

from theano.compile import (
    In,
    Mode,
    Out,
    Param,
    SharedVariable,
    SymbolicInput,
    as_op,
    deep_copy_op,
    function,
    rebuild_collect_shared,
    view_op,
)

PY = Mode("py", None)


@as_op(itypes=[number, number], otypes=[number, number], infer_shape=lambda node, shapes: list(shapes))
def top_level_op(a, b):
    return a + b, a - b


def test_defaults_follow_from_one_another():
    x = number("x")
    plain = In(x)
    assert (plain.name, plain.mutable, plain.borrow, plain.implicit) == ("x", False, False, False)
    state = In(x, update=add(x, 1), value=0)
    assert (state.mutable, state.borrow) == (True, True)
    assert In(x, value=SharedVariable("s", number, 1.0, False)).implicit
    assert In(x, autoname=False).name is None
    assert SymbolicInput(x, name="a").name == "a"


def test_contradictions_are_refused():
    x = number("x")
    with pytest.raises(AssertionError, match="borrow=False"):
        In(x, mutable=True, borrow=False)
    with pytest.raises(TypeError, match="implicit"):
        In(x, implicit=True)
    with pytest.raises(TypeError, match="must be a string"):
        In(x, name=3)
    with pytest.raises(TypeError, match="must have its type"):
        In(x, update=vector("v"))


def test_param_is_an_old_name():
    x = number("x")
    with pytest.warns(UserWarning, match=r"use theano\.In"):
        p = Param(x, default=3)
    assert function([p], add(x, 1), PY)() == 4


def test_texts():
    x = number("x")
    assert str(In(x)) == "In(x)"
    assert "->" in str(In(x, update=add(x, 1), value=0))
    assert str(Out(x, borrow=True)) == "Out(x,True)"


def test_strict_inputs_refuse_conversions():
    x = number("x")
    f = function([In(x, strict=True)], add(x, 1), PY)
    assert f(np.asarray(1.0)) == 2
    with pytest.raises(TypeError, match="strict"):
        f(1)


def test_allow_input_downcast_reaches_the_type():
    x = number("x")
    assert function([x], add(x, 1), PY, allow_input_downcast=True)(np.longdouble(1)) == 2


def test_as_op_runs_a_function():
    @as_op(itypes=number, otypes=[number])
    def triple(a):
        return 3 * a

    x = number("x")
    assert function([x], triple(x), PY)(2) == 6
    assert str(triple) == "FromFunctionOp{triple}"
    a, b = top_level_op(x, 1.0)
    assert function([x], [a, b], PY)(5) == [6, 4]
    assert top_level_op.infer_shape(a.owner, [(), ()]) == [(), ()]


def test_as_op_checks_types_and_results():
    with pytest.raises(TypeError, match="itypes is a Type"):
        as_op(itypes=[3], otypes=[number])
    with pytest.raises(TypeError, match="infer_shape is a function"):
        as_op([number], [number], infer_shape=3)

    @as_op([number], [number, number])
    def wrong(a):
        return [a]

    x = number("x")
    with pytest.raises(ValueError, match="2 outputs"):
        function([x], wrong(x), PY)(1)
    with pytest.raises(AttributeError):
        wrong.grad  # noqa: B018 - there is no gradient


def test_as_op_is_pickled_by_name():
    assert pickle.loads(pickle.dumps(top_level_op)) is top_level_op
    local = as_op([number], [number])(lambda a: a)
    with pytest.raises(pickle.PicklingError, match="top level"):
        pickle.dumps(local)


def test_copy_and_view_ops():
    v = vector("v")
    value = np.arange(2.0)
    cells = [[None]]
    deep_copy_op.perform(deep_copy_op(v).owner, [value], cells)
    assert not np.may_share_memory(cells[0][0], value)
    view_op.perform(view_op(v).owner, [value], cells)
    assert cells[0][0] is value
    assert deep_copy_op == type(deep_copy_op)()
    assert view_op.view_map == {0: [0]}
    assert view_op(v).type == v.type
    with pytest.raises(AttributeError):
        deep_copy_op.anything = 3


def test_rebuild_collect_shared_keeps_inputs():
    x, y = number("x"), number("y")
    s = SharedVariable("s", number, 1.0, False)
    s.default_update = add(s, 1)
    inputs, output, (clone_of, updates, pairs, found) = rebuild_collect_shared(
        add(mul(x, s), y), inputs=[x], replace={y: mul(x, 2)}
    )
    assert inputs == [x]
    assert found == [s]
    assert list(updates) == [s]
    assert pairs == [(s, updates[s])]
    assert str(output.owner) == "Add(Mul(x, s), Mul(x, Constant{2.0}))"
    assert clone_of[x] is x
    many = rebuild_collect_shared([Out(x, borrow=True)], copy_inputs_over=False)[1]
    assert many[0].borrow
    assert many[0].variable is not x
