#!/usr/bin/env bats
# libleann: what is installed, what it exports, its page's program, threads and errors.
load helper

setup_file() {
	load helper
	export T=$BATS_FILE_TMPDIR P=$BATS_FILE_TMPDIR/p
	make -s -C "$TOP" BUILD="${BUILD:-build}" PREFIX="$P" install >"$T/install" 2>&1 </dev/null || {
		cat "$T/install"
		return 1
	}
	# a library with sanitizers in it wants a program with them
	export SANITIZE=
	if nm -D "$P/lib/libleann.so" | grep -q __asan; then SANITIZE=-fsanitize=address,undefined; fi
	# the page's program
	sed -n '/^#include <leann.h>/,/^\.Ed/p' "$TOP/lib/leann.3" | sed '/^\.Ed/d; s/\\e/\\/g' >"$T/ask.c"
	leann-model path >/dev/null 2>&1 || return 0
	small_tree "$T/tree"
	printf '%s\n' '{"id":"a","text":"quorum of nodes"}' '{"id":"b","text":"coffee in Lisbon"}' >"$T/r.jsonl"
	cd "$T"
	leann-chunk -q tree | leann-embed-client -q | leann-graph -q -o tree.leann
	leann-chunk -q --jsonl r.jsonl | leann-embed-client -q | leann-graph -q -o r.leann
}

setup() {
	cd "$T"
	export PKG_CONFIG_PATH=$P/lib/pkgconfig
}
need_pkg_config() { command -v pkg-config >/dev/null || skip "no pkg-config"; }

# Hits of leann-search as the page's program prints them.
expected() {
	leann-search -k 3 --json tree.leann "$1" | "$PYTHON" -c 'import json, sys
for i in json.load(sys.stdin)["items"]:
    t = i["item"]
    print("%d %.6f %s:%d-%d" % (i["chunk"], i["score"], t["path"], t.get("startLine", 0), t.get("endLine", 0)))'
}

@test "header, libraries, links, page and pkg-config file are installed, and uninstall leaves nothing" {
	[ -f "$P/include/leann.h" ] && [ -f "$P/lib/libleann.a" ] && [ -f "$P/share/man/man3/leann.3" ]
	[[ $(readlink "$P/lib/libleann.so") == libleann.so.0 ]]
	[[ $(readlink "$P/lib/libleann.so.0") == libleann.so.0.* && -f $P/lib/libleann.so.0 ]]
	readelf -d "$P/lib/libleann.so" | grep -q 'soname: \[libleann.so.0\]'
	grep -qx "Version: $(sed -n 's/.*LEANN_VERSION "\(.*\)"/\1/p' "$TOP/lib/base/opts.h")" "$P/lib/pkgconfig/leann.pc"
	cp -a "$P" gone
	make -s -C "$TOP" PREFIX="$T/gone" uninstall </dev/null
	run -0 find gone ! -type d
	[ -z "$output" ]
}

@test "both libraries export the functions of the header and nothing else" {
	sed -nE 's/^(LEANN_API)?.*[ *](leann_[a-z_]+)\(.*/\1 \2/p' "$P/include/leann.h" | sed -n 's/^LEANN_API //p' | sort >api
	[ "$(wc -l <api)" -ge 12 ]
	nm -D --defined-only "$P/lib/libleann.so" | awk '{print $3}' | sort >shared
	nm -g --defined-only "$P/lib/libleann.a" | awk 'NF == 3 {print $3}' | sort >static
	diff api shared
	diff api static
}

@test "the header compiles alone as C11 and as C++11, without warnings" {
	printf '#include <leann.h>\n#include <leann.h>\nint main(void) { return !leann_version(); }\n' >h.c
	cc -std=c11 -pedantic -Wall -Wextra -Wshadow -Werror -I"$P/include" -fsyntax-only h.c
	command -v c++ >/dev/null || skip "no C++ compiler"
	cat >h.cc <<'C'
#include <leann.h>
int main()
{
	leann_params p = LEANN_PARAMS_INIT;
	leann_options o = LEANN_OPTIONS_INIT;
	leann_index *ix;
	leann_error e;
	return p.word_weight == 1 && o.threads == 0 && leann_open("/nowhere", 0, &ix, &e) == -1 && e.status == LEANN_DATA ? 0 : 1;
}
C
	c++ -std=c++11 -pedantic -Wall -Wextra -Wshadow -Werror -I"$P/include" -fsyntax-only h.cc
	# shellcheck disable=SC2086 # may be empty
	c++ $SANITIZE -I"$P/include" -o h h.cc -L"$P/lib" -lleann -Wl,-rpath,"$P/lib"
	./h
}

