/* Languages by extension, file name and "#!" line; see lang.h. */
#include "algo/lang.h"

#include <string.h>

#include "base/decode.h"

/*
 * Words are separated by one space. Extensions without the dot, upper and lower case told apart
 * first.
 */
static const struct row {
	struct lang lang;
	const char *exts, *names, *interpreters;
} table[] = {
	{{"ada", STYLE_CODE}, "adb ads ada", NULL, NULL},
	{{"agda", STYLE_CODE}, "agda", NULL, NULL},
	{{"apl", STYLE_CODE}, "apl dyalog", NULL, NULL},
	{{"archive", STYLE_MARKDOWN}, "zip tar tgz jar whl txz tbz2 tzst", NULL, NULL},
	{{"asciidoc", STYLE_ASCIIDOC}, "adoc asciidoc", NULL, NULL},
	{{"assembly", STYLE_CODE}, "s asm S nasm", NULL, NULL},
	{{"awk", STYLE_CODE}, "awk", NULL, "awk gawk mawk nawk"},
	{{"batch", STYLE_CODE}, "bat cmd", NULL, NULL},
	{{"bibtex", STYLE_CODE}, "bib", NULL, NULL},
	{{"c", STYLE_CODE}, "c h", NULL, NULL},
	{{"c#", STYLE_CODE}, "cs csx", NULL, NULL},
	{{"c++", STYLE_CODE}, "cc cpp cxx hh hpp hxx ipp tcc inl c++ h++", NULL, NULL},
	{{"clojure", STYLE_CODE}, "clj cljs cljc edn", NULL, "bb clojure"},
	{{"cmake", STYLE_CODE}, "cmake", "CMakeLists.txt", NULL},
	{{"cobol", STYLE_CODE}, "cob cbl cpy", NULL, NULL},
	{{"coffeescript", STYLE_CODE}, "coffee", NULL, "coffee"},
	{{"common lisp", STYLE_CODE}, "lisp lsp cl asd", NULL, "sbcl clisp"},
	{{"crystal", STYLE_CODE}, "cr", NULL, "crystal"},
	{{"css", STYLE_CODE}, "css scss sass less", NULL, NULL},
	{{"csv", STYLE_CODE}, "csv tsv", NULL, NULL},
	{{"cuda", STYLE_CODE}, "cu cuh", NULL, NULL},
	{{"cython", STYLE_CODE}, "pyx pxd pxi", NULL, NULL},
	{{"d", STYLE_CODE}, "d di", NULL, NULL},
	{{"dart", STYLE_CODE}, "dart", NULL, "dart"},
	{{"diff", STYLE_CODE}, "diff patch", NULL, NULL},
	{{"dockerfile", STYLE_CODE}, "dockerfile", "Dockerfile Containerfile", NULL},
	{{"elisp", STYLE_CODE}, "el", NULL, "emacs"},
	{{"docx", STYLE_MARKDOWN}, "docx docm dotx", NULL, NULL},
	{{"elixir", STYLE_CODE}, "ex exs", NULL, "elixir"},
	{{"elm", STYLE_CODE}, "elm", NULL, NULL},
	{{"email", STYLE_MARKDOWN}, "eml mbox", NULL, NULL},
	{{"epub", STYLE_MARKDOWN}, "epub", NULL, NULL},
	{{"erlang", STYLE_CODE}, "erl hrl", "rebar.config", "escript"},
	{{"f#", STYLE_CODE}, "fs fsi fsx", NULL, NULL},
	{{"fish", STYLE_CODE}, "fish", NULL, "fish"},
	{{"fortran", STYLE_CODE}, "f f77 f90 f95 f03 f08 for F90", NULL, NULL},
	{{"gleam", STYLE_CODE}, "gleam", NULL, NULL},
	{{"glsl", STYLE_CODE}, "glsl vert frag comp geom", NULL, NULL},
	{{"go", STYLE_CODE}, "go", "go.mod", NULL},
	{{"graphql", STYLE_CODE}, "graphql gql", NULL, NULL},
	{{"groovy", STYLE_CODE}, "groovy gradle", "Jenkinsfile", "groovy"},
	{{"haskell", STYLE_CODE}, "hs lhs cabal", NULL, "runhaskell runghc stack"},
	{{"html", STYLE_MARKDOWN}, "html htm xhtml", NULL, NULL},
	{{"idris", STYLE_CODE}, "idr", NULL, NULL},
	{{"ini", STYLE_CODE}, "ini cfg conf properties service desktop", NULL, NULL},
	{{"java", STYLE_CODE}, "java", NULL, NULL},
	{{"javascript", STYLE_CODE}, "js mjs cjs jsx", NULL, "node nodejs deno bun"},
	{{"json", STYLE_CODE}, "json json5 jsonc jsonl ndjson geojson webmanifest", NULL, NULL},
	{{"julia", STYLE_CODE}, "jl", NULL, "julia"},
	{{"jupyter", STYLE_MARKDOWN}, "ipynb", NULL, NULL},
	{{"kotlin", STYLE_CODE}, "kt kts", NULL, "kotlin"},
	{{"latex", STYLE_TEX}, "tex sty cls ltx", NULL, NULL},
	{{"lean", STYLE_CODE}, "lean", NULL, NULL},
	{{"log", STYLE_CODE}, "log", NULL, NULL},
	{{"lua", STYLE_CODE}, "lua", NULL, "lua luajit"},
	{{"m4", STYLE_CODE}, "m4 ac am", "configure.ac Makefile.am", NULL},
	{{"makefile", STYLE_CODE}, "mk mak", "Makefile GNUmakefile makefile", "make"},
	{{"man", STYLE_MAN}, "1 2 3 4 5 6 7 8 9 man mdoc roff ms 3pm", NULL, NULL},
	{{"markdown", STYLE_MARKDOWN}, "md markdown mdown mkd mdx rmd qmd", NULL, NULL},
	{{"matlab", STYLE_CODE}, "m", NULL, NULL},
	{{"meson", STYLE_CODE}, NULL, "meson.build meson_options.txt", NULL},
	{{"nim", STYLE_CODE}, "nim nims", NULL, "nim"},
	{{"nix", STYLE_CODE}, "nix", NULL, NULL},
	{{"objective-c", STYLE_CODE}, "mm", NULL, NULL},
	{{"ocaml", STYLE_CODE}, "ml mli mll mly", NULL, "ocaml"},
	{{"opendocument", STYLE_MARKDOWN}, "odt odp ods ott", NULL, NULL},
	{{"org", STYLE_ORG}, "org", NULL, NULL},
	{{"pascal", STYLE_CODE}, "pas pp dpr lpr", NULL, NULL},
	{{"pdf", STYLE_TEXT}, "pdf", NULL, NULL},
	{{"perl", STYLE_CODE}, "pl pm pod t", NULL, "perl"},
	{{"php", STYLE_CODE}, "php phtml", NULL, "php"},
	{{"powershell", STYLE_CODE}, "ps1 psm1 psd1", NULL, "pwsh"},
	{{"pptx", STYLE_MARKDOWN}, "pptx pptm ppsx", NULL, NULL},
	{{"prolog", STYLE_CODE}, "pro prolog", NULL, "swipl"},
	{{"protobuf", STYLE_CODE}, "proto", NULL, NULL},
	{{"python", STYLE_CODE}, "py pyi pyw", "SConstruct", "python python2 python3 pypy pypy3"},
	{{"r", STYLE_CODE}, "r R", NULL, "Rscript"},
	{{"racket", STYLE_CODE}, "rkt", NULL, "racket"},
	{{"raku", STYLE_CODE}, "raku rakumod p6", NULL, "raku"},
	{{"restructuredtext", STYLE_TEXT}, "rst rest", NULL, NULL},
	{{"ruby", STYLE_CODE}, "rb rake gemspec", "Rakefile Gemfile Vagrantfile", "ruby"},
	{{"rust", STYLE_CODE}, "rs", NULL, NULL},
	{{"scala", STYLE_CODE}, "scala sc sbt", NULL, "scala"},
	{{"scheme", STYLE_CODE}, "scm ss sld", NULL, "guile"},
	{{"shell", STYLE_CODE}, "sh bash zsh ksh bats ebuild",
	 "APKBUILD PKGBUILD", "sh bash dash zsh ksh bats"},
	{{"solidity", STYLE_CODE}, "sol", NULL, NULL},
	{{"sql", STYLE_CODE}, "sql psql ddl", NULL, NULL},
	{{"subtitles", STYLE_TEXT}, "srt vtt", NULL, NULL},
	{{"svelte", STYLE_CODE}, "svelte", NULL, NULL},
	{{"swift", STYLE_CODE}, "swift", NULL, "swift"},
	{{"systemverilog", STYLE_CODE}, "sv svh", NULL, NULL},
	{{"tcl", STYLE_CODE}, "tcl tk", NULL, "tclsh wish"},
	{{"terraform", STYLE_CODE}, "tf tfvars hcl", NULL, NULL},
	{{"texinfo", STYLE_TEX}, "texi texinfo", NULL, NULL},
	{{"text", STYLE_TEXT}, "txt text asc rfc",
	 "README LICENSE LICENCE COPYING NEWS AUTHORS ChangeLog CHANGELOG CHANGES "
	 "INSTALL TODO HACKING copyright changelog NOTICE THANKS", NULL},
	{{"thrift", STYLE_CODE}, "thrift", NULL, NULL},
	{{"toml", STYLE_CODE}, "toml", NULL, NULL},
	{{"typescript", STYLE_CODE}, "ts tsx mts cts", NULL, "ts-node tsx"},
	{{"vala", STYLE_CODE}, "vala vapi", NULL, NULL},
	{{"verilog", STYLE_CODE}, "v vh", NULL, NULL},
	{{"vhdl", STYLE_CODE}, "vhd vhdl", NULL, NULL},
	{{"vim", STYLE_CODE}, "vim", NULL, NULL},
	{{"vue", STYLE_CODE}, "vue", NULL, NULL},
	{{"wiki", STYLE_ASCIIDOC}, "wiki mediawiki", NULL, NULL},
	{{"xlsx", STYLE_MARKDOWN}, "xlsx xlsm", NULL, NULL},
	{{"xml", STYLE_CODE}, "xml xsd xsl xslt rss atom plist", NULL, NULL},
	{{"yaml", STYLE_CODE}, "yaml yml", NULL, NULL},
	{{"zig", STYLE_CODE}, "zig", NULL, NULL},
};

