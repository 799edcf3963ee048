"""Nothing is read behind an argument: arguments that end where a forbidden page begins."""

import ctypes
import mmap

import numpy as np
import pytest

import theano.tensor as T

pytestmark = [pytest.mark.c, pytest.mark.skipif(not hasattr(mmap, "MAP_PRIVATE"), reason="needs mprotect")]
rng = np.random.default_rng(13)
_kept = []


def at_the_edge(shape, dtype, order="C"):
    """Random numbers whose last byte is the last one before a page that must not be touched."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    pages = -(-size // mmap.PAGESIZE)
    block = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
    _kept.append(block)  # never unmapped: the protection below would outlive it
    start = ctypes.addressof(ctypes.c_char.from_buffer(block))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    assert libc.mprotect(start + pages * mmap.PAGESIZE, mmap.PAGESIZE, 0) == 0
    memory = np.frombuffer(block, "uint8", size, pages * mmap.PAGESIZE - size)
    array = memory.view(dtype).reshape(shape, order=order)
    array[...] = rng.random(shape) * 3
    return array


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (30, 5), (100, 3), (9, 33), (3, 600), (64, 65), (600, 2), (17, 1)])
def test_drivers_stay_inside(agree, shape, dtype):
    m = T.matrix("m", dtype)
    outs = [
        T.exp(m) + 1,
        T.nnet.softmax(m),
        T.nnet.softmax(m.T),
        m.sum(axis=0),
        m.sum(axis=1),
        (m * 2).sum(axis=0),
        (m * 2).sum(axis=1),
        T.argmax(m, axis=0),
        T.argmax(m, axis=1),
        m + m.T.reshape(m.shape),
        m[::-1, ::-1] * 2,
        m[1:, 1:] + 1,
    ]
    for order in "CF":
        agree([m], outs, at_the_edge(shape, dtype, order), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(10, 9), (12, 100), (20, 257), (9, 700), (8, 1024), (11, 1025), (9, 4099)])
def test_rows_with_what_is_the_same_in_each_stay_inside(agree, shape, dtype):
    m, scale, shift = T.matrix("m", dtype), T.vector("scale", dtype), T.vector("shift", dtype)
    centred = m - m.mean(axis=1, keepdims=True)
    out = centred / T.sqrt(T.sqr(centred).mean(axis=1, keepdims=True) + 1) * scale + shift
    values = [at_the_edge(shape, dtype), at_the_edge(shape[1:], dtype), at_the_edge(shape[1:], dtype)]
    agree([m, scale, shift], out, *values, rtol=1e-5)
    agree([m, scale], T.exp(m * scale).sum(axis=1), *values[:2], rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [(5, 7, 9), (6, 16, 64), (1, 3, 2), (97, 5, 20), (3, 1, 1), (70, 70, 70)])
def test_products_stay_inside(agree, size, dtype):
    x, y = T.matrix("x", dtype), T.matrix("y", dtype)
    k = (size[1], size[2])
    for order in "CF":
        agree([x, y], T.dot(x, y), at_the_edge(size[:2], dtype, order), at_the_edge(k, dtype, order), rtol=1e-5)
        agree([x, y], T.dot(x, y[:, 0]), at_the_edge(size[:2], dtype, order), at_the_edge(k, dtype, order), rtol=1e-5)
