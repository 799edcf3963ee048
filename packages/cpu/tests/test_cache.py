"""The kernel cache: what it refuses to load, what it survives, and that it saves the compiler's work."""

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from theano.cpu import cache
from theano.cpu.cache import KernelCache, Store, UnsafeFolder, symbol
from theano.cpu.compiler import find_compiler
from theano.cpu.toolchain import compile_library

pytestmark = pytest.mark.c

KEY = "0123456789abcdef"


@pytest.fixture(scope="module")
def library():
    return compile_library(find_compiler(), [f"int {symbol(KEY)}(void) {{ return 42; }}\n"])


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "theano"
    path.mkdir(mode=0o700)
    return path / "kernels"


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    monkeypatch.setattr(cache, "_warned", False)
    monkeypatch.setattr(cache, "_temporary", None)


def filled(folder, library):
    """A cache folder with one kernel; returns (entry, library file)."""
    KernelCache(str(folder))._publish(library, [KEY])  # not loaded: a test may spoil the file
    (entry,) = folder.glob("*.json")
    (stored,) = folder.glob("*.so")
    return entry, stored


def test_a_kernel_is_found_again(folder, library):
    filled(folder, library)
    assert KEY in KernelCache(str(folder)).find([KEY, "another"])


def test_the_folder_is_private_and_files_are_too(folder, library):
    for path in filled(folder, library):
        assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(p.suffix for p in folder.iterdir()) == [".json", ".so"]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "remove", "link", "shared", "fifo", "folder"])
def test_damaged_files_are_a_miss(folder, library, which, damage):
    path = filled(folder, library)[which]
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    elif damage == "truncate":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "shared":
        path.chmod(0o666)
    else:
        path.rename(folder.parent / "elsewhere")
        if damage == "link":
            path.symlink_to(folder.parent / "elsewhere")
        elif damage == "fifo":
            os.mkfifo(path, 0o600)
        elif damage == "folder":
            path.mkdir()
    assert KernelCache(str(folder)).find([KEY]) == {}


@pytest.mark.parametrize(
    "entry",
    [
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{}",
        b'{"kernel": "other", "library": "x.so"}',
        b'{"kernel": "%s", "library": 7}',
        b"[" * 9999,
    ],
)
def test_foreign_entries_are_a_miss(folder, library, entry):
    path = filled(folder, library)[0]
    path.write_bytes(entry.replace(b"%s", KEY.encode()))
    assert KernelCache(str(folder)).find([KEY]) == {}


def test_an_entry_cannot_name_a_library_elsewhere(folder, library):
    entry, stored = filled(folder, library)
    stored.rename(folder.parent / stored.name)
    entry.write_text(json.dumps({"kernel": KEY, "library": f"../{stored.name}"}))
    assert KernelCache(str(folder)).find([KEY]) == {}


def test_a_library_without_the_function_is_a_miss(folder, library):
    stored = filled(folder, library)[1]
    other = folder / "ffff.json"
    other.write_text(json.dumps({"kernel": "ffff", "library": stored.name}))
    other.chmod(0o600)
    assert KernelCache(str(folder)).find(["ffff"]) == {}


def test_damaged_entries_are_written_anew(folder, library):
    entry, stored = filled(folder, library)
    stored.write_bytes(b"rubbish")
    entry.write_bytes(b"rubbish")
    fresh = KernelCache(str(folder))
    assert fresh.find([KEY]) == {}
    assert fresh.add(library, [KEY])
    assert KernelCache(str(folder)).find([KEY])


def test_a_linked_folder_is_not_used(folder, tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "real")
    with pytest.raises(UnsafeFolder):
        Store(str(folder))


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_can_write_is_not_used(folder, mode):
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(UnsafeFolder, match="writable by others"):
        Store(str(folder))


def test_a_folder_below_one_that_everybody_can_write_is_not_used(folder):
    folder.parent.chmod(0o777)
    with pytest.raises(UnsafeFolder, match="writable by everybody"):
        Store(str(folder))


def test_a_folder_of_another_user_is_not_used(folder, monkeypatch):
    folder.mkdir(mode=0o700)
    mine = os.geteuid()
    monkeypatch.setattr(cache.os, "geteuid", lambda: mine + 1)
    with pytest.raises(UnsafeFolder, match="another user"):
        Store(str(folder))


@pytest.mark.parametrize("path", ["", "relative/path", "/proc/theano/kernels", "/dev/null/kernels"])
def test_an_impossible_folder_gives_a_temporary_one_and_one_warning(path, library):
    with pytest.warns(RuntimeWarning, match="cache cannot be used") as seen:
        first = KernelCache(path)
    second = KernelCache(path)
    assert len(seen) == 1
    assert first.store.path == second.store.path
    assert Path(first.store.path).stat().st_mode & 0o777 == 0o700
    assert first.add(library, [KEY])
    assert second.find([KEY])
    cache._remove(os.getpid() + 1, first.store)
    assert Path(first.store.path).exists()  # the folder of another process
    cache._remove(os.getpid(), first.store)
    assert not Path(first.store.path).exists()


def test_a_full_disk_gives_a_temporary_folder(folder, library, monkeypatch):
    kernels = KernelCache(str(folder))
    publish = Store.publish

    def full(self, name, data):
        if self.path == str(folder):
            raise OSError(errno.ENOSPC, "No space left on device")
        publish(self, name, data)

    monkeypatch.setattr(Store, "publish", full)
    with pytest.warns(RuntimeWarning, match="No space left"):
        assert kernels.add(library, [KEY])
    assert list(folder.iterdir()) == []