static const struct lang unknown = {"", STYLE_TEXT};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Is s (n bytes) one of the words? */
static bool has_word(const char *words, const char *s, size_t n, bool any_case)
{
	while (words && *words) {
		size_t i = 0;
		while (i < n && words[i] && words[i] != ' ' &&
		       (any_case ? lower(words[i]) == lower(s[i]) : words[i] == s[i]))
			i++;
		if (i == n && (!words[i] || words[i] == ' '))
			return true;
		for (words += i; *words && *words != ' '; words++)
			;
		words += *words == ' ';
	}
	return false;
}

static const struct lang *find(size_t column, const char *s, size_t n, bool any_case)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *const words[] = {table[i].exts, table[i].names, table[i].interpreters};
		if (has_word(words[column], s, n, any_case))
			return &table[i].lang;
	}
	return NULL;
}

/* "#!/usr/bin/env -S python3.11 -u" -> python. */
static const struct lang *by_interpreter(const char *p, size_t n)
{
	const char *lf = n ? memchr(p, '\n', n) : NULL;
	size_t end = lf ? (size_t)(lf - p) : n, at = 2;
	if (end < 3 || p[0] != '#' || p[1] != '!')
		return NULL;
	while (at < end) {
		while (at < end && (p[at] == ' ' || p[at] == '\t' || p[at] == '\r'))
			at++;
		size_t from = at, base = at;
		for (; at < end && p[at] != ' ' && p[at] != '\t' && p[at] != '\r'; at++)
			if (p[at] == '/')
				base = at + 1;
		size_t k = at - base;
		if ((k == 3 && !memcmp(p + base, "env", 3)) || (k && p[from] == '-') ||
		    (k && memchr(p + base, '=', k)))
			continue;
		while (k && ((p[base + k - 1] >= '0' && p[base + k - 1] <= '9') ||
			     p[base + k - 1] == '.'))
			k--;
		return find(2, p + base, k, false);
	}
	return NULL;
}

