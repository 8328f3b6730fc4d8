"""libleann.so through ctypes: where it is, its structures as lib/leann.h has them, its functions.

ctypes.CDLL lets go of the interpreter's lock during every call, so threads search at the same time.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, Structure, c_char, c_char_p, c_double, c_float, c_int, c_int64, c_size_t
from ctypes import c_uint, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any

from . import __version__
from .errors import LEANNDataError, by_status

SONAME = "libleann.so.0"
PACKAGE = Path(__file__).resolve().parent
NATIVE = PACKAGE / "_native"  # of a wheel: bin, lib, share, as `make install` lays them out

OPEN_GRAPH = 1
WARM_INDEX_ONLY = 1
SOURCES = ("fresh", "changed", "missing", "recut", "unreadable")  # enum leann_source
TYPES = ("text", "integer", "number", "bool", "time")  # enum leann_type


class Text(Structure):
    # c_void_p: a c_char_p would end at the first NUL
    _fields_ = [("p", c_void_p), ("n_bytes", c_size_t)]

    def bytes(self) -> bytes:
        return ctypes.string_at(self.p, self.n_bytes) if self.p and self.n_bytes else b""


class Error(Structure):
    _fields_ = [("status", c_int), ("message", c_char * 1000)]


class Info(Structure):
    _fields_ = [("path", c_char_p), ("model", c_char_p), ("precision", c_char_p),
                ("n_files", c_size_t), ("n_chunks", c_size_t), ("dim", c_size_t),
                ("code_bytes", c_size_t), ("has_words", c_int), ("has_graph", c_int),
                ("n_lists", c_size_t), ("provider", c_char_p), ("provider_url", c_char_p),
                ("remote", c_int)]


class Field(Structure):
    _fields_ = [("name", c_char_p), ("type", c_int), ("n_values", c_size_t), ("n_bytes", c_size_t)]


class Options(Structure):
    _fields_ = [("root", c_char_p), ("model", c_char_p), ("endpoint", c_char_p),
                ("timeout_s", c_double), ("no_start", c_int), ("threads", c_uint),
                ("no_cache", c_int), ("reranker", c_char_p), ("rerank_endpoint", c_char_p),
                ("allow_remote", c_int)]


class Params(Structure):
    _fields_ = [("top_k", c_size_t), ("recompute", c_size_t), ("codes_only", c_int),
                ("shortlist", c_size_t), ("word_weight", c_double), ("dense", c_int),
                ("ef_search", c_size_t), ("filter", c_void_p), ("per_file", c_size_t),
                ("all_copies", c_int), ("recall_target", c_double), ("confidence", c_double),
                ("n_probe", c_size_t), ("promote", c_double), ("recompute_batch", c_size_t),
                ("rerank", c_int), ("rerank_depth", c_size_t)]


class Hit(Structure):
    _fields_ = [("chunk", c_uint32), ("score", c_float), ("cosine", c_float), ("approx", c_float),
                ("words", c_float), ("exact", c_int), ("also", POINTER(c_uint32)),
                ("n_also", c_size_t), ("by_word", c_int), ("reranked", c_int)]


class Answer(Structure):
    _fields_ = [("hits", POINTER(Hit)), ("n_hits", c_size_t), ("n_recomputed", c_size_t),
                ("cached", c_int), ("n_round_trips", c_size_t)]


class Results(Structure):
    _fields_ = [("answers", POINTER(Answer)), ("n_answers", c_size_t), ("total_ms", c_double),
                ("embed_ms", c_double), ("search_ms", c_double), ("words_ms", c_double),
                ("recompute_ms", c_double), ("rerank_ms", c_double)]


class Passage(Structure):
    _fields_ = [("source", c_int), ("path", Text), ("id", Text), ("language", c_char_p),
                ("text", Text), ("first_line", c_uint64), ("last_line", c_uint64), ("heading", Text)]


class Meta(Structure):
    _fields_ = [("key", c_char_p), ("type", c_int), ("text", Text), ("integer", c_int64),
                ("number", c_double)]


class WarmPart(Structure):
    _fields_ = [("name", c_char_p), ("bytes", c_uint64), ("read_bytes", c_uint64), ("left_bytes", c_uint64)]


class Warmth(Structure):
    _fields_ = [("parts", POINTER(WarmPart)), ("n_parts", c_size_t), ("max_bytes", c_uint64),
                ("read_ms", c_double), ("embed_ms", c_double)]


# Structures of leann.h by their names there: tests compare them with the header.
STRUCTS: dict[str, Any] = {
    "leann_text": Text, "leann_error": Error, "leann_info": Info, "leann_field": Field,
    "leann_options": Options, "leann_params": Params, "leann_hit": Hit, "leann_answer": Answer,
    "leann_results": Results, "leann_passage": Passage, "leann_meta": Meta,
    "leann_warm_part": WarmPart, "leann_warmth": Warmth,
}

_P = c_void_p  # a handle
_E = POINTER(Error)
# name: what it returns, what it takes
FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "leann_version": (c_char_p, []),
    "leann_open": (c_int, [c_char_p, c_uint, POINTER(_P), _E]),
    "leann_close": (None, [_P]),
    "leann_index_info": (POINTER(Info), [_P]),
    "leann_index_fields": (c_size_t, [_P, POINTER(POINTER(Field))]),
    "leann_comparable": (c_int, [_P, _P, _E]),
    "leann_filter_new": (c_int, [_P, POINTER(c_char_p), POINTER(c_char_p), POINTER(_P), _E]),
    "leann_filter_parse": (c_int, [_P, c_char_p, POINTER(_P), _E]),
    "leann_filter_chunks": (c_int, [_P, POINTER(c_uint32), c_size_t, POINTER(_P), _E]),
    "leann_filter_and": (c_int, [_P, _P, POINTER(_P), _E]),
    "leann_filter_free": (None, [_P]),
    "leann_filter_n_chunks": (c_size_t, [_P]),
    "leann_filter_has": (c_int, [_P, c_uint32]),
    "leann_searcher_new": (c_int, [_P, POINTER(Options), POINTER(_P), _E]),
    "leann_searcher_free": (None, [_P]),
    "leann_search": (c_int, [_P, POINTER(Text), c_size_t, POINTER(Params), POINTER(POINTER(Results)), _E]),
    "leann_results_free": (None, [POINTER(Results)]),
    "leann_related": (c_int, [_P, c_uint32, POINTER(Params), POINTER(POINTER(Results)), _E]),
    "leann_passage_get": (c_int, [_P, c_uint32, POINTER(Passage), _E]),
    "leann_passage_preview": (None, [_P, Text, c_size_t, POINTER(Text)]),
    "leann_passage_meta": (c_int, [_P, c_uint32, POINTER(POINTER(Meta)), POINTER(c_size_t), _E]),
    "leann_unreadable": (c_size_t, [_P, POINTER(c_char_p)]),
    "leann_find": (c_int, [_P, c_char_p, c_uint64, POINTER(c_uint32), _E]),
    "leann_warm": (c_int, [_P, c_uint64, c_uint, POINTER(POINTER(Warmth)), _E]),
    "leann_warmth_free": (None, [POINTER(Warmth)]),
}


def lib_path() -> str:
    """The file that is loaded: $LEANN_LIBRARY, the wheel's, the build tree's, else the system's."""
    named = os.environ.get("LEANN_LIBRARY")
    if named:
        return os.path.abspath(named)
    for file in (NATIVE / "lib" / SONAME, PACKAGE.parents[2] / "build" / "api" / SONAME):
        if file.is_file():
            return str(file)
    return SONAME


