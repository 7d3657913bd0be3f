/* What a registry may put into WWW-Authenticate and Location: challenges, and links. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "registry/challenge.h"
#include "registry/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct url base, link, again;
	struct challenge c;
	struct error err;
	const char *p;
	char *text;

	text = malloc(len + 1);
	if (text == NULL)
		return 0;
	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	for (p = text; challenge_next(&c, &p);) {
		/* It goes on, or it would go on forever. */
		if (p <= text || p > text + strlen(text))
			abort();
		challenge_release(&c);
	}
	if (url_parse(&base, "https://h/v2/a/b?c", &err) == 0) {
		if (url_resolve(&link, &base, text, &err) == 0) {
			if (link.path > link.query || link.query > strlen(link.text))
				abort();
			/* What was made of a link is an address as it stands. */
			if (url_parse(&again, link.text, &err) == -1 ||
			    !url_same_origin(&link, &again) || strcmp(link.text, again.text) != 0)
				abort();
			url_release(&again);
			url_release(&link);
		}
		url_release(&base);
	}
	free(text);
	return 0;
}
