load helper

# The stream on stdin, one line a record, read by Python's msgpack: an independent reader.
dump() {
	"$PYTHON" -c '
import sys, msgpack
f = sys.stdin.buffer
while True:
    h = f.read(5)
    if not h: break
    assert h[0] == 0xc6
    r = msgpack.unpackb(f.read(int.from_bytes(h[1:], "big")))
    if r[0] == 64: r[2] = "%d levels" % len(r[2])
    if r[0] == 66: r[2] = r[2].hex()
    print(*[x.decode("utf-8", "backslashreplace").replace("\n", "/") if isinstance(x, bytes)
            else x.replace("\n", "/") if isinstance(x, str) else x for x in r], sep=" ")'
}
export -f dump
export PYTHON

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
}

list() {
	run leann-chunk --list "$@"
}

# --- which files ---

@test "a directory is listed in bytewise order, hidden and ignored names left out" {
	mkdir -p t/b t/.h t/node_modules t/B
	touch t/b/x t/a.txt t/B/x t/.dot t/.h/x t/node_modules/x t/a.png t/yarn.lock t/b.txt t/a
	list t
	[ "$status" -eq 0 ]
	[ "$output" = $'t/B/x\nt/a\nt/a.txt\nt/b.txt\nt/b/x' ]
	list --hidden t
	[[ "$output" == *t/.dot* && "$output" == *t/.h/x* ]]
	list --no-ignore t
	[[ "$output" == *t/node_modules/x* && "$output" == *t/yarn.lock* && "$output" != *.dot* ]]
}

@test "build directories are left out beside a build file only" {
	mkdir -p p/build q/build
	touch p/Makefile p/build/x q/build/x
	list p q
	[ "$output" = $'p/Makefile\nq/build/x' ]
}

@test "a directory that says it is a cache is left out, unless it was named" {
	mkdir -p t/c
	touch t/c/CACHEDIR.TAG t/c/x t/y
	list t
	[ "$output" = t/y ]
	list t/c
	[[ "$output" == *t/c/x* ]]
}

@test "git decides in a work tree: ignored files out, new ones in, repositories inside too" {
	command -v git >/dev/null || skip "git is not here"
	mkdir -p t/sub t/out t/inner
	git init -q t
	git init -q t/inner
	printf 'out/\n*.tmp\n' >t/.gitignore
	printf 'secret\n' >t/inner/.gitignore
	touch t/a t/b.tmp t/out/x t/sub/new t/inner/y t/inner/secret t/gone
	git -C t add a gone
	rm t/gone
	list t
	[ "$status" -eq 0 ]
	[ "$output" = $'t/a\nt/inner/y\nt/sub/new' ]
	list t/sub
	[ "$output" = t/sub/new ]
	# named itself, though ignored
	list t/out
	[ "$output" = t/out/x ]
	list --no-ignore t
	[[ "$output" == *b.tmp* && "$output" == *secret* ]]
	mkdir up
	mv t up/
	list up
	[ "$output" = $'up/t/a\nup/t/inner/y\nup/t/sub/new' ]
}

@test "a repository's configuration cannot make us run a program" {
	command -v git >/dev/null || skip "git is not here"
	git init -q t
	touch t/a
	git -C t config core.fsmonitor "touch $PWD/pwned; false"
	list t
	[ "$output" = t/a ]
	[ ! -e pwned ]
}

@test "GIT_DIR of the caller does not change what is listed" {
	command -v git >/dev/null || skip "git is not here"
	git init -q t
	git init -q other
	touch t/a
	GIT_DIR=$PWD/other/.git run leann-chunk --list t
	[ "$output" = t/a ]
}

@test "a .git that leads nowhere is no matter" {
	mkdir t
	touch t/a
	echo "gitdir: nowhere" >t/.git
	run --separate-stderr leann-chunk --list t
	[ "$status" -eq 0 ]
	[ "$output" = t/a ]
	[ -z "$stderr" ]
}

