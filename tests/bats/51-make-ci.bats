#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2164	# run sets stderr; bats stops where cd fails
# scripts/leann.mk and examples/ci.yml: an index as a target of make, and as the artefact of a CI.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset MAKEFLAGS MAKELEVEL
	mkdir -p docs/deep
	echo one >docs/one.md
	echo two >docs/deep/two.md
	touch -d '1 minute ago' docs/*.md docs/deep/*.md docs/deep docs
}

# A leann in PATH that writes its arguments into calls and its output where it is told to; its status is
# the first line of statuses, else 0.
fake_leann() {
	mkdir -p fake
	cat >fake/leann <<-'END'
		#!/bin/bash
		echo "$*" >>calls
		r=$(head -n 1 statuses 2>/dev/null) && sed -i 1d statuses
		[ "$2 ${r:-0}" != "create 0" ] || while [ $# -gt 0 ]; do
			[ "$1" != --output ] || echo index >"$2"
			shift
		done
		exit "${r:-0}"
	END
	chmod +x fake/leann
	PATH=$PWD/fake:$PATH
}
calls() { # TEXT: all that was called since the last time
	[ "$(cat calls 2>/dev/null)" = "$1" ] || { cat calls; return 1; }
	rm -f calls
}
makefile() {
	# shellcheck disable=SC2016 # make's
	printf '%s\n' "include $TOP/scripts/leann.mk" 'DOCS := $(shell find docs)' 'docs.leann: $(DOCS)' "$@" >Makefile
}

@test "make creates an index that is missing, then updates it when something changed, and only then" {
	fake_leann
	makefile
	make docs.leann
	calls "index create --output docs.leann --input docs"
	make docs.leann
	calls ""
	sleep .02
	echo more >>docs/deep/two.md
	make docs.leann
	calls "index update --index docs.leann --quiet"
	make docs.leann
	calls ""
	sleep .02
	rm docs/one.md
	make docs.leann
	calls "index update --index docs.leann --quiet"
	make docs.leann
	calls ""
}

@test "make fails when leann does, keeps the index, and tries again" {
	fake_leann
	makefile ".DELETE_ON_ERROR:"
	echo 2 >statuses
	run -2 make docs.leann
	[ ! -e docs.leann ]
	make docs.leann
	sleep .02
	echo more >>docs/one.md
	echo 75 >statuses
	run -2 make docs.leann
	[[ $output == *"Error 75"* ]]
	[ "$(cat docs.leann)" = index ]
	rm calls
	make docs.leann
	calls "index update --index docs.leann --quiet"
}

@test "a file that changes while make works counts at the next make" {
	fake_leann
	makefile
	sed -i "s|^echo|sleep .05; echo changed >>docs/one.md; echo|" fake/leann
	make docs.leann
	sed -i "s|^sleep .05; echo changed >>docs/one.md; ||" fake/leann
	rm calls
	make docs.leann
	calls "index update --index docs.leann --quiet"
	make docs.leann
	calls ""
}

@test "make: LEANN_INPUT and the options' variables are passed on; without folders it says what it wants" {
	fake_leann
	makefile "other.leann: LEANN_INPUT := docs/deep docs/one.md" "other.leann: LEANN_CREATE := --tiny" \
		"other.leann: docs/one.md" "none.leann: docs/one.md"
	make other.leann
	calls "index create --output other.leann --input docs/deep --input docs/one.md --tiny"
	run -2 make none.leann
	[[ $output == *"none.leann: want a folder among its prerequisites, or LEANN_INPUT"* ]]
}

@test "make with the real programs: a file that is added is found after the next make" {
	need_model
	leann-chunk --help | grep -q -- --update= || skip "leann-chunk has no --update"
	rm -r docs
	small_tree docs
	makefile
	make docs.leann
	sleep .02
	printf '# Bees\n\nA hive needs water nearby and a quiet place.\n' >docs/notes/bees.md
	make docs.leann
	leann-search docs.leann "what do honey makers need?" -k 1 | grep bees.md
	[ "$(make docs.leann)" = "make: 'docs.leann' is up to date." ]
}

# The shell of the workflow's step whose name is given, as the runner has it.
step() {
	awk -v name="      - name: $1" '
		/^      - / {on = $0 == name; run = 0}
		on && run && /^          / {print substr($0, 11)}
		on && /^        run: \|$/ {run = 1}' "$TOP/examples/ci.yml" >step.sh
	[ -s step.sh ]
	env INDEX=index/docs.leann FOLDER=docs bash -e -o pipefail step.sh
}
repository() {
	command -v git >/dev/null || skip "no git"
	git -c init.defaultBranch=main init -q
	printf '%s\n' /index/ /fake/ calls statuses step.sh >.gitignore
	mkdir .github
	cp "$TOP/examples/ci-index" .github
	commit
}
commit() {
	git add .
	git -c user.name=t -c user.email=t@t commit -q --allow-empty -m "a commit"
	git rev-parse HEAD >calls
	read -r HEAD <calls
	rm calls
}
update="update, validate, rebuild"

@test "ci: the first run creates and validates, the next updates by what git says differs" {
	local first
	repository
	fake_leann
	step "$update"
	calls "index create --input docs --output index/docs.leann
index validate index/docs.leann"
	[ "$(cat index/docs.leann.commit)" = "$HEAD" ]
	first=$HEAD
	echo more >>docs/one.md
	commit
	step "$update"
	calls "index update --index index/docs.leann --git-diff $first $HEAD
index validate index/docs.leann"
	[ "$(cat index/docs.leann.commit)" = "$HEAD" ]
	echo 0123456789012345678901234567890123456789 >index/docs.leann.commit
	step "$update"
	calls "index update --index index/docs.leann
index validate index/docs.leann"
}

@test "ci: an index that is not good is rebuilt, a damaged one made anew, and no is no at the end" {
	repository
	fake_leann
	step "$update"
	rm calls
	printf '0\n1\n0\n0\n' >statuses # update, validate, rebuild, validate
	step "$update"
	calls "index update --index index/docs.leann --git-diff $HEAD $HEAD
index validate index/docs.leann
index rebuild --index index/docs.leann
index validate index/docs.leann"
	printf '2\n2\n0\n0\n' >statuses # update, validate, create, validate
	step "$update"
	calls "index update --index index/docs.leann --git-diff $HEAD $HEAD
index validate index/docs.leann
index create --input docs --output index/docs.leann
index validate index/docs.leann"
	commit
	printf '0\n1\n0\n1\n' >statuses # still not good
	CI_INDEX_STRICT=1 run -1 step "$update"
	[ "$(cat index/docs.leann.commit)" != "$HEAD" ]
	printf '0\n1\n0\n1\n' >statuses
	run -0 step "$update"
	[[ $output == *"::warning::index/docs.leann is below a target"* ]]
	printf '0\n2\n0\n2\n' >statuses # damaged, whatever is done
	run -2 step "$update"
}

@test "ci with the real programs: a commit later the index has what it added, and is sound" {
	need_model
	leann-chunk --help | grep -q -- --update= || skip "leann-chunk has no --update"
	rm -r docs
	small_tree docs
	repository
	step "$update"
	printf '# Bees\n\nA hive needs water nearby and a quiet place.\n' >docs/notes/bees.md
	commit
	step "$update"
	leann-search index/docs.leann "what do honey makers need?" -k 1 | grep bees.md
	printf x | dd of=index/docs.leann bs=1 seek=3000 conv=notrunc status=none
	step "$update"
	run leann index validate index/docs.leann
	[[ $output == *"every checksum is right"*" 0 changed, 0 missing"* ]]
}
