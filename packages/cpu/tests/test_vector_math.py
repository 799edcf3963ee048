"""What is known of the vector math library."""

import ctypes

import pytest

from theano.cpu import machine, vector_math


@pytest.fixture
def fresh():
    vector_math.vector_functions.cache_clear()
    vector_math.vector_library.cache_clear()
    yield
    vector_math.vector_functions.cache_clear()
    vector_math.vector_library.cache_clear()


def test_declared_functions_have_all_their_variants():
    found = vector_math.vector_functions()
    if machine.processor()["machine"] == "x86_64" and found:
        library = ctypes.CDLL("libmvec.so.1")
        assert {"exp", "expf", "log", "logf", "pow", "powf", "sin", "cos"} <= found
        for name in found:
            shape = "vv" if name.rstrip("f") in ("pow", "atan2") else "v"
            lanes = 16 if name.endswith("f") and name != "erf" else 8
            assert hasattr(library, f"_ZGVeN{lanes}{shape}_{name}"), name
    assert "tgamma" not in found
    assert "lgamma_r" not in found


def test_without_the_library_nothing_is_declared(fresh, monkeypatch):
    def missing(*args, **options):
        raise OSError("no such library")

    monkeypatch.setattr(vector_math.ctypes, "CDLL", missing)
    assert vector_math.vector_functions() == frozenset()


def test_other_machines_declare_nothing(fresh, monkeypatch):
    monkeypatch.setattr(machine, "processor", lambda: {"machine": "m68k"})
    assert vector_math.vector_functions() == frozenset()


def test_wide_vectors_follow_the_processor(monkeypatch):
    features = "avx512f avx512vl avx512bw avx512dq"
    new = {"vendor_id": "AuthenticAMD", "cpu family": "26", "model": "2", "flags": features, "machine": "x86_64"}
    monkeypatch.setattr(machine, "processor", lambda: new)
    assert machine.wide_vectors()
    skylake = {**new, "vendor_id": "GenuineIntel", "cpu family": "6", "model": "85"}
    monkeypatch.setattr(machine, "processor", lambda: skylake)
    assert not machine.wide_vectors()
    monkeypatch.setattr(machine, "processor", lambda: {**new, "flags": "avx2"})
    assert not machine.wide_vectors()


def test_identity_tells_processors_apart(monkeypatch):
    here = machine.identity()
    monkeypatch.setattr(machine, "processor", lambda: {"machine": "x86_64", "flags": "sse2"})
    assert machine.identity() != here
