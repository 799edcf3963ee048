"""theano.function: arguments, results, updates, givens, and what callers may do with the result."""

import subprocess
import sys
import threading
import types

import numpy as np
import pytest
from small_ops import add, add_inplace, as_array, mul, number, pick, tail, vector

import theano.compile
from theano.compile import In, Mode, Out, SharedVariable, function, function_dump
from theano.errors import MissingInputError, UnusedInputError
from theano.graph import Constant, generic

PY = Mode("py", None)


def shared_number(value, name=None):
    return SharedVariable(name, number, value, False)


def shared_vector(value, name=None):
    return SharedVariable(name, vector, np.asarray(value, dtype=float), False)


@pytest.fixture
def x():
    return number("x")


@pytest.fixture
def y():
    return number("y")


# Results.


def test_results_have_the_form_of_the_outputs(x, y):
    total, product = add(x, y), mul(x, y)
    assert function([x, y], total, PY)(2, 3) == 5
    assert function([x, y], [total], PY)(2, 3) == [5]
    assert function([x, y], (total, product), PY)(2, 3) == [5, 6]
    assert function([x, y], {"sum": total, "product": product}, PY)(2, 3) == {"sum": 5, "product": 6}
    assert function([], [], PY)() == []
    assert function([], None, PY)() == []


def test_dict_results_follow_the_sorted_keys(x):
    f = function([x], {"b": add(x, 1), "a": mul(x, 2)}, PY)
    assert list(f(3)) == ["a", "b"]
    assert f.output_keys == ["a", "b"]
    with pytest.raises(AssertionError, match="strings"):
        function([x], {1: x}, PY)


def test_the_module_and_the_callable_share_their_name():
    assert isinstance(sys.modules["theano.compile.function"], types.ModuleType)
    assert theano.compile.function is sys.modules["theano.compile.function"].function


def test_default_name_is_the_line_of_the_caller(x):
    f = function([x], add(x, 1), PY)
    file, _, line = f.name.rpartition(":")
    assert file == __file__
    assert int(line) > 0
    assert function([x], add(x, 1), PY, name="step").name == "step"


# Arguments of function().


@pytest.mark.parametrize("inputs", [None, "x", {"x": 1}])
def test_inputs_must_be_a_list(inputs, x):
    with pytest.raises(TypeError, match="inputs of a function are a list"):
        function(inputs, x, PY)


def test_inputs_of_wrong_kind_are_named(x):
    with pytest.raises(TypeError, match="input 1 of a function is a Variable or an In"):
        function([x, 3.0], x, PY)
    with pytest.raises(TypeError, match=r"(?s)constant.*leave constants out"):
        function([as_array(1.0)], x, PY)
    with pytest.raises(TypeError, match=r"(?s)shared variable s.*givens"):
        function([shared_number(1.0, "s")], x, PY)


def test_outputs_must_be_variables(x):
    with pytest.raises(TypeError, match="outputs of a function are variables"):
        function([x], [x, 3.0], PY)


def test_the_same_variable_twice_names_both_positions(x, y):
    with pytest.raises(UnusedInputError, match=r"x is input 0 and input 2") as caught:
        function([x, y, x], add(x, y), PY, name="plus")
    assert "'plus'" in caught.value.__notes__[0]


def test_unused_input_is_an_error_that_names_it_and_its_line(x, y):
    with pytest.raises(UnusedInputError) as caught:
        function([x, y], mul(x, 2), PY)
    text = str(caught.value)
    assert "input 1, y of Array(0d)" in text
    assert __file__ in text
    assert "on_unused_input='warn'" in text
    assert caught.value.__notes__[0].startswith(f"This happened while theano.function made '{__file__}:")


def test_unused_input_policies(x, y):
    with pytest.warns(UserWarning, match="input 1, y"):
        f = function([x, y], mul(x, 2), PY, on_unused_input="warn")
    assert f(2, 100) == 4
    assert function([x, y], mul(x, 2), PY, on_unused_input="ignore")(2, 100) == 4
    with pytest.raises(ValueError, match="on_unused_input='shrug'"):
        function([x], x, PY, on_unused_input="shrug")


