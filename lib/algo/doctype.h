/*
 * doctype: which files are documents, whose text has to be taken out of them, by name and first bytes.
 */
#ifndef LEANN_ALGO_DOCTYPE_H
#define LEANN_ALGO_DOCTYPE_H

#include <stddef.h>
#include <stdint.h>

enum doctype {
	DOCTYPE_NONE,		/* text as it is, or nothing that is known */
	DOCTYPE_HTML,
	DOCTYPE_NOTEBOOK,
	DOCTYPE_PDF,
	DOCTYPE_DOCX,
	DOCTYPE_PPTX,
	DOCTYPE_XLSX,
	DOCTYPE_ODF,		/* text, presentation or sheets */
	DOCTYPE_EPUB,
	DOCTYPE_MAIL,		/* one message */
	DOCTYPE_MBOX,
	DOCTYPE_PACKED,		/* one compressed text: its language is that of the name without .gz */
	DOCTYPE_ARCHIVE,
};

/* head: its first n bytes, 512 or all of them at least. */
enum doctype doctype_find(const char *path, size_t n_path, const uint8_t *head, size_t n);
/* Bytes of the path without the extension of a compressed text. */
size_t doctype_inner(const char *path, size_t n_path);
/* "pdf"; "" of none. */
const char *doctype_name(enum doctype t);

#endif
