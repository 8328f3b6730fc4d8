"""The structures and functions of libleann/_lib.py are those of lib/leann.h."""

import ctypes
import os
import re
import subprocess
import tempfile
import unittest

from libleann import _lib

HEADER = os.environ.get("LEANN_TEST_HEADER", "")


def text_of_header():
    with open(HEADER, encoding="utf-8") as f:
        return re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)


def members(body):
    """Names in the order of a struct's body."""
    names = []
    for line in body.split(";"):
        for part in line.split(",") if line.strip() else []:
            names.append(re.search(r"(\w+)\s*(\[\d+\])?\s*$", part).group(1))
    return names


@unittest.skipUnless(HEADER, "LEANN_TEST_HEADER does not name leann.h")
class Abi(unittest.TestCase):
    def test_every_struct_of_the_header_has_the_same_members_in_the_same_order(self):
        found = dict(re.findall(r"struct (leann_\w+) \{(.*?)\n\};", text_of_header(), flags=re.S))
        self.assertEqual(set(found), set(_lib.STRUCTS))
        for name, body in found.items():
            self.assertEqual(members(body), [f[0] for f in _lib.STRUCTS[name]._fields_], name)

    def test_offsets_and_sizes_are_those_that_a_c_compiler_makes(self):
        lines = ["#include <stddef.h>", "#include <stdio.h>", '#include "leann.h"', "int main(void) {"]
        want = []
        for name, s in _lib.STRUCTS.items():
            lines.append(f'printf("{name} %zu\\n", sizeof(struct {name}));')
            want.append(f"{name} {ctypes.sizeof(s)}")
            for m, _ in s._fields_:
                at = getattr(s, m)
                lines.append(f'printf("{name}.{m} %zu %zu\\n", offsetof(struct {name}, {m}), '
                             f"sizeof ((struct {name} *)0)->{m});")
                want.append(f"{name}.{m} {at.offset} {at.size}")
        lines.append("return 0; }")
        with tempfile.TemporaryDirectory() as d:
            with open(f"{d}/a.c", "w", encoding="utf-8") as f:
                f.write("\n".join(lines))
            subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-I", os.path.dirname(HEADER), "-o", f"{d}/a",
                            f"{d}/a.c"], check=True)
            got = subprocess.run([f"{d}/a"], check=True, capture_output=True, text=True).stdout.split("\n")
        self.assertEqual(got[:-1], want)

    def test_every_function_of_the_header_is_declared_with_as_many_arguments(self):
        found = re.findall(r"LEANN_API [^;]*?(leann_\w+)\(([^;]*?)\);", text_of_header(), flags=re.S)
        self.assertEqual({n for n, _ in found}, set(_lib.FUNCTIONS))
        for name, args in found:
            n = 0 if args.strip() == "void" else args.count(",") + 1
            self.assertEqual(n, len(_lib.FUNCTIONS[name][1]), name)

    def test_the_enums_are_those_of_the_header(self):
        text = text_of_header()
        for prefix, names in ("leann_source", _lib.SOURCES), ("leann_type", _lib.TYPES):
            body = re.search(r"enum %s \{(.*?)\};" % prefix, text, flags=re.S).group(1)
            found = {int(v): k for k, v in re.findall(r"LEANN_(\w+) = (\d+)", body)}
            self.assertEqual([found[i].lower() for i in range(len(found))], list(names))


if __name__ == "__main__":
    unittest.main()
