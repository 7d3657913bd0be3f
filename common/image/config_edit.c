#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/config.h"
#include "image/config_value.h"

/* The name of our own texts that are read back as JSON. */
#define NAME "config"

/* What json_object_set wants, from what was written; w is released. */
static int
set_written(struct json_object *o, const char *key, struct json_writer *w, struct error *err)
{
	int rc = json_writer_check(w, err);

	if (rc == 0)
		rc = json_object_set(o, key, w->text, err);
	json_writer_release(w);
	return rc;
}

static int
set_object(struct json_object *o, const char *key, const struct json_object *value,
    struct error *err)
{
	struct json_writer w;

	json_writer_init(&w);
	json_object_write(value, &w);
	return set_written(o, key, &w, err);
}

/* The member key of o as an object to edit, empty where there is none. */
static int
load_object(struct json_object *to, const struct json_object *o, const char *key, struct error *err)
{
	const char *raw = json_object_get(o, key);
	struct json *doc;
	int rc;

	json_object_init(to);
	if (raw == NULL)
		return 0;
	if ((doc = json_parse(raw, strlen(raw), NAME, err)) == NULL)
		return -1;
	rc = json_object_load(to, json_root(doc), err);
	json_free(doc);
	if (rc == -1) {
		json_object_release(to);
		return error_context(err, "%s", key);
	}
	return 0;
}

static int
set_text(struct json_object *o, const char *key, const char *value, struct error *err)
{
	if (value == NULL)
		return 0;
	if (config_check_text(value, key, err) == -1)
		return -1;
	return json_object_set_string(o, key, value, err);
}

static int
edit_labels(struct json_object *execution, const struct config_edit *e, struct error *err)
{
	struct json_object labels;
	char *key;
	size_t i;
	int rc = -1;

	if (e->n_labels == 0 && !e->bundle)
		return 0;
	if (load_object(&labels, execution, "Labels", err) == -1)
		return -1;
	for (i = 0; i < e->n_labels; i++) {
		if (config_check_text(e->labels[i], "label", err) == -1 ||
		    (key = config_key(e->labels[i], "label", err)) == NULL)
			goto done;
		if (strcmp(key, CONFIG_BUNDLE_LABEL) == 0)
			rc = error_set(err, ERROR_USAGE,
			    "label: %s is reserved for bundles: use -b", key);
		else
			rc = json_object_set_string(&labels, key, e->labels[i] + strlen(key) + 1,
			    err);
		free(key);
		if (rc == -1)
			goto done;
		rc = -1;
	}
	if (e->bundle && json_object_set_string(&labels, CONFIG_BUNDLE_LABEL, "true", err) == -1)
		goto done;
	rc = set_object(execution, "Labels", &labels, err);
done:
	json_object_release(&labels);
	return rc;
}

/* The last of the new variables with the name of the entry; NULL: it is not set anew. */
static const char *
find_variable(const struct config_edit *e, const char *entry)
{
	size_t name_len = strcspn(entry, "="), i;

	for (i = e->n_env; i-- > 0;)
		if (strcspn(e->env[i], "=") == name_len && memcmp(e->env[i], entry, name_len) == 0)
			return e->env[i];
	return NULL;
}

/* Entries of the base in their places, with their new values; used[] marks what was put. */
static int
put_base_env(struct json_writer *w, struct json_value base, const struct config_edit *e, bool *used,
    struct error *err)
{
	struct json_cursor c;
	const char *now;
	char *entry;
	size_t i;

	json_walk(&c, base);
	while (json_next(&c)) {
		if ((entry = json_string(c.value, "Env", err)) == NULL)
			return -1;
		now = find_variable(e, entry);
		for (i = 0; now != NULL && e->env[i] != now; i++)
			;
		if (now == NULL || !used[i])
			json_put_string(w, now == NULL ? entry : now);
		if (now != NULL)
			used[i] = true;
		free(entry);
	}
	return 0;
}

