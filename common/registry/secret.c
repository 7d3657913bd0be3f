#include "registry/secret.h"

#include <stdlib.h>
#include <string.h>

/* No compiler leaves out a store to a volatile, as it may a memset before free. */
void
secret_wipe(char *text, size_t len)
{
	volatile char *p = text;

	while (len-- > 0)
		*p++ = '\0';
}

void
secret_free(char *text)
{
	if (text != NULL)
		secret_wipe(text, strlen(text));
	free(text);
}
