/*
 * json.h - JSON documents from outside, and JSON text of our own
 *
 * Format:  RFC 8259 read strictly, I-JSON (RFC 7493): UTF-8, no duplicate names (compared
 *          after unescaping), no lone surrogates, nothing after the value but white space.
 *          A number of 1e308 or more is refused. A validating pass checks all that in linear
 *          time; jsmn only cuts tokens after it.
 * Memory:  a struct json borrows its text, which must outlive it. Values are plain and
 *          borrow the document. Strings handed out are malloc'ed and the caller's.
 * Errors:  ERROR_INPUT naming the document, the byte offset where one is known, and the limit.
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct json;

/* distribution-spec: registries and clients support manifests of 4 MiB; larger is not portable. */
#define MAX_DOCUMENT ((size_t)4 * 1024 * 1024)
/* Ours: 20 bytes a token, so 5 MiB; 37,000 descriptors with a platform each. */
#define MAX_JSON_TOKENS ((size_t)262144)
/* Ours: jsmn is quadratic in depth; no real document passes 10. */
#define MAX_JSON_DEPTH 64

enum json_type { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_value {
	const struct json *doc;
	int token; /* index in doc; -1 is no value (see json_exists) */
};

/* name is for messages ("index.json", a digest) and is borrowed. NULL on error.
 * ERROR_INPUT: too large, invalid, a duplicate key, NUL in a string (\u0000). */
struct json *json_parse(const char *text, size_t len, const char *name, struct error *err);
void json_free(struct json *j);
struct json_value json_root(const struct json *j);
const char *json_name(struct json_value v);

bool json_exists(struct json_value v);
/* v must exist. */
enum json_type json_type(struct json_value v);

/* Object v's member key; no value if v is no object, has no such member, or it is null. */
struct json_value json_member(struct json_value v, const char *key);
/*
 * Refuses object v if a key equals one of known[0..n) but for case, as Go readers would
 * match it (ASCII, and U+017F, U+212A which Go folds to s and k). ERROR_INPUT naming the key.
 */
int json_check_case(struct json_value v, const char *const *known, size_t n, struct error *err);

/* Elements of an array, or members of an object, in order; linear in all for a whole walk. */
struct json_cursor {
	struct json_value key; /* objects only */
	struct json_value value;
	int next, end; /* private */
};
void json_walk(struct json_cursor *c, struct json_value v);
bool json_next(struct json_cursor *c);
/* Elements or members; 0 for anything else. */
size_t json_count(struct json_value v);

/* True if v is a string (or key) that after unescaping is exactly text. */
bool json_equals(struct json_value v, const char *text);
/* The string unescaped, NUL-terminated, malloc'ed; ERROR_INPUT "what: not a string". */
char *json_string(struct json_value v, const char *what, struct error *err);
/* Plain digits 0 to 2^63-1: no sign, fraction, exponent, leading zero. ERROR_INPUT else. */
int json_integer(struct json_value v, const char *what, uint64_t *n, struct error *err);
/* The text of v as it stands in the document, quotes included; borrowed from the document. */
const char *json_raw(struct json_value v, size_t *len);

/* --- writing: RFC 8785 form for our data; compact; keys in the order the caller gives them --- */

struct json_writer {
	char *text; /* NUL-terminated after every call that succeeded */
	size_t len, cap;
	bool failed; /* out of memory: sticks, asked for at the end */
	bool comma;  /* private: the next item needs one */
};
void json_writer_init(struct json_writer *w);
void json_writer_release(struct json_writer *w);
/* ERROR_OTHER if any call before ran out of memory. */
int json_writer_check(const struct json_writer *w, struct error *err);

void json_open(struct json_writer *w, char bracket);  /* '{' or '[' */
void json_close(struct json_writer *w, char bracket); /* '}' or ']' */
void json_key(struct json_writer *w, const char *key);
/* Each byte of s that is not valid UTF-8 is written as U+FFFD. */
void json_put_string(struct json_writer *w, const char *s);
void json_put_integer(struct json_writer *w, uint64_t n);
void json_put_boolean(struct json_writer *w, bool b);
void json_put_null(struct json_writer *w);
/* One JSON value, as it is. */
void json_put_raw(struct json_writer *w, const char *text, size_t len);

/*
 * An object being edited: members as raw JSON, written out sorted by key (RFC 8785, 3.2.3).
 * How a base image's config keeps what we do not know.
 */
struct json_object_member {
	char *key;
	char *raw;
};

struct json_object {
	struct json_object_member *members;
	size_t n, cap;
};
void json_object_init(struct json_object *o);
/* Copies all members of v (no value: none) to o, which must have none yet.
 * ERROR_INPUT: v is no object. ERROR_OTHER: out of memory. */
int json_object_load(struct json_object *o, struct json_value v, struct error *err);
/* NULL if there is none, or it is null. Borrowed until the next set. */
const char *json_object_get(const struct json_object *o, const char *key);
/* Sets or replaces; raw is copied. raw NULL removes. */
int json_object_set(struct json_object *o, const char *key, const char *raw, struct error *err);
int json_object_set_string(struct json_object *o, const char *key, const char *string,
    struct error *err);
void json_object_write(const struct json_object *o, struct json_writer *w);
void json_object_release(struct json_object *o);

#endif
