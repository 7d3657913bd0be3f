/*
 * sniff_private.h - what the parts of sniff.h share; for stream/sniff*.c alone
 */
#ifndef STREAM_SNIFF_PRIVATE_H
#define STREAM_SNIFF_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/io.h"
#include "stream/sniff.h"

struct error;

/* Sets the answer and its reason. */
void sniff_answer(struct sniff *s, enum format f, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* What an error says without the name of the input, which callers put before the reason. */
const char *sniff_reason(const struct error *err, const char *name);

/* r is at the start of a tar. */
int sniff_tar(struct sniff *s, struct reader *r, enum sniff_depth depth, bool seekable,
    struct error *err);

/* Reads r to its end: a JSON document, or a lock file in YAML. */
int sniff_document(struct sniff *s, struct reader *r, enum head head, struct error *err);

#endif
