#include "image/platform.h"

#include <sys/utsname.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

/* containerd/platforms, database.go: what architectures are called, and their plain variants. */
static const struct {
	const char *from, *to;
	const char *variant; /* replaces the variant; NULL: it stays */
} architectures[] = {
	{ "i386", "386", "" },
	{ "x86_64", "amd64", NULL },
	{ "x86-64", "amd64", NULL },
	{ "aarch64", "arm64", NULL },
	{ "armhf", "arm", "v7" },
	{ "armel", "arm", "v6" },
};

static const struct {
	const char *architecture, *from, *to;
} variants[] = {
	{ "amd64", "v1", "" },
	{ "arm64", "8", "" },
	{ "arm64", "v8", "" },
	{ "arm64", "v8.0", "" },
	{ "arm64", "9", "v9" },
	{ "arm64", "9.0", "v9" },
	{ "arm64", "v9.0", "v9" },
	{ "arm", "", "v7" },
	{ "arm", "7", "v7" },
	{ "arm", "5", "v5" },
	{ "arm", "6", "v6" },
	{ "arm", "8", "v8" },
};

/* uname's words where they are neither Go's nor containerd's. */
static const struct {
	const char *machine, *architecture, *variant;
} machines[] = {
	{ "i486", "386", "" },
	{ "i586", "386", "" },
	{ "i686", "386", "" },
	{ "armv5tel", "arm", "v5" },
	{ "armv5tejl", "arm", "v5" },
	{ "armv6l", "arm", "v6" },
	{ "armv7l", "arm", "v7" },
	{ "armv8l", "arm", "v8" },
	{ "loongarch64", "loong64", "" },
};

static const char *
text_of(const char *s)
{
	return s == NULL ? "" : s;
}

static bool
same(const char *a, const char *b)
{
	return strcmp(text_of(a), text_of(b)) == 0;
}

/* *s becomes a copy of what; NULL for NULL. */
static int
set(char **s, const char *what, struct error *err)
{
	char *copy = NULL;

	if (what != NULL && (copy = strdup(what)) == NULL)
		return error_memory(err);
	free(*s);
	*s = copy;
	return 0;
}

static void
drop_empty(char **s)
{
	if (*s != NULL && (*s)[0] == '\0') {
		free(*s);
		*s = NULL;
	}
}

static void
lower(char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

static int
compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
normalise(struct platform *p, struct error *err)
{
	size_t i;

	if (p->os == NULL && set(&p->os, "", err) == -1)
		return -1;
	if (p->architecture == NULL && set(&p->architecture, "", err) == -1)
		return -1;
	lower(p->os);
	lower(p->architecture);
	lower(p->variant);
	if (same(p->os, "macos") && set(&p->os, "darwin", err) == -1)
		return -1;
	for (i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++) {
		if (!same(p->architecture, architectures[i].from))
			continue;
		if (set(&p->architecture, architectures[i].to, err) == -1)
			return -1;
		if (architectures[i].variant != NULL &&
		    set(&p->variant, architectures[i].variant, err) == -1)
			return -1;
		break;
	}
	for (i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		if (!same(p->architecture, variants[i].architecture) ||
		    !same(p->variant, variants[i].from))
			continue;
		if (set(&p->variant, variants[i].to, err) == -1)
			return -1;
		break;
	}
	drop_empty(&p->variant);
	drop_empty(&p->os_version);
	if (p->n_os_features > 1)
		qsort(p->os_features, p->n_os_features, sizeof(p->os_features[0]), compare_strings);
	return 0;
}

static int
check_length(const struct platform *p, enum error_kind kind, struct error *err)
{
	size_t len, i;

	len = strlen(text_of(p->os)) + strlen(text_of(p->architecture)) +
	    strlen(text_of(p->variant)) + strlen(text_of(p->os_version)) + strlen("()//");
	for (i = 0; i < p->n_os_features; i++)
		len += 1 + strlen(p->os_features[i]);
	if (len > MAX_PLATFORM_TEXT)
		return error_set(err, kind, "a platform is longer than %d bytes",
		    MAX_PLATFORM_TEXT);
	return 0;
}

static int
add_feature(struct platform *p, char *feature, struct error *err)
{
	char **more;

	more = realloc(p->os_features, (p->n_os_features + 1) * sizeof(*more));
	if (more == NULL) {
		free(feature);
		return error_memory(err);
	}
	more[p->n_os_features++] = feature;
	p->os_features = more;
	return 0;
}

static int
parse_features(struct platform *p, struct json_value v, struct error *err)
{
	struct json_cursor c;
	char *feature;

	if (!json_exists(v))
		return 0;
	if (json_type(v) != JSON_ARRAY)
		return error_set(err, ERROR_INPUT, "os.features: not an array");
	if (json_count(v) > MAX_OS_FEATURES)
		return error_set(err, ERROR_INPUT, "os.features: more than %d", MAX_OS_FEATURES);
	json_walk(&c, v);
	while (json_next(&c)) {
		if (json_type(c.value) != JSON_STRING)
			return error_set(err, ERROR_INPUT, "os.features: not an array of strings");
		feature = json_string(c.value, "os.features", err);
		if (feature == NULL || add_feature(p, feature, err) == -1)
			return -1;
	}
	return 0;
}

static int
parse_member(char **s, struct json_value object, const char *key, struct error *err)
{
	struct json_value v = json_member(object, key);

	if (!json_exists(v))
		return 0;
	if (json_type(v) != JSON_STRING)
		return error_set(err, ERROR_INPUT, "%s: not a string", key);
	*s = json_string(v, key, err);
	return *s == NULL ? -1 : 0;
}

int
platform_parse(struct platform *p, struct json_value v, struct error *err)
{
	memset(p, 0, sizeof(*p));
	if (json_exists(v) && json_type(v) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "not an object");
	if (parse_member(&p->os, v, "os", err) == -1 ||
	    parse_member(&p->architecture, v, "architecture", err) == -1 ||
	    parse_member(&p->variant, v, "variant", err) == -1 ||
	    parse_member(&p->os_version, v, "os.version", err) == -1 ||
	    parse_features(p, json_member(v, "os.features"), err) == -1 ||
	    normalise(p, err) == -1 || check_length(p, ERROR_INPUT, err) == -1) {
		platform_release(p);
		return -1;
	}
	return 0;
}

static bool
is_word(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
			(s[i] >= '0' && s[i] <= '9') || s[i] == '_' || s[i] == '-' || s[i] == '.'))
			return false;
	return len > 0;
}

