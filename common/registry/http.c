#include "registry/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "registry/http_error.h"
#include "registry/http_transfer.h"
#include "registry/secret.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

/* Seconds for DNS, connect and TLS; crane and containerd allow 10 for each. */
#define CONNECT_SECONDS 30U
/* A registry may hash a large blob for minutes before it answers: so many times the patience
 * for other answers, 300 seconds of 50. */
#define UPLOAD_TIMES 6U

struct http {
	CURL *curl;
	const char *cacert;
	unsigned connect_seconds, answer_seconds, upload_seconds;
};

struct http *
http_new(const char *cacert, unsigned seconds, struct error *err)
{
	struct http *h;

	if (cacert == NULL)
		cacert = getenv("SSL_CERT_FILE");
	if (cacert != NULL && cacert[0] == '\0')
		cacert = NULL;
	/* libcurl reports an unreadable file only at the first handshake, and not by its name. */
	if (cacert != NULL && access(cacert, R_OK) == -1) {
		(void)error_system(err, errno, "%s", cacert);
		return NULL;
	}
	h = malloc(sizeof(*h));
	if (h == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	h->cacert = cacert;
	h->answer_seconds = seconds;
	h->upload_seconds = UPLOAD_TIMES * seconds;
	h->connect_seconds = seconds < CONNECT_SECONDS ? seconds : CONNECT_SECONDS;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(h);
		(void)error_set(err, ERROR_OTHER, "libcurl does not start");
		return NULL;
	}
	h->curl = curl_easy_init();
	if (h->curl == NULL) {
		http_free(h);
		(void)error_memory(err);
		return NULL;
	}
	return h;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	curl_global_cleanup();
	free(h);
}

static int
add_field(struct curl_slist **fields, const char *name, const char *value, struct error *err)
{
	size_t name_len = strlen(name), value_len = strlen(value);
	struct curl_slist *new;
	char *line;

	/* libcurl sends a CR LF as it stands; whoever makes a value has checked it. */
	assert(strpbrk(value, "\r\n") == NULL);
	line = malloc(name_len + value_len + 3);
	if (line == NULL)
		return error_memory(err);
	/* "Name:" alone takes away the field that libcurl would set. */
	memcpy(line, name, name_len);
	line[name_len] = ':';
	line[name_len + 1] = value_len == 0 ? '\0' : ' ';
	memcpy(line + name_len + 2, value, value_len + 1);
	new = curl_slist_append(*fields, line);
	secret_free(line);
	if (new == NULL)
		return error_memory(err);
	*fields = new;
	return 0;
}

static void
forget_fields(struct curl_slist *fields)
{
	struct curl_slist *f;

	for (f = fields; f != NULL; f = f->next)
		secret_wipe(f->data, strlen(f->data));
	curl_slist_free_all(fields);
}

static int
set_fields(CURL *c, const struct http_request *rq, struct curl_slist **fields, struct error *err)
{
	if (add_field(fields, "Accept", rq->accept != NULL ? rq->accept : "*/*", err) == -1 ||
	    add_field(fields, "Content-Type", rq->content_type != NULL ? rq->content_type : "",
		err) == -1)
		return -1;
	if (rq->authorization != NULL &&
	    add_field(fields, "Authorization", rq->authorization, err) == -1)
		return -1;
	(void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, *fields);
	return 0;
}

/* The one place for TLS and protocol options (CVE-2019-10214: token requests went without). */
static void
set_safety(const struct http *h, const struct http_request *rq)
{
	CURL *c = h->curl;

	(void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, rq->http_allowed ? "http,https" : "https");
	(void)curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(c, CURLOPT_HTTP09_ALLOWED, 0L);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	(void)curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (h->cacert != NULL) {
		(void)curl_easy_setopt(c, CURLOPT_CAINFO, h->cacert);
		(void)curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)h->connect_seconds);
	if (!rq->upload)
		(void)curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)h->answer_seconds);
	if (address_reach_host(rq->url->host) == ADDRESS_LOOPBACK)
		(void)curl_easy_setopt(c, CURLOPT_PROXY, "");
}

static void
set_method(CURL *c, const struct http_request *rq)
{
	switch (rq->method) {
	case HTTP_GET:
		(void)curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
		break;
	case HTTP_HEAD:
		(void)curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
		break;
	case HTTP_DELETE:
		(void)curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "DELETE");
		break;
	case HTTP_POST:
		(void)curl_easy_setopt(c, CURLOPT_POST, 1L);
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, rq->form != NULL ? rq->form : "");
		break;
	case HTTP_PUT:
		(void)curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
		(void)curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE,
		    rq->body != NULL ? (curl_off_t)rq->body->size : 0);
		break;
	}
}

