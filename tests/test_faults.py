"""What may go wrong around a program: compilers, caches, signals, plugins, missing packages.

Everything runs in processes of its own, as it does for users.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

GCC = shutil.which("gcc") or ""
needs_c = pytest.mark.skipif(not GCC, reason="needs gcc")

# What a user's program does: three functions, each with a kernel of its own, called.  It tells what it saw as JSON.
PROGRAM = """
    import json, os, sys, warnings
    started = []
    starts = ("subprocess.Popen", "os.posix_spawn")
    sys.addaudithook(lambda event, args: started.append(str(args[0])) if event in starts else None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        import numpy as np, theano
        from theano import tensor
        x = tensor.dvector("x")
        v = np.arange(5.0)
        kinds = []
        for k in range(2, 5):
            f = theano.function([x], [tensor.exp(x) * k - 1, tensor.sum(x * x / k)])
            kinds.append(type(f).__name__)
            a, b = f(v)
            assert np.allclose(a, np.exp(v) * k - 1) and np.allclose(b, (v * v / k).sum()), (a, b)
        w = theano.shared(np.zeros(5))
        step = theano.function([x], updates=[(w, w + x)])
        step(v), step(v)
        if "WITH_GRADIENT" in os.environ:
            theano.grad(tensor.sum(x * x), x)
        assert np.array_equal(w.get_value(), 2 * v)
    print(json.dumps({"kinds": kinds, "started": started, "warnings": [str(c.message) for c in caught]}))
"""


def environment(tmp_path, flags="", **more):
    """Variables of a process with a cache of its own below `tmp_path`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("THEANO", "PYTHON", "COV")) and k not in ("CC",)}
    cache = "" if "kernel_cache" in flags else f"kernel_cache={tmp_path / 'cache'}"
    return {
        **kept,
        "THEANO_FLAGS": ",".join(part for part in (cache, flags) if part),
        "THEANORC": str(tmp_path / "no-theanorc"),
        **more,
    }


def python(code, env, prefix=(), **more):
    command = [*prefix, sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, **more)


