"""grad, Lop and subgraph_grad: arguments, connections, accumulation, and checks of what rules return."""

from collections import OrderedDict

import numpy as np
import pytest

import theano.gradient
import theano.tensor as T
from theano.compile import as_op
from theano.configuration import change_flags, config
from theano.errors import OpDefinitionError, UserError
from theano.gradient import (
    DisconnectedInputError,
    DisconnectedType,
    Lop,
    NullType,
    NullTypeGradError,
    disconnected_grad,
    grad,
    grad_not_implemented,
    grad_undefined,
    subgraph_grad,
    undefined_grad,
)
from theano.graph import Apply, Op, ancestors


class TestArguments:
    def test_container_follows_wrt(self):
        x, y = T.dscalars("xy")
        assert grad(x * y, x).ndim == 0
        assert isinstance(grad(x * y, [x]), list)
        assert isinstance(grad(x * y, (x, y)), tuple)

    def test_nothing_to_differentiate(self):
        with pytest.raises(AssertionError, match="cost"):
            grad(None, T.dscalar())

    def test_null_cost(self):
        with pytest.raises(ValueError, match="because"):
            grad(NullType("because")(), T.dscalar())

    @pytest.mark.parametrize("make", [T.dvector, T.dmatrix])
    def test_cost_must_be_a_scalar(self, make):
        x = make("x")
        with pytest.raises(TypeError, match="cost must be a scalar"):
            grad(x, x)

    @pytest.mark.parametrize("wrt", [{1}, 3, [None], "x", np.zeros(2)])
    def test_wrt_must_hold_variables(self, wrt):
        with pytest.raises(TypeError):
            grad(T.dscalar(), wrt)

    def test_wrt_may_not_be_a_set(self):
        x = T.dscalar()
        with pytest.raises(TypeError, match="set"):
            grad(x, {x})

    @pytest.mark.parametrize("known", [3.0, T.lscalar(), None])
    def test_known_grads_must_be_float_variables(self, known):
        x = T.dscalar()
        for argument in ({x: known}, [known]):
            with pytest.raises(TypeError, match="known_grads"):
                grad(None, x, known_grads=argument)

    def test_known_grads_have_the_rank_of_their_variable(self):
        x, y = T.dscalar("x"), T.dvector("y")
        with pytest.raises(ValueError, match="give a gradient of 1 dimensions"):
            grad(None, y, known_grads={y * x: x})
        with pytest.raises(ValueError, match="dimensions"):
            Lop(y * x, y, x)

    @pytest.mark.parametrize("constants", [3, [3], "wrong"])
    def test_consider_constant_must_hold_variables(self, constants):
        x = T.dscalar()
        with pytest.raises(TypeError, match="consider_constant"):
            grad(x, x, consider_constant=constants)

    @pytest.mark.parametrize("name", ["disconnected_inputs", "return_disconnected", "null_gradients"])
    def test_unknown_choice(self, name):
        x = T.dscalar()
        with pytest.raises(ValueError, match=name):
            grad(x, x, **{name: "often"})

    def test_time_is_counted(self):
        before = theano.gradient.grad_time
        x = T.dscalar()
        grad(x, x)
        assert theano.gradient.grad_time > before


class TestSeedAndNames:
    def test_gradient_of_the_cost_itself_is_one(self, check):
        x = T.dscalar("x")
        assert check.evaluate(grad(x, x), {x: 5.0}) == 1.0

    def test_integer_cost_is_seeded_in_floatx(self, check):
        i = T.lscalar("i")
        g = grad(i, i)
        assert g.dtype == config.floatX
        assert check.evaluate(g, {i: 4}) == 1.0

    def test_float32_stays_float32(self):
        x = T.fvector("x")
        for v in ancestors([grad(T.sum(T.tanh(x) ** 2), x)]):
            assert v.type.dtype != "float64"

    def test_gradients_are_named_after_cost_and_wrt(self):
        x, y = T.dscalars("xy")
        cost = x * T.exp(y)
        assert grad(cost, y).name is None
        cost.name = "cost"
        assert grad(cost, y).name == "(dcost/dy)"
        assert grad(cost, y, add_names=False).name is None

    def test_a_variable_of_the_user_keeps_its_name(self):
        x, y = T.dscalars("xy")
        cost = T.add(x, y)
        cost.name = "cost"
        assert grad(None, x, known_grads={cost: y}) is y
        assert y.name == "y"


