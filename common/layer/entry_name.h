/*
 * entry_name.h - names of a layer's entries, as they come from outside
 *
 * Source:  OCI image-spec 1.1, layer.md, "Whiteouts".
 */
#ifndef LAYER_ENTRY_NAME_H
#define LAYER_ENTRY_NAME_H

#include <stdbool.h>

/*
 * Makes name relative and clean, in place: no "." parts, no doubled, leading or trailing slashes;
 * "" is the root. False: it has a ".." in it.
 */
bool entry_name_clean(char *name);
/* A last part of ".wh." and more: it would delete a file of the layers below. */
bool entry_name_is_whiteout(const char *name);

#endif