def told(code, env, **more):
    """What the program printed last, as JSON; it must end well."""
    done = python(code, env, **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def seen(tmp_path, flags="", **more):
    return told(PROGRAM, environment(tmp_path, flags, **more))


def script(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def leftovers(cache):
    """Files in the cache that are neither entries, libraries nor plans: temporary ones that nobody removed."""
    return [
        p.name
        for p in Path(cache).rglob("*")
        if p.is_file() and (p.name.startswith(".") or p.suffix not in (".so", ".json", ".plan", ".tools"))
    ]


# ---- compilers


def test_without_a_compiler_functions_run_in_python_with_one_warning(tmp_path):
    result = seen(tmp_path, PATH=str(tmp_path))
    assert result["kinds"] == ["PythonFunction"] * 3
    assert len(result["warnings"]) == 1
    assert "compile" in result["warnings"][0]
    assert result["started"] == []


def test_an_empty_cxx_asks_for_python_and_gets_it_silently(tmp_path):
    result = seen(tmp_path, "cxx=")
    assert result == {"kinds": ["PythonFunction"] * 3, "started": [], "warnings": []}


@needs_c
@pytest.mark.parametrize(
    "body",
    ["kill -SEGV $$", "echo 'internal compiler error' >&2; exit 4", "exit 0", "head -c 4096 /dev/zero > library.so"],
    ids=["crash", "complaint", "silence", "rubbish"],
)  # fmt: skip
def test_a_broken_compiler_gives_one_warning_and_right_results(tmp_path, body):
    result = seen(tmp_path, f"cxx={script(tmp_path / 'broken', body)}")
    assert result["kinds"] == ["PythonFunction"] * 3
    assert len(result["warnings"]) == 1, result["warnings"]
    assert not list((tmp_path / "cache").rglob("*.so"))


@needs_c
def test_a_hanging_compiler_is_given_up_after_the_time_limit(tmp_path):
    hang = script(tmp_path / "hang", f"echo $$ >> {tmp_path}/pids; exec sleep 600")
    result = seen(tmp_path, f"cxx={hang},compile.timeout=3")
    assert result["kinds"] == ["PythonFunction"] * 3
    assert len(result["warnings"]) == 1, result["warnings"]
    assert result["started"] == [str(hang)]  # asked once, then never again
    (pid,) = (tmp_path / "pids").read_text().split()
    assert not Path(f"/proc/{pid}").exists()


@needs_c
def test_a_compiler_that_fails_once_is_asked_again(tmp_path):
    body = f'if [ ! -e {tmp_path}/failed ]; then touch {tmp_path}/failed; exit 1; fi; exec {GCC} "$@"'
    result = seen(tmp_path, f"cxx={script(tmp_path / 'flaky', body)}")
    assert result["kinds"][-1] == "NativeFunction"


@needs_c
@pytest.mark.slow
def test_no_room_for_temporary_files(tmp_path):
    # the compiler cannot write anywhere: right results all the same
    result = seen(tmp_path, "compile.timeout=5", TMPDIR="/proc")
    assert len(result["kinds"]) == 3


# ---- caches


@needs_c
def test_the_second_process_starts_no_compiler(tmp_path):
    first, second = seen(tmp_path), seen(tmp_path)
    assert first["kinds"] == second["kinds"] == ["NativeFunction"] * 3
    assert first["started"]
    assert second["started"] == []
    assert first["warnings"] == second["warnings"] == []
    assert leftovers(tmp_path / "cache") == []


@needs_c
@pytest.mark.parametrize(
    "kind", ["kernel file system", "file in the way", "symbolic link", "writable by all", "relative"]
)
def test_an_unusable_cache_gives_one_warning_and_compiled_functions(tmp_path, kind):
    path = tmp_path / "cache"
    if kind == "kernel file system":
        path = Path("/proc/theano")
    elif kind == "file in the way":
        path.write_text("here")
    elif kind == "symbolic link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "writable by all":
        path.mkdir()
        path.chmod(0o777)
    else:
        path = "cache"
    result = told(PROGRAM, environment(tmp_path, f"kernel_cache={path}", TMPDIR=str(tmp_path)), cwd=tmp_path)
    assert result["kinds"] == ["NativeFunction"] * 3
    assert len(result["warnings"]) == 1, result["warnings"]
    assert "cache" in result["warnings"][0]
    if kind in ("symbolic link", "writable by all"):
        folder = tmp_path / ("elsewhere" if kind == "symbolic link" else "cache")
        assert not list(folder.rglob("*.so"))
    assert not list(tmp_path.glob("theano-*"))  # the private folder is gone with the process


def read_only_prefix(folder):
    """Words before a command for which `folder` cannot be written: by its mode, or for root by a mount of its own."""
    if os.geteuid() != 0:
        for path in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
            path.chmod(0o500)
        return []
    mount = f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}"
    prefix = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("root may write anywhere, and mounts are not allowed here")
    return prefix


@needs_c
def test_a_read_only_cache_is_read_and_new_kernels_work_too(tmp_path):
    seen(tmp_path)
    before = sorted(p.name for p in (tmp_path / "cache").rglob("*"))
    prefix = read_only_prefix(tmp_path / "cache")
    known = told(PROGRAM, environment(tmp_path), prefix=prefix)
    assert known["kinds"] == ["NativeFunction"] * 3
    assert known["started"] == []
    assert known["warnings"] == []
    new = told(PROGRAM, environment(tmp_path, "gcc.cxxflags=-fno-builtin-exp"), prefix=prefix)
    assert new["kinds"] == ["NativeFunction"] * 3
    assert len(new["warnings"]) == 1, new["warnings"]
    assert "cache" in new["warnings"][0]
    assert sorted(p.name for p in (tmp_path / "cache").rglob("*")) == before


def damage(path, how):
    data = bytearray(path.read_bytes())
    if how == "flipped":
        data[len(data) // 2] ^= 0x10
    elif how == "truncated":
        del data[len(data) // 2 :]
    elif how == "emptied":
        data.clear()
    elif how == "foreign":
        data[:] = b'{"kernel": "x", "library": "../../etc/passwd"}'
    path.write_bytes(data)
    if how == "world-writable":
        path.chmod(0o666)


@needs_c
@pytest.mark.parametrize(
    ("suffix", "how"),
    [(".so", "flipped"), (".so", "truncated"), (".json", "flipped"), (".json", "foreign"), (".so", "world-writable")],
)
def test_damaged_cache_files_are_compiled_again(tmp_path, suffix, how):
    seen(tmp_path)
    files = list((tmp_path / "cache").rglob(f"*{suffix}"))
    assert files
    for path in files:
        damage(path, how)
    if suffix == ".json":  # a plan names its libraries itself
        for path in (tmp_path / "cache").rglob("*.plan"):
            damage(path, how)
    result = seen(tmp_path)
    assert result["kinds"] == ["NativeFunction"] * 3
    assert result["warnings"] == []
    assert result["started"]
    assert seen(tmp_path)["started"] == []


@needs_c
@pytest.mark.parametrize("how", ["flipped", "truncated", "emptied", "foreign", "world-writable"])
def test_damaged_plans_are_made_again(tmp_path, how):
    seen(tmp_path)
    plans = {path: path.read_bytes() for path in (tmp_path / "cache").rglob("*.plan")}
    for path in plans:
        damage(path, how)
    result = seen(tmp_path)
    assert result["kinds"] == ["NativeFunction"] * 3
    assert result["warnings"] == []
    assert result["started"] == []  # the kernels are there
    assert {path: path.read_bytes() for path in plans} == plans


@needs_c
def test_processes_that_compile_the_same_at_once(tmp_path):
    env = environment(tmp_path)
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM)]
    children = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for child in children:
        out, errors = child.communicate(timeout=300)
        assert child.returncode == 0, errors
        result = json.loads(out)
        assert result["kinds"] == ["NativeFunction"] * 3
        assert result["warnings"] == []
    assert leftovers(tmp_path / "cache") == []
    assert seen(tmp_path)["started"] == []


# ---- signals and forks


@needs_c
def test_ctrl_c_during_compilation(tmp_path):
    body = (
        f"if [ ! -e {tmp_path}/started ]; then echo $$ > {tmp_path}/pid; touch {tmp_path}/started; sleep 600; fi;"
        f' exec {GCC} "$@"'
    )
    env = environment(tmp_path, f"cxx={script(tmp_path / 'slow', body)}", TMPDIR=str(tmp_path))
    code = """
        import json, numpy as np, theano
        from theano import tensor
        x = tensor.dvector("x")
        try:
            theano.function([x], [tensor.exp(x) * 3])
        except KeyboardInterrupt:
            interrupted = True
        f = theano.function([x], [tensor.exp(x) * 3])
        assert np.allclose(f(np.ones(3))[0], np.e * 3)
        print(json.dumps({"interrupted": interrupted, "kind": type(f).__name__}))
    """
    child = subprocess.Popen([sys.executable, "-W", "error", "-c", textwrap.dedent(code)], env=env, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    deadline = time.monotonic() + 120
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    out, errors = child.communicate(timeout=300)
    assert child.returncode == 0, errors
    assert json.loads(out) == {"interrupted": True, "kind": "NativeFunction"}
    assert not Path(f"/proc/{int((tmp_path / 'pid').read_text())}").exists()
    assert leftovers(tmp_path / "cache") == []
    assert not list(tmp_path.glob("theano-*"))


FORK = """
    import json, os, numpy as np, theano
    from theano import tensor
    x = tensor.dmatrix("x")
    f = theano.function([x], [tensor.dot(x, x) + tensor.tanh(x), tensor.sum(tensor.exp(x))])
    v = np.random.default_rng(0).normal(size=(300, 300))
    expected = f(v)
    children = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            good = all(np.allclose(a, b) for a, b in zip(f(v), expected))
            g = theano.function([x], [tensor.dot(x, x.T) * 2 + tensor.cosh(x)])  # a new compilation in the child
            good = good and np.allclose(g(v)[0], v @ v.T * 2 + np.cosh(v))
            os._exit(0 if good else 1)
        children.append(pid)
    status = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    again = all(np.array_equal(a, b) for a, b in zip(f(v), expected))
    print(json.dumps({"status": status, "again": again}))
"""


@pytest.mark.parametrize("flags", ["", "openmp=True", "cxx="])
def test_functions_work_in_forked_children(tmp_path, flags):
    assert told(FORK, environment(tmp_path, flags)) == {"status": [0, 0], "again": True}


def test_threads_share_a_function(tmp_path):
    code = """
        import json, threading, numpy as np, theano
        from theano import tensor
        x = tensor.dvector("x")
        f = theano.function([x], [tensor.exp(x) + x, tensor.sum(x)])
        wrong = []
        def work(k):
            v = np.full(20_000, float(k) / 8)
            for i in range(50):
                a, b = f(v)
                if not (np.allclose(a, np.exp(v) + v) and np.isclose(b, v.sum())):
                    wrong.append(k)
            g = theano.function([x], [tensor.exp(x) * k])  # all compile at once
            if not np.allclose(g(v)[0], np.exp(v) * k):
                wrong.append(-k)
        threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
        [t.start() for t in threads], [t.join() for t in threads]
        print(json.dumps(wrong))
    """
    assert told(code, environment(tmp_path)) == []


# ---- plugins


def plugin(tmp_path, name, text):
    """An installed distribution whose entry point `name` is a module of that text."""
    (tmp_path / f"{name}_plugin.py").write_text(textwrap.dedent(text))
    info = tmp_path / f"{name}_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[theano]\n{name} = {name}_plugin\n")
    return str(tmp_path)


BROKEN = {
    "import": "raise RuntimeError('cannot be imported')",
    "registering": """
        from theano.plugin import hookimpl
        @hookimpl
        def theano_register_types(registry):
            registry.shared_constructors.append(print)
            raise RuntimeError("half way")
        """,
    "gradient rules": """
        from theano.plugin import hookimpl
        @hookimpl
        def theano_register_gradient_rules(registry):
            raise RuntimeError("no rules today")
        """,
    "wrong arguments": """
        from theano.plugin import hookimpl
        @hookimpl
        def theano_register_ops(nothing_like_it):
            pass
        """,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_named_and_others_work(tmp_path, kind):
    path = plugin(tmp_path, "brittle", BROKEN[kind])
    result = told(PROGRAM, environment(tmp_path, PYTHONPATH=path, WITH_GRADIENT="yes"))
    assert len(result["warnings"]) == 1, result["warnings"]
    assert "brittle" in result["warnings"][0]
    assert "THEANO_DISABLE_PLUGINS=brittle" in result["warnings"][0]
    if kind == "import":
        quiet = told(PROGRAM, environment(tmp_path, PYTHONPATH=path, THEANO_DISABLE_PLUGINS="brittle"))
        assert quiet["warnings"] == []


# ---- missing packages

ABSENT = """
    import sys
    class Absent:
        def find_spec(self, name, path=None, target=None):
            if name == {room!r} or name.startswith({room!r} + "."):
                raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
    sys.meta_path.insert(0, Absent())
"""


def without(room, plugin_name, code, tmp_path):
    env = environment(tmp_path, THEANO_DISABLE_PLUGINS=plugin_name)
    return told(textwrap.dedent(ABSENT.format(room=room)) + textwrap.dedent(code), env)


@pytest.mark.parametrize("name", ["cpu", "opt", "grad"])
def test_programs_run_without_a_package(tmp_path, name):
    room = {"cpu": "theano.cpu", "opt": "theano.opt", "grad": "theano.gradient"}[name]
    result = without(room, name, PROGRAM, tmp_path)
    assert result["warnings"] == []
    assert result["kinds"] == ["PythonFunction" if name == "cpu" or not GCC else "NativeFunction"] * 3


@pytest.mark.parametrize(
    ("name", "room", "distribution"),
    [("grad", "theano.gradient", "theano-grad"), ("Rop", "theano.gradient", "theano-grad"),
     ("gradient", "theano.gradient", "theano-grad"), ("opt", "theano.opt", "theano-opt"),
     ("cpu", "theano.cpu", "theano-cpu"), ("sparse", "theano.sparse", "theano-sparse")],
)  # fmt: skip
def test_a_missing_package_is_named_with_the_pip_line(tmp_path, name, room, distribution):
    code = f"""
        import json, theano
        from theano import tensor
        texts = []
        for attempt in ("theano.{name}", "from theano import {name}"):
            try:
                exec(attempt)
            except (AttributeError, ImportError) as error:
                texts.append(str(error))
        print(json.dumps([texts, hasattr(theano, {name!r})]))
    """
    texts, there = without(room, distribution.removeprefix("theano-"), code, tmp_path)
    assert not there
    assert len(texts) == 2
    assert all(f"pip install {distribution}" in text for text in texts)


def test_tensor_gradients_name_the_missing_package(tmp_path):
    code = """
        import json
        from theano import tensor
        try:
            tensor.grad
        except AttributeError as error:
            print(json.dumps(str(error)))
    """
    assert "pip install theano-grad" in without("theano.gradient", "grad", code, tmp_path)


def test_all_plugins_switched_off_but_tensors(tmp_path):
    result = told(PROGRAM, environment(tmp_path, THEANO_PLUGINS="tensor"))
    assert result == {"kinds": ["PythonFunction"] * 3, "started": [], "warnings": []}
