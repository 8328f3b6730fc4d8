#!/usr/bin/env bats
# leann-chunk --update: what changed since an index was made, and nothing that only seems to be gone.
load helper

setup() {
	need_model
	cd "$BATS_TEST_TMPDIR"
	export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
}
vectors() { leann-bundle text | "$PYTHON" "$TOP/tests/tools/made_vectors.py" | leann-bundle text -r; }
index() { # FILE ARG ...
	leann-chunk -q "${@:2}" | vectors | leann-graph -q -o "$1"
}
# Take an update into the index, or compare: passages must be those of an index made anew.
follow() { # FILE ARG ...
	leann-chunk -q --update "$@" | vectors | leann-graph -q --update "$1"
}
passages() { leann-bundle cat "$1" | leann-bundle text | sed '1d;$d'; }
# Passages by file, without the numbers that an index gives them.
content() { passages "$1" | "$PYTHON" -c '
import json, sys
out, files = [], []
for r in map(json.loads, sys.stdin):
    if r[0] == 1: files.append(r[3:8])
    if r[0] == 2: out.append(json.dumps([files[r[2]], r[3:]]))
print("\n".join(sorted(out)))'; }
lines() { for i in $(seq "$2" "$3"); do printf 'In line %d of %s tomatoes want sun and %d liters of water.\n' "$i" "$1" $((i * i * 7919)); done; }
# Sections of their own passages each.
sections() { for s in $(seq "$2"); do printf '\n# Section %d of %s\n\n' "$s" "$1" && lines "$1-$s" 1 12; done; }
tree() {
	mkdir -p t/a t/b
	sections one 10 >t/a/one.md
	sections two 4 >t/a/two.md
	lines three 1 40 >t/b/three.txt
	lines four 1 20 >t/b/four.txt
}
dry() { leann-chunk --update "$@" --dry-run; }
counts() { dry "$@" | tail -n 1; }
# As somebody who may not read everything, also where that is root.
plain_user() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --bounding-set=-dac_override,-dac_read_search "$@"
	fi
}

@test "where nothing changed no file is read and nothing comes" {
	tree
	index x.leann t
	run -0 dry x.leann
	[ "$output" = "4 files looked at, 0 read: 0 changed, 0 added, 0 moved, 0 touched, 0 gone; 0 passages to embed, 0 kept" ]
	leann-chunk --update x.leann | leann-bundle text >s
	[ "$(cut -c1-4 s | tr -d '\n')" = '[0,"[64,[127' ]
	[[ "$(head -n 1 s)" == *"\"base\":\"$(leann-bundle unpack x.leann d && sed -n 's/.*"build_id": "\(.*\)",/\1/p' d/leann.json)\""* ]]
}

@test "of a file that changed in the middle only the passages there are embedded" {
	tree
	index x.leann t
	sed -i 's/^In line 6 of one-5 .*/In line 6 cucumbers want rain./' t/a/one.md
	run -0 dry x.leann
	[ "${lines[0]}" = "~ $PWD/t/a/one.md" ]
	[[ "${lines[1]}" == "4 files looked at, 1 read: 1 changed, 0 added, 0 moved, 0 touched, 0 gone; "* ]]
	leann-chunk --update x.leann | leann-bundle text >s
	[ "$(grep -c '^\[2,' s)" -le 2 ]
	grep '^\[2,' s | grep -q 'cucumbers want rain'
	[ "$(grep -c '^\[1,' s)" = 1 ]
	follow x.leann
	index fresh.leann t
	diff <(content x.leann) <(content fresh.leann)
	[[ "$(counts x.leann)" == *" 0 read: "*"0 passages to embed, 0 kept" ]]
}

