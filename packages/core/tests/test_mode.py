"""Modes, linkers, queries, and the choice of a backend."""

import warnings

import pytest
from small_ops import add, mul, number

from theano.compile import (
    FAST_COMPILE,
    FAST_RUN,
    BackendUnavailable,
    Mode,
    PythonFunction,
    Query,
    function,
    get_default_mode,
    get_mode,
    predefined_linkers,
    predefined_modes,
    predefined_optimizers,
    register_linker,
    register_mode,
    register_optimizer,
)
from theano.compile import backend as backend_module
from theano.configuration import change_flags
from theano.plugin import registry


class Recorder:
    """A rewriter that counts, and turns each ``x + y`` into ``x * y``."""

    def __init__(self):
        self.seen = 0

    def optimize(self, fgraph):
        self.seen += 1
        for node in fgraph.toposort():
            if type(node.op) is type(add):
                fgraph.replace_validate(node.outputs[0], mul(*node.inputs), reason="test")


class FakeBackend:
    target = None

    def __init__(self, name, reason=None, late=None):
        self.name, self.reason, self.late = name, reason, late
        self.made = 0

    def unavailable(self):
        return self.reason

    def make_function(self, maker, plan, containers):
        if self.late:
            raise BackendUnavailable(self.late)
        self.made += 1
        return PythonFunction(maker, plan, containers)


@pytest.fixture
def backends():
    """Registers backends and forgets them, and the warnings about them, afterwards."""
    added = []

    def register(backend):
        registry().backends[backend.name] = backend
        added.append(backend.name)
        return backend

    yield register
    for name in added:
        registry().backends.pop(name)
        backend_module._warned.discard(name)


@pytest.fixture
def scratch():
    """Names to register under, removed from all tables afterwards."""
    yield "test_scratch"
    for table in (predefined_modes, predefined_linkers, predefined_optimizers):
        table.pop("test_scratch", None)


def test_queries_are_values():
    query = Query(include=["a", "b", "a"]).including("c").excluding("d").requiring("e")
    assert query == Query(include=["a", "b", "c"], exclude=["d"], require=["e"])
    assert hash(query) == hash(Query(["a", "b", "c"], ["e"], ["d"]))
    assert Query("one").include == ("one",)
    assert query.register(("rewriter", 3.0)).extra_optimizations == (("rewriter", 3.0),)


def test_names_of_optimizers_stand_for_queries():
    assert Mode("py", "o4").provided_optimizer == "o4"
    assert Mode("py", "o3").excluding("x").provided_optimizer.exclude == ("inplace", "x")
    assert Mode("py", None).including("merge").provided_optimizer.include == ("merge",)
    assert Mode("py", "stabilize").requiring("s").provided_optimizer.position_cutoff == pytest.approx(1.5, abs=1e-3)


def test_unknown_names_are_errors_with_a_suggestion():
    with pytest.raises(KeyError, match="fast_run"):
        Mode("py", "fast_rum")
    with pytest.raises(KeyError, match="linker 'cvn'"):
        Mode("cvn")
    with pytest.raises(KeyError, match="FAST_RUN"):
        get_mode("FAST_RUM")


def test_copies_keep_their_class_and_leave_the_original():
    class Special(Mode):
        pass

    mode = Special("py", "fast_run")
    copy = mode.excluding("fusion")
    assert type(copy) is Special
    assert copy is not mode
    assert mode.provided_optimizer == "fast_run"
    assert mode.clone(link_kwargs={"allow_gc": False}).linker.allow_gc is False
    assert mode.clone(optimizer="merge").provided_optimizer == "merge"


def test_a_ready_rewriter_is_used_but_has_no_tags():
    recorder = Recorder()
    mode = Mode("py", recorder)
    x = number("x")
    assert function([x], add(x, 5.0), mode)(3) == 15
    assert recorder.seen == 1
    with pytest.raises(TypeError, match="no tags"):
        mode.including("fusion")


