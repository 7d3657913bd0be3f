/*
 * config_value.h - texts, from the command line above all, as the members of a config allow them
 *
 * Source:  OCI image-spec 1.1, config.md, "Properties"; RFC 3339 for times.
 * Errors:  ERROR_USAGE "what: "text": what is wrong".
 */
#ifndef IMAGE_CONFIG_VALUE_H
#define IMAGE_CONFIG_VALUE_H

#include <stdint.h>

struct error;

/* Bytes, NUL not counted: "65535/sctp". */
#define MAX_PORT_TEXT 10
/* "2026-01-01T00:00:00.123456789+01:00". Ours: nanoseconds, Go's readers keep no more. */
#define MAX_TIME_TEXT 35
/* 9999-12-31T23:59:59Z: RFC 3339 has four digits for the year. */
#define MAX_TIME_SECONDS UINT64_C(253402300799)

/* UTF-8, which is all that a JSON string can carry. what is the option or member. */
int config_check_text(const char *text, const char *what, struct error *err);
/* The part before the first "=", malloc'ed. NULL: it is missing or empty; ERROR_OTHER: out of
 * memory. */
char *config_key(const char *text, const char *what, struct error *err);
/* "80" and "80/tcp" give "80/tcp"; tcp, udp and sctp, 1 to 65535. */
int config_format_port(char buf[MAX_PORT_TEXT + 1], const char *text, const char *what,
    struct error *err);
/* user, uid, user:group, uid:gid and mixes. */
int config_check_user(const char *text, const char *what, struct error *err);
/* "SIGTERM", "SIGRTMIN+3", or a number from 1 to 64. */
int config_check_signal(const char *text, const char *what, struct error *err);
/* It begins with "/": not asked of Windows' paths, which begin with a drive. */
int config_check_path(const char *text, const char *what, struct error *err);
/* RFC 3339, a fraction of nine digits at most. */
int config_check_time(const char *text, const char *what, struct error *err);
/* RFC 3339 stays as it is; seconds since 1970 give "YYYY-MM-DDTHH:MM:SSZ", up to the year 9999. */
int config_format_time(char buf[MAX_TIME_TEXT + 1], const char *text, const char *what,
    struct error *err);

#endif
