/*
 * address.h - how near to this machine a network address lies
 *
 * A registry names other servers: where tokens are had, where an upload goes. One that names
 * 169.254.169.254 or 127.0.0.1 makes us ask our own neighbourhood for it. So no server may lie
 * nearer than the registry that names it (CVE-2026-48978 and its like).
 *
 * Source:  RFC 6890 (special-purpose registries), RFC 4193, RFC 4291 section 2.5.
 * Memory:  plain values.
 * Errors:  none.
 */
#ifndef REGISTRY_ADDRESS_H
#define REGISTRY_ADDRESS_H

#include <sys/socket.h>

/* The farther first: a comparison says which is nearer. */
enum address_reach {
	ADDRESS_PUBLIC,
	ADDRESS_PRIVATE, /* RFC 1918, RFC 6598, unique local */
	ADDRESS_LOCAL,	 /* link-local, with clouds' metadata; multicast, reserved */
	ADDRESS_LOOPBACK /* 127.0.0.0/8, ::1, and 0.0.0.0, which systems take for it */
};

/* Of an address about to be dialled. Of a family that is not IP: ADDRESS_LOCAL. */
enum address_reach address_reach(const struct sockaddr *sa);
/*
 * Of a host as written in a URL: an address in digits, in brackets or not, or the name
 * localhost or one below it. Any other name is ADDRESS_PUBLIC, whatever it may resolve to.
 */
enum address_reach address_reach_host(const char *host);

#endif