@test "new, moved, touched and removed files; the index is as one made anew" {
	tree
	index x.leann t
	mv t/b/three.txt t/a/renamed.txt
	touch -d '2001-02-03' t/a/two.md
	rm t/b/four.txt
	lines five 1 3 >t/five.txt
	run -0 dry x.leann
	printf '%s\n' "$output"
	grep -qxF "= $PWD/t/a/two.md (mtime)" <<<"$output"
	grep -qxF "> $PWD/t/b/three.txt -> $PWD/t/a/renamed.txt" <<<"$output"
	grep -qxF -- "- $PWD/t/b/four.txt" <<<"$output"
	grep -qxF "+ $PWD/t/five.txt" <<<"$output"
	[[ "${lines[-1]}" == *"3 read: 0 changed, 1 added, 1 moved, 1 touched, 1 gone; 1 passages to embed, "* ]]
	[ "${#lines[@]}" = 5 ]
	cp x.leann full.leann
	follow x.leann
	index fresh.leann t
	diff <(content x.leann) <(content fresh.leann)
	# and written anew: file by file, word by word
	follow full.leann --full
	diff <(passages full.leann) <(passages fresh.leann)
	cmp <(leann-bundle unpack full.leann a && cat a/terms a/hashes a/paths) <(leann-bundle unpack fresh.leann b && cat b/terms b/hashes b/paths)
}

@test "a file copied from one that stays is new, and nothing of it is embedded" {
	tree
	index x.leann t
	cp t/b/three.txt t/b/copy.txt
	run -0 dry x.leann
	[ "${lines[0]}" = "+ $PWD/t/b/copy.txt" ]
	[[ "${lines[1]}" == *"1 added, 0 moved, 0 touched, 0 gone; 0 passages to embed, "* ]]
	rm t/b/three.txt && cp t/b/copy.txt t/b/copy2.txt
	run -0 dry x.leann
	[ "${lines[0]}" = "> $PWD/t/b/three.txt -> $PWD/t/b/copy.txt" ]
	[ "${lines[1]}" = "+ $PWD/t/b/copy2.txt" ]
	[[ "${lines[2]}" == *"1 added, 1 moved, 0 touched, 0 gone; 0 passages to embed, "* ]]
}

@test "a change that size and time do not show is found with --checksum" {
	tree
	index x.leann t
	touch -r t/b/four.txt stamp
	sed -i 's/liters/gallon/' t/b/four.txt
	touch -r stamp t/b/four.txt
	[[ "$(counts x.leann)" == *" 0 read: 0 changed"* ]]
	[[ "$(counts x.leann --checksum)" == *" 4 read: 1 changed"* ]]
}

@test "what lies below a directory that cannot be read stays" {
	[ "$(id -u)" -ne 0 ] || setpriv --bounding-set=-dac_override true 2>/dev/null || skip "root can read everything"
	tree
	index x.leann t
	chmod 0 t/a
	run -0 --separate-stderr plain_user leann-chunk --update x.leann --dry-run
	chmod 755 t/a
	[[ "$stderr" == *"t/a/: Permission denied"*"t/a/one.md: cannot be seen, kept as it was"* ]]
	[ "${#lines[@]}" = 1 ]
	[[ "$output" == *" 0 gone; "* ]]
	echo x >>t/b/four.txt
	chmod 0 t/b/four.txt
	run -0 --separate-stderr plain_user leann-chunk --update x.leann --dry-run
	[[ "$stderr" == *"four.txt: Permission denied"* ]]
	[[ "$output" == *" 0 changed, 0 added, 0 moved, 0 touched, 0 gone; "* ]]
}

@test "in a work tree git is not asked which files are gone" {
	tree
	git -C t init -q && git -C t add -A && git -C t commit -qm a
	index x.leann t
	rm t/b/four.txt
	mkdir fake && printf '#!/bin/sh\necho no >&2\nexit 1\n' >fake/git && chmod +x fake/git
	PATH=$PWD/fake:$PATH run -0 --separate-stderr dry x.leann
	[ -z "$stderr" ]
	[[ "$output" == *" 1 gone; "* ]]
}

@test "a root or an operand that is missing is an error, and nothing is gone" {
	tree
	index x.leann t
	mv t away
	run -2 leann-chunk --update x.leann --dry-run
	[[ "$output" == *"$PWD/t: No such file or directory"* && "$output" != *"- "* ]]
	pipe 'leann-chunk -q --update x.leann 2>/dev/null | leann-bundle text'
	[ "$status" -eq 2 ]
	mkdir t
	run -2 leann-chunk --update x.leann --dry-run
	[ "$output" = "leann-chunk: no file is left of the 4 in x.leann: nothing is taken for gone; where that is so, remove the index" ]
	rmdir t
	mv away t
	run -2 leann-chunk --update x.leann --dry-run t/none
	[[ "$output" == *"t/none: No such file or directory"* ]]
	run -2 leann-chunk --update x.leann --dry-run /
	[[ "$output" == *"/: is not below what x.leann was made of"* ]]
}

