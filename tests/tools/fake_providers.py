"""Servers of embeddings that want requests to be right, and go wrong as they are told.

    fake_providers.py FOLDER

OpenAI's /v1/embeddings and /v1/models, Ollama's /api/embed and /api/show, /info and /embed of
text-embeddings-inference, on a port of its own, which it writes to FOLDER/port. Lines of FOLDER/log are the
requests: path, number of texts. An embedding has the words of its text in it, so that texts with the same
words are near each other; its length is not 1. A text that begins with "@WORD" tells what shall go wrong
with its request: see wrong() and bend(). A file FOLDER/name says which model answers instead of the one that
is asked for, FOLDER/turn turns all embeddings, as another model's would be, FOLDER/floats takes base64 away,
FOLDER/key is the key that is wanted. It is also the proxy to http://leann.test.
"""
import base64, json, os, random, re, struct, sys, threading, time, zlib

import fake_http

folder = sys.argv[1]
DIM = 48
LIMITS = {"openai": 2048, "ollama": 10000, "tei": 8}
WORDS_MAX = 400  # of a text
counts, lock = {}, threading.Lock()


def has(name):
    return os.path.exists(os.path.join(folder, name))


def text_of(name):
    return open(os.path.join(folder, name)).read().strip() if has(name) else ""


def embed(text, dim):
    v = [.01] * dim
    for w in re.findall(r"\w+", text.lower()):
        v[zlib.crc32(w.encode()) % dim] += 1.5
    return v[::-1] if has("turn") else v


class Refused(Exception):
    pass


def want(cond, what):
    if not cond:
        raise Refused(what)


