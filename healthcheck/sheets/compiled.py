"""Keeps compiled templates where Python keeps its own compiled modules: to compile them anew costs half a report."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import struct
import sys
import zlib
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_CHECK = struct.Struct("!I")


class BesideTheTemplates(BytecodeCache):
    """Each in `__pycache__` beside its template, so that whoever may write there may change the program itself anyway.

    jinja2 compares the source's checksum, so an edited template is compiled again. Where nothing may be written,
    nothing is kept.
    """

    def __init__(self, options: str) -> None:
        self._options = options
        """Names what else decides how a template is compiled."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The path of the compiled template."""
        assert filename is not None  # the package's loader knows it
        return importlib.util.cache_from_source(filename, optimization=self._options)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept, if it is whole and of the same source."""
        with contextlib.suppress(OSError):
            kept = Path(bucket.key).read_bytes()
            if kept[: _CHECK.size] == _check(kept[_CHECK.size :]):  # jinja2 would trip over a damaged one
                bucket.bytecode_from_string(kept[_CHECK.size :])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it, whole or not at all."""
        if sys.dont_write_bytecode:
            return
        code, kept = bucket.bytecode_to_string(), Path(bucket.key)
        unfinished = kept.with_name(f"{kept.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            kept.parent.mkdir(exist_ok=True)
            try:
                unfinished.write_bytes(_check(code) + code)
                unfinished.replace(kept)
            finally:
                unfinished.unlink(missing_ok=True)


def _check(code: bytes) -> bytes:
    return _CHECK.pack(zlib.crc32(code))
