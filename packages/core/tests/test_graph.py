"""Variables, nodes, ops and walks over graphs."""

import copy
import pickle
import sys

import pytest
from toy_graph import Add, Number, Scale, Split, add, chain, number, scale, split

from theano.graph import (
    Apply,
    Constant,
    Op,
    Variable,
    ancestors,
    clone,
    clone_replace,
    depends_on,
    equal_computations,
    frozen_op,
    graph_inputs,
    is_same_graph,
    toposort,
    variables_between,
    view_roots,
)
from theano.graph.trace import format_trace, user_line

LONG = 100_000


def test_output_of_a_node_knows_its_owner_and_index():
    x = number("x")
    first, second = split.make_node(x).outputs
    assert (first.index, second.index) == (0, 1)
    assert first.owner is second.owner
    assert split(x).index == 1, "calling gives the default output"


def test_an_output_cannot_belong_to_two_nodes():
    y = scale(number("x"))
    with pytest.raises(ValueError, match="belongs to a node"):
        Apply(scale, [number("z")], [y])


def test_an_input_cannot_be_an_output():
    x = number("x")
    with pytest.raises(ValueError, match="x is input and output"):
        Apply(scale, [x], [x])
    assert x.owner is None


def test_inputs_must_be_variables():
    with pytest.raises(TypeError, match="no variable"):
        Apply(scale, [3.0], [number()])


def test_text_of_variables_follows_name_then_op():
    x = number("x")
    assert str(x) == "x"
    assert str(number()) == "<Number>"
    assert str(scale(x)) == "Scale{factor=2.0}.out"
    assert str(split.make_node(x).outputs[0]) == "Split.0"
    assert str(split(x)) == "Split.out"
    assert str(add(x, scale(x)).owner) == "Add(x, Scale{factor=2.0}(x))"


def test_long_constants_print_their_ends():
    assert str(Constant(number, 1.5)) == "Constant{1.5}"
    assert str(Constant(number, 1 / 3)) == "Constant{0.3333333333333333}"


def test_constants_with_equal_values_have_equal_signatures():
    assert Constant(number, 2).equals(Constant(number, 2.0))
    assert not Constant(number, 2).equals(Constant(number, 3))
    with pytest.raises(ValueError, match="owner"):
        Constant(number, 2).owner = scale(number("x")).owner


def test_ops_are_equal_when_their_parameters_are():
    assert Scale(2.0) == Scale(2.0) != Scale(3.0)
    assert hash(Scale(2.0)) == hash(Scale(2.0))
    assert Split() == Split() != Add()
    assert Scale(3.0) != Split()

    class Plain(Op):
        pass

    assert Plain() != Plain(), "an op that states no parameters is equal to itself only"

    @frozen_op
    class Derived(Scale):
        offset: float = 0.0

    assert Derived(2.0) != Scale(2.0)
    assert Derived(2.0, 1.0) == Derived(2.0, 1.0)


def test_itypes_and_otypes_replace_make_node():
    class Typed(Op):
        __props__ = ()
        itypes = [number, number]
        otypes = [number]

    y = Typed()(number("x"), 3)
    assert isinstance(y.owner.inputs[1], Constant)
    with pytest.raises(ValueError, match="1 inputs"):
        Typed()(number("x"))


def test_a_variable_remembers_the_users_line():
    y = scale(number("x"))
    assert "y = scale(number(" in format_trace(y)
    assert user_line(y).endswith('y = scale(number("x"))')


def test_toposort_puts_every_node_after_its_inputs():
    x = number("x")
    a = scale(x)
    b = add(a, x)
    c = add(b, a)
    order = toposort([c])
    assert [n.outputs[0] for n in order] == [a, b, c]
    assert toposort([c], [b, a])[-1:] == [c.owner]


def test_walks_visit_each_variable_once_even_in_a_ladder():
    x = number("x")
    y = x
    for _ in range(60):
        y = add(y, y)
    assert len(list(ancestors([y]))) == 61
    assert len(str(y.owner)) < 2000


def test_inputs_and_dependence():
    x, z = number("x"), number("z")
    two = Constant(number, 2.0)
    y = add(x, two)
    assert graph_inputs([y]) == [x, two]
    assert depends_on(y, x)
    assert not depends_on(y, z)
    assert set(variables_between([x], [y])) == {x, two, y}


def test_view_roots_follow_views_up():
    from toy_graph import show

    x = number("x")
    assert view_roots(show(show(x))) == [x]
    y = scale(x)
    assert view_roots(show(y)) == [y]


