#include "core/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/utf8.h"

int
error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	va_list ap;

	err->kind = kind;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

int
error_system(struct error *err, int errnum, const char *fmt, ...)
{
	char what[MAX_ERROR_TEXT / 2];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return error_set(err, ERROR_IO, "%s: %s", what, strerror(errnum));
}

int
error_memory(struct error *err)
{
	return error_set(err, ERROR_OTHER, "out of memory");
}

int
error_context(struct error *err, const char *fmt, ...)
{
	char old[MAX_ERROR_TEXT];
	char prefix[MAX_ERROR_TEXT / 2];
	va_list ap;

	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	(void)snprintf(err->text, sizeof(err->text), "%s: %.*s", prefix,
	    (int)(sizeof(err->text) - sizeof(prefix) - 3), old);
	return -1;
}

/* Line separators and bidirectional controls can make a line read as another one. */
static bool
printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	return !(c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069));
}

size_t
error_escape(char *dst, size_t cap, const char *src, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)src;
	size_t used = 0, i = 0, n, k;
	uint32_t code;

	while (i < len) {
		code = 0;
		n = utf8_character(src + i, len - i, &code);
		if (n > 0 && printable(code)) {
			if (used + n >= cap)
				break;
			memcpy(dst + used, src + i, n);
			used += n;
			i += n;
			continue;
		}
		n = n == 0 ? 1 : n;
		if (used + 4 * n >= cap)
			break;
		for (k = 0; k < n; k++) {
			dst[used++] = '\\';
			dst[used++] = 'x';
			dst[used++] = hex[s[i + k] >> 4];
			dst[used++] = hex[s[i + k] & 15];
		}
		i += n;
	}
	dst[used] = '\0';
	return used;
}

int
error_report(const struct error *err, const char *prog, FILE *stream)
{
	char line[4 * MAX_ERROR_TEXT + 1];

	if (err->kind == ERROR_NONE || err->text[0] == '\0')
		return (int)err->kind;
	(void)error_escape(line, sizeof(line), err->text, strlen(err->text));
	(void)fprintf(stream, "%s: %s\n", prog, line);
	return (int)err->kind;
}
