#include "image/descriptor.h"

#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/error.h"
#include "image/media.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Errors name the member alone, where is put before them; json_string would name the document. */
static int
parse_required(char **s, struct json_value object, const char *key, struct error *err)
{
	struct json_value v = json_member(object, key);

	if (!json_exists(v))
		return error_set(err, ERROR_INPUT, "%s: missing", key);
	if (json_type(v) != JSON_STRING)
		return error_set(err, ERROR_INPUT, "%s: not a string", key);
	*s = json_string(v, key, err);
	return *s == NULL ? -1 : 0;
}

static int
parse_type(char **s, struct json_value object, const char *key, struct error *err)
{
	if (parse_required(s, object, key, err) == -1)
		return -1;
	if (!media_is_valid(*s))
		return error_set(err, ERROR_INPUT, "%s: not a media type: \"%.200s\"", key, *s);
	return 0;
}

static int
parse_digest(struct digest *d, struct json_value object, struct error *err)
{
	char *text = NULL;
	int rc;

	if (parse_required(&text, object, "digest", err) == -1)
		return -1;
	rc = digest_parse(d, text, strlen(text), err);
	free(text);
	return rc == -1 ? error_context(err, "digest") : 0;
}

static int
parse_size(uint64_t *size, struct json_value v, struct error *err)
{
	if (!json_exists(v))
		return error_set(err, ERROR_INPUT, "size: missing");
	if (json_integer(v, "size", size, err) == -1)
		return error_set(err, ERROR_INPUT, "size: not a number from 0 to 2^63-1");
	return 0;
}

static int
parse_urls(char **urls, struct json_value v, struct error *err)
{
	struct json_cursor c;
	const char *raw;
	size_t len;

	if (!json_exists(v))
		return 0;
	if (json_type(v) != JSON_ARRAY)
		return error_set(err, ERROR_INPUT, "urls: not an array");
	json_walk(&c, v);
	while (json_next(&c))
		if (json_type(c.value) != JSON_STRING)
			return error_set(err, ERROR_INPUT, "urls: not an array of strings");
	raw = json_raw(v, &len);
	*urls = strndup(raw, len);
	return *urls == NULL ? error_memory(err) : 0;
}

static int
parse_optional(struct descriptor *d, struct json_value object, struct error *err)
{
	struct json_value v = json_member(object, "platform");

	if (json_exists(json_member(object, "artifactType")) &&
	    parse_type(&d->artifact_type, object, "artifactType", err) == -1)
		return -1;
	if (json_exists(json_member(object, "data")) &&
	    parse_required(&d->data, object, "data", err) == -1)
		return -1;
	if (parse_urls(&d->urls, json_member(object, "urls"), err) == -1)
		return -1;
	if (json_exists(v) && platform_parse(&d->platform, v, err) == -1)
		return error_context(err, "platform");
	return annotations_parse(&d->annotations, json_member(object, "annotations"), "annotations",
	    err);
}

/* Go readers would take "Digest" for "digest" too, and not the same one of the two. */
static int
check_case(struct json_value v, struct error *err)
{
	static const char *const known[] = { "mediaType", "digest", "size", "urls", "annotations",
		"data", "artifactType", "platform" };
	static const char *const platform[] = { "architecture", "os", "os.features", "os.version",
		"variant" };

	if (json_check_case(v, known, COUNT(known), err) == -1)
		return -1;
	return json_check_case(json_member(v, "platform"), platform, COUNT(platform), err);
}

int
descriptor_parse(struct descriptor *d, struct json_value v, const char *where, struct error *err)
{
	memset(d, 0, sizeof(*d));
	if (!json_exists(v))
		return error_set(err, ERROR_INPUT, "%s: missing", where);
	if (json_type(v) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "%s: not an object", where);
	if (check_case(v, err) == -1)
		return -1;
	if (parse_type(&d->media_type, v, "mediaType", err) == -1 ||
	    parse_digest(&d->digest, v, err) == -1 ||
	    parse_size(&d->size, json_member(v, "size"), err) == -1 ||
	    parse_optional(d, v, err) == -1) {
		descriptor_release(d);
		return error_context(err, "%s", where);
	}
	return 0;
}

/* A copy of s, NULL for NULL; *failed is set if there is no memory for it. */
static char *
copy(const char *s, bool *failed)
{
	char *to = NULL;

	if (s != NULL && (to = strdup(s)) == NULL)
		*failed = true;
	return to;
}

