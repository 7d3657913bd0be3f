/*
 * secret.h - passwords and tokens in memory: overwritten before they are given back
 *
 * Memory:  plain malloc'ed bytes.
 * Errors:  none.
 */
#ifndef REGISTRY_SECRET_H
#define REGISTRY_SECRET_H

#include <stddef.h>

void secret_wipe(char *text, size_t len);
/* Wipes up to the NUL, and frees; text may be NULL. */
void secret_free(char *text);

#endif
