/*
 * json_check.h - is this text JSON? For json.c alone
 *
 * jsmn accepts [1,], {"a"}, [tru], [01], a second value, and stops with success at NUL; it is
 * quadratic in depth. So everything is judged here first, in one pass without recursion.
 */
#ifndef CORE_JSON_CHECK_H
#define CORE_JSON_CHECK_H

#include <stddef.h>

struct error;

/*
 * RFC 8259, UTF-8, no lone surrogates, no \u0000, no number too large for a double, within the
 * limits of json.h. *tokens is the number of values and keys, which is how jsmn counts.
 * Duplicate keys are not looked for. ERROR_INPUT.
 */
int json_check(const char *text, size_t len, const char *name, size_t *tokens, struct error *err);

#endif
