"""Plugins: rule tables, discovery, broken plugins, stages, environment variables."""

import inspect
import os
import re
import subprocess
import sys
import textwrap
import threading
import types

import pytest

from theano.errors import DuplicateRegistrationError, PluginWarning
from theano.plugin import RuleTable, hookimpl, hookspecs
from theano.plugin.manager import Manager
from theano.plugin.registry import STANDARD_TABLES


class Op:
    def infer_shape(self, node, shapes):
        return "default"

    infer_shape.is_default_rule = True


class Child(Op):
    def infer_shape(self, node, shapes):
        return ("child", node, shapes)


class Grandchild(Child):
    pass


class Node:
    def __init__(self, op, inputs=(), outputs=()):
        self.op, self.inputs, self.outputs = op, inputs, outputs


# ---- RuleTable


def test_row_of_the_most_derived_class_wins():
    table = RuleTable("subject")
    table.register(Op, lambda: "op")
    table.register(Child, lambda: "child")
    assert table.lookup(Grandchild())() == "child"
    assert table.lookup(Op())() == "op"
    assert table.lookup(object()) is None


def test_row_beats_the_method_of_the_same_class_but_not_that_of_a_subclass():
    table = RuleTable("shape", "infer_shape")
    table.register(Op, lambda node, shapes: "row of Op")
    node = Node(Child())
    assert table.lookup(node.op)(node, [1]) == ("child", node, [1])
    assert table.lookup(Op())(Node(Op()), []) == "row of Op"
    table.register(Child, lambda node, shapes: "row of Child")
    assert table.lookup(Grandchild())(node, []) == "row of Child"


def test_default_method_of_the_base_class_is_no_answer():
    assert RuleTable("shape", "infer_shape").lookup(Op()) is None


def test_method_set_to_none_hides_inherited_answers():
    class Silent(Child):
        infer_shape = None

    assert RuleTable("shape", "infer_shape").lookup(Silent()) is None


def test_methods_are_adapted_and_earlier_names_win():
    class Both(Op):
        def L_op(self, inputs, outputs, output_grads):
            return ("L_op", inputs, outputs, output_grads)

        def grad(self, inputs, output_grads):
            raise AssertionError

    class OnlyGrad(Both):
        def grad(self, inputs, output_grads):
            return ("grad", inputs, output_grads)

    table = RuleTable("gradient", STANDARD_TABLES["gradient"])
    node = Node(Both(), ["x"], ["y"])
    assert table.lookup(node.op)(node, ["g"]) == ("L_op", ["x"], ["y"], ["g"])
    node = Node(OnlyGrad(), ["x"], ["y"])
    assert table.lookup(node.op)(node, ["g"]) == ("grad", ["x"], ["g"])


def test_duplicate_row_names_both_origins_and_override_replaces():
    table = RuleTable("shape")

    def first(): ...

    def second(): ...

    assert table.register(Op, first) is first
    table.register(Op, first)
    with pytest.raises(DuplicateRegistrationError, match=r"first .*test_plugin.py:\d+.*second .*test_plugin.py:\d+"):
        table.register(Op, second)
    assert table.lookup(Op()) is first
    table.register(Op, second, override=True)
    assert table.lookup(Op()) is second


def test_registering_after_a_lookup_is_seen():
    table = RuleTable("shape", "infer_shape")
    assert table.lookup(Op()) is None

    @table.register(Op)
    def rule(node, shapes): ...

    assert table.lookup(Grandchild()) is not rule
    assert table.lookup(Op()) is rule


def test_row_for_an_instance_is_refused():
    with pytest.raises(TypeError, match="belongs to a class"):
        RuleTable("shape").register(Child(), lambda: 1)


# ---- Manager, with plugins made here


class Point:
    """An entry point."""

    dist = None

    def __init__(self, name, load):
        self.name, self.value, self.load = name, name, load


