#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2164	# run sets stderr; bats stops where cd fails
# Out of leann: JSON Lines, arrays of NumPy, streams with texts.
load helper

# One folder, one index and its stream with texts for all tests.
setup_file() {
	load helper
	leann-model path >/dev/null 2>&1 || return 0
	export T=$BATS_FILE_TMPDIR
	small_tree "$T/tree"
	printf '{"id":"a","text":"Bread rises.","metadata":{"year":1990,"x":0.10}}\n{"id":"b","text":"A second line."}\n' >"$T/records"
	leann index create --input "$T/tree" --context=full --output "$T/notes.leann"
	leann-bundle cat "$T/notes.leann" | leann-embed-client -q --texts >"$T/stream"
}
setup() {
	need_model
	cd "$BATS_TEST_TMPDIR"
}

@test "every passage is a line of JSON with the file's own text at its lines, and its embedding" {
	need_python numpy
	leann-to-jsonl <"$T/stream" >lines
	leann-to-jsonl --embedding=base64 <"$T/stream" >base64
	leann-bundle text "$T/stream" >text
	"$PYTHON" - "$T/tree" <<-'END'
		import base64, json, sys
		import numpy as np
		a, b = ([json.loads(x) for x in open(f, encoding="utf-8")] for f in ("lines", "base64"))
		raw = [r for r in map(json.loads, list(open("text"))[1:]) if r[0] == 3]
		assert len(a) == len(b) == len(raw) > 3 and len({x["id"] for x in a}) == len(a)
		for x, y, r in zip(a, b, raw):
		    path, (first, last) = x["path"], x["lines"]
		    whole = open(sys.argv[1] + "/" + path, encoding="utf-8").read()
		    assert x["text"] in whole and x["id"] == f"{path}:{first}-{last}", x["id"]
		    assert whole[:whole.index(x["text"])].count("\n") + 1 == first
		    v = np.array(x["embedding"], "<f4")
		    assert len(v) == 384 and v.tobytes() == base64.b64decode(y["embedding"]), x["id"]
		    assert abs(np.linalg.norm(v) - 1) < 1e-3
		assert any(x["metadata"].get("heading") for x in a)
	END
}

@test "records that are stored give back id, text and metadata to the byte" {
	leann-chunk -q --jsonl - <"$T/records" | leann-to-jsonl --no-embedding >lines
	printf '%s\n' '{"id":"a","text":"Bread rises.","metadata":{"year":1990,"x":0.10}}' \
		'{"id":"b","text":"A second line.","metadata":{}}' | diff - lines
	leann-chunk -q --jsonl - <"$T/records" | leann-embed-client -q | leann-graph -q -o r.leann
	leann-bundle cat r.leann | leann-to-jsonl --no-embedding | cmp - lines
	{ printf '\xef\xbb\xbf' && cat "$T/records"; } | leann-chunk -q --jsonl - | leann-to-jsonl --no-embedding | cmp - lines
}

@test "an array for NumPy has the same vectors in the order of its passages, whole or not at all" {
	need_python numpy
	leann-to-npy -q out <"$T/stream"
	leann-to-jsonl --embedding=base64 <"$T/stream" >lines
	"$PYTHON" - <<-'END'
		import base64, json
		import numpy as np
		v = np.load("out/vectors.npy", mmap_mode="r")
		p, x = ([json.loads(s) for s in open(f)] for f in ("out/passages.jsonl", "lines"))
		assert v.dtype == np.dtype("<f4") and v.flags.c_contiguous and v.shape == (len(x), 384)
		for i, line in enumerate(x):
		    assert v[i].tobytes() == base64.b64decode(line.pop("embedding")) and p[i] == line
	END
	cp -r out before
	run -2 leann-to-npy -q out <"$T/stream"
	[[ $output == *"out/vectors.npy: is there already: --force replaces it"* ]]
	head -c 5000 "$T/stream" >cut
	run -2 leann-to-npy -q --force out <cut
	diff -r out before
	run -2 leann-to-npy -q other <cut
	[ -z "$(ls other)" ]
	leann-to-npy -q --force out <"$T/stream"
	diff -r out before
}

@test "a stream without texts, without vectors or of changes is refused with the remedy" {
	leann-bundle cat "$T/notes.leann" >chunks
	leann-embed-client -q <chunks >vectors
	run -2 leann-to-jsonl <vectors
	[[ $output == *"without texts: give leann-embed-client --texts" ]]
	run -2 leann-to-npy -q d <chunks
	[[ $output == *"without vectors: put leann-embed-client --texts before this program" ]]
	[ ! -e d ]
	cp -r "$T/tree" tree
	leann index create --input tree --output t.leann
	echo more >>tree/notes/bread.md
	run -2 bash -c 'leann-chunk -q --update t.leann | leann-to-jsonl --no-embedding'
	[[ $output == *"a stream of changes"* ]]
}

@test "a file of lines is there whole or not at all" {
	echo before >lines
	head -c 5000 "$T/stream" >cut
	run -2 leann-to-jsonl -q -o lines <cut
	[ "$(cat lines)" = before ]
	leann-to-jsonl -q -o lines <"$T/stream"
	leann-to-jsonl <"$T/stream" | cmp - lines
	run -2 bash -c 'leann-to-jsonl <"$T/stream" >/dev/full'
}

@test "leann export writes the same as the pipe, of an index that is named or near" {
	leann-to-jsonl <"$T/stream" >want
	leann export "$T/notes.leann" | cmp - want
	leann export "$T/notes.leann" --format jsonl -o lines && cmp lines want
	leann export --format=npy -o npy "$T/notes.leann"
	leann-to-npy -q want.npy <"$T/stream"
	diff -r npy want.npy
	leann export --format stream -o stream "$T/notes.leann"
	leann-to-jsonl <stream | cmp - want
	leann export --no-embedding "$T/notes.leann" | diff - npy/passages.jsonl
	[ -z "$(find . -name '.*.journal' -o -name 'stream.*')" ]
	run -2 leann export --format parquet "$T/notes.leann"
	[[ $output == *"parquet: want --format jsonl, npy or stream"* ]]
	run -2 leann export --format npy "$T/notes.leann"
	mkdir gone && run -1 leann export --root=gone -o x "$T/notes.leann"
	[ ! -e x ]
}
