/*
 * platform.h - os, architecture and variant of an image
 *
 * Source:  OCI image-spec 1.1, image-index.md, "platform"; normalisation as in
 *          containerd/platforms: x86_64 is amd64, aarch64 and arm64/v8 are arm64, arm is arm/v7.
 * Memory:  struct platform owns its strings; platform_release frees them. NULL members are absent.
 * Errors:  ERROR_INPUT for documents, ERROR_USAGE for command lines, ERROR_OTHER out of memory.
 */
#ifndef IMAGE_PLATFORM_H
#define IMAGE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/json.h"

struct error;

/* Ours: os.features in use are one or two words ("win32k"). */
#define MAX_OS_FEATURES 64
/* Bytes of the text form, NUL not counted. */
#define MAX_PLATFORM_TEXT 512

struct platform {
	char *os;	    /* never NULL in one that was parsed */
	char *architecture; /* never NULL */
	char *variant;
	char *os_version;
	char **os_features; /* sorted */
	size_t n_os_features;
};

/* An object with os and architecture (index descriptor, or config: same member names).
 * Normalised. ERROR_INPUT "member: what": a member of another type, or a text form longer than
 * MAX_PLATFORM_TEXT. Absent os/architecture become "". */
int platform_parse(struct platform *p, struct json_value v, struct error *err);
/* "linux/amd64", "linux/arm64/v8", "windows(10.0.1+win32k)/amd64" or "local". ERROR_USAGE. */
int platform_parse_text(struct platform *p, const char *text, struct error *err);
/* As platform_parse_text, and "*" may stand for os or architecture. */
int platform_parse_pattern(struct platform *p, const char *text, struct error *err);
/* ERROR_USAGE: a member that platform_parse_text would not take. "" and NULL are none. */
int platform_check(const struct platform *p, struct error *err);
int platform_dup(struct platform *to, const struct platform *from, struct error *err);
/* Linux on this machine's architecture. */
int platform_local(struct platform *p, struct error *err);

/* Equal after normalisation, all members counted. */
bool platform_equal(const struct platform *a, const struct platform *b);
/* memcmp order of the text forms: for stable output. */
int platform_compare(const struct platform *a, const struct platform *b);
/* True for unknown/unknown: buildkit's attestations. */
bool platform_is_unknown(const struct platform *p);
/* "linux/arm/v7"; buf has MAX_PLATFORM_TEXT + 1 bytes. */
void platform_format(const struct platform *p, char *buf, size_t cap);
/* The members as a JSON object, keys sorted. */
void platform_write(const struct platform *p, struct json_writer *w);
void platform_release(struct platform *p);

/* What -p asks for: a list of platforms, "linux/x" patterns with "*". */
struct platform_list {
	struct platform *items; /* "*" may stand for os or architecture */
	size_t n;
};
/* texts: each value of -p, which may hold commas. ERROR_USAGE. */
int
platform_list_parse(struct platform_list *l, const char *const *texts, size_t n, struct error *err);
/*
 * How well p serves wanted: 0 not at all, higher is better. Exact first, then the variants an
 * engine can run instead (arm/v7 takes v6, v5; arm64/vN lower ones; amd64/vN lower ones).
 * An absent os_version or os_features in wanted matches any.
 */
int platform_match(const struct platform *wanted, const struct platform *p);
/* True if the list is one platform without "*": the result is then one image, no index. */
bool platform_list_is_single(const struct platform_list *l);
void platform_list_release(struct platform_list *l);

#endif
