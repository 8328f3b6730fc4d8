/*
 * document: numbers of the stream that leann-extract(1) writes, one document; frames and END are those
 * of leann-stream(5).
 */
#ifndef LEANN_FMT_DOCUMENT_H
#define LEANN_FMT_DOCUMENT_H

#define DOCUMENT_MAGIC "leann-document"

enum {
	DOCUMENT_MAJOR = 1,
	DOCUMENT_PART = 1,		/* [1, kind] */
	DOCUMENT_TEXT = 2,		/* [2, str] */
	DOCUMENT_META = 3,		/* [3, key, str or integer] */
	DOCUMENT_META_MAX = 1024,	/* bytes of a value */
};

#endif
