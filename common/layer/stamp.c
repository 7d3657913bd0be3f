#include "layer/stamp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"

/* A time_t of 64 bits; pax says what the eleven digits of ustar cannot. */
#define MAX_MTIME ((uint64_t)INT64_MAX)
/* The kernel's ids have 32 bits, and the last one means "none". */
#define MAX_ID ((uint64_t)UINT32_MAX - 1)

int
stamp_parse_mtime(struct stamp *s, const char *text, struct error *err)
{
	const char *name = text != NULL ? "-m" : "SOURCE_DATE_EPOCH";
	uint64_t n;

	if (text == NULL) {
		text = getenv("SOURCE_DATE_EPOCH");
		if (text == NULL || text[0] == '\0')
			text = "0";
	}
	if (!options_number(text, 0, MAX_MTIME, &n))
		return error_set(err, ERROR_USAGE, "%s: not a number of seconds since 1970: %s",
		    name, text);
	s->mtime = (int64_t)n;
	return 0;
}

int
stamp_parse_owner(struct stamp *s, const char *text, struct error *err)
{
	const char *colon = strchr(text, ':');
	char *uid = colon == NULL ? strdup(text) : strndup(text, (size_t)(colon - text));
	bool ok;

	if (uid == NULL)
		return error_memory(err);
	ok = options_number(uid, 0, MAX_ID, &s->uid) &&
	    options_number(colon == NULL ? uid : colon + 1, 0, MAX_ID, &s->gid);
	free(uid);
	return ok ?
	    0 :
	    error_set(err, ERROR_USAGE, "--owner: not UID or UID:GID, in numbers: %s", text);
}
