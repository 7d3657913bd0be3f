/*
 * describe.h - an input in one line of JSON: its kind, why, and the images in it
 *
 * Format:  oci-sniff(1), "JSON". The images are records as design 1.2 has them: one for each entry
 *          of index.json, after an index also one for each image in it.
 * Memory:  one document at a time beside what the source holds.
 * Errors:  ERROR_OTHER out of memory; what is wrong with the input is part of the line.
 */
#ifndef STREAM_DESCRIBE_H
#define STREAM_DESCRIBE_H

#include "core/json.h"
#include "stream/sniff.h"
#include "stream/source.h"

struct error;

/*
 * s is NULL for what holds no images. broken, if not NULL, says why s could not be read; its
 * images are then left out. No newline is written.
 */
int describe_input(struct json_writer *w, const char *name, const struct sniff *found,
    struct source *s, const struct error *broken, struct error *err);

#endif
