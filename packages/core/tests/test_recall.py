"""Functions whose plans a backend has kept: when they have a key, and that nothing shows how they were made."""

import os
import pickle
import re
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from small_ops import add, fail, mul, number, vector
from toy_graph import Scale

import theano
from theano.compile import In, Mode, Out, ProfileStats, PythonBackend, SharedVariable, function, installation, recall
from theano.compile.identity import Uncertain, graph_text
from theano.compile.linkers import Linker
from theano.compile.maker import FunctionMaker
from theano.configuration import config
from theano.configuration.parser import as_of, deviations
from theano.graph import Apply, Constant, Generic, Op
from theano.plugin import get_manager, registry


def text(inputs, outputs, ours=lambda module: True):
    return graph_text(inputs, outputs, ours)


# What makes a difference.


def line(a=1.0, b=2.0, name="x", middle=None):
    x = number(name)
    inner = mul(x, a)
    inner.name = middle
    return text([x], [add(inner, b)])


def test_equal_graphs_have_equal_texts():
    assert line() == line()
    assert line() != line(a=2.0)


@pytest.mark.parametrize("change", [{"a": -1.0}, {"b": 1.0}, {"name": None}, {"name": "y"}, {"middle": "m"}])
def test_constants_and_names_count(change):
    assert line(**change) != line()


def test_zeros_of_both_signs_and_nans_are_told_apart():
    texts = {line(a=value) for value in (0.0, -0.0, np.nan, np.inf, -np.inf)}
    assert len(texts) == 5
    assert line(a=np.nan) == line(a=np.nan)


def test_structure_counts():
    x, y = number("x"), number("y")
    total = add(x, y)
    cases = [
        ([x, y], [total]),
        ([y, x], [total]),
        ([x, y], [add(y, x)]),
        ([x, y], [total, total]),
        ([x, y], [total, add(x, y)]),
        ([x, y], [mul(x, y)]),
        ([x, y], [x]),
        ([x, y], [y]),
        ([x, y, total], [total]),
    ]
    texts = [text(*case) for case in cases]
    assert len(set(texts)) == len(texts)


def test_types_count():
    texts = {text([v], [v]) for v in (number("x"), vector("x"), Generic()("x"))}
    assert len(texts) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (0.0, -0.0), ("1", 1), ((1, 2), [1, 2]), ((1, (2,)), (1, 2)), ({1: 2}, {2: 1}), ("a", b"a"),
     (np.float32(1), np.float64(1)), (np.int64(1), 1), (slice(1), slice(1, None)), (int, float), (len, max),
     (np.dtype("f4"), np.dtype("f8")), (frozenset({1}), frozenset({2})), (None, "None"), (2**70, 2**71),
     (np.arange(4), np.arange(4).reshape(2, 2)), (np.ones((2, 2)), np.ones((2, 2), order="F")[:, ::1])],
)  # fmt: skip
def test_parameters_of_ops_count(one, other):
    x = number("x")

    def of(parameter):
        return text([x], [Scale(parameter)(x)])

    assert of(one) == of(one)
    if not (isinstance(one, np.ndarray) and one.shape == other.shape and other.flags.c_contiguous):
        assert of(one) != of(other)


def test_sets_are_told_in_one_order():
    x = number("x")
    names = [f"name{i}" for i in range(20)]
    assert text([x], [Scale(frozenset(names))(x)]) == text([x], [Scale(frozenset(reversed(names)))(x)])


# What has no text.


class Custom:
    pass


class Recursive(Op):
    """An op with a graph as parameter."""

    def __init__(self, variable):
        self.variable = variable

    def make_node(self, x):
        return Apply(self, [x], [x.type()])


