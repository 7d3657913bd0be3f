/*
 * base64.h - bytes as text and back
 *
 * Format:  RFC 4648, section 4: the standard alphabet with padding, nothing else in between, and
 *          unused bits zero.
 * Memory:  results are malloc'ed, NUL-terminated and the caller's.
 * Errors:  NULL out of memory, or from base64_decode for text that is not base64.
 */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include <stddef.h>

char *base64_encode(const void *buf, size_t len);
/* *len is set on success; the bytes may hold NULs. */
char *base64_decode(const char *text, size_t *len);

#endif
