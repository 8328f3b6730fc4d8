#!/usr/bin/env bats
# leann-from-jsonl: records from elsewhere, their metadata, their embeddings.
load helper

setup() {
	need_model
	cd "$BATS_TEST_TMPDIR"
	cat >r.jsonl <<-'X'
		{"id": "bread", "text": "Mix flour, water and yeast.", "metadata": {"page": 3, "Made On": "2026-01-31", "f": 1.50, "tags": ["a", "b"]}}

		{"id": 7, "content": "Prune the side shoots of tomatoes in June.", "source": "garden.md", "metadata": null}
		{"id": "mail", "title": "Mail", "text": "Letters are sent over SMTP. \u00e4\n\"x\"", "metadata": {"page": 9}}
	X
}
# The stored lines of a stream.
stored() { leann-bundle text | "$PYTHON" -c '
import base64, json, sys
for line in sys.stdin:
    r = json.loads(line)
    if r[0] == 4:
        sys.stdout.buffer.write(base64.b64decode(r[2]["bin"]))'; }
# The same records with the embeddings that leann-embed-client makes of them; $1: array or base64.
embedded() {
	leann-from-jsonl -q r.jsonl | leann-embed-client -q >v
	leann-bundle text <v >vt
	"$PYTHON" -c '
import base64, json, struct, sys
vec = [base64.b64decode(json.loads(l)[2]["bin"]) for l in open("vt") if l.startswith("[3,")]
for l in open("r.jsonl"):
    if l.strip():
        r, v = json.loads(l), vec.pop(0)
        r["embedding"] = base64.b64encode(v).decode() if sys.argv[1] == "base64" else struct.unpack("<%df" % (len(v) // 4), v)
        print(json.dumps(r))' "$1"
}

@test "records become passages with their ids, and their metadata is kept as it is written" {
	leann-from-jsonl -v r.jsonl 2>said | tee s | stored >lines
	grep -q "3 records" said
	[ "$(sed -n 1p lines)" = '{"id":"bread","text":"Mix flour, water and yeast.","metadata":{"page": 3,"Made On": "2026-01-31","f": 1.50,"tags": ["a", "b"]}}' ]
	[ "$(sed -n 2p lines)" = '{"id":7,"text":"Prune the side shoots of tomatoes in June.","metadata":{"source": "garden.md"}}' ]
	[ "$(sed -n 3p lines)" = '{"id":"mail","text":"Mail Letters are sent over SMTP. \u00e4\n\"x\"","metadata":{"page": 9,"title": "Mail"}}' ]
	leann-bundle text <s | grep -F '[69,0,0,0,{"f":{"f64":"3ff8000000000000"},"made_on":"2026-01-31","page":3,"tags":"a, b"}]'
}

@test "an index of them answers with id, text and metadata, filters, and verifies" {
	leann-from-jsonl -q r.jsonl | leann-embed-client -q | leann-graph -q -o x.leann
	leann-bundle verify x.leann
	leann-search --json x.leann "how is bread made?" >hits
	jsonq 'd["items"][0]["item"]["id"] == "bread" and d["items"][0]["item"]["meta"]["page"] == 3 and d["items"][0]["preview"].startswith("Mix flour")' hits
	leann-search --json --filter 'page >= 4' x.leann "how is bread made?" >hits
	jsonq '[i["item"]["id"] for i in d["items"]] == ["mail"]' hits
	run -0 leann-bundle stats x.leann
	[[ $output == *"sources    1 files, 0 changed, 0 missing"* ]]
	# there and back: the same records again
	leann-from-jsonl -q r.jsonl | stored >before
	leann-bundle cat x.leann | stored | cmp - before
	run -2 leann-chunk --update x.leann
	[[ $output == *"no files to follow"* ]]
}

@test "leann-serve gives a record alone, and searches and filters records" {
	command -v curl >/dev/null || skip "no curl"
	leann-from-jsonl -q r.jsonl | leann-embed-client -q | leann-graph -q -o x.leann
	serve log --index x.leann
	curl -s "${URL}chunk/1?context=3" >out
	curl -s "${URL}search?q=letters&where=page%20%3E%204" >hits
	kill "$SERVE_PID"
	jsonq 'd["id"] == "7" and d["text"].startswith("Prune") and "before" not in d and "after" not in d and not d["stale"]' out
	jsonq '[r["id"] for r in d["results"]] == ["mail"]' hits
}

@test "numbers that are too large for 64 bits and for a double are kept to the digit, and text for filters" {
	local line='{"id":"h","text":"A huge number.","metadata":{"u":18446744073709551616,"x":[1e400,1],"s":"\"1e400"}}'
	printf '%s\n' "$line" >h
	leann-from-jsonl -q h | leann-embed-client -q | leann-graph -q -o h.leann
	[ "$(leann-bundle cat h.leann | leann-to-jsonl --no-embedding)" = "$line" ]
	leann-search --json --filter 'u = 18446744073709551616' h.leann "number" >hits
	jsonq 'd["items"][0]["item"]["meta"] == {"s": "\"1e400", "u": "18446744073709551616", "x": "1e400, 1"}' hits
	printf '%s\n' '{"id":"b","text":"x","metadata":{"u":1e400,}}' >bad
	run -2 bash -c 'leann-from-jsonl bad 2>&1 >/dev/null'
	[[ $output == *"bad:1: "* ]]
}

@test "embeddings are taken over from arrays and from base64, and give the index that embedding them gives" {
	for how in array base64; do
		embedded $how >e.jsonl
		leann-from-jsonl -v --name=r e.jsonl 2>said >w
		grep -q "3 embeddings were compared" said
		leann-graph -q -o a.leann <w
		leann-graph -q -o b.leann <v
		leann-bundle verify a.leann
		[ "$(leann-search a.leann "letters")" = "$(leann-search b.leann "letters")" ]
		leann-bundle text <w | grep '^\[3,' >wv
		grep '^\[3,' vt | cmp - wv || { # of length 1 within a rounding
			"$PYTHON" -c '
import base64, json, struct
f = lambda p: [x for l in open(p) if l.startswith("[3,") for x in struct.unpack("<384f", base64.b64decode(json.loads(l)[2]["bin"]))]
assert max(abs(a - b) for a, b in zip(f("vt"), f("wv"))) < 1e-6'
		}
	done
	as_json() { stored | "$PYTHON" -c 'import json, sys; print([json.loads(l) for l in sys.stdin])'; }
	[ "$(leann-from-jsonl -q --embeddings=recompute e.jsonl | tee s | as_json)" = "$(leann-from-jsonl -q r.jsonl | as_json)" ]
	leann-bundle text <s | head -1 | grep -q '"chunks"'
}

@test "embeddings of another model, of another length, or of no direction are refused by the record's name" {
	embedded array >e.jsonl
	"$PYTHON" -c '
import json
rows = [json.loads(l) for l in open("e.jsonl")]
def write(name, f):
    with open(name, "w") as out:
        for i, r in enumerate(rows):
            r = dict(r)
            r["embedding"] = f(i, r["embedding"])
            if r["embedding"] is None:
                del r["embedding"]
            print(json.dumps(r), file=out)
write("other", lambda i, v: v[::-1])
write("short", lambda i, v: v[:-1])
write("zero", lambda i, v: v if i else [0] * len(v))
write("nan", lambda i, v: v[:-1] + [float("nan")])
write("huge", lambda i, v: v[:-1] + [1e39])
write("some", lambda i, v: v if i < 2 else None)
write("swap", lambda i, v: rows[(i + 1) % 3]["embedding"])'
	refused() {
		run -2 bash -c 'leann-from-jsonl "$1" 2>&1 >/dev/null' - "$1"
		[[ $output == *"$1:$2"*"$3"* ]] || { echo "$output" && return 1; }
	}
	refused other 1 "is not what model"
	refused swap 1 "is not what model"
	refused short 1 "383 numbers, the model has 384"
	refused zero 1 "has no direction"
	refused nan 1 "number 383 is none"
	refused huge 1 "not finite"
	refused some 3 "0 numbers"
	pipe "leann-from-jsonl -q other | leann-graph -q -o no.leann"
	[ "$status" = 2 ]
	[[ $output == *"leann-from-jsonl failed"* ]]
	[ ! -e no.leann ]
}

@test "what is no record is refused by its line, and nothing is made of it" {
	refused() {
		printf '%s\n' '{"id":"a","text":"one"}' "$1" >bad
		run -2 bash -c 'leann-from-jsonl bad 2>&1 >/dev/null'
		[[ $output == *"bad:2: "*"$2"* ]] || { echo "$1: $output" && return 1; }
	}
	refused '{"id":"a","text":"two"}' 'was there before'
	refused '{"text":"two"}' 'no "id"'
	refused '{"id":"b"}' 'no "text"'
	refused '{"id":[1],"text":"x"}' '"id" is an array'
	refused '{"id":"","text":"x"}' '"id" of 0 bytes'
	refused '{"id":"b","text":5}' 'no string'
	refused '{"id":"b","text":"  "}' '--skip-empty'
	refused '{"id":"b","text":"x","metadata":[1]}' 'not an object'
	refused '{"id":"b","text":"x","metadata":{]}' 'JSON'
	refused '{"id":"b","text":"x","text":"y"}' 'twice'
	refused '{"id":"b","text":"x"} {"id":"c"}' 'JSON'
	refused '{"id":"b","text":"x"' 'JSON'
	refused '[1]' 'JSON'
	refused '{"id":"b","text":"x","n":nul}' 'JSON'
	refused $'{"id":"b","text":"\xff"}' 'JSON'
	{ printf '{"id":"b","text":"' && head -c 8500000 /dev/zero | tr '\0' x && printf '"}\n'; } >bad
	run -2 bash -c 'leann-from-jsonl bad 2>&1 >/dev/null'
	[[ $output == *"the limit is 8388608"* ]]
	run -2 leann-from-jsonl /nowhere
	run -2 leann-from-jsonl .
	run -2 leann-from-jsonl --name a/b r.jsonl
	printf '%s\n' '{"id":"b","text":" "}' '{"id":"c","text":"y"}' >e
	run -0 bash -c 'leann-from-jsonl --skip-empty e 2>&1 >/dev/null'
	[[ $output == *"1 record has no text and was left out"* ]]
}

@test "a long text is one passage, and is said to be cut; a stored file has at most 8 MiB" {
	"$PYTHON" -c '
import json
print(json.dumps({"id": "long", "text": "word " * 1000}))
for i in range(90):
    print(json.dumps({"id": i, "text": "x%d " % i + "y" * 200000}))' >l.jsonl
	leann-from-jsonl l.jsonl 2>said | leann-bundle text | cut -c1-100 >t
	grep -q "1 record is longer than the model takes\|91 records are longer" said
	[ "$(grep -c '^\[2,' t)" = 91 ]
	[ "$(grep '^\[1,' t | cut -d, -f4 | tr '\n' ' ')" = '{"utf8":"l.jsonl"} {"utf8":"l.2.jsonl"} {"utf8":"l.3.jsonl"} ' ]
	[ "$(leann-from-jsonl -q -j1 l.jsonl | sha256sum)" = "$(leann-from-jsonl -q -j2 l.jsonl | sha256sum)" ] || {
		diff <(leann-from-jsonl -q -j1 l.jsonl | leann-bundle text | sed 1d | grep -v '^\[127') <(leann-from-jsonl -q -j2 l.jsonl | leann-bundle text | sed 1d | grep -v '^\[127')
	}
}

@test "an index of the official LEANN gives its passages; its pickles are not opened" {
	mkdir o
	printf '%s\n' '{"id": "0", "text": "Mix flour, water and yeast for bread.", "metadata": {"page": 3, "id": "0"}}' '{"id": "1", "text": "Prune the tomatoes in June.", "metadata": {"page": 4}}' >o/d.leann.passages.jsonl
	printf '{"version": "1.1", "backend_name": "hnsw", "embedding_model": "m", "passage_sources": [{"type": "jsonl", "path": "d.leann.passages.jsonl", "index_path": "d.leann.passages.idx"}], "total_passages": 2}' >o/d.leann.meta.json
	mkfifo o/d.leann.passages.idx # who opens it waits for ever
	leann-from-jsonl --official o/d.leann.meta.json | tee s | stored >lines
	[ "$(wc -l <lines)" = 2 ]
	leann-bundle text <s | grep -q '"utf8":"d.leann.jsonl"'
	leann-embed-client -q <s | leann-graph -q -o d.leann
	leann-search d.leann bread | grep -qF '[0]'
	sed -i 's/"total_passages": 2/"total_passages": 1/' o/d.leann.meta.json
	run -2 leann-from-jsonl --official o/d.leann.meta.json
	[[ $output == *"2 passages, its .meta.json says 1"* ]]
	run -2 leann-from-jsonl --official r.jsonl
	run -2 leann-from-jsonl --official
}

@test "the official package's own index is read" {
	py=${HOME:-/root}/.cache/leann/bench-official/bin/python
	[ -x "$py" ] || skip "no official LEANN: scripts/bench-setup --official"
	[ -n "${LEANN_SLOW_TESTS:-}" ] || skip "takes 20 s of torch: LEANN_SLOW_TESTS=1"
	HF_HUB_OFFLINE=1 "$py" -c '
import sys
from leann import LeannBuilder
b = LeannBuilder(backend_name="hnsw", embedding_model=sys.argv[1])
b.add_text("Mix flour, water and yeast for bread.", metadata={"page": 3})
b.add_text("Prune the tomatoes in June.", metadata={"page": 4})
b.build_index("documents.leann")' "$MODEL"
	leann-from-jsonl --official documents.leann.meta.json | leann-embed-client -q | leann-graph -q -o ours.leann
	leann-search --json --filter 'page == 3' ours.leann bread >hits
	jsonq 'len(d["items"]) == 1 and "flour" in d["items"][0]["preview"]' hits
}
