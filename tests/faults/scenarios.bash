# shellcheck shell=bash
# What is done while something goes wrong: names, the program that it happens to, the index that is
# made, options of fault-trials, the command. Its working directory is a copy of $WORK/before:
#
#	tree/ small.jsonl	files to index		c, v, ve		chunks; vectors; vectors with codes
#	x.leann			another index		y.leann, y.txt, parts/	one that is read; as text; as files
#
# The embedding server is badpeer, at $SERVER: a vector depends on its text, and nothing is computed.

scenario() { # NAME PROG INDEX OPTIONS COMMAND
	PROG[$1]=$2 INDEX[$1]=$3 OPTIONS[$1]=$4 COMMAND[$1]=$5
}
declare -A PROG INDEX OPTIONS COMMAND
SERVER="--endpoint ipc://$WORK/server --no-start --timeout 5"
graph='leann-graph -q -j 1'
search="leann-search -j 1 $SERVER"
pipe="leann-chunk -q -j 1 tree | leann-embed-client -q -j 1 $SERVER | leann-anchors -j 1 | leann-pq -j 1 |
	$graph -o x.leann"
scenario graph leann-graph x.leann '' "$graph -o x.leann <v"
scenario graph-new leann-graph new.leann '' "$graph -o new.leann <v"
scenario graph-named leann-graph x.leann '' "$graph -o x.leann <v" # FAULT_NO_TMPFILE
scenario graph-all leann-graph x.leann '' "$graph --graph chunks --backend diskann -o x.leann <ve"
scenario pack leann-bundle x.leann '' 'leann-bundle pack parts x.leann'
scenario text-r leann-bundle x.leann '' 'leann-bundle text -r -o x.leann <y.txt'
scenario anchors leann-anchors '' '' 'leann-anchors -j 1 <v'
scenario pq leann-pq '' '' 'leann-pq -j 1 <v'
scenario chunk leann-chunk '' -tInput/output 'leann-chunk -j 1 tree'
scenario jsonl leann-chunk '' -tInput/output 'leann-chunk -j 1 --lexical --jsonl small.jsonl'
scenario client leann-embed-client '' -a "leann-embed-client -q -j 1 $SERVER <c"
scenario search leann-search '' '-a -ttree/' "$search y.leann 'bread and salt'"
scenario search-json leann-search '' '-a -ttree/' "$search --json --batch questions y.leann | sed -E 's/\"[a-z_]*(ms|seconds|_s)\": *[0-9.e-]+//g'"
scenario like leann-search '' '-a -ttree/' "$search --like $WORK/before/tree/a1.txt y.leann"
scenario verify leann-bundle '' '' 'leann-bundle verify y.leann'
scenario validate leann-bundle '' -tstale 'leann-bundle validate y.leann || { s=$?; [ $s = 1 ] || exit $s; }'
scenario show leann-bundle '' '' 'leann-bundle show --json y.leann'
scenario text leann-bundle '' '' 'leann-bundle text y.leann'
scenario cat leann-bundle '' -tcannot 'leann-bundle cat y.leann'
for stage in chunk embed-client anchors pq graph; do
	scenario "pipe-$stage" "leann-$stage" x.leann -a "$pipe"
done

needs_model() {
	case $1 in pipe-* | chunk | jsonl | client | search* | like | cat | validate) return 0 ;; esac
	return 1
}

# The scenarios among those named that this machine has what they need for.
usable() {
	local s
	for s; do
		if [ -n "$MODEL" ] || ! needs_model "$s"; then echo "$s"; fi
	done
}

make_fixture() {
	local i d=$WORK/before
	mkdir -p "$d/tree"
	MODEL=$(leann-model path 2>/dev/null) || MODEL=''
	export MODEL SERVER
	for i in 1 2 3 4 5 6 7 8 9; do
		printf '# Note %d\n\nMix flour, water and salt; number %d. The dough of day %d rises.\n' $i $((i * 7)) $i |
			tee "$d/tree/a$i.txt" >>"$d/tree/long.md"
	done
	for i in 1 2 3; do printf '{"id":"r%d","title":"t%d","text":"Tomatoes want sun %d."}\n' $i $i $i; done >"$d/small.jsonl"
	printf 'bread\nsalt and sun\n' >"$d/questions"
	BADPEER_MODEL=all-MiniLM-L6-v2 badpeer "ipc://$WORK/server" texts >"$WORK/ready" &
	peer=$!
	for ((i = 0; i < 100; i++)); do
		if [ -s "$WORK/ready" ]; then break; fi
		sleep .02
	done
	cd "$d"
	make-vectors 50 8 2 >v
	make-vectors 40 8 2 | $graph -o x.leann
	if [ -n "$MODEL" ]; then
		leann-chunk -q -j 1 tree small.jsonl >c
		# shellcheck disable=SC2086 # words
		leann-embed-client -q $SERVER <c >cv
		$graph -o y.leann <cv
	else
		make-vectors 60 8 3 | $graph -o y.leann
	fi
	leann-anchors -j 1 <v | leann-pq -j 1 >ve
	leann-bundle text y.leann >y.txt
	leann-bundle unpack y.leann parts
	rm -f ./*.lock
	cd "$TOP"
}
