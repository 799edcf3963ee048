"""Digests of texts: names for what is kept between processes."""

from __future__ import annotations

try:
    from _blake2 import blake2b  # what hashlib hands out, without loading OpenSSL
except ImportError:
    from hashlib import blake2b

__all__ = ["digest"]


def digest(*parts: str | bytes) -> str:
    """A 160-bit name for `parts`; the borders between parts count.

    Examples
    --------
    >>> digest("ab", "c") == digest("a", "bc")
    False
    >>> len(digest("x"))
    40
    """
    state = blake2b(digest_size=20)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()
