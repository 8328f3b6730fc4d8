#!/usr/bin/env bats
# bindings/python: its own tests, over the library of this build.
load helper

setup_file() {
	load helper
	export T=$BATS_FILE_TMPDIR
	if nm -D "$BIN/../api/libleann.so" 2>/dev/null | grep -q __asan; then
		return 0 # python would have to be started with the sanitizers' library
	fi
	leann-model path >/dev/null 2>&1 || return 0
	small_tree "$T/tree"
	leann-chunk -q "$T/tree" | leann-embed-client -q | leann-graph -q -o "$T/tree.leann"
}

setup() {
	export PYTHONPATH=$TOP/bindings/python PYTHONDONTWRITEBYTECODE=1
	LEANN_LIBRARY=$(cd "$BIN/../api" 2>/dev/null && pwd)/libleann.so.0 || skip "no libleann: make lib"
	export LEANN_LIBRARY LEANN_TEST_HEADER=$TOP/lib/leann.h LEANN_TEST_TREE=$T/tree LEANN_TEST_INDEX=$T/tree.leann
	! nm -D "$LEANN_LIBRARY" | grep -q __asan || skip "a library with sanitizers does not load into python"
	"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 9))' || skip "no Python 3.9"
	cd "$BATS_TEST_TMPDIR"
	# with chromadb in it, where that was installed
	STORES=${LEANN_BENCH_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/leann/bench-venv}/bin/python
}

# A file of tests, all its tests; what it says when one fails.
tests() { # NAME
	run "$PYTHON" "$TOP/bindings/python/tests/$1.py" -q
	printf '%s\n' "$output"
	[ "$status" -eq 0 ]
}

@test "structures, functions and numbers in Python are those of leann.h, as a C compiler lays them out" {
	tests test_abi
}

@test "an index is asked from Python: hits, filters, threads, fork, the end of the interpreter" {
	need_model
	tests test_index
}

@test "a store does what every vector store does, and what Chroma does with the same embeddings" {
	need_model
	! "$STORES" -c 'import chromadb' 2>/dev/null || PYTHON=$STORES
	tests contract
	[[ $PYTHON = "$STORES" ]] || skip "ours passed; no chromadb: scripts/bench-setup --stores"
}

@test "a store survives its writers, takes turns, and keeps house" {
	need_model
	tests test_store
}

@test "programs written for the official LEANN run as they are" {
	need_model
	export LEANN_TEST_FAKE_OPENAI=$TOP/tests/tools/fake_openai.py
	tests test_compat
}

@test "LangChain and LlamaIndex use an index and a store, where their packages are" {
	need_model
	FRAMEWORKS=${LEANN_PYTHON_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/leann/python-venv}/bin/python
	! "$FRAMEWORKS" -c '' 2>/dev/null || PYTHON=$FRAMEWORKS
	tests test_frameworks
	! [[ $output == *skipped=* ]] || skip "packages are missing: scripts/bench-setup --python"
}

@test "the examples of the page do what they say" {
	need_model
	cp -r "$T/tree/notes" .
	leann build -q notes
	run -0 "$PYTHON" "$TOP/bindings/python/tests/examples.py"
	printf '%s\n' "$output"
	[[ $output == *"== index"*"/notes/garden.md 1 "*"Prune the side shoots"*"True 2"* ]]
	[[ $output == *"== store"*"garden Prune tomatoes in June. {'page': 7}"*"1 garden"* ]]
	[[ $output == *"== compat"*"LEANN saves most of the storage"* ]]
	[[ $output == *"== readme"*"garden.md 1 "* ]]
}

@test "another version of the library is refused, and a file that is none" {
	cp -r "$PYTHONPATH/libleann" .
	sed -i 's/^__version__ = .*/__version__ = "9.9.9"/' libleann/__init__.py
	PYTHONPATH=. run -1 "$PYTHON" -c 'import libleann'
	[[ $output == *"version 0."*", the Python package is 9.9.9"* ]]
	LEANN_LIBRARY=/nowhere.so run -1 "$PYTHON" -c 'import libleann'
	[[ $output == *"LEANNDataError: cannot load libleann: /nowhere.so"* ]]
	LEANN_LIBRARY=libc.so.6 run -1 "$PYTHON" -c 'import libleann'
	[[ $output == *"LEANNDataError"* ]]
}

@test "the package, the programs and the scripts are of one version" {
	grep -qx "__version__ = \"$(sed -n 's/.*LEANN_VERSION "\(.*\)"/\1/p' "$TOP/lib/base/opts.h")\"" \
		"$PYTHONPATH/libleann/__init__.py"
}
