#include "image/config.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/manifest.h"

/* Umoci and podman want a created that parses; this one is the same everywhere. */
#define EPOCH "1970-01-01T00:00:00Z"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int
check_object(struct json_value v, const char *what, struct error *err)
{
	if (json_exists(v) && json_type(v) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "%s: %s: not an object", json_name(v), what);
	return 0;
}

static int
add_diffid(struct config *c, const struct digest *diffid, struct error *err)
{
	struct digest *more;

	if (c->n_diffids == MAX_LAYERS)
		return error_set(err, ERROR_INPUT, "an image of more than %zu layers", MAX_LAYERS);
	more = realloc(c->diffids, (c->n_diffids + 1) * sizeof(*more));
	if (more == NULL)
		return error_memory(err);
	more[c->n_diffids++] = *diffid;
	c->diffids = more;
	return 0;
}

static int
parse_diffids(struct config *c, struct json_value v, struct error *err)
{
	struct json_cursor cursor;
	struct digest diffid;
	char *text;
	int rc;

	if (json_exists(v) && json_type(v) != JSON_ARRAY)
		return error_set(err, ERROR_INPUT, "%s: rootfs.diff_ids: not an array",
		    json_name(v));
	json_walk(&cursor, v);
	while (json_next(&cursor)) {
		if ((text = json_string(cursor.value, "rootfs.diff_ids", err)) == NULL)
			return -1;
		rc = digest_parse(&diffid, text, strlen(text), err);
		free(text);
		if (rc == -1)
			return error_context(err, "%s: rootfs.diff_ids[%zu]", json_name(v),
			    c->n_diffids);
		if (add_diffid(c, &diffid, err) == -1)
			return error_context(err, "%s", json_name(v));
	}
	return 0;
}

static int
parse_rootfs(struct config *c, struct json_value v, struct error *err)
{
	static const char *const known[] = { "type", "diff_ids" };

	if (!json_exists(v))
		return 0;
	if (check_object(v, "rootfs", err) == -1 ||
	    json_check_case(v, known, COUNT(known), err) == -1)
		return -1;
	if (!json_exists(json_member(v, "type")) || !json_equals(json_member(v, "type"), "layers"))
		return error_set(err, ERROR_INPUT, "%s: rootfs.type: not \"layers\"", json_name(v));
	return parse_diffids(c, json_member(v, "diff_ids"), err);
}

/* history is kept as it is; only how many of its entries have a layer is asked. */
static int
parse_history(struct config *c, struct json_value v, struct error *err)
{
	struct json_cursor cursor;
	struct json_value empty;
	const char *raw;
	size_t len;

	if (!json_exists(v))
		return 0;
	if (json_type(v) != JSON_ARRAY)
		return error_set(err, ERROR_INPUT, "%s: history: not an array", json_name(v));
	json_walk(&cursor, v);
	while (json_next(&cursor)) {
		if (json_type(cursor.value) != JSON_OBJECT)
			return error_set(err, ERROR_INPUT, "%s: history: not an array of objects",
			    json_name(v));
		empty = json_member(cursor.value, "empty_layer");
		if (!json_exists(empty)) {
			c->n_history++;
			continue;
		}
		if (json_type(empty) != JSON_BOOLEAN)
			return error_set(err, ERROR_INPUT,
			    "%s: history: empty_layer: neither true nor false", json_name(v));
		raw = json_raw(empty, &len);
		if (raw[0] == 'f')
			c->n_history++;
	}
	return 0;
}

/* The member config: what is run. Its labels are all that is read of it. */
static int
parse_execution(struct config *c, struct json_value v, struct error *err)
{
	static const char *const known[] = { "User", "ExposedPorts", "Env", "Entrypoint", "Cmd",
		"Volumes", "WorkingDir", "Labels", "StopSignal" };
	struct json_value labels = json_member(v, "Labels");
	struct json_cursor cursor;

	if (check_object(v, "config", err) == -1 ||
	    json_check_case(v, known, COUNT(known), err) == -1 ||
	    check_object(labels, "config.Labels", err) == -1)
		return -1;
	/* imgpkg asks for the key alone: a null is a label to it. */
	json_walk(&cursor, labels);
	while (json_next(&cursor))
		if (json_equals(cursor.key, CONFIG_BUNDLE_LABEL))
			c->is_bundle = true;
	return 0;
}

