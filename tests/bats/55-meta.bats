#!/usr/bin/env bats
# Metadata: where it comes from, what an index keeps of it, filters, and how hits show it.
load helper

setup_file() {
	load helper
	leann-model path >/dev/null 2>&1 || return 0
	export T=$BATS_FILE_TMPDIR/t
	mkdir -p "$T/docs/sub"
	cd "$T"
	cat >docs/bread.md <<-'END'
		---
		title: "On bread: flour"
		author: Smith   # the baker
		date: 2024-03-01
		tags: [food, "hot, oven"]
		draft: true
		rating: 4.5
		zip: 007
		size: big
		seo:
		  keywords: yeast
		parts:
		  - dough
		  - crust
		---
		# Bread
		Mix flour and water and bake the bread.
	END
	cat >docs/cars.md <<-'END'
		+++
		title = "Cars"
		date = 2026-05-06T10:00:00+02:00
		rating = 3
		[extra]
		author = 'Jones'
		+++
		Cars drive on roads with four wheels.
	END
	printf '#+TITLE: Trees\n#+AUTHOR: Ann Smith\n#+DATE: <2025-01-31 Fri>\n\n* Wood\nTrees grow there.\n' \
		>docs/trees.org
	printf 'int main(void) { return 0; }\n' >docs/sub/main.c
	printf -- '---\nno: end of it\n\nAn egg is boiled.\n' >docs/egg.md
	touch -d 2020-01-01T00:00:00Z docs/egg.md
	cat >mail.jsonl <<-'END'
		{"id":"r1","content":"A mail about ships","metadata":{"author":"Ann Lee","date":"2026-01-01","tags":["x","y"],"n":3,"deep":{"a":{"b":true}},"path":"/etc","none":null}}
		{"id":"r2","content":"Another about boats","metadata":{"n":"three","page":7}}
		{"id":3,"text":"nothing at all"}
	END
	leann-chunk -q --meta project=demo --meta due-date=2026-01-02 docs >chunks
	leann-chunk -q --jsonl mail.jsonl >mails
	leann-embed-client -q <chunks | leann-graph -q -o docs.leann
	leann-embed-client -q <mails | leann-graph -q -o mail.leann
}

setup() {
	need_model
	cd "$T"
}

# the names of files that hits are in, sorted
files() { # EXPRESSION [INDEX]
	leann-search --json -k 20 --no-cache --filter "$1" "${2:-docs.leann}" "a question" |
		"$PYTHON" -c 'import json, sys
print(*sorted(h["item"]["path"].rsplit("/", 1)[-1] + h["item"].get("id", "")
	for h in json.load(sys.stdin)["items"]))'
}

@test "front matter of YAML, TOML and Org is metadata, an unfinished one is text" {
	run -0 leann-bundle text chunks
	[[ $output == *'[69,0,0,0,{"author":"Smith","date":1709251200,"draft":true,"due-date":1767312000,"heading":"Bread","meta.size":"big","parts":"dough, crust","project":"demo","rating":{"f64":"4012000000000000"},"seo.keywords":"yeast","tags":"food, hot, oven","title":"On bread: flour","zip":"007"}]'* ]]
	[[ $output == *'"date":1778054400,"due-date":1767312000,"extra.author":"Jones","project":"demo","rating":3,"title":"Cars"}]'* ]]
	[[ $output == *'{"author":"Ann Smith","date":1738281600,"due-date":1767312000,"heading":"Wood","project":"demo","title":"Trees"}]'* ]]
	[ "$(grep -c '{"due-date":1767312000,"project":"demo"\(,"symbol":"main"\)\?}' <<<"$output")" = 2 ]
}

@test "records have the metadata of their own objects" {
	run -0 leann-bundle text mails
	[[ $output == *'{"author":"Ann Lee","date":1767225600,"deep.a.b":true,"meta.path":"/etc","n":3,"tags":"x, y"}]'* ]]
	[[ $output == *'{"n":"three","page":7}]'* && $output == *',0,{}]'* ]]
	[ "$(files 'n = 3' mail.leann)" = mail.jsonlr1 ]
	[ "$(files 'n = three' mail.leann)" = mail.jsonlr2 ]
	[ "$(files 'n != 3' mail.leann)" = mail.jsonlr2 ]
	[ "$(files 'not n = 3' mail.leann)" = "mail.jsonl3 mail.jsonlr2" ]
}