static int
write_env(struct json_writer *w, const char *raw, const struct config_edit *e, struct error *err)
{
	struct json *base = NULL;
	bool *used;
	size_t i;
	int rc = -1;

	if ((used = calloc(e->n_env, sizeof(*used))) == NULL)
		return error_memory(err);
	if (raw != NULL && (base = json_parse(raw, strlen(raw), NAME, err)) == NULL)
		goto done;
	json_open(w, '[');
	if (base != NULL && json_type(json_root(base)) != JSON_ARRAY) {
		(void)error_set(err, ERROR_INPUT, NAME ": Env: not an array");
		goto done;
	}
	if (base != NULL && put_base_env(w, json_root(base), e, used, err) == -1)
		goto done;
	for (i = 0; i < e->n_env; i++)
		if (!used[i] && find_variable(e, e->env[i]) == e->env[i])
			json_put_string(w, e->env[i]);
	json_close(w, ']');
	rc = 0;
done:
	json_free(base);
	free(used);
	return rc;
}

static int
edit_env(struct json_object *execution, const struct config_edit *e, struct error *err)
{
	struct json_writer w;
	char *key;
	size_t i;

	if (e->n_env == 0)
		return 0;
	for (i = 0; i < e->n_env; i++) {
		if (config_check_text(e->env[i], "env", err) == -1 ||
		    (key = config_key(e->env[i], "env", err)) == NULL)
			return -1;
		free(key);
	}
	json_writer_init(&w);
	if (write_env(&w, json_object_get(execution, "Env"), e, err) == -1) {
		json_writer_release(&w);
		return -1;
	}
	return set_written(execution, "Env", &w, err);
}

/* A value that begins with a bracket: its elements, each one argument. */
static int
put_array(struct json_writer *w, const char *text, const char *what, size_t *n, struct error *err)
{
	struct json_cursor c;
	const char *raw;
	struct json *doc;
	size_t len;
	int rc = -1;

	if ((doc = json_parse(text, strlen(text), what, err)) == NULL) {
		err->kind = err->kind == ERROR_INPUT ? ERROR_USAGE : err->kind;
		return -1;
	}
	json_walk(&c, json_root(doc));
	while (json_next(&c)) {
		if (json_type(c.value) != JSON_STRING) {
			(void)error_set(err, ERROR_USAGE, "%s: not a JSON array of strings", what);
			goto done;
		}
		raw = json_raw(c.value, &len);
		json_put_raw(w, raw, len);
		(*n)++;
	}
	rc = 0;
done:
	json_free(doc);
	return rc;
}

static int
set_arguments(struct json_object *execution, const char *key, const char *const *values, size_t n,
    struct error *err)
{
	struct json_writer w;
	size_t i, count = 0;
	int rc = 0;

	if (n == 0)
		return 0;
	json_writer_init(&w);
	json_open(&w, '[');
	for (i = 0; i < n && rc == 0; i++) {
		if (values[i][0] == '[') {
			rc = put_array(&w, values[i], key, &count, err);
		} else if ((rc = config_check_text(values[i], key, err)) == 0) {
			json_put_string(&w, values[i]);
			count++;
		}
	}
	json_close(&w, ']');
	if (rc == -1 || count == 0) {
		json_writer_release(&w);
		return rc == -1 ? -1 : json_object_set(execution, key, NULL, err);
	}
	return set_written(execution, key, &w, err);
}

static int
edit_arguments(struct json_object *execution, const struct config_edit *e, struct error *err)
{
	/* The base's Cmd were arguments for the base's Entrypoint. */
	if (e->n_entrypoint > 0 && json_object_set(execution, "Cmd", NULL, err) == -1)
		return -1;
	if (set_arguments(execution, "Entrypoint", e->entrypoint, e->n_entrypoint, err) == -1)
		return -1;
	return set_arguments(execution, "Cmd", e->cmd, e->n_cmd, err);
}

static int
edit_ports(struct json_object *execution, const struct config_edit *e, struct error *err)
{
	char port[MAX_PORT_TEXT + 1];
	struct json_object ports;
	size_t i;
	int rc = -1;

	if (e->n_expose == 0)
		return 0;
	if (load_object(&ports, execution, "ExposedPorts", err) == -1)
		return -1;
	for (i = 0; i < e->n_expose; i++)
		if (config_format_port(port, e->expose[i], "expose", err) == -1 ||
		    json_object_set(&ports, port, "{}", err) == -1)
			goto done;
	rc = set_object(execution, "ExposedPorts", &ports, err);
done:
	json_object_release(&ports);
	return rc;
}