@test "a file that is an operand is taken whatever globs say; globs with a slash meet a list's names below their SRC" {
	mkdir -p t/sub u
	for f in t/sub/a.c t/sub/b.c t/c.c u/d.c; do echo "int $f;" >$f; done
	list() { run --separate-stderr -0 leann-chunk -l "$@"; }
	list -g '!*.c' t t/sub/a.c
	[ "$output" = t/sub/a.c ]
	list -g 'sub/*' u/d.c
	[ "$output" = u/d.c ]
	printf '%s\n' t/sub/a.c u/d.c >names
	list -g '!*.c' --files-from names
	[ -z "$output" ]
	list -g 't/sub/*' --files-from names
	[ "$output" = t/sub/a.c ]
	list -g '!sub/b.c' -g '!sub/a.c' --files-from names t
	[ "$output" = "$(printf '%s\n' t/c.c u/d.c)" ]
}

@test "globs take and leave out" {
	mkdir -p t/src t/test
	touch t/src/a.c t/src/a.h t/test/a.c t/x.png
	list -g '*.c' t
	[ "$output" = $'t/src/a.c\nt/test/a.c' ]
	list -g '*.c' -g '!test/' t
	[ "$output" = t/src/a.c ]
	list --include '*.{c,h}' --exclude a.h t
	[ "$output" = $'t/src/a.c\nt/test/a.c' ]
	list --exclude src t
	[ "$output" = t/test/a.c ]
	list -g '[' t
	[ "$status" -eq 2 ]
}

@test "languages are filtered by name and first line" {
	mkdir t
	printf '#!/bin/sh\n' >t/tool
	touch t/a.c t/b.md
	list --lang=shell,markdown t
	[ "$output" = $'t/b.md\nt/tool' ]
	list --lang=klingon t
	[ "$status" -eq 2 ]
}

@test "binary files, FIFOs, sockets and links are left out and nothing waits" {
	mkdir t
	echo text >t/a
	printf 'a\0b' >t/bin
	mkfifo t/fifo
	ln -s a t/link
	ln -s / t/root
	ln -s nowhere t/broken
	run --separate-stderr timeout 10 leann-chunk --list -v t
	[ "$status" -eq 0 ]
	[ "$output" = t/a ]
	[[ "$stderr" == *"1 binary"* && "$stderr" == *"3 symbolic links"* && "$stderr" == *"1 FIFOs"* ]]
	run timeout 10 leann-chunk --list t/fifo
	[ "$status" -eq 2 ]
	[[ "$output" == *"use - to read a pipe"* ]]
}

@test "a link that was named is followed, one found is not" {
	mkdir t out
	echo x >out/secret
	ln -s ../out t/d
	ln -s ../out/secret t/f
	list t
	[ -z "$output" ]
	list t/d t/f
	[ "$output" = t/d/secret ]
}

@test "names with newlines and bytes that are not UTF-8 come through" {
	mkdir t
	touch "$(printf 't/a\nb')" "$(printf 't/\377')" "t/-n" "t/ s"
	pipe 'leann-chunk --list -0 t | tr "\0" "|"'
	[ "$status" -eq 0 ]
	[ "$output" = "$(printf 't/ s|t/-n|t/a\nb|t/\377|')" ]
	pipe 'leann-chunk --list -0 t | leann-chunk --list -0 --files-from=- | tr "\0" "|"'
	[ "$output" = "$(printf 't/ s|t/-n|t/a\nb|t/\377|')" ]
}

@test "--files-from takes names, warns of those that are gone, and -- ends options" {
	mkdir -p t
	touch t/a t/-v t/b
	printf 't/b\n\nt/none\nt/a\n' >l
	run --separate-stderr leann-chunk --list --files-from=l
	[ "$status" -eq 0 ]
	[ "$output" = $'t/b\nt/a' ]
	[[ "$stderr" == *t/none* ]]
	cd t
	list -- -v
	[ "$output" = "-v" ]
	list ../none
	[ "$status" -eq 2 ]
	[[ "$output" == *"../none"* ]]
}

