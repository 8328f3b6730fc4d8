"""tests/bench-functions: are functions whole in one passage, with the right symbol and lines?

What a function is says tree-sitter, a parser that neither leann nor ctags uses. For each tree given as
LANGUAGE=DIR: the share of its functions that fit into a passage and are inside one, from the first line
to the last; of those the share whose passage's lines are those of its text; and the share of which the
symbol of the passage has the name, or that of what the function is in.
"""
import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

import msgpack

GRAMMARS = {
    "python": ("tree_sitter_python", "language", {"function_definition"}, ("py",)),
    "go": ("tree_sitter_go", "language", {"function_declaration", "method_declaration"}, ("go",)),
    "rust": ("tree_sitter_rust", "language", {"function_item"}, ("rs",)),
    "java": ("tree_sitter_java", "language", {"method_declaration", "constructor_declaration"}, ("java",)),
    "typescript": ("tree_sitter_typescript", "language_typescript",
                   {"function_declaration", "method_definition", "generator_function_declaration"}, ("ts",)),
    "ruby": ("tree_sitter_ruby", "language", {"method", "singleton_method"}, ("rb",)),
    "php": ("tree_sitter_php", "language_php", {"method_declaration", "function_definition"}, ("php",)),
    "c": ("tree_sitter_c", "language", {"function_definition"}, ("c",)),
}


def parser_of(lang):
    import importlib
    import tree_sitter
    module, get, kinds, exts = GRAMMARS[lang]
    language = tree_sitter.Language(getattr(importlib.import_module(module), get)())
    return tree_sitter.Parser(language), kinds, exts


def name_of(node):
    n = node.child_by_field_name("name")
    if n is None:       # C: the declarator inside the declarator
        n = node.child_by_field_name("declarator")
        while n is not None and n.type not in ("identifier", "field_identifier"):
            n = n.child_by_field_name("declarator")
    return n.text.decode("utf-8", "replace") if n is not None else ""


def functions(parser, kinds, data):
    """(first byte, last byte, name, names around it), outermost functions and methods of types."""
    out, walk = [], [(parser.parse(data).root_node, ())]
    while walk:
        node, around = walk.pop()
        inner = around
        if node.type in kinds:
            if not node.has_error:
                out.append((node.start_byte, node.end_byte, name_of(node), around))
            continue    # what is inside a function is part of it
        if node.child_by_field_name("name") is not None:
            inner = around + (name_of(node),)
        elif node.type == "impl_item" and node.child_by_field_name("type") is not None:
            inner = around + (node.child_by_field_name("type").text.decode("utf-8", "replace"),)
        walk.extend((c, inner) for c in node.children)
    return out


def passages(tree, options):
    """File -> [(first byte, end, first line, last line, symbol)]"""
    with tempfile.TemporaryFile() as f:
        subprocess.run(["leann-chunk", "-q", *options, tree], stdout=f, check=True)
        f.seek(0)
        out, names, symbol = collections.defaultdict(list), [], ""
        for frame in msgpack.Unpacker(f, max_bin_len=1 << 24, max_buffer_size=1 << 26):
            r = msgpack.unpackb(frame, strict_map_key=False)
            if r[0] == 1:
                names.append(os.fsdecode(r[3]))
                symbol = ""
            elif r[0] == 69:
                symbol = r[4].get("symbol", "")
            elif r[0] == 2:
                out[names[r[2]]].append((r[3], r[3] + r[4], r[5], r[6], symbol))
    return out


def measure(lang, tree, options, show):
    parser, kinds, exts = parser_of(lang)
    globs = [f"--glob=**/*.{e}" for e in exts]
    got = passages(tree, [*options, "--no-ignore", *globs])
    n = whole = lines = named = inside_named = n_big = 0
    shown = 0
    for rel, spans in sorted(got.items()):
        with open(os.path.join(tree, rel), "rb") as f:
            data = f.read()
        for start, end, name, around in functions(parser, kinds, data):
            at = [p for p in spans if p[0] < end and p[1] > start]
            inside = [p for p in at if p[0] <= start and end <= p[1]]
            if not inside:
                # over the limit? its own passages count its tokens, together at least
                if len(at) > 2 or not fits(data[start:end]):
                    n_big += 1
                    continue
                n += 1
                if shown < show:
                    shown += 1
                    first = data.count(b"\n", 0, start) + 1
                    print(f"# {lang} cut: {rel}:{first} {name}", file=sys.stderr)
                continue
            n += 1
            whole += 1
            p = inside[0]
            first, last = data.count(b"\n", 0, start) + 1, data.count(b"\n", 0, end) + 1
            lines += p[2] <= first and last <= p[3] and p[2] == data.count(b"\n", 0, p[0]) + 1
            words = re.split(r"[., ]+", p[4])
            named += name in words
            inside_named += name in words or bool(around) and re.split(r"\W", around[-1])[0] in words
            if show and not (name in words or around) and shown < show:
                shown += 1
                print(f"# {lang} named {p[4]!r}: {rel}:{first} {name}", file=sys.stderr)
    return n, n_big, whole, lines, named, inside_named


def fits(text, cache={}):
    """Is it no more than a passage?"""
    from tokenizers import Tokenizer
    if "t" not in cache:
        cache["t"] = Tokenizer.from_file(os.path.join(MODEL, "tokenizer.json"))
        cache["t"].no_truncation()
        cache["t"].no_padding()
    return len(cache["t"].encode(text.decode("utf-8", "replace")).ids) <= 256


MODEL = os.path.expanduser("~/.cache/leann/models/all-MiniLM-L6-v2")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("tree", nargs="+", metavar="LANGUAGE=DIR")
    p.add_argument("--option", action="append", default=[])
    p.add_argument("--show", type=int, default=0, help="so many that were cut of each")
    a = p.parse_args()
    print(f"{'':12}{'functions':>10}{'larger':>8}{'whole':>9}{'lines':>9}{'symbol':>9}{'or type':>9}")
    for t in a.tree:
        lang, tree = t.split("=", 1)
        n, big, whole, *of_whole = measure(lang, tree, a.option, a.show)
        shares = "".join(f"{x / max(whole, 1):9.2%}" for x in of_whole)
        print(f"{lang:12}{n:10}{big:8}{whole / max(n, 1):9.2%}{shares}", flush=True)


if __name__ == "__main__":
    main()
