"""An index and its searchers as C has them: who may use them when, and who frees them.

A searcher serves one thread at a time, so there is a pool: a thread takes one for a call and puts it
back. close() frees at once what nobody uses, the rest when it comes back. No handle survives fork():
the child forgets them all and opens the index anew. When the interpreter ends nothing is freed, since
other threads may still be inside the library.
"""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from contextlib import contextmanager
from typing import Iterator

from . import _lib
from ._lib import lib
from .errors import LEANNUsageError


class Handles:
    def __init__(self, path: bytes, flags: int, options: _lib.Options) -> None:
        self.path, self.flags, self.options = path, flags, options
        self._closed = False
        self._start()
        self.open()
        _live.add(self)
        self._end = weakref.finalize(self, _free, self._owned)
        self._end.atexit = False

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._index: int | None = None
        self._owned: dict[str, list[int]] = {"index": [], "searchers": []}
        self._idle: list[int] = []
        self._out = 0

    def open(self) -> int:
        """The index, mapped if it is not yet; the caller holds the lock or is alone."""
        if self._index is None:
            out, e = ctypes.c_void_p(), _lib.Error()
            _lib.check(lib.leann_open(self.path, self.flags, ctypes.byref(out), ctypes.byref(e)), e)
            assert out.value is not None
            self._index = out.value
            self._owned["index"].append(out.value)
        return self._index

    def _new_searcher(self, index: int) -> int:
        out, e = ctypes.c_void_p(), _lib.Error()
        _lib.check(lib.leann_searcher_new(index, ctypes.byref(self.options), ctypes.byref(out),
                                          ctypes.byref(e)), e)
        assert out.value is not None
        return out.value

    def _refuse_closed(self) -> None:
        if self._closed:
            raise LEANNUsageError(f"{os.fsdecode(self.path)}: the index is closed")

    @contextmanager
    def index(self) -> Iterator[int]:
        """The index, which is not freed before this ends."""
        with self._lock:
            self._refuse_closed()
            index, owned = self.open(), self._owned
            self._out += 1
        try:
            yield index
        finally:
            self._done(owned)

    @contextmanager
    def searcher(self) -> Iterator[tuple[int, int]]:
        """The index, and a searcher of which no other thread knows."""
        with self.index() as index:
            with self._lock:
                owned, idle = self._owned, self._idle
                s = idle.pop() if idle else None
            if s is None:
                s = self._new_searcher(index)
                owned["searchers"].append(s)
            try:
                yield index, s
            finally:
                idle.append(s)

    def _done(self, owned: dict[str, list[int]]) -> None:
        if owned is not self._owned:  # a fork came between: these are the parent's
            return
        with self._lock:
            self._out -= 1
            last = self._closed and self._out == 0
        if last:
            self._end()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            last = self._out == 0
        if last:
            self._end()

    @property
    def closed(self) -> bool:
        return self._closed

    def after_fork(self) -> None:
        self._end.detach()
        self._start()
        self._end = weakref.finalize(self, _free, self._owned)
        self._end.atexit = False


_live: weakref.WeakSet[Handles] = weakref.WeakSet()


def _free(owned: dict[str, list[int]]) -> None:
    for s in owned["searchers"]:
        lib.leann_searcher_free(s)
    for ix in owned["index"]:
        lib.leann_close(ix)
    owned["searchers"], owned["index"] = [], []


def _after_fork() -> None:
    for h in list(_live):
        h.after_fork()


os.register_at_fork(after_in_child=_after_fork)