@test "what is found twice is taken once" {
	mkdir -p t/d
	touch t/d/a
	list t t/d t/d/a ./t
	[ "$output" = t/d/a ]
}

@test "large files are left out of directories, not when named" {
	mkdir t
	head -c 3000 /dev/zero | tr '\0' 'a' >t/big
	echo x >t/small
	run --separate-stderr leann-chunk --list -v --max-filesize=2k t
	[ "$output" = t/small ]
	[[ "$stderr" == *"t/big: 3000 bytes"* ]]
	list --max-filesize=2k t/big
	[ "$output" = t/big ]
}

@test "an unreadable file is one warning" {
	[ "$(id -u)" -ne 0 ] || skip "root can read everything"
	mkdir t
	echo x >t/a
	echo y >t/b
	chmod 0 t/a
	run --separate-stderr leann-chunk --list t
	[ "$status" -eq 0 ]
	[ "$output" = t/b ]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "a tree 300 directories deep is read to 256 and the rest is named" {
	mkdir t
	(cd t && for _ in $(seq 300); do mkdir d && cd d || exit 1; echo x >f; done)
	run --separate-stderr leann-chunk --list t
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 256 ]
	[[ "$stderr" == *"deeper than 256"* ]]
}

# --- passages ---

# The lines of the passages of $1's files, "first-last" each.
cut_lines() {
	leann-chunk -q "$@" | "$PYTHON" -c '
import sys, msgpack
for f in msgpack.Unpacker(sys.stdin.buffer):
    r = msgpack.unpackb(f)
    if r[0] == 2: print(f"{r[5]}-{r[6]}", end=" ")'
}

# A Python file: a short function and a long one that just fits; by its looks it is cut inside the second.
two_functions() {
	printf '# how it is done\n@wrapped\ndef %s(a, b):\n' one
	for i in $(seq 3); do printf '    value_%d = f(a, %d)\n\n' "$i" "$i"; done
	printf '    return a\n\n\ndef two():\n'
	for i in $(seq 15); do printf '    other_%d = compute_something_else(%d)\n\n' "$i" "$i"; done
	printf '    return 2\n'
}

@test "generated and minified files, base64 and tables of numbers are left out, and said" {
	need_model
	mkdir t
	printf '// Code generated by protoc-gen-go. DO NOT EDIT.\npackage x\n' >t/pb.go
	printf '# Writes files that say: DO NOT EDIT, generated by us.\nprint("// Code generated by us. DO NOT EDIT.")\n' >t/maker.py
	{ for i in $(seq 300); do printf 'function a%d(b){return b+%d};' "$i" "$i"; done; } >t/a.js
	head -c 9000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null | base64 >t/blob.txt
	for i in $(seq 600); do printf '%d.5 -%d %d\n' "$i" "$i" "$i"; done >t/numbers.txt
	printf 'In 1912, %d people and 7 dogs lived here.\n' $(seq 200) >t/prose.txt
	run --separate-stderr leann-chunk -v t
	[[ "$stderr" == *"t/pb.go: left out: it says that it is generated"* ]]
	[[ "$stderr" == *"t/a.js: left out: it is minified"* ]]
	[[ "$stderr" == *"t/numbers.txt: left out: it is a table of numbers"* ]]
	[[ ! -s t/blob.txt || "$stderr" == *"t/blob.txt: left out: it is base64 or hexadecimal"* ]]
	[[ "$stderr" == *"2 files,"* && "$stderr" == *"left out: "[34]" generated"* ]]
	[ "$(leann-chunk -v t/pb.go 2>&1 >/dev/null | grep -c "1 files")" = 1 ] # named
	run --separate-stderr leann-chunk -v --include-generated t
	[[ "$stderr" != *"generated"* ]]
}