int
descriptor_dup(struct descriptor *to, const struct descriptor *from, struct error *err)
{
	bool failed = false;

	memset(to, 0, sizeof(*to));
	to->digest = from->digest;
	to->size = from->size;
	to->media_type = copy(from->media_type, &failed);
	to->artifact_type = copy(from->artifact_type, &failed);
	to->data = copy(from->data, &failed);
	to->urls = copy(from->urls, &failed);
	if (failed)
		(void)error_memory(err);
	if (failed || annotations_dup(&to->annotations, &from->annotations, err) == -1 ||
	    platform_dup(&to->platform, &from->platform, err) == -1) {
		descriptor_release(to);
		return -1;
	}
	return 0;
}

static void
write_string(struct json_writer *w, const char *key, const char *value)
{
	if (value == NULL)
		return;
	json_key(w, key);
	json_put_string(w, value);
}

static void
write_annotations(struct json_writer *w, const struct annotations *a)
{
	if (a->n == 0)
		return;
	json_key(w, "annotations");
	annotations_write(a, w);
}

static void
write_size(struct json_writer *w, uint64_t size)
{
	json_key(w, "size");
	json_put_integer(w, size);
}

static void
write_platform(struct json_writer *w, const struct descriptor *d)
{
	if (!descriptor_has_platform(d))
		return;
	json_key(w, "platform");
	platform_write(&d->platform, w);
}

void
descriptor_write(const struct descriptor *d, struct json_writer *w)
{
	json_open(w, '{');
	write_annotations(w, &d->annotations);
	write_string(w, "artifactType", d->artifact_type);
	write_string(w, "data", d->data);
	write_string(w, "digest", d->digest.text);
	write_string(w, "mediaType", d->media_type);
	write_platform(w, d);
	write_size(w, d->size);
	if (d->urls != NULL) {
		json_key(w, "urls");
		json_put_raw(w, d->urls, strlen(d->urls));
	}
	json_close(w, '}');
}

void
descriptor_write_record(const struct descriptor *d, const char *ref, struct json_writer *w)
{
	json_open(w, '{');
	write_string(w, "ref", ref);
	write_string(w, "mediaType", d->media_type);
	write_string(w, "digest", d->digest.text);
	write_size(w, d->size);
	write_platform(w, d);
	write_annotations(w, &d->annotations);
	json_close(w, '}');
}

int
descriptor_data(const struct descriptor *d, unsigned char **buf, size_t *len, struct error *err)
{
	uint8_t raw[SHA256_SIZE];
	struct digest got;

	*buf = NULL;
	if (d->data == NULL)
		return error_set(err, ERROR_INPUT, "%s: its descriptor has no data",
		    d->digest.text);
	if (d->size > MAX_DOCUMENT)
		return error_set(err, ERROR_INPUT, "%s: data of more than %zu bytes",
		    d->digest.text, MAX_DOCUMENT);
	if (digest_raw(&d->digest, raw, err) == -1)
		return -1;
	if ((*buf = (unsigned char *)base64_decode(d->data, len)) == NULL)
		return error_set(err, ERROR_INPUT, "%s: data: not base64", d->digest.text);
	digest_of(&got, *buf, *len);
	if (*len != d->size) {
		(void)error_set(err, ERROR_DIGEST, "%s: data of %zu bytes, not %llu",
		    d->digest.text, *len, (unsigned long long)d->size);
		goto failed;
	}
	if (!digest_equal(&got, &d->digest)) {
		(void)error_set(err, ERROR_DIGEST, "%s: data has digest %s", d->digest.text,
		    got.text);
		goto failed;
	}
	return 0;
failed:
	free(*buf);
	*buf = NULL;
	return -1;
}

bool
descriptor_has_platform(const struct descriptor *d)
{
	/* imgpkg writes the empty string for both: that says nothing. */
	return d->platform.os != NULL &&
	    (d->platform.os[0] != '\0' || d->platform.architecture[0] != '\0');
}

bool
descriptor_is_attestation(const struct descriptor *d)
{
	const char *type = annotations_get(&d->annotations, ANNOTATION_REFERENCE_TYPE);

	return type != NULL && strcmp(type, "attestation-manifest") == 0;
}

void
descriptor_release(struct descriptor *d)
{
	free(d->media_type);
	free(d->artifact_type);
	free(d->data);
	free(d->urls);
	annotations_release(&d->annotations);
	platform_release(&d->platform);
	memset(d, 0, sizeof(*d));
}
