"""Clients of leann-serve at once; what they waited, and whether its memory grew.

    serve_load.py PORT PID SECONDS CLIENTS [IDLE [SLOW]]

CLIENTS ask questions drawn from the words of its index for SECONDS over connections they keep. IDLE
connections say nothing, SLOW ones send a byte a quarter of a second. Prints one JSON object; status 1
when an answer was none of 200 and 429, or a client waited over a second for /health.
"""
import http.client, json, random, socket, sys, threading, time

port, pid, seconds, clients = (int(x) for x in sys.argv[1:5])
n_idle = int(sys.argv[5]) if len(sys.argv) > 5 else 0
n_slow = int(sys.argv[6]) if len(sys.argv) > 6 else 0
WORDS = """index file search word query server read write error memory thread list table byte stream text
code page line name path model time test option value data string number size block cache lock user""".split()
end = time.time() + seconds
took, statuses, healthy, rss = [], {}, [], []
lock = threading.Lock()


def rss_kib():
    for line in open("/proc/%d/status" % pid):
        if line.startswith("RssAnon"):
            return int(line.split()[1])


def client(seed):
    rng = random.Random(seed)
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    mine, seen = [], {}
    while time.time() < end:
        body = json.dumps({"query": " ".join(rng.sample(WORDS, 4)), "top_k": 5})
        t = time.time()
        try:
            c.request("POST", "/search", body, {"Content-Type": "application/json"})
            r = c.getresponse()
            r.read()
            status = r.status
        except Exception as e:
            status = repr(e)[:60]
            c.close()
        mine.append(time.time() - t)
        seen[status] = seen.get(status, 0) + 1
        if status == 429:
            time.sleep(.1)
    with lock:
        took.extend(mine)
        for s, k in seen.items():
            statuses[str(s)] = statuses.get(str(s), 0) + k


def slow():
    try:
        s = socket.create_connection(("127.0.0.1", port))
        for b in b"POST /search HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX: " % port + b"y" * 10000:
            if time.time() > end:
                break
            s.sendall(bytes([b]))
            time.sleep(.25)
    except OSError:
        pass


def health():
    while time.time() < end:
        t = time.time()
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        c.request("GET", "/metrics")
        c.getresponse().read()
        healthy.append(time.time() - t)
        rss.append(rss_kib())
        time.sleep(.2)


idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(n_idle)]
threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
threads += [threading.Thread(target=slow, daemon=True) for _ in range(n_slow)]
threads.append(threading.Thread(target=health))
for t in threads:
    t.start()
for t in threads:
    if not t.daemon:
        t.join()
took.sort()
early, late = sorted(rss[len(rss) // 4:len(rss) // 2]), sorted(rss[-(len(rss) // 4):])
out = {"clients": clients, "idle": n_idle, "slow": n_slow, "seconds": seconds, "statuses": statuses,
       "per_second": round(len(took) / seconds, 1),
       "p50_ms": round(took[len(took) // 2] * 1e3, 1), "p99_ms": round(took[len(took) * 99 // 100] * 1e3, 1),
       "worst_ms": round(took[-1] * 1e3, 1), "healthy_worst_ms": round(max(healthy) * 1e3, 1),
       "rss_anon_kib": [early[len(early) // 2], late[len(late) // 2]] if early else rss}
print(json.dumps(out))
sys.exit(any(s not in ("200", "429") for s in statuses) or max(healthy) > 1)