@pytest.mark.parametrize(
    "parameter",
    [lambda x: x, np.add, object(), type("Local", (), {}), np.array([{}], dtype=object), np.ones((4, 4))[::2, ::2],
     np.zeros((1 << 20) + 1, "i1"), number("v"), np.datetime64("2000-01-01"), os, iter(())],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(parameter):
    x = number("x")
    with pytest.raises(Uncertain):
        text(
            [x], [Scale(parameter)(x)], lambda module: module.partition(".")[0] in ("small_ops", "toy_graph", "theano")
        )


def test_classes_of_others_are_refused():
    x = number("x")
    with pytest.raises(Uncertain):
        text([x], [add(x, x)], lambda module: module.startswith("theano."))
    with pytest.raises(Uncertain):
        text([x], [Scale(Custom())(x)], lambda module: module != __name__)
    assert text([x], [Scale(Custom())(x)])  # an object is told by its class and what it holds


def test_graphs_as_parameters_are_refused():
    x = number("x")
    with pytest.raises(Uncertain):
        text([x], [Recursive(number("y"))(x)])


def test_a_class_that_took_a_name_is_refused():
    taken = type("Add", (Op,), {"__module__": "small_ops", "__qualname__": "Add", "__props__": ()})
    x = number("x")
    with pytest.raises(Uncertain):
        text([x], [Apply(taken(), [x], [number()]).outputs[0]])


def test_notes_that_somebody_might_read_are_refused():
    x = number("x")
    y = add(x, x)
    y.tag.mine = 1
    with pytest.raises(Uncertain):
        text([x], [y])
    del y.tag.mine
    y.owner.tag.mine = 1
    with pytest.raises(Uncertain):
        text([x], [y])


def test_missing_inputs_are_refused():
    with pytest.raises(Uncertain):
        text([], [add(number("x"), 1.0)])


# Keys of functions.


def key(inputs=None, outputs=None, mode=None, **options):
    x = number("x")
    maker = object.__new__(FunctionMaker)
    maker.mode = Mode("cvm", "fast_run") if mode is None else mode
    maker.specs = [In(x, **options)] if inputs is None else inputs
    maker.roots = [spec.variable for spec in maker.specs]
    maker.results = [Out(add(maker.roots[0], 1.0))] if outputs is None else outputs
    maker.accept_inplace = False
    maker.options = deviations()
    return recall.function_key(maker)


@pytest.fixture
def all_ours(monkeypatch):
    monkeypatch.setattr(recall, "is_ours", lambda module: True)


@pytest.mark.usefixtures("all_ours")
def test_what_was_said_about_inputs_outputs_and_rewrites_counts():
    x = number("x")
    keys = [
        key(),
        key(mutable=True),
        key(borrow=True),
        key(strict=True),
        key(allow_downcast=True),
        key(allow_downcast=False),
        key(name="other"),
        key(value=1.0),
        key(mode=Mode("cvm", "fast_compile")),
        key(mode=Mode("cvm", None)),
        key(mode=Mode("cvm", "fast_run").excluding("fusion")),
        key(mode=Mode("cvm", "fast_run").including("more")),
        key(mode=Mode("c|py", "fast_run")),
        key(inputs=[In(x)], outputs=[Out(add(x, 1.0), borrow=True)]),
        key(inputs=[In(x, update=add(x, 1.0))], outputs=[]),
        key(inputs=[In(x)], outputs=[]),
    ]
    assert None not in keys
    assert len(set(keys)) == len(keys)
    assert key() == keys[0]


@pytest.mark.usefixtures("all_ours")
def test_storage_that_inputs_share_counts():
    x, y = number("x"), number("y")
    s = SharedVariable("s", x.type, np.asarray(1.0), strict=False)
    other = SharedVariable("s", x.type, np.asarray(1.0), strict=False)

    def with_values(one, two):
        return key(inputs=[In(x, value=one), In(y, value=two)], outputs=[Out(add(x, y))])

    apart = with_values(s, other)
    assert apart == with_values(other, s.container)
    assert with_values(s, s.container) == with_values(other, other)
    assert with_values(s, s) not in (apart, None)


@pytest.mark.usefixtures("all_ours")
def test_options_count_and_some_forbid_keys():
    plain = key()
    with config_as(floatX="float32"):
        assert key() not in (plain, None)
    with config_as(optimizer_verbose=True):
        assert key() is None
    with config_as(mode=Mode("py", None)):
        assert key() is None
    with config_as({"unittests.rseed": 5}):
        assert key() == plain
    assert key() == plain


def config_as(flags=(), **more):
    from theano.configuration import change_flags

    return change_flags(flags, **more)


@pytest.mark.usefixtures("all_ours")
def test_rewriters_in_a_mode_and_classes_of_inputs_forbid_keys():
    class Special(In):
        pass

    x = number("x")
    assert key(mode=Mode("cvm", "fast_run").register((lambda fgraph: None, 5.0))) is None
    assert key(inputs=[Special(x)]) is None
    marked = Mode("cvm", "fast_run")
    marked.mine = True
    assert key(mode=marked) is None


# The code.


@pytest.fixture
def standard(monkeypatch):
    """Whatever other tests have registered."""
    manager = get_manager()
    manager.load()
    monkeypatch.setattr(manager, "_plugin_manager", None)
    monkeypatch.setattr(manager, "problems", [])
    monkeypatch.setattr(manager.registry, "altered", False)
    monkeypatch.setattr(installation, "code_identity", lambda: "code")


@pytest.mark.usefixtures("standard")
def test_registrations_outside_of_hooks_end_certainty(monkeypatch):
    assert installation.is_certain()
    registry().table("shape").register(Custom, lambda node, shapes: shapes)
    assert not installation.is_certain()
    monkeypatch.setattr(registry(), "altered", False)
    registry().table("shape").register_later(__name__, lambda: registry().table("forward").register(Custom, print))
    registry().table("shape").lookup(Custom())
    assert installation.is_certain()  # it was announced in time
    registry().note_change()
    assert not installation.is_certain()
    for name in ("shape", "forward"):
        del registry().table(name).rows[Custom]


@pytest.mark.usefixtures("standard")
def test_settings_of_numpy_that_make_messages_end_certainty():
    with np.errstate(divide="warn"):
        assert not installation.is_certain()
    assert installation.is_certain()


@pytest.mark.usefixtures("standard")
def test_plugins_of_others_end_certainty(monkeypatch):
    other = SimpleNamespace(name="other", module=SimpleNamespace(__name__="somebody.plugin"))
    monkeypatch.setattr(get_manager(), "loaded", [*get_manager().loaded, other])
    assert not installation.is_certain()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of three files, which are older than this process."""
    inner = tmp_path / "theano" / "inner"
    inner.mkdir(parents=True)
    for path in (inner.parent / "__init__.py", inner / "rules.py", inner / "notes.txt"):
        path.write_text("1")
    monkeypatch.setattr(theano, "__path__", [str(inner.parent)])
    monkeypatch.setattr(installation, "_found", {})
    monkeypatch.setattr(installation, "_loaded", {})
    monkeypatch.setattr(installation, "_survey", installation.survey_folder)
    monkeypatch.setattr(installation, "loaded_at", time.time() + 60)
    yield inner
    installation.code_identity.cache_clear()


def identity():
    installation.code_identity.cache_clear()
    installation._found.clear()
    return installation.code_identity()


def test_the_identity_of_code_changes_with_any_file(package):
    first = identity()
    assert first is not None
    assert identity() == first
    (package / "notes.txt").write_text("22")
    assert identity() == first
    (package / "rules.py").write_text("22")
    second = identity()
    os.utime(package / "rules.py", (1, 1))
    third = identity()
    (package / "more.py").write_text("")
    assert len({first, second, third, identity()}) == 4
    names = {folder: set(re.findall(rb"\n(.*?)/", text)) for folder, text in installation._found.items()}
    assert names == {str(package.parent): {b"__init__.py"}, str(package): {b"rules.py", b"more.py"}}


def test_a_process_that_began_before_a_file_changed_has_no_identity(package, monkeypatch):
    monkeypatch.setattr(installation, "loaded_at", time.time())
    os.utime(package / "rules.py", (1, 1))  # as if put back: the file was changed all the same
    assert identity() is None


def test_files_that_changed_after_the_first_look_are_noticed(package, monkeypatch):
    assert identity() is not None
    path = package / "rules.py"
    loaded = {"theano.inner.rules": SimpleNamespace(__file__=str(path)), "os": os}
    monkeypatch.setattr(installation, "sys", SimpleNamespace(modules=loaded))
    assert installation.is_ours("theano.inner.rules")
    assert installation.is_unchanged()
    path.write_text("333")
    assert not installation.is_unchanged()
    path.unlink()
    assert not installation.is_unchanged()


def test_what_was_loaded_before_the_first_look_may_change_until_it_is_loaded_again(package, monkeypatch):
    path = package / "rules.py"
    module = SimpleNamespace(__file__=str(path), __spec__=object())
    monkeypatch.setattr(installation, "sys", SimpleNamespace(**vars(sys) | {"modules": {"theano.inner.rules": module}}))
    assert identity() is not None
    path.write_text("333")
    assert installation.is_unchanged()
    module.__spec__ = object()
    assert not installation.is_unchanged()


def test_a_folder_that_cannot_be_read_has_no_identity(package):
    (package / "dead.py").symlink_to(package / "nowhere")
    assert identity() is None


def test_options_are_as_they_were():
    before = deviations()
    with config_as(floatX="float32", optimizer_verbose=True):
        inner = deviations()
        with as_of(before):
            assert (config.floatX, config.optimizer_verbose) == ("float64", False)
            assert not {"floatX", "optimizer_verbose"} & {n for n, v in deviations().items() if v in ("float32", True)}
        assert deviations() == inner
    with as_of(inner):
        assert (config.floatX, config.optimizer_verbose) == ("float32", True)
    assert deviations() == before


# A backend that keeps plans.


class Keeper(PythonBackend):
    """Keeps the numbers of steps, and makes functions of the Python executor."""

    name = "keeper"

    def __init__(self):
        self.kept = {}

    def recall(self, key):
        return self.kept.get(key)

    def make_function(self, maker, plan, containers):
        made = super().make_function(maker, plan, containers)
        key = recall.claim_key(maker)
        if key is not None:
            self.kept[key] = SimpleNamespace(make_function=self._again, steps=len(plan.steps))
        return made

    def _again(self, maker, containers):
        from theano.compile.callable import Function, PythonFunction

        class Pending(Function):
            def __call__(self, *args):
                return self._slow_call(args, {})

            def _run(self, values):
                return PythonFunction(maker, maker.plan, containers)._run(values)

        return Pending(maker, None, containers)


@pytest.fixture
def keeper(monkeypatch):
    monkeypatch.setattr(recall, "is_ours", lambda module: True)
    monkeypatch.setattr(recall, "is_certain", lambda: True)
    monkeypatch.setattr(recall, "is_unchanged", lambda: True)
    monkeypatch.setattr(recall, "code_identity", lambda: "code")
    made = Keeper()
    altered = registry().altered
    registry().backends["keeper"] = made
    yield made
    del registry()._backends["keeper"]
    registry().altered = altered


MODE = Mode(Linker("keeper", "keeper"), None)


@contextmanager
def stages_run(monkeypatch):
    from theano.compile import pipeline

    seen = []
    original = pipeline.default_stages
    monkeypatch.setattr(pipeline, "default_stages", lambda: seen.append("run") or original())
    yield seen


def make(factor=3.0, name=None):
    x = number("x")
    return function([x, In(number("y"), value=np.asarray(1.0), name="y")], mul(add(x, 1.0), factor), MODE,
                    on_unused_input="ignore", name=name)  # fmt: skip


def test_a_kept_function_runs_no_stage_until_somebody_asks(keeper, monkeypatch):
    make()
    assert len(keeper.kept) == 1
    with stages_run(monkeypatch) as seen:
        f = make(name="again")
        assert f.maker.recalled is not None
        assert f.name == "again"
        assert [spec.name for spec, _, _ in f.indices] == ["x", "y"]
        assert f["y"] == 1
        assert not seen
        first = f.maker.fgraph
        assert f.maker.recalled is None
        assert seen == ["run"]
        assert f.maker.fgraph is first
        assert [o.variable for o in f.maker.outputs] == first.outputs
        assert len(f.maker.plan.steps) == 2
        assert seen == ["run"]
    assert f(2.0) == 9
    assert make(4.0).maker.recalled is None


@pytest.mark.parametrize("ask", ["inputs", "outputs", "plan", "fgraph", "copy", "pickle"])
def test_every_question_about_the_graph_settles_it(keeper, ask):
    make()
    f = make()
    if ask == "copy":
        assert f.copy().maker.recalled is None
    elif ask == "pickle":
        assert pickle.loads(pickle.dumps(f.maker)).fgraph.outputs
    else:
        assert getattr(f.maker, ask)
    assert f.maker.recalled is None
    assert f.maker.backend is keeper


def test_the_graph_is_made_with_the_options_of_then(keeper, monkeypatch):
    make()
    f = make()
    from theano.compile import pipeline

    seen = []
    original = pipeline.rewrite
    monkeypatch.setattr(pipeline, "rewrite", lambda maker: seen.append(config.floatX) or original(maker))
    with config_as(floatX="float32"):
        assert f.maker.fgraph is not None
    assert seen == ["float64"]


def test_nothing_is_kept_for_profiles_watched_linkers_or_with_the_option_off(keeper):
    x = number("x")
    for mode in (Mode(Linker("keeper", "keeper", None, print), None), Mode("py", None)):
        function([x], add(x, 1.0), mode)
    with config_as(plan_cache=False):
        make()
    assert keeper.kept == {}
    function([x], add(x, 1.0), MODE, profile=ProfileStats(atexit_print=False))
    assert keeper.kept == {}


def test_a_key_is_not_given_out_when_something_changed_meanwhile(keeper, monkeypatch):
    monkeypatch.setattr(recall, "is_unchanged", lambda: False)
    make()
    assert keeper.kept == {}


def test_failing_graphs_are_not_kept(keeper):
    x = number("x")
    f = function([x], fail(x), MODE)
    with pytest.raises(Exception, match="Apply node"):
        f(1.0)
    assert len(keeper.kept) == 1


def test_constants_are_part_of_the_key(keeper):
    x = number("x")
    for value in (1.0, 2.0, 1.0):
        function([x], add(x, Constant(number("c").type, value)), MODE)
    assert len(keeper.kept) == 2
