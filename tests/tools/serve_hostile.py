"""Requests that no friend sends, and what leann-serve(1) says they get.

    serve_hostile.py PORT [TOKEN]

Every one goes over a connection of its own, as bytes; what is cut short ends with our half of it. Prints what was answered otherwise, then
"N requests, M answered otherwise"; status 1 when M is not 0.
"""
import json, socket, sys

port = int(sys.argv[1])
token = sys.argv[2] if len(sys.argv) > 2 else None
HOST = "127.0.0.1:%d" % port
n = bad = 0


def whole(out):
    head, end, body = out.partition(b"\r\n\r\n")
    at = head.lower().find(b"\r\ncontent-length:")
    return end and at >= 0 and len(body) >= int(head[at + 17:].split(b"\r\n")[0])


def send(data, half):
    s = socket.create_connection(("127.0.0.1", port), timeout=3)
    try:
        s.sendall(data)
        if half:
            s.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    out = b""
    try:
        while not whole(out):
            b = s.recv(65536)
            if not b:
                break
            out += b
    except OSError:
        pass
    s.close()
    return out


def check(name, want, data, half=False):
    global n, bad
    n += 1
    want = want if isinstance(want, tuple) else (want,)
    out = send(data, half)
    line = out.split(b"\r\n", 1)[0]
    got = int(line.split(b" ")[1]) if line.startswith(b"HTTP/1.") else 0
    why = None
    if got not in want:
        why = "%r, want %s" % (line[:80], want)
    elif b"\r\naccess-control-" in out.lower():
        why = "a CORS header"
    elif got >= 400 and b"application/json" in out and b"\r\n\r\n" in out:
        body = out.split(b"\r\n\r\n", 1)[1]
        try:
            assert not body or json.loads(body)["error"]["message"]
        except Exception:
            why = "no error in the body: %r" % body[:80]
    if why:
        bad += 1
        print("%s: %s" % (name, why))


def request(method="POST", path="/search", host=HOST, body=b'{"query": "x"}', type="application/json",
            length=None, extra=(), version="HTTP/1.1", auth=token):
    h = ["%s %s %s" % (method, path, version)]
    if host is not None:
        h.append("Host: " + host)
    if auth:
        h.append("Authorization: Bearer " + auth)
    if type and method == "POST":
        h.append("Content-Type: " + type)
    if method == "POST" and length != "none":
        h.append("Content-Length: %s" % (len(body) if length is None else length))
    h += list(extra)
    return "\r\n".join(h).encode("latin-1") + b"\r\n\r\n" + (body if method == "POST" else b"")


check("a friend", 200, request(path="/search?q=x", method="GET"))
# Host: names that lead here only by somebody's doing
for h in ["evil.com", "evil.com:%d" % port, "127.0.0.1", "localhost", "127.0.0.1:1", "localhost:80", "[::1]",
          "[::1]:1", "0.0.0.0:%d" % port, "127.1:%d" % port, "2130706433:%d" % port, "0x7f000001:%d" % port,
          "017700000001:%d" % port, "[::ffff:127.0.0.1]:%d" % port, "localhost.:%d" % port,
          "localhost.evil.com:%d" % port, "127.0.0.1.nip.io:%d" % port, "127.0.0.1:%d.evil.com" % port,
          "localhost:%d@evil.com" % port, "user@localhost:%d" % port, "http://localhost:%d" % port,
          "localhost:%d/" % port, "localhost:0%d" % port, "localhost:+%d" % port, "127.0.0.2:%d" % port,
          "127.0.0.1 :%d" % port, "localhost:%d, evil.com" % port, "LOCALHOST.LOCALDOMAIN:%d" % port,
          "localhost\x00:%d" % port, "\xe9vil:%d" % port, "xn--lcalhost-54a:%d" % port, "*", "null", "-", "a" * 300]:
    check("Host %r" % h, (403, 400), request(host=h))
    check("GET, Host %r" % h, (403, 400), request(method="GET", path="/search?q=x", host=h))
check("no Host", (403, 400), request(host=None))
check("no Host, HTTP/1.0", 403, request(host=None, version="HTTP/1.0"))
check("Host in capitals", 200, request(host="LOCALHOST:%d" % port))
check("two Hosts", 400, request(extra=["Host: " + HOST]))
check("two Hosts, the other first", 400, request(host="evil.com", extra=["Host: " + HOST]))
# Origin
for o in ["http://evil.com", "https://evil.com", "null", "http://localhost", "http://localhost:%d" % port,
          "http://127.0.0.1:%d" % port, "file://", "http://%s.evil.com" % HOST, "chrome-extension://abc", "", "x",
          "http://localhost:3000", "https://" + HOST]:
    check("Origin %r" % o, 403, request(extra=["Origin: " + o]))
    check("GET, Origin %r" % o, 403, request(method="GET", path="/search?q=x", extra=["Origin: " + o]))
