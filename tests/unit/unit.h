/*
 * unit: TAP for C tests.
 *
 *	int main(void) { ok(1 + 1 == 2, "sums are right"); return done(); }
 *
 * Test names are sentences. skip("why") counts as a passed test and says why.
 */
#ifndef LEANN_TESTS_UNIT_H
#define LEANN_TESTS_UNIT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int unit_n, unit_bad;

__attribute__((format(printf, 2, 3), unused))
static bool ok(bool good, const char *fmt, ...)
{
	va_list ap;
	unit_n++;
	unit_bad += !good;
	printf("%sok %d - ", good ? "" : "not ", unit_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	return good;
}

__attribute__((unused))
static void skip(const char *why)
{
	printf("ok %d # skip %s\n", ++unit_n, why);
}

static int done(void)
{
	printf("1..%d\n", unit_n);
	return unit_bad != 0;
}

#endif
