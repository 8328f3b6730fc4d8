#!/usr/bin/env bats
# What examples has for other languages and editors, against the real server and library.
load helper

setup_file() {
	serve_notes
}

teardown_file() {
	end_notes
}

setup() {
	[[ $BATS_TEST_DESCRIPTION == *lint* ]] || need_notes
}

@test "the VS Code extension: its commands ask leann serve and open what it finds, and errors are shown" {
	command -v node >/dev/null || skip "no node"
	run node "$TOP/tests/tools/vscode_check.js" "$TOP/examples/vscode" "$URL" "$BATS_FILE_TMPDIR/tree/notes/bread.md" 3
	echo "$output"
	[ "$output" = ok ]
}

@test "eslint has nothing to say of the VS Code extension (lint)" {
	command -v eslint >/dev/null || skip "no eslint: scripts/install-deps --examples"
	cd "$TOP/examples/vscode"
	NODE_PATH=${NODE_PATH:-/usr/share/nodejs} eslint -f unix --max-warnings 0 .
}

# The program in that language of docs/programs.md.
program() { # LANGUAGE
	sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$TOP/docs/programs.md" | sed '1d;$d'
}

@test "the C program of docs/programs.md compiles as C and C++ reads it, and finds a passage" {
	program c >search.c
	[ "$(wc -l <search.c)" -le 42 ]
	make -s -C "$TOP" BUILD="${BUILD:-build}" lib
	local api=$TOP/${BUILD:-build}/api
	! nm -D "$api/libleann.so.0" | grep -q __asan || [ -n "${SAN:-}" ] || skip "a library with sanitizers: SAN=1 links them"
	# shellcheck disable=SC2086 # several flags
	"${CC:-cc}" -std=c11 -Wall -Wextra -Werror ${SAN:+-fsanitize=address,undefined} -I"$TOP/lib" -o search search.c \
		-L"$api" -lleann -Wl,-rpath,"$api"
	./search "$BATS_FILE_TMPDIR/notes.leann" "bake bread" >out
	head -1 out | grep -Eq '^[01]\.[0-9]{3} .*/notes/bread\.md:[0-9]+-[0-9]+$'
	run -2 ./search none.leann "bread"
	[[ $output == "none.leann: "* ]]
	run -2 ./search
}

@test "the Go program of docs/programs.md finds a passage" {
	command -v go >/dev/null || skip "no go: scripts/install-deps --examples"
	program go >search.go
	export GOCACHE=${XDG_CACHE_HOME:-$HOME/.cache}/leann/go GOFLAGS=-mod=mod LEANN_URL=${URL%/}
	[ -z "$(gofmt -l search.go)" ]
	go vet search.go
	go run search.go "bake bread" >out
	head -1 out | grep -Eq '^[01]\.[0-9]{3} .*/notes/bread\.md:[0-9]+-[0-9]+$'
	LEANN_URL=http://127.0.0.1:9 run -1 go run search.go "bread"
	[[ $output == *"refused"* ]]
}

@test "the Node program of docs/programs.md finds a passage" {
	command -v node >/dev/null || skip "no node"
	node -e 'process.exit(typeof fetch === "function" ? 0 : 1)' || skip "a node without fetch"
	program js >search.mjs
	LEANN_URL=${URL%/} node search.mjs "bake bread" >out
	head -1 out | grep -Eq '^[01]\.[0-9]{3} .*/notes/bread\.md:[0-9]+-[0-9]+$'
	LEANN_URL=${URL%/} run -2 node search.mjs ""
	[[ $output == *"query"* ]]
}
