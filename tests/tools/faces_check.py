"""The encoder by the APIs of others, against vectors of leann-embed-client.

    faces_check.py URL VECTORS.json TEXTS.json

URL ends with "/". Prints what is wrong; status 1 where something is.
"""
import base64, json, struct, sys, urllib.error, urllib.request

url = sys.argv[1]
rows = json.load(open(sys.argv[2]))
texts = json.load(open(sys.argv[3]))
n = bad = 0


def ask(path, body=None, data=None):
    data = data if data is not None else None if body is None else json.dumps(body).encode()
    r = urllib.request.Request(url + path, data, {"Content-Type": "application/json"} if data is not None else {})
    try:
        with urllib.request.urlopen(r, timeout=60) as f:
            return f.status, json.load(f), f.headers
    except urllib.error.HTTPError as e:
        return e.code, json.load(e), e.headers


def want(ok, *what):
    global n, bad
    n += 1
    if not ok:
        bad += 1
        print("wrong:", *what)


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def near(got, what):
    want(len(got) == len(rows), what, "rows", len(got))
    for a, b in zip(got, rows):
        want(len(a) == len(b), what, "floats", len(a))
        want(all(abs(x - y) < 1e-6 for x, y in zip(a, b)), what, "differs", max(abs(x - y) for x, y in zip(a, b)))
        want(abs(sum(x * x for x in a) - 1) < 1e-4, what, "norm")


# OpenAI
status, d, _ = ask("v1/embeddings", {"input": texts, "model": "all-MiniLM-L6-v2"})
want(status == 200 and d["object"] == "list" and d["model"] == "all-MiniLM-L6-v2", "openai", status)
floats = [x["embedding"] for x in d["data"]]
near(floats, "openai float")
want([x["index"] for x in d["data"]] == list(range(len(texts))), "openai: index")
want(d["usage"]["prompt_tokens"] == d["usage"]["total_tokens"] > 2 * len(texts), "openai: usage", d["usage"])
status, d, _ = ask("v1/embeddings", {"input": texts, "model": "sentence-transformers/all-minilm-l6-v2:latest",
                                     "encoding_format": "base64", "dimensions": len(rows[0]), "user": "u"})
packed = [base64.b64decode(x["embedding"]) for x in d["data"]]
want([list(struct.unpack("<%df" % len(rows[0]), p)) for p in packed] == [[f32(x) for x in r] for r in floats],
     "openai: base64 is not float")
status, d, _ = ask("v1/embeddings", {"input": texts[0]})
want(status == 200 and len(d["data"]) == 1, "openai: one string")
long = "word " * 2000
for body, status, param, code, said in [
        ({}, 400, "input", None, "want input"),
        ({"input": []}, 400, "input", None, "at least one"),
        ({"input": ""}, 400, "input", None, "empty"),
        ({"input": ["a", ""]}, 400, "input", None, "empty"),
        ({"input": [1, 2]}, 400, "input", None, "token ids"),
        ({"input": [[1, 2]]}, 400, "input", None, "token ids"),
        ({"input": ["a", 3]}, 400, "input", None, "array with an integer"),
        ({"input": {"a": 1}}, 400, "input", None, "not an object"),
        ({"input": ["a"] * 2049}, 400, "input", None, "2049 strings, want at most 2048"),
        ({"input": "a", "model": "text-embedding-3-small"}, 404, None, "model_not_found", "text-embedding-3-small"),
        ({"input": "a", "model": 3}, 400, "model", None, "a string"),
        ({"input": "a", "encoding_format": "int8"}, 400, "encoding_format", None, "float or base64"),
        ({"input": "a", "dimensions": 64}, 400, "dimensions", None, "64"),
        ({"input": "a", "dimensions": 0}, 400, "dimensions", None, "want 1 to"),
        ({"input": "a", "colour": 1}, 400, None, None, "colour"),
        ({"input": long}, 400, "input", "context_length_exceeded", "tokens"),
        ([], 400, None, None, "want an object")]:
    s, d, _ = ask("v1/embeddings", body)
    e = d["error"]
    want(s == status and set(e) == {"message", "type", "param", "code"} and e["type"] == "invalid_request_error" and
         e["param"] == param and e["code"] == code and said in e["message"], "openai", str(body)[:60], s, e)
