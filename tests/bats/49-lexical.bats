#!/usr/bin/env bats
# Postings of rare words: chunk --lexical, the member, exact names beyond the shortlist.
load helper

setup_file() {
	load helper
	leann-model path >/dev/null 2>&1 || return 0
	local i
	export T=$BATS_FILE_TMPDIR/t
	mkdir -p "$T/src"
	# passages about what the questions' words mean, and one about something else that has the name
	for i in $(seq 100 159); do
		printf 'Parsing scope ids, item %s: the parser reads an address and returns its scope and id.\n' "$i" \
			>"$T/src/f$i.txt"
	done
	printf 'Bread wants flour, water, salt and a warm oven. The baker calls it parse_ipv6_scope_id when nobody listens.\n' \
		>"$T/src/other.md"
	cd "$T"
	leann-chunk -q src >plain
	leann-chunk -q --lexical src >lex
	leann-embed-client -q <plain | leann-graph -q -o plain.leann
	leann-embed-client -q <lex | leann-graph -q -o lex.leann
}

setup() {
	need_model
	cd "$T"
}

first() { # INDEX [OPTIONS] QUESTION
	leann-search -k 1 --recompute 1 --shortlist 5 --json "$@" | "$PYTHON" -c 'import json, sys
print(json.load(sys.stdin)["items"][0]["item"]["path"].rsplit("/", 1)[1])'
}

@test "an identifier beyond the shortlist is found with postings and not without" {
	[ "$(first plain.leann parse_ipv6_scope_id)" != other.md ]
	[ "$(first lex.leann parse_ipv6_scope_id)" = other.md ]
	[ "$(first lex.leann "where is parseIPv6ScopeId read?")" = other.md ]
}

@test "--dense does not look at postings, and filters hold for what they bring up" {
	[ "$(first --dense lex.leann parse_ipv6_scope_id)" != other.md ]
	[ "$(first --lang text lex.leann parse_ipv6_scope_id)" != other.md ]
	[ "$(first --path '*.md' lex.leann parse_ipv6_scope_id)" = other.md ]
}

@test "--explain says that a rare word found a hit" {
	run -0 leann-search -k 1 --recompute 1 --shortlist 5 --explain lex.leann parse_ipv6_scope_id
	[[ $output == *other.md* && $output == *"found by a rare word"* ]]
	run -0 leann-search -k 1 --recompute 1 --shortlist 5 --explain --json lex.leann parse_ipv6_scope_id
	[[ $output == *'"byWord":true'* ]]
	run -0 leann-search -k 1 --explain lex.leann "reads an address"
	[[ $output != *"rare word"* ]]
}

@test "an index with postings is version 1.3, verifies, and one without is as before" {
	run -0 leann-bundle show --json lex.leann
	[[ $output == *'"minor":'[34]* && $output == *'"postings":{"bytes"'* ]]
	run -0 leann-bundle show --json plain.leann
	[[ $output == *'"minor":'[24]* && $output != *postings* ]]
	run -0 leann-bundle verify lex.leann
	for m in files paths chunks terms codes; do
		cmp <(tar xOf lex.leann $m) <(tar xOf plain.leann $m)
	done
}

@test "postings are the same for any number of threads, through every stage, and from the index again" {
	leann-chunk -q --lexical -j 1 src | leann-embed-client -q | leann-anchors -q | leann-pq -q | leann-graph -q -o one.leann
	cmp <(tar xOf one.leann postings) <(tar xOf lex.leann postings)
	leann-bundle cat lex.leann | leann-embed-client -q | leann-graph -q -o again.leann
	cmp <(tar xOf again.leann postings) <(tar xOf lex.leann postings)
	leann-bundle text lex.leann | leann-bundle text -r -o back.leann
	cmp <(tar xOf back.leann postings) <(tar xOf lex.leann postings)
}

@test "a stale file found by a rare word is marked, its text is not shown" {
	cp -r src moved
	leann-chunk -q --lexical moved | leann-embed-client -q | leann-graph -q -o moved.leann
	printf 'X' >>moved/other.md
	run -0 leann-search -k 61 --shortlist 5 --json moved.leann parse_ipv6_scope_id
	[[ $output != *listens* ]]
}

@test "damaged postings are refused by name, in a stream and in an index" {
	need_python msgpack
	for how in bits offset twice; do
		"$PYTHON" - $how <<'P'
import msgpack, sys
recs = [msgpack.unpackb(b, strict_map_key=False) for b in msgpack.Unpacker(open("lex", "rb"), max_bin_len=1 << 24)]
i = [r[0] for r in recs].index(65)
if sys.argv[1] == "bits": recs[i][2] = recs[i][2][:4] + bytes([recs[i][2][4] ^ 32]) + recs[i][2][5:]
elif sys.argv[1] == "offset": recs[i][1] = 1
else: recs.insert(i, recs[i])
recs[-1] = [127, len(recs) - 1, None]
with open("bad", "wb") as f:
    for r in recs:
        b = msgpack.packb(r)
        f.write(b"\xc6" + len(b).to_bytes(4, "big") + b)
P
		run -2 bash -c 'leann-embed-client -q <bad | leann-graph -q -o bad.leann'
		[[ $output == *postings* && ! -e bad.leann ]]
	done
	leann-bundle text lex.leann | sed 's/^\["member","postings","[^"]*"/["member","postings","AwAA"/' >t
	run -2 leann-bundle text -r -o bad.leann <t
	[[ $output == *"damaged index"*postings* && ! -e bad.leann ]]
}

@test "leann build --lexical makes such an index" {
	cp -r src tree
	leann build --lexical -q tree
	tar tf tree/.leann/index.leann postings
}

@test "what a rare word brings up has the cosine of its own code, where codes lie in lists too" {
	cosine() {
		leann-search --json -k 1 --shortlist 5 --no-recompute --candidates scan "$1" parse_ipv6_scope_id |
			"$PYTHON" -c 'import json, sys
i = json.load(sys.stdin)["items"][0]
print(i["item"]["path"].rsplit("/", 1)[1], round(i["cosine"], 5))'
	}
	leann-embed-client -q <lex | leann-anchors -q --count 8 >anchored
	leann-graph -q -o flat.leann <anchored
	leann-graph -q --backend diskann -o lists.leann <anchored
	[[ $(cosine flat.leann) == other.md\ * ]]
	[ "$(cosine lists.leann)" = "$(cosine flat.leann)" ]
}
