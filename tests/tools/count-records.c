/* count-records: check a whole stream from stdin and print what it holds, one line. */
#include <stdio.h>

#include "base/fdio.h"
#include "fmt/record.h"

int main(int argc, char **argv)
{
	struct stream_in in;
	struct rec_check c;
	struct stream_rec r;
	struct rec_anchors a = {0};
	struct rec_codebook k = {0};
	struct err e;
	int more;
	(void)argc;
	prog_start(argv[0]);
	if (stream_in_open(&in, 0, "stdin", NULL, &e) || rec_check_init(&c, &in, &e))
		err_die(&e);
	while ((more = stream_in_next(&in, &r, &e)) > 0)
		if (r.tag == TAG_ANCHORS    ? rec_anchors(&c, &r, &a, &e)
		    : r.tag == TAG_CODEBOOK ? rec_codebook(&c, &r, &k, &e)
					    : rec_any(&c, &r, &e))
			err_die(&e);
	if (more < 0 || rec_check_end(&c, &e))
		err_die(&e);
	printf("%llu files %llu chunks %llu vectors; %zu anchors (%s) %llu assigned; "
	       "%zu x %zu x %zu%s %llu coded\n",
	       (unsigned long long)c.n_files, (unsigned long long)c.n_chunks,
	       (unsigned long long)c.n_vecs, a.m, a.m ? a.strategy : "none",
	       (unsigned long long)c.n_assigned, k.m, k.dsub, k.ksub, k.residual ? " residual" : "",
	       (unsigned long long)c.n_coded);
	stream_in_release(&in);
	return 0;
}