@test "--meta wants a key and a value, and no field of files" {
	for bad in x =x A=x path=x lang=c id=1 "1a=x" "$(printf 'k%064d=1' 1)"; do
		run -2 leann-chunk --meta "$bad" docs
		[[ ${lines[0]} == "leann-chunk: --meta "* ]]
	done
	run -2 leann-chunk --meta "x=$(head -c 1025 /dev/zero | tr '\0' x)" docs
}

@test "an index without metadata is of no newer version than before, one with it is of 1.5" {
	rm -rf plain && mkdir plain && printf 'No metadata.\n' >plain/a.txt
	leann-chunk -q plain | leann-embed-client -q | leann-graph -q -o plain.leann
	run -0 leann-bundle show --json plain.leann
	[[ $output == *'"minor":4'* && $output != *'"meta"'* && $output != *'"fields"'* ]]
	run -0 leann-bundle show --json docs.leann
	[[ $output == *'"minor":5'* && $output == *'"meta":{"bytes"'* ]]
	[[ $output == *'{"name":"date","type":"time","values":3,"bytes":'* ]]
	run -0 leann-bundle show docs.leann
	[[ $output == *$'\n'"author "*"text "*"2"* ]]
}

@test "filters compare files and metadata" {
	[ "$(files 'author = Smith')" = bread.md ]
	[ "$(files 'author == "Smith"')" = bread.md ]
	[ "$(files 'author = smith')" = "" ]
	[ "$(files 'author contains SMITH')" = "bread.md trees.org" ]
	[ "$(files 'author starts with ann')" = trees.org ]
	[ "$(files 'author ends with smith and not author starts with ann')" = bread.md ]
	[ "$(files 'author != Smith')" = trees.org ]
	[ "$(files 'not author = Smith')" = "cars.md egg.md main.c trees.org" ]
	[ "$(files 'author in (Smith, "Ann Smith")')" = "bread.md trees.org" ]
	[ "$(files 'author not in (Smith)')" = trees.org ]
	[ "$(files 'draft is true')" = bread.md ]
	[ "$(files 'draft is false')" = "" ]
	[ "$(files 'rating > 3')" = bread.md ]
	[ "$(files 'rating >= 3 and rating <= 4.5')" = "bread.md cars.md" ]
	[ "$(files 'project=demo AND (zip="007" OR lang=c)')" = "bread.md main.c" ]
	[ "$(files 'extra.author~J*s')" = cars.md ]
	[ "$(files 'title !~ "*:*"')" = "cars.md trees.org" ]
}