def plugin(**hooks):
    module = types.ModuleType("made_here")
    for name, function in hooks.items():
        setattr(module, name, hookimpl(function))
    return module


@pytest.fixture
def managed(monkeypatch):
    """Makes a manager that finds the given plugins; a callable stands for an import."""
    for name in ("THEANO_PLUGINS", "THEANO_DISABLE_PLUGINS", "THEANO_TRACE_PLUGINS"):
        monkeypatch.delenv(name, raising=False)

    def make(**plugins):
        points = [
            Point(name, item if callable(item) else lambda item=item: item) for name, item in sorted(plugins.items())
        ]
        monkeypatch.setattr("theano.plugin.manager._found_entry_points", lambda: points)
        return Manager()

    return make


def rule(node, shapes): ...


def other_rule(node, shapes): ...


def test_tables_are_filled_on_first_use_and_once(managed):
    calls = []

    def shapes(registry):
        calls.append("shapes")
        registry.table("shape").register(Op, rule)

    def gradients(registry):
        calls.append("gradients")
        registry.table("gradient").register(Op, rule)
        registry.table("derivative").register(Child, rule)

    manager = managed(a=plugin(theano_register_shape_rules=shapes, theano_register_gradient_rules=gradients))
    assert calls == []
    assert manager.registry.table("shape").lookup(Op()) is rule
    assert calls == ["shapes"]
    for _ in range(2):
        assert manager.registry.table("gradient").lookup(Op()) is rule
    assert manager.registry.table("derivative").lookup(Child()) is rule
    assert calls == ["shapes", "gradients"]


def test_plugins_register_in_the_order_of_their_names(managed):
    order = []
    hooks = {
        name: plugin(theano_register_types=lambda registry, name=name: order.append(name)) for name in ("b", "c", "a")
    }
    manager = managed(**hooks)
    manager.registry.types  # noqa: B018
    assert order == ["a", "b", "c"]


def test_types_and_ops_are_registered_before_any_table(managed):
    order = []
    manager = managed(
        a=plugin(
            theano_register_shape_rules=lambda registry: order.append("shapes"),
            theano_register_types=lambda registry: order.append("types"),
            theano_register_ops=lambda registry: order.append("ops"),
            theano_register_config=lambda registry: order.append("config"),
        )
    )
    manager.registry.table("shape")
    assert order == ["config", "types", "ops", "shapes"]


def test_lowerings_are_registered_for_one_target_at_a_time(managed):
    targets = []

    def lowerings(registry, target):
        targets.append(target)
        registry.table(f"lowering.{target}").register(Op, rule)

    manager = managed(a=plugin(theano_register_lowerings=lowerings))
    assert manager.registry.table("lowering.cuda").lookup(Op()) is rule
    assert targets == ["cuda"]
    assert manager.registry.table("lowering.loops").lookup(Op()) is rule
    assert targets == ["cuda", "loops"]


def test_table_that_a_plugin_invents_is_offered_to_all(managed):
    def rules(table):
        if table.name == "pricing":
            table.register(Op, rule)

    manager = managed(a=plugin(theano_register_rules=rules))
    assert manager.registry.table("pricing", methods="price").lookup(Op()) is rule
    assert "pricing" in manager.registry.table_names


def test_rewrites_are_registered_in_the_database_of_the_optimizer(managed):
    database = {}
    seen = []

    def optimizer(registry):
        registry.optdb = database

    manager = managed(
        a=plugin(theano_register_rewrites=lambda optdb: seen.append(optdb)),
        b=plugin(theano_register_optimizer=optimizer),
    )
    assert manager.registry.optdb is database
    assert seen == [database]


def test_without_an_optimizer_no_rewrite_is_registered(managed):
    def fail(optdb):
        raise AssertionError

    assert managed(a=plugin(theano_register_rewrites=fail)).registry.optdb is None