def test_missing_input_names_variable_reader_and_line(x, y):
    with pytest.raises(MissingInputError) as caught:
        function([x], add(x, y), PY)
    text = str(caught.value)
    assert "depend on y" in text
    assert "input 1 of Add(x, y)" in text
    assert __file__ in text


def test_an_intermediate_variable_may_be_an_input(x):
    middle = add(x, 1)
    assert function([middle], mul(middle, 2), PY)(10) == 20
    with pytest.raises(UnusedInputError, match="input 1, x"):
        function([middle, x], mul(middle, 2), PY)


# Calling.


def test_positional_and_keyword_arguments(x, y):
    f = function([x, y], add(x, mul(y, 10)), PY)
    assert f(1, 2) == f(x=1, y=2) == f(1, y=2) == f(y=2, x=1) == 21


def test_arguments_in_wrong_number(x, y):
    f = function([x, y], add(x, y), PY, name="plus")
    with pytest.raises(TypeError, match=r"(?s)'plus'.*3 positional arguments for 2 inputs \['x', 'y'\]"):
        f(1, 2, 3)
    with pytest.raises(TypeError, match=r"(?s)'plus'.*Missing required input: y") as caught:
        f(1)
    assert __file__ in str(caught.value)
    with pytest.raises(TypeError, match="x is given twice"):
        f(1, 2, x=3)
    with pytest.raises(TypeError, match=r"(?s)named 'z'.*\['x', 'y'\]"):
        f(1, z=2)


def test_an_ambiguous_name_is_refused():
    a, b = number("same"), number("same")
    f = function([a, b], add(a, b), PY)
    assert f(1, 2) == 3
    with pytest.raises(TypeError, match="several inputs have this name"):
        f(1, same=2)
    with pytest.raises(TypeError, match="several inputs have this name"):
        f["same"]


@pytest.mark.parametrize(
    ("value", "words"),
    [("a", "cannot make float64"), (np.zeros(3), "expected 0, got 1"), (np.longdouble(1), "cannot make float64")],
)
def test_bad_values_name_argument_function_and_line(value, words, x, y):
    f = function([x, y], add(x, y), PY, name="plus")
    with pytest.raises(TypeError) as caught:
        f(1, value)
    text = str(caught.value)
    assert text.startswith("Bad input argument 'y' of function 'plus' at index 1 (0-based), which must be Array(0d)")
    assert words in text
    assert __file__ in text
    assert "Do:" in text


def test_a_bad_value_changes_nothing(x):
    s = shared_number(1.0)
    f = function([x], s, PY, updates=[(s, add(s, x))])
    with pytest.raises(TypeError):
        f("no")
    assert s.get_value() == 1


def test_trust_input_skips_conversion(x):
    f = function([x], add(x, x), PY)
    f.trust_input = True
    assert f(np.float32(2)).dtype == np.float32


def test_none_is_passed_on():
    v = generic("v")
    f = function([v], v, PY)
    assert f(None) is None


def test_output_subset_evaluates_only_what_is_asked(x):
    from small_ops import fail

    s = shared_number(0.0)
    f = function([x], [add(x, 1), fail(x), mul(x, 2)], PY, updates=[(s, add(s, x))])
    assert f(5, output_subset=[2, 0]) == [10, 6]
    assert s.get_value() == 5
    g = function([x], {"a": add(x, 1), "b": mul(x, 2)}, PY)
    assert g(5, output_subset=["b"]) == {"b": 10}


# Memory.


def test_an_input_that_is_an_output_is_copied():
    v = vector("v")
    value = np.arange(3.0)
    result = function([v], v, PY)(value)
    assert not np.may_share_memory(result, value)
    assert np.may_share_memory(function([In(v, borrow=True)], Out(v, borrow=True), PY)(value), value)


def test_views_of_inputs_and_constants_are_copied():
    v = vector("v")
    value = np.arange(3.0)
    assert not np.may_share_memory(function([v], tail(v), PY)(value), value)
    constant = Constant(vector, np.arange(3.0))
    first = function([], tail(constant), PY)()
    first[:] = 9
    assert list(constant.data) == [0, 1, 2]


