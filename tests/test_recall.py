"""Functions that another process compiled: nothing tells them from functions that were compiled here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).with_name("recalled_programs.py")

KEPT = ["chain", "training_step", "mismatch", "positions", "swap", "twin", "defaults", "lent", "constants", "branches",
        "draws", "checked", "same_storage", "other_storage"]  # fmt: skip

SMALL = """
import sys
import numpy as np
import theano
from theano import tensor as T
{before}
x = T.dvector("x")
f = theano.function([x], {expression})
loaded = [name in sys.modules for name in ("theano.opt.database", "theano.lowering")]
print(f([1.0, 2.0]).tolist(), getattr(f, "_recipe", None) is not None, *loaded)
"""


# The files of a checkout may have been written a moment ago, which would forbid to keep anything.
LATER = "import theano.version; theano.version.loaded_at += 3600.0\n"


def run(folder, code, seed=0, flags=""):
    """What a process prints whose cache is in `folder`."""
    own = {"XDG_CACHE_HOME": str(folder), "PYTHONHASHSEED": str(seed), "THEANO_FLAGS": flags}
    script = folder / "scripts" / "program.py"
    script.parent.mkdir(exist_ok=True)
    script.write_text(LATER + code)
    done = subprocess.run([sys.executable, str(script)], env=os.environ | own, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def small(folder, expression="T.exp(x) * 2", before="", **options):
    return run(folder, SMALL.format(expression=expression, before=before), **options).split("] ")[-1].split()


def programs(folder, lines=0, **options):
    code = PROGRAMS.read_text().replace("# MOVED\n", "\n" * lines)
    return json.loads(run(folder, code, **options).splitlines()[-1])


@pytest.mark.c
def test_recalled_functions_are_as_compiled_ones(tmp_path):
    """Values, errors with the lines of this program, graphs, copies, pickles; whatever the order of sets is."""
    first = programs(tmp_path, seed=1)
    second = programs(tmp_path, lines=5, seed=2)
    other = programs(tmp_path, lines=5, seed=3, flags="plan_cache=False")
    assert not any(recalled for name, (recalled, _) in first["recalled"].items() if name != "twin")
    assert first["recalled"]["twin"][0]  # by the process that compiled it
    assert [name for name, (recalled, _) in second["recalled"].items() if recalled] == KEPT
    assert not any(recalled for recalled, _ in other["recalled"].values())
    for name in other["told"]:
        assert second["told"][name] == other["told"][name], name
    assert first["told"] != other["told"]  # lines have moved


@pytest.mark.c
def test_a_recalled_function_needs_neither_rewrites_nor_lowering(tmp_path):
    assert small(tmp_path) == ["False", "True", "True"]
    assert small(tmp_path) == ["True", "False", "False"]
    assert small(tmp_path, "T.exp(x) * 3") == ["False", "True", "True"]


OWN_OP = """
from theano.graph import Apply, Op
class Own(Op):
    __props__ = ()
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, outputs, params=None):
        outputs[0][0] = inputs[0] * 2
own = Own()
"""

REWRITE = """
from theano.opt import local_optimizer, register_canonicalize
@register_canonicalize
@local_optimizer([T.exp])
def exp_is_sin(node):
    if node.op == T.exp:
        return [T.sin(node.inputs[0])]
"""

RULE = """
from theano.plugin import table
table("lowering.c").register(type(T.exp), lambda node, build: None)
"""

PLUGIN = """
import types
from theano.plugin import get_manager, hookimpl
plugin = types.SimpleNamespace(theano_modify_pipeline=hookimpl(lambda stages: None))
get_manager().plugin_manager.register(plugin, "own")
"""


@pytest.mark.c
@pytest.mark.parametrize(
    ("before", "expression"),
    [(OWN_OP, "own(T.exp(x))"), (REWRITE, "T.exp(x) * 2"), (RULE, "T.exp(x) * 2"), (PLUGIN, "T.exp(x) * 2"),
     ("np.seterr(all='warn')", "T.exp(x) * 2"), ("", "theano.as_op([x.type], [x.type])(lambda v: 2 * v)(x)")],
    ids=["op", "rewrite", "rule", "plugin", "numpy's messages", "function"],
)  # fmt: skip
def test_what_others_bring_is_compiled_anew(tmp_path, before, expression):
    small(tmp_path)
    for _ in range(2):
        assert small(tmp_path, expression, before)[0] == "False"


@pytest.mark.c
def test_a_rewrite_of_ones_own_takes_effect_after_a_recall(tmp_path):
    code = SMALL.format(before="", expression="T.exp(x) * 2") + REWRITE + "\ng = theano.function([x], T.exp(x) * 2)\n"
    code += "print(g([1.0])[0] == 2 * np.sin(1.0), g._recipe is None)"
    run(tmp_path, code)
    assert run(tmp_path, code).splitlines()[-1] == "True True"


def plans(folder):
    return sorted((folder / "theano" / "kernels").glob("*.plan"))


@pytest.mark.c
@pytest.mark.parametrize("spoil", ["cut", "bit", "empty", "other", "link"])
def test_spoilt_recipes_are_replaced(tmp_path, spoil):
    small(tmp_path)
    small(tmp_path, "T.exp(x) * 3")
    good = {path: path.read_bytes() for path in plans(tmp_path)}
    assert len(good) == 2
    for path, data in good.items():
        if spoil == "link":
            path.rename(tmp_path / path.name)
            path.symlink_to(tmp_path / path.name)
            continue
        middle = len(data) // 2
        path.write_bytes(
            {
                "cut": data[:-1],
                "bit": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
                "empty": b"",
                "other": b"not a recipe at all" * 100,
            }[spoil]
        )
    assert small(tmp_path)[0] == "False"
    assert small(tmp_path)[0] == "True"
    small(tmp_path, "T.exp(x) * 3")
    assert {path: path.read_bytes() for path in plans(tmp_path)} == good


@pytest.mark.c
def test_a_recipe_whose_kernels_are_gone_is_a_miss(tmp_path):
    small(tmp_path)
    for path in (tmp_path / "theano" / "kernels").glob("*.so"):
        path.unlink()
    assert small(tmp_path)[0] == "False"
    assert small(tmp_path)[0] == "True"


@pytest.mark.c
@pytest.mark.parametrize("flags", ["floatX=float32", "gcc.cxxflags=-fno-math-errno", "optimizer_excluding=fusion"])
def test_other_options_are_other_functions(tmp_path, flags):
    small(tmp_path)
    assert small(tmp_path, flags=flags)[0] == "False"
    assert small(tmp_path, flags=flags)[0] == "True"
    assert small(tmp_path)[0] == "True"