static int
check_word(const char *s, const char *what, struct error *err)
{
	if (s == NULL || s[0] == '\0' || is_word(s, strlen(s)))
		return 0;
	return error_set(err, ERROR_USAGE, "%s: \"%s\": not a word of letters, digits, _ - .", what,
	    s);
}

int
platform_check(const struct platform *p, struct error *err)
{
	size_t i;

	if (check_word(p->os, "os", err) == -1 ||
	    check_word(p->architecture, "architecture", err) == -1 ||
	    check_word(p->variant, "variant", err) == -1 ||
	    check_word(p->os_version, "os.version", err) == -1)
		return -1;
	for (i = 0; i < p->n_os_features; i++)
		if (check_word(p->os_features[i], "os.features", err) == -1)
			return -1;
	return 0;
}

/* "10.0.17763+win32k": what stands in parentheses behind the os. */
static int
parse_version(struct platform *p, const char *s, size_t len, struct error *err)
{
	size_t start = 0, i;
	char *word;

	for (i = 0; i <= len; i++) {
		if (i < len && s[i] != '+')
			continue;
		if (i > start || start > 0) {
			if (!is_word(s + start, i - start) || p->n_os_features == MAX_OS_FEATURES)
				return error_set(err, ERROR_USAGE,
				    "what is in parentheses is no os version");
			if ((word = strndup(s + start, i - start)) == NULL)
				return error_memory(err);
			if (start == 0)
				p->os_version = word;
			else if (add_feature(p, word, err) == -1)
				return -1;
		}
		start = i + 1;
	}
	return 0;
}

/* One part of the text, with "*" if stars. */
static int
parse_word(char **to, const char *s, size_t len, bool stars, struct error *err)
{
	if (!is_word(s, len) && !(stars && len == 1 && s[0] == '*'))
		return error_set(err, ERROR_USAGE,
		    "not a platform: write os/architecture[/variant], such as linux/arm64");
	*to = strndup(s, len);
	return *to == NULL ? error_memory(err) : 0;
}

static int
parse_parts(struct platform *p, const char *text, size_t len, bool stars, struct error *err)
{
	const char *end = text + len, *slash, *open, *second;

	if ((slash = memchr(text, '/', len)) == NULL)
		return error_set(err, ERROR_USAGE,
		    "not a platform: write os/architecture[/variant], such as linux/arm64");
	open = memchr(text, '(', (size_t)(slash - text));
	if (open != NULL && slash[-1] != ')')
		return error_set(err, ERROR_USAGE, "a \"(\" without its \")\"");
	if (open != NULL && parse_version(p, open + 1, (size_t)(slash - open) - 2, err) == -1)
		return -1;
	if (parse_word(&p->os, text, (size_t)((open == NULL ? slash : open) - text), stars, err) ==
	    -1)
		return -1;
	slash++;
	second = memchr(slash, '/', (size_t)(end - slash));
	if (parse_word(&p->architecture, slash, (size_t)((second == NULL ? end : second) - slash),
		stars, err) == -1)
		return -1;
	if (second == NULL)
		return 0;
	if (p->architecture[0] == '*')
		return error_set(err, ERROR_USAGE, "a variant of every architecture");
	return parse_word(&p->variant, second + 1, (size_t)(end - second) - 1, false, err);
}

