#include "registry/refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"

/* Ours: a line or two on a terminal, whatever a registry has to say. */
#define MAX_SAID ((size_t)300)
/* Ours: room for what to do about it. */
#define MAX_ADVICE ((size_t)200)
/* "Wed, 21 Oct 2015 07:28:00 GMT", and the older forms, which are a little longer. */
#define MAX_DATE ((size_t)40)

/* What the registry says of an error, escaped: its code and message, or the body as it is. */
static void
read_error(const struct http_response *rs, char *said, size_t cap, char *code, size_t code_cap)
{
	struct json_value first = { .token = -1 }, member;
	struct json_cursor cursor;
	struct error ignored;
	struct json *doc;
	char *message = NULL, *word = NULL, text[2 * MAX_SAID];

	code[0] = '\0';
	doc = json_parse(rs->body, rs->body_len, "error", &ignored);
	if (doc != NULL) {
		member = json_member(json_root(doc), "errors");
		json_walk(&cursor, member);
		if (json_exists(member) && json_type(member) == JSON_ARRAY && json_next(&cursor))
			first = cursor.value;
	}
	if (json_exists(first)) {
		if (json_exists(json_member(first, "code")))
			word = json_string(json_member(first, "code"), "code", &ignored);
		if (json_exists(json_member(first, "message")))
			message = json_string(json_member(first, "message"), "message", &ignored);
	}
	if (word != NULL)
		(void)snprintf(code, code_cap, "%s", word);
	if (word != NULL || message != NULL)
		(void)snprintf(text, sizeof(text), "%s%s%s", word != NULL ? word : "",
		    word != NULL && message != NULL ? ": " : "", message != NULL ? message : "");
	else
		(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(rs->body, "\r\n"),
		    rs->body);
	free(word);
	free(message);
	json_free(doc);
	(void)error_escape(said, cap, text, strlen(text));
}

/* Which failure it is decides the exit status. */
static enum error_kind
judge(int status, const char *code)
{
	static const char *const missing[] = { "NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN",
		"MANIFEST_BLOB_UNKNOWN" };
	size_t i;

	if (status == 401 || status == 403 || status == 407)
		return ERROR_DENIED;
	for (i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		if (status >= 400 && strcmp(code, missing[i]) == 0)
			return ERROR_NOTFOUND;
	return status == 404 && strncmp(code, "BLOB_UPLOAD", 11) != 0 ? ERROR_NOTFOUND :
									ERROR_REGISTRY;
}

/* Seconds or a date: of a date we know too little of clocks to say how long that is. */
static void
advise_later(const char *after, char *advice, size_t cap)
{
	static const char digits[] = "0123456789";
	size_t len = after != NULL ? strlen(after) : 0;

	if (len > 0 && len <= 8 && strspn(after, digits) == len)
		(void)snprintf(advice, cap, "; try again in %s second%s", after,
		    strcmp(after, "1") == 0 ? "" : "s");
	else if (len > 0 && len <= MAX_DATE && strchr(digits, after[0]) == NULL &&
	    strspn(after, "0123456789 ,:+-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
		len)
		(void)snprintf(advice, cap, "; try again after %s", after);
	else
		(void)snprintf(advice, cap, "; try again later");
}

static void
advise(const struct refusal *r, char *advice, size_t cap)
{
	advice[0] = '\0';
	switch (r->answer->status) {
	case 401:
	case 403:
		if (r->file != NULL)
			(void)snprintf(advice, cap, "; the credentials of %s do not allow it",
			    r->file);
		else
			(void)snprintf(advice, cap, "; a login may be needed, there was none");
		break;
	case 413:
		(void)snprintf(advice, cap, "; it is larger than the registry takes");
		break;
	case 415:
		(void)snprintf(advice, cap, "; the registry may not take these media types");
		break;
	case 429:
	case 503:
		advise_later(r->retry_after, advice, cap);
		break;
	default:
		break;
	}
}

int
refusal_tell(const struct refusal *r, struct error *err)
{
	char shown[MAX_ERROR_TEXT / 2], said[MAX_SAID + 1], advice[MAX_ADVICE], code[64];
	const int status = r->answer->status;

	url_show(r->url, shown, sizeof(shown));
	read_error(r->answer, said, sizeof(said), code, sizeof(code));
	advise(r, advice, sizeof(advice));
	return error_set(err, judge(status, code), "%s: HTTP status %d%s%s%s", shown, status,
	    said[0] != '\0' ? ": " : "", said, advice);
}