/* Absolute, as the runtime wants it; Windows' paths begin with a drive. */
static int
check_path(const struct config *c, const char *path, const char *what, struct error *err)
{
	bool windows = strcmp(c->platform.os, "windows") == 0;

	if (config_check_text(path, what, err) == -1)
		return -1;
	return windows && path[0] != '\0' ? 0 : config_check_path(path, what, err);
}

static int
edit_volumes(struct config *c, struct json_object *execution, const struct config_edit *e,
    struct error *err)
{
	struct json_object volumes;
	size_t i;
	int rc = -1;

	if (e->n_volumes == 0)
		return 0;
	if (load_object(&volumes, execution, "Volumes", err) == -1)
		return -1;
	for (i = 0; i < e->n_volumes; i++)
		if (check_path(c, e->volumes[i], "volume", err) == -1 ||
		    json_object_set(&volumes, e->volumes[i], "{}", err) == -1)
			goto done;
	rc = set_object(execution, "Volumes", &volumes, err);
done:
	json_object_release(&volumes);
	return rc;
}

static int
set_features(struct json_object *o, const struct platform *p, struct error *err)
{
	struct json_writer w;
	size_t i;

	if (p->n_os_features == 0)
		return json_object_set(o, "os.features", NULL, err);
	json_writer_init(&w);
	json_open(&w, '[');
	for (i = 0; i < p->n_os_features; i++)
		json_put_string(&w, p->os_features[i]);
	json_close(&w, ']');
	return set_written(o, "os.features", &w, err);
}

static int
set_or_drop(struct json_object *o, const char *key, const char *value, struct error *err)
{
	if (value == NULL)
		return json_object_set(o, key, NULL, err);
	return json_object_set_string(o, key, value, err);
}

static int
edit_platform(struct config *c, const struct platform *p, struct error *err)
{
	struct platform copy;

	if (p == NULL)
		return 0;
	if (platform_dup(&copy, p, err) == -1)
		return -1;
	platform_release(&c->platform);
	c->platform = copy;
	if (json_object_set_string(&c->members, "architecture", p->architecture, err) == -1 ||
	    json_object_set_string(&c->members, "os", p->os, err) == -1 ||
	    set_or_drop(&c->members, "variant", p->variant, err) == -1 ||
	    set_or_drop(&c->members, "os.version", p->os_version, err) == -1)
		return -1;
	return set_features(&c->members, p, err);
}

static int
edit_execution(struct config *c, const struct config_edit *e, struct error *err)
{
	struct json_object execution;
	int rc = -1;

	if (load_object(&execution, &c->members, "config", err) == -1)
		return -1;
	if (edit_labels(&execution, e, err) == -1 || edit_env(&execution, e, err) == -1 ||
	    edit_arguments(&execution, e, err) == -1 || edit_ports(&execution, e, err) == -1 ||
	    edit_volumes(c, &execution, e, err) == -1)
		goto done;
	if (e->user != NULL && config_check_user(e->user, "user", err) == -1)
		goto done;
	if (e->workdir != NULL && check_path(c, e->workdir, "workdir", err) == -1)
		goto done;
	if (e->stop_signal != NULL && config_check_signal(e->stop_signal, "stop-signal", err) == -1)
		goto done;
	if (set_text(&execution, "User", e->user, err) == -1 ||
	    set_text(&execution, "WorkingDir", e->workdir, err) == -1 ||
	    set_text(&execution, "StopSignal", e->stop_signal, err) == -1)
		goto done;
	/* A config without the member stays so unless something is in it now. */
	rc = 0;
	if (execution.n > 0)
		rc = set_object(&c->members, "config", &execution, err);
done:
	json_object_release(&execution);
	return rc;
}

int
config_edit(struct config *c, const struct config_edit *e, struct error *err)
{
	char created[MAX_TIME_TEXT + 1];

	if (edit_platform(c, e->platform, err) == -1 || edit_execution(c, e, err) == -1 ||
	    set_text(&c->members, "author", e->author, err) == -1)
		return -1;
	if (e->created != NULL &&
	    (config_format_time(created, e->created, "created", err) == -1 ||
		json_object_set_string(&c->members, "created", created, err) == -1))
		return -1;
	c->is_bundle = c->is_bundle || e->bundle;
	return 0;
}