@test "only what is asked for is looked at" {
	tree
	index x.leann t
	echo more >>t/a/one.md
	rm t/a/two.md t/b/four.txt
	run -0 dry x.leann t/b
	[ "${lines[0]}" = "- $PWD/t/b/four.txt" ]
	[[ "${lines[1]}" == "1 files looked at, 0 read: "* ]]
	[[ "$(counts x.leann t/a/one.md)" == "1 files looked at, 1 read: 1 changed, 0 added, 0 moved, 0 touched, 0 gone; "* ]]
	# with --full the rest stays as the index has it
	cp x.leann full.leann
	follow full.leann t/b --full
	follow x.leann t/b
	diff <(leann-bundle text full.leann | grep '^\["file' | cut -d, -f4- | sort) \
		<(leann-bundle text x.leann | grep '^\["file' | grep -v ',[4567]\]$' | cut -d, -f4- | sort)
}

@test "a file that a link replaced, that became binary, empty, ignored or too large is gone" {
	tree
	lines six 1 5 >t/b/six.txt
	lines seven 1 5 >t/b/seven.txt
	index x.leann --max-filesize=40k t
	ln -sf three.txt t/b/four.txt
	printf 'a\0b' >t/a/one.md
	: >t/a/two.md
	head -c 50000 /dev/zero | tr '\0' 'a' >t/b/six.txt
	mkdir t/node_modules && mv t/b/seven.txt t/node_modules
	run -0 dry x.leann
	[ "$(grep -c '^- ' <<<"$output")" = 5 ]
	[[ "${lines[-1]}" == *" 5 gone; 0 passages to embed, 0 kept" ]]
	follow x.leann
	index fresh.leann --max-filesize=40k t
	diff <(content x.leann) <(content fresh.leann)
}

@test "of JSON Lines one record that changed is embedded" {
	for i in $(seq 300); do printf '{"id":%d,"title":"Record","text":"number %d about %d things"}\n' "$i" "$i" $((i * i * 7919)); done >r.jsonl
	index x.leann --jsonl r.jsonl
	sed -i '150s/things/other things/; 200s/"id":200/"id":999/' r.jsonl
	leann-chunk --update x.leann | leann-bundle text >s
	[ "$(grep -c '^\[2,' s)" -le 2 ]
	grep '^\[2,' s | grep -q 'other things'
	[[ "$(counts x.leann)" == *"1 read: 1 changed"*" 299 kept" || "$(counts x.leann)" == *" 298 kept" ]]
	follow x.leann
	index fresh.leann --jsonl r.jsonl
	diff <(content x.leann) <(content fresh.leann)
}

@test "--git-diff: what git names is looked at, renames are moves" {
	tree
	git -C t init -q && git -C t add -A && git -C t commit -qm a
	index x.leann t
	git -C t mv a/one.md b/moved.md
	sed -i 's/^In line 6 of one-5 .*/In line 6 cucumbers want rain./' t/b/moved.md
	git -C t rm -q b/four.txt
	lines five 1 3 >t/five.txt
	git -C t add -A && git -C t commit -qm b
	echo "not in any commit" >>t/a/two.md
	run -0 dry x.leann --git-diff HEAD~1 HEAD
	printf '%s\n' "$output"
	[ "${lines[0]}" = "> $PWD/t/a/one.md -> $PWD/t/b/moved.md" ]
	[ "${lines[1]}" = "+ $PWD/t/five.txt" ]
	[ "${lines[2]}" = "- $PWD/t/b/four.txt" ]
	[[ "${lines[3]}" == "2 files looked at, 2 read: 0 changed, 1 added, 1 moved, 0 touched, 1 gone; "* ]]
	[ "$(leann-chunk --update x.leann --git-diff HEAD~1..HEAD | leann-bundle text | grep -c '^\[2,')" -le 3 ]
	git -C t checkout -q a/two.md
	follow x.leann --git-diff HEAD~1..HEAD
	index fresh.leann t
	diff <(content x.leann | sed 's/17[0-9]\{17\}//') <(content fresh.leann | sed 's/17[0-9]\{17\}//')
	run -2 leann-chunk --update x.leann --dry-run --git-diff none..HEAD
	[[ "$output" == *"git diff: status 128: fatal: "*none* ]]
	run -2 leann-chunk --update x.leann --dry-run --git-diff HEAD
	[[ "$output" == *"want a second revision"* ]]
}