def test_two_outputs_never_share_memory():
    v = vector("v")
    whole = add(v, 1)
    first, second, third = function([v], [whole, tail(whole), whole], PY)(np.arange(4.0))
    for a, b in [(first, second), (first, third), (second, third)]:
        assert not np.may_share_memory(a, b)
    assert list(second) == [2, 3, 4]


def test_updated_storage_never_is_the_callers_array():
    v, s = vector("v"), shared_vector([0.0])
    value = np.arange(2.0)
    function([v], [], PY, updates={s: v})(value)
    value[0] = 100
    assert list(s.get_value()) == [0, 1]


def test_one_expression_for_two_updates_and_a_result():
    a, b = shared_vector([1.0]), shared_vector([2.0])
    new = add(a, b)
    result = function([], new, PY, updates=[(a, new), (b, new)])()
    held = [result, a.get_value(borrow=True), b.get_value(borrow=True)]
    assert all(list(v) == [3] for v in held)
    assert not any(np.may_share_memory(held[i], held[j]) for i in range(3) for j in range(i))


def test_in_place_ops_need_permission():
    v = vector("v")
    with pytest.raises(TypeError, match="accept_inplace"):
        function([v], add_inplace(v, 1.0), PY)


def test_in_place_ops_destroy_only_what_is_mutable():
    v = vector("v")
    value = np.arange(3.0)
    f = function([v], add_inplace(v, 1.0), PY, accept_inplace=True)
    assert list(f(value)) == [1, 2, 3]
    assert list(value) == [0, 1, 2]
    g = function([In(v, mutable=True)], add_inplace(v, 1.0), PY, accept_inplace=True)
    assert list(g(value)) == [1, 2, 3]
    assert list(value) == [1, 2, 3]


def test_readers_come_before_the_node_that_destroys():
    v = vector("v")
    middle = mul(v, 1.0)
    f = function([v], [add_inplace(middle, 5.0), mul(middle, 2.0)], PY, accept_inplace=True)
    changed, doubled = f(np.ones(2))
    assert list(changed) == [6, 6]
    assert list(doubled) == [2, 2]


def test_arguments_that_share_memory_are_separated_before_they_are_overwritten():
    v, w = vector("v"), vector("w")
    f = function([In(v, mutable=True), w], [add_inplace(v, 1.0), mul(w, 2.0)], PY, accept_inplace=True)
    value = np.ones(2)
    changed, doubled = f(value, value)
    assert list(changed) == [2, 2]
    assert list(doubled) == [2, 2]


# Updates and givens.


def test_updates_use_the_values_before_the_call(x):
    a, b = shared_number(1.0), shared_number(10.0)
    f = function([x], [a, b], PY, updates=[(a, add(a, b)), (b, add(a, x))])
    assert f(5) == [1, 10]
    assert (a.get_value(), b.get_value()) == (11, 6)


def test_swap_of_two_shared_variables():
    a, b = shared_vector([1.0]), shared_vector([2.0])
    function([], [], PY, updates={a: b, b: a})()
    assert (a.get_value()[0], b.get_value()[0]) == (2, 1)
    assert not np.may_share_memory(a.get_value(borrow=True), b.get_value(borrow=True))


def test_updates_take_plain_numbers():
    a = shared_number(1.0)
    function([], [], PY, updates=[(a, 7)])()
    assert a.get_value() == 7


def test_bad_updates(x):
    a = shared_number(1.0, "a")
    with pytest.raises(TypeError, match="target of an update is a shared variable"):
        function([x], x, PY, updates=[(x, x)])
    with pytest.raises(ValueError, match=r"update a once"):
        function([x], x, PY, updates=[(a, x), (a, add(x, 1))])
    with pytest.raises(TypeError, match=r"(?s)update of a must have its type, Array\(0d\).*unbroadcast"):
        function([], [], PY, updates=[(a, vector("v"))])
    with pytest.raises(ValueError, match="pairs"):
        function([x], x, PY, updates=[a])