def test_a_file_system_without_execution_gives_a_temporary_folder(folder, library, monkeypatch):
    kernels = KernelCache(str(folder))
    load = cache.ctypes.CDLL

    def refuse(path, *mode, **options):  # options too: the library of vector functions may be loaded here first
        if path.startswith(str(folder)):
            raise OSError("failed to map segment from shared object")
        return load(path, *mode, **options)

    monkeypatch.setattr(cache.ctypes, "CDLL", refuse)
    with pytest.warns(RuntimeWarning, match="failed to map"):
        assert kernels.add(library, [KEY])
    assert KernelCache(str(folder)).find([KEY]) == {}


def test_a_folder_removed_meanwhile_gives_a_temporary_one(folder, library):
    kernels = KernelCache(str(folder))
    folder.rmdir()
    with pytest.warns(RuntimeWarning, match="cache cannot be used"):
        assert kernels.add(library, [KEY])


def test_a_closed_descriptor_is_replaced(folder, library):
    filled(folder, library)
    kernels = KernelCache(str(folder))
    os.close(kernels.store._handle)
    assert kernels.find([KEY])


def test_an_interrupted_write_leaves_nothing(folder, monkeypatch):
    store = Store(str(folder))

    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cache.os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.publish("name", b"data")
    assert list(folder.iterdir()) == []


# The rest runs whole processes.

PROGRAM = """
import ctypes, os, sys, warnings
warnings.simplefilter("error")
import numpy as np
from theano.codegen import Expr, Kernel, MapSweep, Out, k
from theano.cpu.kernels import KernelRequest, compile_kernels

def request(c):
    x = Expr("load", (), "float64", 0)
    sweep = MapSweep((("out", 0),), (k.exp(x) + k.const(c, "float64"),))
    return KernelRequest(Kernel(("float64",), (Out("float64"),), (sweep,)), "V")

def check(c):
    (compiled,) = compile_kernels([request(c)])
    a, b = np.zeros(8), np.zeros(8)
    pointers = (ctypes.c_void_p * 2)(a.ctypes.data, b.ctypes.data)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ssize_t)(compiled.sweeps[0].body)(pointers, 8)
    assert (b == 1 + c).all()
"""


def wrapper(tmp_path):
    """A compiler that leaves a line for each run."""
    path = tmp_path / "gcc"
    path.write_text(f'#!/bin/sh\necho run >> {tmp_path}/log\nexec {find_compiler().command[0]} "$@"\n')
    path.chmod(0o755)
    return path


def start(folder, code, cxx=None, *more):
    flags = f"kernel_cache={folder}" + (f",cxx={cxx}" if cxx else "")
    environment = {**os.environ, "THEANO_FLAGS": flags}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM + code, *more],
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process):
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return out


def test_the_second_process_starts_no_compiler(tmp_path):
    cxx = wrapper(tmp_path)
    finish(start(tmp_path / "cache", "check(1.5)", cxx))
    runs = (tmp_path / "log").read_text()
    assert runs
    code = "check(1.5)\nassert not {'subprocess', 'tempfile'} & set(sys.modules) - before"
    finish(start(tmp_path / "cache", "before = set(sys.modules)\n" + code, cxx))
    assert (tmp_path / "log").read_text() == runs


def test_the_third_kernel_asks_the_driver_nothing(tmp_path):
    cxx = wrapper(tmp_path)
    finish(start(tmp_path / "cache", "check(1.5)", cxx))
    runs = (tmp_path / "log").read_text()
    finish(start(tmp_path / "cache", "check(2.5)", cxx))
    assert (tmp_path / "log").read_text() == runs


def test_processes_at_the_same_time(tmp_path):
    together = [start(tmp_path / "cache", "for c in range(4): check(float(c))") for _ in range(3)]
    for process in together:
        finish(process)
    left = [p.name for p in (tmp_path / "cache" / "kernels").iterdir() if p.name.startswith(".")]
    assert left == []


def test_a_forked_child_compiles_and_finds(tmp_path):
    code = """
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
check(1.0)
pid = os.fork()
if pid == 0:
    check(1.0); check(2.0)
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
check(2.0)
"""
    finish(start(tmp_path / "cache", code))


def test_a_child_forked_during_a_compilation_is_not_locked(tmp_path):
    code = """
from theano.cpu import machine_code
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
with machine_code._compiling():
    pid = os.fork()
    if pid == 0:
        check(3.0)
        os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
"""
    finish(start(tmp_path / "cache", code))


def test_without_a_home_everything_works_with_a_warning(tmp_path):
    process = start("", "warnings.simplefilter('default')\ncheck(1.0)")
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0
    assert errors.count("kernel cache cannot be used") == 1


def test_threads_share_one_compilation(tmp_path, monkeypatch):
    from theano.cpu import machine_code

    monkeypatch.setattr(cache, "wanted_folder", lambda: str(tmp_path / "kernels"))
    compiled = []
    compile_ = machine_code.compile_library
    monkeypatch.setattr(machine_code, "compile_library", lambda *a: compiled.append(1) or compile_(*a))
    namespace = {}
    exec(PROGRAM.replace('warnings.simplefilter("error")', ""), namespace)
    threads = [threading.Thread(target=namespace["check"], args=(7.25,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(compiled) == 1
