"""What a program imports before its first result, and what our plugin modules promise."""

import subprocess
import sys

import pytest

from theano.plugin import get_manager
from theano.plugin.manager import Manager, _is_own
from theano.plugin.pluggy_manager import HookManager

PROGRAM = """
import sys
import theano
from theano import tensor
x = tensor.dvector("x")
theano.function([x], theano.grad((tensor.exp(x) * 2).sum(), x))([1.0])
absent = [name for name in {absent!r} if name in sys.modules]
assert not absent, absent
"""


def _python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "absent",
    [
        ["pluggy"],
        ["theano.scan_module.scan_op", "theano.cpu.calls.loop"],
        ["theano.tensor.random", "theano.gradient.rules.tensor.sort"],
        ["dataclasses", "importlib.metadata", "pathlib", "fractions", "json"],
    ],
)
def test_a_small_program_does_without(absent):
    # The interpreter's own start may bring some (a debugger, coverage): those are not our doing.
    bare = subprocess.run(
        [sys.executable, "-c", "import sys, numpy; print(*sys.modules)"], capture_output=True, text=True
    )
    wanted = [name for name in absent if name not in bare.stdout.split()]
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(absent=wanted)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_our_plugins_fit_the_specifications():
    """They are called without pluggy, which would have checked that."""
    manager = get_manager()
    manager.load()
    own = [(plugin.name, plugin.module) for plugin in manager.loaded if _is_own(plugin.module)]
    assert own
    checked = HookManager(own)
    checked.check_pending()
    for name, module in own:
        callers = checked.get_hookcallers(module)
        assert callers, name
        assert all(caller.has_spec() for caller in callers)


@pytest.mark.parametrize("value", [1.5, [1, 2], "text"])
def test_hooks_without_pluggy_answer_as_with_it(value):
    manager = Manager()
    plain = manager.call("theano_as_variable", {"value": value})
    assert manager._plugin_manager is None
    real = manager.plugin_manager.hook.theano_as_variable(value=value)
    assert type(plain) is type(real)
    assert getattr(plain, "type", None) == getattr(real, "type", None)
    assert Manager().call("theano_explain_error", {"error": ValueError(), "node": None}) == []


def test_every_tensor_op_with_a_rule_stands_in_the_index():
    """Rules are loaded by the module of an op: one that the index does not list would never be found."""
    from importlib import import_module

    from theano.gradient.rules.tensor import HOMES

    class Noting:
        def __init__(self):
            self.classes = set()

        def table(self, name):
            return self

        def register(self, op_class, rule):
            self.classes.add(op_class)

    for subject, homes in HOMES.items():
        noting = Noting()
        import_module(f"theano.gradient.rules.tensor.{subject}").register(noting)
        assert {c.__module__ for c in noting.classes} == {f"theano.tensor.{home}" for home in homes}, subject
