#include "registry/credentials.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/io.h"
#include "core/json.h"
#include "core/base64.h"
#include "registry/helper.h"
#include "registry/secret.h"

/* What docker calls the registry docker.io in its files. */
#define HUB_KEY "https://index.docker.io/v1/"

/* What is looked for, and where. */
struct search {
	struct credentials *c;
	const char *registry;
	const char *repository;
	const char *file;
	bool required; /* the file must be there */
	bool bare;     /* .dockercfg: the document itself is what "auths" is elsewhere */
};

void
credentials_release(struct credentials *c)
{
	secret_free(c->username);
	secret_free(c->password);
	secret_free(c->identity_token);
	secret_free(c->registry_token);
	free(c->file);
	*c = (struct credentials){ .username = NULL };
}

static bool
is_hub(const char *host)
{
	return strcmp(host, "docker.io") == 0 || strcmp(host, "index.docker.io") == 0 ||
	    strcmp(host, "registry-1.docker.io") == 0;
}

/* The string member key of v, NULL if there is none. */
static int
get_string(char **s, struct json_value v, const char *key, struct error *err)
{
	struct json_value member = json_member(v, key);

	*s = NULL;
	if (!json_exists(member))
		return 0;
	*s = json_string(member, key, err);
	if (*s == NULL)
		return error_context(err, "%s", json_name(v));
	if (**s == '\0') {
		free(*s);
		*s = NULL;
	}
	return 0;
}

/* auth is base64 of "user:password"; a password may hold colons. */
static int
decode_auth(struct credentials *c, const char *auth, const char *where, const char *key,
    struct error *err)
{
	char *text, *colon;
	size_t len;
	int rc = -1;

	text = base64_decode(auth, &len);
	if (text == NULL)
		return error_set(err, ERROR_INPUT, "%s: %s: auth is not base64", where, key);
	/* Some programs pad with NULs. */
	while (len > 0 && text[len - 1] == '\0')
		len--;
	colon = memchr(text, ':', len);
	if (colon == NULL || colon == text || memchr(text, '\0', len) != NULL) {
		(void)error_set(err, ERROR_INPUT, "%s: %s: auth is not user:password", where, key);
		goto done;
	}
	c->username = strndup(text, (size_t)(colon - text));
	c->password = strdup(colon + 1);
	if (c->username == NULL || c->password == NULL) {
		(void)error_memory(err);
		goto done;
	}
	rc = 0;
done:
	secret_free(text);
	return rc;
}

/* An entry of "auths". *found is false for {}, docker's mark that a helper has it. */
static int
read_entry(struct credentials *c, struct json_value entry, const char *key, bool *found,
    struct error *err)
{
	char *auth = NULL;
	int rc = -1;

	if (json_type(entry) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "%s: %s: not an object", json_name(entry), key);
	if (get_string(&auth, entry, "auth", err) == -1 ||
	    get_string(&c->identity_token, entry, "identitytoken", err) == -1 ||
	    get_string(&c->registry_token, entry, "registrytoken", err) == -1)
		goto done;
	if (auth != NULL) {
		if (decode_auth(c, auth, json_name(entry), key, err) == -1)
			goto done;
	} else {
		if (get_string(&c->username, entry, "username", err) == -1 ||
		    get_string(&c->password, entry, "password", err) == -1)
			goto done;
		if (c->username == NULL || c->password == NULL) {
			secret_free(c->username);
			secret_free(c->password);
			c->username = c->password = NULL;
		}
	}
	*found = c->username != NULL || c->identity_token != NULL || c->registry_token != NULL;
	rc = 0;
done:
	secret_free(auth);
	return rc;
}

/* "https://h/v1/" means h, and "h/" too. Another key without scheme and with a path is one
 * repository's (exact). */
static bool
key_means(const char *key, const char *registry, bool bare)
{
	const char *host = key;
	char name[256];
	size_t len;

	if (strncmp(host, "https://", 8) == 0)
		host += 8;
	else if (strncmp(host, "http://", 7) == 0)
		host += 7;
	len = strcspn(host, "/");
	if (host == key && host[len] == '/' && host[len + 1] != '\0' && !bare)
		return false;
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return strcmp(name, registry) == 0 || (is_hub(name) && is_hub(registry));
}

