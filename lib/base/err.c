/* Errors as values; see err.h. */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static const char *prog_name = "leann";

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	if (e) {
		va_list ap;
		va_start(ap, fmt);
		e->code = code;
		vsnprintf(e->msg, sizeof e->msg, fmt, ap);
		va_end(ap);
	}
	return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	if (e) {
		va_list ap;
		va_start(ap, fmt);
		e->code = ERR_SYS;
		int n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
		va_end(ap);
		if (n >= 0 && (size_t)n < sizeof e->msg)
			snprintf(e->msg + n, sizeof e->msg - (size_t)n, ": %s",
				 strerror(saved));
	}
	errno = saved;
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	if (e) {
		char old[sizeof e->msg];
		va_list ap;
		memcpy(old, e->msg, sizeof old);
		va_start(ap, fmt);
		int n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
		va_end(ap);
		if (n >= 0 && (size_t)n < sizeof e->msg)
			snprintf(e->msg + n, sizeof e->msg - (size_t)n, ": %s", old);
	}
	return -1;
}

int err_exit(enum err_code code)
{
	switch (code) {
	case ERR_NONE: return 0;
	case ERR_TEMP: return 75;
	default: return 2;
	}
}

void err_prog_set(const char *name)
{
	const char *slash = strrchr(name, '/');
	prog_name = slash ? slash + 1 : name;
}

const char *err_prog(void)
{
	return prog_name;
}

/* One write per message, so that lines of stages sharing a terminal do not mix. */
static void say(const char *kind, const char *msg)
{
	char line[4 * sizeof((struct err *)0)->msg + 200];
	size_t n = 0;
	int k = snprintf(line, 150, "%s: %s", prog_name, kind);
	if (k > 0)
		n = (size_t)k < 150 ? (size_t)k : 149;
	/* names of files come here: a byte that is no text, or would steer the terminal, as \xNN */
	for (size_t left = strlen(msg), step, shown; left && n + 20 < sizeof line;
	     msg += step, left -= step) {
		uint32_t cp;
		step = utf8_get(msg, left, &cp);
		shown = step && !utf8_steers(cp) ? step : 0;
		memcpy(line + n, msg, shown);
		n += shown;
		step += !step;
		for (size_t i = 0; !shown && i < step; i++)
			n += (size_t)snprintf(line + n, 5, "\\x%02x", (unsigned char)msg[i]);
	}
	line[n++] = '\n';
	fwrite(line, 1, n, stderr);
	fflush(stderr);
}

void err_print(const struct err *e)
{
	say("", e->msg);
}

void err_warn(const char *fmt, ...)
{
	char msg[sizeof((struct err *)0)->msg];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	say("warning: ", msg);
}

void err_die(const struct err *e)
{
	err_print(e);
	exit(err_exit(e->code));
}

void err_usage_die(const char *fmt, ...)
{
	char msg[sizeof((struct err *)0)->msg];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	say("", msg);
	fprintf(stderr, "try '%s --help'\n", prog_name);
	exit(2);
}
