/* swap-loop A B N: exchange two names N times: races of a directory with a link. */
#define _GNU_SOURCE	/* renameat2 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	long n = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	if (n <= 0) {
		fprintf(stderr, "usage: swap-loop A B N\n");
		return 2;
	}
	for (long i = 0; i < n; i++) {
		if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE)) {
			perror("swap-loop");
			return 1;
		}
	}
	return 0;
}
