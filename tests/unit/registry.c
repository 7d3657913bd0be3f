/*
 * What the registry room reads from outside, by TAP; and as commands, for 0910-auth.t:
 *
 *	registry credentials AUTHFILE REGISTRY REPOSITORY	what is found there
 *	registry dial URL REACH		a GET to no address nearer than REACH (0 is public)
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "registry/address.h"
#include "core/base64.h"
#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/http.h"
#include "registry/url.h"

static int cases;
static int failures;

static void
ok(bool pass, const char *what, const char *name)
{
	char shown[256];

	cases++;
	if (!pass)
		failures++;
	(void)error_escape(shown, sizeof(shown), name, strlen(name));
	printf("%sok %d - %s: %s\n", pass ? "" : "not ", cases, what, shown);
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

struct expected {
	enum challenge_scheme scheme;
	const char *realm, *service, *scope;
};

/* Exactly these challenges, up to one that is CHALLENGE_OTHER without realm. */
static void
check_challenges(const char *text, const struct expected *e, size_t n)
{
	struct challenge c;
	const char *p = text;
	bool pass = true;
	size_t i;

	for (i = 0; i < n && pass; i++) {
		pass = challenge_next(&c, &p);
		if (pass) {
			pass = c.scheme == e[i].scheme && same(c.realm, e[i].realm) &&
			    same(c.service, e[i].service) && same(c.scope, e[i].scope);
			challenge_release(&c);
		}
	}
	if (pass && challenge_next(&c, &p)) {
		challenge_release(&c);
		pass = false;
	}
	ok(pass, "challenge", text);
}

#define CHALLENGES(text, ...)                                            \
	check_challenges(text, (const struct expected[]){ __VA_ARGS__ }, \
	    sizeof((const struct expected[]){ __VA_ARGS__ }) / sizeof(struct expected))

static void
test_challenges(void)
{
	CHALLENGES("Basic realm=\"x\"", { CHALLENGE_BASIC, "x", NULL, NULL });
	CHALLENGES("BASIC realm=\"x\"", { CHALLENGE_BASIC, "x", NULL, NULL });
	CHALLENGES("Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push\"",
	    { CHALLENGE_BEARER, "https://a/t", "s", "repository:a/b:pull,push" });
	CHALLENGES("bEaReR   REALM = \"r\" ,\tscope=\"a,b\" , , service=s",
	    { CHALLENGE_BEARER, "r", "s", "a,b" });
	CHALLENGES("Negotiate, Basic realm=\"x\", Bearer realm=\"y\"",
	    { CHALLENGE_OTHER, NULL, NULL, NULL }, { CHALLENGE_BASIC, "x", NULL, NULL },
	    { CHALLENGE_BEARER, "y", NULL, NULL });
	CHALLENGES("Negotiate YWJj==, Bearer realm=\"y\"", { CHALLENGE_OTHER, NULL, NULL, NULL },
	    { CHALLENGE_BEARER, "y", NULL, NULL });
	CHALLENGES("Bearer realm=\"a\\\"b\\\\c\"", { CHALLENGE_BEARER, "a\"b\\c", NULL, NULL });
	CHALLENGES("Bearer realm=https://a/t,service=s",
	    { CHALLENGE_BEARER, "https://a/t", "s", NULL });
	CHALLENGES("Bearer", { CHALLENGE_BEARER, NULL, NULL, NULL });
	CHALLENGES("Bearer realm=\"\"", { CHALLENGE_BEARER, "", NULL, NULL });
	CHALLENGES("Bearer realm=\"a\", realm=\"b\"", { CHALLENGE_BEARER, "a", NULL, NULL });
	CHALLENGES("Bearer unknown=\"a\", realm=\"b\"", { CHALLENGE_BEARER, "b", NULL, NULL });
	CHALLENGES(",, Basic realm=\"x\" ,", { CHALLENGE_BASIC, "x", NULL, NULL });
	check_challenges("", NULL, 0);
	check_challenges("Bearer realm=\"a", NULL, 0);
	check_challenges("Bearer realm=\"a\\", NULL, 0);
	check_challenges("Bearer realm=\"a\" service=\"b\"", NULL, 0);
	/* RFC 9110 takes that for a token68. */
	CHALLENGES("Bearer realm=", { CHALLENGE_BEARER, NULL, NULL, NULL });
	check_challenges("Bearer/1 realm=\"a\"", NULL, 0);
	check_challenges("\"Basic\"", NULL, 0);
}

