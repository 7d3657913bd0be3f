#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/platform.h"

static bool
is_star(const char *s)
{
	return strcmp(s, "*") == 0;
}

static int
list_add(struct platform_list *l, const char *text, size_t len, struct error *err)
{
	struct platform *more, p;
	char *copy;
	size_t i;
	int rc;

	if ((copy = strndup(text, len)) == NULL)
		return error_memory(err);
	rc = platform_parse_pattern(&p, copy, err);
	free(copy);
	if (rc == -1)
		return -1;
	for (i = 0; i < l->n; i++) {
		if (platform_equal(&l->items[i], &p)) {
			platform_release(&p);
			return 0;
		}
	}
	if ((more = realloc(l->items, (l->n + 1) * sizeof(*more))) == NULL) {
		platform_release(&p);
		return error_memory(err);
	}
	more[l->n++] = p;
	l->items = more;
	return 0;
}

int
platform_list_parse(struct platform_list *l, const char *const *texts, size_t n, struct error *err)
{
	const char *s;
	size_t i, len;

	memset(l, 0, sizeof(*l));
	for (i = 0; i < n; i++) {
		s = texts[i];
		for (;;) {
			len = strcspn(s, ",");
			if (list_add(l, s, len, err) == -1) {
				platform_list_release(l);
				return -1;
			}
			if (s[len] == '\0')
				break;
			s += len + 1;
		}
	}
	return 0;
}

bool
platform_list_is_single(const struct platform_list *l)
{
	return l->n == 1 && !is_star(l->items[0].os) && !is_star(l->items[0].architecture);
}

void
platform_list_release(struct platform_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		platform_release(&l->items[i]);
	free(l->items);
	memset(l, 0, sizeof(*l));
}

/* "v8.2" is level 802. Two digits each: no architecture has more. */
static bool
parse_level(const char *variant, int *level)
{
	int part[2] = { 0, 0 }, digits = 0;
	size_t at = 0;

	if (*variant++ != 'v')
		return false;
	for (; *variant != '\0'; variant++) {
		if (*variant == '.' && at == 0 && digits > 0) {
			at = 1;
			digits = 0;
		} else if (*variant >= '0' && *variant <= '9' && ++digits <= 2) {
			part[at] = 10 * part[at] + (*variant - '0');
		} else {
			return false;
		}
	}
	*level = 100 * part[0] + part[1];
	return digits > 0;
}

/* What a normalised absence of a variant stands for; NULL: an architecture without levels. */
static const char *
base_variant(const char *architecture)
{
	if (strcmp(architecture, "amd64") == 0)
		return "v1";
	if (strcmp(architecture, "arm") == 0)
		return "v7";
	return strcmp(architecture, "arm64") == 0 ? "v8" : NULL;
}

/* The level that an image asks for, from 1 on; 0 if an engine of the wanted one can't run it. */
static int
match_variant(const char *architecture, const char *wanted, const char *variant)
{
	const char *base = base_variant(architecture);
	int want = 0, have = 0;

	if (base == NULL)
		return strcmp(wanted == NULL ? "" : wanted, variant == NULL ? "" : variant) == 0;
	wanted = wanted == NULL ? base : wanted;
	variant = variant == NULL ? base : variant;
	if (!parse_level(wanted, &want) || !parse_level(variant, &have))
		return strcmp(wanted, variant) == 0;
	if (have > want)
		return 0;
	/* Arm's architecture manual, A2: v9.N has all of v8.(N+5), and not of later ones. */
	if (base[1] == '8' && want / 100 == 9 && have / 100 == 8 && have % 100 > want % 100 + 5)
		return 0;
	return 1 + have;
}

static bool
has_feature(const struct platform *p, const char *feature)
{
	size_t i;

	for (i = 0; i < p->n_os_features; i++)
		if (strcmp(p->os_features[i], feature) == 0)
			return true;
	return false;
}

/* Windows: an image of a later revision, "10.0.17763.500" for "10.0.17763", will do. */
static bool
match_version(const char *wanted, const char *version)
{
	size_t len;

	if (wanted == NULL)
		return true;
	len = strlen(wanted);
	return version != NULL && strncmp(version, wanted, len) == 0 &&
	    (version[len] == '\0' || version[len] == '.');
}

int
platform_match(const struct platform *wanted, const struct platform *p)
{
	int level;
	size_t i;

	if (p->os == NULL || p->architecture == NULL)
		return 0;
	if ((is_star(wanted->os) || is_star(wanted->architecture)) && platform_is_unknown(p))
		return 0;
	if (!is_star(wanted->os) && strcmp(wanted->os, p->os) != 0)
		return 0;
	if (!match_version(wanted->os_version, p->os_version))
		return 0;
	for (i = 0; i < wanted->n_os_features; i++)
		if (!has_feature(p, wanted->os_features[i]))
			return 0;
	if (is_star(wanted->architecture))
		return 1;
	if (strcmp(wanted->architecture, p->architecture) != 0)
		return 0;
	level = match_variant(p->architecture, wanted->variant, p->variant);
	if (level == 0)
		return 0;
	return 2 * level +
	    (wanted->os_version != NULL && strcmp(wanted->os_version, p->os_version) == 0);
}
