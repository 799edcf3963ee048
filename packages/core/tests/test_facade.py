"""The names of `theano`: where they come from, and what a missing package says."""

import os
import subprocess
import sys

import pytest

import theano
from theano._facade import FACADE, SUBMODULES, dot

CORE_NAMES = sorted(
    name for name, (module, _, owner) in FACADE.items() if owner == "theano-core" and "gof" not in module
)


@pytest.mark.parametrize("name", CORE_NAMES)
def test_every_name_of_core_has_a_home(name):
    assert getattr(theano, name) is not None
    assert name in vars(theano), "found once, then kept"


@pytest.mark.parametrize("name", sorted(name for name, owner in SUBMODULES.items() if owner == "theano-core"))
def test_every_submodule_of_core_is_there(name):
    assert getattr(theano, name) is sys.modules[f"theano.{name}"]


def test_names_are_listed_before_they_are_used():
    assert {"function", "shared", "grad", "scan", "tensor", "config", "pp", "__version__"} <= set(dir(theano))


def test_no_submodule_bears_the_name_of_an_object():
    assert not set(FACADE) & set(SUBMODULES)


def test_unknown_name_is_a_plain_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        theano.nothing  # noqa: B018
    with pytest.raises(ImportError):
        from theano import nothing  # noqa: F401


def test_pp_and_pprint_are_the_same_object():
    assert theano.pp is theano.pprint is theano.printing.pp


def test_clone_replaces():
    assert theano.clone is theano.graph.clone_replace


def test_version_is_text_and_module():
    assert theano.version.version == theano.__version__ == theano.version.full_version
    assert theano.__api_version__ == 1


