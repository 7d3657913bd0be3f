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
#include "registry/secret.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

/* Seconds for DNS, connect and TLS; crane and containerd allow 10 for each. */
#define CONNECT_SECONDS 30L
/* Seconds without a byte either way. A registry may hash a large blob for minutes before it
 * answers a PUT; for anything else a minute is long. */
#define IDLE_SECONDS 60L
#define IDLE_SECONDS_PUT 300L

struct http {
	CURL *curl;
	const char *cacert;
};

/* One request under way: what libcurl's callbacks work on. */
struct transfer {
	const struct http_request *rq;
	struct http_response *rs;
	size_t body_cap;
	struct reader *content; /* NULL until opened */
	bool content_open;
	bool too_near;
	bool failed; /* *err says why: a reader, or memory */
	struct error *err;
};

struct http *
http_new(const char *cacert, struct error *err)
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

static size_t
on_body(char *buf, size_t one, size_t len, void *arg)
{
	struct transfer *t = arg;
	struct http_response *rs = t->rs;
	size_t room = t->rq->body_max - rs->body_len, cap, take = len < room ? len : room;
	char *new;

	(void)one; /* always 1 */
	if (rs->body_len + take + 1 > t->body_cap) {
		cap = 2 * (rs->body_len + take) + 1;
		new = realloc(rs->body, cap);
		if (new == NULL) {
			t->failed = true;
			(void)error_memory(t->err);
			return 0;
		}
		rs->body = new;
		t->body_cap = cap;
	}
	memcpy(rs->body + rs->body_len, buf, take);
	rs->body_len += take;
	rs->body[rs->body_len] = '\0';
	if (take == len)
		return len;
	rs->cut = true;
	return 0;
}

static void
close_content(struct transfer *t)
{
	if (t->content_open)
		t->rq->body->close(t->rq->body);
	t->content_open = false;
	t->content = NULL;
}

static size_t
on_read(char *buf, size_t one, size_t cap, void *arg)
{
	struct transfer *t = arg;
	size_t len;

	(void)one;
	if (!t->content_open) {
		if (t->rq->body->open(t->rq->body, &t->content, t->err) == -1) {
			t->failed = true;
			return CURL_READFUNC_ABORT;
		}
		t->content_open = true;
	}
	if (reader_read(t->content, buf, cap, &len, t->err) == -1) {
		t->failed = true;
		return CURL_READFUNC_ABORT;
	}
	return len;
}

/* A kept connection that died under the request makes libcurl send it again, from the start. */
static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	if (offset != 0 || origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	close_content(arg);
	return CURL_SEEKFUNC_OK;
}

/* The address here is the one that is dialled, whatever the name was said to mean before. */
static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = arg;

	(void)purpose;
	if (address_reach(&address->addr) > t->rq->nearest) {
		t->too_near = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
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
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	(void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	(void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
	    rq->method == HTTP_PUT ? IDLE_SECONDS_PUT : IDLE_SECONDS);
	if (address_reach_host(rq->url->host) == ADDRESS_LOOPBACK)
		(void)curl_easy_setopt(c, CURLOPT_PROXY, "");
}

static void
set_method(CURL *c, const struct http_request *rq, struct transfer *t)
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
		(void)curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
		(void)curl_easy_setopt(c, CURLOPT_READDATA, t);
		(void)curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
		(void)curl_easy_setopt(c, CURLOPT_SEEKDATA, t);
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

static int
explain(const struct http *h, const struct transfer *t, CURLcode code, const char *detail,
    struct error *err)
{
	char url[MAX_ERROR_TEXT / 2];
	long connect_status = 0, errnum = 0;

	url_show(t->rq->url, url, sizeof(url));
	(void)curl_easy_getinfo(h->curl, CURLINFO_HTTP_CONNECTCODE, &connect_status);
	if (t->failed)
		return -1; /* told already */
	if (code == CURLE_OUT_OF_MEMORY)
		return error_memory(err);
	if (t->too_near)
		return error_set(err, ERROR_DENIED,
		    "%s: lies nearer to this machine than the "
		    "registry that named it: refused",
		    url);
	if (connect_status == 407)
		return error_set(err, ERROR_DENIED, "%s: the proxy wants a login", url);
	if (code == CURLE_SSL_CACERT_BADFILE)
		return error_set(err, ERROR_IO, "%s: no certificates can be read from it",
		    h->cacert != NULL ? h->cacert : "system certificates");
	if (code == CURLE_PEER_FAILED_VERIFICATION && h->cacert == NULL)
		return error_set(err, ERROR_NETWORK,
		    "%s: %s; --cacert FILE names an authority to trust", url, detail);
	/* libcurl keeps why to itself. */
	(void)curl_easy_getinfo(h->curl, CURLINFO_OS_ERRNO, &errnum);
	if (code == CURLE_COULDNT_CONNECT && errnum != 0)
		return error_set(err, ERROR_NETWORK, "%s: %s: %s", url, detail,
		    strerror((int)errnum));
	return error_set(err, ERROR_NETWORK, "%s: %s", url, detail);
}

int
http_perform(struct http *h, const struct http_request *rq, struct http_response *rs,
    struct error *err)
{
	struct transfer t = { .rq = rq, .rs = rs, .err = err };
	char detail[CURL_ERROR_SIZE] = "";
	struct curl_slist *fields = NULL;
	CURL *c = h->curl;
	curl_off_t length = -1;
	char *peer = NULL;
	long status = 0;
	bool answered;
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
	set_method(c, rq, &t);
	if (set_fields(c, rq, &fields, err) == -1)
		goto done;
	(void)curl_easy_setopt(c, CURLOPT_USERAGENT, "ocipipe/" VERSION);
	(void)curl_easy_setopt(c, CURLOPT_URL, rq->url->text);
	(void)curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, &t);
	(void)curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	(void)curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &t);
	code = perform(c);
	/* Pointers into this frame are not left behind. */
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, NULL);
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	/* A server that refuses a body before it has all of it may be gone when we find out. */
	answered = status >= 400 && code == CURLE_SEND_ERROR;
	if (code != CURLE_OK && !answered && !(code == CURLE_WRITE_ERROR && rs->cut)) {
		rc = explain(h, &t, code, detail[0] != '\0' ? detail : curl_easy_strerror(code),
		    err);
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
	close_content(&t);
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
