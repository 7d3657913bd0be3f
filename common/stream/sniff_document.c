#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "image/media.h"
#include "stream/sniff_private.h"

/* imgpkg: every lock file of its kinds is of this group, at any version. */
#define LOCK_GROUP "imgpkg.carvel.dev/"

/* Bytes of a text in which a line that no lock file has ends the search for one. */
#define TEXT_AHEAD ((size_t)4096)

/* Names that docker's list of images has, and imgpkg's. */
static const char *const docker_keys[] = { "Config", "RepoTags", "Layers", "Parent",
	"LayerSources" };
static const char *const imgpkg_keys[] = { "ImageIndex", "Image" };

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

static bool
is_one_of(const char *s, size_t len, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(words[i]) == len && memcmp(s, words[i], len) == 0)
			return true;
	return false;
}

enum format
sniff_manifest(const char *text, size_t len)
{
	const char *end = text + len, *p = skip_space(text, end), *key;

	if (p == end || *p != '[')
		return FORMAT_UNKNOWN;
	p = skip_space(p + 1, end);
	if (p < end && *p == ']')
		return FORMAT_DOCKER_ARCHIVE; /* of no image: docker save's form, imgpkg panics */
	if (p == end || *p != '{')
		return FORMAT_UNKNOWN;
	p = skip_space(p + 1, end);
	if (p == end || *p != '"')
		return FORMAT_UNKNOWN;
	key = ++p;
	while (p < end && *p != '"' && *p != '\\')
		p++;
	if (is_one_of(key, (size_t)(p - key), docker_keys,
		sizeof(docker_keys) / sizeof(docker_keys[0])))
		return FORMAT_DOCKER_ARCHIVE;
	if (is_one_of(key, (size_t)(p - key), imgpkg_keys,
		sizeof(imgpkg_keys) / sizeof(imgpkg_keys[0])))
		return FORMAT_IMGPKG;
	return FORMAT_UNKNOWN;
}

static bool
has(struct json_value root, const char *key, enum json_type type)
{
	struct json_value v = json_member(root, key);

	return json_exists(v) && json_type(v) == type;
}

static bool
is_type(struct json_value root, const char *type)
{
	return json_equals(json_member(root, "mediaType"), type);
}

/* mediaType may be absent; where it stands it must be of the kind that the members are. */
static void
judge_typed(struct sniff *s, struct json_value root, const char *docker_type, enum format docker,
    const char *oci_type, enum format oci, const char *members)
{
	if (is_type(root, docker_type))
		sniff_answer(s, docker, "has %s, and docker's media type", members);
	else if (is_type(root, oci_type))
		sniff_answer(s, oci, "has %s, and its media type", members);
	else if (!json_exists(json_member(root, "mediaType")))
		sniff_answer(s, oci, "has %s", members);
	else
		sniff_answer(s, FORMAT_UNKNOWN, "has %s, but another kind's media type", members);
}

static bool
is_lock(struct json_value root, const char *kind)
{
	size_t len;
	const char *raw;

	if (!json_equals(json_member(root, "kind"), kind) || !has(root, "apiVersion", JSON_STRING))
		return false;
	raw = json_raw(json_member(root, "apiVersion"), &len);
	return len > sizeof(LOCK_GROUP) && memcmp(raw + 1, LOCK_GROUP, sizeof(LOCK_GROUP) - 1) == 0;
}

static void
judge_object(struct sniff *s, struct json_value root)
{
	bool index = json_exists(json_member(root, "manifests"));
	bool manifest = json_exists(json_member(root, "layers"));

	if (index && (manifest || json_exists(json_member(root, "config"))))
		sniff_answer(s, FORMAT_UNKNOWN, "a manifest and an index at once: ambiguous");
	else if (has(root, "manifests", JSON_ARRAY))
		judge_typed(s, root, MEDIA_DOCKER_LIST, FORMAT_DOCKER_MANIFEST_LIST,
		    MEDIA_OCI_INDEX, FORMAT_OCI_INDEX, "manifests");
	else if (has(root, "layers", JSON_ARRAY) && has(root, "config", JSON_OBJECT))
		judge_typed(s, root, MEDIA_DOCKER_MANIFEST, FORMAT_DOCKER_MANIFEST,
		    MEDIA_OCI_MANIFEST, FORMAT_OCI_MANIFEST, "config and layers");
	else if (has(root, "rootfs", JSON_OBJECT))
		sniff_answer(s, FORMAT_OCI_CONFIG, "has rootfs");
	else if (is_lock(root, "ImagesLock"))
		sniff_answer(s, FORMAT_IMAGES_LOCK, "kind is ImagesLock");
	else if (is_lock(root, "BundleLock"))
		sniff_answer(s, FORMAT_BUNDLE_LOCK, "kind is BundleLock");
	else if (json_exists(json_member(root, "fsLayers")))
		sniff_answer(s, FORMAT_UNKNOWN, "a docker manifest of schema 1, not supported");
	else if (json_exists(json_member(root, "imageLayoutVersion")))
		sniff_answer(s, FORMAT_UNKNOWN,
		    "the oci-layout file of a layout: give the directory");
	else
		sniff_answer(s, FORMAT_UNKNOWN, "a JSON document of no kind that is known here");
}