# preflights and methods
for path in ["/search", "/indexes/x/search", "/health", "/metrics", "/openapi.json", "/chunk/1", "/"]:
    check("a preflight of " + path, 405, request(method="OPTIONS", path=path, extra=[
        "Origin: http://evil.com", "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type"]))
for m in ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "FOO", "get", "post"]:
    check("method " + m, (405, 400), request(method=m))
for path in ["/health", "/metrics", "/openapi.json", "/chunk/1", "/related"]:
    check("POST to " + path, 405, request(path=path))
check("POST to the page", 405, request(path="/"))
check("the page without a token", 200, request(method="GET", path="/", auth=None))
check("the page for another Host", 403, request(method="GET", path="/", host="evil.com"))
check("the page for another Origin", 403, request(method="GET", path="/", extra=["Origin: http://evil.com"]))
check("a path behind the page", 404, request(method="GET", path="//"))
# types
for t in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json",
          "application/jsonp", "application/json-seq", "application/x-json", "text/html", "json", "*/*", "", None,
          "text/plain; application/json", "application/ json"]:
    check("type %r" % t, 415, request(type=t))
for t in ["application/json", "APPLICATION/JSON", "application/json;charset=utf-8", "application/json ; x=y"]:
    check("type %r" % t, 200, request(type=t))
# lengths
check("no length", 411, request(length="none"))
check("over 1 MiB said", 413, request(length=str((1 << 20) + 1)))
check("a huge length", (413, 400), request(length="9" * 30))
check("a huge length of 19 digits", 413, request(length="9" * 19))
check("a negative length", 400, request(length="-1"))
check("a length with a sign", (400, 413), request(length="+14"))
check("a length in hex", 400, request(length="0x0e"))
check("a length that is a word", 400, request(length="many"))
check("an empty length", 400, request(length=""))
check("two lengths", (400,), request(length="14", extra=["Content-Length: 3"]))
check("a length and pieces", 400, request(extra=["Transfer-Encoding: chunked"], body=b"0\r\n\r\n"))
check("a header's name is no UTF-8", (200, 400), request(extra=["X-\xff\xc3: 1"]))
check("two types", 400, request(extra=["Content-Type: text/plain"]))
check("a body that is too short", (0, 400), request(length="100"), half=True)
big = b'{"query": "' + b"x" * (1 << 20) + b'"}'
check("over 1 MiB sent", 413, request(body=big))
chunked = b"%x\r\n%s\r\n" % (65536, b" " * 65536)
check("over 1 MiB in pieces", 413, request(length="none", extra=["Transfer-Encoding: chunked"], body=chunked * 20 + b"0\r\n\r\n"))
check("pieces", 200, request(length="none", extra=["Transfer-Encoding: chunked"], body=b'e\r\n{"query": "x"}\r\n0\r\n\r\n'))
check("broken pieces", (400, 413, 0), request(length="none", extra=["Transfer-Encoding: chunked"], body=b"zz\r\nx\r\n"), half=True)
check("a piece of a huge size", (400, 413, 0), request(length="none", extra=["Transfer-Encoding: chunked"], body=b"ffffffffffffffff\r\nx\r\n"), half=True)
# bodies
for b in [b"", b"{", b"[]", b"null", b"7", b'"x"', b"{}", b'{"query": ""}', b'{"query": 1}', b'{"query": null}',
          b'{"query": ["x"]}', b'{"query": "x", "queries": ["x"]}', b'{"queries": []}', b'{"queries": [1]}',
          b'{"queries": "x"}', b'{"queries": [' + b'"x",' * 70 + b'"x"]}', b'{"query": "x", "top_k": 0}',
          b'{"queries": [' + b'"x",' * 63 + b'"x"], "top_k": 1000}', b'{"queries": [' + b'"x",' * 63 + b'"x"], "mode": "rerank"}',
          b'{"query": "x", "mode": "rerank", "rerank_depth": 1001}',
          b'{"query": "x", "top_k": -1}', b'{"query": "x", "top_k": 1e9}', b'{"query": "x", "top_k": 99999999999999999999}',
          b'{"query": "x", "top_k": "3"}', b'{"query": "x", "top_k": 3.5}', b'{"query": "x", "top_k": true}',
          b'{"query": "x", "query": "y"}', b'{"query": "\xff\xfe"}', b'{"query": "\\ud800"}', b'{"query": "x"} x',
          b"[" * 100000, b'{"a":' * 50000, b'{"query": "x", "filters": []}', b'{"query": "x", "filters": {"paths": 3}}',
          b'{"query": "x", "filters": {"paths": [3]}}', b'{"query": "x", "filters": {"paths": ["a\\u0000b"]}}',
          b'{"query": "x", "filters": {"where": "path ="}}', b'{"query": "x", "filters": {"where": "' + b"(" * 5000 + b'"}}',
          b'{"query": "x", "filters": {"types": ["\\") or path != \\"x"]}}', b'{"query": "x", "filters": {"languages": ["klingon"]}}',
          b'{"query": "x", "mode": "sudo"}', b'{"query": "x", "mode": 1}', b'{"query": "x", "dense": "yes"}',
          b'{"query": "x", "recall_target": 0.5}', b'{"query": "x", "recall_target": "x"}', b'{"query": "x", "per_file": 0}',
          b'{"query": "x", "__proto__": {}}', b'{"query": "x", "index": 3}', b'\xef\xbb\xbf{"query": "x"}',
          b'{"query": "' + b"x" * 70000 + b'"}', b"\x00" * 100, b"query=x"]:
    check("body %r" % b[:60], 400, request(body=b))
