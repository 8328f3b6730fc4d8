/* The pieces passages are made of; see passages_units.h. */
#include "algo/passages_units.h"

#include <string.h>

#include "algo/passages_lines.h"

enum {
	PIECE_BYTES = 32,	/* words of an over-long unit are counted so many bytes at a time */
	WORD_BYTES = 64,	/* a longer word is a piece of its own */
	INDENT_PARA = 4,	/* prose: a paragraph this deep hangs on the one before */
};

void units_init(struct units *u, const struct passages_params *pp, enum text_style style,
		const char *text, size_t from, size_t to)
{
	*u = (struct units){.pp = pp, .style = style, .text = text, .n = to, .at_line_start = true,
			    .blank_before = true};
	u->at = blank_end(text, to, from, to - from);
}

static size_t unit_bytes_max(const struct units *u)
{
	return u->pp->max_bytes / 2;
}

static enum brk code_break(const struct units *u, const struct unit *out)
{
	if (u->after_open || line_is_closer(u->text, u->at, u->line_end))
		return BRK_WORD;
	if (u->blank_before)
		return out->indent ? BRK_BLANK : BRK_PARA;
	return u->after_close && !out->indent ? BRK_HEADING : BRK_LINE;
}

static enum brk prose_break(const struct units *u, bool heading)
{
	if (u->after_heading)
		return BRK_WORD;
	if (heading)
		return u->blank_before ? BRK_SECTION : BRK_HEADING;
	if (u->blank_before)
		return line_indent(u->text, u->n, u->at) < INDENT_PARA && !u->in_fence ? BRK_PARA
										       : BRK_BLANK;
	if (u->after_sentence || line_is_item(u->text, u->at, u->line_end))
		return BRK_SENTENCE;
	return BRK_LINE;
}

/* The unit at a line's start: its break, and where it ends. */
static size_t start_line(struct units *u, struct unit *out)
{
	const char *text = u->text;
	bool heading = false, ended = false;
	size_t end = u->line_end = line_end(text, u->n, u->at);
	if (u->style == STYLE_CODE) {
		out->indent = line_indent(text, u->n, u->at);
		out->brk = code_break(u, out);
		u->after_close = !out->indent && line_is_closer(text, u->at, end);
		u->after_open = line_is_opener(text, u->at, end);
	} else {
		bool fence = u->style == STYLE_MARKDOWN && line_is_fence(text, u->at, end);
		heading = !u->in_fence && !fence &&
			  line_is_heading(u->style, text, u->n, u->at, end);
		out->brk = fence && u->in_fence ? BRK_WORD : prose_break(u, heading);
		if (!heading && !fence && !u->in_fence)
			end = sentence_end(text, u->at, end, &ended);
		u->in_fence ^= fence;
	}
	u->after_sentence = ended;
	u->after_heading = heading || (u->after_heading && line_is_ruler(text, u->at, u->line_end));
	return end;
}

/* The words from at on that make one piece of an over-long unit; one word at least. */
static size_t piece_end(const struct units *u, bool one_word)
{
	size_t at = u->at;
	while (at < u->long_end) {
		size_t i = at;
		while (i < u->long_end && is_space(u->text[i]))
			i++;
		while (i < u->long_end && !is_space(u->text[i])) {
			/*
			 * after a full-width comma, full stop, colon, ... one may cut as after
			 * a space
			 */
			bool wide = u->long_end - i >= 3 &&
				    (!memcmp(u->text + i, "\xe3\x80\x81", 3) ||
				     !memcmp(u->text + i, "\xe3\x80\x82", 3) ||
				     !memcmp(u->text + i, "\xef\xbc\x8c", 3) ||
				     !memcmp(u->text + i, "\xef\xbc\x9b", 3) ||
				     !memcmp(u->text + i, "\xef\xbc\x9a", 3));
			i += wide ? 3 : 1;
			if (wide)
				break;
		}
		while (i < u->long_end && is_space(u->text[i]))
			i++;
		if (at > u->at && i - at > WORD_BYTES)
			break;
		at = i;
		if (one_word || at - u->at >= PIECE_BYTES)
			break;
	}
	return at;
}