class Handler(fake_http.Handler):
    def error(self, api, status, message, code=None, **headers):
        kinds = {400: "invalid_request_error", 401: "invalid_request_error", 429: "requests"}
        body = {"error": {"message": message, "type": kinds.get(status, "server_error"), "param": None, "code": code}} \
            if api == "openai" else {"error": message} if api == "ollama" else \
            {"error": message, "error_type": "overloaded" if status == 429 else "validation"}
        self.reply(status, body, **headers)

    def key_is_good(self, api):
        key, sent = text_of("key"), self.headers["Authorization"]
        if not key or sent == "Bearer " + key:
            return True
        self.error(api, 401, "Incorrect API key provided: %s" % (sent or "none"), "invalid_api_key")
        return False

    def do_GET(self):
        api = "tei" if self.path == "/info" else "openai"
        open(os.path.join(folder, "log"), "a").write("%s 0\n" % self.path)
        if not self.key_is_good(api):
            return
        if self.path == "/v1/models":
            self.reply(200, {"object": "list", "data": [
                {"id": "vllm-model", "object": "model", "max_model_len": 333},
                {"id": "llama.gguf", "object": "model", "meta": {"n_ctx_train": 64}}]})
        elif self.path == "/info":
            self.reply(200, {"model_id": text_of("name") or "org/tei-model", "model_dtype": "float16",
                             "model_type": {"embedding": {"pooling": "mean"}}, "max_input_length": 512,
                             "max_client_batch_size": LIMITS["tei"], "max_batch_tokens": 16384, "version": "1.9.0"})
        else:
            self.error(api, 404, "no path")

    def read(self, api):
        """(model, texts, dim) of a request that is right."""
        want(self.headers["Content-Type"] == "application/json" and "Expect" not in self.headers, "want JSON")
        d = json.loads(self.body)
        known = {"openai": {"model", "input", "encoding_format", "dimensions"}, "tei": {"inputs", "normalize", "truncate", "dimensions"},
                 "ollama": {"model", "input", "truncate", "dimensions"}}[api]
        want(set(d) <= known, "unknown members: %s" % (set(d) - known))
        texts = d["inputs" if api == "tei" else "input"]
        want(isinstance(texts, list) and texts and all(isinstance(t, str) for t in texts), "input is no list of strings")
        if api == "openai":
            want(d["encoding_format"] in ("float", "base64"), "encoding_format")
            want(all(texts), "'$.input' is invalid: an empty string")
            self.base64 = d["encoding_format"] == "base64"
        else:
            want(isinstance(d["truncate"], bool), "truncate")
            self.cut = d["truncate"]
        want(api != "tei" or d["normalize"] is True, "normalize")
        dim = d.get("dimensions", DIM)
        want(isinstance(dim, int) and 1 <= dim <= DIM, "This model does not support %r dimensions" % dim)
        return d.get("model", "tei-model"), texts, dim

    def too_long(self, api, texts):
        if len(texts) > LIMITS[api]:
            if api == "tei":
                self.error(api, 413, "batch size %d > maximum allowed batch size %d" % (len(texts), LIMITS[api]))
            else:
                self.error(api, 400, "'$.input' is invalid: too many inputs")
            return True
        n = max(len(t.split()) for t in texts)
        if n <= WORDS_MAX or getattr(self, "cut", False):
            return False
        if api == "openai":
            self.error(api, 400, "This model's maximum context length is %d tokens, however you requested %d" % (WORDS_MAX, n),
                       "context_length_exceeded")
        elif api == "ollama":
            self.error(api, 400, "the input length exceeds the context length")
        else:
            self.error(api, 413, "`inputs` must have less than %d tokens. Given: %d" % (WORDS_MAX, n))
        return True

    def wrong(self, api, order, texts):
        """Answers of another status than 200, and none; False: it is one."""
        word, _, arg = order.partition("-")
        if word in ("400", "403", "404", "422", "500", "501"):
            self.error(api, int(word), "told to, with \x1b[31mcolour and %s" % self.headers["Authorization"])
        elif word == "quota":
            self.error(api, 429, "You exceeded your current quota", "insufficient_quota")
        elif word in ("429", "503"):
            with lock:
                counts[order] = counts.get(order, 0) + 1
                if arg and arg[0] == "x" and counts[order] > int(arg[1:]):
                    return False
            self.error(api, int(word), "slow down", "rate_limit_exceeded", **({"Retry_After": "1"} if arg else {}))
        elif word == "413" and len(texts) > 2:
            self.reply(413, "<html>Payload Too Large</html>", "text/html")
        elif word == "307":
            self.reply(307, {}, Location="http://127.0.0.1:1/v1/embeddings")
        elif word == "reset":
            self.close_connection = True
            self.connection.close()
        elif word == "slow":
            time.sleep(3)
            return False
        else:
            return False
        return True

    def bend(self, order, rows):
        """Rows that are not what was asked for."""
        v = rows[0] if rows else []
        if order == "count":
            rows.append(list(v))
        elif order == "few":
            rows.pop()
        elif order == "dim":
            v.append(1.)
        elif order == "nothing":
            v.clear()
        elif order == "nan":
            v[3] = float("nan")
        elif order == "infinite":
            v[3] = 1e300
        elif order == "null":
            v[3] = None
        elif order == "word":
            v[3] = "1"
        elif order == "zero":
            rows[0] = [0.] * len(v)

    def answer(self, api, model, order, rows, n_tokens):
        model = text_of("name") or ("another" if order == "model" else model)
        if api == "tei":
            return rows
        if api == "ollama":
            return {"model": model, "embeddings": rows, "total_duration": 1, "load_duration": 1, "prompt_eval_count": n_tokens}
        numbers = not self.base64 or any(isinstance(x, (str, type(None))) for v in rows for x in v)
        pack = (lambda v: v) if numbers else (lambda v: base64.b64encode(struct.pack("<%df" % len(v), *[
            x if abs(x) < 3e38 or x != x else float("inf") for x in v])).decode())
        data = [{"object": "embedding", "index": i, "embedding": pack(v)} for i, v in enumerate(rows)]
        if order == "order":
            data.reverse()
        elif order == "twice":
            data.append(dict(data[0]))
            data.pop(1) if len(data) > 2 else data.pop()
            data[-1]["index"] = 0 if len(data) > 1 else 7
        elif order == "noindex":
            del data[0]["index"]
        elif order == "index":
            data[0]["index"] = -1
        elif order == "base64":
            data[0]["embedding"] = "AAA*"
        elif order == "odd":
            data[0]["embedding"] = base64.b64encode(b"12345").decode()
        return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": n_tokens, "total_tokens": n_tokens}}

    def send(self, order, answer):
        text = json.dumps(answer)
        if order.startswith("mangle-"):
            rng = random.Random(int(order[7:]))
            data = bytearray(text.encode())
            for _ in range(rng.randint(1, 4)):
                at = rng.randrange(len(data))
                rng.choice([lambda: data.__setitem__(at, rng.choice(b'0"[]{},:-e9x\\\x00')), lambda: data.__delitem__(slice(at, at + 9)),
                            lambda: data.__setitem__(slice(at, at), bytes(data[at:at + 50]))])()
            self.reply(200, bytes(data))
        elif order == "html":
            self.reply(200, "<html>hello</html>", "text/html")
        elif order == "json":
            self.reply(200, text[:-5])
        elif order == "list":
            self.reply(200, "7")
        elif order == "huge":
            self.reply(200, text[:-1] + " " * (64 << 20) + text[-1])
        elif order == "half":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text[:len(text) // 2].encode())
            self.close_connection = True
        else:
            self.reply(200, text, "application/json; charset=utf-8")

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.keep(folder, self.body)
        path = self.path.removeprefix("http://leann.test")
        api = {"/v1/embeddings": "openai", "/api/embed": "ollama", "/embed": "tei", "/api/show": "show"}.get(path)
        try:
            if not api or not self.key_is_good("ollama" if api == "show" else api):
                return None if api else self.error("openai", 404, "no path " + path)
            if api == "show":
                d = json.loads(self.body)
                want(set(d) == {"model"}, "want model alone")
                open(os.path.join(folder, "log"), "a").write("%s 0\n" % path)
                return self.reply(200, {"details": {"family": "nomic-bert"}, "model_info": {
                    "general.architecture": "nomic-bert", "nomic-bert.context_length": 2048, "nomic-bert.embedding_length": DIM}})
            model, texts, dim = self.read(api)
            open(os.path.join(folder, "log"), "a").write("%s %d\n" % (path, len(texts)))
            if getattr(self, "base64", False) and has("floats"):
                return self.error(api, 400, "encoding_format: only float is supported")
        except (Refused, KeyError, ValueError) as e:
            return self.error(api or "openai", 400, "refused: %r" % e)
        orders = [m.group(1) for t in texts for m in [re.search(r"@([\w-]+)", t)] if m]
        order = orders[0] if orders else ""
        if model == "none":
            return self.error(api, 404, "model 'none' not found, try pulling it first", "model_not_found")
        if self.too_long(api, texts) or self.wrong(api, order, texts):
            return None
        rows = [embed(t, dim) for t in texts]
        self.bend(order, rows)
        try:
            return self.send(order, self.answer(api, model, order, rows, sum(len(t.split()) for t in texts)))
        except OSError:
            self.close_connection = True


fake_http.serve(folder, Handler)
