"""Function graphs: readers, replacement, order, undo, features, in-place order."""

import pickle
import random

import pytest
from toy_graph import add, chain, number, overwrite, scale, show

from theano.errors import InconsistencyError, MissingInputError
from theano.graph import Constant, DestroyHandler, Feature, FunctionGraph, Supervisor, equal_computations


def graph_of(*outputs, inputs):
    return FunctionGraph(list(inputs), list(outputs), clone=False)


def test_a_graph_is_a_copy_by_default():
    x = number("x")
    y = scale(x)
    graph = FunctionGraph([x], [y])
    assert graph.inputs[0] is not x
    assert graph.outputs[0] is not y
    graph.verify()


def test_missing_input_names_the_variable_its_reader_and_line():
    x, z = number("x"), number("z")
    with pytest.raises(MissingInputError) as caught:
        FunctionGraph([x], [add(x, z)])
    text = str(caught.value)
    assert "z of Number" in text
    assert "Add(x, z)" in text
    assert 'x, z = number("x")' in text


def test_replacing_moves_all_readers_and_drops_what_nobody_needs():
    x = number("x")
    a = scale(x)
    b, c = add(a, x), add(a, a)
    graph = graph_of(b, c, inputs=[x])
    new = add(x, x)
    graph.replace(a, new)
    graph.verify()
    assert a not in graph
    assert {n for n, _ in graph.clients(new)} == {b.owner, c.owner}


def test_a_replacement_may_read_what_it_replaces():
    x = number("x")
    a = scale(x)
    b = add(a, a)
    graph = graph_of(b, inputs=[x])
    graph.replace(a, scale(scale(a)))
    graph.verify()
    assert equal_computations(graph.outputs, [add(*[scale(scale(scale(x)))] * 2)])


def test_a_cycle_is_refused_and_nothing_changes():
    x = number("x")
    a = scale(x)
    b = scale(a)
    c = scale(b)
    graph = graph_of(c, inputs=[x])
    with pytest.raises(InconsistencyError, match="depend on itself"):
        graph.replace(a, c)
    graph.verify()
    assert graph.toposort() == [a.owner, b.owner, c.owner]


def test_types_must_agree():
    from theano.graph import generic

    x = number("x")
    y = scale(x)
    graph = graph_of(y, inputs=[x])
    with pytest.raises(TypeError, match="must have the type"):
        graph.replace(y, generic.make_constant(3))


def test_names_survive_replacement():
    x = number("x")
    y = scale(x)
    y.name = "y"
    graph = graph_of(y, inputs=[x])
    graph.replace(y, add(x, x))
    assert graph.outputs[0].name == "y"


def test_a_variable_that_is_not_there_is_ignored():
    x = number("x")
    graph = graph_of(scale(x), inputs=[x])
    graph.replace(scale(x), x)
    graph.verify()


def test_revert_restores_the_graph():
    x = number("x")
    y = add(scale(x), x)
    graph = graph_of(y, inputs=[x])
    before = graph.toposort()
    mark = graph.checkpoint()
    graph.replace(y.owner.inputs[0], add(x, x))
    graph.replace(y.owner.inputs[1], scale(scale(x)))
    graph.revert(mark)
    graph.verify()
    assert graph.toposort() == before


def test_a_feature_that_objects_undoes_the_replacement():
    class NoAdd(Feature):
        def validate(self, fgraph):
            if any(type(n.op).__name__ == "Add" for n in fgraph.apply_nodes):
                raise InconsistencyError("no additions here")

    x = number("x")
    y = scale(scale(x))
    graph = graph_of(y, inputs=[x])
    graph.attach_feature(NoAdd())
    with pytest.raises(InconsistencyError, match="no additions"):
        graph.replace_validate(y.owner.inputs[0], add(x, x))
    graph.verify()
    assert len(graph.toposort()) == 2


def test_features_hear_of_every_change():
    heard = []

    class Listener(Feature):
        def on_import(self, fgraph, node, reason):
            heard.append(("import", str(node.op), reason))

        def on_prune(self, fgraph, node, reason):
            heard.append(("prune", str(node.op), reason))

        def on_change_input(self, fgraph, node, i, old, new, reason):
            heard.append(("change", node if node == "output" else str(node.op), i))

    x = number("x")
    y = scale(x)
    graph = graph_of(y, inputs=[x])
    graph.attach_feature(Listener())
    graph.replace(y, add(x, x), reason="why")
    assert heard == [("import", "Add", "why"), ("change", "output", 0), ("prune", "Scale{factor=2.0}", "why")]


def test_random_replacements_keep_the_graph_right():
    draw = random.Random(7)
    x = number("x")
    pool = [x]
    for _ in range(60):
        pool.append(add(draw.choice(pool), draw.choice(pool)) if draw.random() < 0.6 else scale(draw.choice(pool)))
    graph = graph_of(*pool[-5:], inputs=[x])
    for _ in range(200):
        order = graph.toposort()
        node = draw.choice(order)
        earlier = [x, *(n.outputs[0] for n in order[: order.index(node)])]
        graph.replace(node.outputs[0], scale(draw.choice(earlier)))
        graph.verify()


def test_the_order_of_a_long_chain_stays_cheap_under_replacement():
    x = number("x")
    y = chain(x, 20_000)
    graph = graph_of(y, inputs=[x])
    for node in graph.toposort()[::2]:
        graph.replace(node.outputs[0], add(node.inputs[0], Constant(number, 0.0)))
    assert len(graph.toposort()) == 20_000
    graph.verify()


def test_a_function_graph_pickles():
    x = number("x")
    y = chain(x, 5000)
    graph = FunctionGraph([x], [y], update_mapping={0: 0})
    twin = pickle.loads(pickle.dumps(graph))
    twin.verify()
    assert equal_computations(graph.outputs, twin.outputs, graph.inputs, twin.inputs)
    assert twin.update_mapping == {0: 0}


def test_readers_are_ordered_before_the_node_that_destroys():
    x = number("x")
    a = scale(x)
    destroyed = overwrite(a)
    reader = add(show(a), x)
    graph = FunctionGraph([x], [destroyed, reader], clone=False, features=[DestroyHandler()])
    order = graph.toposort()
    assert order.index(reader.owner) < order.index(destroyed.owner)


def test_two_destroyers_of_one_value_are_refused():
    x = number("x")
    a = scale(x)
    graph = FunctionGraph([x], [overwrite(a), overwrite(a)], clone=False, features=[DestroyHandler()])
    with pytest.raises(InconsistencyError, match="both"):
        graph.validate()


def test_reading_through_the_destroyed_value_is_refused():
    x = number("x")
    a = scale(x)
    graph = FunctionGraph([x], [overwrite(a, show(a))], clone=False, features=[DestroyHandler()])
    with pytest.raises(InconsistencyError, match="also reads"):
        graph.validate()


def test_inputs_of_the_caller_are_protected():
    x = number("x")
    graph = FunctionGraph([x], [overwrite(show(x))], clone=False)
    graph.attach_feature(Supervisor(graph.inputs))
    with pytest.raises(InconsistencyError, match="belongs to the caller"):
        graph.validate()


def test_constants_may_not_be_destroyed():
    graph = FunctionGraph([], [overwrite(Constant(number, 1.0))], clone=False, features=[DestroyHandler()])
    with pytest.raises(InconsistencyError, match="constants"):
        graph.validate()