const struct lang *lang_find(const char *path, size_t n_path, const char *first, size_t n_first)
{
	const struct lang *l;
	size_t base = n_path, dot;
	while (base && path[base - 1] != '/')
		base--;
	const char *name = path + base;
	size_t n = n_path - base;
	if ((l = find(1, name, n, false)))
		return l;
	for (dot = n; dot > 1 && name[dot - 1] != '.'; dot--)
		;
	if (dot > 1) {
		if ((l = find(0, name + dot, n - dot, false)) ||
		    (l = find(0, name + dot, n - dot, true)))
			return l;
	}
	l = by_interpreter(first, n_first);
	if (l || dot <= 1)
		return l ? l : &unknown;
	/* README.fr, Makefile.in, Dockerfile.dev */
	const char *first_dot = memchr(name, '.', n);
	l = first_dot ? find(1, name, (size_t)(first_dot - name), false) : NULL;
	return l ? l : &unknown;
}

const struct lang *lang_by_name(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strlen(table[i].lang.name) == n && !memcmp(table[i].lang.name, name, n))
			return &table[i].lang;
	return NULL;
}

const struct lang *lang_nth(size_t i, const char **exts, const char **names)
{
	if (i >= sizeof table / sizeof *table)
		return NULL;
	*exts = table[i].exts;
	*names = table[i].names;
	return &table[i].lang;
}

