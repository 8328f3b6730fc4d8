/* Which languages ctags(1) is asked about, and what its kinds are; see marks.h. */
#include <string.h>

#include "algo/marks.h"

static const struct {
	const char *lang, *file;
} table[] = {
	{"ada", "x.adb"}, {"awk", "x.awk"}, {"c", "x.c"}, {"c#", "x.cs"}, {"c++", "x.cpp"},
	{"clojure", "x.clj"}, {"cobol", "x.cob"}, {"common lisp", "x.lisp"}, {"cuda", "x.cu"},
	{"cython", "x.py"}, {"d", "x.d"}, {"elisp", "x.el"}, {"elixir", "x.ex"}, {"elm", "x.elm"},
	{"erlang", "x.erl"}, {"fortran", "x.f90"}, {"go", "x.go"}, {"haskell", "x.hs"},
	{"java", "x.java"}, {"javascript", "x.js"}, {"julia", "x.jl"}, {"kotlin", "x.kt"},
	{"lua", "x.lua"}, {"matlab", "x.m"}, {"objective-c", "x.mm"}, {"ocaml", "x.ml"},
	{"pascal", "x.pas"}, {"perl", "x.pl"}, {"php", "x.php"}, {"powershell", "x.ps1"},
	{"protobuf", "x.proto"}, {"python", "x.py"}, {"r", "x.r"}, {"raku", "x.p6"},
	{"ruby", "x.rb"}, {"rust", "x.rs"}, {"scheme", "x.scm"}, {"shell", "x.sh"}, {"sql", "x.sql"},
	{"systemverilog", "x.sv"}, {"tcl", "x.tcl"}, {"typescript", "x.ts"}, {"verilog", "x.v"},
	{"vhdl", "x.vhdl"}, {"vim", "x.vim"},
};

const char *tags_file_name(const char *lang)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].lang, lang))
			return table[i].file;
	return NULL;
}

static bool is_in(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(s, *list))
			return true;
	return false;
}

bool tags_kind(const char *lang, const char *kind, struct tag *t)
{
	static const char *const functions[] = {
		"function", "func", "method", "singletonMethod", "constructor", "destructor",
		"subroutine", "procedure", "subprogram", "generator", "getter", "setter", "task",
		"sub", "predicate", "message", "fd", "rpc", NULL};
	static const char *const types[] = {
		"class", "struct", "interface", "trait", "enum", "union", "module", "namespace",
		"implementation", "object", "protocol", "mixin", "record", "annotation", "category",
		"service", NULL};
	static const char *const maybe[] = {
		"variable", "constant", "const", "var", "val", "type", "typedef", "field", "property",
		"macro", "define", "data", "table", "view", "trigger", "test", NULL};
	bool python = !strcmp(lang, "python") || !strcmp(lang, "cython");
	t->maybe = is_in(kind, maybe);
	t->kind = is_in(kind, types) ? MARK_TYPE : t->maybe ? MARK_VALUE : MARK_FUNCTION;
	return t->maybe || t->kind == MARK_TYPE || is_in(kind, functions) ||
	       (python && !strcmp(kind, "member"));
}
