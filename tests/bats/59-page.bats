#!/usr/bin/env bats
# The page of leann-serve, in a headless Chromium.
load helper

# Not in setup_file, so that tests say why they are skipped.
need_page() {
	command -v curl >/dev/null || skip "no curl"
	need_model
}
need_chromium() {
	need_page
	"$PYTHON" -c 'import sys; sys.path.insert(0, sys.argv[1]); import chromium; sys.exit(not chromium.find())' \
		"$TOP/tests/tools" || skip "no Chromium: scripts/install-deps --tests --browser"
}

setup_file() {
	export T=$BATS_FILE_TMPDIR
	command -v curl >/dev/null || return 0
	leann-model path >/dev/null 2>&1 || return 0
	small_tree "$T/notes"
	cp "$T/notes/notes/bread.md" "$T/notes/notes/loaf.md"
	probe="<img src=x onerror=document.title=1> \"'><b onmouseover=alert(1)>.md"
	mkdir "$T/notes/odd"
	{
		printf '# Beekeeping\n\nKeeping bees: a hive, a smoker. <script>document.title = "taken"</script>\n'
		printf '<img src=x onerror="alert(1)"> "\x27><b onmouseover=alert(1)>bees</b> \xe2\x80\xaesseldnah eeb\xe2\x80\xac \xe2\x80\x8b&lt;\n'
	} >"$T/notes/odd/$probe"
	printf '%s\n' "$probe" >"$T/probe"
	mkdir "$T/sources"
	cp -r "$TOP/README.md" "$TOP/lib/serve" "$T/sources"
	leann index create --input "$T/notes" --output "$T/notes.leann"
	leann index create --input "$T/sources" --output "$T/sources.leann"
	serve "$T/log" --index "$T/sources.leann" --index "$T/notes.leann"
	echo "$URL" >"$T/url"
	echo "$SERVE_PID" >"$T/pid"
}

teardown_file() {
	[ ! -f "$T/pid" ] || kill "$(cat "$T/pid")" || :
}

setup() {
	[ ! -f "$T/url" ] || URL=$(cat "$T/url")
	cd "$BATS_TEST_TMPDIR"
}

page_check() {
	"$PYTHON" "$TOP/tests/tools/page_check.py" "$@"
}

@test "the page comes with a policy that names its own style and script alone" {
	need_page
	curl -s -D head "$URL" >page
	[ "$(wc -c <page)" -lt $((40 << 10)) ]
	grep -qi '^content-type: text/html; charset=utf-8' head
	grep -qi '^referrer-policy: no-referrer' head
	grep -qi '^x-frame-options: DENY' head
	grep -qi '^x-content-type-options: nosniff' head
	"$PYTHON" - <<-'END'
		import base64, hashlib, re
		page, head = open("page", "rb").read(), open("head").read()
		policy = re.search(r"(?mi)^content-security-policy: (.*?)\s*$", head)[1]
		assert "unsafe" not in policy and policy.startswith("default-src 'none'; "), policy
		for tag, directive in ((b"style", "style-src"), (b"script", "script-src")):
		    parts = re.findall(b"<%s>(.*?)</%s>" % (tag, tag), page, re.S)
		    assert len(parts) == 1 and page.count(b"<" + tag) == 1
		    want = "%s 'sha256-%s'" % (directive, base64.b64encode(hashlib.sha256(parts[0]).digest()).decode())
		    assert want in policy.split("; "), (want, policy)
		for rest in ("connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"):
		    assert rest in policy.split("; "), rest
		assert not re.search(rb"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|\son[a-z]+=|https?://(?!www\.w3\.org/2000/svg)", page)
	END
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H 'Host: evil.example' "$URL")" = 403 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -X POST -d x "$URL")" = 405 ]
}

@test "screenshots at desktop and phone width, light and dark" {
	need_chromium
	page_check shots "$URL" "${PAGE_SHOTS:-shots}" "an index that is published anew"
	[ "$(find "${PAGE_SHOTS:-shots}" -name '*.png' -size +8k | wc -l)" -ge 16 ]
}

@test "every field has a label, every button a name, every text its contrast, no width scrolls sideways" {
	need_chromium
	page_check audit "$URL" "bread"
}

@test "there is a way without a mouse, and Tab reaches everything" {
	need_chromium
	page_check keys "$URL" "who has an edition open"
}

@test "what files hold and how they are called is shown as text, whatever it is" {
	need_chromium
	page_check probes "$URL" "keeping bees" "$(cat "$T/probe")"
}

@test "filters by language, path and index, in the address, and back" {
	need_chromium
	page_check filters "$URL" "parse a file of settings" python
}

@test "the page needs no token and asks for it; all else does" {
	need_chromium
	echo 0123456789abcdef0123 >token
	chmod 600 token
	serve log --index "$T/notes.leann" --token-file token
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$URL")" = 200 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "${URL}health")" = 401 ]
	page_check token "$URL" 0123456789abcdef0123 "dough" || { kill "$SERVE_PID"; return 1; }
	kill "$SERVE_PID"
}

@test "a hit whose file changed says so, and so does its health" {
	need_chromium
	small_tree tree
	leann index create --input tree --output stale.leann
	printf '\nMore of it.\n' >>tree/notes/garden.md
	sed -i 's/Tomatoes want/Aubergines need/' tree/notes/garden.md
	serve log --index stale.leann
	page_check stale "$URL" "watering tomatoes" || { kill "$SERVE_PID"; return 1; }
	kill "$SERVE_PID"
}
