/*
 * slow-cat [BYTES]: stdin to stdout, so many bytes a millisecond (1), each with a write of its own.
 * For tests/faults: a producer or a reader that takes its time.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec nap = {0, 1000 * 1000};
	char b[4096];
	size_t step = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	ssize_t n;
	if (!step || step > sizeof b)
		return 2;
	while ((n = read(0, b, step)) > 0) {
		for (ssize_t done = 0, k; done < n; done += k)
			if ((k = write(1, b + done, (size_t)(n - done))) < 0)
				return 2;
		nanosleep(&nap, NULL);
	}
	return n < 0 ? 2 : 0;
}
