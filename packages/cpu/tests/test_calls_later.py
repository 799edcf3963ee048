"""Files of rows are imported when a graph has one of their ops."""

import subprocess
import sys
from importlib import import_module

import pytest

from theano.cpu.calls import FILES
from theano.plugin.rules import RuleTable


@pytest.mark.parametrize("name", FILES)
def test_modules_of_all_ops_are_listed(name):
    rows = import_module(f"theano.cpu.calls.{name}").ROWS
    assert {f"theano.{module}" for module in FILES[name]} == {op_class.__module__ for op_class, _ in rows}


def test_every_row_is_found_whatever_op_comes_first():
    from theano.cpu.calls import register_calls

    rows = [row for name in FILES for row in import_module(f"theano.cpu.calls.{name}").ROWS]
    for first, _ in rows:
        table = RuleTable("lowering.c")
        register_calls(table)
        table.lookup_class(first)
        assert all(table.lookup_class(op_class) is rule for op_class, rule in rows)


PLAIN = """
import sys
import theano, theano.tensor as tt
x = tt.dvector()
f = theano.function([x], tt.exp(x) + 1)
assert f([0.0]).tolist() == [2.0]
assert type(f).__name__ == "NativeFunction"
loaded = [m for m in sys.modules if m.startswith(("theano.cpu.calls.", "theano.ifelse"))]
assert not loaded, loaded
"""


@pytest.mark.c
def test_a_loop_needs_no_rows():
    subprocess.run([sys.executable, "-c", PLAIN], check=True)