class TestConnections:
    def test_disconnected_wrt(self, check):
        x, y = T.dscalar("x"), T.fvector("y")
        with pytest.raises(DisconnectedInputError, match="does not depend") as error:
            grad(x, y)
        assert "test_backward.py" in str(error.value)
        assert isinstance(error.value, ValueError | UserError)
        with pytest.warns(UserWarning, match="does not depend"):
            grad(x, y, disconnected_inputs="warn")
        g = grad(x, y, disconnected_inputs="ignore")
        assert g.dtype == "float32"
        assert check.evaluate(g, {y: np.ones(2, "float32")}).tolist() == [0.0, 0.0]

    def test_what_stands_for_a_disconnected_gradient(self):
        x, y = T.dscalars("xy")
        ask = {"disconnected_inputs": "ignore"}
        assert grad(x, [y, x], return_disconnected="None", **ask)[0] is None
        assert isinstance(grad(x, y, return_disconnected="Disconnected", **ask).type, DisconnectedType)

    def test_consider_constant(self, check):
        x = T.dscalar("x")
        y = x * x
        assert check.evaluate(grad(y * x, x, consider_constant=[y]), {x: 3.0}) == 9.0
        with pytest.raises(DisconnectedInputError):
            grad(y * 2, x, consider_constant=(y,))
        assert check.evaluate(grad(y * x, y, consider_constant=[y]), {x: 3.0}) == 3.0

    def test_intermediate_variables(self, check):
        x = T.dvector("x")
        y = T.sqr(x)
        gx, gy = check.evaluate(grad(T.sum(y * x), [x, y]), {x: np.array([1.0, 2.0])})
        assert gx.tolist() == [3.0, 12.0]
        assert gy.tolist() == [1.0, 2.0]

    def test_ops_beside_the_way_need_no_gradient(self):
        x, y = T.dscalars("xy")
        no_gradient = T.tri_gamma(y)
        assert grad(x * no_gradient, x) is not None
        with pytest.raises(NotImplementedError, match="tri_gamma"):
            grad(x * no_gradient, y)

    def test_known_grads_replace_what_would_arrive(self, check):
        x, g = T.dscalars("xg")
        y = x * x
        cost = T.exp(y)
        assert check.evaluate(grad(cost, x, known_grads={y: g}), {x: 3.0, g: 0.5}) == 3.0
        assert check.evaluate(grad(cost, y, known_grads={y: g}), {x: 3.0, g: 0.5}) == 0.5

    def test_known_grads_of_several_variables(self, check):
        x, g = T.dscalars("xg")
        known = OrderedDict([(x * x, g), (5.0 * x, g * 2)])
        assert check.evaluate(grad(None, x, known_grads=known), {x: 3.0, g: 1.0}) == 16.0

    def test_known_grads_of_a_variable_and_of_its_source(self, check):
        x = T.dscalar("x")
        y = 2 * x
        z = 3 * y
        known = {z: T.constant(1.0), y: T.constant(10.0)}
        assert check.evaluate(grad(None, x, known_grads=known), {x: 0.0}) == 20.0

    def test_terms_are_one_flat_sum_in_the_order_of_the_graph(self):
        x = T.dscalar("x")
        parts = [T.sin(x), T.exp(x), T.tanh(x)]
        g = grad(T.add(*parts), x)
        assert str(g.owner.op).startswith("Elemwise{add")
        assert len(g.owner.inputs) == 3
        kinds = [{str(v.owner.op) for v in ancestors([term]) if v.owner is not None} for term in g.owner.inputs]
        assert "cos" in str(kinds[0])
        assert "tanh" in str(kinds[2])

    def test_zero_terms_are_left_out_of_sums(self):
        x = T.dvector("x")
        g = grad(T.sum(T.switch(x > 0, x, 0)), x)
        assert not any(v.owner is not None and "add" in str(v.owner.op) for v in ancestors([g]))