static int
judge_json(struct sniff *s, const char *text, size_t len, const char *name, struct error *err)
{
	struct json *doc = json_parse(text, len, name, err);

	if (doc == NULL) {
		if (err->kind != ERROR_INPUT)
			return -1;
		sniff_answer(s, FORMAT_UNKNOWN, "%s", sniff_reason(err, name));
		*err = (struct error){ .kind = ERROR_NONE };
		return 0;
	}
	if (json_type(json_root(doc)) == JSON_OBJECT)
		judge_object(s, json_root(doc));
	else if (sniff_manifest(text, len) != FORMAT_UNKNOWN)
		sniff_answer(s, FORMAT_UNKNOWN,
		    "the manifest.json of an archive, without the archive");
	else
		sniff_answer(s, FORMAT_UNKNOWN, "a JSON document of no kind that is known here");
	json_free(doc);
	return 0;
}

/* The value of "key: value" at the start of a line, without quotes; NULL: another key. */
static const char *
yaml_value(const char *line, size_t line_len, const char *key, size_t *len)
{
	const char *p = line + strlen(key), *end = line + line_len, *stop;
	char quote;

	if (line_len <= strlen(key) || memcmp(line, key, strlen(key)) != 0)
		return NULL;
	p = skip_space(p, end);
	if (p == end || *p != ':')
		return NULL;
	p = skip_space(p + 1, end);
	if (p < end && (*p == '"' || *p == '\'')) {
		quote = *p++;
		stop = memchr(p, quote, (size_t)(end - p));
	} else {
		for (stop = p; stop < end && !is_space(*stop) && *stop != '#'; stop++)
			continue;
	}
	*len = stop == NULL ? 0 : (size_t)(stop - p);
	return p;
}

/* Members of the outermost mapping stand at the start of their lines; no more YAML is read. */
static bool
judge_yaml(struct sniff *s, const char *text, size_t len)
{
	const char *p, *next, *value, *end = text + len;
	enum format kind = FORMAT_UNKNOWN;
	bool ours = false;
	size_t n;

	for (p = text; p < end; p = next) {
		next = memchr(p, '\n', (size_t)(end - p));
		next = next == NULL ? end : next + 1;
		value = yaml_value(p, (size_t)(next - p), "apiVersion", &n);
		if (value != NULL)
			ours = n > strlen(LOCK_GROUP) &&
			    memcmp(value, LOCK_GROUP, strlen(LOCK_GROUP)) == 0;
		value = yaml_value(p, (size_t)(next - p), "kind", &n);
		if (value != NULL && n == 10 && memcmp(value, "ImagesLock", n) == 0)
			kind = FORMAT_IMAGES_LOCK;
		else if (value != NULL && n == 10 && memcmp(value, "BundleLock", n) == 0)
			kind = FORMAT_BUNDLE_LOCK;
	}
	if (!ours || kind == FORMAT_UNKNOWN)
		return false;
	sniff_answer(s, kind, "kind is %s",
	    kind == FORMAT_IMAGES_LOCK ? "ImagesLock" : "BundleLock");
	return true;
}

/* What the text says itself helps most: it may be the message of the command before. */
static void
judge_text(struct sniff *s, const char *text, size_t len)
{
	const char *p = skip_space(text, text + len);
	size_t n, left = len - (size_t)(p - text);

	for (n = 0; n < left && n < 60 && p[n] != '\n' && p[n] != '\r'; n++)
		continue;
	sniff_answer(s, FORMAT_UNKNOWN, "%s: \"%.*s\"", sniff_looks(text, len), (int)n, p);
}

/*
 * Can a lock file begin so? Its lines are empty, indented, comments, marks of YAML, items of a
 * list, or members with a colon. The last one may go on behind len.
 */
static bool
may_be_lock(const char *text, size_t len)
{
	const char *p, *next, *end = text + len;

	for (p = text; p < end; p = next) {
		next = memchr(p, '\n', (size_t)(end - p));
		next = next == NULL ? end : next + 1;
		if (!is_space(*p) && strchr("#%-.", *p) == NULL &&
		    memchr(p, ':', (size_t)(next - p)) == NULL)
			return false;
	}
	return true;
}

int
sniff_document(struct sniff *s, struct reader *r, enum head head, struct error *err)
{
	char *text;
	size_t len, more = 0;
	int rc = -1;

	/* One byte more tells a document that is too large. */
	text = malloc(MAX_DOCUMENT + 1);
	if (text == NULL)
		return error_memory(err);
	if (reader_fill(r, text, TEXT_AHEAD, &len, err) == -1)
		goto done;
	if (head == HEAD_TEXT && !may_be_lock(text, len)) {
		judge_text(s, text, len);
		rc = 0;
		goto done;
	}
	if (len == TEXT_AHEAD &&
	    reader_fill(r, text + len, MAX_DOCUMENT + 1 - len, &more, err) == -1)
		goto done;
	len += more;
	rc = 0;
	if (len > MAX_DOCUMENT)
		sniff_answer(s, FORMAT_UNKNOWN, "%s of more than %zu bytes", sniff_looks(text, len),
		    MAX_DOCUMENT);
	else if (head == HEAD_JSON)
		rc = judge_json(s, text, len, r->name, err);
	else if (!judge_yaml(s, text, len))
		judge_text(s, text, len);
done:
	free(text);
	return rc;
}
