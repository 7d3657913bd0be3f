#include "bundle/contents.h"

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>

#include "core/error.h"

#define DEFINITION ".imgpkg"
#define IMAGES ".imgpkg/images.yml"

int
bundle_contents_look(const char *const *folders, struct error *err)
{
	struct stat st;
	size_t i, len;
	bool found = false;
	char *path;

	for (i = 0; !found && folders[i] != NULL; i++) {
		len = strlen(folders[i]);
		path = malloc(len + sizeof("/" IMAGES));
		if (path == NULL)
			return error_memory(err);
		memcpy(path, folders[i], len);
		memcpy(path + len, "/" IMAGES, sizeof("/" IMAGES));
		/* What cannot be looked at is for the walk to complain of. */
		found = stat(path, &st) == 0 || stat(folders[i], &st) == -1;
		free(path);
	}
	return found ?
	    0 :
	    error_set(err, ERROR_INPUT, "%s: not a bundle: " IMAGES " is not there", folders[0]);
}

void
bundle_contents_init(struct bundle_contents *b, bool wanted)
{
	*b = (struct bundle_contents){ .wanted = wanted };
}

static int
take_definition(struct bundle_contents *b, const char *shown, bool deeper, bool directory,
    struct error *err)
{
	if (b->definition != NULL || deeper || !directory)
		b->several = true;
	if (b->wanted && deeper)
		return error_set(err, ERROR_INPUT,
		    "%s: a bundle has one " DEFINITION ", directly in its folder", shown);
	if (b->wanted && !directory)
		return error_set(err, ERROR_INPUT, "%s: not a directory", shown);
	if (b->wanted && b->definition != NULL)
		return error_set(err, ERROR_INPUT, "%s, %s: two bundles in one", b->definition,
		    shown);
	if (b->definition == NULL)
		b->definition = strdup(shown);
	return b->definition == NULL ? error_memory(err) : 0;
}

int
bundle_contents_entry(struct bundle_contents *b, const char *path, const char *shown,
    bool directory, struct error *err)
{
	const char *slash = strrchr(path, '/');

	if (strcmp(path, IMAGES) == 0 && !directory)
		b->images = true;
	if (strcmp(slash == NULL ? path : slash + 1, DEFINITION) != 0)
		return 0;
	return take_definition(b, shown, slash != NULL, directory, err);
}

int
bundle_contents_judge(const struct bundle_contents *b, struct error *err)
{
	if (!b->wanted)
		return b->images && !b->several ?
		    error_set(err, ERROR_INPUT, "%s: this folder is a bundle: use -b",
			b->definition) :
		    0;
	if (b->definition == NULL)
		return error_set(err, ERROR_INPUT,
		    "not a bundle: " IMAGES " is not there, or left out");
	return b->images ?
	    0 :
	    error_set(err, ERROR_INPUT, "%s: not a bundle: it has no images.yml", b->definition);
}

void
bundle_contents_release(struct bundle_contents *b)
{
	free(b->definition);
	b->definition = NULL;
}