class Two(Op):
    """x and y in; x * y and an integer out."""

    __props__ = ("result",)

    def __init__(self, result=None):
        self.result = result

    def make_node(self, x, y):
        return Apply(self, [x, y], [x.type(), T.lvector()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * inputs[1]
        output_storage[1][0] = np.arange(len(inputs[0]))

    def grad(self, inputs, gradients):
        return self.result(inputs, gradients)


class TwoConnected(Two):
    def connection_pattern(self, node):
        return [[True, True], [False, False]]


def both(inputs, gradients):
    return [gradients[0] * inputs[1], gradients[0] * inputs[0]]


BAD = {
    "None": (lambda i, g: None, "returned None"),
    "no list": (lambda i, g: i[0], "list"),
    "wrong number": (lambda i, g: [i[0]], "1 terms for 2"),
    "a None": (lambda i, g: [i[0], None], "is None"),
    "a number": (lambda i, g: [i[0], 3.0], "no variable"),
    "an integer gradient": (lambda i, g: [i[0], T.cast(i[1], "int64")], "integer dtype int64"),
    "another rank": (lambda i, g: [i[0], i[1].sum()], "0 dimensions"),
}


class TestChecksOfRules:
    @pytest.mark.parametrize("name", BAD)
    def test_faults_blame_the_op(self, name):
        result, text = BAD[name]
        x, y = T.dvectors("xy")
        out = Two(result)(x, y)[0]
        with pytest.raises(OpDefinitionError, match=text) as error:
            grad(T.sum(out), x)
        assert isinstance(error.value, TypeError)
        assert isinstance(error.value, ValueError)
        assert "Two" in str(error.value)
        assert "test_backward.py" in str(error.value)

    def test_a_good_rule(self, check):
        x, y = T.dvectors("xy")
        got = check.evaluate(grad(T.sum(Two(both)(x, y)[0]), [x, y]), {x: np.ones(2), y: np.array([3.0, 4.0])})
        assert [g.tolist() for g in got] == [[3.0, 4.0], [1.0, 1.0]]

    def test_disconnected_result_warns_without_pattern(self):
        x, y = T.dvectors("xy")
        op = Two(lambda i, g: [g[0] * i[1], DisconnectedType()()])
        with pytest.warns(UserWarning, match="connection_pattern"):
            grad(T.sum(op(x, y)[0]), x)

    def test_disconnected_result_against_the_pattern(self):
        x, y = T.dvectors("xy")
        op = TwoConnected(lambda i, g: [DisconnectedType()(), DisconnectedType()()])
        with pytest.raises(TypeError, match="connection_pattern"):
            grad(T.sum(op(x, y)[0]), x)

    def test_gradient_against_the_pattern(self):
        x, y = T.dvectors("xy")
        with pytest.raises(TypeError, match="disconnected"):
            grad(T.sum(TwoConnected(both)(x, y)[0]), x)

    def test_nonzero_gradient_from_integer_outputs(self):
        x, y = T.dvectors("xy")
        with pytest.raises(ValueError, match="integer outputs only"):
            grad(T.sum(Two(lambda i, g: [i[0], i[1]])(x, y)[1] * 1.5), x)

    @pytest.mark.parametrize("pattern", [None, [[True]], [True, True], [[True, False], 3]])
    def test_malformed_pattern(self, pattern):
        class Malformed(Two):
            def connection_pattern(self, node):
                return pattern

        x, y = T.dvectors("xy")
        with pytest.raises(OpDefinitionError, match="connection_pattern"):
            grad(T.sum(Malformed(both)(x, y)[0]), x)

    def test_shape_on_test_values(self):
        x, y = T.dvectors("xy")
        x.tag.test_value, y.tag.test_value = np.ones(3), np.ones(3)
        with change_flags(compute_test_value="raise"):
            out = Two(lambda i, g: [g[0][1:], g[0]])(x, y)[0]
            with pytest.raises(ValueError, match=r"shape \(2,\), the input \(3,\)"):
                grad(T.sum(out), x)

    def test_an_op_without_gradient(self):
        class Silent(Op):
            __props__ = ()

            def make_node(self, x):
                return Apply(self, [x], [x.type()])

        x = T.dscalar("x")
        for expected in (NotImplementedError, AttributeError, OpDefinitionError):
            with pytest.raises(expected, match="Silent"):
                grad(Silent()(x), x)

    def test_an_op_made_of_a_function_has_no_gradient(self):
        double = as_op([T.dvector], [T.dvector])(lambda x: 2 * x)
        x = T.dvector("x")
        with pytest.raises(AttributeError, match="FromFunctionOp"):
            grad(T.sum(double(x)), x)

    def test_l_op_gets_results_and_unused_outputs_are_disconnected(self, check):
        class WithResults(Two):
            def L_op(self, inputs, outputs, gradients):
                assert isinstance(gradients[1].type, DisconnectedType)
                return [gradients[0] * outputs[0] / inputs[0], gradients[0] * inputs[0]]

        x, y = T.dvectors("xy")
        g = grad(T.sum(WithResults()(x, y)[0]), x)
        assert check.evaluate(g, {x: np.ones(1), y: np.full(1, 3.0)}).tolist() == [3.0]


class TestNullGradients:
    @pytest.mark.parametrize("make", [grad_undefined, grad_not_implemented])
    def test_null_gradients_are_reported_with_their_reason(self, make):
        x, y = T.dvectors("xy")
        op = Two(lambda i, g: [make(op, 0, i[0], "think again"), g[0]])
        cost = T.sum(op(T.exp(x), y)[0])
        with pytest.raises(NullTypeGradError, match="think again") as error:
            grad(cost, x)
        assert isinstance(error.value, TypeError)
        assert isinstance(grad(cost, x, null_gradients="return").type, NullType)
        assert grad(cost, y) is not None

    def test_one_null_term_makes_the_sum_null(self):
        x, y = T.dvectors("xy")
        op = Two(lambda i, g: [grad_undefined(op, 0, i[0]), g[0]])
        with pytest.raises(NullTypeGradError):
            grad(T.sum(op(x, y)[0]) + T.sum(x), x)

    def test_a_null_gradient_at_one_of_two_outputs(self, check):
        class Parts(Op):
            __props__ = ()

            def make_node(self, x, y):
                return Apply(self, [x, y], [x.type(), y.type()])

            def perform(self, node, inputs, output_storage):
                output_storage[0][0], output_storage[1][0] = inputs[0] + 0, inputs[1] + 0

            def grad(self, inputs, gradients):
                return list(gradients)

            def connection_pattern(self, node):
                return [[True, False], [False, True]]

        x, y = T.dvectors("xy")
        a, b = Parts()(x, y)
        cost = T.sum(undefined_grad(a)) + 2 * T.sum(b)
        gx, gy = grad(cost, [x, y], null_gradients="return")
        assert isinstance(gx.type, NullType)
        assert check.evaluate(gy, {x: np.ones(1), y: np.ones(1)}).tolist() == [2.0]
        assert isinstance(grad(T.sum(undefined_grad(a)), x, null_gradients="return").type, NullType)


class TestLop:
    def test_vector_times_jacobian(self, check):
        x, v = T.dvectors("xv")
        g = Lop(T.exp(x), x, v)
        np.testing.assert_allclose(check.evaluate(g, {x: np.ones(2), v: np.array([1.0, 2.0])}), np.e * np.array([1, 2]))

    def test_several_expressions_and_containers(self, check):
        x, v = T.dvectors("xv")
        g = Lop([x * 2, T.sum(x)], [x], [v, T.constant(1.0)])
        assert isinstance(g, list)
        assert check.evaluate(g, {x: np.ones(2), v: np.array([1.0, 2.0])})[0].tolist() == [3.0, 5.0]
        assert isinstance(Lop((x,), (x,), (v,)), tuple)

    def test_the_same_expression_twice_adds(self, check):
        x, v = T.dvectors("xv")
        y = 3 * x
        assert check.evaluate(Lop([y, y], x, [v, v]), {x: np.ones(1), v: np.ones(1)}).tolist() == [6.0]

    def test_an_expression_that_depends_on_another_one(self, check):
        x, v = T.dvectors("xv")
        y = 3 * x
        point = {x: np.full(1, 2.0), v: np.ones(1)}
        assert check.evaluate(Lop([y, y * y], [x, y], [v, v]), point) == [np.array([39.0]), np.array([13.0])]
        assert check.evaluate(Lop([x, x * x], x, [v, v]), point).tolist() == [5.0]

    def test_integer_expressions_pass_nothing_on(self, check):
        x, v = T.dvectors("xv")
        g = Lop(T.cast(x, "int64"), x, v)
        assert check.evaluate(g, {x: np.ones(1), v: np.ones(1)}).tolist() == [0.0]

    def test_counts_must_agree(self):
        x = T.dvector()
        with pytest.raises(AssertionError, match="eval_points"):
            Lop([x, x], x, [x])


class TestSubgraph:
    def test_a_network_in_pieces(self, check):
        x, t = T.dvector("x"), T.dvector("t")
        w1, w2 = T.dmatrices("vw")
        hidden = T.tanh(T.dot(x, w1))
        cost = T.sum(T.sqr(T.dot(hidden, w2) - t))
        whole = grad(cost, [w1, w2])
        (g2,), (gh,) = subgraph_grad([w2], [hidden], cost=cost)
        (g1,), (gx,), start, none = subgraph_grad([w1], [x], start={hidden: gh}, details=True)
        assert none is None
        assert len(start) == 2
        rng = np.random.RandomState(0)
        point = {x: rng.rand(2), t: rng.rand(2), w1: rng.rand(2, 3), w2: rng.rand(3, 2)}
        a1, a2, b1, b2, _ = check.evaluate([*whole, g1, g2, gx], point)
        np.testing.assert_allclose(a1, b1)
        np.testing.assert_allclose(a2, b2)

    def test_start_and_cost_add(self, check):
        x = T.dscalar("x")
        y = 3 * x
        wrt, end = subgraph_grad([y], [x], start={y * 2: T.constant(1.0)}, cost=y * y)
        assert check.evaluate([*wrt, *end], {x: 1.0}) == [8.0, 24.0]

    @pytest.mark.parametrize("arguments", [{"wrt": ()}, {"end": None}, {"cost": None}, {"start": []}])
    def test_arguments(self, arguments):
        x = T.dscalar()
        with pytest.raises(AssertionError, match="subgraph_grad"):
            subgraph_grad(**{"wrt": [x], "end": [x], "cost": x, **arguments})


def test_a_long_chain_needs_no_recursion(check):
    x = T.dscalar("x")
    y = x
    for _ in range(20_000):
        y = y + x
    g = grad(y, x)
    assert len(g.owner.inputs) == 20_001


def test_a_deep_chain_of_functions():
    x = T.dscalar("x")
    y = x
    for _ in range(5_000):
        y = T.sin(y)
    assert sum(1 for _ in ancestors([grad(y, x)])) < 25_000


def test_disconnected_grad_blocks_one_path(check):
    x = T.dscalar("x")
    assert check.evaluate(grad(x * disconnected_grad(x), x), {x: 3.0}) == 3.0


def test_nodes_of_a_derivative_know_the_call_and_those_of_a_users_rule_their_line():
    from theano.graph import Apply, Op
    from theano.graph.trace import capture, user_line

    class Tripled(Op):
        __props__ = ()

        def make_node(self, x):
            return Apply(self, [x], [x.type()])

        def L_op(self, inputs, outputs, gs):
            return [gs[0] * 3]  # the user's own line

    x = T.dvector("x")
    g = grad(T.exp(Tripled()(T.tanh(x))).sum(), x)
    lines = {user_line(v) for v in ancestors([g]) if v.owner is not None}
    assert any("the user's own line" in str(line) for line in lines)
    assert any("g = grad(T.exp(" in str(line) for line in lines)
    assert "test_nodes_of_a_derivative" in capture()[-1].name  # the stack is the caller's again