@test "a licence at the beginning of code is in no passage, and of prose stays" {
	need_model
	mkdir t
	printf '/*\n * Permission is hereby granted, free of charge, to any person obtaining a copy\n * of this software.\n */\n/* Adds the quokkas to a sum. */\nint add(int a, int b)\n{\n\treturn a + b;\n}\n' >t/a.c
	printf 'Permission is hereby granted, free of charge, to any person obtaining a copy.\n' >t/COPYING
	leann-chunk --structure=none t >none
	run ! grep -q 'of this software' <(leann-bundle text <none)
	leann-bundle text <none | grep -q 'Adds the quokkas'
	leann-bundle text <none | grep -q 'Permission is hereby' # of COPYING
	leann-chunk --include-generated --structure=none t >all
	leann-bundle text <all | grep -q 'of this software'
}

@test "functions are whole in a passage, with the comment and the decorators above them" {
	need_model
	need_python msgpack
	command -v ctags >/dev/null || skip "no ctags"
	two_functions >a.py
	[ "$(cut_lines a.py)" = "1-44 " ]
	[ "$(cut_lines --max-tokens=210 a.py)" = "1-10 13-44 " ]
	[ "$(cut_lines --max-tokens=210 --structure=none a.py)" = "1-22 24-44 " ]
	for i in $(seq 30); do cp a.py "b$i.py"; done
	[ "$(cut_lines -j 1 -- *.py)" = "$(cut_lines -j 3 -- *.py)" ]
}

