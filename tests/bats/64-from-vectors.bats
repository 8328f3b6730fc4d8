#!/usr/bin/env bats
# leann-from-npy, -fvecs, -faiss: embeddings in files of others, each number of which may lie.
load helper

setup_file() {
	load helper
	export T=$BATS_FILE_TMPDIR
	leann-model path >/dev/null 2>&1 || return 0
	"$PYTHON" -c 'import numpy, msgpack' 2>/dev/null || return 0
	cd "$T"
	"$PYTHON" -c '
import json
for i in range(40):
    print(json.dumps({"id": 100 + i, "text": "Chapter %d of a book on %s" % (i, ["bread", "shoes", "trees"][i % 3]), "n": i}))' >r.jsonl
	leann-from-jsonl -q r.jsonl | leann-embed-client -q >v
	"$PYTHON" - <<-'X'
		import os, struct, sys
		sys.path.insert(0, os.environ["TOP"] + "/tests/tools")
		import bench_stream, numpy as np
		v = bench_stream.read_vectors("v")[1]
		np.save("f4.npy", v)
		np.save("f8.npy", v.astype("<f8") * 3)
		np.save("f2.npy", v.astype("<f2"))
		np.save("be.npy", v.astype(">f4"))
		np.save("fortran.npy", np.asfortranarray(v))
		np.save("flat.npy", v.ravel())
		np.save("int.npy", (v * 100).astype(np.int32))
		with open("x.fvecs", "wb") as f:
		    for row in v:
		        f.write(struct.pack("<i", len(row)) + row.astype("<f4").tobytes())
		def head(four, n, d, metric):
		    return four + struct.pack("<iqqqBi", d, n, 1 << 20, 1 << 20, 1, metric)
		def flat(four, v, metric):
		    return head(four, *v.shape, metric) + struct.pack("<Q", v.size) + v.astype("<f4").tobytes()
		open("ip.faiss", "wb").write(flat(b"IxFI", v, 0))
		open("l2.faiss", "wb").write(flat(b"IxF2", v, 1))
		order = np.random.default_rng(0).permutation(len(v))
		def ids(ix):
		    return struct.pack("<Q", len(ix)) + np.asarray(ix, "<i8").tobytes()
		for name, four in ("map", b"IxMp"), ("map2", b"IxM2"):
		    open(name + ".faiss", "wb").write(head(four, *v.shape, 0) + flat(b"IxFI", v[order], 0) + ids(order + 100))
		open("twice.faiss", "wb").write(head(b"IxMp", *v.shape, 0) + flat(b"IxFI", v, 0) + ids([7] * len(v)))
		z = v.copy()
		z[3] = 0
		np.save("zero.npy", z)
		z[3] = np.inf
		np.save("inf.npy", z)
		np.save("rolled.npy", np.roll(v, 1, axis=0))
		np.save("few.npy", v[:39])
		np.save("thin.npy", v[:, :32])
	X
}

setup() {
	need_model
	need_python numpy msgpack
	cd "$BATS_TEST_TMPDIR"
}
refused() { # what is said, program, file, options
	run -2 bash -c '"$1" --texts "$T/r.jsonl" "${@:3}" "$2" 2>&1 >out' - "$2" "$3" "${@:4}"
	[[ $output == *"$1"* ]] || { echo "$output" && return 1; }
}