def test_an_error_while_running_leaves_all_shared_variables_alone(x):
    from small_ops import fail

    a, b = shared_number(1.0), shared_number(2.0)
    f = function([x], [], PY, updates=[(a, add(a, x)), (b, fail(x))])
    with pytest.raises(ValueError, match="it went wrong"):
        f(1)
    assert (a.get_value(), b.get_value()) == (1, 2)


def test_default_updates_and_how_to_leave_them_out(x):
    a = shared_number(0.0)
    a.default_update = add(a, 1)
    expression = add(a, x)
    assert function([x], expression, PY)(0) == 0
    assert a.get_value() == 1
    function([x], expression, PY, no_default_updates=True)(0)
    function([x], expression, PY, no_default_updates=[a])(0)
    assert a.get_value() == 1
    function([x], expression, PY, updates=[(a, add(a, 10))])(0)
    assert a.get_value() == 11
    with pytest.raises(TypeError, match="no_default_updates"):
        function([x], expression, PY, no_default_updates="yes")


def test_default_updates_bring_further_ones():
    a, b = shared_number(1.0), shared_number(5.0)
    a.default_update = add(a, b)
    b.default_update = mul(b, 2)
    f = function([], a, PY)
    assert f() == 1
    assert (a.get_value(), b.get_value()) == (6, 10)


def test_givens_replace_variables_once(x, y):
    z = number("z")
    f = function([x], add(z, y), PY, givens={z: mul(x, 10), y: 3.0})
    assert f(2) == 23
    with pytest.raises(RuntimeError, match="x is input 0"):
        function([x], add(x, 1), PY, givens=[(x, y)])
    with pytest.raises(AssertionError, match="one pass"):
        function([x], add(y, z), PY, givens=[(y, add(z, x)), (z, x)])
    with pytest.raises(TypeError, match="keys of givens"):
        function([x], x, PY, givens={"x": y})


def test_givens_may_replace_shared_variables(x):
    a = shared_number(5.0)
    assert function([x], add(a, 1), PY, givens={a: x})(1) == 2
    f = function([x], add(a, 1), PY, givens={a: x}, updates=[(a, add(a, 10))])
    assert f(1) == 2
    assert a.get_value() == 11


def test_givens_demand_equal_types_when_strict(x):
    v = vector("v")
    with pytest.raises(TypeError, match="Array"):
        function([v], add(x, 1), PY, givens={x: v})
    assert list(function([v], add(x, 1), PY, givens={x: v}, rebuild_strict=False)([1.0, 2.0])) == [2, 3]


# Inputs with defaults and state.


def test_a_default_is_used_whenever_no_value_is_given(x, y):
    f = function([x, In(y, value=10)], add(x, y), PY)
    assert [f(1), f(1, 2), f(1), f(1, y=3), f(1)] == [11, 3, 11, 4, 11]


def test_a_default_with_an_update_is_a_state(x):
    state = number("state")
    f = function([x, In(state, value=0.0, update=add(state, x))], state, PY)
    assert [f(1), f(2), f(3)] == [0, 1, 3]
    assert f["state"] == 6
    f[state] = 100
    assert f(1) == 100
    assert f(1, 7) == 7
    assert f.value[1] == 8


def test_a_mutable_default_is_not_changed_by_calls():
    v = vector("v")
    f = function([In(v, value=np.zeros(2), mutable=True)], add_inplace(v, 1.0), PY, accept_inplace=True)
    assert list(f()) == [1, 1]
    assert list(f()) == [1, 1]


def test_an_input_may_be_bound_to_a_shared_variable(x):
    s, y = shared_number(4.0), number("y")
    f = function([x, In(y, value=s)], mul(x, y), PY)
    assert f(2) == 8
    s.set_value(5.0)
    assert f(2) == 10
    with pytest.raises(TypeError, match="implicit"):
        f(2, y=3)
    with pytest.raises(TypeError, match="2 positional arguments for 1 inputs"):
        f(2, 3)


