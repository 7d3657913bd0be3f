#include "image/config_value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/utf8.h"

/* Bytes of a bad value that a message shows. */
#define SHOWN 200

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
refuse(struct error *err, const char *what, const char *text, const char *why)
{
	return error_set(err, ERROR_USAGE, "%s: \"%.*s\": %s", what, SHOWN, text, why);
}

int
config_check_text(const char *text, const char *what, struct error *err)
{
	return utf8_is_valid(text) ? 0 : refuse(err, what, text, "not UTF-8");
}

char *
config_key(const char *text, const char *what, struct error *err)
{
	const char *equals = strchr(text, '=');
	char *key;

	if (equals == NULL || equals == text) {
		(void)refuse(err, what, text, "not name=value");
		return NULL;
	}
	if ((key = strndup(text, (size_t)(equals - text))) == NULL)
		(void)error_memory(err);
	return key;
}

/* A number without leading zero at the start of text; 0 if there is none, or it is too large. */
static unsigned int
parse_number(const char *text, unsigned int max, size_t *len)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; is_digit(text[i]); i++) {
		n = 10 * n + (unsigned int)(text[i] - '0');
		if (n > max || text[0] == '0')
			return 0;
	}
	*len = i;
	return n;
}

int
config_format_port(char buf[MAX_PORT_TEXT + 1], const char *text, const char *what,
    struct error *err)
{
	static const char *const protocols[] = { "/tcp", "/udp", "/sctp" };
	unsigned int port;
	size_t len = 0, i;

	port = parse_number(text, 65535, &len);
	for (i = 0; port > 0 && i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (text[len] == '\0' || strcmp(text + len, protocols[i]) == 0) {
			(void)snprintf(buf, MAX_PORT_TEXT + 1, "%u%s", port, protocols[i]);
			return 0;
		}
	}
	return refuse(err, what, text, "not a port from 1 to 65535, or port/tcp, port/udp");
}

int
config_check_user(const char *text, const char *what, struct error *err)
{
	const char *colon = strchr(text, ':');
	size_t i;

	if (text[0] == '\0' || colon == text)
		return refuse(err, what, text, "an empty user");
	if (colon != NULL && (colon[1] == '\0' || strchr(colon + 1, ':') != NULL))
		return refuse(err, what, text, "not user:group");
	for (i = 0; text[i] != '\0'; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return refuse(err, what, text, "a user name has no such characters");
	return 0;
}

int
config_check_signal(const char *text, const char *what, struct error *err)
{
	static const char digits[] = "0123456789";
	size_t len = 0, letters, after;

	if (parse_number(text, 64, &len) > 0 && text[len] == '\0')
		return 0;
	letters = strncmp(text, "SIG", 3) == 0 ? strspn(text + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") : 0;
	after = letters > 0 ? 3 + letters : 0;
	if (strncmp(text, "SIGRTMIN+", 9) == 0 || strncmp(text, "SIGRTMAX-", 9) == 0)
		after = strspn(text + 9, digits) > 0 ? 9 : 0;
	len = strspn(text + after, digits); /* of SIGUSR1 too */
	if (after == 0 || len > 2 || text[after + len] != '\0')
		return refuse(err, what, text, "not a signal such as SIGTERM");
	return 0;
}

static bool
is_leap(unsigned int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned int
days_in_month(unsigned int year, unsigned int month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29U : days[month - 1];
}

/* n digits at *text, as a number from min to max; *text moves behind them and the byte after. */
static bool
take(const char **text, size_t n, char after, unsigned int min, unsigned int max,
    unsigned int *value)
{
	size_t i;

	*value = 0;
	for (i = 0; i < n; i++) {
		if (!is_digit((*text)[i]))
			return false;
		*value = 10 * *value + (unsigned int)((*text)[i] - '0');
	}
	if (*value < min || *value > max || (after != '\0' && (*text)[n] != after))
		return false;
	*text += n + (after != '\0');
	return true;
}

/* RFC 3339, 5.6, as Go's readers take it: upper-case T and Z, no leap second. */
static bool
is_rfc3339(const char *text)
{
	unsigned int year, month, day, ignored;
	size_t digits;

	if (!take(&text, 4, '-', 0, 9999, &year) || !take(&text, 2, '-', 1, 12, &month) ||
	    !take(&text, 2, 'T', 1, days_in_month(year, month), &day) ||
	    !take(&text, 2, ':', 0, 23, &ignored) || !take(&text, 2, ':', 0, 59, &ignored) ||
	    !take(&text, 2, '\0', 0, 59, &ignored))
		return false;
	if (text[0] == '.') {
		digits = strspn(text + 1, "0123456789");
		if (digits < 1 || digits > 9)
			return false;
		text += 1 + digits;
	}
	if (text[0] == 'Z')
		return text[1] == '\0';
	if (text[0] != '+' && text[0] != '-')
		return false;
	text++;
	return take(&text, 2, ':', 0, 23, &ignored) && take(&text, 2, '\0', 0, 59, &ignored) &&
	    text[0] == '\0';
}

static bool
parse_seconds(const char *text, uint64_t *seconds)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; is_digit(text[i]); i++) {
		n = 10 * n + (uint64_t)(text[i] - '0');
		if (n > MAX_TIME_SECONDS)
			return false;
	}
	*seconds = n;
	return i > 0 && text[i] == '\0';
}

static void
format_seconds(char buf[MAX_TIME_TEXT + 1], uint64_t seconds)
{
	unsigned int year = 1970, month = 1, in_day = (unsigned int)(seconds % 86400);
	uint64_t days = seconds / 86400;

	/* At most 8029 rounds; no table or formula to get wrong. */
	for (; days >= 365U + is_leap(year); year++)
		days -= 365U + is_leap(year);
	for (; days >= days_in_month(year, month); month++)
		days -= days_in_month(year, month);
	(void)snprintf(buf, MAX_TIME_TEXT + 1, "%04u-%02u-%02uT%02u:%02u:%02uZ", year % 10000,
	    month % 100, (unsigned int)(days + 1) % 100, in_day / 3600 % 100, in_day / 60 % 60,
	    in_day % 60);
}

int
config_check_path(const char *text, const char *what, struct error *err)
{
	return text[0] == '/' ? 0 : refuse(err, what, text, "not an absolute path");
}

int
config_check_time(const char *text, const char *what, struct error *err)
{
	return is_rfc3339(text) ?
	    0 :
	    refuse(err, what, text, "not a time such as 1970-01-01T00:00:00Z");
}

int
config_format_time(char buf[MAX_TIME_TEXT + 1], const char *text, const char *what,
    struct error *err)
{
	uint64_t seconds;

	if (is_rfc3339(text)) {
		/* At most 35 bytes: the fraction has nine digits at most. */
		memcpy(buf, text, strlen(text) + 1);
		return 0;
	}
	if (!parse_seconds(text, &seconds))
		return refuse(err, what, text,
		    "neither a time such as 1970-01-01T00:00:00Z "
		    "nor seconds since 1970, up to the year 9999");
	format_seconds(buf, seconds);
	return 0;
}
