"""OpFromGraph without gradients (those are tested where gradients live)."""

import pickle

import pytest
from small_ops import add, mul, number, vector

from theano.compile import Mode, OpFromGraph, SharedVariable, function
from theano.errors import MissingInputError

PY = Mode("py", None)


def sum_and_product(**options):
    x, y = number("x"), number("y")
    return OpFromGraph([x, y], [add(x, y), mul(x, y)], **options)


@pytest.mark.parametrize("inline", [False, True])
def test_it_computes_what_its_graph_computes(inline):
    op = sum_and_product(inline=inline)
    a = number("a")
    total, product = op(a, 3.0)
    f = function([a], [total, product, op(total, product)[0]], PY)
    assert f(4) == [7, 12, 19]
    assert any(isinstance(node.op, OpFromGraph) for node in f.maker.fgraph.toposort()) is not inline


def test_nested_inline_graphs_are_expanded():
    inner = sum_and_product(inline=True)
    x = number("x")
    outer = OpFromGraph([x], [inner(x, x)[0]], inline=True)
    f = function([x], outer(x), PY)
    assert [str(node.op) for node in f.maker.fgraph.toposort()] == ["Add"]
    assert f(2) == 4


def test_shared_variables_inside_become_inputs():
    x, s = number("x"), SharedVariable("s", number, 2.0, False)
    op = OpFromGraph([x], [mul(x, s)])
    f = function([x], op(x), PY)
    assert f(3) == 6
    s.set_value(5.0)
    assert f(3) == 15
    assert op(x).owner.inputs[1] is s


def test_bad_arguments():
    x, y = number("x"), number("y")
    with pytest.raises(TypeError, match="outputs of OpFromGraph are a list"):
        OpFromGraph([x], add(x, 1))
    with pytest.raises(TypeError, match="inputs of OpFromGraph are variables"):
        OpFromGraph([3], [x])
    with pytest.raises(TypeError, match="givens"):
        OpFromGraph([x], [x], givens={x: y})
    with pytest.raises(ValueError, match="one of the two"):
        sum_and_product(lop_overrides=list, grad_overrides=list)
    with pytest.raises(MissingInputError, match="depend on y"):
        OpFromGraph([x], [add(x, y)])
    with pytest.raises(ValueError, match="1 inputs"):
        sum_and_product()(x)
    with pytest.raises(TypeError, match=r"Array\(1d\)"):
        sum_and_product()(vector("v"), x)


def test_connection_pattern_follows_the_graph():
    x, y = number("x"), number("y")
    op = OpFromGraph([x, y], [add(x, 1), mul(x, y)])
    assert op.connection_pattern(op(x, y)[0].owner) == [[True, True], [False, True]]
    given = OpFromGraph([x], [add(x, 1)], connection_pattern=[[False]])
    assert given.connection_pattern(given(x).owner) == [[False]]


def test_an_entry_that_is_no_override_is_named():
    op = sum_and_product(lop_overrides=[None, "default"])
    x, y = number("x"), number("y")
    outs = op(x, y)
    with pytest.raises(TypeError, match=r"(?s)None, a NoneType.*give 'default'"):
        op.L_op([x, y], outs, [x, y])


def test_gradient_overrides_are_called_with_inputs_outputs_and_gradients():
    op = sum_and_product(lop_overrides=lambda ins, outs, grads: [mul(grads[0], outs[1]), grads[1]])
    a, b, g, h = (number(n) for n in "abgh")
    outs = op(a, b)
    first, second = op.L_op([a, b], outs, [g, h])
    assert function([a, b, g, h], [first, second], PY)(2, 3, 10, 7) == [60, 7]
    op.set_grad_overrides([lambda ins, grads: grads[0], lambda ins, grads: grads[1]])
    assert op.L_op([a, b], outs, [g, h]) == [g, h]
    op.set_rop_overrides(lambda ins, points: points)
    assert op.R_op([a, b], [g, h]) == [g, h]
    op.set_lop_overrides(lambda ins, outs, grads: grads[:1])
    with pytest.raises(ValueError, match="return 2"):
        op.L_op([a, b], outs, [g, h])


def test_it_has_a_name_and_can_be_pickled():
    op = sum_and_product(name="both")
    assert str(op) == "both"
    assert "inline=False" in str(sum_and_product())
    a = number("a")
    f = function([a], op(a, a), PY)
    assert f(3) == [6, 9]
    assert pickle.loads(pickle.dumps(f))(3) == [6, 9]
