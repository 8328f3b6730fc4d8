#!/usr/bin/env bats
# Backend diskann: codes in anchors' lists, of which a search looks into a few.
load helper

setup_file() {
	load helper
	export T=$BATS_FILE_TMPDIR LEANN_NO_CACHE=1
	cd "$T"
	make-vectors 6000 32 3 >made.vectors
	leann-model path >/dev/null 2>&1 || return 0
	small_tree tree
	leann-chunk -q tree "$TOP/lib/base" "$TOP/lib/search" | leann-embed-client -q >vectors
	leann-graph -q --graph chunks -o scan.leann <vectors
	leann-graph -q --graph chunks --backend diskann -o lists.leann <vectors
}

setup() {
	cd "$T"
}
# Hits as JSON without how long they took.
hits() {
	leann-search --json --no-cache "$@" | "$PYTHON" -c 'import json, sys
for line in sys.stdin:
	print(*[(i["item"]["path"], i["item"].get("lines"), i["score"]) for i in json.loads(line)["items"]], sep="\n")'
}

@test "an index with lists is sound, says so, and is of version 1.3" {
	leann-graph -q --backend diskann -o a.leann <made.vectors
	run -0 leann-bundle verify a.leann
	run -0 leann-bundle show --json a.leann
	[[ $output == *'"minor":3'* && $output == *'"backend":"diskann"'* && $output == *'"lists":{"bytes"'* ]]
	leann-graph -q -o b.leann <made.vectors
	run -0 leann-bundle show --json b.leann
	[[ $output == *'"minor":0'* && $output == *'"backend":"hnsw"'* && $output != *'"lists"'* ]]
}

@test "backend comes from the option, the environment and the settings" {
	leann-graph -q --backend diskann -o a.leann <made.vectors
	LEANN_BACKEND=diskann leann-graph -q -o b.leann <made.vectors
	cmp a.leann b.leann
	echo '{"backend": "diskann"}' >c.json
	leann-graph -q --config c.json -o c.leann <made.vectors
	cmp a.leann c.leann
	leann-graph -q --backend auto -o d.leann <made.vectors
	leann-graph -q -o e.leann <made.vectors
	cmp d.leann e.leann
}

@test "the number of threads does not show in the bytes of lists" {
	local j
	for j in 1 2 5; do
		leann-anchors -j $j <made.vectors | leann-pq -j $j | leann-graph -q -j $j --backend diskann -o j$j.leann
	done
	cmp j1.leann j2.leann
	cmp j1.leann j5.leann
}

@test "an index with lists becomes lines and comes back to the byte" {
	leann-graph -q --backend diskann -o a.leann <made.vectors
	leann-graph -q -o b.leann <made.vectors
	leann-bundle text a.leann >a.txt
	leann-bundle text -r -o c.leann a.txt
	cmp a.leann c.leann
	# a chunk has its own code there, wherever that lies
	leann-bundle text b.leann >b.txt
	cmp <(grep '^\["chunk"' a.txt) <(grep '^\["chunk"' b.txt)
}

@test "a reader of the page alone finds the same codes" {
	need_python xxhash
	make-vectors 700 8 >few.vectors
	leann-graph -q --backend diskann -o a.leann <few.vectors
	leann-bundle text a.leann | grep '^\["chunk"' >ours
	"$PYTHON" "$TOP/tests/tools/read_index.py" a.leann | grep '^\["chunk"' >theirs
	cmp ours theirs
}

@test "verify finds a list that has another list's chunks, and a code that there is none of" {
	need_python xxhash
	leann-graph -q --backend diskann -o a.leann <made.vectors
	leann-bundle text a.leann >a.txt
	"$PYTHON" - <<-'END'
		import base64, json
		def change(name, to, f):
		    with open("a.txt") as lines, open(to, "w") as out:
		        for line in lines:
		            r = json.loads(line)
		            if r[0] == "member" and r[1] == name:
		                b = bytearray(base64.b64decode(r[2]))
		                f(b)
		                line = json.dumps([r[0], r[1], base64.b64encode(bytes(b)).decode()], separators=(",", ":")) + "\n"
		            out.write(line)
		def other(b):
		    b[-20] ^= 4
		change("lists", "b.txt", other)
	END
	run leann-bundle text -r -o b.leann b.txt
	[[ $status -eq 2 && $output == *"member lists: "* ]]
	printf '\xff' | dd of=a.leann bs=1 seek=$(($(stat -c %s a.leann) - 1600)) conv=notrunc status=none
	run -2 leann-bundle verify a.leann
	[[ $output == *damaged* ]]
}