def test_second_optimizer_is_a_problem_of_the_second(managed):
    def provide(value):
        return lambda registry: setattr(registry, "optdb", value)

    manager = managed(
        a=plugin(theano_register_optimizer=provide([1])), b=plugin(theano_register_optimizer=provide([2]))
    )
    with pytest.warns(PluginWarning, match="plugin 'b'"):
        assert manager.registry.optdb == [1]


def test_plugin_that_cannot_be_imported_is_told_and_the_others_work(managed):
    def broken():
        raise ImportError("no libfoo")

    good = plugin(theano_register_shape_rules=lambda registry: registry.table("shape").register(Op, rule))
    manager = managed(broken=broken, good=good)
    with pytest.warns(PluginWarning, match=r"plugin 'broken': import .*ImportError: no libfoo"):
        table = manager.registry.table("shape")
    assert table.lookup(Op()) is rule
    assert [problem.plugin for problem in manager.problems] == ["broken"]
    assert [loaded.name for loaded in manager.loaded] == ["good"]


def test_plugin_that_fails_half_way_loses_what_it_registered_and_nothing_else(managed):
    def half(registry):
        registry.table("shape").register(Child, rule)
        registry.ops["half"] = rule
        registry.shared_constructors.append(rule)
        registry.backends["half"] = rule  # fills the backends of all others in between
        raise RuntimeError("half way")

    def backends(registry):
        registry.backends["whole"] = other_rule

    manager = managed(
        a=plugin(theano_register_shape_rules=lambda registry: registry.table("shape").register(Op, other_rule)),
        b=plugin(theano_register_shape_rules=half),
        c=plugin(theano_register_backends=backends),
    )
    with pytest.warns(PluginWarning, match="plugin 'b': theano_register_shape_rules: RuntimeError: half way"):
        table = manager.registry.table("shape")
    registry = manager.registry
    assert Child not in table
    assert len(table) == 1
    assert "half" not in registry.ops
    assert registry.shared_constructors == []
    assert dict(registry.backends) == {"whole": other_rule}


def test_override_by_a_failing_plugin_is_taken_back(managed):
    def replace(registry):
        registry.table("shape").register(Op, other_rule, override=True)
        raise RuntimeError

    manager = managed(
        a=plugin(theano_register_shape_rules=lambda registry: registry.table("shape").register(Op, rule)),
        b=plugin(theano_register_shape_rules=replace),
    )
    with pytest.warns(PluginWarning):
        assert manager.registry.table("shape").lookup(Op()) is rule


def test_duplicate_name_is_a_problem_that_names_both_origins(managed):
    def first(registry):
        registry.backends["x"] = rule

    def second(registry):
        registry.backends["x"] = other_rule

    manager = managed(a=plugin(theano_register_backends=first), b=plugin(theano_register_backends=second))
    with pytest.warns(PluginWarning, match=r"both .*:rule .* and .*:other_rule"):
        assert manager.registry.backends["x"] is rule
    manager.registry.backends.replace("x", other_rule)
    assert manager.registry.backends["x"] is other_rule


def test_hook_that_does_not_exist_is_told_with_a_near_name(managed):
    manager = managed(a=plugin(theano_register_shape_rule=lambda registry: None))
    with pytest.warns(PluginWarning, match="did you mean theano_register_shape_rules"):
        manager.load()


def test_implementation_with_wrong_arguments_is_told(managed):
    manager = managed(a=plugin(theano_register_types=lambda nothing: None))
    with pytest.warns(PluginWarning, match="plugin 'a': register"):
        manager.load()
    assert manager.loaded == []


def test_same_name_twice_keeps_the_first(managed, monkeypatch):
    manager = managed()
    points = [Point("a", lambda: plugin()), Point("a", lambda: plugin())]
    monkeypatch.setattr("theano.plugin.manager._found_entry_points", lambda: points)
    with pytest.warns(PluginWarning, match="already has this name"):
        manager.load()


