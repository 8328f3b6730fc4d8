#!/usr/bin/env bats
# leann-from-chroma: collections that Chroma's own client made, and files that pretend to be such.
load helper

CHROMA_PY=${HOME:-/root}/.cache/leann/bench-venv/bin/python

setup_file() {
	load helper
	export T=$BATS_FILE_TMPDIR
	leann-model path >/dev/null 2>&1 || return 0
	"$CHROMA_PY" -c 'import chromadb' 2>/dev/null || return 0
	cd "$T"
	"$PYTHON" -c '
import json
for i in range(64):
    print(json.dumps({"id": "r%d" % i, "text": "Chapter %d: %s of %s" % (i, ["baking", "mending", "growing", "reading"][i % 4], ["bread", "shoes", "trees", "maps", "music"][i // 4 % 5])}))' >r.jsonl
	leann-from-jsonl -q r.jsonl | leann-embed-client -q >v
	"$CHROMA_PY" "$TOP/tests/tools/chroma_store.py" make store v
}

setup() {
	need_model
	[ -x "$CHROMA_PY" ] || skip "no Chroma: scripts/bench-setup --stores"
	[ -f "$T/store/chroma.sqlite3" ] || skip "no chromadb in scripts/bench-setup's environment"
	cd "$BATS_TEST_TMPDIR"
}
chroma() { leann-from-chroma --path "$T/store" --collection "$@"; }
# A collection as text, and whether it is what Chroma says of it.
same() {
	chroma "$1" "${@:2}" 2>said >s || { cat said && return 1; }
	leann-bundle text <s >t
	"$CHROMA_PY" "$TOP/tests/tools/chroma_store.py" same "$T/store" "$1" t
}
kind() { head -1 t | cut -d, -f5; }
# A copy of the store for experiments, and SQL on it.
copy() { rm -rf c && cp -r "$T/store" c; }
sql() { "$PYTHON" -c 'import sqlite3, sys
d = sqlite3.connect("c/chroma.sqlite3")
d.executescript(sys.argv[1])
d.commit()' "$1"; }
refused() { # what is said
	run -2 bash -c 'leann-from-chroma --path c --collection plain "$@" 2>&1 >out' - "${@:2}"
	[[ $output == *"$1"* ]] || { echo "$output" && return 1; }
}
segment() { # of collection $1
	"$PYTHON" -c 'import sqlite3, sys
print(sqlite3.connect("c/chroma.sqlite3").execute("select s.id from segments s join collections c on c.id = s.collection where c.name = ? and scope = ?", (sys.argv[1], "VECTOR")).fetchone()[0])' "$1"
}

@test "collections are listed with records, dimensions, model and database" {
	run -0 leann-from-chroma --list --path "$T/store"
	[ "${lines[0]}" = $'cosine\t30\t384\tall-MiniLM-L6-v2\tdefault_database' ]
	[[ $output == *$'small\t30\t32\t'* ]]
	[[ $output == *$'empty\t0\t0\t'* ]]
	run -2 leann-from-chroma --path "$T/store" --collection nothing
	[[ $output == *"no collection nothing"* ]]
	run -2 leann-from-chroma --path "$T/store"
	run -2 leann-from-chroma --path "$T/nowhere" --list
	[[ $output == *"chroma.sqlite3: No such file"* ]]
}

@test "embeddings are taken over from files and from the queue, each with its own record" {
	for c in plain cosine inner few grown holes; do
		run -0 same $c -v
		[ "$(kind)" = '"vectors"' ] || { cat said && return 1; }
		[[ $output == *" 0 embeddings"* ]] && return 1
		grep -q "embeddings were compared with those of their texts made here: cosine at least" said
	done
	[[ $(same plain) == "64 records, 64 embeddings" ]]
	[[ $(same holes) == "63 records, 63 embeddings" ]]
}

@test "where it is not known whose embeddings they are, or not the model's, texts are embedded anew, and why is said" {
	check() {
		run -0 same "$1"
		[ "$(kind)" = '"chunks"' ]
		grep -q "collection $1: its texts are to be embedded anew: .*$2" said || { cat said && return 1; }
		run -2 bash -c 'leann-from-chroma --path "$T/store" --collection "$1" --embeddings=reuse 2>&1 >out' - "$1"
		[[ $output == *"cannot be taken over"* ]]
	}
	check deleted "records were deleted since"
	check other "is not what model all-MiniLM-L6-v2 makes of its text"
	check small "they have 32 dimensions"
	run -0 same empty --name=nothing
	grep -q "in a way that is not known\|nothing" said
	run -0 same plain --embeddings=recompute
	[ "$(kind)" = '"chunks"' ]
	[ ! -s said ]
}

@test "metadata of every type stays what it is, keys and lists included" {
	run -0 same types
	leann-bundle text <s | grep '^\[69,0,0,' >first
	grep -qF '"i":-7' first
	grep -qF '"t":true' first
	leann-bundle text <s | grep -qF '"upper_case":1'
	leann-bundle text <s | grep -qF '"tags":"a, b,c"'
	leann-embed-client -q <s | leann-graph -q -o x.leann
	leann-bundle verify x.leann
	leann-search --json --filter 'i < 0' x.leann bread >hits
	jsonq '[i["item"]["id"] for i in d["items"]] == ["r0"]' hits
	leann-bundle cat x.leann | leann-bundle text >t
	"$CHROMA_PY" "$TOP/tests/tools/chroma_store.py" same "$T/store" types t
}

@test "a record without a document is an error that names it, or is left out and counted" {
	run -2 bash -c 'leann-from-chroma --path "$T/store" --collection nodoc 2>&1 >out'
	[[ $output == *'"bare" has no text'*--skip-empty* ]]
	run -0 bash -c 'leann-from-chroma --path "$T/store" --collection nodoc --skip-empty 2>&1 >out'
	[[ $output == *"1 record has no text and was left out"* ]]
	[ "$(leann-bundle text <out | grep -c '^\[3,')" = 2 ]
}

@test "the stream goes into an index as it is, or through leann-embed-client, which lets embeddings pass" {
	chroma grown | leann-graph -q -o a.leann
	chroma grown | leann-embed-client -q | leann-graph -q -o b.leann
	leann-bundle verify a.leann
	[ "$(leann-search a.leann "baking bread" | head -4)" = "$(leann-search b.leann "baking bread" | head -4)" ]
	[[ $(leann-search -k 1 a.leann "Chapter 1: mending of bread") == *"[r1]"* ]]
	chroma deleted -q | leann-embed-client -q | leann-graph -q -o c.leann
	leann-bundle verify c.leann
}

@test "nothing is written to the store, nor beside it, and its pickles stay closed" {
	copy
	for p in c/*/index_metadata.pickle; do
		rm "$p"
		mkfifo "$p" # who opens it waits for ever
	done
	list() { find c -type f -exec sha256sum {} + | sort && find c | sort; }
	list >before
	chmod -R a-w c
	timeout 60 leann-from-chroma --path c --collection plain >s
	leann-bundle text <s | grep -c '^\[3,' | grep -qx 64
	timeout 60 leann-from-chroma --path c --collection grown -q | leann-bundle text >/dev/null
	leann-from-chroma --path c --list
	chmod -R u+w c
	list | diff before -
}

@test "a store with a write-ahead log is read as its writer left it" {
	copy
	sql "PRAGMA journal_mode = wal"
	find c | sort >before
	leann-from-chroma --path c --collection plain -q | leann-bundle text | grep -c '^\[3,' | grep -qx 64
	find c | sort | diff before -
	"$PYTHON" -c '
import sqlite3, subprocess
d = sqlite3.connect("c/chroma.sqlite3")
d.execute("update embedding_metadata set string_value = ? where key = ? and string_value like ?", ("In the log alone.", "chroma:document", "Chapter 7:%"))
d.commit()
out = subprocess.run("leann-from-chroma --path c --collection plain -q --embeddings=recompute | leann-bundle text", shell=True, capture_output=True, text=True, check=True).stdout
assert "In the log alone." in out, out[:500]'
}

@test "while Chroma writes, what is read is one state of the store" {
	copy
	"$CHROMA_PY" - <<-'X' &
		import chromadb, os, time
		c = chromadb.PersistentClient(path="c", settings=chromadb.Settings(anonymized_telemetry=False)).create_collection("busy", configuration={"hnsw": {"sync_threshold": 20, "batch_size": 5}})
		open("ready", "w").close()
		for i in range(0, 10000, 10):
		    c.add(ids=[str(k) for k in range(i, i + 10)], documents=["text %d" % k for k in range(i, i + 10)], embeddings=[[1.0] * 384] * 10)
		    if os.path.exists("stop"):
		        break
	X
	pid=$!
	for _ in $(seq 200); do [ -e ready ] && break; sleep .05; done
	for _ in 1 2 3 4 5 6; do
		leann-from-chroma --path c --collection busy -q 2>said >s || { cat said && touch stop && return 1; }
		n=$(leann-bundle text <s | grep -c '^\[2,' || true)
		[ $((n % 10)) = 0 ] || { touch stop && return 1; }
	done
	touch stop
	wait $pid
	[ "$n" -gt 0 ]
}

@test "a store that is none, is cut short, is older, or newer is refused in one line" {
	mkdir c
	printf 'x' >c/chroma.sqlite3
	refused "not a file of SQLite"
	rm c/chroma.sqlite3 && mkdir c/chroma.sqlite3
	refused "not a regular file"
	rmdir c/chroma.sqlite3 && mkfifo c/chroma.sqlite3
	refused "not a regular file"
	copy
	for n in 100 4096 40960 200000; do
		head -c $n "$T/store/chroma.sqlite3" >c/chroma.sqlite3
		run -2 bash -c 'leann-from-chroma --path c --collection plain 2>&1 >out'
		[ "${#lines[@]}" = 1 ]
	done
	for step in "sysdb 11:newer than 1.5" "metadb 7:newer than 1.5" "embeddings_queue 3:newer than 1.5"; do
		copy
		read -r dir v <<<"${step%%:*}"
		sql "insert into migrations values ('$dir', $v, 'x', 'x', 'x')"
		refused "${step#*:}"
	done
	copy && sql "delete from migrations where dir = 'metadb' and version > 3"
	refused "open it with Chroma 1.x once"
	copy && sql "drop table segments"
	refused "no table segments"
	copy && sql "alter table embeddings_queue drop column encoding"
	refused "no column encoding"
}

@test "views, triggers, computed columns and virtual tables do not stand in for tables" {
	copy && sql "alter table embeddings rename to e; create view embeddings as select * from e"
	refused "no table embeddings"
	copy && sql "alter table segments rename to s; create virtual table segments using fts5(id, type, scope, collection)"
	refused "no table segments"
	copy && sql "alter table max_seq_id drop column seq_id; alter table max_seq_id add column seq_id as (length(zeroblob(1000000000)))"
	refused "no column seq_id"
	copy && sql "create trigger t after update on embeddings begin delete from embeddings; end"
	leann-from-chroma --path c --collection plain -q | leann-bundle text | grep -c '^\[3,' | grep -qx 64
}

@test "rows that lie are refused: ids, segments, sizes of embeddings, numbers of dimensions" {
	copy && sql "update embeddings set embedding_id = x'00ff' where id = 5"
	refused "damaged"
	copy && sql "update embeddings set embedding_id = '' where id = 5"
	refused "an id has 1 to 1024 bytes"
	copy && sql "update segments set id = '../../../../../../../../etc/passwd' || rowid where scope = 'VECTOR'"
	refused "segments that are none"
	copy && sql "update collections set dimension = 1000000000000"
	refused "its row is none"
	copy && sql "update embedding_metadata set string_value = cast(x'ff' as text) where key = 'chroma:document' and id = 5"
	refused "a document that is not UTF-8"
	copy && sql "insert into embedding_metadata select id, 'n', null, 1, null, null from embeddings; insert into embedding_metadata_array select id, 'n', null, 1, null, null from embeddings"
	refused "duplicate"
	# an embedding of another length in the queue, or none
	copy && sql "update embeddings_queue set vector = x'00000000'"
	run -2 bash -c 'leann-from-chroma --path c --collection few 2>&1 >out'
	[[ $output == *"an embedding of 4 bytes of FLOAT32, want 1536"* ]]
	copy && sql "delete from embeddings_queue"
	leann-from-chroma --path c --collection few 2>said >s
	grep -q "neither in its files nor in the queue" said
	leann-bundle text <s >t && [ "$(kind)" = '"chunks"' ]
}

@test "files of embeddings that lie are not believed" {
	damaged() { # bytes of header.bin from $1 on become $2, or the file $3 is cut to $1 bytes
		copy
		d=c/$(segment plain)
		"$PYTHON" -c '
import sys
p, at, what = sys.argv[1:4]
b = bytearray(open(p, "rb").read())
b[int(at):int(at) + len(what) // 2] = bytes.fromhex(what)
open(p, "wb").write(b)' "$d/$3" "$1" "$2"
		leann-from-chroma --path c --collection plain 2>said >s
		grep -q "embedded anew: .*$4" said || { cat said && return 1; }
	}
	damaged 0 02000000 header.bin "want 100, version 1"
	damaged 20 ffffffffffffff7f header.bin "do not go together"
	damaged 12 ffffffffffffffff header.bin "." || true
	damaged 28 0000000000000000 header.bin "do not go together"
	damaged 44 ffffffffffffffff header.bin "do not go together"
	damaged 68 ffffffffffffffff header.bin "do not go together"
	damaged 1668 0200000000000000 data_level0.bin "twice"
	copy
	d=c/$(segment plain)
	truncate -s 3000 "$d/data_level0.bin"
	leann-from-chroma --path c --collection plain 2>said >s
	grep -q "header.bin says" said
	# embeddings that changed places are noticed by the texts
	copy
	d=c/$(segment plain)
	"$PYTHON" -c '
import sys
b = bytearray(open(sys.argv[1], "rb").read())
n = len(b) // 1676
rows = [b[i * 1676 + 132:i * 1676 + 1668] for i in range(n)]
for i in range(n):
    b[i * 1676 + 132:i * 1676 + 1668] = rows[(i + 1) % n]
open(sys.argv[1], "wb").write(b)' "$d/data_level0.bin"
	leann-from-chroma --path c --collection plain 2>said >s
	grep -q "is not what model" said
}

@test "a reader that leaves and a kill leave nothing behind" {
	chroma plain -q >whole
	run -2 leann-graph -q -o x.leann < <(head -c 50000 whole)
	[ ! -e x.leann ]
	mkdir tmp
	bash -c 'TMPDIR=$PWD/tmp leann-from-chroma --path "$T/store" --collection plain -q | head -c 10 >/dev/null'
	TMPDIR=$PWD/tmp timeout -s KILL .05 leann-from-chroma --path "$T/store" --collection plain -q >/dev/null || true
	[ -z "$(ls -A tmp)" ]
}
