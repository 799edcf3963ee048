"""The kernel cache stays bounded; what was used last stays longest."""

import json
import os
import threading
import time

import pytest

from theano import config
from theano.cpu import pruning
from theano.cpu.cache import KernelCache, symbol
from theano.cpu.compiler import find_compiler
from theano.cpu.pruning import DAY, GRACE, STAMP, prune
from theano.cpu.toolchain import compile_library

MIB = 1 << 20


@pytest.fixture
def cache(tmp_path):
    path = tmp_path / "theano"
    path.mkdir(mode=0o700)
    return KernelCache(str(path / "kernels"))


@pytest.fixture
def limit():
    before = config.kernel_cache_size
    yield lambda size: setattr(config, "kernel_cache_size", size)
    config.kernel_cache_size = before


def put(cache, number, age, size=MIB):
    """A library of `size` bytes with two entries, last used `age` seconds ago; its name."""
    data = number.to_bytes(4, "little") * (size // 4)
    keys = [f"{number:040x}", f"{number + 1000:040x}"]
    before = set(os.listdir(cache.store.path))
    cache._publish(data, keys)
    made = set(os.listdir(cache.store.path)) - before
    for name in made:
        set_age(cache, name, age)
    (library,) = [name for name in made if name.endswith(".so")]
    return library


def set_age(cache, name, age):
    when = time.time() - age
    os.utime(os.path.join(cache.store.path, name), (when, when))


def names(cache):
    return set(os.listdir(cache.store.path))


def test_nothing_goes_while_there_is_room(cache):
    for number in range(4):
        put(cache, number, age=DAY * number + 2 * GRACE)
    before = names(cache)
    assert prune(cache.store._folder, 8 * MIB) == 0
    assert names(cache) == before


def test_the_libraries_unused_for_longest_go_with_their_entries(cache):
    libraries = [put(cache, number, age=DAY * (8 - number)) for number in range(8)]
    freed = prune(cache.store._folder, 4 * MIB)
    left = names(cache)
    assert [library in left for library in libraries] == [False] * 6 + [True] * 2
    assert {json.loads(cache.store.read(n))["library"] for n in left if n.endswith(".json")} == set(libraries[6:])
    assert len(left) == 6
    assert freed >= 6 * MIB


@pytest.mark.parametrize("ending", [".plan", ".tools"])
def test_plans_and_command_lines_go_when_nobody_uses_them(cache, ending):
    for number in range(4):
        cache.publish(f"{number}{ending}", bytes(MIB))
        set_age(cache, f"{number}{ending}", DAY * (8 - number))
    assert cache.store.read(f"1{ending}")
    prune(cache.store._folder, 3 * MIB)
    assert names(cache) == {f"1{ending}", f"3{ending}"}


def test_young_files_stay_whatever_they_take(cache):
    libraries = [put(cache, number, age=0) for number in range(6)]
    prune(cache.store._folder, 2 * MIB)
    assert set(libraries) <= names(cache)


def test_orphans_leftovers_and_rubbish_go_and_command_lines_stay(cache):
    kept = put(cache, 1, age=2 * DAY, size=MIB)
    gone = put(cache, 2, age=2 * DAY)
    os.unlink(os.path.join(cache.store.path, gone))
    for name in ("tools-abc.json", ".half.json.1.ff", "0bad.json"):
        cache.store.publish(name, b"[" * 10) if not name.startswith(".") else None
        path = os.path.join(cache.store.path, name)
        with open(path, "ab") as file:
            file.write(b" " * MIB)
        os.chmod(path, 0o600)
        set_age(cache, name, 2 * DAY)
    prune(cache.store._folder, int(3.5 * MIB))
    left = names(cache)
    assert kept in left
    assert "tools-abc.json" in left
    assert not left & {".half.json.1.ff", "0bad.json"}
    assert len([n for n in left if n.endswith(".json") and not n.startswith("tools")]) == 2


@pytest.mark.c
def test_use_renews(cache):
    key = f"{7:040x}"
    library = compile_library(find_compiler(), [f"int {symbol(key)}(void) {{ return 1; }}\n"])
    cache._publish(library, [key])
    (name,) = [n for n in names(cache) if n.endswith(".so")]
    path = os.path.join(cache.store.path, name)
    for age, renewed in ((DAY / 2, False), (3 * DAY, True)):
        set_age(cache, name, age)
        assert KernelCache(cache.store.path).find([key])
        assert (time.time() - os.stat(path).st_mtime < DAY / 4) == renewed


@pytest.mark.c
def test_a_pruned_kernel_is_compiled_again_and_loaded_ones_go_on(cache):
    import ctypes

    key = f"{9:040x}"
    library = compile_library(find_compiler(), [f"int {symbol(key)}(void) {{ return 41; }}\n"])
    address = cache.add(library, [key])[key]
    for name in names(cache):
        set_age(cache, name, DAY)
    prune(cache.store._folder, 1)
    assert not [n for n in names(cache) if n != STAMP]
    assert ctypes.CFUNCTYPE(ctypes.c_int)(address)() == 41
    other = KernelCache(cache.store.path)
    assert other.find([key]) == {}
    assert other.add(library, [key])


@pytest.mark.c
def test_adding_prunes_once_in_a_while(cache, limit, monkeypatch):
    calls = []
    real = pruning.prune
    monkeypatch.setattr(pruning, "prune", lambda *args: calls.append(args) or real(*args))
    limit(1)
    for number in range(3):
        put(cache, number, age=DAY * (number + 1))
    libraries = []
    for number in range(3):
        key = f"{number + 50:040x}"
        libraries.append(compile_library(find_compiler(), [f"int {symbol(key)}(void) {{ return {number}; }}\n"]))
        cache.add(libraries[-1], [key])
    assert len(calls) == 1
    assert calls[0][1] == MIB
    set_age(cache, STAMP, 2 * pruning.PAUSE)
    cache.add(libraries[0], [f"{50:040x}"])
    assert len(calls) == 2
    set_age(cache, STAMP, 0)
    cache._added = MIB  # a process that adds much does not wait
    cache.add(libraries[0], [f"{50:040x}"])
    assert len(calls) == 3


@pytest.mark.c
def test_no_bound(cache, limit, monkeypatch):
    limit(0)
    monkeypatch.setattr(pruning, "prune", lambda *args: pytest.fail("nothing is to be pruned"))
    library = compile_library(find_compiler(), [f"int {symbol('ab')}(void) {{ return 1; }}\n"])
    cache.add(library, ["ab"])


def test_many_prune_at_once(cache):
    for number in range(40):
        put(cache, number, age=DAY * (40 - number), size=MIB // 8)
    failures = []

    def work():
        try:
            prune(cache.store._folder, 2 * MIB)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    left = [n for n in names(cache) if n.endswith(".so")]
    assert left
    assert sum(os.stat(os.path.join(cache.store.path, n)).st_size for n in left) <= 2 * MIB


def test_recipes_of_plans_go_like_libraries(cache):
    kept = [put(cache, number, age=number * DAY) for number in (2, 4)]
    for name, age in (("young.plan", DAY), ("old.plan", 9 * DAY)):
        cache.keep(name, b"0" * MIB)
        set_age(cache, name, age)
    handle = cache.store._folder
    assert prune(handle, 8 * MIB) == 0
    prune(handle, int(3.5 * MIB))
    left = set(os.listdir(cache.store.path))
    assert "old.plan" not in left
    assert kept[1] not in left
    assert "young.plan" in left
    assert kept[0] in left
