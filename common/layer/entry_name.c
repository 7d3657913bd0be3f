#include "layer/entry_name.h"

#include <string.h>

bool
entry_name_clean(char *name)
{
	const char *from = name;
	char *to = name;
	size_t n;

	while (*from != '\0') {
		from += strspn(from, "/");
		n = strcspn(from, "/");
		if (n == 2 && from[0] == '.' && from[1] == '.')
			return false;
		if (n > 0 && !(n == 1 && from[0] == '.')) {
			if (to != name)
				*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	*to = '\0';
	return true;
}

bool
entry_name_is_whiteout(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strncmp(slash == NULL ? name : slash + 1, ".wh.", 4) == 0;
}
