#!/bin/sh
# core/tar: headers are written to the bit, imgpkg's too.
# rows: O106 O107 O108 O112
exec "${B:-build}/unit/tar_write"