@test "files named one by one are found again from anywhere" {
	tree
	index x.leann t/b/four.txt t/a
	mkdir elsewhere
	echo more >>t/b/four.txt
	cd elsewhere
	run -0 dry ../x.leann
	[ "${lines[0]}" = "~ ${PWD%/*}/t/b/four.txt" ]
	[[ "${lines[1]}" == "3 files looked at, 1 read: 1 changed, 0 added, 0 moved, 0 touched, 0 gone; "* ]]
}

@test "options are those of the index, and others are refused" {
	tree
	printf 'print("x")\n' >t/a.py
	index x.leann --lang=markdown -g '!two*' --max-tokens=100 t
	lines new 1 3 >t/new.txt
	lines new 1 3 >t/two-more.md
	printf '{"filters":{"languages":["python"],"excludePaths":["*.md"]}}\n' >config.json
	LEANN_CONFIG=config.json run -0 dry x.leann
	printf "%s\n" "$output"
	[[ "${lines[0]}" == "5 files looked at, 0 read: "*" 0 added, "*" 0 gone"* ]]
	run -2 leann-chunk --update x.leann --max-tokens=90 --dry-run
	[[ "$output" == *"x.leann was made with options of its own, --max-tokens is not for an update"* ]]
	run -2 leann-chunk --update x.leann -
	[[ "$output" == *"stays as it is"* ]]
	for o in --full --checksum --dry-run --git-diff=A..B; do run -2 leann-chunk $o t; done
	[[ "$output" == *"--git-diff needs --update"* ]]
}

@test "an index that does not say what it was made of wants the same options and sources" {
	tree
	leann-chunk -q --max-tokens=100 t | leann-bundle text | sed '1s/"chunk_args":\[[^]]*\],//; /^\[66,/d' |
		sed '$s/.*/[127,null,null]/' | leann-bundle text -r | vectors | leann-graph -q -o x.leann
	run -2 leann-chunk --update x.leann --dry-run
	[[ "$output" == *"does not say what it was made of: give the same options and sources"* ]]
	run -2 leann-chunk --update x.leann t --dry-run
	[[ "$output" == *"was cut with --max-tokens 100, now it is 256: use the same options"* ]]
	touch t/b/four.txt
	run -0 leann-chunk --update x.leann --max-tokens=100 t --dry-run
	[ "${lines[0]}" = "= $PWD/t/b/four.txt (mtime)" ]
	[[ "${lines[1]}" == *"0 passages to embed"* && "${lines[1]}" != *" 0 kept" ]]
	# what is kept says its hashes, though the index has none
	leann-chunk -q --update x.leann --max-tokens=100 t | leann-bundle text | grep '^\[68' | "$PYTHON" -c '
import base64, json, sys
b = base64.b64decode(json.loads(sys.stdin.read())[2]["bin"])
sys.exit(len(set(b[4::40])) < 3)'
}

@test "an index of another kind is refused in one line" {
	tree
	leann-chunk -q --structure=none t | vectors | leann-graph -q --tiny --bytes 4 -o tiny.leann
	run -2 leann-chunk --update tiny.leann --dry-run
	[[ "$output" == *"has no spans of passages (--tiny)"*"rebuild --reembed"* && "${#lines[@]}" = 1 ]]
	run -2 leann-chunk --update t --dry-run
	[ "${#lines[@]}" = 1 ]
	index x.leann t
	pipe 'leann-chunk -q --update x.leann | leann-bundle text | sed "1s/\"chunks\"/\"vectors\"/; 1s/\"base\"/\"dim\":8,\"base\"/; \$s/.*/[127,null,null]/" | leann-bundle text -r | leann-pq -q'
	[ "$status" -eq 2 ]
	[[ "$output" == *"leann-pq needs all vectors of an index: they go to leann-graph --update"* ]]
}