check("an index that is not there", 404, request(body=b'{"query": "x", "index": "../../etc/passwd"}'))
# paths
for p, want in [("/../../etc/passwd", 404), ("/search/", 404), ("//search", 404), ("/search%00", 400), ("/SEARCH", 404),
                ("/indexes/../search", 400), ("/indexes//search", 404), ("/indexes/%2e%2e/search?q=x", 404), ("/chunk/", 404),
                ("/chunk/-1", 400), ("/chunk/1e3", 400), ("/chunk/99999999", 404), ("/chunk/99999999999999999999", 400),
                ("/chunk/%30%30x", 400), ("/chunk/0?context=-1", 400), ("/chunk/0?context=100000", 400),
                ("/chunk/0?nope=1", 400), ("/related", 400), ("/related?path=/etc/passwd", 404), ("/related?chunk=x", 400),
                ("/related?path=x&chunk=0", 400), ("/search", 400), ("/search?q=", 400), ("/search?q=x&top_k=x", 400),
                ("/search?q=x&top_k=-3", 400), ("/search?nope=1", 400), ("/search?q=%ff%fe", (200, 400)),
                ("/search?q=x&%ff=1", 400), ("/metrics?%ff%c3=", 200),
                ("/search?q=x&where=%28", 400), ("/indexes/nope", 404), ("/nope", 404), ("/.git/config", 404), ("*", 404)]:
    check("GET " + p, want, request(method="GET", path=p))
# what is no HTTP
for d in [b"\x00" * 64, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\nHost: " + HOST.encode() + b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
          b"GET /" + b"a" * 60000 + b" HTTP/1.1\r\n\r\n", b"POST /search\r\n\r\n", b"\r\n" * 100, b"GET  /search HTTP/1.1\r\n\r\n",
          b"GET /search HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\n" + b"X-A: b\r\n" * 10000 + b"\r\n",
          b"GET /search HTTP/1.1\r\n" + b"A" * 60000 + b": x\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n",
          b"GET /search?q=x HTTP/1.1\r\nHost : " + HOST.encode() + b"\r\n\r\n"]:
    check("bytes %r" % d[:40], (0, 400, 403, 404, 405, 413, 414, 431, 494, 505), d, half=True)
if token:
    for a in ["", "x", token[:-1], token + "x", token.swapcase(), " " + token, token + token, "\xff" * 20, token[::-1]]:
        check("token %r" % a, 401, request(auth=None, extra=["Authorization: Bearer " + a]))
    for a in [token, "Basic " + token, "Bearer", "bearer:" + token, "Digest " + token]:
        check("Authorization %r" % a, 401, request(auth=None, extra=["Authorization: " + a]))
    check("no token", 401, request(auth=None))
    for p in ["/health", "/metrics", "/openapi.json", "/nope", "/search?q=x"]:
        check("no token for " + p, 401, request(method="GET", path=p, auth=None))
check("a friend at the end", 200, request(path="/search?q=x", method="GET"))
print("%d requests, %d answered otherwise" % (n, bad))
sys.exit(bad > 0)