def test_first_result_hooks_and_hooks_for_all(managed):
    manager = managed(
        a=plugin(theano_as_variable=lambda value: value + 1, theano_report=lambda config: "from a"),
        b=plugin(theano_as_variable=lambda value: None, theano_report=lambda config: "from b"),
    )
    assert manager.call("theano_as_variable", {"value": 1}) == 2
    assert manager.call("theano_report", {"config": None}) == ["from b", "from a"]
    with pytest.raises(AttributeError, match="there is no such hook"):
        manager.call("theano_nothing", {})


def test_only_and_disabled_plugins(managed, monkeypatch):
    manager = managed(a=plugin(), b=plugin(), c=plugin())
    monkeypatch.setenv("THEANO_PLUGINS", "a, b")
    monkeypatch.setenv("THEANO_DISABLE_PLUGINS", "b")
    manager.load()
    assert [loaded.name for loaded in manager.loaded] == ["a"]
    assert manager.disabled == ["b", "c"]


def test_plugin_that_is_asked_for_but_not_installed_is_told(managed, monkeypatch):
    manager = managed(a=plugin())
    monkeypatch.setenv("THEANO_PLUGINS", "nowhere")
    with pytest.warns(PluginWarning, match="'nowhere'.*no installed distribution"):
        manager.load()


def test_trace_tells_what_is_loaded_and_called(managed, monkeypatch, capsys):
    monkeypatch.setenv("THEANO_TRACE_PLUGINS", "1")
    managed(a=plugin(theano_register_types=lambda registry: None)).registry.types  # noqa: B018
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("theano plugins: plugin a from")
    assert lines[1].startswith("theano plugins: theano_register_types of a (")


def test_table_asked_for_by_a_hook_of_its_own_stage_is_given_as_it_is(managed):
    sizes = []

    def shapes(registry):
        registry.table("shape").register(Op, rule)
        sizes.append(len(registry.table("shape")))

    managed(a=plugin(theano_register_shape_rules=shapes)).registry.table("shape")
    assert sizes == [1]


def test_other_threads_wait_for_full_tables(managed):
    started, go = threading.Event(), threading.Event()

    def slow(registry):
        started.set()
        assert go.wait(60)
        registry.table("shape").register(Op, rule)

    manager = managed(a=plugin(theano_register_shape_rules=slow))
    found = []
    threads = [threading.Thread(target=lambda: found.append(manager.registry.table("shape").lookup(Op())))] * 1
    threads.append(threading.Thread(target=lambda: found.append(manager.registry.table("shape").lookup(Op()))))
    threads[0].start()
    assert started.wait(60)
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(60)
    assert found == [rule, rule]


def test_lookup_after_loading_is_a_few_lines(managed, lines_run):
    manager = managed()
    op = Child()
    manager.registry.table("shape").lookup(op)
    assert lines_run(lambda: manager.registry.table("shape").lookup(op)) < 30


# ---- specifications


SPECS = [name for name in vars(hookspecs) if name.startswith("theano_")]


@pytest.mark.parametrize("name", SPECS)
def test_every_hook_has_a_page(name):
    function = getattr(hookspecs, name)
    doc = inspect.getdoc(function)
    assert "When and by whom:" in doc
    assert f"def {name}(" in doc
    for argument in inspect.signature(function).parameters:
        assert re.search(rf"^{argument} : ", doc, re.MULTILINE), argument
    if inspect.signature(function).return_annotation != "None":
        assert "Returns\n-------" in doc


# ---- real discovery, in a process of its own


def make_distribution(folder, name, code, entry=None):
    (folder / f"{name}_plugin.py").write_text(textwrap.dedent(code))
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[theano]\n{name} = {entry or name + '_plugin'}\n")


def run(folder, code, **environment):
    env = {k: v for k, v in os.environ.items() if not k.startswith("THEANO")}
    env.update({"PYTHONPATH": str(folder), "HOME": str(folder), **environment})
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300)


