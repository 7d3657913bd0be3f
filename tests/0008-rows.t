#!/bin/sh
# tests/ROWS says which test holds which row, and why some rows have none.
. "${0%/*}/lib.sh"
plan 1

ok 'every row has a test or a reason' python3 "$TESTS/tools/rows.py"