static void
check_link(const char *base, const char *text, const char *expected)
{
	struct url b, u = { .text = NULL };
	struct error err = { .kind = ERROR_NONE };
	char name[512];
	int rc;

	if (url_parse(&b, base, &err) == -1) {
		ok(false, "link", base);
		return;
	}
	rc = url_resolve(&u, &b, text, &err);
	(void)snprintf(name, sizeof(name), "%.200s and %.200s", base, text);
	ok(expected == NULL ? rc == -1 && err.kind == ERROR_REGISTRY :
			      rc == 0 && strcmp(u.text, expected) == 0,
	    "link", name);
	if (rc == 0)
		url_release(&u);
	url_release(&b);
}

static void
test_links(void)
{
	static const char base[] = "https://h/v2/a/blobs/uploads/";
	char *text;

	check_link(base, "https://b:8/x?_state=a%2Fb%3D", "https://b:8/x?_state=a%2Fb%3D");
	check_link(base, "/v2/x?y=z#f", "https://h/v2/x?y=z");
	check_link(base, "uuid?_state=1", "https://h/v2/a/blobs/uploads/uuid?_state=1");
	check_link(base, "../x", "https://h/v2/a/blobs/x");
	check_link(base, "../../../../../x/./y/..", "https://h/x/");
	check_link(base, "?q", "https://h/v2/a/blobs/uploads/?q");
	check_link("https://h/a?b=/c/d", "e", "https://h/e");
	check_link("https://h", "e", "https://h/e");
	check_link("https://h?q", "?r", "https://h?r");
	check_link(base, "//b/x", "https://b/x");
	check_link(base, "HTTP://b/x", "HTTP://b/x");
	check_link(base, "https://[::1]:5/x", "https://[::1]:5/x");
	check_link(base, "", NULL);
	check_link(base, "#f", NULL);
	check_link(base, "file:///etc/passwd", NULL);
	check_link(base, "gopher://b/x", NULL);
	check_link(base, "https:/x", NULL);
	check_link(base, "https://", NULL);
	check_link(base, "https://u:p@b/x", NULL);
	check_link(base, "https://b:0/x", NULL);
	check_link(base, "https://b:65536/x", NULL);
	check_link(base, "https://b:/x", NULL);
	check_link(base, "https://b:8x/x", NULL);
	check_link(base, "https://b%2e/x", NULL);
	check_link(base, "https://[::1/x", NULL);
	check_link(base, "/x y", NULL);
	check_link(base, "/x\ty", NULL);
	check_link(base, "/x\ny", NULL);
	check_link(base, "/\xc3\xa4", NULL);
	if ((text = malloc(MAX_URL + 2)) == NULL)
		return;
	memset(text, '/', MAX_URL + 1);
	text[MAX_URL + 1] = '\0';
	check_link(base, text, NULL);
	free(text);
}

static void
check_add(const char *text, const char *name, const char *value, const char *expected)
{
	struct error err;
	struct url u;

	if (url_parse(&u, text, &err) == -1 || url_add(&u, name, value, &err) == -1) {
		ok(false, "query", expected);
		return;
	}
	ok(strcmp(u.text, expected) == 0, "query", expected);
	url_release(&u);
}

static void
check_origin(const char *a, const char *b, bool same_origin)
{
	struct error err;
	struct url x, y;
	char name[256];

	if (url_parse(&x, a, &err) == -1 || url_parse(&y, b, &err) == -1)
		return;
	(void)snprintf(name, sizeof(name), "%s %s %s", a, same_origin ? "is" : "is not", b);
	ok(url_same_origin(&x, &y) == same_origin, "origin", name);
	url_release(&x);
	url_release(&y);
}

static void
test_urls(void)
{
	check_add("https://h/x", "digest", "sha256:0a", "https://h/x?digest=sha256%3A0a");
	check_add("https://h/x?a=b", "c", "d", "https://h/x?a=b&c=d");
	check_add("https://h/x?", "c", "d", "https://h/x?c=d");
	check_add("https://h/x", "service", "s&x=1#\r\n", "https://h/x?service=s%26x%3D1%23%0D%0A");
	check_origin("https://h/x", "https://H:443/y", true);
	check_origin("http://h/x", "http://h:80/y", true);
	check_origin("https://h/x", "http://h/x", false);
	check_origin("https://h/x", "https://h:444/x", false);
	check_origin("https://h/x", "https://h.evil/x", false);
}

