"""The page of leann-serve(1) in a headless Chromium, and what has to hold of it.

    page_check.py shots URL DIR [QUESTION]    PNGs of hits, file, health: desktop and phone, light and dark
    page_check.py audit URL [QUESTION]        labels, names, headings, contrast, widths, in each of these
    page_check.py keys URL QUESTION           the way without a mouse
    page_check.py probes URL QUESTION NAME    text that would like to be markup; NAME is the file's
    page_check.py token URL TOKEN QUESTION    the page asks for the token, and keeps it for the tab
    page_check.py filters URL QUESTION LANG   languages, paths, indexes, the address, going back
    page_check.py stale URL QUESTION          a hit whose file changed

In all of them: no error in the console, nothing against the policy, no request to elsewhere. Status 1, and what was found, when something does not
hold.
"""
import json, os, sys, time
from chromium import Chromium

SIZES = {"desktop": (1280, 800, False), "phone": (390, 844, True)}
AUDIT = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "page_audit.js")).read()
wrong = []


def want(ok, what):
    if not ok:
        wrong.append(what)


def ready(c, url):
    c.open(url)
    c.until("document.getElementById('home-h').textContent || document.querySelector('#hits a')")


def ask(c, question):
    c.js("document.getElementById('q').focus()")
    c.type(question)
    c.until(r"/^[\d,]+ hits? in/.test(document.getElementById('status').textContent)")


def close(c):
    c.key("Escape")
    c.until("document.getElementById('view').hidden && document.getElementById('health').hidden")


def health(c):
    c.js("document.getElementById('b-health').click()")
    c.until("document.querySelector('#health table')")


def views(c, url, question, related):
    """The states of the page, one after another."""
    ready(c, url)
    yield "home"
    ask(c, question)
    yield "hits"
    c.key("ArrowDown")
    c.key("Enter")
    c.until("document.querySelector('#view .in')")
    yield "file"
    if related:
        c.js("[...document.querySelectorAll('#view button')].find(b => b.textContent === 'Related passages').click()")
        c.until("document.querySelector('#near h3')")
        yield "related"
    close(c)
    health(c)
    yield "health"


def shots(c, url, out, question="slow clients"):
    os.makedirs(out, exist_ok=True)
    for size, (w, h, phone) in SIZES.items():
        for dark in (False, True):
            c.screen(w, h, dark, phone)
            for view in views(c, url, question, False):
                c.shot(os.path.join(out, "%s-%s-%s.png" % (view, size, "dark" if dark else "light")))


def audit(c, url, question="slow clients"):
    least, texts = 21, 0
    for width, dark, phone in ((1280, False, False), (1000, True, False), (390, False, True), (360, True, True), (320, False, True)):
        c.screen(width, 800, dark, phone)
        for view in views(c, url, question, True):
            r = c.js(AUDIT)
            wrong.extend("%s at %d px, %s: %s" % (view, width, "dark" if dark else "light", x) for x in r["wrong"])
            least, texts = min(least, r["least"]), texts + r["texts"]
    print("%d texts, the least contrast is %.2f" % (texts, least))


FOCUS = """(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
    if (!e.dataset.seen) e.dataset.seen = document.querySelectorAll('[data-seen]').length + 1;
    const lies = x => x.outlineStyle !== 'none' && parseFloat(x.outlineWidth) >= 1 || x.boxShadow !== 'none';
    return {seen: e.dataset.seen, tag: e.tagName, text: (e.textContent || e.id).trim().slice(0, 30), top: r.top, bottom: r.bottom,
        shown: lies(s)}; })()"""


def tabs(c, what):
    """Tab reaches everything that can be reached, each once, with a focus that is seen."""
    n = c.js("""(() => { document.activeElement.blur(); for (const e of document.querySelectorAll('[data-seen]')) delete e.dataset.seen;
        return [...document.querySelectorAll('a[href], button, input, select, [tabindex="0"]')].filter(e => e.getClientRects().length &&
            getComputedStyle(e).visibility !== 'hidden').length; })()""")
    reached = set()
    for _ in range(n + 3):
        c.key("Tab")
        f = c.js(FOCUS)
        if f["tag"] == "BODY":
            continue
        want(f["shown"], "%s: the focus on %s is not seen" % (what, f))
        want(f["bottom"] > 0 and f["top"] < c.js("innerHeight"), "%s: the focus is out of sight: %s" % (what, f))
        reached.add(f["seen"])
    want(len(reached) == n, "%s: Tab reaches %d of %d" % (what, len(reached), n))


def active(c):
    return c.js("document.activeElement.dataset.key || document.activeElement.id || document.activeElement.tagName")


