/*
 * http_transfer.h - one request under way: what libcurl calls while it works
 *
 * Memory:  a struct http_transfer is in its owner's storage, where it stays while libcurl may call;
 *          it borrows all it points to.
 * Errors:  one of a reader, or of memory, is in *err, and failed says so; what else ends a
 *          transfer is told by the flags, and in words by http_error.h.
 */
#ifndef REGISTRY_HTTP_TRANSFER_H
#define REGISTRY_HTTP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/http.h"
#include "registry/http_error.h"

struct error;
struct reader;

struct http_transfer {
	const struct http_request *rq;
	struct http_response *rs;
	void *curl; /* the easy handle */
	unsigned upload_seconds;
	size_t body_cap;
	struct reader *content; /* NULL until opened */
	bool content_open;
	char peer[MAX_HTTP_PEER]; /* dialled last */
	bool too_near;
	size_t header_len;
	bool header_long;
	bool header_whole;    /* the last one that began ended with its empty line */
	int64_t sent;	      /* bytes of the body */
	int64_t sent_when_us; /* from the start to the last of them */
	bool failed;
	struct error *err;
};

/* Sets what libcurl is to call, on a handle that was reset. */
void http_transfer_attach(struct http_transfer *t);
/* After it: closes a body that is still open. */
void http_transfer_end(struct http_transfer *t);

#endif
