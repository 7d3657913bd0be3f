#include "core/utf8.h"

#include <string.h>

size_t
utf8_character(const char *text, size_t len, uint32_t *code)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;
	uint32_t c;
	size_t n, i;

	if (len == 0)
		return 0;
	if (s[0] < 0x80)
		n = 1;
	else if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	/* The second byte's range keeps out overlong forms, surrogates, and what is past 10ffff. */
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (len < n || (n > 1 && (s[1] < low || s[1] > high)))
		return 0;
	c = n == 1 ? s[0] : s[0] & (0xffU >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (code != NULL)
		*code = c;
	return n;
}

bool
utf8_is_valid(const char *s)
{
	size_t len = strlen(s), at, n;

	for (at = 0; at < len; at += n) {
		n = utf8_character(s + at, len - at, NULL);
		if (n == 0)
			return false;
	}
	return true;
}
