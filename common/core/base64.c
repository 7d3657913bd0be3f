#include "core/base64.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *
base64_encode(const void *buf, size_t len)
{
	const uint8_t *b = buf;
	size_t i, j, n, have;
	uint32_t group;
	char *text;

	if (len > SIZE_MAX / 2)
		return NULL;
	n = (len + 2) / 3 * 4;
	text = malloc(n + 1);
	if (text == NULL)
		return NULL;
	for (i = 0, j = 0; i < len; i += 3, j += 4) {
		have = len - i;
		group = (uint32_t)b[i] << 16;
		if (have > 1)
			group |= (uint32_t)b[i + 1] << 8;
		if (have > 2)
			group |= b[i + 2];
		text[j] = alphabet[group >> 18];
		text[j + 1] = alphabet[group >> 12 & 63];
		text[j + 2] = have > 1 ? alphabet[group >> 6 & 63] : '=';
		text[j + 3] = have > 2 ? alphabet[group & 63] : '=';
	}
	text[n] = '\0';
	return text;
}

char *
base64_decode(const char *text, size_t *len)
{
	size_t n = strlen(text), pad = 0, i, out = 0;
	uint32_t group = 0;
	const char *digit;
	char *buf;

	if (n % 4 != 0)
		return NULL;
	while (pad < 2 && n > pad && text[n - pad - 1] == '=')
		pad++;
	buf = malloc(n / 4 * 3 + 1);
	if (buf == NULL)
		return NULL;
	for (i = 0; i < n; i++) {
		digit = i >= n - pad ? alphabet : strchr(alphabet, text[i]);
		if (digit == NULL) {
			free(buf);
			return NULL;
		}
		group = group << 6 | (uint32_t)(digit - alphabet);
		if (i % 4 != 3)
			continue;
		/* Bits that no byte takes are zero, so that one content has one text. */
		if (i == n - 1 && pad > 0 && (group & ((1U << (8 * pad)) - 1)) != 0) {
			free(buf);
			return NULL;
		}
		buf[out++] = (char)(group >> 16 & 0xff);
		buf[out++] = (char)(group >> 8 & 0xff);
		buf[out++] = (char)(group & 0xff);
		group = 0;
	}
	*len = out - pad;
	buf[*len] = '\0';
	return buf;
}