def _load(path: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(path)
    except OSError as e:
        # The machine's C++ runtime is taken where there is one that will do, since a process can have
        # but one of them without harm; else the wheel's.
        own = [NATIVE / "lib" / "cxx" / name for name in ("libgcc_s.so.1", "libstdc++.so.6")]
        if not all(f.is_file() for f in own):
            raise LEANNDataError(f"cannot load libleann: {e}: set LEANN_LIBRARY to the file") from None
        try:
            for f in own:
                ctypes.CDLL(str(f), mode=ctypes.RTLD_GLOBAL)
            return ctypes.CDLL(path)
        except OSError as again:
            raise LEANNDataError(f"cannot load libleann: {again}") from None


def load() -> ctypes.CDLL:
    """The library, its functions declared; another version than the package's is refused."""
    path = lib_path()
    lib = _load(path)
    for name, (returns, takes) in FUNCTIONS.items():
        try:
            f = getattr(lib, name)
        except AttributeError:
            raise LEANNDataError(f"{path}: no function {name}: of another version than libleann "
                                 f"{__version__} for Python") from None
        f.restype, f.argtypes = returns, takes
    version = lib.leann_version().decode()
    # The number in the name promises nothing before the first release: structures may have grown.
    if version != __version__:
        raise LEANNDataError(f"{path}: version {version}, the Python package is {__version__}")
    return lib


lib = load()


def check(r: int, e: Error) -> None:
    """Raise what e says unless r is 0."""
    if r:
        raise by_status(e.status, e.message.decode("utf-8", "replace"))