static void
test_addresses(void)
{
	static const struct {
		const char *host;
		enum address_reach reach;
	} hosts[] = {
		{ "8.8.8.8", ADDRESS_PUBLIC },
		{ "reg.example.com", ADDRESS_PUBLIC },
		{ "10.0.0.1", ADDRESS_PRIVATE },
		{ "172.31.255.255", ADDRESS_PRIVATE },
		{ "172.32.0.0", ADDRESS_PUBLIC },
		{ "192.168.1.1", ADDRESS_PRIVATE },
		{ "100.64.0.1", ADDRESS_PRIVATE },
		{ "169.254.169.254", ADDRESS_LOCAL },
		{ "224.0.0.1", ADDRESS_LOCAL },
		{ "127.0.0.1", ADDRESS_LOOPBACK },
		{ "127.255.0.1", ADDRESS_LOOPBACK },
		{ "0.0.0.0", ADDRESS_LOOPBACK },
		{ "[::1]", ADDRESS_LOOPBACK },
		{ "::1", ADDRESS_LOOPBACK },
		{ "[::ffff:127.0.0.1]", ADDRESS_LOOPBACK },
		{ "[::ffff:10.0.0.1]", ADDRESS_PRIVATE },
		{ "[64:ff9b::a9fe:a9fe]", ADDRESS_LOCAL },
		{ "[2002:7f00:1::]", ADDRESS_LOOPBACK },
		{ "[fe80::1]", ADDRESS_LOCAL },
		{ "[fd00::1]", ADDRESS_PRIVATE },
		{ "[2001:4860:4860::8888]", ADDRESS_PUBLIC },
		{ "[not an address]", ADDRESS_LOCAL },
		{ "localhost", ADDRESS_LOOPBACK },
		{ "LOCALHOST", ADDRESS_LOOPBACK },
		{ "x.localhost", ADDRESS_LOOPBACK },
		{ "notlocalhost", ADDRESS_PUBLIC },
	};
	struct sockaddr_storage sa = { .ss_family = AF_UNIX };
	size_t i;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		ok(address_reach_host(hosts[i].host) == hosts[i].reach, "address", hosts[i].host);
	ok(address_reach((const struct sockaddr *)&sa) == ADDRESS_LOCAL, "address",
	    "no IP address");
}

static void
test_base64(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} pairs[] = {
		{ "", 0, "" },
		{ "f", 1, "Zg==" },
		{ "fo", 2, "Zm8=" },
		{ "foo", 3, "Zm9v" },
		{ "\0\xff\xfe>", 4, "AP/+Pg==" },
	};
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Z===", "Zm9v\n", "Zm9-",
		"Zg==Zg==", "====" };
	size_t i, len;
	char *text;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		text = base64_encode(pairs[i].bytes, pairs[i].len);
		ok(text != NULL && strcmp(text, pairs[i].text) == 0, "to base64", pairs[i].text);
		free(text);
		text = base64_decode(pairs[i].text, &len);
		ok(text != NULL && len == pairs[i].len && memcmp(text, pairs[i].bytes, len) == 0,
		    "from base64", pairs[i].text);
		free(text);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		text = base64_decode(bad[i], &len);
		ok(text == NULL, "no base64", bad[i]);
		free(text);
	}
}

static int
command_credentials(char *argv[], struct error *err)
{
	struct credentials c;

	if (credentials_find(&c, argv[0][0] == '\0' ? NULL : argv[0], argv[1], argv[2], err) == -1)
		return -1;
	printf("%s %s %s %s%s\n", c.username != NULL ? c.username : "-",
	    c.password != NULL ? c.password : "-",
	    c.identity_token != NULL ? c.identity_token : "-",
	    c.registry_token != NULL ? c.registry_token : "-", c.exposed ? " exposed" : "");
	credentials_release(&c);
	return 0;
}

static int
command_dial(char *argv[], struct error *err)
{
	struct http_request rq = { .method = HTTP_GET,
		.http_allowed = true,
		.body_max = 100,
		.nearest = (enum address_reach)(argv[1][0] - '0') };
	struct http_response rs = { .body = NULL };
	struct url u = { .text = NULL };
	struct http *h;
	int rc = -1;

	if ((h = http_new(NULL, HTTP_SECONDS, err)) == NULL)
		return -1;
	rq.url = &u;
	if (url_parse(&u, argv[0], err) == 0 && (rc = http_perform(h, &rq, &rs, err)) == 0)
		printf("%d\n", rs.status);
	http_response_release(&rs);
	url_release(&u);
	http_free(h);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct error err = { .kind = ERROR_NONE };

	if (argc == 5 && strcmp(argv[1], "credentials") == 0) {
		(void)command_credentials(argv + 2, &err);
		return error_report(&err, "registry", stderr);
	}
	if (argc == 4 && strcmp(argv[1], "dial") == 0) {
		(void)command_dial(argv + 2, &err);
		return error_report(&err, "registry", stderr);
	}
	test_challenges();
	test_links();
	test_urls();
	test_addresses();
	test_base64();
	printf("1..%d\n", cases);
	return failures == 0 ? 0 : 1;
}
