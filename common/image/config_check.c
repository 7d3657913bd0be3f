#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/config.h"
#include "image/config_value.h"

enum shape {
	BOOLEAN,
	TEXT,
	OPTIONAL, /* a text; Docker writes "" where it is not set */
	LIST,	  /* an array of texts */
	MAP,	  /* an object of texts */
	SET	  /* an object with {} as each value: its keys are the texts */
};

struct rule {
	const char *key, *what; /* of the member config, and for messages */
	enum shape shape;
	/* Of each text; NULL: any will do. */
	int (*check)(const char *text, const char *what, struct error *err);
};

static int
refuse(struct json_value v, const char *what, const char *why, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s: %s: %s", json_name(v), what, why);
}

/* What is said of a text from the command line, said of the document. */
static int
blame(struct json_value v, struct error *err)
{
	if (err->kind != ERROR_USAGE)
		return -1;
	err->kind = ERROR_INPUT;
	return error_context(err, "%s", json_name(v));
}

static int
check_text(struct json_value v, const struct rule *rule, struct error *err)
{
	char *text = json_string(v, rule->what, err);
	int rc = 0;

	if (text == NULL)
		return -1;
	if (rule->check != NULL && (text[0] != '\0' || rule->shape != OPTIONAL))
		rc = rule->check(text, rule->what, err);
	free(text);
	return rc == 0 ? 0 : blame(v, err);
}

static int
check_members(struct json_value v, const struct rule *rule, struct error *err)
{
	struct json_cursor c;

	if (json_type(v) != (rule->shape == LIST ? JSON_ARRAY : JSON_OBJECT))
		return refuse(v, rule->what, rule->shape == LIST ? "not an array" : "not an object",
		    err);
	json_walk(&c, v);
	while (json_next(&c)) {
		if (rule->shape == SET &&
		    (json_type(c.value) != JSON_OBJECT || json_count(c.value) > 0))
			return refuse(v, rule->what, "not an object of empty objects", err);
		if (check_text(rule->shape == SET ? c.key : c.value, rule, err) == -1)
			return -1;
	}
	return 0;
}

static int
check_member(struct json_value v, const struct rule *rule, struct error *err)
{
	switch (rule->shape) {
	case BOOLEAN:
		if (json_type(v) != JSON_BOOLEAN)
			return refuse(v, rule->what, "neither true nor false", err);
		return 0;
	case TEXT:
	case OPTIONAL:
		return check_text(v, rule, err);
	case LIST:
	case MAP:
	case SET:
		break;
	}
	return check_members(v, rule, err);
}

static int
check_variable(const char *text, const char *what, struct error *err)
{
	char *key = config_key(text, what, err);

	free(key);
	return key == NULL ? -1 : 0;
}

static int
check_port(const char *text, const char *what, struct error *err)
{
	char port[MAX_PORT_TEXT + 1];

	return config_format_port(port, text, what, err);
}

/* config.md, "Properties": of the member config, what is run. */
static const struct rule rules[] = {
	{ "ArgsEscaped", "config.ArgsEscaped", BOOLEAN, NULL },
	{ "Cmd", "config.Cmd", LIST, NULL },
	{ "Entrypoint", "config.Entrypoint", LIST, NULL },
	{ "Env", "config.Env", LIST, check_variable },
	{ "ExposedPorts", "config.ExposedPorts", SET, check_port },
	{ "Labels", "config.Labels", MAP, NULL },
	{ "StopSignal", "config.StopSignal", OPTIONAL, config_check_signal },
	{ "User", "config.User", OPTIONAL, config_check_user },
	{ "Volumes", "config.Volumes", SET, config_check_path },
	{ "WorkingDir", "config.WorkingDir", OPTIONAL, config_check_path },
};

static int
check_execution(struct json_value config, bool windows, struct error *err)
{
	struct json_value v;
	struct rule rule;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		rule = rules[i];
		if (windows && rule.check == config_check_path)
			rule.check = NULL; /* its paths begin with a drive */
		v = json_member(config, rule.key);
		if (json_exists(v) && check_member(v, &rule, err) == -1)
			return -1;
	}
	return 0;
}

int
config_check(const struct json *doc, struct error *err)
{
	static const struct rule created = { NULL, "created", TEXT, config_check_time },
				 author = { NULL, "author", TEXT, NULL };
	struct json_value root = json_root(doc), v;
	struct config c;
	int rc = -1;

	if (config_parse(&c, doc, err) == -1)
		return -1;
	if (platform_check(&c.platform, err) == -1) {
		(void)blame(root, err);
		goto done;
	}
	if (json_exists(v = json_member(root, "created")) && check_text(v, &created, err) == -1)
		goto done;
	if (json_exists(v = json_member(root, "author")) && check_text(v, &author, err) == -1)
		goto done;
	rc = check_execution(json_member(root, "config"), strcmp(c.platform.os, "windows") == 0,
	    err);
done:
	config_release(&c);
	return rc;
}