def keys(c, url, question):
    c.screen(1280, 800)
    ready(c, url)
    c.js("document.activeElement.blur()")
    c.key("/")
    want(active(c) == "q", "/ focuses the question: %s" % active(c))
    want(c.js("document.getElementById('q').value") == "", "/ is not typed")
    ask(c, question)
    hits = c.js("[...document.querySelectorAll('#hits a')].map(a => a.dataset.key)")
    for k in hits[:3]:
        c.key("ArrowDown")
        want(active(c) == k, "ArrowDown goes to %s: %s" % (k, active(c)))
    c.key("ArrowUp")
    want(active(c) == hits[1], "ArrowUp goes back to %s: %s" % (hits[1], active(c)))
    c.key("Enter")
    c.until("document.querySelector('#view .in')")
    want(active(c) == "view-h", "Enter opens and goes there: %s" % active(c))
    want(c.js("document.querySelector('#view .in i').textContent") ==
         c.js("document.querySelector('#hits .cur .at').textContent.match(/:(\\d+)/)[1]"), "the passage's first line is marked")
    tabs(c, "file")
    before = c.js("document.querySelectorAll('#view .l').length")
    if c.js("!!document.querySelector('[data-more]')"):
        c.js("document.querySelector('[data-more]').click()")
        c.until("document.querySelectorAll('#view .l').length > %d" % before)
        n = c.js("[...document.querySelectorAll('#view .l i')].map(e => +e.textContent)")
        want(n == list(range(n[0], n[0] + len(n))), "lines are numbered one by one: %s" % n)
    close(c)
    want(active(c) == hits[1], "Esc goes back to the hit: %s" % active(c))
    c.key("Escape")
    want(active(c) == "q", "and then to the question: %s" % active(c))
    c.key("ArrowDown")
    c.key("ArrowUp")
    want(active(c) == "q", "up from the first hit is the question: %s" % active(c))
    c.key("Enter")
    c.until("document.querySelector('#view .in')")
    want(c.js("document.querySelector('#hits .cur a').dataset.key") == hits[0], "Enter in the question opens the first hit")
    close(c)
    tabs(c, "hits")
    health(c)
    want(active(c) == "health-h", "Health goes there: %s" % active(c))
    close(c)
    # who types another question while something is open keeps it
    for open_one in (lambda: health(c), lambda: (c.js("document.querySelector('#hits a').click()"), c.until("document.querySelector('#view .in')"))):
        open_one()
        c.js("document.getElementById('q').select()")
        ask(c, "bread " + question)
        if c.js("!document.getElementById('view').hidden"):
            close(c)
        time.sleep(.3)
        want(c.js("document.getElementById('q').value") == "bread " + question, "what is typed stays: %s" % c.js("document.getElementById('q').value"))
        want(c.js("document.getElementById('health').hidden"), "and health is closed")
        want("bread" in c.js("decodeURIComponent(location.hash)"), "and it is in the address: %s" % c.js("location.hash"))
        c.js("document.getElementById('q').select()")
        ask(c, question)
    # an answer that comes late is not shown in place of a later question's
    c.js("""window.real = fetch; window.fetch = async (u, o) => { const r = await real(u, {...o, signal: undefined});
        if (/q=late/.test(u)) await new Promise(f => setTimeout(f, 600)); return r; }; document.getElementById('q').select()""")
    c.type("late")
    time.sleep(.3)
    c.js("document.getElementById('q').select()")
    ask(c, question)
    keys = "[...document.querySelectorAll('#hits a')].map(a => a.dataset.key)"
    c.until("JSON.stringify(%s) === %s" % (keys, json.dumps(json.dumps(hits, separators=(",", ":"), ensure_ascii=False))))
    time.sleep(1.2)
    want(c.js(keys) == hits, "a late answer is dropped")


def probes(c, url, question, name):
    c.screen(1280, 800)
    ready(c, url)
    ask(c, question)
    for view in ("#hits", "#view"):
        text = c.js("document.querySelector('%s').textContent" % view)
        for s in (name, "<script>document.title", "<img src=x onerror", "\"'><b onmouseover=", "U+202E", "U+200B"):
            want(s in text, "%s shows %s as it is" % (view, s))
        want("\u202e" not in text and "\u200b" not in text, "%s has no characters that hide" % view)
        n = c.js("document.querySelectorAll('%s script, %s img, %s b:not(h3 b):not(h2 b), %s iframe, %s [onerror]').length" % ((view,) * 5))
        want(n == 0, "%s has %d elements of the file's making" % (view, n))
        if view == "#hits":
            c.js("[...document.querySelectorAll('#hits a')].find(a => a.textContent.includes('onerror')).click()")
            c.until("document.querySelector('#view .in')")
    want(c.js("document.title") == "leann", "the title is ours")
    want(not c.dialogs, "no dialog: %s" % c.dialogs)
    # the policy holds, whatever the page's own code does
    before = len(c.console)
    c.js("(() => { const s = document.createElement('style'); s.textContent = 'body { display: none }'; document.head.append(s); })()")
    want(c.js("getComputedStyle(document.body).display") != "none", "no other style is taken")
    want(c.js("(() => { try { document.body.innerHTML = '<b>'; return false; } catch (e) { return true; } })()"), "no HTML is made of text")
    want(c.js("fetch('http://127.0.0.1:9/').then(() => false, () => true)"), "nothing else is asked")
    want(c.js("violations.length") >= 3, "these are against the policy: %s" % c.js("violations"))
    c.js("violations.length = 0")
    del c.console[before:]
    c.requests = [r for r in c.requests if r != "http://127.0.0.1:9/"]