/* NOSIGNAL leaves SIGPIPE to us: a peer that goes away is an error here and no quiet end. */
static CURLcode
perform(CURL *c)
{
	struct sigaction ignore, old;
	CURLcode code;

	memset(&ignore, 0, sizeof(ignore));
	(void)sigemptyset(&ignore.sa_mask);
	ignore.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &ignore, &old);
	code = curl_easy_perform(c);
	(void)sigaction(SIGPIPE, &old, NULL);
	return code;
}

/* All of a final header has come, its empty line too. */
static bool
is_answered(const struct http_transfer *t, long status)
{
	return t->header_whole && status >= 200;
}

/* There is no answer: why? */
static int
explain(const struct http *h, struct http_transfer *t, CURLcode code, const char *detail,
    long status)
{
	struct http_failure f = { .code = (int)code,
		.detail = detail,
		.url = t->rq->url,
		.cacert = h->cacert,
		.peer = t->peer,
		.too_near = t->too_near,
		.header_long = t->header_long,
		.upload = t->rq->upload,
		.connect_seconds = h->connect_seconds,
		.answer_seconds = h->answer_seconds,
		.upload_seconds = h->upload_seconds };
	curl_off_t connected = 0, begun = 0;
	long proxy_status = 0, errnum = 0;

	if (t->failed)
		return -1; /* told already */
	(void)curl_easy_getinfo(h->curl, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
	(void)curl_easy_getinfo(h->curl, CURLINFO_OS_ERRNO, &errnum);
	(void)curl_easy_getinfo(h->curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
	(void)curl_easy_getinfo(h->curl, CURLINFO_STARTTRANSFER_TIME_T, &begun);
	f.proxy_status = (int)proxy_status;
	f.os_errno = (int)errnum;
	f.connected = connected > 0;
	f.header_begun = begun > 0 && !is_answered(t, status);
	t->rs->strange = http_failure_is_strange(&f);
	return http_failure_tell(&f, t->err);
}

int
http_perform(struct http *h, const struct http_request *rq, struct http_response *rs,
    struct error *err)
{
	struct http_transfer t = { .rq = rq,
		.rs = rs,
		.curl = h->curl,
		.upload_seconds = h->upload_seconds,
		.err = err };
	char detail[CURL_ERROR_SIZE] = "";
	struct curl_slist *fields = NULL;
	CURL *c = h->curl;
	curl_off_t length = -1;
	char *peer = NULL;
	long status = 0;
	CURLcode code;
	int rc = -1;

	*rs = (struct http_response){ .length = UINT64_MAX };
	rs->body = calloc(1, 1);
	if (rs->body == NULL)
		return error_memory(err);
	t.body_cap = 1;
	if (rq->body != NULL && rq->body->size > INT64_MAX)
		return error_set(err, ERROR_INPUT, "a body of more than 2^63 - 1 bytes");
	curl_easy_reset(c);
	set_safety(h, rq);
	set_method(c, rq);
	if (set_fields(c, rq, &fields, err) == -1)
		goto done;
	(void)curl_easy_setopt(c, CURLOPT_USERAGENT, "ocipipe/" VERSION);
	(void)curl_easy_setopt(c, CURLOPT_URL, rq->url->text);
	(void)curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
	http_transfer_attach(&t);
	code = perform(c);
	/* Pointers into this frame are not left behind. */
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, NULL);
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	/* A server that refuses a body before it has all of it may be gone when we find out. */
	if (!is_answered(&t, status) ||
	    (code != CURLE_OK && !(code == CURLE_SEND_ERROR && status >= 400) &&
		!(code == CURLE_WRITE_ERROR && rs->cut))) {
		rc = explain(h, &t, code, detail, status);
		goto done;
	}
	(void)curl_easy_getinfo(c, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	(void)curl_easy_getinfo(c, CURLINFO_PRIMARY_IP, &peer);
	rs->status = (int)status;
	if (peer != NULL)
		rs->reach = address_reach_host(peer);
	if (length >= 0)
		rs->length = (uint64_t)length;
	rc = 0;
done:
	http_transfer_end(&t);
	forget_fields(fields);
	return rc;
}

void
http_response_release(struct http_response *rs)
{
	/* It may hold a token. */
	if (rs->body != NULL)
		secret_wipe(rs->body, rs->body_len);
	free(rs->body);
	rs->body = NULL;
}

const char *
http_field(struct http *h, const char *name, size_t i)
{
	struct curl_header *field;

	if (curl_easy_header(h->curl, name, i, CURLH_HEADER, -1, &field) != CURLHE_OK)
		return NULL;
	return field->value;
}
