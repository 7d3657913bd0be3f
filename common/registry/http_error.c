#include "registry/http_error.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"

static int
tell_timeout(const struct http_failure *f, const char *url, struct error *err)
{
	unsigned n = !f->connected ? f->connect_seconds :
	    f->upload		   ? f->upload_seconds :
				     f->answer_seconds;
	const char *what = !f->connected ? "no connection" :
	    f->upload			 ? "nothing was sent for" :
					   "no whole answer";

	return error_set(err, ERROR_NETWORK, "%s: %s%s%s%s %u second%s", url, what,
	    !f->connected && f->peer[0] != '\0' ? " to " : "", !f->connected ? f->peer : "",
	    f->connected && f->upload ? "" : " within", n, n == 1 ? "" : "s");
}

/* No socket was opened, or none could be: what is wrong is the proxy, or there is none such. */
static int
tell_proxy(const struct http_failure *f, const char *url, struct error *err)
{
	return error_set(err, ERROR_NETWORK,
	    "%s: the proxy in %s_proxy or all_proxy is not found, or "
	    "not valid: percent-encode what is special in its password",
	    url, f->url->https ? "https" : "http");
}

static int
tell_connect(const struct http_failure *f, const char *url, struct error *err)
{
	if (f->peer[0] == '\0')
		return tell_proxy(f, url, err);
	return error_set(err, ERROR_NETWORK, "%s: cannot connect to %s%s%s", url, f->peer,
	    f->os_errno != 0 ? ": " : "", f->os_errno != 0 ? strerror(f->os_errno) : "");
}

static int
tell_detail(const struct http_failure *f, const char *url, struct error *err)
{
	const char *detail = f->detail;

	if (detail[0] == '\0' || strchr(detail, '@') != NULL)
		detail = curl_easy_strerror((CURLcode)f->code);
	return error_set(err, ERROR_NETWORK, "%s: %s%s", url, detail,
	    f->code == CURLE_PEER_FAILED_VERIFICATION && f->cacert == NULL ?
		"; --cacert FILE names an authority to trust" :
		"");
}

int
http_failure_tell(const struct http_failure *f, struct error *err)
{
	char url[MAX_ERROR_TEXT / 2];

	url_show(f->url, url, sizeof(url));
	if (f->too_near)
		return error_set(err, ERROR_DENIED,
		    "%s: lies nearer to this machine than the "
		    "registry that named it: refused",
		    url);
	if (f->header_long)
		return error_set(err, ERROR_NETWORK, "%s: its header is longer than %zu KiB", url,
		    MAX_HTTP_HEADER / 1024);
	if (f->proxy_status == 407)
		return error_set(err, ERROR_DENIED, "%s: the proxy wants a login", url);
	switch (f->code) {
	case CURLE_OK:
		return error_set(err, ERROR_NETWORK, "%s: the answer ended inside its header", url);
	case CURLE_OUT_OF_MEMORY:
		/* What libcurl 7.88 says of a line past its limit. */
		if (f->header_begun)
			return error_set(err, ERROR_NETWORK,
			    "%s: its header has a line longer than 100 KiB", url);
		return error_memory(err);
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE:
		return error_set(err, ERROR_NETWORK,
		    "%s: its header has a line longer than 100 KiB, or more lines than 5000", url);
#endif
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_ABORTED_BY_CALLBACK:
		return tell_timeout(f, url, err);
	case CURLE_SSL_CACERT_BADFILE:
		return error_set(err, ERROR_IO, "%s: no certificates can be read from it",
		    f->cacert != NULL ? f->cacert : "system certificates");
	case CURLE_COULDNT_CONNECT:
		return tell_connect(f, url, err);
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_NOT_BUILT_IN:
	case CURLE_URL_MALFORMAT:
	case CURLE_PROXY:
		return tell_proxy(f, url, err);
	case CURLE_UNSUPPORTED_PROTOCOL:
		return error_set(err, ERROR_NETWORK, "%s: what it says is no HTTP", url);
	default:
		return tell_detail(f, url, err);
	}
}

bool
http_failure_is_strange(const struct http_failure *f)
{
	switch (f->code) {
	case CURLE_OK:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return true;
	default:
		return false;
	}
}
