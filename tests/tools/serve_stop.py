"""Does leann-serve answer what was asked when it is told to end?

    serve_stop.py INDEX TRIALS

Each trial starts a server of 8 workers, asks 8 questions at once beside 3 clients that never pause, and sends
SIGTERM while the questions are answered. Prints what was not answered with 200, and how many trials had such;
status 1 when any had, or the server did not end with 0.
"""
import http.client, signal, subprocess, sys, threading, time

index, trials = sys.argv[1], int(sys.argv[2])
bad = 0


def ask(port, i, said):
    try:
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        c.request("GET", "/search?q=a+question+nobody+asked+%d" % i)
        r = c.getresponse()
        r.read()
        said.append(r.status)
    except Exception as e:
        said.append(repr(e)[:60])


def never_pause(port):
    try:
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        while True:
            c.request("GET", "/indexes")
            c.getresponse().read()
    except Exception:
        pass


for trial in range(trials):
    p = subprocess.Popen(["leann-serve", "--port", "0", "--workers", "8", "--index", index], stderr=subprocess.PIPE)
    port = int(p.stderr.readline().split(b":")[-1].strip(b"/\n"))
    said = []
    threads = [threading.Thread(target=ask, args=(port, 8 * trial + i, said)) for i in range(8)]
    threads += [threading.Thread(target=never_pause, args=(port,)) for i in range(3)]
    for t in threads:
        t.start()
    for i in range(400):    # until all are with a worker, or answered
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        c.request("GET", "/metrics")
        text = c.getresponse().read().decode()
        n = int(text.split("\nleann_connections ")[1].split("\n")[0])
        if n - 1 + len(said) >= 11:
            break
        time.sleep(.005)
    time.sleep(.02)
    p.send_signal(signal.SIGTERM)
    for t in threads:
        t.join()
    status = p.wait()
    if said != [200] * 8 or status:
        bad += 1
        print(said, "status", status)
print("%d of %d trials left somebody without an answer" % (bad, trials))
sys.exit(bad > 0)
