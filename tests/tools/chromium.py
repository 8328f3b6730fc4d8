"""A headless Chromium, driven over the DevTools protocol through a pipe.

    with Chromium() as c:
        c.open(url)
        c.js("document.title")
        c.key("ArrowDown"); c.type("words")

What pages did meanwhile is kept: c.requests (addresses), c.console (errors and warnings), c.dialogs.
"""
import base64, fcntl, json, os, select, shutil, subprocess, tempfile, time

KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, ""), "ArrowDown": (40, ""), "ArrowUp": (38, ""), "/": (191, "/")}


def find():
    for name in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        if name and shutil.which(name):
            return shutil.which(name)
    return None


class Chromium:
    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="leann-chromium.")
        to_r, to_w = os.pipe()
        from_r, from_w = os.pipe()
        # the child wants them as 3 and 4: out of the way of these first
        to_r, from_w = (fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (to_r, from_w))

        def child():
            os.dup2(to_r, 3)
            os.dup2(from_w, 4)

        env = dict(os.environ, HOME=self.dir, XDG_CONFIG_HOME=self.dir, XDG_CACHE_HOME=self.dir)
        self.p = subprocess.Popen(
            [find(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
             "--force-color-profile=srgb", "--lang=en", "--user-data-dir=" + self.dir, "--remote-debugging-pipe",
             "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env,
            close_fds=False, preexec_fn=child, start_new_session=True)
        os.close(to_r), os.close(from_w)
        self.w, self.r, self.buf, self.n, self.session = to_w, from_r, b"", 0, None
        self.requests, self.console, self.dialogs, self.in_flight, self.quiet_since = [], [], [], set(), 0
        target = [t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page"][0]["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source="window.violations = []; "
                  "addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective + ' ' + e.blockedURI))")
        return self

    def __exit__(self, *what):
        try:
            os.close(self.w)
            self.p.wait(5)
        except Exception:
            self.p.kill()
            self.p.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def message(self, timeout_s):
        while b"\0" not in self.buf:
            if not select.select([self.r], [], [], timeout_s)[0]:
                return None
            more = os.read(self.r, 1 << 20)
            if not more:
                raise SystemExit("chromium ended")
            self.buf += more
        one, self.buf = self.buf.split(b"\0", 1)
        m = json.loads(one)
        if "method" in m:
            self.event(m["method"], m["params"])
        return m

    def event(self, name, p):
        if name == "Network.requestWillBeSent":
            self.requests.append(p["request"]["url"])
            self.in_flight.add(p["requestId"])
        elif name in ("Network.loadingFinished", "Network.loadingFailed"):
            self.in_flight.discard(p["requestId"])
            self.quiet_since = time.monotonic()
        elif name == "Runtime.exceptionThrown":
            d = p["exceptionDetails"]
            self.console.append("exception: %s %s" % (d["text"], d.get("exception", {}).get("description", "")))
        elif name == "Runtime.consoleAPICalled" and p["type"] in ("error", "warning", "assert"):
            self.console.append("%s: %s" % (p["type"], [a.get("value") for a in p["args"]]))
        elif name == "Log.entryAdded" and p["entry"]["level"] in ("error", "warning"):
            self.console.append("%s: %s %s" % (p["entry"]["level"], p["entry"]["text"], p["entry"].get("url", "")))
        elif name == "Page.javascriptDialogOpening":
            self.dialogs.append(p["message"])

    def call(self, method, **params):
        self.n += 1
        m = {"id": self.n, "method": method, "params": params}
        if self.session:
            m["sessionId"] = self.session
        os.write(self.w, json.dumps(m).encode() + b"\0")
        while True:
            got = self.message(60)
            if got is None:
                raise SystemExit("chromium does not answer " + method)
            if got.get("id") == m["id"]:
                if "error" in got:
                    raise SystemExit("%s: %s" % (method, got["error"]["message"]))
                return got["result"]

    def js(self, expression):
        r = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in r:
            raise SystemExit("%s: %s" % (expression[:200], r["exceptionDetails"].get("exception", {}).get("description")))
        return r["result"].get("value")

    def until(self, expression, timeout_s=20):
        end = time.monotonic() + timeout_s
        while not self.js("!!(%s)" % expression):
            if time.monotonic() > end:
                raise SystemExit("not within %d s: %s\nthe page has: %s" % (
                    timeout_s, expression, self.js("document.body.innerText.slice(0, 1000)")))
            time.sleep(.03)

    def open(self, url):
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def key(self, name, shift=False):
        code, text = KEYS[name]
        p = {"key": name, "code": "Slash" if name == "/" else name, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **p, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **p)

    def type(self, s):
        for c in s:
            self.call("Input.dispatchKeyEvent", type="char", text=c)

    def screen(self, width, height, dark=False, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if phone else 1, mobile=phone)
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}])

    def shot(self, path):
        png = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(png))
