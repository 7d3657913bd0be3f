/*
 * json_unescape.h - the characters of a JSON string, for json.c alone
 *
 * The string was checked: what follows a backslash is there and right, and so is the UTF-8.
 */
#ifndef CORE_JSON_UNESCAPE_H
#define CORE_JSON_UNESCAPE_H

#include <stddef.h>
#include <stdint.h>

#define END_OF_STRING UINT32_MAX

struct unescape {
	const char *at;
	const char *end;
};

/* The next character; END_OF_STRING after the last. */
uint32_t unescape_next(struct unescape *u);

/* Writes code as UTF-8; returns how many bytes. */
size_t unescape_encode(char out[4], uint32_t code);

#endif
