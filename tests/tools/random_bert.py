#!/usr/bin/env python3
"""Small random BERT models of many shapes, and what they should answer.

    random_bert.py PROBE WORKDIR        PROBE: the leann-nn-probe program

Writes each model into WORKDIR in the Hugging Face layout (the weights by this script's own
safetensors writer), runs PROBE over a few texts and compares token ids and embeddings with
PyPI transformers + torch where they are installed, and always with a forward pass in numpy f64
written here. Prints a line a model; exit 1 when one is off.
"""
import json
import math
import os
import struct
import subprocess
import sys

import numpy as np

try:
    import torch
    import transformers
    transformers.utils.logging.disable_progress_bar()
except ImportError:
    torch = None

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WORDS = ["the", "config", "file", "where", "parse", "bread", "water", "##ing", "##er", "##ed", ",", ".", "?", ":"]
VOCAB = SPECIAL + list(LETTERS) + ["##" + c for c in LETTERS] + WORDS
TEXTS = ["", "where do we parse the config file?", "bread, water", "x", "the " * 3, "parser: zebra 42.",
         "a longer passage that goes on and on until nothing more can be said about it, " * 4]

# name, dim, heads, layers, ff, positions, extras
SHAPES = [
    dict(name="plain", dim=32, heads=4, layers=2, ff=64, pos=64),
    dict(name="odd-one-head-cls", dim=20, heads=1, layers=2, ff=37, pos=64, pooling="cls", normalize=False),
    dict(name="f16-prefixed-names", dim=48, heads=3, layers=3, ff=96, pos=128, dtype="F16", names="bert."),
    dict(name="bf16-prompts", dim=36, heads=2, layers=1, ff=72, pos=600, dtype="BF16", eps=1e-5, types=1,
         prompts={"query": "parse: ", "passage": "the file: "}),
    dict(name="short-limit", dim=64, heads=8, layers=4, ff=256, pos=40, max_seq=33, pooling="cls"),
    dict(name="no-modules", dim=24, heads=6, layers=2, ff=48, pos=80, modules=False),
    dict(name="one-of-each", dim=17, heads=1, layers=1, ff=1, pos=40),
    dict(name="vocabulary-of-five", dim=72, heads=1, layers=1, ff=130, pos=40, vocab=5),
    dict(name="head-of-64", dim=128, heads=2, layers=2, ff=300, pos=300),
    dict(name="long-texts", dim=28, heads=2, layers=2, ff=56, pos=2000, long=True),
]


def to_bytes(a, dtype):
    """The stored bytes of an f32 array, and the values they stand for."""
    if dtype == "F16":
        h = a.astype("<f2")
        return h.tobytes(), h.astype(np.float32)
    if dtype == "BF16":
        u = a.astype("<f4").view("<u4") >> 16
        return u.astype("<u2").tobytes(), (u << 16).astype("<u4").view("<f4")
    return a.astype("<f4").tobytes(), a.astype(np.float32)


def vocab(s):
    return VOCAB[:s.get("vocab", len(VOCAB))]


