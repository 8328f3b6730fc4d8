"""The same questions by POST /search and by leann-search, one after the other, each new to both.

    serve_latency.py PORT INDEX N

Prints medians in milliseconds as a JSON object. Both ask the same warm embedding server; caches are off.
"""
import http.client, json, random, statistics, subprocess, sys, time

port, index, n = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
WORDS = """index file search word query server read write error memory thread list table byte stream text
code page line name path model time test option value data string number size block cache lock user""".split()
rng = random.Random(7)
c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
http_ms, program_ms, differ = [], [], 0
for i in range(n + 2):
    q = " ".join(rng.sample(WORDS, 5))
    t = time.perf_counter()
    c.request("POST", "/search", json.dumps({"query": q}), {"Content-Type": "application/json"})
    a = json.loads(c.getresponse().read())["results"]
    t1 = time.perf_counter()
    out = subprocess.run(["leann-search", "--no-cache", "--json", index, q], stdout=subprocess.PIPE).stdout
    t2 = time.perf_counter()
    b = json.loads(out)["items"]
    differ += [h["chunk"] for h in a] != [h["chunk"] for h in b]
    if i >= 2:
        http_ms.append((t1 - t) * 1e3)
        program_ms.append((t2 - t1) * 1e3)
print(json.dumps({"questions": n, "http_ms": round(statistics.median(http_ms), 2),
                  "leann_search_ms": round(statistics.median(program_ms), 2), "differ": differ}))
sys.exit(differ > 0)
