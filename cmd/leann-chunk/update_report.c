/* --update: what happened or would happen, in words. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "update.h"

void update_note(struct update *u, char mark, uint32_t from, const char *path)
{
	if (u->n_lines == u->cap_lines) {
		u->cap_lines = u->cap_lines ? 2 * u->cap_lines : 64;
		u->line = mem_realloc(u->line, u->cap_lines * sizeof *u->line);
	}
	u->line[u->n_lines++] = (struct report){mark, from, mem_strdup(path)};
}

/* What looks moved has its bytes from another file; where that stays, or moved before, it is new. */
static bool *settle(struct update *u)
{
	bool *moved = mem_calloc(u->base.ix.n_files + 1, sizeof *moved);
	u->n_changed = u->n_added = u->n_moved = u->n_touched = 0;
	for (size_t i = 0; i < u->n_lines; i++) {
		struct report *l = &u->line[i];
		if (l->mark == '>' && (u->state[l->from] != FILE_GONE || moved[l->from]))
			l->mark = '+';
		switch (l->mark) {
		case '+': u->n_added++; break;
		case '~': u->n_changed++; break;
		case '=': u->n_touched++; break;
		default:
			u->n_moved++;
			moved[l->from] = true;
			break;
		}
	}
	return moved;
}

static void counts_line(const struct chunker *k, char *out, size_t cap)
{
	const struct update *u = k->up;
	snprintf(out, cap,
		 "%llu files looked at, %llu read: %llu changed, %llu added, %llu moved, %llu touched, "
		 "%llu gone; %llu passages to embed, %llu kept",
		 (unsigned long long)u->n_looked, (unsigned long long)u->n_read,
		 (unsigned long long)u->n_changed, (unsigned long long)u->n_added,
		 (unsigned long long)u->n_moved, (unsigned long long)u->n_touched,
		 (unsigned long long)(u->n_gone - u->n_moved), (unsigned long long)k->counts.n_chunks,
		 (unsigned long long)u->n_kept);
}

static void end_line(const struct chunker *k)
{
	putchar(k->c->out_null ? 0 : '\n');
}

void update_report(const struct chunker *k)
{
	const struct update *u = k->up;
	char text[400];
	bool *moved = settle(k->up);
	for (size_t i = 0; i < u->n_lines; i++) {
		const struct report *l = &u->line[i];
		printf("%c ", l->mark);
		if (l->mark == '>') {
			put_name(base_path(&u->base, l->from), k->c->out_null);
			fputs(" -> ", stdout);
		}
		put_name(l->path, k->c->out_null);
		if (l->mark == '=')
			fputs(" (mtime)", stdout);
		end_line(k);
	}
	for (size_t i = 0; i < u->base.ix.n_files; i++) {
		if (u->state[i] != FILE_GONE || moved[i])
			continue;
		fputs("- ", stdout);
		put_name(base_path(&u->base, i), k->c->out_null);
		end_line(k);
	}
	counts_line(k, text, sizeof text);
	fputs(text, stdout);
	end_line(k);
	mem_free(moved);
}

void update_summary(const struct chunker *k)
{
	char text[400];
	if (!k->c->verbose || k->c->dry_run)
		return;
	mem_free(settle(k->up));
	counts_line(k, text, sizeof text);
	fprintf(stderr, "%s: %s\n", err_prog(), text);
}
