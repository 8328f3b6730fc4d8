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

@test "a collection is made, described, renamed, copied and deleted by its name" {
	cp -r tree "$T/tree"
	cd "$T"
	run -2 leann collection create papers tree/notes --provider openai --endpoint http://192.0.2.1 --model m --dimensions 3
	[[ $output == *"192.0.2.1 is another machine"* ]]
	leann collection create papers tree/notes --set owner=ann --set 'about=bread	and "garden" \ more'
	[ -f data/leann/papers.leann ]
	leann collection list --json >list
	jsonq '[(e["name"], e["meta"]["owner"]) for e in d] == [("papers", "ann")]' list
	leann collection describe papers --json >one
	jsonq 'd["meta"]["about"] == "bread\tand \"garden\" \\ more" and d["passages"] >= 2 and d["files"] == 2' one
	jsonq 'd["model"] == "all-MiniLM-L6-v2" and d["dim"] == 384 and "path" in d["fields"] and d["state"] == "ok"' one
	leann collection describe papers --set owner=bob --unset about | grep -q "^owner	bob$"
	[ "$(leann collection describe papers | grep -c ^about)" -eq 0 ]
	leann collection copy papers second
	cmp data/leann/papers.leann data/leann/second.leann
	leann collection rename papers first
	[ ! -e data/leann/papers.leann ] && [ ! -e data/leann/papers.leann.lock ]
	[ "$(leann-registry find first)" = "$T/data/leann/first.leann" ]
	leann collection list --json >list
	jsonq 'sorted((e["name"], e["meta"]["owner"]) for e in d) == [("first", "bob"), ("second", "bob")]' list
	leann search --index first -k 1 "knead the dough" | grep -q bread.md
	leann index update --index first >/dev/null # and it is made anew in its place
	leann collection describe first --json >one
	jsonq 'd["meta"] == {"owner": "bob"}' one
	leann collection delete second
	leann collection delete first
	run leann collection list
	[ -z "$output" ]
	[ -z "$(ls data/leann/*.leann 2>/dev/null)" ]
}

@test "an index elsewhere keeps its place when it gets another name" {
	cp notes.leann "$T/n.leann"
	cd "$T"
	leann-registry add --name old n.leann
	leann-registry rename old new
	[ "$(leann-registry find new)" = "$T/n.leann" ]
	leann-registry copy --output sub.leann new other
	cmp n.leann sub.leann
	[ "$(leann-registry find other)" = "$T/sub.leann" ]
}

@test "names that are taken or are none, and metadata that may not be, are refused, and nothing changes" {
	cp notes.leann "$T/n.leann"
	cp src.leann "$T/s.leann"
	cd "$T"
	leann-registry add --name one n.leann
	leann-registry add --name two s.leann
	cp data/leann/indexes before
	local wrong
	for wrong in "rename one two" "rename none three" "rename one .x" "copy one two" "copy none three" \
		"copy --output n.leann one three" "describe none" "describe --set none one" "describe --unset a=b one" \
		"describe --set Big=x one" "describe --set x=$(printf %1025s | tr ' ' x) one" "describe --set =x one"; do
		# shellcheck disable=SC2086 # words
		run -2 --separate-stderr leann-registry $wrong
		[ -n "$stderr" ]
		[ -z "$output" ]
	done
	cmp before data/leann/indexes
	run -2 leann collection create $'a\nb' .
	[[ $output == *": not a name for an index"* ]]
	[ -z "$(find data -name 'a*')" ]
	run -2 leann collection create -- -x .
	[[ $output == *"want NAME PATH..."* ]]
	run -2 leann collection create one tree/notes
	[[ $output == *"one: there is a collection of that name"* ]]
	run -75 --separate-stderr bash -c 'exec 9>>data/leann/indexes.lock; flock 9; timeout 20 leann-registry describe --set a=b one 9>&-'
}

@test "a rename that is killed at any moment leaves an index of one name or the other" {
	cp -r tree "$T/tree"
	cd "$T"
	leann index create --name a --input tree/notes
	local turn from=a to=b
	for turn in {1..20}; do
		timeout -s KILL ".00$((turn % 7))" leann-registry rename $from $to 2>/dev/null || true
		if leann-registry find $to >/dev/null; then
			leann-bundle verify -q "$(leann-registry find $to)"
			[ -z "$(leann-registry find $from || :)" ]
			rm -f "data/leann/$from.leann" # what a kill can leave: the old name of the same file
			read -r from to <<<"$to $from"
		else
			leann-bundle verify -q "$(leann-registry find $from)"
			rm -f "data/leann/$to.leann"
		fi
	done
}