@test "the page's program finds what leann-search finds, linked to the shared library" {
	need_pkg_config
	# shellcheck disable=SC2046,SC2086 # words
	cc -Wall -Wextra -Werror $SANITIZE -o ask ask.c $(pkg-config --cflags --libs leann) -Wl,-rpath,"$P/lib"
	ldd ask | grep -q "$P/lib/libleann.so.0"
	need_model
	for q in "how long does the dough rise?" "send an electronic letter" "parse_config"; do
		expected "$q" >want
		[ "$(wc -l <want)" -eq 3 ]
		./ask tree.leann "$q" >got
		diff want got
	done
	run ./ask nowhere.leann "anything"
	[ "$status" -eq 2 ] && [[ $output == "ask: nowhere.leann: "* ]]
}

@test "the page's program finds what leann-search finds, linked to the static library" {
	need_pkg_config
	cp -a "$P" static-only
	rm static-only/lib/*.so*
	export PKG_CONFIG_PATH=$T/static-only/lib/pkgconfig
	# shellcheck disable=SC2046,SC2086 # words
	cc $SANITIZE -o ask-static ask.c $(pkg-config --define-variable=prefix="$T/static-only" --static --cflags --libs leann)
	! ldd ask-static | grep libleann
	need_model
	expected "how long does the dough rise?" >want
	./ask-static tree.leann "how long does the dough rise?" >got
	diff want got
}

@test "a program elsewhere starts the server that was installed with the shared library" {
	need_pkg_config
	need_model
	# shellcheck disable=SC2046,SC2086 # words
	cc $SANITIZE -o ask ask.c $(pkg-config --cflags --libs leann) -Wl,-rpath,"$P/lib"
	mkdir -p run
	chmod 700 run
	! PATH=/usr/bin:/bin command -v leann-embed-server || skip "one is in /usr/bin"
	run -0 env XDG_RUNTIME_DIR="$T/run" PATH=/usr/bin:/bin ./ask tree.leann "how long does the dough rise?"
	XDG_RUNTIME_DIR=$T/run leann-embed-server --stop
}

@test "threads with a searcher each over one index and one filter find what one finds" {
	need_model
	printf '%s\n' "how long does the dough rise?" "when do I prune tomatoes?" "send a letter" >asked
	run -0 lib-check threads tree.leann 4 <asked
	[[ $output == "4 threads, 3 questions, "[1-9]*" hits: the same" ]]
}

@test "a missing and a damaged index are status 2 and say where" {
	run -1 lib-check open nowhere.leann
	[[ $output == "2 nowhere.leann: No such file"* ]]
	printf 'no index at all\n' >bad.leann
	run -1 lib-check open bad.leann
	[[ $output == "2 bad.leann: "* ]]
	need_model
	run -0 lib-check open tree.leann
	[[ $output == "0 tree.leann all-MiniLM-L6-v2 "*" 4 files "*" 384 dim "*" words 1 graph 0" ]]
	# cut short: an error that names the file
	for n in 1 2 3 4 5 6 7; do
		head -c $(($(stat -c %s tree.leann) * n / 8)) tree.leann >cut.leann
		run -1 lib-check open cut.leann
		[[ $output == "2 cut.leann: "* ]]
	done
}

@test "a filter takes languages and paths, and refuses a language that does not exist" {
	need_model
	all=$(lib-check filter tree.leann -) all=${all#0 }
	md=$(lib-check filter tree.leann markdown) md=${md#0 }
	rest=$(lib-check filter tree.leann - '!*.md') rest=${rest#0 }
	[ "$md" -gt 0 ] && [ "$rest" -gt 0 ] && [ $((md + rest)) -eq "$all" ]
	[ "$(lib-check filter tree.leann rust)" = "0 0" ]
	[ "$(lib-check filter tree.leann c,python)" = "$(lib-check filter tree.leann - src/)" ]
	run -1 lib-check filter tree.leann c,klingon
	[ "$output" = '1 no language "klingon"' ]
	run -1 lib-check filter tree.leann - 'a['
	[[ $output == '1 pattern a['* ]]
}

@test "wrong calls are refused and leave the handles usable" {
	need_model
	lib-check misuse tree.leann r.leann
}
