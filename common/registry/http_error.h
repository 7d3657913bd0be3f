/*
 * http_error.h - why there is no answer, in words that hold no secret
 *
 * libcurl's own words quote what stands in https_proxy, a password too, when it cannot be read
 * as an address. So whatever may be about the proxy is said in words of ours, and what is left
 * of libcurl's holds nothing that could be user information.
 *
 * Memory:  a struct http_failure borrows its strings.
 * Errors:  as in http.h.
 */
#ifndef REGISTRY_HTTP_ERROR_H
#define REGISTRY_HTTP_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/url.h"

struct error;

/* Bytes of the header of one answer, interim ones and a proxy's too. Ours: signed addresses take a
 * few KiB. libcurl allows 300 KiB since 8.3, and before it had no limit (CVE-2023-38039). */
#define MAX_HTTP_HEADER ((size_t)256 * 1024)
/* "ADDRESS port N". */
#define MAX_HTTP_PEER 80

struct http_failure {
	int code;		  /* CURLcode */
	const char *detail;	  /* libcurl's words; "" if it has none */
	const struct url *url;	  /* what was asked for */
	const char *cacert;	  /* NULL: the system's */
	const char *peer;	  /* what was dialled last; "" nothing */
	int os_errno;		  /* of that, 0 if it is not known */
	int proxy_status;	  /* of a proxy's answer to CONNECT, else 0 */
	bool too_near;		  /* an address that http_request.nearest excludes */
	bool connected;		  /* with TLS, where it is wanted */
	bool header_begun;	  /* something came, but no whole header of a final answer */
	bool header_long;	  /* it passed MAX_HTTP_HEADER */
	bool upload;		  /* see http_request */
	unsigned connect_seconds; /* how long was waited for what */
	unsigned answer_seconds;
	unsigned upload_seconds;
};

/* Sets *err, and returns -1. */
int http_failure_tell(const struct http_failure *f, struct error *err);
/* Somebody was there and did not speak HTTP as we do: TLS, perhaps. */
bool http_failure_is_strange(const struct http_failure *f);

#endif