GOOD = """
    from theano.plugin import hookimpl

    @hookimpl
    def theano_register_config(registry):
        from theano.configuration import AddConfigVar, IntParam
        AddConfigVar("goodone.level", "How good.", IntParam(1), in_c_key=False)

    @hookimpl
    def theano_register_ops(registry):
        registry.ops["good"] = "the op"
"""


def test_installed_plugins_are_found_and_a_broken_one_breaks_nothing(tmp_path):
    make_distribution(tmp_path, "goodone", GOOD)
    make_distribution(tmp_path, "badone", "raise RuntimeError('cannot work here')")
    make_distribution(tmp_path, "gone", "", entry="module_that_is_not_there")
    code = (
        "import theano, theano.plugin as p; print(p.registry().ops['good'], theano.config.goodone.level);"
        "print(*[problem.plugin for problem in p.problems()])"
    )
    done = run(tmp_path, code, THEANO_PLUGINS="goodone,badone,gone", THEANO_FLAGS="goodone.level=3")
    assert done.stdout == "the op 3\nbadone gone\n", done.stderr
    assert "plugin 'badone': import from badone 1.0: RuntimeError: cannot work here" in done.stderr
    assert "THEANO_DISABLE_PLUGINS=gone" in done.stderr


def test_wrong_option_of_an_installed_plugin_is_an_error(tmp_path):
    make_distribution(tmp_path, "goodone", GOOD)
    code = "import theano.plugin as p; p.registry().ops"
    done = run(tmp_path, code, THEANO_PLUGINS="goodone", THEANO_FLAGS="goodone.levle=3")
    assert "did you mean goodone.level?" in done.stderr
    assert done.returncode == 1


def test_doctor_shows_plugins_and_problems(tmp_path):
    make_distribution(tmp_path, "goodone", GOOD)
    make_distribution(tmp_path, "badone", "raise RuntimeError('cannot work here')")
    code = "import runpy; runpy.run_module('theano', run_name='__main__')"
    done = run(tmp_path, code, THEANO_PLUGINS="goodone,badone", THEANO_FLAGS="goodone.level=3,floatX=float32")
    assert done.returncode == 1
    assert done.stderr == ""
    for line in (
        "  goodone: goodone_plugin (goodone 1.0)",
        "  goodone.level = 3 (from THEANO_FLAGS)",
        "  floatX = float32 (from THEANO_FLAGS)",
        "Problems: 1",
        "  Python executor: always available",
    ):
        assert line in done.stdout.splitlines()


# ---- Rules that are registered when a class is met


def test_rules_of_a_module_are_loaded_when_a_class_of_it_is_met():
    table, loads = RuleTable("colour"), []

    def load():
        loads.append(1)
        table.register(Child, lambda: "red")

    table.register_later(Child.__module__, load)
    assert not loads
    assert table.lookup_class(Child)() == "red"
    assert table.lookup_class(Child)() == "red"
    assert loads == [1]


def test_a_rule_beside_one_that_was_put_off_is_noticed():
    table = RuleTable("colour")
    table.register_later(Child.__module__, lambda: table.register(Child, lambda: "red"))
    with pytest.raises(DuplicateRegistrationError):
        table.register(Child, lambda: "green")
    assert table.lookup_class(Child)() == "red"


def test_load_all_leaves_nothing_for_later():
    table = RuleTable("colour")
    table.register_later("some.module", lambda: table.register(Child, lambda: "red"))
    table.load_all()
    assert len(table) == 1


# ---- Marks


def test_own_marks_are_those_of_pluggy():
    from theano.plugin.pluggy_manager import HookManager

    module = types.ModuleType("made_here")
    order = []
    module.theano_report = hookimpl(trylast=True)(lambda config: order.append("last"))
    other = types.ModuleType("made_elsewhere")
    other.theano_report = hookimpl(lambda config: order.append("first"))
    manager = HookManager([("other", other), ("one", module)])
    manager.hook.theano_report(config=None)
    assert order == ["first", "last"]
    assert manager.hook.theano_explain_error.spec is not None