s, d, _ = ask("v1/embeddings", data=b'{"input"')
want(s == 400 and d["error"]["param"] is None, "openai: no JSON", s, d)
s, d, _ = ask("v1/models")
want(s == 200 and [m["id"] for m in d["data"]] == ["all-MiniLM-L6-v2"], "openai: models", d)
want(ask("v1/models/sentence-transformers/all-MiniLM-L6-v2")[1]["object"] == "model", "openai: model")
s, d, _ = ask("v1/models/gpt")
want(s == 404 and d["error"]["code"] == "model_not_found", "openai: no model", d)
s, d, _ = ask("v1/nothing")
want(s == 404 and d["error"]["code"] is None, "openai: no path", d)

# Ollama
s, d, _ = ask("api/embed", {"model": "all-minilm:latest", "input": texts, "options": {"x": 1}, "keep_alive": "5m"})
near(d["embeddings"], "ollama")
want(d["model"] == "all-minilm:latest" and d["total_duration"] >= d["load_duration"] >= 0 and
     d["prompt_eval_count"] > 2 * len(texts), "ollama", {k: d[k] for k in d if k != "embeddings"})
want(ask("api/embed", {"input": ""})[1]["embeddings"] == [], "ollama: nothing")
want(len(ask("api/embed", {"input": long})[1]["embeddings"]) == 1, "ollama: cut")
for body, status, said in [
        ({"input": 3}, 400, "input"), ({"input": [3]}, 400, "input"), ({"input": "a", "truncate": 1}, 400, "truncate"),
        ({"input": long, "truncate": False}, 400, "exceeds the context length"),
        ({"input": "a", "model": "llama3"}, 404, "llama3"), ({"input": "a", "dimensions": 3}, 400, "dimensions"),
        ([], 400, "want an object")]:
    s, d, _ = ask("api/embed", body)
    want(s == status and set(d) == {"error"} and said in d["error"], "ollama", str(body)[:60], s, d)
want(ask("api/tags")[1]["models"][0]["name"] == "all-MiniLM-L6-v2:latest", "ollama: tags")
want(ask("api/version")[1]["version"], "ollama: version")

# TEI
near(ask("embed", {"inputs": texts, "normalize": True})[1], "tei")
want(ask("embed", {"inputs": texts[0]})[1] == [floats[0]], "tei: one string")
want(len(ask("embed", {"inputs": long, "truncate": True, "truncation_direction": "Right"})[1]) == 1, "tei: cut")
for body, status, kind, said in [
        ({}, 422, "validation", "inputs"), ({"inputs": []}, 400, "empty", "cannot be empty"),
        ({"inputs": ["a", ""]}, 400, "empty", "cannot be empty"),
        ({"inputs": ["a"] * 2049}, 413, "validation", "batch size 2049 > maximum allowed batch size 2048"),
        ({"inputs": long}, 413, "validation", "tokens"), ({"inputs": [1]}, 422, "validation", "inputs"),
        ({"inputs": "a", "normalize": False}, 422, "validation", "normalize"),
        ({"inputs": "a", "prompt_name": "query"}, 422, "validation", "prompt_name"),
        ({"inputs": "a", "truncation_direction": "left"}, 422, "validation", "right"),
        ({"inputs": "a", "dimensions": 64}, 422, "validation", "dimensions"), (3, 422, "validation", "want an object")]:
    s, d, _ = ask("embed", body)
    want(s == status and set(d) == {"error", "error_type"} and d["error_type"] == kind and said in d["error"],
         "tei", str(body)[:60], s, d)
s, d, _ = ask("info")
want(s == 200 and d["model_id"] == "all-MiniLM-L6-v2" and d["max_client_batch_size"] == 2048 and
     d["max_input_length"] == 256 and "embedding" in d["model_type"], "tei: info", d)
print(n, "checks,", bad, "wrong")
sys.exit(bad > 0)