/* containers-auth.json(5): the longest of host/a/b, host/a and host; then what means host. */
static int
search_auths(const struct search *s, struct json_value auths, bool *found, struct error *err)
{
	struct json_cursor cursor;
	struct json_value entry;
	char key[1024], *name, *slash;
	int rc;

	(void)snprintf(key, sizeof(key), "%s/%s", s->registry, s->repository);
	for (;;) {
		entry = json_member(auths, key);
		if (json_exists(entry)) {
			if (read_entry(s->c, entry, key, found, err) == -1)
				return -1;
			if (*found)
				return 0;
		}
		slash = strrchr(key, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	json_walk(&cursor, auths);
	while (json_next(&cursor) && !*found) {
		name = json_string(cursor.key, "key", err);
		if (name == NULL)
			return -1;
		rc = 0;
		if (key_means(name, s->registry, s->bare))
			rc = read_entry(s->c, cursor.value, name, found, err);
		free(name);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* credHelpers before credsStore; a helper's failure ends the search. */
static int
search_helpers(const struct search *s, struct json_value root, bool *found, struct error *err)
{
	struct json_value helpers = json_member(root, "credHelpers");
	char *name = NULL;
	int rc;

	if (json_exists(helpers) && get_string(&name, helpers, s->registry, err) == -1)
		return -1;
	if (name == NULL && get_string(&name, root, "credsStore", err) == -1)
		return -1;
	if (name == NULL)
		return 0;
	rc = helper_get(s->c, name, is_hub(s->registry) ? HUB_KEY : s->registry, found, err);
	if (rc == 0 && !*found && is_hub(s->registry))
		rc = helper_get(s->c, name, s->registry, found, err);
	if (rc == -1)
		(void)error_context(err, "%s", s->file);
	free(name);
	return rc;
}

static int
search_text(const struct search *s, const char *text, size_t len, bool *found, struct error *err)
{
	struct json_value root, auths;
	struct json *doc;
	int rc = -1;

	doc = json_parse(text, len, s->file, err);
	if (doc == NULL)
		return -1;
	root = json_root(doc);
	if (json_type(root) != JSON_OBJECT) {
		(void)error_set(err, ERROR_INPUT, "%s: not an object", s->file);
		goto done;
	}
	auths = s->bare ? root : json_member(root, "auths");
	if (json_exists(auths) && json_type(auths) != JSON_OBJECT) {
		(void)error_set(err, ERROR_INPUT, "%s: auths: not an object", s->file);
		goto done;
	}
	if (!s->bare && search_helpers(s, root, found, err) == -1)
		goto done;
	if (!*found && json_exists(auths) && search_auths(s, auths, found, err) == -1)
		goto done;
	rc = 0;
done:
	json_free(doc);
	return rc;
}

/* The whole file, NUL-terminated; a pipe will do, as in --authfile <(command). */
static char *
read_file(int fd, const char *path, size_t *len, struct error *err)
{
	struct reader_fd in;
	char *text;

	text = calloc(1, MAX_DOCUMENT + 1);
	if (text == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	if (reader_fd_init(&in, fd, path, err) == -1 ||
	    reader_fill(&in.reader, text, MAX_DOCUMENT, len, err) == -1) {
		secret_free(text);
		return NULL;
	}
	if (*len == MAX_DOCUMENT) {
		(void)error_set(err, ERROR_INPUT, "%s: not smaller than %zu bytes", path,
		    MAX_DOCUMENT);
		secret_free(text);
		return NULL;
	}
	return text;
}

static int
search_file(const struct search *s, bool *found, struct error *err)
{
	char *text = NULL;
	struct stat st;
	size_t len;
	int fd, rc = -1;

	fd = open(s->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1) {
		if ((errno == ENOENT || errno == ENOTDIR) && !s->required)
			return 0;
		return error_system(err, errno, "%s", s->file);
	}
	if (fstat(fd, &st) == -1) {
		(void)error_system(err, errno, "%s", s->file);
		goto done;
	}
	text = read_file(fd, s->file, &len, err);
	if (text == NULL)
		goto done;
	/* podman and docker take an empty file for one without logins. */
	if ((len > 0 || s->required) && search_text(s, text, len, found, err) == -1)
		goto done;
	if (*found) {
		s->c->file = strdup(s->file);
		if (s->c->file == NULL) {
			(void)error_memory(err);
			goto done;
		}
		s->c->exposed = S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
	}
	rc = 0;
done:
	secret_free(text);
	(void)close(fd);
	return rc;
}

/* XDG Base Directory Specification: an empty variable is none. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

static int
search_places(struct search *s, bool *found, struct error *err)
{
	const char *home = variable("HOME"), *docker = variable("DOCKER_CONFIG");
	const char *runtime = variable("XDG_RUNTIME_DIR"), *config = variable("XDG_CONFIG_HOME");
	char uid[32];
	const struct {
		const char *dir, *below, *file;
		bool bare;
	} places[] = {
		{ docker, "", "config.json", false },
		{ runtime != NULL ? runtime : uid, "", "containers/auth.json", false },
		{ config != NULL ? config : home, config != NULL ? "" : ".config/",
		    "containers/auth.json", false },
		{ home, "", ".docker/config.json", false },
		{ home, "", ".dockercfg", true },
	};
	size_t i, cap;
	char *path;
	int rc = 0;

	(void)snprintf(uid, sizeof(uid), "/run/containers/%ju", (uintmax_t)getuid());
	for (i = 0; i < sizeof(places) / sizeof(places[0]) && rc == 0 && !*found; i++) {
		/* DOCKER_CONFIG stands in for ~/.docker. */
		if (places[i].dir == NULL || (i == 3 && docker != NULL))
			continue;
		cap = strlen(places[i].dir) + sizeof("/.config/containers/auth.json");
		path = malloc(cap);
		if (path == NULL)
			return error_memory(err);
		/* /run/containers/UID/auth.json has its folder already. */
		(void)snprintf(path, cap, "%s/%s%s", places[i].dir, places[i].below,
		    places[i].dir == uid ? "auth.json" : places[i].file);
		s->file = path;
		s->bare = places[i].bare;
		rc = search_file(s, found, err);
		free(path);
	}
	return rc;
}

int
credentials_find(struct credentials *c, const char *authfile, const char *registry,
    const char *repository, struct error *err)
{
	struct search s = { .c = c, .registry = registry, .repository = repository };
	bool found = false;
	int rc;

	*c = (struct credentials){ .username = NULL };
	if (authfile == NULL)
		authfile = variable("REGISTRY_AUTH_FILE");
	if (authfile != NULL) {
		s.file = authfile;
		s.required = true;
		rc = search_file(&s, &found, err);
	} else {
		rc = search_places(&s, &found, err);
	}
	if (rc == -1)
		credentials_release(c);
	return rc;
}
