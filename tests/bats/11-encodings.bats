# Text in other encodings than UTF-8: found, cut, searched, shown, updated; offsets are bytes on disk.
load helper

setup() {
	need_model
	cd "$BATS_TEST_TMPDIR"
	"$PYTHON" - <<-'END'
		import os
		os.makedirs("t")
		bread = "Bread\n=====\n\nThe naïve baker’s dough rises for two hours.\n\n"
		more = "".join(f"Chapter {i}\n---------\n\nThe señor number {i} drinks café crème at the Zürich station.\n\n" for i in range(30))
		for name, enc in (("utf8", "utf-8"), ("mark", "utf-8-sig"), ("le", "utf-16-le"), ("be", "utf-16-be"), ("mark16", "utf-16"), ("cp", "cp1252")):
		    open(f"t/{name}.txt", "wb").write((bread + more).encode(enc))
		open("t/broken.txt", "wb").write(bread.encode() + b"\xff\xfe broken \xff end\n" + "日本語のテキスト".encode())
		open("t/random.bin", "wb").write(b"\xff\xfe" + bytes((i * 7919 >> 3) % 251 + 1 for i in range(9000)))
	END
}

index_t() {
	leann-chunk -q ${1:+--structure=none} t | leann-embed-client -q | leann-graph -q "$@" -o a.leann
}

@test "files in six encodings give the same passages, and spans of their bytes" {
	leann-chunk -q t >s
	check-chunks "$MODEL" <s
	leann-bundle text <s >lines
	"$PYTHON" - <<-'END'
		import json
		codec = {0: "utf-8", 16: "utf-16-le", 32: "utf-16-be", 48: "cp1252"}
		want = {"utf8": 0, "mark": 0, "le": 16, "be": 32, "mark16": 16, "cp": 48, "broken": 0}
		flags, texts = {}, {}
		for line in open("lines", encoding="utf-8"):
		    r = json.loads(line)
		    if r[0] == 1:
		        name = r[3]["utf8"][:-4]
		        flags[name] = r[8]
		        raw = open(f"t/{name}.txt", "rb").read()
		    if r[0] == 2:
		        texts.setdefault(name, []).append((r[11], r[5], r[6]))
		        part = raw[r[3]:r[3] + r[4]]
		        assert name == "broken" or part.decode(codec[flags[name]]) == r[11], (name, r)
		assert flags == want, flags
		assert len(texts["utf8"]) > 3
		for n in texts:
		    assert n == "broken" or texts[n] == texts["utf8"], n
		assert texts["broken"][0][0].count("\ufffd") == 3
	END
}

@test "they are found and shown with their text and lines, with spans and without" {
	for tiny in '' --tiny; do
		index_t $tiny
		leann-bundle verify a.leann
		leann-search -k 99 --all-copies --json a.leann "who drinks coffee at the Zürich station?" >found
		"$PYTHON" - <<-'END'
			import json
			seen = set()
			lines = open("t/utf8.txt", encoding="utf-8").read().split("\n")
			for h in json.load(open("found"))["items"]:
			    f = h["item"]["path"].rsplit("/", 1)[1]
			    seen.add(f)
			    assert not h.get("stale"), h
			    if f != "broken.txt":
			        assert h["preview"].split("\n")[0].strip() in lines[h["item"]["startLine"] - 1:h["item"]["endLine"]], h
			assert {"le.txt", "be.txt", "cp.txt", "mark.txt", "mark16.txt", "utf8.txt"} <= seen, seen
		END
	done
	run -0 leann-bundle show --json a.leann
	[[ ${output// /} == *'"decoded_files":4'* ]]
	[ "$(tar xOf a.leann leann.json | grep -c '"minor": 5')" -eq 1 ]
}

@test "an update of such a file keeps passages that are as they were" {
	index_t
	"$PYTHON" -c 'open("t/le.txt", "ab").write("Last\n----\n\nA line about lighthouses in the fog.\n".encode("utf-16-le"))'
	run -0 leann-chunk --update a.leann --dry-run
	[[ $output == *"~ "*"/t/le.txt"* && $output == *" 1 changed"* && $output != *" 0 kept"* ]]
	leann-chunk -q --update a.leann | leann-embed-client -q | leann-graph -q --update a.leann
	leann-bundle verify a.leann
	run -0 leann-search -k 1 a.leann "lighthouses in the fog"
	[[ $output == *le.txt* && $output == *"lighthouses in the fog"* ]]
}

@test "an index as lines of JSON, and one with its files in it, keep encodings" {
	index_t
	leann-bundle text a.leann >lines
	leann-bundle text --reverse -o b.leann lines
	cmp a.leann b.leann
	leann-bundle export --self-contained -o c.leann a.leann
	mv t gone
	run -0 leann-search -k 3 c.leann "café crème at the Zürich station"
	[[ $output == *"café crème"* && $output != *stale* ]]
	leann-bundle cat c.leann | leann-bundle text | grep -c 'Zürich station'
}