def test_registered_rewriters_run_in_order():
    recorder = Recorder()
    x = number("x")
    f = function([x], add(x, 5.0), Mode("py", None).register((recorder, 2.0)))
    assert f(3) == 15
    assert recorder.seen == 1


def test_names_are_kept_when_a_variable_is_replaced():
    x = number("x")
    total = add(x, 5.0)
    total.name = "total"
    f = function([x], total, Mode("py", Recorder()))
    assert f.maker.fgraph.outputs[0].name == "total"


def test_get_mode():
    mode = Mode("py", None)
    assert get_mode(mode) is mode
    assert get_mode("FAST_RUN") is FAST_RUN
    assert get_mode("FAST_COMPILE") is FAST_COMPILE
    assert get_default_mode() is get_default_mode()


def test_the_default_mode_follows_the_configuration():
    with change_flags(mode="FAST_COMPILE"):
        assert get_mode(None) is FAST_COMPILE
    with change_flags(mode="Mode", linker="py", optimizer="merge"):
        assert get_mode(None).linker is predefined_linkers["py"]
        assert get_mode(None).provided_optimizer == "merge"


def test_tables_of_names(scratch):
    mode = Mode("py", None)
    register_mode(scratch, mode)
    assert get_mode(scratch) is mode
    with pytest.raises(ValueError, match="name is taken"):
        register_mode(scratch, mode)
    register_linker(scratch, predefined_linkers["py"])
    register_optimizer(scratch, Query(["merge"]))
    assert Mode(scratch, scratch).linker.backend == "py"


def test_a_linker_may_name_a_registered_backend(backends):
    backend = backends(FakeBackend("fake"))
    x = number("x")
    f = function([x], add(x, 1), Mode("fake", None))
    assert f(1) == 2
    assert backend.made == 1
    assert f.maker.backend is backend


def test_an_unavailable_backend_gives_one_warning_and_right_results(backends):
    backends(FakeBackend("broken", reason="no compiler was found"))
    x = number("x")
    with pytest.warns(UserWarning, match="no compiler was found"):
        assert function([x], add(x, 1), Mode("broken", None))(1) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert function([x], add(x, 2), Mode("broken", None))(1) == 3


def test_a_backend_that_gives_up_late_is_replaced(backends):
    backends(FakeBackend("late", late="the compiler crashed"))
    x = number("x")
    with pytest.warns(UserWarning, match="the compiler crashed"):
        f = function([x], add(x, 1), Mode("late", None))
    assert f(1) == 2
    assert f.maker.backend.name == "py"


def test_a_backend_that_is_not_installed_is_passed_over(scratch):
    register_linker(scratch, type(predefined_linkers["py"])(scratch, "nowhere"))
    x = number("x")
    assert function([x], add(x, 1), Mode(scratch, None))(1) == 2


def test_calls_of_a_native_function_are_counted_around_it(backends):
    from theano.compile import Function, ProfileStats

    class Native(Function):
        stores_updates = True

        def __call__(self, x):
            return [x + 1]

    class NativeBackend(FakeBackend):
        def make_function(self, maker, plan, containers):
            return Native(maker, plan, containers)

    backends(NativeBackend("native"))
    x = number("x")
    stats = ProfileStats(atexit_print=False)
    f = function([x], [add(x, 1)], Mode("native", None), profile=stats)
    f.trust_input = True
    assert f(1) == [2]
    assert f.inner.trust_input
    assert (stats.fct_callcount, stats.apply_time) == (1, {})
    assert type(function([x], [add(x, 1)], Mode("native", None))) is Native


def test_a_device_that_is_not_there_is_said_once_or_refused(monkeypatch):
    from types import SimpleNamespace

    from theano.compile import backend

    monkeypatch.setattr(backend, "_warned", set())
    monkeypatch.setattr(backend, "config", SimpleNamespace(device="cuda", force_device=False))
    with pytest.warns(UserWarning, match="device=cuda"):
        backend.check_device()
    backend.check_device()
    monkeypatch.setattr(backend, "config", SimpleNamespace(device="cuda0", force_device=True))
    with pytest.raises(RuntimeError, match="device=cuda0"):
        backend.check_device()
