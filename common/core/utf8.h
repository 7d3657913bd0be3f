/*
 * utf8.h - is this UTF-8?
 *
 * Source:  RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the character at s, of which there are len bytes; 0: none, or len is 0. code may
 * be NULL. */
size_t utf8_character(const char *s, size_t len, uint32_t *code);

/* Is all of a NUL-terminated text well-formed? */
bool utf8_is_valid(const char *s);

#endif