@test "every format gives the embeddings that it has, and the same index" {
	leann-bundle text "$T/v" | grep '^\[3,' >want
	leann-from-npy --texts "$T/r.jsonl" --name r "$T/f4.npy" -v 2>said >s
	grep -q "40 records" said
	leann-graph -q -o want.leann <s
	leann-bundle verify want.leann
	[ "$(leann-search -k 3 want.leann "a chapter on shoes")" != "" ]
	leann-bundle text <s | grep '^\[3,' >npy
	for f in x.fvecs ip.faiss l2.faiss map.faiss map2.faiss; do
		p=leann-from-${f##*.}
		$p --texts "$T/r.jsonl" "$T/$f" | leann-bundle text | grep '^\[3,' | cmp - npy
		leann-from-vectors --texts - "$T/$f" <"$T/r.jsonl" | leann-bundle text | grep '^\[3,' | cmp - npy
	done
	"$PYTHON" - <<-'X'
		import base64, json, os, subprocess
		import numpy as np
		want = np.load(os.environ["T"] + "/f4.npy")
		for f in "f4", "f8", "f2":
		    out = subprocess.run("leann-from-npy --texts $T/r.jsonl $T/%s.npy | leann-bundle text" % f, shell=True, check=True, capture_output=True, text=True).stdout
		    got = np.stack([np.frombuffer(base64.b64decode(json.loads(l)[2]["bin"]), "<f4") for l in out.splitlines() if l.startswith("[3,")])
		    assert abs(got - want).max() < (1e-3 if f == "f2" else 1e-6), f
	X
}

@test "an index of imported embeddings finds what exact search finds" {
	leann-from-npy -q --texts "$T/r.jsonl" "$T/f4.npy" | leann-graph -q -o x.leann
	leann-search --json -k 5 x.leann "a book on how to grow trees" >hits
	"$PYTHON" - <<-'X'
		import json, os, subprocess, base64
		import numpy as np
		v = np.load(os.environ["T"] + "/f4.npy")
		out = subprocess.run("""echo '{"id":"q","text":"a book on how to grow trees"}' | leann-from-jsonl -q | leann-embed-client -q | leann-bundle text""", shell=True, check=True, capture_output=True, text=True).stdout
		q = np.frombuffer(base64.b64decode([json.loads(l) for l in out.splitlines() if l.startswith("[3,")][0][2]["bin"]), "<f4")
		best = set(map(str, 100 + np.argsort(-(v @ q))[:5]))
		got = {i["item"]["id"] for i in json.load(open("hits"))["items"]}
		assert len(best & got) >= 4, (best, got)
	X
	leann-search --json --filter 'n >= 38' x.leann trees >hits
	jsonq '{i["item"]["id"] for i in d["items"]} == {"138", "139"}' hits
}

@test "real files of FAISS are read, and other indexes refused by their four letters" {
	py=${HOME:-/root}/.cache/leann/bench-venv/bin/python
	"$py" -c 'import faiss' 2>/dev/null || skip "no FAISS: scripts/bench-setup --stores"
	"$py" - <<-'X'
		import faiss, numpy as np, os
		v = np.load(os.environ["T"] + "/f4.npy")
		for name, ix in ("ip", faiss.IndexFlatIP(384)), ("l2", faiss.IndexFlatL2(384)), ("hnsw", faiss.IndexHNSWFlat(384, 8)), ("l1", faiss.IndexFlat(384, faiss.METRIC_L1)), ("sq", faiss.IndexScalarQuantizer(384, faiss.ScalarQuantizer.QT_8bit)):
		    if not ix.is_trained:
		        ix.train(v)
		    ix.add(v)
		    faiss.write_index(ix, name + ".faiss")
		ix = faiss.IndexIDMap(faiss.IndexFlatL2(384))
		ix.add_with_ids(v[::-1], np.arange(139, 99, -1))
		faiss.write_index(ix, "map.faiss")
	X
	leann-from-npy -q --texts "$T/r.jsonl" "$T/f4.npy" | leann-bundle text | grep '^\[3,' >want
	for f in ip l2 map; do
		leann-from-faiss -q --texts "$T/r.jsonl" $f.faiss | leann-bundle text | grep '^\[3,' | cmp - want
	done
	refused '"IHNf"' leann-from-faiss hnsw.faiss
	refused '"IxFl"' leann-from-faiss l1.faiss
	refused '"IxSQ"' leann-from-faiss sq.faiss
}

@test "embeddings without direction, of another model or number, and texts that do not go with them are refused" {
	refused 'r.jsonl:4: an embedding of length 0' leann-from-npy "$T/zero.npy"
	refused 'r.jsonl:4: an embedding with a number that is not finite' leann-from-npy "$T/inf.npy"
	refused 'is not what model' leann-from-npy "$T/rolled.npy"
	refused 'there are 39 embeddings, and more texts' leann-from-npy "$T/few.npy"
	refused '32 numbers, the model has 384' leann-from-npy "$T/thin.npy"
	head -n 20 "$T/r.jsonl" >half
	run -2 leann-from-npy -q --texts half "$T/f4.npy"
	[[ $output == *"there are 40 embeddings, and 20 texts"* ]]
	refused 'id 7 has two embeddings' leann-from-faiss "$T/twice.faiss"
	sed 's/"id": 1/"id": 2/' "$T/r.jsonl" >other
	run -2 bash -c 'leann-from-faiss --texts other "$T/map.faiss" 2>&1 >out'
	[[ $output == *"other:1: no embedding has id 200"* ]]
	sed 's/"id": 1/"id": "x1/; s/, "text"/", "text"/' "$T/r.jsonl" >named
	run -2 bash -c 'leann-from-faiss --texts named "$T/map.faiss" 2>&1 >out'
	[[ $output == *"named:1: its id is no integer"* ]]
	run -2 leann-from-npy "$T/f4.npy"
	run -2 leann-from-npy --texts "$T/r.jsonl"
}

@test "a file that says more or less than it has, or is another, is refused" {
	refused "'>f4'" leann-from-npy "$T/be.npy"
	refused "by column" leann-from-npy "$T/fortran.npy"
	refused "its shape is not" leann-from-npy "$T/flat.npy"
	refused "'<i4'" leann-from-npy "$T/int.npy"
	refused "not a file of NumPy" leann-from-npy "$T/x.fvecs"
	refused "No such file" leann-from-npy nothing
	refused "not a regular file" leann-from-npy /dev/null
	: >empty && refused "is empty" leann-from-npy empty
	for f in f4.npy x.fvecs ip.faiss map.faiss; do
		for n in 3 11 40 200 9999; do
			head -c $n "$T/$f" >cut
			run -2 bash -c '"$1" --texts "$T/r.jsonl" cut 2>&1 >out' - "leann-from-${f##*.}"
			[ "${#lines[@]}" = 1 ]
		done
		{ cat "$T/$f" && printf x; } >more
		run -2 bash -c '"$1" --texts "$T/r.jsonl" more 2>&1 >out' - "leann-from-${f##*.}"
		[ "${#lines[@]}" = 1 ]
	done
	poke() { cp "$T/$1" lie && printf "$3" | dd of=lie bs=1 seek="$2" conv=notrunc status=none; }
	poke x.fvecs 1540 '\1\0\0\0' && refused "row 1 has 1 numbers, the first has 384" leann-from-fvecs lie
	poke x.fvecs 0 '\377\377\377\377' && refused "numbers: want at most" leann-from-fvecs lie
	poke ip.faiss 8 '\377\377\377\377\377\377\377\177' && refused "want at most" leann-from-faiss lie
	poke ip.faiss 4 '\0\0\0\0' && refused "want at most" leann-from-faiss lie
	poke ip.faiss 37 '\1' && refused "not what the file has" leann-from-faiss lie
	poke map.faiss 45 '\1' && refused "not what the file has" leann-from-faiss lie
	poke f4.npy 8 '\377\377' && refused "header has 65535 bytes" leann-from-npy lie
}
