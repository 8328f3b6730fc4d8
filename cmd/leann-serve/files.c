/* Files linked into the program; see files.h. */
#include "files.h"

/* The file as it is, by the assembler, as in lib/base/shipped.c. */
#define TAKE_IN(name, path)                          \
	__asm__(".section .rodata\n"                 \
		".hidden " #name ", " #name "_end\n" \
		".globl " #name ", " #name "_end\n"  \
		#name ":\n"                          \
		".incbin \"" path "\"\n"             \
		#name "_end:\n"                      \
		".byte 0\n"                          \
		".text\n");                          \
	extern const char name[], name##_end[]

TAKE_IN(leann_openapi, "cmd/leann-serve/openapi.json");
TAKE_IN(leann_page, "cmd/leann-serve/page.html");

struct file_text file_openapi(void)
{
	return (struct file_text){leann_openapi, (size_t)(leann_openapi_end - leann_openapi)};
}

struct file_text file_page(void)
{
	return (struct file_text){leann_page, (size_t)(leann_page_end - leann_page)};
}
