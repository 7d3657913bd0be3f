#include "registry/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "registry/url.h"

struct range4 {
	uint32_t base;
	unsigned bits;
	enum address_reach reach;
};

static enum address_reach
reach4(const uint8_t b[4])
{
	static const struct range4 ranges[] = {
		{ 0x00000000, 8, ADDRESS_LOOPBACK }, { 0x0a000000, 8, ADDRESS_PRIVATE },
		{ 0x64400000, 10, ADDRESS_PRIVATE }, /* shared, RFC 6598 */
		{ 0x7f000000, 8, ADDRESS_LOOPBACK },
		{ 0xa9fe0000, 16, ADDRESS_LOCAL }, /* link-local, cloud metadata */
		{ 0xac100000, 12, ADDRESS_PRIVATE }, { 0xc0a80000, 16, ADDRESS_PRIVATE },
		{ 0xe0000000, 3, ADDRESS_LOCAL }, /* multicast, reserved, broadcast */
	};
	uint32_t a = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if ((a ^ ranges[i].base) >> (32 - ranges[i].bits) == 0)
			return ranges[i].reach;
	return ADDRESS_PUBLIC;
}

static enum address_reach
reach6(const uint8_t b[16])
{
	static const uint8_t zero[12], mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

	/* IPv4 in other clothes; :: and ::1 are 0.0.0.0 and 0.0.0.1 of the first. */
	if (memcmp(b, zero, 12) == 0 || memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0)
		return reach4(b + 12);
	if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 */
		return reach4(b + 2);
	if ((b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || b[0] == 0xff)
		return ADDRESS_LOCAL;
	if ((b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0xc0))
		return ADDRESS_PRIVATE;
	return ADDRESS_PUBLIC;
}

enum address_reach
address_reach(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	uint8_t b[4];

	/* Copied, for sa is only aligned as a struct sockaddr. */
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		memcpy(b, &in.sin_addr, sizeof(b));
		return reach4(b);
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		return reach6(in6.sin6_addr.s6_addr);
	}
	return ADDRESS_LOCAL;
}

enum address_reach
address_reach_host(const char *host)
{
	char text[MAX_URL_HOST + 1];
	size_t len = strlen(host);
	uint8_t b[16];

	if (len > 0 && len < sizeof(text) && host[0] == '[' && host[len - 1] == ']') {
		memcpy(text, host + 1, len - 2);
		text[len - 2] = '\0';
		return inet_pton(AF_INET6, text, b) == 1 ? reach6(b) : ADDRESS_LOCAL;
	}
	if (inet_pton(AF_INET, host, b) == 1)
		return reach4(b);
	if (inet_pton(AF_INET6, host, b) == 1)
		return reach6(b);
	/* RFC 6761, section 6.3. */
	if (strcasecmp(host, "localhost") == 0 ||
	    (len > 10 && strcasecmp(host + len - 10, ".localhost") == 0))
		return ADDRESS_LOOPBACK;
	return ADDRESS_PUBLIC;
}