@test "arguments of an index that no leann-chunk writes are refused" {
	tree
	index x.leann t
	leann-bundle unpack x.leann d
	for bad in '"--help", "--"' '"-h", "--"' '"--update=x.leann", "--"' '"--config=/x", "--"' '"--glob", "--"' '"--files-from=x", "--"' \
		'"--max-tokens=9", "--"' '"--lang=none", "--"' '"--"' '7' '"a"'; do
		rm -f bad.leann
		cp -r d e
		"$PYTHON" - "$bad" <<-'END'
			import json, sys
			m = json.load(open("e/leann.json"))
			m["chunking"]["args"] = json.loads("[" + sys.argv[1] + "]") + (["/nowhere"] if "--" in sys.argv[1] else [])
			if sys.argv[1] == '"--"':
			    m["chunking"]["args"].pop()
			json.dump(m, open("e/leann.json", "w"))
		END
		leann-bundle pack e bad.leann
		rm -r e
		status=0
		leann-chunk --update bad.leann --dry-run >out 2>err || status=$?
		echo "$bad: $status: $(cat err)"
		[ "$status" = 2 ]
		[ ! -s out ]
	done
}

@test "what came from standard input stays, and other roots may come" {
	tree
	{ leann-chunk -q - <t/b/four.txt; } | vectors | leann-graph -q -o x.leann
	run -0 leann-chunk --update x.leann t --dry-run
	[[ "${lines[-1]}" == "4 files looked at, 4 read: 0 changed, 4 added, 0 moved, 0 touched, 0 gone; "* ]]
}

@test "a stream of changes is the same for any number of threads" {
	tree
	index x.leann t
	for f in t/*/*; do sed -i '7s/.*/Changed./' "$f"; done
	leann-chunk -q -j1 --update x.leann >a
	leann-chunk -q -j3 --update x.leann >b
	cmp <(leann-bundle text a | sed '1d;$d') <(leann-bundle text b | sed '1d;$d')
}

@test "one file of many: little is read, and soon" {
	mkdir t
	(cd t && for i in $(seq 30); do
		mkdir "d$i"
		for j in $(seq 100); do echo "File $j of $i talks about something." >"d$i/f$j.txt"; done
	done)
	index x.leann t
	echo "And more." >>t/d7/f7.txt
	local t0=$EPOCHREALTIME
	run -0 leann-chunk -v --update x.leann --dry-run
	echo "# 3000 files, one changed: $(((${EPOCHREALTIME/./} - ${t0/./}) / 1000)) ms" >&3
	[[ "${lines[1]}" == "3000 files looked at, 1 read: 1 changed, "*"1 passages to embed, 0 kept" ]]
}

@test "a file that is an operand and is gone is removed with a warning, and is back when it is back" {
	tree
	cp -r t v
	leann-chunk -q t/a v/b/three.txt v/b/four.txt | vectors | leann-graph -q -o x.leann
	rm v/b/three.txt
	run -0 --separate-stderr dry x.leann
	[[ "${lines[0]}" == "- $PWD/v/b/three.txt" ]]
	[ "$stderr" = "leann-chunk: warning: $PWD/v/b/three.txt: is gone, taken for removed" ]
	follow x.leann
	# it is gone from the index now, which knows it all the same
	run -0 --separate-stderr dry x.leann
	[[ "${#lines[@]}" = 1 && -z "$stderr" ]]
	lines three 1 40 >v/b/three.txt
	follow x.leann
	leann-chunk -q t/a v/b/three.txt v/b/four.txt | vectors | leann-graph -q -o y.leann
	cmp <(content x.leann) <(content y.leann)
	# written anew without it, the index forgets the operand
	rm v/b/three.txt
	follow x.leann --full 2>/dev/null
	run -0 leann-bundle show --json x.leann
	[[ $output != *three.txt* && $output == *four.txt* ]]
	run -0 --separate-stderr dry x.leann
	[[ "${#lines[@]}" = 1 && -z "$stderr" ]]
}

@test "a folder that is an operand, the folder of a file that is one, or all there is, is not taken for gone" {
	tree
	index x.leann t/a t/b/three.txt
	mv t/a t/away
	run -2 dry x.leann
	[[ $output == *"t/a: No such file or directory" ]]
	mv t/away t/a
	mv t/b t/away
	run -2 dry x.leann
	[[ $output == *"t/b/three.txt: No such file or directory" ]]
	mv t/away t/b
	index y.leann t/b/three.txt
	rm t/b/three.txt
	run -2 dry y.leann
	[[ $output == *"no file is left of the 1"* ]]
}
