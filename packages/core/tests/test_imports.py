"""`import theano` stays light, and every module of core can be imported alone."""

import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import theano

BANNED = (
    "pluggy", "scipy", "importlib.metadata", "subprocess", "cffi", "pycuda", "configparser", "difflib", "shlex",
    "theano.plugin", "theano.graph", "theano.compile", "theano.tensor", "theano.opt", "theano.cpu", "theano.cuda",
    "theano.gradient", "theano.sparse", "theano.printing", "theano.gof",
)  # fmt: skip


def run(code, *options):
    env = {k: v for k, v in os.environ.items() if not k.startswith("THEANO")} | {"THEANORC": ""}
    done = subprocess.run([sys.executable, *options, "-c", code], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_theano_loads_nothing_that_it_does_not_need():
    # NumPy comes first: what it imports is its own affair.
    code = "import sys, numpy; before = set(sys.modules); import theano; print(*sorted(set(sys.modules) - before))"
    loaded = set(run(code).split())
    assert loaded.isdisjoint(BANNED)
    assert "theano.configuration" in loaded


def test_import_theano_leaves_logging_and_warnings_alone():
    code = (
        "import logging, warnings, numpy; before = list(warnings.filters); import theano;"
        "print(logging.getLogger().handlers, logging.getLogger('theano').handlers, warnings.filters == before)"
    )
    assert run(code) == "[] [] True\n"


def test_import_theano_keeps_its_budget():
    """The budget is NumPy and 60 ms. Lines and modules count, as on every machine the same: 30 000 take about 40 ms."""
    code = (
        "import sys, numpy; had = set(sys.modules); lines = 0\n"
        "def trace(frame, event, argument):\n    global lines; lines += event == 'line'; return trace\n"
        "sys.settrace(trace); import theano; sys.settrace(None); print(lines, len(set(sys.modules) - had))"
    )
    lines, modules = map(int, run(code).split())
    assert lines < 30_000
    assert modules < 25


def test_import_theano_with_warnings_as_errors():
    run("import theano", "-W", "error")


def modules_of(*rooms):
    folder = Path(theano._facade.__file__).parent
    for room in rooms:
        path = folder / room
        if path.is_dir():
            yield f"theano.{room}"
            yield from (m.name for m in pkgutil.walk_packages([str(path)], f"theano.{room}."))
        else:
            yield f"theano.{room}"


ROOMS = ("errors", "version", "updates", "configuration", "configparser", "configdefaults", "plugin", "printing", "gof",
         "compat", "__main__")  # fmt: skip


@pytest.mark.parametrize("name", sorted(modules_of(*ROOMS)))
def test_module_declares_what_it_offers(name):
    module = __import__(name, fromlist=["x"])
    assert module.__doc__, name
    for offered in getattr(module, "__all__", ()):
        if not name.startswith("theano.gof"):
            assert hasattr(module, offered), f"{name}.{offered}"


def test_foundations_import_nothing_from_above():
    code = (
        "import sys, theano.errors, theano.configuration, theano.plugin;"
        "print(*[m for m in sys.modules if m.startswith(('theano.graph', 'theano.compile', 'theano.lowering',"
        "'theano.codegen', 'theano.tensor'))])"
    )
    assert run(code) == "\n"


@pytest.mark.parametrize(
    "path", ["compile.debugmode.DebugMode", "compile.function_module.Function", "misc.pkl_utils.dump"]
)
def test_full_paths_work_after_import_theano(path):
    run(f"import theano; theano.{path}")
