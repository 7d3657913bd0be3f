#include "registry/http_transfer.h"

#include <curl/curl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/io.h"
#include "registry/address.h"

/* Called for each line of a header, a proxy's, an interim one's, and the trailers' too. */
static size_t
on_header(char *line, size_t one, size_t len, void *arg)
{
	struct http_transfer *t = arg;

	(void)one; /* always 1 */
	if (len > MAX_HTTP_HEADER - t->header_len) {
		t->header_long = true;
		return 0;
	}
	t->header_len += len;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		t->header_whole = false;
	else if (line[0] == '\r' || line[0] == '\n')
		t->header_whole = true;
	return len;
}

static size_t
on_body(char *buf, size_t one, size_t len, void *arg)
{
	struct http_transfer *t = arg;
	struct http_response *rs = t->rs;
	size_t room = t->rq->body_max - rs->body_len, cap, take = len < room ? len : room;
	char *new;

	(void)one;
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

void
http_transfer_end(struct http_transfer *t)
{
	if (t->content_open)
		t->rq->body->close(t->rq->body);
	t->content_open = false;
	t->content = NULL;
}

static size_t
on_read(char *buf, size_t one, size_t cap, void *arg)
{
	struct http_transfer *t = arg;
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

/* Only while a blob goes out: an answer that drips counts no more than none. */
static int
on_progress(void *arg, curl_off_t in_all, curl_off_t in, curl_off_t out_all, curl_off_t out)
{
	struct http_transfer *t = arg;
	curl_off_t now = 0;

	(void)in_all;
	(void)in;
	(void)out_all;
	(void)curl_easy_getinfo(t->curl, CURLINFO_TOTAL_TIME_T, &now);
	if (out != t->sent) {
		t->sent = out;
		t->sent_when_us = now;
	}
	return now - t->sent_when_us > (curl_off_t)t->upload_seconds * 1000000 ? 1 : 0;
}

/* A kept connection that died under the request makes libcurl send it again, from the start. */
static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	if (offset != 0 || origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	http_transfer_end(arg);
	return CURL_SEEKFUNC_OK;
}

static void
show_peer(char *peer, size_t cap, const struct sockaddr *sa, socklen_t len)
{
	char host[MAX_HTTP_PEER / 2], port[16];

	if (getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		(void)snprintf(peer, cap, "%s port %s", host, port);
}

/* The address here is the one that is dialled, whatever the name was said to mean before. */
static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_transfer *t = arg;

	(void)purpose;
	show_peer(t->peer, sizeof(t->peer), &address->addr, address->addrlen);
	if (address_reach(&address->addr) > t->rq->nearest) {
		t->too_near = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void
http_transfer_attach(struct http_transfer *t)
{
	CURL *c = t->curl;

	(void)curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	(void)curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	(void)curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
	if (t->rq->method == HTTP_PUT) {
		(void)curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
		(void)curl_easy_setopt(c, CURLOPT_READDATA, t);
		(void)curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
		(void)curl_easy_setopt(c, CURLOPT_SEEKDATA, t);
	}
	if (t->rq->upload) {
		(void)curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
		(void)curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
		(void)curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	}
}
