#!/usr/bin/env bats
# Names of indexes: leann list, leann remove, leann-registry.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	export XDG_DATA_HOME=$PWD/data
	gold=$TOP/tests/golden/index/good/everything.leann
}
json() { # FILE EXPRESSION-OF-d
	"$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); assert eval(sys.argv[2]), d' "$1" "$2"
}

@test "build and create put their indexes into the list; names are folders', files', or given, and find them" {
	need_model
	small_tree tree
	run leann list
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	leann build -q tree
	leann build -q tree
	leann index create --input tree/notes --output out.leann
	leann index create --name papers --input tree/notes
	leann build -q --name=code tree/src
	[ -f data/leann/papers.leann ] && [ -f tree/src/.leann/code.leann ]
	leann list --json >list
	json list '[e["name"] for e in d] == ["tree", "out", "papers", "code"]'
	json list 'all(e["state"] == "ok" and e["bytes"] > 0 for e in d)'
	for name in tree out papers code; do
		leann search --index $name -k 1 --lines 0 "anything" >/dev/null
		leann index stats $name >/dev/null
	done
	LEANN_INDEX=papers leann search "dough" -k 1 | grep -q bread.md
	(cd tree/src && leann search --index code "send a letter" -k 1 | grep -q mail.py)
	run leann search --index nobody "anything"
	[ "$status" -eq 2 ]
	[[ $output == *"nobody: no such index"* ]]
	run leann index create --name papers --input tree --output other.leann
	[ "$status" -eq 2 ]
	[[ $output == *"papers.leann has that name"* ]]
	[ ! -e other.leann ]
	run leann build --name ../x tree
	[ "$status" -eq 2 ]
}

@test "the list says what is gone, and remove takes it out" {
	cp "$gold" a.leann
	cp "$gold" b.leann
	leann-registry add a.leann
	leann-registry add b.leann
	rm a.leann
	echo text >b.leann
	run leann list
	[ "$(cut -f4 <<<"${lines[0]}")" = gone ]
	[ "$(cut -f4 <<<"${lines[1]}")" = "no index" ]
	run leann remove a
	[ "$status" -eq 0 ]
	[[ $output == *"was gone already"* ]]
	run leann remove b
	[ "$status" -eq 2 ]
	[[ $output == *"b.leann: not an index"* ]]
	[ "$(cat b.leann)" = text ]
	[ "$(leann list | wc -l)" -eq 1 ]
	run leann remove nobody
	[ "$status" -eq 2 ]
	run leann remove
	[ "$status" -eq 2 ]
}

@test "remove deletes the index, its lock and a .leann that has nothing else, by name, file or folder" {
	mkdir -p p/.leann q/.leann
	for d in p q; do
		cp "$gold" $d/.leann/index.leann
		echo '*' >$d/.leann/.gitignore
		echo x >$d/.leann/CACHEDIR.TAG
		: >$d/.leann/index.leann.lock
		leann-registry add $d/.leann/index.leann
	done
	echo mine >q/.leann/mine
	leann remove p
	[ ! -e p/.leann ]
	leann remove --json ./q >out
	json out 'd["removed"] is True and d["path"].endswith("/q/.leann/index.leann")'
	[ "$(ls -A q/.leann)" = $'.gitignore\nCACHEDIR.TAG\nmine' ]
	cp "$gold" c.leann
	leann remove c.leann
	[ ! -e c.leann ]
	cp "$gold" damaged.leann
	printf '\377' | dd of=damaged.leann bs=1 seek=9000 conv=notrunc status=none
	leann remove damaged.leann
	[ ! -e damaged.leann ]
	[ -z "$(leann list)" ]
	for f in /dev/null "$TOP/README.md" .; do
		run leann remove "$f"
		[ "$status" -eq 2 ]
	done
	[ -s "$TOP/README.md" ]
}

@test "an index that somebody writes is not removed" {
	cp "$gold" a.leann
	exec 8<>a.leann.lock
	flock -n 8
	run leann remove a.leann
	[ "$status" -eq 75 ]
	[ -e a.leann ]
	exec 8>&-
	leann remove --wait 1 a.leann
	[ ! -e a.leann ]
}

@test "names and paths with tabs, line feeds, backslashes and bytes that are no text come back" {
	local d n=0
	for d in $'a\tb' $'l\nf' 'back\slash' $'caf\xe9' '-dash' 'ü'; do
		mkdir -- "./$d"
		cp "$gold" "./$d/x.leann"
		leann-registry add "./$d/x.leann"
		n=$((n + 1))
	done
	[ "$(wc -l <data/leann/indexes)" -eq "$n" ]
	leann list --json >list
	json list '[e["name"] for e in d] == ["x", "x-2", "x-3", "x-4", "x-5", "x-6"] and all(e["state"] == "ok" for e in d)'
	[ "$(leann-registry find x-2)" = "$PWD/"$'l\nf/x.leann' ]
	run ! leann-registry find y
	for name in . -x a/b "$(printf 'a\tb')" $'\xe9' ''; do
		run leann-registry add --name="$name" "ü/x.leann"
		[ "$status" -eq 2 ]
	done
	leann-registry add --name "two words" "ü/x.leann"
	[ "$(leann-registry find "two words")" = "$PWD/ü/x.leann" ]
	run ! leann-registry find x-6
	run leann-registry add --name "x" "ü/x.leann"
	[ "$status" -eq 2 ]
}

@test "a list with a wrong line is refused by its number, and a build goes on without it" {
	need_model
	mkdir -p data/leann tree
	echo words >tree/a.txt
	good=$'a\t/a\t1'
	for bad in x $'a\t/a' $'a\tb\t1' $'\t/a\t1' $'a\t/a\t' $'a\t/a\t1x' $'a\t/a\t 1' $'a\\x\t/a\t1' $'a\\\t/a\t1' \
		$'a/b\t/a\t1' $'a\t/a\t99999999999999999999'; do
		printf '%s\n%s\n' "$good" "$bad" >data/leann/indexes
		run leann list
		[ "$status" -eq 2 ]
		[[ $output == *"indexes:2: "* ]]
	done
	printf '%s\nno end' "$good" >data/leann/indexes
	run leann list
	[ "$status" -eq 2 ]
	run leann build -q tree
	[ "$status" -eq 0 ]
	[[ $output == *"not in the list of indexes"* ]]
	[ "$(cat data/leann/indexes)" = "$good"$'\nno end' ]
}

@test "twenty programs add at the same time and none is lost" {
	local i pids=()
	for i in $(seq 20); do
		cp "$gold" "$i.leann"
		leann-registry add "$i.leann" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	[ "$(leann list | wc -l)" -eq 20 ]
	[ "$(leann list | cut -f1 | sort -u | wc -l)" -eq 20 ]
}
