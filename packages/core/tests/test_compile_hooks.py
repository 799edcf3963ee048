"""The hooks that compilation calls."""

from types import SimpleNamespace

import pytest
from small_ops import add, fail, mul, number

from theano.compile import Mode, PythonBackend, function
from theano.plugin import get_manager, hookimpl, registry

PY = Mode("py", None)


@pytest.fixture
def plugin():
    """Registers hook implementations given by name, for one test."""
    manager = get_manager()
    manager.run_stage("config")
    added = []

    def register(**implementations):
        module = SimpleNamespace(__name__="test_plugin", **{k: hookimpl(v) for k, v in implementations.items()})
        manager.plugin_manager.register(module, "test_plugin")
        added.append(module)

    yield register
    for module in added:
        manager.plugin_manager.unregister(module)


def test_stages_can_be_added_and_are_timed(plugin):
    seen = []

    def theano_modify_pipeline(stages):
        seen.append([name for name, _ in stages])
        stages.insert(2, ("count", lambda maker: seen.append(len(maker.fgraph.apply_nodes))))

    plugin(theano_modify_pipeline=theano_modify_pipeline)
    x = number("x")
    f = function([x], add(mul(x, 2), 1), PY)
    assert seen == [["graph", "rewrite", "memory", "lower"], 2]
    assert "count" in f.maker.timings


def test_compiled_functions_are_shown_to_plugins(plugin):
    seen = []
    plugin(theano_function_compiled=lambda function, plan: seen.append((function, plan)))
    x = number("x")
    f = function([x], add(x, 1), PY)
    assert seen == [(f, f.maker.plan)]


def test_plugins_choose_the_backend_unless_python_is_asked_for(plugin):
    class Other(PythonBackend):
        name = "other"

    registry().backends["other"] = Other()
    try:
        plugin(theano_select_backend=lambda fgraph, mode: "other")
        x = number("x")
        assert function([x], add(x, 1), Mode("cvm", None)).maker.backend.name == "other"
        assert function([x], add(x, 1), PY).maker.backend.name == "py"
    finally:
        registry().backends.pop("other")


def test_plugins_add_hints_to_errors(plugin):
    plugin(theano_explain_error=lambda error, node: f"{node.op} does that: {error}")
    x = number("x")
    with pytest.raises(ValueError, match=r"HINT: Fail\{.*\} does that: it went wrong"):
        function([x], fail(x), PY)(1)


def test_a_failing_hint_does_not_hide_the_error(plugin):
    plugin(theano_explain_error=lambda error, node: error.nothing)
    x = number("x")
    with pytest.raises(ValueError, match=r"(?s)it went wrong.*a plugin failed to explain the error: AttributeError"):
        function([x], fail(x), PY)(1)


def test_shared_variables_of_plugins(plugin):
    from theano.compile import SharedVariable, shared

    def theano_make_shared(value, options):
        return SharedVariable(options["name"], number, 7.0, False) if value == "seven" else None

    plugin(theano_make_shared=theano_make_shared)
    assert shared("seven", name="s").get_value() == 7
    assert shared("eight").get_value() == "eight"