/* Of text in UTF-16 at least one character in 200 is a blank, a line's end or CJK punctuation. */
static bool separates(uint32_t cp)
{
	return cp == ' ' || cp == '\n' || (cp >= 0x3000 && cp < 0x3040) || (cp >= 0xff00 && cp < 0xff10);
}

static bool is_odd(uint32_t cp)
{
	return cp == 0xfffd || cp == 0x7f || (cp < 0x20 && !memchr("\t\n\r\f\b\033", (int)cp, 6));
}

bool lang_is_text(const uint8_t *head, size_t n)
{
	size_t odd = 0, n_separate = 0;
	if (n > LANG_HEAD_BYTES)
		n = LANG_HEAD_BYTES;
	enum encoding enc = ENC_UTF8;
	if (!decode_utf16(head, n, &enc) && n && memchr(head, 0, n))
		return false;
	size_t n_chars = 0;
	for (size_t i = 0; i < n; n_chars++) {
		uint32_t cp;
		if (enc == ENC_UTF8 && ((head[i] >= 0x20 && head[i] < 0x7f) || head[i] == '\n')) {
			i++;	/* of most bytes nothing else is asked */
			continue;
		}
		size_t k = decode_get(enc, head + i, n - i, &cp);
		odd += is_odd(cp);
		n_separate += separates(cp);
		i += k;
	}
	if (enc != ENC_UTF8 && n_chars / 200 > n_separate)
		return false;
	return odd * 10 <= (enc == ENC_UTF8 ? n : n_chars) * 3;
}