def token(c, url, secret, question):
    c.screen(1280, 800)
    c.open(url)
    c.until("!document.getElementById('gate').hidden")
    want(active(c) == "token", "the field has the focus: %s" % active(c))
    r = c.js(AUDIT)
    wrong.extend(r["wrong"])
    c.type("not the token it wants")
    c.key("Enter")
    c.js("document.getElementById('token').value = ''")
    c.type("notthetokenitwants")
    c.key("Enter")
    c.until("!document.getElementById('gate-no').hidden && !document.getElementById('gate').hidden")
    c.type(secret)
    c.key("Enter")
    c.until("document.getElementById('home-h').textContent")
    ask(c, question)
    c.call("Page.reload")
    c.until("document.querySelector('#hits a')")
    want(c.js("document.getElementById('gate').hidden"), "it is kept for the tab")
    want(secret not in c.js("location.href"), "the token is in no address")
    want(all(secret not in r for r in c.requests), "nor in what is asked")
    c.console[:] = [x for x in c.console if "401" not in x]


def filters(c, url, question, lang):
    c.screen(1280, 800)
    ready(c, url)
    ask(c, question)
    tags = "[...document.querySelectorAll('#hits .tags')].map(e => e.textContent)"
    n = len(c.js(tags))
    c.js("document.querySelector('[data-lang=%s]').click()" % lang)
    c.until("location.hash.includes('languages')")
    c.until("(%s).length && (%s).every(t => t.includes('%s'))" % (tags, tags, lang))
    want(c.js("document.querySelector('[data-lang=%s]').getAttribute('aria-pressed')" % lang) == "true", "the chip is pressed")
    c.call("Page.reload")
    c.until("document.querySelector('#hits a')")
    want(c.js("(%s).every(t => t.includes('%s'))" % (tags, lang)), "it is in the address")
    c.until("document.querySelector('[data-lang=%s]')" % lang)
    c.js("document.querySelector('[data-lang=%s]').click()" % lang)
    c.until("(%s).length === %d" % (tags, n))
    c.js("document.getElementById('paths').focus()")
    c.type("nowhere/**")
    c.until("/^Nothing found with these filters/.test(document.getElementById('status').textContent)")
    c.js("(e => { e.value = ''; e.dispatchEvent(new Event('input')); })(document.getElementById('paths'))")
    c.until("(%s).length === %d" % (tags, n))
    options = c.js("[...document.getElementById('index').options].map(o => o.value)")
    if len(options) > 2:
        c.js("(e => { e.value = '%s'; e.dispatchEvent(new Event('change')); })(document.getElementById('index'))" % options[2])
        c.until("location.hash.includes('index=')")
        c.until("[...document.querySelectorAll('#hits a')].length && "
                "[...document.querySelectorAll('#hits a')].every(a => a.dataset.key.startsWith('%s:'))" % options[2])
    c.js("document.querySelector('#hits a').click()")
    c.until("document.querySelector('#view .in')")
    c.js("history.back()")
    c.until("document.getElementById('view').hidden")
    c.js("document.querySelector('#hits a').click()")
    c.until("document.querySelector('#view .in')")
    c.call("Page.reload")
    c.until("document.querySelector('#view .in')")
    close(c)
    c.js("(e => { e.value = '* ( \\\\'; e.dispatchEvent(new Event('input')); })(document.getElementById('paths'))")
    time.sleep(.6)


def stale(c, url, question):
    c.screen(1280, 800)
    ready(c, url)
    ask(c, question)
    c.until("document.querySelector('#hits .stale')")
    want("changed" in c.js("document.querySelector('#hits .stale').textContent"), "it says that the file changed")
    c.js("document.querySelector('#hits li:has(.stale) a').click()")
    c.until("document.querySelector('#view .note')")
    want("update" in c.js("document.querySelector('#view .note').textContent"), "and what to do")
    close(c)
    health(c)
    want("1 changed since" in c.js("document.getElementById('health').textContent"), "health has the file that changed")
    wrong.extend(c.js(AUDIT)["wrong"])


with Chromium() as chromium:
    url = sys.argv[2]
    globals()[sys.argv[1]](chromium, url, *sys.argv[3:])
    want(not chromium.console, "the console has %s" % chromium.console)
    v = chromium.js("window.violations || []")
    want(not v, "against the policy: %s" % v)
    out = sorted({r for r in chromium.requests if not r.startswith((url, "data:", "about:"))})
    want(not out, "requests to elsewhere: %s" % out)
    print("%d requests" % len(chromium.requests))
for w in wrong[:40]:
    print("not so:", w)
sys.exit(bool(wrong))