def test_values_set_by_index_count_for_one_call(x, y):
    f = function([x, y], add(x, y), PY)
    f["x"] = 1
    f[1] = 2
    assert f() == 3
    with pytest.raises(TypeError, match="Missing required input: x, y"):
        f()
    f[y] = 5
    with pytest.raises(TypeError, match="y is given twice"):
        f(1, 2)
    assert "x" in f
    assert y in f
    assert "z" not in f
    with pytest.raises(TypeError, match=r"look up input 'z'"):
        f["z"]


def test_old_style_inputs(x, y):
    assert function([(x, 3), y], add(x, y), PY)(y=1) == 4
    assert function([("a", x, 3), y], add(x, y), PY)(a=2, y=1) == 3
    counter = function([((x, add(x, y)), 0), y], x, PY)
    assert [counter(y=2), counter(y=2)] == [0, 2]
    with pytest.raises(NotImplementedError, match="givens"):
        function([(x, 3), y], add(x, y), PY, givens={y: x})
    with pytest.raises(TypeError, match="an input of a function"):
        function([(1, 2, 3, 4)], x, PY)


# The rest of the interface.


def test_what_a_function_tells_about_itself(x):
    s = shared_number(1.0, "s")
    f = function([x], add(x, s), PY, updates=[(s, x)])
    assert {str(node.op) for node in f.maker.fgraph.toposort()} == {"Add", "DeepCopyOp"}
    assert f.maker.fgraph.update_mapping == {1: 1}
    assert f.get_shared() == [s]
    assert [c.name for c in f.input_storage] == ["x", "s"]
    assert f.container[s] is s.container
    assert f.finder["x"] is f.input_storage[0]
    assert f.inv_finder[f.input_storage[1]].variable is s
    assert f.defaults[0] == (True, False, None)
    assert set(f.maker.timings) >= {"graph", "rewrite", "memory", "lower", "link"}
    f.maker.plan.verify()


def test_functions_may_be_called_from_inside_themselves_and_from_threads(x):
    from theano.compile import as_op

    depth = []

    @as_op([number], [number])
    def again(value):
        depth.append(float(value))
        return value if value <= 0 else f(value - 1)

    f = function([x], add(again(x), x), PY)
    assert f(3) == 6
    assert depth == [3, 2, 1, 0]
    g = function([x], add(mul(x, 2), mul(x, 3)), PY)
    results = {}

    def work(i):
        results[i] = [float(g(i)) for _ in range(50)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {i: [5.0 * i] * 50 for i in range(4)}


def test_lazy_ops_evaluate_one_branch(x):
    from small_ops import fail

    condition = number("condition")
    f = function([condition, x], add(pick(condition, mul(x, 2), fail(x)), 1), PY)
    assert f(1, 5) == 11
    with pytest.raises(ValueError, match="it went wrong"):
        f(0, 5)
    assert f(1, 6) == 13


def test_long_chains_compile_run_and_pickle_at_the_default_recursion_limit():
    import pickle

    v = x = vector("x")
    for _ in range(3000):
        v = add(v, x)
    f = function([x], v, PY)
    assert f(np.ones(1))[0] == 3001
    assert pickle.loads(pickle.dumps(f))(np.ones(1))[0] == 3001


def test_compiling_takes_few_lines_for_each_node(lines_run):
    def lines(nodes):
        v = x = vector("x")
        for _ in range(nodes):
            v = add(v, x)
        return lines_run(lambda: function([x], v, PY))

    lines(1)  # what is done once in a process
    assert lines(50) < 20_000
    assert lines(100) < 2.2 * lines(50)


def test_function_dump_writes_the_arguments(tmp_path, x):
    import pickle

    path = tmp_path / "dump.pkl"
    function_dump(str(path), [x], add(x, 1), PY, on_unused_input="ignore")
    with path.open("rb") as file:
        arguments = pickle.load(file)
    assert function(**arguments)(2) == 3


def test_import_of_the_room_loads_neither_pluggy_nor_scipy():
    code = (
        "import sys, theano.compile; print([m for m in ('pluggy', 'scipy', 'importlib.metadata') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_as_before_also_after_errors(x, y, enabled):
    import gc

    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        function([x], add(x, 1), PY)
        assert gc.isenabled() is enabled
        with pytest.raises(MissingInputError):
            function([x], add(x, y), PY)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()
