"""A runtime that was made of other sources is not used."""

import os
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import pytest

from theano.cpu import stamp


@pytest.fixture
def checkout(tmp_path):
    """The folder of a package with two sources, in a checkout."""
    folder = tmp_path / "src" / "theano" / "cpu"
    (folder / "runtime").mkdir(parents=True)
    (tmp_path / "setup.py").write_text("")
    (folder / "build_runtime.py").write_text("DECLARATIONS")
    (folder / "runtime" / "plan.c").write_text("int plan;")
    return folder


def runtime(text):
    """A runtime with this stamp."""
    lib = SimpleNamespace() if text is None else SimpleNamespace(rt_stamp=text.encode)
    return SimpleNamespace(lib=lib, ffi=SimpleNamespace(string=lambda text: text))


def made_of(folder):
    entries = stamp.sources(str(folder))
    return runtime(f"{stamp.times(entries)}:{stamp.contents(entries)}")


def test_sources_that_nobody_touched_are_not_read(checkout, monkeypatch):
    built = made_of(checkout)
    monkeypatch.setattr(stamp, "contents", lambda entries: pytest.fail("read"))
    assert stamp.mismatch(built, str(checkout)) is None


def test_touched_sources_with_the_same_contents_are_fine(checkout):
    built = made_of(checkout)
    os.utime(checkout / "runtime" / "plan.c", (1, 1))
    assert stamp.mismatch(built, str(checkout)) is None


@pytest.mark.parametrize("name", ["runtime/plan.c", "runtime/plan.h", "build_runtime.py"])
def test_other_sources(checkout, name):
    built = made_of(checkout)
    (checkout / name).write_text("int plam;")
    os.utime(checkout / name, (1, 1))  # older than the runtime, as a copy may be
    why = stamp.mismatch(built, str(checkout))
    assert f"run `python setup.py build_ext --inplace` in {checkout.parents[2]}" in why


def test_a_runtime_without_a_stamp(checkout):
    assert "not made of the C sources" in stamp.mismatch(runtime(None), str(checkout))


def test_an_installed_package_is_not_asked(checkout):
    (checkout.parents[2] / "setup.py").unlink()
    assert stamp.mismatch(runtime(None), str(checkout)) is None


@pytest.mark.c
def test_the_recipe_stamps_the_runtime():
    from theano.cpu import _runtime

    text = _runtime.ffi.string(_runtime.lib.rt_stamp()).decode()
    assert text.split(":")[1] == stamp.contents(stamp.sources(stamp.FOLDER))


@pytest.mark.c
def test_functions_run_in_python_then():
    program = """
        import warnings
        import theano, theano.tensor as T
        from theano.cpu import stamp
        stamp.mismatch = lambda runtime: "of other sources (run this)"
        x = T.dvector()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            f, g = theano.function([x], x + 1), theano.function([x], x + 2)
        text, = {str(warning.message) for warning in caught}
        assert "'cpu'" in text and "of other sources (run this)" in text, text
        assert type(f).__name__ == type(g).__name__ == "PythonFunction"
        print(f([1, 2]).tolist(), g([1, 2]).tolist())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert done.stdout == "[2.0, 3.0] [3.0, 4.0]\n", done.stderr
