/*
 * sniff.h - what an input is, by its bytes and never by its name: the one home of detection
 *
 * Source:  design section 4. docker's manifest.json lists Config/RepoTags/Layers, imgpkg's
 *          ImageIndex/Image. A tar is told by its entries' names, a document by its members, a
 *          lock file by its apiVersion and kind.
 * Memory:  a struct sniff is a value. While a tar is looked at, its reader's two names; of a
 *          document, at most MAX_DOCUMENT bytes and its tokens.
 * Errors:  those of the system alone (ERROR_IO, ERROR_OTHER): what is malformed is an answer.
 */
#ifndef STREAM_SNIFF_H
#define STREAM_SNIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/decompress.h"
#include "core/error.h"
#include "core/io.h"

enum format {
	FORMAT_UNKNOWN,
	FORMAT_EMPTY, /* not a byte */
	FORMAT_OCI_LAYOUT,
	FORMAT_OCI_DIR,
	FORMAT_DOCKER_ARCHIVE,
	FORMAT_IMGPKG,
	FORMAT_TAR, /* any other tar: a layer */
	FORMAT_OCI_INDEX,
	FORMAT_OCI_MANIFEST,
	FORMAT_OCI_CONFIG,
	FORMAT_DOCKER_MANIFEST,
	FORMAT_DOCKER_MANIFEST_LIST,
	FORMAT_IMAGES_LOCK,
	FORMAT_BUNDLE_LOCK
};

/* "oci-layout"; a constant. */
const char *format_word(enum format f);
/* False for another word. */
bool format_parse(const char *word, enum format *f);

/* --- the first bytes --- */

/* Bytes that sniff_head wants to see: one tar block. */
#define SNIFF_HEAD 512

enum head { HEAD_EMPTY, HEAD_COMPRESSED, HEAD_TAR, HEAD_JSON, HEAD_TEXT, HEAD_OTHER };

enum head sniff_head(const void *buf, size_t len);
/* What bytes of no use look like: "an ELF program", "a zip archive", "text". A constant. */
const char *sniff_looks(const void *buf, size_t len);

/* --- the entries of a tar --- */

enum member {
	MEMBER_OTHER,
	MEMBER_OCI_LAYOUT, /* oci-layout */
	MEMBER_INDEX,	   /* index.json */
	MEMBER_BLOB,	   /* blobs/sha256/ and 64 lower-case hex digits */
	MEMBER_MANIFEST,   /* manifest.json */
	MEMBER_DOCKER	   /* a name as layers and configs have in docker archives */
};

/* name as TAR_STREAM gives it: without "./", "//" and a trailing "/". */
enum member sniff_member(const char *name);
/* Those 64 digits of a MEMBER_BLOB's name. */
const char *sniff_member_hex(const char *name);

/* Bytes of manifest.json that sniff_manifest wants to see: its first item's first member tells. */
#define MANIFEST_AHEAD ((size_t)4096)
/* docker's manifest.json or imgpkg's, by the members of its first item: FORMAT_DOCKER_ARCHIVE,
 * FORMAT_IMGPKG, else FORMAT_UNKNOWN. text may be the beginning alone. */
enum format sniff_manifest(const char *text, size_t len);

/* --- a whole input --- */

enum sniff_depth {
	SNIFF_WORD, /* what a word costs: the first entries, where it can't be told sooner */
	SNIFF_WHOLE /* every header of a tar */
};

struct sniff {
	enum format format;
	enum format also;	  /* FORMAT_UNKNOWN: nothing else */
	enum format resembles;	  /* FORMAT_TAR: what it would be, were it whole */
	enum magic compression;	  /* what is around it */
	char why[MAX_ERROR_TEXT]; /* the reason, raw bytes of the input in it */
};

/*
 * Reads r from its start. seekable: skipping costs nothing and content beyond what is read may
 * be gone over; else at most SNIFF_AHEAD bytes and one document are taken. How far r was read is
 * undefined.
 */
#define SNIFF_AHEAD ((size_t)1024 * 1024)
int sniff_reader(struct sniff *s, struct reader *r, enum sniff_depth depth, bool seekable,
    struct error *err);
/* An open directory; fd is borrowed. */
void sniff_directory(struct sniff *s, int fd);

#endif
