"""One digest for a whole folder: a Merkle tree (RFC 6962 section 2.1) over its files in order."""

from __future__ import annotations

import hashlib


class Tree:
    """Takes each file in the order of its name, in memory that grows with the logarithm alone.

    A leaf is the name in UTF-8, a zero byte, and the file's SHA-256. Two folders have the same
    digest only if the same names hold the same bytes.
    """

    def __init__(self) -> None:
        self.files = 0
        self._last: str | None = None
        self._stack: list[tuple[int, bytes]] = []

    def add(self, name: str, sha256: str) -> None:
        """Take the next file; its SHA-256 in hexadecimal digits.

        Raises ValueError if it comes out of order or twice.
        """
        if self._last is not None and name <= self._last:
            raise ValueError("files must come once, in the order of their names")
        self._last = name
        self.files += 1
        leaf = name.encode("utf-8", "surrogateescape") + b"\0" + bytes.fromhex(sha256)
        height, node = 0, hashlib.sha256(b"\0" + leaf).digest()
        while self._stack and self._stack[-1][0] == height:
            node = _joined(self._stack.pop()[1], node)
            height += 1
        self._stack.append((height, node))

    def digest(self) -> str:
        """The digest of what was taken so far, in hexadecimal digits."""
        if not self._stack:
            return hashlib.sha256(b"").hexdigest()
        node = self._stack[-1][1]
        for _, left in reversed(self._stack[:-1]):
            node = _joined(left, node)
        return node.hex()


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
