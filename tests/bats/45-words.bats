#!/usr/bin/env bats
# Ranking by words beside meaning: the terms of a stream and an index, --dense, --explain.
load helper

setup_file() {
	load helper
	leann-model path >/dev/null 2>&1 || return 0
	local i
	export T=$BATS_FILE_TMPDIR/t
	mkdir -p "$T/src"
	# forty functions alike in meaning; one word tells them apart
	for i in $(seq 10 49); do
		printf 'int read_setting_%s(const char *path)\n{\n\t/* open the settings and return value %s */\n\treturn load(path, %s);\n}\n' \
			"$i" "$i" "$i" >"$T/src/f$i.c"
	done
	printf 'The parser reads zyxomatic tokens one by one.\n' >"$T/src/rare.txt"
	printf '%s\n' '{"id":"a","text":"first line\nquorum of nodes"}' '{"id":"b","text":"caf\u00e9 culture in Lisbon"}' \
		'{"id":"c","text":"nothing to see"}' >"$T/r.jsonl"
	(cd "$T" && leann-chunk -q src | leann-embed-client -q | leann-graph -q -o src.leann)
	(cd "$T" && leann-chunk -q --jsonl r.jsonl | leann-embed-client -q | leann-graph -q -o r.leann)
}

setup() {
	need_model
	cd "$T"
}

@test "a chunk stream ends with one record of terms, and every stage passes it on" {
	need_python msgpack
	leann-chunk -q src >c
	leann-embed-client -q <c | leann-anchors -q | leann-pq -q >v
	for f in c v; do
		"$PYTHON" - "$f" <<'P'
import msgpack, sys
recs = [msgpack.unpackb(b, strict_map_key=False) for b in msgpack.Unpacker(open(sys.argv[1], "rb"), max_bin_len=1 << 24)]
terms = [r for r in recs if r[0] == 64]
assert len(terms) == 1 and len(terms[0][2]) in [1 << k for k in range(8, 16)], terms
assert terms[0][1] > 41 * 8, terms[0][1]
assert not [r for r in recs[recs.index(terms[0]):] if r[0] == 2], "a chunk after the terms"
P
	done
}

@test "the passages of an index as a stream have the same terms as when they were cut" {
	tar xOf src.leann terms >one
	leann-bundle cat src.leann | leann-embed-client -q | leann-graph -q -o again.leann
	cmp one <(tar xOf again.leann terms)
}

@test "an identifier is found by its name among many of the same meaning" {
	for n in 13 27 42; do
		run -0 leann-search -k 1 --json src.leann "read setting $n"
		[[ $output == *"/f$n.c"* ]]
		run -0 leann-search -k 1 --json src.leann "readSetting$n"
		[[ $output == *"/f$n.c"* ]]
	done
}

@test "with --dense the score is the cosine and no words count" {
	run -0 leann-search -k 5 --json --dense src.leann "read setting 27"
	[[ $output == *'"words":0.0'* && $output != *'"words":1.0'* ]]
	"$PYTHON" -c 'import json, sys
for i in json.loads(sys.argv[1])["items"]: assert i["score"] == i["cosine"] and i["exact"]' "$output"
}

@test "word weight 0 and --dense give the same scores" {
	leann-search -k 5 --recompute 20 --json --dense src.leann "open the settings" |
		"$PYTHON" -c 'import json,sys; print([(i["chunk"], i["score"]) for i in json.load(sys.stdin)["items"]])' >a
	leann-search -k 5 --recompute 20 --json --word-weight 0 src.leann "open the settings" |
		"$PYTHON" -c 'import json,sys; print([(i["chunk"], i["score"]) for i in json.load(sys.stdin)["items"]])' >b
	cmp a b
}

@test "--explain names the words that match, for people and in JSON" {
	run -0 leann-search -k 1 --explain src.leann "what are ZYXOMATIC tokens?"
	[[ $output == *rare.txt* && $output == *"words 1.00:"*"ZYXOMATIC tokens"* && $output == *"cosine "*"by its code"* ]]
	run -0 leann-search -k 1 --explain --json src.leann "what are ZYXOMATIC tokens?"
	[[ $output == *'"matched":["ZYXOMATIC","tokens"]'* ]]
}

@test "words of JSON records count, escapes and all" {
	run -0 leann-search -k 1 --json r.leann "quorum"
	[[ $output == *'"id":"a"'* && $output == *'"words":1.0'* ]]
	run -0 leann-search -k 1 --json r.leann "CAFÉ"
	[[ $output == *'"id":"b"'* && $output == *'"words":1.0'* ]]
}

@test "a changed file is still marked stale, a missing one has no words" {
	cp -r src moved
	leann-chunk -q moved | leann-embed-client -q | leann-graph -q -o moved.leann
	printf 'X' >>moved/rare.txt
	run -0 leann-search -k 41 --json moved.leann "zyxomatic tokens"
	"$PYTHON" -c 'import json, sys
hit = [i for i in json.loads(sys.argv[1])["items"] if i["item"]["path"].endswith("rare.txt")]
assert hit[0]["stale"] == "changed" and hit[0]["words"] == 0, hit' "$output"
	rm -r moved
	run leann-search -k 3 --json moved.leann "zyxomatic tokens"
	[[ $output == *'"stale":"missing"'* ]]
}

@test "an index without terms is searched by meaning" {
	need_python msgpack
	leann-chunk -q src >c
	"$PYTHON" - <<'P'
import msgpack
recs = [msgpack.unpackb(b, strict_map_key=False) for b in msgpack.Unpacker(open("c", "rb"), max_bin_len=1 << 24)]
recs = [r for r in recs if r[0] != 64]
recs[-1] = [127, len(recs) - 1, None]
with open("plain", "wb") as f:
    for r in recs:
        b = msgpack.packb(r)
        f.write(b"\xc6" + len(b).to_bytes(4, "big") + b)
P
	leann-embed-client -q <plain | leann-graph -q -o plain.leann
	run ! tar tf plain.leann terms
	run -0 leann-search -k 2 --json --explain plain.leann "open the settings"
	[[ $output == *'"words":0.0'* && $output != *matched* ]]
}

@test "two records of terms, and a number of buckets that cannot be, are refused" {
	need_python msgpack
	leann-chunk -q src >c
	for how in twice odd; do
		"$PYTHON" - $how <<'P'
import msgpack, sys
recs = [msgpack.unpackb(b, strict_map_key=False) for b in msgpack.Unpacker(open("c", "rb"), max_bin_len=1 << 24)]
i = [r[0] for r in recs].index(64)
if sys.argv[1] == "twice": recs.insert(i, recs[i])
else: recs[i][2] = recs[i][2][:-1]
recs[-1] = [127, len(recs) - 1, None]
with open("bad", "wb") as f:
    for r in recs:
        b = msgpack.packb(r)
        f.write(b"\xc6" + len(b).to_bytes(4, "big") + b)
P
		run -2 leann-embed-client -q <bad
		[[ $output == *"terms"* ]]
	done
}

@test "a damaged member of terms is refused by name" {
	leann-bundle text src.leann | sed 's/^\["member","terms","[^"]*"/["member","terms","AAAAAAAAAAD\/\/\/\/\/AAAAAA=="/' >t
	run -0 grep -c '"AAAAAAAAAAD' t
	run -2 leann-bundle text -r -o bad.leann <t
	[[ $output == *"damaged index"*"member terms"* && ! -e bad.leann ]]
}