@test "without a ctags that talks JSON, or one that dies or hangs, files are cut by their looks" {
	need_model
	need_python msgpack
	two_functions >a.py
	mkdir bin
	printf '#!/bin/sh\nexit 1\n' >bin/ctags
	cp bin/ctags bin/ctags-universal && cp bin/ctags bin/universal-ctags && chmod +x bin/*
	PATH=$PWD/bin:$PATH run -0 --separate-stderr leann-chunk a.py
	[[ "$stderr" == *"universal-ctags is not installed: code is cut by its looks"* ]]
	want="1-22 24-44 "
	[ "$(PATH=$PWD/bin:$PATH cut_lines --max-tokens=210 a.py)" = "$want" ]
	# one that says hello and dies of its first file, and one that talks nonsense
	for answer in 'exit 3' 'echo nonsense; cat >/dev/null' 'echo "{\"_type\": 3}"; exit'; do
		printf '#!/bin/sh\necho %s\nread x\n%s\n' "'{\"_type\":\"program\",\"name\":\"Universal Ctags\",\"version\":\"9.9.9\"}'" \
			"$answer" >bin/ctags
		PATH=$PWD/bin:$PATH leann-chunk -v a.py 2>&1 >/dev/null | cat >err
		[ "$(PATH=$PWD/bin:$PATH cut_lines --max-tokens=210 a.py)" = "$want" ]
		grep -q "1 files that ctags gave up are cut by their looks" err
	done
	run -2 leann-chunk --structure=some a.py
}

@test "an empty directory gives a valid empty stream" {
	need_model
	mkdir t
	pipe 'leann-chunk t | check-chunks "$MODEL"'
	[ "$status" -eq 0 ]
	[[ "$output" == "0 files, 0 chunks"* ]]
}

@test "records are as an independent reader expects them" {
	need_model
	need_python msgpack
	mkdir t
	printf '\n# Bread\r\n\r\nMix.\r\n' >t/a.md
	printf '\n \n' >t/blank
	: >t/empty
	printf 'caf\351' >t/latin
	pipe 'leann-chunk t | dump'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 9 ]
	[[ "${lines[0]}" == "0 leann 1 6 chunks {'roots': [b'$PWD/t'], 'model': 'all-MiniLM-L6-v2', 'max_tokens': 256,"* ]]
	[[ "${lines[1]}" == "1 0 0 a.md 18 "*" markdown 0" ]]
	[ "${lines[2]}" = "69 0 1 0 {'heading': 'Bread'}" ]
	[[ "${lines[3]}" == "2 0 0 1 17 2 4 6 0 0 None "* ]]
	[[ "${lines[4]}" == "1 1 0 latin 4 "*"  48" ]]
	[[ "${lines[5]}" == "2 1 1 0 4 1 1 3 0 0 None caf"$'\xc3\xa9' ]]
	[ "${lines[6]}" = "64 3 256 levels" ]
	[[ "${lines[7]}" =~ ^"66 0 "[0-9a-f]{4}$ ]]
	[[ "${lines[8]}" == "127 8 "* ]]
}

@test "every span of this project and of the system's documents slices its file back within the limit" {
	need_model
	for d in "$TOP" /usr/share/doc /usr/include; do
		[ -d "$d" ] || continue
		# at most some 20 MB of each
		leann-chunk --list -0 "$d" | head -z -n 4000 >l
		pipe "leann-chunk -q -0 --files-from=l | check-chunks '$MODEL'"
		echo "$d: $output"
		[ "$status" -eq 0 ]
		[[ "$output" == [1-9]*" files, "[1-9]* ]]
	done
}

@test "spans and limits hold with overlap and with small passages" {
	need_model
	for o in --overlap=0 --overlap=16 --overlap=30; do
		pipe "leann-chunk -q --max-tokens=64 $o '$TOP' | check-chunks '$MODEL' --overlap"
		echo "$o: $output"
		[ "$status" -eq 0 ]
	done
	run leann-chunk --max-tokens=300 "$TOP"/README.md
	[ "$status" -eq 2 ]
}

@test "the stream does not depend on the number of threads" {
	need_model
	leann-chunk -j1 "$TOP/lib" >a
	leann-chunk -j2 "$TOP/lib" >b
	leann-chunk -j7 "$TOP/lib" >c
	# "prog" tells the arguments: compare what follows the header
	for f in a b c; do
		n=$((5 + 16#$(head -c 5 "$f" | tail -c 4 | od -An -tx1 | tr -d ' \n')))
		tail -c +$((n + 1)) "$f" | head -c -20 | md5sum >"$f.sum"
	done
	cmp a.sum b.sum
	cmp a.sum c.sum
}

@test "odd files: one long line, CRLF, no last newline, blank seas, long words" {
	need_model
	mkdir t
	yes 'some words here, and some more.' | tr '\n' ' ' | head -c 5000000 >t/line.txt
	yes $'a line of text\r' | head -n 5000 >t/crlf.txt
	printf 'no newline' >t/end.txt
	head -c 1000000 /dev/zero | tr '\0' '\n' >t/sea.txt
	head -c 300000 /dev/urandom | base64 -w0 >t/b64.txt
	printf 'a\f\n\f\n%s\n' "$(seq 500)" >t/ff.c
	run --separate-stderr bash -o pipefail -c 'leann-chunk -v --include-generated t | check-chunks "$MODEL"'
	echo "$output" "$stderr"
	[ "$status" -eq 0 ]
	[[ "$output" == "5 files"* ]]
	[[ "$stderr" == *"1 words longer than a passage were split"* && "$stderr" == *"1 without text"* ]]
}

@test "standard input is kept in the stream" {
	need_model
	head -c 3000000 /dev/zero | tr '\0' 'x' | fold -w 60 >big
	pipe 'leann-chunk - <big | check-chunks "$MODEL"'
	[ "$status" -eq 0 ]
	[[ "$output" == "1 files"* ]]
	need_python msgpack
	pipe 'echo "int main;" | leann-chunk --stdin-name=x.c - | dump'
	[[ "${lines[1]}" == "1 0 0 x.c 10 0 "*" c 1" ]]
	[ "${lines[2]}" = "4 0 int main;/" ]
	[[ "${lines[3]}" == "2 0 0 0 10 1 1 5 "* ]]
}

@test "a full disk is an error, a reader that left is not" {
	need_model
	pipe 'leann-chunk "$TOP" >/dev/full'
	[ "$status" -eq 2 ]
	pipe 'leann-chunk -q "$TOP" "$TOP/../" | head -c1 >/dev/null'
	[ "$status" -eq 141 ]
	[ -z "$output" ]
	pipe 'leann-chunk --list "$TOP" >/dev/full'
	[ "$status" -eq 2 ]
}

@test "an operand that is not there ends the stream with a failure record" {
	need_model
	need_python msgpack
	pipe 'leann-chunk none 2>/dev/null | dump'
	[ "$status" -eq 2 ]
	[[ "$output" == "126 2 leann-chunk none: No such file"* ]]
}

@test "ten thousand files: time and memory" {
	need_model
	mkdir t
	(cd t && for i in $(seq 100); do
		mkdir "d$i"
		for j in $(seq 100); do echo "File $j of $i talks about something." >"d$i/f$j.txt"; done
	done)
	local t0=$EPOCHREALTIME kb peak
	leann-chunk t >s &
	local pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		kb=$(awk '/VmHWM/ {print $2}' "/proc/$pid/status" 2>/dev/null || true)
		[ -z "$kb" ] || peak=$kb
	done
	wait "$pid"
	echo "# 10,000 files: $(((${EPOCHREALTIME/./} - ${t0/./}) / 1000)) ms, peak RSS ${peak:-unknown} KB" >&3
	run check-chunks "$MODEL" <s
	[ "$status" -eq 0 ]
	[[ "$output" == "10000 files, 10000 chunks"* ]]
	[ "${peak:-0}" -lt 200000 ]
}

# --- JSON Lines ---

@test "records give their ids back and split like prose" {
	need_model
	need_python msgpack
	{
		echo '{"id":"a","title":"T","text":"Some text."}'
		echo ''
		echo '{"id":7,"content":"Other.","metadata":{"x":[1,2]}}'
		echo '{"id":"none","text":" "}'
		printf '{"id":"long","text":"%s"}' "$(yes 'A sentence of several words here. ' | head -n 100 | tr '\n' ' ')"
	} >r.jsonl
	pipe 'leann-chunk --jsonl r.jsonl | check-chunks "$MODEL"'
	echo "$output"
	[ "$status" -eq 0 ]
	pipe 'leann-chunk --jsonl r.jsonl | dump'
	[[ "${lines[1]}" == *" json 2" ]]
	[[ "${lines[2]}" == "2 0 0 0 42 1 1 "*" 0 0 a T Some text." ]]
	[[ "${lines[3]}" == "69 0 44 0 {'x': '1, 2'}" ]]
	[[ "${lines[4]}" == "2 1 0 44 "*" 0 0 7 Other." ]]
	[[ "${lines[5]}" == "69 0 "*" 0 {}" ]]
	[[ "${lines[6]}" == "2 2 0 "*" 5 5 "*" long A sentence"* ]]
	pipe 'leann-chunk --jsonl --truncate r.jsonl | check-chunks "$MODEL" --truncate'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"1 records go beyond the model's limit"* && "$output" == *"1 files, 3 chunks"* ]]
	pipe 'leann-chunk --jsonl - <r.jsonl | check-chunks "$MODEL"'
	[ "$status" -eq 0 ]
}

@test "a bad record names its file and line" {
	need_model
	bad() {
		printf '{"id":1,"text":"x"}\n%s\n' "$1" >r.jsonl
		run --separate-stderr leann-chunk --jsonl r.jsonl
		[ "$status" -eq 2 ]
		[[ "$stderr" == "leann-chunk: r.jsonl:2: "*"$2"* ]]
	}
	bad '{"id":2,"text":' JSON
	bad '[]' 'an array'
	bad '{"id":2}' 'no "text"'
	bad '{"text":"x"}' 'no "id"'
	bad '{"id":"1","text":"x"}' 'was there before'
	bad '{"id":2,"id":3,"text":"x"}' duplicate
	bad '{"id":2,"text":3}' 'an integer'
	bad "$(printf '{"id":2,"text":"\377"}')" JSON
}

@test "wrong use is exit 2" {
	for a in "" "--truncate x" "--max-tokens=3 ." "--lang= ." "--stdin-name=a/b -" "- -" "- --files-from=-"; do
		# shellcheck disable=SC2086
		run leann-chunk --list $a </dev/null
		echo "$a: $output"
		[ "$status" -eq 2 ]
	done
}