@test "opening an index with lists does not read its codes" {
	[ -r /proc/self/smaps ] || skip "no /proc/self/smaps"
	make-vectors 100000 32 >big.vectors
	echo '{"quantization": {"subVectors": 32, "codebookSize": 16}, "anchorSelection": {"count": 64}}' >c.json
	leann-graph -q --config c.json --backend diskann -o big.leann <big.vectors
	run -0 leann-lists-bench -n 1 -p 1 big.leann <made.vectors
	[[ ${lines[0]} =~ "codes "([0-9]+)" KiB, read by opening "([0-9]+)" KiB" ]]
	[ "${BASH_REMATCH[1]}" -gt 3000 ] && [ "${BASH_REMATCH[2]}" -le 256 ]
}

@test "with all lists looked into, hits are those of scanning every code" {
	need_model
	local q
	for q in "where is memory allocated?" "how long does dough rise?" "anchors lists scan"; do
		hits --no-recompute -k 30 scan.leann "$q" >want
		[ -s want ]
		hits --no-recompute -k 30 --nprobe 32768 lists.leann "$q" >got
		cmp want got
		hits --no-recompute -k 30 --candidates scan lists.leann "$q" >got
		cmp want got
		hits -k 10 scan.leann "$q" >want
		hits -k 10 --candidates lists --nprobe 32768 -j 3 lists.leann "$q" >got
		cmp want got
	done
}

@test "residual codes lie in lists as well" {
	need_model
	leann-anchors <vectors | leann-pq --residual | leann-graph -q -o r.leann
	leann-anchors <vectors | leann-pq --residual | leann-graph -q --backend diskann -o rl.leann
	leann-bundle verify -q rl.leann
	hits --no-recompute -k 30 r.leann "where is memory allocated?" >want
	hits --no-recompute -k 30 --nprobe 32768 rl.leann "where is memory allocated?" >got
	cmp want got
}

@test "the graph over chunks is walked in an index with lists, to the same hits" {
	need_model
	hits --no-recompute --candidates graph -k 20 scan.leann "where is memory allocated?" >want
	hits --no-recompute --candidates graph -k 20 lists.leann "where is memory allocated?" >got
	cmp want got
}

@test "one list is enough to ask, and k hits come when k exist" {
	need_model
	hits --dense -k 40 --nprobe 1 lists.leann "dough" >got
	[ "$(wc -l <got)" -eq 40 ]
	# of one file, of a few, of none
	hits --nprobe 1 -k 10 --path mem.c lists.leann "dough" >got
	[[ $(wc -l <got) -ge 3 && $(grep -vc mem.c got) -eq 0 ]]
	hits --nprobe 32768 -k 10 --path mem.c lists.leann "dough" >want
	cmp want got
	hits --nprobe 1 -k 10 --per-file 1 lists.leann "dough" >got
	[ "$(wc -l <got)" -eq 10 ]
	run -1 leann-search --nprobe 1 --path nothing.like.it lists.leann "dough"
}

@test "what is near a passage comes from lists too" {
	need_model
	run -0 leann-search -k 3 --like tree/notes/bread.md lists.leann
	near=$output
	run -0 leann-search -k 3 --like tree/notes/bread.md scan.leann
	[ "$output" = "$near" ]
}

@test "lists that are not there are named with the remedy" {
	need_model
	run leann-search --candidates lists scan.leann x
	[[ $status -eq 2 && $output == *"has no lists"*"--backend diskann"* ]]
	run leann-search --candidates scan --nprobe 3 lists.leann x
	[[ $status -eq 2 && $output == *"--nprobe goes with --candidates lists"* ]]
}
