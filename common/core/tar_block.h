/*
 * tar_block.h - the fields of a tar header, for tar.c and tar_write.c alone
 *
 * Source:  POSIX.1-2008, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format",
 *          for the sparse bytes of old GNU headers, which lie over prefix and pad.
 */
#ifndef CORE_TAR_BLOCK_H
#define CORE_TAR_BLOCK_H

#include "core/tar.h"

struct tar_block {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char chksum[8];
	char typeflag;
	char linkname[100];
	char magic[8]; /* and version: "ustar", NUL, "00"; GNU: "ustar  ", NUL */
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155];
	char pad[12];
};
_Static_assert(sizeof(struct tar_block) == TAR_BLOCK, "a tar header is one block");

/* Bytes up to the next block, after size bytes of content. */
static inline unsigned int
tar_padding(uint64_t size)
{
	return (unsigned int)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

#endif