def test_clone_copies_inputs_on_demand():
    x = number("x")
    y = scale(x)
    (x2,), (y2,) = clone([x], [y])
    assert x2 is not x
    assert y2.owner.inputs[0] is x2
    (x3,), (y3,) = clone([x], [y], copy_inputs=False)
    assert x3 is x
    assert y3 is not y


def test_replacement_may_contain_what_it_replaces():
    x = number("x")
    y = scale(x)
    twin = clone_replace(y, {x: add(x, x)})
    assert equal_computations([twin], [scale(add(x, x))])


def test_replacements_may_refer_to_each_other():
    x, z = number("x"), number("z")
    twin = clone_replace(add(x, z), [(x, z), (z, x)])
    assert equal_computations([twin], [add(z, x)])


def test_replacements_of_an_unknown_form_are_refused():
    with pytest.raises(ValueError, match="replace is int"):
        clone_replace(number("x"), 3)


def test_equality_of_computations_pairs_inputs():
    x, z = number("x"), number("z")
    assert equal_computations([add(x, x)], [add(z, z)], [x], [z])
    assert not equal_computations([add(x, x)], [add(z, z)])
    assert not equal_computations([scale(x)], [Scale(3.0)(x)])
    assert equal_computations([add(x, Constant(number, 1.0))], [add(x, Constant(number, 1.0))])
    assert is_same_graph(scale(x), scale(z), {x: z})


def test_pickle_keeps_the_shape_of_a_graph():
    x = number("x")
    a = scale(x)
    b, c = add(a, x), add(a, a)
    x2, b2, c2 = pickle.loads(pickle.dumps([x, b, c]))
    assert b2.owner.inputs[1] is x2
    assert b2.owner.inputs[0] is c2.owner.inputs[0]
    assert equal_computations([b, c], [b2, c2], [x], [x2])
    assert b2.owner.outputs[0] is b2
    node = pickle.loads(pickle.dumps(b.owner))
    assert node.outputs[0].owner is node


def test_deepcopy_keeps_the_shape_of_a_graph():
    x = number("x")
    y = add(scale(x), x)
    x2, y2 = copy.deepcopy((x, y))
    assert y2 is not y
    assert equal_computations([y], [y2], [x], [x2])


def test_a_failed_pickle_does_not_spoil_the_next():
    x = number("x")
    bad = scale(scale(x))
    bad.tag.note = lambda: None
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(bad)
    y = chain(x, 3000)
    x2, y2 = pickle.loads(pickle.dumps((x, y)))
    assert equal_computations([y], [y2], [x], [x2])


def test_a_failed_pickle_of_a_graph_does_not_spoil_the_next_of_the_same():
    x = number("x")
    y = chain(x, 3000)
    y.tag.note = lambda: None
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(y)
    del y.tag.note
    assert len(toposort([pickle.loads(pickle.dumps(y))])) == 3000


class Holder(Scale):
    """An op that holds a graph."""

    def __init__(self, graph):
        object.__setattr__(self, "factor", 1.0)
        object.__setattr__(self, "graph", graph)


def test_an_op_may_hold_a_long_graph():
    x = number("x")
    inner = chain(number("i"), 3000)
    y = chain(Holder(inner)(chain(x, 3000)), 3000)
    twin = pickle.loads(pickle.dumps(y))
    nodes = toposort([twin])
    assert len(nodes) == 6001
    assert len(toposort([nodes[3000].op.graph])) == 3000


def test_long_chains_walk_copy_pickle_and_print_at_the_default_recursion_limit():
    assert sys.getrecursionlimit() <= 1000
    x = number("x")
    y = chain(x, LONG)
    assert len(toposort([y])) == LONG
    (x2,), (y2,) = clone([x], [y])
    assert equal_computations([y], [y2], [x], [x2])
    x3, y3 = pickle.loads(pickle.dumps((x, y)))
    assert len(toposort([y3])) == LONG
    assert graph_inputs([y3]) == [x3]
    assert len(str(y.owner)) < 5000


def test_eval_needs_variables_as_keys():
    with pytest.raises(TypeError, match="key 'x'"):
        scale(number("x")).eval({"x": 1.0})


def test_types_filter_variables():
    x = number("x")
    assert number.filter_variable(x) is x
    assert number.filter_variable(2).data == 2.0
    assert isinstance(number.filter_variable(2), Variable)

    class Other(Number):
        pass

    with pytest.raises(TypeError, match="use a variable of"):
        number.filter_variable(Other()("o"))
