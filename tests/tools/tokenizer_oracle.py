#!/usr/bin/env python3
"""Compare our token ids with those of Hugging Face's `tokenizers` over awkward text.

    tokenizer_oracle.py PROBE MODEL_DIR [N [SEED]]      PROBE: the leann-nn-probe program

Texts: every assigned character between letters, then N random strings made of words, scripts,
marks, controls, ideographs, punctuation and broken pieces. Special-token strings are left out:
here they are plain text, there they are tokens. Prints what differs; exit 1 if anything does.
"""
import json
import random
import subprocess
import sys
import unicodedata

from tokenizers import BertWordPieceTokenizer

POOLS = [
    (0x20, 0x7E), (0x20, 0x7E), (0x61, 0x7A), (0x61, 0x7A), (0x09, 0x0D), (0x00, 0x1F), (0x7F, 0xFF),
    (0x100, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0x1100, 0x11FF),
    (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x20A0, 0x2BFF), (0x3000, 0x30FF), (0x3400, 0x3420),
    (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xE010), (0xF900, 0xFAFF), (0xFE00, 0xFFFF),
    (0x10000, 0x1FFFF), (0x2A6D0, 0x2A710), (0x2B730, 0x2B930), (0x2F800, 0x2FA20), (0x302A, 0x3030),
]
WORDS = ("the a parse_config naïve résumé Ünïcödé don't e.g. C++ x86-64 foo.bar/baz.c:42 İstanbul "
         "ΟΔΥΣΣΕΥΣ Straße 東京都 안녕하세요 हिन्दी ไทย ﬁne ①② a̐éö̲ 1,234.56€ hello\u200bworld soft\u00adhyphen "
         "nbsp\u00a0here line\u2028sep \U0001f468\u200d\U0001f469 ≠≤ ;· embeddings unaffable").split(" ")


def char(rng):
    lo, hi = rng.choice(POOLS)
    while True:
        c = rng.randint(lo, hi)
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def text(rng):
    out = []
    for _ in range(rng.randint(0, 30)):
        kind = rng.random()
        if kind < 0.4:
            out.append(rng.choice(WORDS))
        elif kind < 0.6:
            out.append("".join(char(rng) for _ in range(rng.randint(1, 6))))
        elif kind < 0.7:
            out.append(rng.choice(WORDS) + "".join(chr(rng.choice((0x301, 0x327, 0x302E, 0x5B0, 0x94D, 0x345)))
                                                   for _ in range(rng.randint(1, 5))))
        elif kind < 0.73:
            out.append("x" * rng.choice((99, 100, 101, 300)))
        elif kind < 0.76:
            out.append("é" * rng.choice((99, 100, 101)) + rng.choice(("", "\u0301", "y")))
        else:
            out.append("".join(rng.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(rng.randint(1, 12))))
        if rng.random() < 0.8:
            out.append(rng.choice((" ", " ", " ", "\n", "\t", "\r\n", "\v", "\f", "\u3000", "\x85")))
    s = "".join(out)
    for special in ("[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"):
        s = s.replace(special, "")
    return s


def main():
    probe, model = sys.argv[1:3]
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 3000
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    texts = ["a" + chr(c) + "b " + chr(c) for c in range(0x110000)
             if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) not in ("Cn", "Co", "Lo")]
    texts += ["".join("a" + chr(c) for c in range(c, c + 16)) for c in range(0x3400, 0x30000, 16)
              if not 0xD800 <= c < 0xE000]
    texts += [text(rng) for _ in range(n)]
    config = json.load(open(model + "/tokenizer_config.json"))
    hf = BertWordPieceTokenizer(
        model + "/vocab.txt", lowercase=config.get("do_lower_case", True),
        strip_accents=config.get("strip_accents"),
        handle_chinese_chars=config.get("tokenize_chinese_chars", True))
    run = subprocess.run([probe, "-t", model], input="".join(json.dumps(t) + "\n" for t in texts).encode(),
                         stdout=subprocess.PIPE, check=True)
    lines = run.stdout.decode().splitlines()
    assert len(lines) == len(texts), (len(lines), len(texts))
    bad = 0
    for t, line, enc in zip(texts, lines, hf.encode_batch(texts)):
        ours = json.loads(line)
        ids = enc.ids
        if ours["n"] != len(ids) or (ours["ids"] != ids if len(ids) <= len(ours["ids"]) else
                                     ours["ids"][:-1] != ids[:len(ours["ids"]) - 1]):
            bad += 1
            if bad <= 20:
                print("differs: %s\n  ours %s\n  hf   %s" % (json.dumps(t), ours["ids"], ids))
    print("%d texts, %d differ" % (len(texts), bad))
    sys.exit(bad != 0)


main()
