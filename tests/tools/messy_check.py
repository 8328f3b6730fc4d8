"""Is a messy folder read as it should be?

    leann-chunk DIR | leann-bundle text | messy_check.py EXPECT DIR [root] [archives] [why FILE] [listed FILE]

EXPECT is what messy_folder.py printed, the others what leann-chunk -0 --explain (in DIR) and --list said.
Prints a line for every
expectation that does not hold, then how many there are; status 1 when one does not.
"""
import base64, json, os, sys, urllib.parse

expect, top = sys.argv[1], sys.argv[2]
flags = sys.argv[3:]
why = None
if "why" in flags:
    f = open(flags[flags.index("why") + 1], "rb").read().split(b"\0")
    why = {f[i + 1][2:]: (f[i], f[i + 2].decode()) for i in range(0, len(f) - 2, 3)}
listed = None
if "listed" in flags:
    listed = set(open(flags[flags.index("listed") + 1], "rb").read().split(b"\0"))

path_of, text_of, meta_at = {}, {}, {}


def raw(s):
    return s["utf8"].encode() if "utf8" in s else base64.b64decode(s["bin"])


for line in sys.stdin:
    r = json.loads(line)
    if r[0] == 1:
        path_of[r[1]] = raw(r[3])
        meta_at[r[1]] = []
    elif r[0] == 69:
        meta_at[r[1]].append(((r[2], r[3]), r[4]))
    elif r[0] == 2:
        meta = {}
        for place, m in meta_at[r[2]]:
            if place <= (r[3], r[8]):
                meta = m
        text_of.setdefault(path_of[r[2]], []).append((r[11], meta))

n = bad = 0
everything = "\n".join(t for ps in text_of.values() for t, _ in ps)
for line in open(expect):
    x = json.loads(line)
    path = urllib.parse.unquote_to_bytes(x["path"])
    n += 1
    want = x["want"]
    inside = want == "in" or (want == "root" and "root" in flags) or (want == "archives" and "archives" in flags)
    here = [(t, m) for t, m in text_of.get(path, []) if x["needle"] and x["needle"] in t]
    wrong = None
    if inside and not here:
        wrong = "is not found" if path not in text_of else "is there, without its needle"
    elif inside and not all(any(m.get(k) == v for _, m in here) for k, v in x.get("meta", {}).items()):
        wrong = "has %s, not %s" % ([m for _, m in here], x["meta"])
    elif not inside and path in text_of:
        wrong = "is taken"
    elif not inside and x["needle"] and x["needle"] in everything:
        wrong = "is found elsewhere"
    elif any(w in everything for w in x.get("absent", [])):
        wrong = "gave a text with %s" % x["absent"]
    elif why is not None and x.get("why") and want == "out" and (
            why[path][0] != b"out" or x["why"] not in why[path][1]):
        wrong = "is explained by %s, not by %s" % (why[path], x["why"])
    elif why is not None and inside and why[path][0] != b"in":
        wrong = "is said to be out: %s" % why[path][1]
    elif listed is not None and inside and os.path.join(top.encode(), path) not in listed:
        wrong = "is not listed"
    elif listed is not None and want == "out" and x.get("why") and os.path.join(top.encode(), path) in listed:
        wrong = "is listed"
    if wrong:
        bad += 1
        print("%s %s" % (x["path"], wrong))
print("%d expectations, %d not met" % (n, bad))
sys.exit(bad > 0)
