"""What can be told about GPUs on a machine that may have none."""

import subprocess
import sys

import pytest

import theano.cuda
from theano.cuda import driver
from theano.cuda.driver import Availability, probe


class FakeDriver:
    """A driver library of which each call's answer is chosen."""

    def __init__(self, devices=1, **answers):
        self.devices, self.answers = devices, answers

    def __getattr__(self, name):
        if not name.startswith("cu"):
            raise AttributeError(name)
        fill = {"cuDriverGetVersion": 12080, "cuDeviceGetCount": self.devices, "cuDeviceTotalMem_v2": 8 << 30}

        def call(*arguments):
            if name in self.answers:
                return self.answers[name]
            if name in fill:
                arguments[0]._obj.value = fill[name]
            elif name == "cuDeviceGetName":
                arguments[0].value = b"Imaginary 1"
            elif name == "cuDeviceGetAttribute":
                arguments[0]._obj.value = {75: 9, 76: 0}[arguments[1]]
            return 0

        return call


def with_driver(monkeypatch, found):
    def load():
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(driver, "load_driver", load)
    return probe()


def test_no_driver_is_said_in_words(monkeypatch):
    found = with_driver(monkeypatch, OSError("libcuda.so.1: cannot open"))
    assert not found.ok
    assert "no NVIDIA driver: libcuda.so.1" in found.reason


@pytest.mark.parametrize(
    ("code", "words"), [(100, "no CUDA device"), (34, "stub"), (803, "different versions"), (7, "answered 7")]
)
def test_errors_of_the_driver_are_explained(monkeypatch, code, words):
    found = with_driver(monkeypatch, FakeDriver(cuInit=code))
    assert not found.ok
    assert words in found.reason


def test_a_library_that_is_no_driver(monkeypatch):
    class Other:
        pass

    assert "no CUDA driver" in with_driver(monkeypatch, Other()).reason


def test_devices_are_listed(monkeypatch):
    found = with_driver(monkeypatch, FakeDriver(devices=2))
    assert [d.name for d in found.devices] == ["Imaginary 1"] * 2
    assert found.devices[1].capability == (9, 0)
    assert found.devices[0].memory == 8 << 30
    assert found.driver_version == (12, 8)


def test_a_driver_without_devices(monkeypatch):
    assert "CUDA_VISIBLE_DEVICES" in with_driver(monkeypatch, FakeDriver(devices=0)).reason


def test_the_backend_gives_the_reason(monkeypatch):
    from theano.cuda import backend as module
    from theano.cuda import driver

    monkeypatch.setattr(driver, "availability", lambda: Availability(False, "nothing here"))
    assert module.backend.unavailable() == "nothing here"
    with pytest.raises(RuntimeError, match="nothing here"):
        module.backend.make_function(None, None, None)


def test_the_backend_is_registered():
    from theano.plugin import registry

    assert registry().backends["cuda"].target == "cuda"


def test_cuda_available_is_a_bool():
    assert isinstance(theano.cuda.cuda_available, bool)
    with pytest.raises(AttributeError):
        _ = theano.cuda.nothing


def test_import_touches_no_driver_and_no_pycuda():
    code = (
        "import sys, theano.cuda; assert 'pycuda' not in sys.modules;"
        " assert theano.cuda.driver.availability.cache_info().misses == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
