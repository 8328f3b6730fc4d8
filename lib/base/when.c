/* Dates; see when.h. */
#include "base/when.h"

#include <stdio.h>
#include <string.h>

/*
 * Days since 1970 of a date of the Gregorian calendar, and back (H. Hinnant, "chrono-compatible
 * low-level date algorithms").
 */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400,
		doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, int64_t *y, int64_t *m, int64_t *d)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097, doe = days - era * 146097,
		yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365,
		doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp + (mp < 10 ? 3 : -9);
	*y = yoe + era * 400 + (*m <= 2);
}

/* n digits at *s, which moves behind them. */
static bool digits(const char **s, size_t n, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if ((*s)[i] < '0' || (*s)[i] > '9')
			return false;
		*out = *out * 10 + ((*s)[i] - '0');
	}
	*s += n;
	return true;
}

static bool next(const char **s, const char *any)
{
	if (!**s || !strchr(any, **s))
		return false;
	++*s;
	return true;
}

/* What follows "T": seconds of the day, less the offset; *span is what they are exact to. */
static bool read_time(const char **s, int64_t *t, int64_t *span)
{
	int64_t hh, mm, ss = 0, sign;
	if (!digits(s, 2, &hh) || !next(s, ":") || !digits(s, 2, &mm) || hh > 23 || mm > 59)
		return false;
	*span = 60;
	if (next(s, ":")) {
		if (!digits(s, 2, &ss) || ss > 60)
			return false;
		*span = 1;
		if (next(s, "."))
			*s += strspn(*s, "0123456789");
	}
	*t = hh * 3600 + mm * 60 + ss;
	if (**s == ' ' && strchr("+-Zz", (*s)[1]))
		++*s;
	if (next(s, "Zz") || !**s)
		return true;
	sign = **s == '-' ? 1 : -1;
	if (!next(s, "+-") || !digits(s, 2, &hh) || (next(s, ":"), !digits(s, 2, &mm)))
		return false;
	*t += sign * (hh * 3600 + mm * 60);
	return true;
}

bool when_read(const char *s, int64_t *lo, int64_t *hi)
{
	static const int8_t len[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t y, m = 1, d = 1, t = 0, span = 86400;
	if (!digits(&s, 4, &y))
		return false;
	bool has_m = next(&s, "-");
	if (has_m && (!digits(&s, 2, &m) || m < 1 || m > 12))
		return false;
	bool has_d = has_m && next(&s, "-");
	if (has_d && (!digits(&s, 2, &d) || d < 1 || d > len[m - 1]))
		return false;
	if (has_d && next(&s, "Tt ") && !read_time(&s, &t, &span))
		return false;
	if (*s)
		return false;
	*lo = days_of(y, m, d) * 86400 + t;
	*hi = has_d ? *lo + span
		    : 86400 * (has_m && m < 12 ? days_of(y, m + 1, 1) : days_of(y + 1, 1, 1));
	return true;
}

void when_show(int64_t t, char out[32])
{
	int64_t days = t / 86400 - (t % 86400 < 0), s = t - days * 86400, y, m, d;
	if (t < -(int64_t)62000000000 || t > (int64_t)253000000000) {	/* no year of four digits */
		snprintf(out, 32, "%lld", (long long)t);
		return;
	}
	date_of(days, &y, &m, &d);
	int n = snprintf(out, 32, "%04d-%02d-%02d", (int)y, (int)m, (int)d);
	if (s)
		snprintf(out + n, 32 - (size_t)n, "T%02d:%02d:%02dZ", (int)(s / 3600), (int)(s / 60 % 60),
			 (int)(s % 60));
}