@pytest.fixture
def missing_grad(monkeypatch):
    """As if theano-grad were not installed."""
    monkeypatch.delitem(vars(theano), "grad", raising=False)
    monkeypatch.delitem(vars(theano), "gradient", raising=False)
    for name in [name for name in sys.modules if name.startswith("theano.gradient")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(theano, "__path__", [path for path in theano.__path__ if "grad" not in path])


@pytest.mark.usefixtures("missing_grad")
def test_missing_package_tells_the_pip_line():
    for read in (lambda: theano.grad, lambda: theano.gradient):
        with pytest.raises(AttributeError, match="pip install theano-grad"):
            read()
    assert not hasattr(theano, "grad")
    with pytest.raises(ImportError, match="pip install theano-grad"):
        from theano import grad  # noqa: F401


def test_missing_third_party_module_is_not_mistaken_for_a_missing_package(monkeypatch, tmp_path):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "__init__.py").write_text("import a_module_that_is_not_there")
    monkeypatch.delitem(vars(theano), "cpu", raising=False)
    for name in [name for name in sys.modules if name.startswith("theano.cpu")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(theano, "__path__", [str(tmp_path), *theano.__path__])
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there"):
        theano.cpu  # noqa: B018


def test_dot_asks_both_sides():
    class Left:
        def __dot__(self, other):
            return ("left", other) if other == 1 else NotImplemented

    class Right:
        def __rdot__(self, other):
            return ("right", other)

    assert dot(Left(), 1) == ("left", 1)
    right, left = Right(), Left()
    assert dot(left, right) == ("right", left)
    with pytest.raises(NotImplementedError, match="neither of Left and int"):
        dot(left, 2)


def test_asarray_gives_exactly_the_dtype():
    assert theano._asarray([1, 2], "float32").dtype == "float32"
    with theano.change_flags(floatX="float16"):
        assert theano._asarray(1, dtype="floatX").dtype == "float16"
    with pytest.raises((TypeError, ValueError)):
        theano._asarray("text", dtype="float32")


def test_logger_gets_its_handler_when_it_is_asked_for():
    code = (
        "import logging, theano; log = logging.getLogger('theano'); assert not log.handlers;"
        "assert theano.theano_logger is log; log.warning('hello');"
        "theano.disable_log_handler(); print(len(log.handlers))"
    )
    env = {**os.environ, "THEANO_FLAGS": ""}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("0\n", "WARNING (theano): hello\n")


class Shared:
    """Looks like a shared variable."""

    container = None

    def get_value(self): ...


def test_updates_keep_order_and_refuse_conflicts():
    a, b = Shared(), Shared()
    updates = theano.OrderedUpdates([(b, 1), (a, 2)])
    assert list(updates) == [b, a]
    updates.update({a: updates[a]})
    merged = updates + theano.OrderedUpdates()
    assert isinstance(merged, theano.OrderedUpdates)
    assert list(merged.items()) == [(b, 1), (a, 2)]
    with pytest.raises(KeyError, match="give one new value"):
        updates.update({a: 3})
    with pytest.raises(KeyError):
        theano.OrderedUpdates([(a, "x")]) + {a: "y"}
    with pytest.raises(TypeError, match="only shared variables"):
        updates["a"] = 1
    with pytest.raises(TypeError):
        theano.OrderedUpdates({1: 2})


def test_updates_can_be_added_to_plain_mappings_and_copied():
    import copy
    import pickle

    a = Shared()
    updates = {} + theano.OrderedUpdates({a: 1})
    assert dict(updates) == {a: 1}
    assert copy.copy(updates) == updates
    assert len(pickle.loads(pickle.dumps(theano.OrderedUpdates()))) == 0


# ---- classic paths


def test_gof_forwards_to_the_new_homes():
    from theano import gof

    assert gof.Op is theano.graph.Op
    assert gof.graph.inputs is theano.graph.graph_inputs
    assert gof.graph.Apply is gof.Apply is theano.Apply
    assert gof.fg.MissingInputError is theano.errors.MissingInputError
    assert gof.utils.MethodNotDefined is theano.errors.MethodNotDefined
    assert gof.toolbox.Feature is gof.Feature is theano.graph.Feature
    assert gof.link.raise_with_op is theano.compile.runtime_errors.raise_with_op
    assert gof.Container is theano.compile.sharedvalue.Container
    assert gof.type.generic is theano.generic


def test_gof_says_where_it_looked():
    from theano import gof

    with pytest.raises(AttributeError, match=r"module 'theano.gof' has no attribute 'nothing'"):
        gof.nothing  # noqa: B018
    assert not hasattr(gof.graph, "nothing")


def test_gof_graph_walks():
    from theano.gof import graph

    class Copy(theano.Op):
        __props__ = ()

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

    x = theano.generic("x")
    y = Copy()(x)
    z = Copy()(y)
    assert graph.list_of_nodes([x], [z]) == [y.owner, z.owner]
    assert graph.variables_and_orphans([x], [z])[1] == []
    assert graph.is_in_ancestors(z.owner, y.owner)
    assert not graph.is_in_ancestors(y.owner, z.owner)


def test_gof_sorts_anything_and_finds_circles():
    from theano.gof.graph import general_toposort

    needs = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": None}
    assert general_toposort(["a"], needs.get) == ["d", "b", "c", "a"]
    with pytest.raises(ValueError, match="cycles"):
        general_toposort([1], {1: [2], 2: [1]}.get)


def test_gof_connection_pattern_of_a_graph():
    from theano.gof.graph import io_connection_pattern

    class Half(theano.Op):
        __props__ = ()

        def make_node(self, x, y):
            return theano.Apply(self, [x, y], [x.type()])

        def connection_pattern(self, node):
            return [[True], [False]]

    x, y = theano.generic("x"), theano.generic("y")
    assert io_connection_pattern([x, y], [Half()(x, y), y]) == [[True, False], [False, True]]


def test_gof_debug_values():
    from theano.gof.op import get_debug_values

    x, y = theano.generic("x"), theano.generic("y")
    x.tag.test_value = 3
    assert get_debug_values(x) == []
    with theano.change_flags(compute_test_value="raise"):
        assert get_debug_values(x, x) == [(3, 3)]
        with pytest.raises(AttributeError):
            get_debug_values(x, y)
    with theano.change_flags(compute_test_value="warn"), pytest.warns(UserWarning, match="no test value"):
        assert get_debug_values(x, y) == []


def test_gof_features():
    from theano.gof import toolbox

    class Inplace(theano.Op):
        __props__ = ()
        destroy_map = {0: [0]}

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

    x = theano.generic("x")
    graph = theano.FunctionGraph([x], [Inplace()(x)], features=[toolbox.ReplaceValidate()])
    with pytest.raises(theano.InconsistencyError, match="in place"):
        toolbox.NoOutputFromInplace().validate(graph)
    toolbox.NoOutputFromInplace(1).validate(graph)
    old, new = theano.generic("old"), theano.generic()
    old.tag.nan_guard_mode_check = False
    toolbox.PreserveVariableAttributes().on_change_input(graph, None, 0, old, new)
    assert (new.name, new.tag.nan_guard_mode_check) == ("old", False)


@pytest.mark.parametrize("name", ["graph", "op", "type", "fg", "toolbox", "utils", "link", "vm", "cc", "null_type"])
def test_every_name_that_a_classic_path_offers_has_a_home(name):
    module = getattr(theano.gof, name)
    for offered in module.__all__:
        assert getattr(module, offered) is not None


def test_small_tools_of_gof():
    from theano.gof import utils

    class Named:
        def __init__(self, name):
            self.name = name

    names = utils.give_variables_names([Named("a"), Named("a"), Named(None), Named("a_1")])
    assert names[0] == "a"
    assert len(set(names)) == 4
    assert "a_1" in names
    assert utils.hash_from_code("x") == utils.hash_from_code(b"x") != utils.hash_from_code("y")
    assert utils.flatten([1, (2, [3, {4}])]) == [1, 2, 3, 4]


def test_compat_names():
    from theano import compat

    assert compat.PY3
    assert compat.exc_message(ValueError("x")) == "x"
    assert compat.DefaultOrderedDict(list)["new"] == []