def make(d, s, seed):
    rng = np.random.default_rng(seed)
    dim, ff, w = s["dim"], s["ff"], {}

    def mat(name, *shape, scale=0.2, mean=0.0):
        w[name] = rng.normal(mean, scale, shape).astype(np.float32)

    mat("embeddings.word_embeddings.weight", len(vocab(s)), dim, scale=1)
    mat("embeddings.position_embeddings.weight", s["pos"], dim, scale=0.3)
    mat("embeddings.token_type_embeddings.weight", s.get("types", 2), dim)
    norms = ["embeddings.LayerNorm"]
    for i in range(s["layers"]):
        p = "encoder.layer.%d." % i
        for part in ("query", "key", "value"):
            mat(p + "attention.self.%s.weight" % part, dim, dim, scale=2 / math.sqrt(dim))
            mat(p + "attention.self.%s.bias" % part, dim)
        for part, rows, cols in (("attention.output", dim, dim), ("intermediate", ff, dim), ("output", dim, ff)):
            mat(p + part + ".dense.weight", rows, cols, scale=2 / math.sqrt(cols))
            mat(p + part + ".dense.bias", rows)
        norms += [p + "attention.output.LayerNorm", p + "output.LayerNorm"]
    for n in norms:
        mat(n + ".weight", dim, mean=1.0)
        mat(n + ".bias", dim)
    if s.get("labels"):
        mat("pooler.dense.weight", dim, dim, scale=1 / math.sqrt(dim))
        mat("pooler.dense.bias", dim)
        mat("classifier.weight", s["labels"], dim, scale=1)
        mat("classifier.bias", s["labels"])
    head, blob = {"__metadata__": {"format": "pt"}}, b""
    for n, a in w.items():
        raw, w[n] = to_bytes(a, s.get("dtype", "F32"))
        head[("" if n.startswith("classifier") else s.get("names", "")) + n] = {"dtype": s.get("dtype", "F32"), "shape": list(a.shape),
                                        "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    h = json.dumps(head).encode()
    h += b" " * (-len(h) % 8)
    os.makedirs(d + "/1_Pooling")
    with open(d + "/model.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + blob)
    write(d, s)
    return w


def write(d, s):
    def put(name, value):
        with open(os.path.join(d, name), "w") as f:
            f.write(value if isinstance(value, str) else json.dumps(value))

    kind = "BertForSequenceClassification" if s.get("labels") else "BertModel"
    labels = dict(id2label={str(i): "LABEL_%d" % i for i in range(s.get("labels", 0))}) if s.get("labels") else {}
    put("config.json", dict(**labels, model_type="bert", architectures=[kind], hidden_act="gelu",
                            hidden_size=s["dim"], num_hidden_layers=s["layers"], num_attention_heads=s["heads"],
                            intermediate_size=s["ff"], vocab_size=len(vocab(s)), max_position_embeddings=s["pos"],
                            type_vocab_size=s.get("types", 2), layer_norm_eps=s.get("eps", 1e-12),
                            position_embedding_type="absolute", pad_token_id=0))
    put("vocab.txt", "\n".join(vocab(s)) + "\n")
    put("tokenizer_config.json", dict(do_lower_case=True, tokenizer_class="BertTokenizer"))
    if s.get("max_seq"):
        put("sentence_bert_config.json", dict(max_seq_length=s["max_seq"], do_lower_case=False))
    if s.get("prompts"):
        put("config_sentence_transformers.json", dict(prompts=s["prompts"]))
    if s.get("modules", True):
        kinds = ["Transformer", "Pooling"] + (["Normalize"] if s.get("normalize", True) else [])
        put("modules.json", [dict(idx=i, name=str(i), path="" if not i else "%d_%s" % (i, k),
                                  type="sentence_transformers.models." + k) for i, k in enumerate(kinds)])
        cls = s.get("pooling") == "cls"
        put("1_Pooling/config.json", dict(word_embedding_dimension=s["dim"], pooling_mode_cls_token=cls,
                                          pooling_mode_mean_tokens=not cls))


def pieces(text, words):
    ids = []
    for c in ",.?:":
        text = text.replace(c, " " + c + " ")
    for word in text.lower().split():
        got, at = [], 0
        while at < len(word):
            for end in range(len(word), at, -1):
                piece = ("##" if at else "") + word[at:end]
                if piece in words:
                    got.append(words.index(piece))
                    break
            else:
                got = [1]
                break
            at = end
        ids += got
    return ids


def tokens(text, limit, words):
    ids = pieces(text, words)
    return [2] + ids[:limit - 2] + [3], len(ids) + 2


def finish(x, s):
    v = x[0] if s.get("pooling") == "cls" else x.mean(axis=0)
    return v / np.linalg.norm(v) if s.get("normalize", True) else v


def states(w, s, ids, types):
    """The last layer's states, (tokens, dim), in f64."""
    w = {k: v.astype(np.float64) for k, v in w.items()}
    erf = np.vectorize(math.erf)

    def norm(x, n):
        x = x - x.mean(axis=1, keepdims=True)
        return x / np.sqrt((x * x).mean(axis=1, keepdims=True) + s.get("eps", 1e-12)) * w[n + ".weight"] + w[n + ".bias"]

    def dense(x, n):
        return x @ w[n + ".weight"].T + w[n + ".bias"]

    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][types], "embeddings.LayerNorm")
    hd = s["dim"] // s["heads"]
    for i in range(s["layers"]):
        p = "encoder.layer.%d." % i
        q, k, v = (dense(x, p + "attention.self." + n) for n in ("query", "key", "value"))
        ctx = []
        for h in range(s["heads"]):
            c = slice(h * hd, (h + 1) * hd)
            a = q[:, c] @ k[:, c].T / math.sqrt(hd)
            a = np.exp(a - a.max(axis=1, keepdims=True))
            ctx.append(a / a.sum(axis=1, keepdims=True) @ v[:, c])
        x = norm(dense(np.concatenate(ctx, axis=1), p + "attention.output.dense") + x, p + "attention.output.LayerNorm")
        f = dense(x, p + "intermediate.dense")
        x = norm(dense(f * 0.5 * (1 + erf(f / math.sqrt(2))), p + "output.dense") + x, p + "output.LayerNorm")
    return x


