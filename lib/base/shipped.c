/* Codebooks linked into the programs; see shipped.h. scripts/make-codebook makes the files. */
#include "base/shipped.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

/* The file as it is, by the assembler: every compiler reads it, for every target, in no time. */
__asm__(".section .rodata\n"
	".balign 16\n"
	".globl leann_codebook_minilm, leann_codebook_minilm_end\n"
	".hidden leann_codebook_minilm, leann_codebook_minilm_end\n"
	"leann_codebook_minilm:\n"
	".incbin \"models/all-MiniLM-L6-v2.codebook\"\n"
	"leann_codebook_minilm_end:\n"
	".byte 0\n"
	".text\n");
extern const uint8_t leann_codebook_minilm[], leann_codebook_minilm_end[];

enum { N_BOOKS = 1 };

/* Book i, whose size the linker knows; NULL behind the last. */
static const struct shipped *book(size_t i)
{
	static struct shipped books[N_BOOKS] = {
		{.model = "all-MiniLM-L6-v2",
		 .sha256 = {"cd751cd6af3f99eb91e278d3c03a995d410a4bb105fb007ec9126d8d503326f4",
			    "aa58506f3dd512f50ad445ff90eaf426780cdff01f1c0a2b23c04d64e536dacc",
			    "8cedaf901312b880c3ad336a48ea26e942c72a46f3eb6bc3d7d3717418d460b6"},
		 .p = leann_codebook_minilm}};
	if (i >= N_BOOKS)
		return NULL;
	books[i].n = (size_t)(leann_codebook_minilm_end - leann_codebook_minilm);
	return &books[i];
}

const struct shipped *shipped_for(const char *model_sha256)
{
	const struct shipped *s;
	for (size_t i = 0; (s = book(i)); i++)
		for (size_t k = 0; s->sha256[k]; k++)
			if (!strcmp(s->sha256[k], model_sha256))
				return s;
	return NULL;
}

void shipped_name(const struct shipped *s, char out[17])
{
	snprintf(out, 17, "%016llx", (unsigned long long)hash64(s->p, s->n));
}

const struct shipped *shipped_named(const char *name)
{
	const struct shipped *s;
	char have[17];
	for (size_t i = 0; (s = book(i)); i++) {
		shipped_name(s, have);
		if (!strcmp(have, name))
			return s;
	}
	return NULL;
}

const struct shipped *shipped_same(const uint8_t *p, size_t n)
{
	const struct shipped *s;
	for (size_t i = 0; (s = book(i)); i++)
		if (s->n == n && !memcmp(s->p, p, n))
			return s;
	return NULL;
}