/* One passage's worth of an over-long word: cut after punctuation where some is near. */
static size_t word_part(const struct units *u)
{
	const char *p = u->text + u->at;
	size_t n = u->word_end - u->at;
	if (n > unit_bytes_max(u)) {
		n = unit_bytes_max(u);
		while (n > 1 && ((unsigned char)p[n] & 0xc0) == 0x80)
			n--;
	}
	size_t k = u->pp->fit(u->pp->ctx, p, n, u->pp->max_tokens);
	if (k == u->word_end - u->at)
		return k;
	/*
	 * Punctuation is a token of its own: what is before it counts the same when it ends
	 * there.
	 */
	for (size_t i = k; i > k - k / 4; i--)
		if (p[i - 1] && strchr(",;)]}>", p[i - 1]))
			return i;
	return k;
}

/* Start on the over-long word from u->at to end. */
static void enter_word(struct units *u, size_t end, size_t n_tokens)
{
	size_t from = u->at, to = end;
	while (to > from && is_space(u->text[to - 1]))
		to--;
	while (from < to && is_space(u->text[from]))
		from++;
	u->word_end = end;
	if (n_tokens > u->pp->max_tokens || to - from > unit_bytes_max(u))
		u->n_split_words++;	/* else it is white space that is long */
}

/* The next piece of an over-long unit (u->long_end), or of an over-long word (u->word_end). */
static size_t next_piece(struct units *u, size_t *n_tokens)
{
	const struct passages_params *pp = u->pp;
	for (int one_word = 0; !u->word_end; one_word = 1) {
		size_t end = piece_end(u, one_word), k = end - u->at;
		*n_tokens = pp->count(pp->ctx, u->text + u->at, k);
		if (*n_tokens <= pp->max_tokens && k <= unit_bytes_max(u))
			return end;
		if (one_word)
			enter_word(u, end, *n_tokens);
	}
	size_t k = word_part(u);
	*n_tokens = pp->count(pp->ctx, u->text + u->at, k);
	return u->at + k;
}

/* The unit that starts at u->at: its end, break and tokens. */
static size_t next_unit(struct units *u, struct unit *out)
{
	const struct passages_params *pp = u->pp;
	out->hard = u->word_end;
	out->brk = BRK_WORD;
	if (u->long_end)
		return next_piece(u, &out->n_tokens);
	size_t end;
	if (u->at_line_start) {
		end = start_line(u, out);
	} else {
		out->brk = BRK_SENTENCE;
		end = sentence_end(u->text, u->at, u->line_end, &u->after_sentence);
	}
	u->at_line_start = false;
	if (end - u->at <= unit_bytes_max(u)) {
		out->n_tokens = pp->count(pp->ctx, u->text + u->at, end - u->at);
		if (out->n_tokens <= pp->max_tokens)
			return end;
	}
	u->long_end = end;
	return next_piece(u, &out->n_tokens);
}

bool units_next(struct units *u, struct unit *out)
{
	/* A run of blank lines longer than a unit may be belongs to no unit. */
	if (u->blank_on)
		u->at = blank_end(u->text, u->n, u->at, u->n);
	u->blank_on = false;
	if (u->at >= u->n)
		return false;
	*out = (struct unit){.off = u->at};
	out->glued = u->at && !is_space(u->text[u->at - 1]);
	size_t end = next_unit(u, out);
	if (end == u->word_end)
		u->word_end = 0;
	if (end == u->long_end)
		u->long_end = 0;
	if (end == u->line_end) {
		size_t most = u->pp->max_bytes / 4;
		size_t b = blank_end(u->text, u->n, end, most);
		u->blank_on = most < u->n - end && is_space(u->text[end + most - 1]);
		u->blank_before = b > end;
		u->at_line_start = true;
		end = b;
	}
	out->len = end - out->off;
	u->at = end;
	return true;
}