def by_numpy(w, s, ids):
    return finish(states(w, s, ids, [0] * len(ids)), s)


def torch_model(d):
    # the pooler is not used, so its weights may be missing
    return transformers.BertModel.from_pretrained(d, torch_dtype=torch.float32, attn_implementation="eager",
                                                  add_pooling_layer=False).eval()


def by_torch(model, s, many):
    with torch.no_grad():
        return [finish(model(input_ids=torch.tensor([ids])).last_hidden_state[0].double().numpy(), s) for ids in many]


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def run_probe(probe, d, texts, *options, level=None):
    env = dict(os.environ, **({"LEANN_SIMD": level} if level else {}))
    run = subprocess.run([probe, "-j", "2", *options, d], input="".join(json.dumps(t) + "\n" for t in texts).encode(),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    if run.returncode:
        print(run.stderr.decode(), end="")
        return []
    return [json.loads(line) for line in run.stdout.decode().splitlines()]


def levels(probe, d):
    """What this machine has, from the message about a level that none has."""
    run = subprocess.run([probe, d], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         env=dict(os.environ, LEANN_SIMD="?"))
    return run.stderr.decode().strip().split("this machine has ")[1].split(", ")


# the lowest cosine to fp32 that a precision may have on models of random weights
LOWEST = {"fp32": 0.99999, "bf16": 0.99, "int8": 0.99}


def check_levels(probe, d, s, texts, truth):
    """Every level in every precision, against the truth in fp32."""
    good = True
    for level in levels(probe, d):
        for precision, lowest in LOWEST.items():
            if level == "scalar" and s.get("long"):
                continue
            got = run_probe(probe, d, texts, "-p", precision, level=level)
            low = min([cosine(np.array(o["embedding"]), v) for o, v in zip(got, truth)], default=0)
            if len(got) != len(truth) or not low >= lowest:
                print("    %s %s-%s: lowest cosine %.6f, %d of %d" % (s["name"], precision, level, low, len(got), len(truth)))
                good = False
    return good


def check(probe, d, s, seed):
    w = make(d, s, seed)
    texts = TEXTS + (["where is the water " * 300] if s.get("long") else [])
    limit = min(s.get("max_seq", s["pos"]), s["pos"])
    bad, low = 0, {"numpy": 2.0}
    model = torch and torch_model(d)
    for kind in ("raw", "query", "document"):
        prefix = {"query": s.get("prompts", {}).get("query", ""),
                  "document": s.get("prompts", {}).get("passage", "")}.get(kind, "")
        want = [tokens(prefix + t, limit, vocab(s)) for t in texts]
        ours = run_probe(probe, d, texts, "-k", kind)
        bad += sum((o["ids"], o["n"]) != t for o, t in zip(ours, want)) + abs(len(ours) - len(texts))
        truth = {"numpy": [by_numpy(w, s, ids) for ids, _ in want]}
        if torch:
            truth["transformers"] = by_torch(model, s, [ids for ids, _ in want])
        for name, vecs in truth.items():
            for o, v in zip(ours, vecs):
                mine = np.array(o["embedding"])
                low[name] = min(low.get(name, 2.0), cosine(mine, v))
                bad += abs(np.linalg.norm(mine) / np.linalg.norm(v) - 1) > 1e-5
        if kind == "raw":
            bad += not check_levels(probe, d, s, texts, truth["numpy"])
    print("%-20s %d wrong, lowest cosine: %s" % (s["name"], bad, ", ".join("%s %.9f" % kv for kv in low.items())))
    return not bad and min(low.values()) >= 0.99999


def main():
    probe, work = sys.argv[1:3]
    good = [check(probe, os.path.join(work, s["name"]), s, 100 + i) for i, s in enumerate(SHAPES)]
    print("%d of %d models agree%s" % (sum(good), len(good), "" if torch else " (transformers not installed: numpy alone)"))
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