static int
parse_text(struct platform *p, const char *text, size_t len, bool stars, struct error *err)
{
	memset(p, 0, sizeof(*p));
	if (len == 5 && memcmp(text, "local", 5) == 0)
		return platform_local(p, err);
	if (parse_parts(p, text, len, stars, err) == -1 || normalise(p, err) == -1 ||
	    check_length(p, ERROR_USAGE, err) == -1) {
		platform_release(p);
		return error_context(err, "%.*s", (int)(len < 200 ? len : 200), text);
	}
	return 0;
}

int
platform_parse_text(struct platform *p, const char *text, struct error *err)
{
	return parse_text(p, text, strlen(text), false, err);
}

int
platform_parse_pattern(struct platform *p, const char *text, struct error *err)
{
	return parse_text(p, text, strlen(text), true, err);
}

int
platform_dup(struct platform *to, const struct platform *from, struct error *err)
{
	char *feature;
	size_t i;

	memset(to, 0, sizeof(*to));
	if (set(&to->os, from->os, err) == -1 ||
	    set(&to->architecture, from->architecture, err) == -1 ||
	    set(&to->variant, from->variant, err) == -1 ||
	    set(&to->os_version, from->os_version, err) == -1)
		goto failed;
	for (i = 0; i < from->n_os_features; i++) {
		if ((feature = strdup(from->os_features[i])) == NULL) {
			(void)error_memory(err);
			goto failed;
		}
		if (add_feature(to, feature, err) == -1)
			goto failed;
	}
	return 0;
failed:
	platform_release(to);
	return -1;
}

int
platform_local(struct platform *p, struct error *err)
{
	struct utsname u;
	const char *architecture, *variant = NULL;
	size_t i;

	memset(p, 0, sizeof(*p));
	if (uname(&u) == -1)
		return error_set(err, ERROR_OTHER, "this machine's architecture is unknown");
	architecture = u.machine;
	for (i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (strcmp(u.machine, machines[i].machine) != 0)
			continue;
		architecture = machines[i].architecture;
		variant = machines[i].variant;
		break;
	}
	if (set(&p->os, "linux", err) == -1 || set(&p->architecture, architecture, err) == -1 ||
	    set(&p->variant, variant, err) == -1 || normalise(p, err) == -1) {
		platform_release(p);
		return -1;
	}
	return 0;
}

bool
platform_equal(const struct platform *a, const struct platform *b)
{
	size_t i;

	if (!same(a->os, b->os) || !same(a->architecture, b->architecture) ||
	    !same(a->variant, b->variant) || !same(a->os_version, b->os_version) ||
	    a->n_os_features != b->n_os_features)
		return false;
	for (i = 0; i < a->n_os_features; i++)
		if (strcmp(a->os_features[i], b->os_features[i]) != 0)
			return false;
	return true;
}

int
platform_compare(const struct platform *a, const struct platform *b)
{
	char left[MAX_PLATFORM_TEXT + 1], right[MAX_PLATFORM_TEXT + 1];

	platform_format(a, left, sizeof(left));
	platform_format(b, right, sizeof(right));
	return strcmp(left, right);
}

bool
platform_is_unknown(const struct platform *p)
{
	return same(p->os, "unknown") && same(p->architecture, "unknown");
}

static void
append(char *buf, size_t cap, const char *s)
{
	size_t len = strlen(buf);

	(void)snprintf(buf + len, cap - len, "%s", s);
}

void
platform_format(const struct platform *p, char *buf, size_t cap)
{
	size_t i;

	(void)snprintf(buf, cap, "%s", text_of(p->os));
	if (p->os_version != NULL || p->n_os_features > 0) {
		append(buf, cap, "(");
		append(buf, cap, text_of(p->os_version));
		for (i = 0; i < p->n_os_features; i++) {
			append(buf, cap, "+");
			append(buf, cap, p->os_features[i]);
		}
		append(buf, cap, ")");
	}
	append(buf, cap, "/");
	append(buf, cap, text_of(p->architecture));
	if (p->variant != NULL) {
		append(buf, cap, "/");
		append(buf, cap, p->variant);
	}
}

void
platform_write(const struct platform *p, struct json_writer *w)
{
	size_t i;

	json_open(w, '{');
	json_key(w, "architecture");
	json_put_string(w, text_of(p->architecture));
	json_key(w, "os");
	json_put_string(w, text_of(p->os));
	if (p->n_os_features > 0) {
		json_key(w, "os.features");
		json_open(w, '[');
		for (i = 0; i < p->n_os_features; i++)
			json_put_string(w, p->os_features[i]);
		json_close(w, ']');
	}
	if (p->os_version != NULL) {
		json_key(w, "os.version");
		json_put_string(w, p->os_version);
	}
	if (p->variant != NULL) {
		json_key(w, "variant");
		json_put_string(w, p->variant);
	}
	json_close(w, '}');
}

void
platform_release(struct platform *p)
{
	size_t i;

	free(p->os);
	free(p->architecture);
	free(p->variant);
	free(p->os_version);
	for (i = 0; i < p->n_os_features; i++)
		free(p->os_features[i]);
	free(p->os_features);
	memset(p, 0, sizeof(*p));
}