int
config_parse(struct config *c, const struct json *doc, struct error *err)
{
	static const char *const known[] = { "created", "author", "architecture", "os",
		"os.version", "os.features", "variant", "config", "rootfs", "history" };
	struct json_value root = json_root(doc);

	memset(c, 0, sizeof(*c));
	json_object_init(&c->members);
	if (json_type(root) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "%s: not an object", json_name(root));
	if (json_check_case(root, known, COUNT(known), err) == -1)
		return -1;
	if (platform_parse(&c->platform, root, err) == -1) {
		(void)error_context(err, "%s", json_name(root));
		goto failed;
	}
	if (parse_rootfs(c, json_member(root, "rootfs"), err) == -1 ||
	    parse_history(c, json_member(root, "history"), err) == -1 ||
	    parse_execution(c, json_member(root, "config"), err) == -1 ||
	    json_object_load(&c->members, root, err) == -1)
		goto failed;
	return 0;
failed:
	config_release(c);
	return -1;
}

int
config_init(struct config *c, struct error *err)
{
	static const char empty[] =
	    "{\"architecture\":\"\",\"config\":{},\"created\":\"" EPOCH
	    "\",\"os\":\"\",\"rootfs\":{\"diff_ids\":[],\"type\":\"layers\"}}";
	struct json *doc;
	int rc;

	if ((doc = json_parse(empty, sizeof(empty) - 1, "config", err)) == NULL)
		return -1;
	rc = config_parse(c, doc, err);
	json_free(doc);
	return rc;
}

void
config_release(struct config *c)
{
	platform_release(&c->platform);
	free(c->diffids);
	json_object_release(&c->members);
	memset(c, 0, sizeof(*c));
}

/* One more entry behind those that there are, which stay as they were written. */
static int
append_history(struct config *c, const struct json_writer *entry, struct error *err)
{
	const char *old = json_object_get(&c->members, "history");
	size_t len = old == NULL ? 0 : strlen(old) - 1; /* without the bracket */
	char *raw;
	int rc;

	while (len > 0 && strchr(" \t\r\n", old[len - 1]) != NULL)
		len--;
	if ((raw = malloc(len + entry->len + 3)) == NULL)
		return error_memory(err);
	if (len > 0)
		memcpy(raw, old, len);
	else
		raw[len++] = '[';
	if (raw[len - 1] != '[')
		raw[len++] = ',';
	memcpy(raw + len, entry->text, entry->len);
	memcpy(raw + len + entry->len, "]", 2);
	rc = json_object_set(&c->members, "history", raw, err);
	free(raw);
	return rc;
}

static int
add_history(struct config *c, const char *created_by, struct error *err)
{
	const char *created = json_object_get(&c->members, "created");
	struct json_writer w;
	int rc;

	json_writer_init(&w);
	json_open(&w, '{');
	json_key(&w, "created");
	if (created != NULL && created[0] == '"')
		json_put_raw(&w, created, strlen(created));
	else
		json_put_string(&w, EPOCH);
	json_key(&w, "created_by");
	json_put_string(&w, created_by);
	json_close(&w, '}');
	rc = json_writer_check(&w, err);
	if (rc == 0)
		rc = append_history(c, &w, err);
	json_writer_release(&w);
	return rc;
}

int
config_add_layer(struct config *c, const struct digest *diffid, const char *created_by,
    struct error *err)
{
	bool complete = c->n_history == c->n_diffids;

	if (add_diffid(c, diffid, err) == -1)
		return -1;
	if (created_by == NULL || !complete)
		return 0;
	if (add_history(c, created_by, err) == -1)
		return -1;
	c->n_history++;
	return 0;
}

int
config_drop_layers(struct config *c, struct error *err)
{
	if (json_object_set(&c->members, "history", NULL, err) == -1)
		return -1;
	c->n_diffids = 0;
	c->n_history = 0;
	return 0;
}

static void
write_rootfs(const struct config *c, struct json_writer *w)
{
	size_t i;

	json_key(w, "rootfs");
	json_open(w, '{');
	json_key(w, "diff_ids");
	json_open(w, '[');
	for (i = 0; i < c->n_diffids; i++)
		json_put_string(w, c->diffids[i].text);
	json_close(w, ']');
	json_key(w, "type");
	json_put_string(w, "layers");
	json_close(w, '}');
}

int
config_write(const struct config *c, struct json_writer *w, struct error *err)
{
	const struct json_object_member *m = c->members.members;
	size_t i = 0;

	/* Members are sorted: rootfs goes in where it stands, or would. */
	json_open(w, '{');
	for (; i < c->members.n && strcmp(m[i].key, "rootfs") < 0; i++) {
		json_key(w, m[i].key);
		json_put_raw(w, m[i].raw, strlen(m[i].raw));
	}
	write_rootfs(c, w);
	if (i < c->members.n && strcmp(m[i].key, "rootfs") == 0)
		i++;
	for (; i < c->members.n; i++) {
		json_key(w, m[i].key);
		json_put_raw(w, m[i].raw, strlen(m[i].raw));
	}
	json_close(w, '}');
	return json_writer_check(w, err);
}
