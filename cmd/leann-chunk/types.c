/* -t and -T; see types.h. */
#include "types.h"

#include <stdio.h>
#include <string.h>

#include "algo/lang_type.h"
#include "base/err.h"
#include "base/mem.h"
#include "chunk.h"

/* Languages with "," between two, extensions with a space before and after each, in lower case. */
static const struct group {
	const char *name, *langs, *exts;
} groups[] = {
	{"adoc", "asciidoc", ""},
	{"archive", "", " zip tar gz tgz bz2 tbz xz txz zst lz lz4 lzma 7z rar jar war cpio cab deb rpm "},
	{"asm", "assembly", ""},
	{"audio", "", " mp3 ogg oga opus flac wav m4a aac mid "},
	{"book", "", " epub mobi djvu fb2 azw3 "},
	{"config", "ini,toml,yaml,json,nix,terraform", ""},
	{"cpp", "c++", ""},
	{"cs", "c#", ""},
	{"csharp", "c#", ""},
	{"data", "", " parquet npy sqlite db "},	/* and the languages of lang_type() */
	{"docker", "dockerfile", ""},
	{"docs", "text,markdown,restructuredtext,asciidoc,org,latex,texinfo,man,wiki,html",
	 " pdf doc docx odt rtf ppt pptx odp epub "},
	{"el", "elisp", ""},
	{"fsharp", "f#", ""},
	{"hs", "haskell", ""},
	{"image", "", " png jpg jpeg gif bmp ico webp tif tiff psd xcf heic avif svg svgz eps ps "},
	{"ipynb", "jupyter", ""},
	{"js", "javascript", ""},
	{"lisp", "common lisp,elisp,scheme,racket,clojure", ""},
	{"mail", "email", " eml emlx mbox msg maildir "},
	{"make", "makefile", ""},
	{"md", "markdown", ""},
	{"notebook", "jupyter", ""},
	{"objc", "objective-c", ""},
	{"office", "", " doc docx xls xlsx ppt pptx odt ods odp rtf "},
	{"pdf", "", " pdf "},
	{"proto", "protobuf", ""},
	{"py", "python", ""},
	{"rb", "ruby", ""},
	{"rs", "rust", ""},
	{"rst", "restructuredtext", ""},
	{"sh", "shell", ""},
	{"tex", "latex,bibtex", ""},
	{"tf", "terraform", ""},
	{"ts", "typescript", ""},
	{"txt", "text", ""},
	{"video", "", " mp4 m4v mkv webm avi mov wmv flv "},
	{"web", "html,css,javascript,typescript,vue,svelte,php", ""},
	{"yml", "yaml", ""},
};

static const struct group *find_group(const char *name)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (!strcmp(groups[i].name, name))
			return &groups[i];
	return NULL;
}

/* Is word one of the words of list, between two of which is sep? */
static bool has_word(const char *list, char sep, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = list; n && (p = strstr(p, word)); p++)
		if ((p == list || p[-1] == sep) && (p[n] == sep || !p[n]))
			return true;
	return false;
}

static bool has_ext(const char *exts, const char *path)
{
	char ext[16];
	const char *dot = strrchr(path, '.');
	size_t n = dot ? strlen(dot + 1) : 0;
	if (!n || n >= sizeof ext || strchr(dot, '/'))
		return false;
	for (size_t i = 0; i <= n; i++)
		ext[i] = (char)(dot[1 + i] >= 'A' && dot[1 + i] <= 'Z' ? dot[1 + i] + 32 : dot[1 + i]);
	return !strchr(ext, ' ') && has_word(exts, ' ', ext);
}

/* Types of which the languages are those that the filter field "type" has: lang_type.h. */
static bool is_kind(const char *type)
{
	return !strcmp(type, "code") || !strcmp(type, "data");
}

/* Is a file of this name and language of the type? */
static bool is_of(const char *type, const char *path, const struct lang *l)
{
	const struct group *g = find_group(type);
	if (*l->name && !strcmp(l->name, type))
		return true;
	if (is_kind(type) && *l->name && !strcmp(lang_type(l->name), type))
		return true;
	return g && ((*l->name && has_word(g->langs, ',', l->name)) || has_ext(g->exts, path));
}

void types_add(struct types *t, const char *name, bool leave_out)
{
	if (!find_group(name) && strcmp(name, "code") && !lang_by_name(name, strlen(name)))
		err_usage_die("-%c %s: no such type, see --type-list", leave_out ? 'T' : 't', name);
	t->name = mem_realloc(t->name, (t->n + 1) * sizeof *t->name);
	t->name[t->n++] = mem_printf("%s%s", leave_out ? "!" : "", name);
	t->n_take += !leave_out;
}

bool types_want(const struct types *t, const char *path, const struct lang *l)
{
	bool take = !t->n_take;
	for (size_t i = 0; i < t->n; i++) {
		const char *name = t->name[i];
		if (*name == '!' && is_of(name + 1, path, l))
			return false;
		take |= *name != '!' && is_of(name, path, l);
	}
	return take;
}

bool types_may_want(const struct types *t, const char *path)
{
	const struct lang *l = t->n ? lang_find(path, strlen(path), "", 0) : NULL;
	return !l || !*l->name || types_want(t, path, l);
}

bool lang_wanted(const struct chunk_opts *c, const char *path, const struct lang *l)
{
	bool wanted = !c->n_langs;
	for (size_t i = 0; i < c->n_langs && !wanted; i++)
		wanted = c->langs[i] == l;
	return wanted && types_want(&c->types, path, l);
}

void types_put_args(struct buf *out, const struct types *t)
{
	for (size_t i = 0; i < t->n; i++) {
		bool no = *t->name[i] == '!';
		buf_printf(out, "--type%s=%s", no ? "-not" : "", t->name[i] + no);
		buf_addc(out, 0);
	}
}

/* "*.c, *.h" */
static void put_words(const char *words, const char *before, bool *first)
{
	while (words && *(words += strspn(words, " "))) {
		size_t n = strcspn(words, " ");
		printf("%s%s%.*s", *first ? " " : ", ", before, (int)n, words);
		*first = false;
		words += n;
	}
}

void types_list(void)
{
	const char *exts, *names;
	const struct lang *l;
	for (size_t i = 0; (l = lang_nth(i, &exts, &names)); i++) {
		bool first = true;
		printf("%s:", l->name);
		put_words(exts, "*.", &first);
		put_words(names, "", &first);
		putchar('\n');
	}
	printf("code: the languages that are neither prose, data nor settings\n");
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		bool first = true;
		printf("%s:", groups[i].name);
		for (size_t k = 0; is_kind(groups[i].name) && (l = lang_nth(k, &exts, &names)); k++)
			if (!strcmp(lang_type(l->name), groups[i].name)) {
				printf("%s%s", first ? " " : ", ", l->name);
				first = false;
			}
		for (const char *p = groups[i].langs; *p;) {
			size_t n = strcspn(p, ",");
			printf("%s%.*s", first ? " " : ", ", (int)n, p);
			first = false;
			p += n + (p[n] == ',');
		}
		put_words(groups[i].exts, "*.", &first);
		putchar('\n');
	}
}

void types_release(struct types *t)
{
	for (size_t i = 0; i < t->n; i++)
		mem_free(t->name[i]);
	mem_free(t->name);
	*t = (struct types){NULL, 0, 0};
}
