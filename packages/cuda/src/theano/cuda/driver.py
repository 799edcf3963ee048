"""Asks the CUDA driver what it has, through ctypes alone: a fifth of a millisecond, and no context is made."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from functools import lru_cache
from typing import Any

from theano.frozen import dataclass

_LIBRARIES = {"win32": ("nvcuda.dll",), "darwin": ()}
_COMPUTE_CAPABILITY_MAJOR, _COMPUTE_CAPABILITY_MINOR = 75, 76

_ERRORS = {
    3: "the driver is not initialised",
    34: "the library found is a link-time stub, not a driver",
    35: "the driver is older than the CUDA library",
    46: "the devices are busy or unavailable",
    100: "no CUDA device",
    101: "invalid device",
    304: "the operating system refused (in a container, give it the device files)",
    803: "driver and kernel module have different versions",
    804: "forward compatibility is not supported on this hardware",
    999: "unknown error of the driver",
}


@dataclass(frozen=True)
class Device:
    """One GPU: its number, name, compute capability and memory in bytes."""

    number: int
    name: str
    capability: tuple[int, int]
    memory: int


@dataclass(frozen=True)
class Availability:
    """Whether GPUs can be used; if not, `reason` says what is missing and what to do."""

    ok: bool
    reason: str
    devices: tuple[Device, ...] = ()
    driver_version: tuple[int, int] | None = None


class _DriverError(Exception):
    """The driver answered a call with an error code."""


def load_driver() -> Any:
    """Load the driver's library.

    Raises
    ------
    OSError
        If there is none.
    """
    names = _LIBRARIES.get(sys.platform, ("libcuda.so.1", "libcuda.so"))
    problem = OSError(f"CUDA has no driver for {sys.platform}")
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError as error:
            problem = error
    raise problem


def _check(driver: Any, function: str, *arguments: Any) -> None:
    code = getattr(driver, function)(*arguments)
    if code:
        raise _DriverError(f"{function} answered {code}: {_ERRORS.get(code, 'see the CUDA driver documentation')}")


def _device(driver: Any, number: int) -> Device:
    handle = ctypes.c_int()
    _check(driver, "cuDeviceGet", ctypes.byref(handle), number)
    name = ctypes.create_string_buffer(256)
    _check(driver, "cuDeviceGetName", name, 256, handle)
    memory = ctypes.c_size_t()
    _check(driver, "cuDeviceTotalMem_v2", ctypes.byref(memory), handle)
    capability = []
    for attribute in (_COMPUTE_CAPABILITY_MAJOR, _COMPUTE_CAPABILITY_MINOR):
        value = ctypes.c_int()
        _check(driver, "cuDeviceGetAttribute", ctypes.byref(value), attribute, handle)
        capability.append(value.value)
    return Device(number, name.value.decode(errors="replace"), (capability[0], capability[1]), memory.value)


def probe() -> Availability:
    """Ask the driver now (`availability` asks once and remembers)."""
    try:
        driver = load_driver()
    except OSError as error:
        return Availability(False, f"no NVIDIA driver: {error}; install one, or run on the CPU")
    try:
        _check(driver, "cuInit", 0)
        version, count = ctypes.c_int(), ctypes.c_int()
        _check(driver, "cuDriverGetVersion", ctypes.byref(version))
        _check(driver, "cuDeviceGetCount", ctypes.byref(count))
        devices = tuple(_device(driver, number) for number in range(count.value))
    except _DriverError as error:
        return Availability(False, f"the NVIDIA driver does not work: {error}")
    except AttributeError as error:
        return Availability(False, f"the library found is no CUDA driver: {error}")
    found = (version.value // 1000, version.value % 1000 // 10)
    if not devices:
        return Availability(False, "the NVIDIA driver works but shows no device; see CUDA_VISIBLE_DEVICES", (), found)
    if importlib.util.find_spec("pycuda") is None:
        return Availability(False, "pycuda is not installed: pip install 'theano-cuda[gpu]'", devices, found)
    return Availability(
        False,
        "devices are there, but this release compiles for the CPU only; functions run on the CPU",
        devices,
        found,
    )


@lru_cache(maxsize=1)
def availability() -> Availability:
    """Whether GPUs can be used here, and if not, why.

    Returns
    -------
    Availability
    """
    return probe()