@test "fields of files: path, lang, type, size and mtime" {
	[ "$(files 'path ~ "sub/**"')" = main.c ]
	[ "$(files 'path ~ *.md and path !~ "c*"')" = "bread.md egg.md" ]
	[ "$(files 'path = sub/main.c or path contains EGG')" = "egg.md main.c" ]
	[ "$(files 'lang in (c, org)')" = "main.c trees.org" ]
	[ "$(files 'type = code')" = main.c ]
	[ "$(files 'type != code and lang != org')" = "bread.md cars.md egg.md" ]
	[ "$(files 'size < 30')" = main.c ]
	[ "$(files 'size > .1K and size < 1K and lang = markdown and not path=egg.md')" = "bread.md cars.md" ]
	[ "$(files 'mtime < 2021')" = egg.md ]
	[ "$(files 'mtime = 2020-01-01T00:00')" = egg.md ]
	[ "$(files 'mtime > 365d and lang = c')" = main.c ]
}

@test "type = code and data are what -t code and -t data take" {
	mkdir -p kinds
	for i in a.sql b.log c.srt d.bib e.ini f.diff g.c h.md i.json j.yaml k.csv l.sh; do echo "text of $i, 1 = 2" >"kinds/$i"; done
	leann-chunk -q kinds | leann-embed-client -q | leann-graph -q -o kinds.leann
	for type in code data; do
		[ "$(files "type = $type" kinds.leann)" = "$(leann-chunk --list -t "$type" kinds | sed 's,.*/,,' | paste -sd' ')" ]
	done
	[ "$(files 'type = data' kinds.leann)" = "a.sql b.log d.bib e.ini f.diff i.json j.yaml k.csv" ]
	run -0 leann-chunk --type-list
	[[ $output == *$'\ndata: bibtex, csv, diff, ini, json, log, sql, toml, xml, yaml, *.parquet'* ]]
}

@test "a day, a month and a year stand for all of it" {
	[ "$(files 'date = 2024-03-01')" = bread.md ]
	[ "$(files 'date = 2024')" = bread.md ]
	[ "$(files 'date > 2024-03')" = "cars.md trees.org" ]
	[ "$(files 'date >= 2024-03 and date <= 2025-01')" = "bread.md trees.org" ]
	[ "$(files 'date = 2026-05-06T08:00:00Z')" = cars.md ]
	[ "$(files 'date = 2026-05-06T08:01')" = "" ]
	[ "$(files 'date = 1709251200')" = bread.md ]
	[ "$(files 'due-date=2026-01-02 and lang=c')" = main.c ]
}

@test "several filters, --lang, --path and --type all hold" {
	local found
	found=$(leann-search --json --no-cache --lang markdown,org --path '!egg*' --type doc \
		--filter 'project = demo' --filter 'not draft is true' docs.leann x)
	[[ $found == *cars.md* && $found == *trees.org* ]]
	[[ $found != *bread.md* && $found != *egg.md* && $found != *main.c* ]]
}

@test "what is wrong with a filter is said with its column, status 2" {
	check() { # EXPRESSION MESSAGE
		run -2 leann-search --filter "$1" docs.leann x
		[[ ${lines[0]} == "leann-search: --filter: $2"* ]] || { echo "$1: $output"; false; }
	}
	check 'auhtor = x' 'column 1: no field "auhtor": there are path (text), lang (text), type (text), size (integer), mtime (time), author (text), date (time), draft (bool), '
	check 'id = x' 'column 1: no field "id"'
	check 'path' 'column 5: want an operator after path'
	check 'path =' 'column 7: want a value'
	check '(path = x' 'column 10: want and, or, or the parenthesis of column 1'
	check 'path = x)' 'column 9: no parenthesis is open'
	check 'path = x lang = c' 'column 10: want and, or, or the end'
	check 'path = "x' 'column 8: the quote is not closed'
	check 'lang in c' 'column 9: want a list'
	check 'lang in (c' 'column 11: want a comma'
	check 'lang = pyhton' 'column 8: no language "pyhton"'
	check 'type in (code, sources)' 'column 16: no type "sources"'
	check 'size > big' 'column 8: size is a number'
	check 'rating = high' 'column 10: rating is a number'
	check 'date > yesterday' 'column 8: date is a time'
	check 'date > 2026-13' 'column 8: date is a time'
	check 'draft > true' 'column 1: draft is true or false'
	check 'draft = yes' 'column 9: draft wants true or false'
	check 'author is true' 'column 1: author is not true or false'
	check 'size contains 3' 'column 1: size is no text'
	check 'path ~ "[a"' 'column 8: '
	check 'ä = 1 or = 2' 'column 10: want the name of a field'
	check "$(printf '(%.0s' {1..70})a=1" 'column 65: nested deeper than 64'
	check "path = $(head -c 70000 /dev/zero | tr '\0' x)" '70007 bytes, the limit is 65536'
	check '' 'column 1: want the name of a field'
	run -2 leann-search --type codes docs.leann x
	[[ ${lines[0]} == 'leann-search: --type: column '*': no type "codes"'* ]]
}

@test "hits show their metadata" {
	run -0 leann-search --no-cache --filter 'title = Cars' docs.leann cars
	[[ ${lines[0]} == *"cars.md:1-8 "*"2026-05-06T08:00:00Z" ]]
	run -0 leann-search --no-cache --filter 'page = 7' mail.leann boats
	[[ ${lines[0]} == *"[r2]  p. 7" ]]
	leann-search --no-cache --json --filter 'draft is true' docs.leann bread >hits
	"$PYTHON" - <<-'END'
		import json
		meta = json.load(open("hits"))["items"][0]["item"]["meta"]
		assert meta["draft"] is True and meta["rating"] == 4.5 and meta["date"] == 1709251200, meta
		assert meta["title"] == "On bread: flour" and len(meta) == 13, meta
	END
	run -0 leann-search --no-cache --json --filter 'not n > 0 and not n = three' mail.leann nothing
	[[ $output != *'"meta"'* ]]
}

@test "symbols, kinds and languages of passages come from the stream" {
	leann-bundle text chunks >lines
	"$PYTHON" - <<-'END'
		import json
		out = open("lines2", "w")
		for line in open("lines"):
		    r = json.loads(line)
		    if r[0] == 69:
		        continue
		    if r[0] == 127:
		        r[1], r[2] = None, None
		        continue
		    if r[0] == 2:
		        out.write(json.dumps([69, r[2], r[3], 0, {"symbol": "fun%d" % r[1], "kind": "function",
		                                                 "heading": "A > B", "lang": "awk"}]) + "\n")
		    out.write(line)
	END
	n=$(wc -l <lines2)
	printf '[127,%d,null]\n' "$n" >>lines2
	leann-bundle text -r lines2 | leann-embed-client -q | leann-graph -q -o symbols.leann
	run -0 leann-search --no-cache -k 1 --filter 'symbol ~ "fun*" and lang = awk' symbols.leann bread
	[[ ${lines[0]} == *"  function fun"* && $output != *"A > B"* ]]
	run -0 leann-search --no-cache --lang awk -k 9 --lines 0 symbols.leann bread
	[ "${#lines[@]}" = 5 ]
	run -1 leann-search --no-cache --lang c symbols.leann bread
	[ "$(files 'type = code' symbols.leann)" = "bread.md cars.md egg.md main.c trees.org" ]
}

@test "what a stream says of metadata is checked" {
	bad() { # LINES MESSAGE: before END
		{ leann-bundle text plain.chunks | head -n 2; printf '%s\n' "$1" '[127,9,null]'; } >bad.txt
		run bash -c 'leann-bundle text -r bad.txt | leann-bundle text >/dev/null'
		[ "$status" = 2 ]
		[[ $output == *"$2"* ]] || { echo "$output"; false; }
	}
	rm -rf plain && mkdir plain && printf 'No metadata.\n' >plain/a.txt
	leann-chunk -q plain >plain.chunks
	bad '[69,1,0,0,{}]' 'metadata of file 1, which is not the latest file'
	bad '[69,0,99,0,{}]' 'metadata from byte 99, 0 on, of a file of 13'
	bad '[69,0,1,1,{}]' 'metadata from byte 1, 1 on'
	bad '[69,0,1,0,[]]' 'want a map'
	bad '[69,0,1,0,{"a":null}]' 'metadata: a is nil'
	bad '[69,0,1,0,{"A":1}]' 'that is no name'
	bad '[69,0,1,0,{"size":1}]' "metadata: size is the file's own"
	bad '[69,0,1,0]' 'metadata record of 4 items'
	bad '[69,0,5,0,{"a":1}]
[69,0,4,0,{"a":2}]' 'metadata of file 0 is not in order'
}

@test "an update keeps metadata, takes new, and gives what a build gives" {
	rm -rf up up.leann && cp -a docs up
	leann-chunk -q --meta project=demo up | leann-embed-client -q | leann-graph -q -o up.leann
	sed -i 's/Smith/Miller/' up/bread.md
	cp up/cars.md up/sub/copy.md
	rm up/egg.md
	touch up/trees.org
	leann-chunk -q --update up.leann >up.stream
	run -0 leann-bundle text up.stream
	[ "$(grep -c '^\[69,' <<<"$output")" = 3 ]
	leann-embed-client -q <up.stream | leann-graph -q --update up.leann
	run -0 leann-bundle verify up.leann
	[ "$(files 'author = Miller' up.leann)" = bread.md ]
	[ "$(files 'author = Smith' up.leann)" = "" ]
	[ "$(files 'author contains smith' up.leann)" = trees.org ]
	[ "$(leann-search --all-copies --json --no-cache --filter 'title = Cars' up.leann x | grep -o '"path":[^,]*md"' | wc -l)" = 2 ]
	leann-chunk -q --update up.leann --full | leann-embed-client -q | leann-graph -q --update up.leann
	leann-chunk -q --meta project=demo up | leann-embed-client -q | leann-graph -q -o new.leann
	for i in up new; do
		rm -rf "$i.d"
		leann-bundle unpack "$i.leann" "$i.d"
	done
	cmp up.d/meta new.d/meta
}

@test "cat, text, export and import keep metadata" {
	leann-bundle cat docs.leann | leann-bundle text | grep '^\[69' >cat.lines
	leann-bundle text chunks | grep '^\[69' >chunk.lines
	cmp cat.lines chunk.lines
	leann-bundle text docs.leann >all
	leann-bundle text -r -o again.leann all
	cmp docs.leann again.leann
	leann-bundle export --self-contained -q -o self.leann docs.leann
	[ "$(files 'draft is true' self.leann)" = bread.md ]
}

@test "leann build and leann query pass metadata and filters on" {
	rm -rf built && cp -a docs built
	leann build -q --meta project=demo --meta=level=2 built
	run -0 leann query --index built/.leann/index.leann --query bread --filter 'project = demo and level > 1 and draft is true'
	[[ ${lines[0]} == *"bread.md"* ]]
}
