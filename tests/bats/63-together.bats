#!/usr/bin/env bats
# shellcheck disable=SC2154	# run sets stderr
# Several indexes asked at once; and collections, which are indexes with a name.
load helper

setup_file() {
	export FILE_T=$BATS_FILE_TMPDIR
	leann-model path >/dev/null 2>&1 || return 0
	small_tree "$FILE_T/tree"
	cd "$FILE_T"
	leann index create --input tree/notes --output notes.leann
	leann index create --input tree/src --output src.leann
}

setup() {
	need_model
	T=$BATS_TEST_TMPDIR
	export XDG_DATA_HOME=$T/data
	cd "$FILE_T"
}

@test "hits of two indexes are one list by score, of the best of both" {
	leann-search --json -k 10 --with src.leann notes.leann "bake bread" >"$T/both"
	leann-search --json -k 10 notes.leann "bake bread" >"$T/one"
	leann-search --json -k 10 src.leann "bake bread" >"$T/two"
	"$PYTHON" - "$T" <<'EOF'
import json, sys
both, one, two = (json.load(open(f"{sys.argv[1]}/{n}")) for n in ("both", "one", "two"))
key = lambda h: (h["item"]["path"], h["chunk"], round(h["score"], 5))
want = sorted(one["items"] + two["items"], key=lambda h: -h["score"])
assert [key(h) for h in both["items"]] == [key(h) for h in want], (both["items"], want)
assert len(want) >= 4
assert {h["index"] for h in both["items"]} == {"notes.leann", "src.leann"}
assert all(("notes/" in h["item"]["path"]) == (h["index"] == "notes.leann") for h in both["items"])
assert both["recomputed"] == one["recomputed"] + two["recomputed"]
assert "index" not in one["items"][0]
EOF
	leann-search --json -k 2 --with src.leann notes.leann "bake bread" >"$T/top"
	jsonq 'len(d["items"]) == 2 and "bread.md" in d["items"][0]["item"]["path"]' "$T/top"
	printf 'bake bread\nsend an electronic letter\n' >"$T/q"
	leann-search --batch "$T/q" -k 1 --with src.leann notes.leann >"$T/batch"
	[ "$(grep -c -e 'bread.md' -e 'mail.py' "$T/batch")" -eq 2 ]
}

@test "a filter holds for all of several indexes" {
	leann-search --json --lang python --with src.leann notes.leann "bake bread" >"$T/out"
	jsonq '[h["item"]["language"] for h in d["items"]] == ["python"]' "$T/out"
}

@test "indexes of different models, --like and --root are refused beside --with" {
	make-vectors 50 >"$T/v"
	leann-graph -o "$T/other.leann" <"$T/v"
	run -2 --separate-stderr leann-search --with "$T/other.leann" notes.leann "bread"
	[[ $stderr == "leann-search: notes.leann and $T/other.leann have different models "*", whose scores do not compare" ]]
	run -2 --separate-stderr leann-search --with src.leann --root / notes.leann "bread"
	[[ $stderr == "leann-search: --with does not go with --root, which is of one index"* ]]
	run -2 --separate-stderr leann-search --with src.leann --like tree/notes/bread.md notes.leann
	[[ $stderr == *"--with does not go with --like"* ]]
	run -2 --separate-stderr leann-search --with "$T/none.leann" notes.leann "bread"
	[[ $stderr == "leann-search: $T/none.leann: "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "leann query asks several indexes by name" {
	leann-registry add --name notes notes.leann
	leann-registry add --name code src.leann
	leann query --index notes --index=code --query "send an electronic letter" -k 1 >"$T/out"
	grep -q 'src/mail.py' "$T/out"
	run -2 --separate-stderr leann query --index notes --index other --query "bread"
	[[ $stderr == *"other: no such index" ]]
}
