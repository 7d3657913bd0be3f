#!/bin/sh
# core/tar: an archive that is right is read; one on which tar readers disagree is refused.
# rows: T2 T3 T4 T6 T7 T9 T10 T11 T12 T13 T14 T15 T16 T26 T27 T28 T29
# rows: O2 O3 O5 O6 O7 O8 O9 O97 O98 O99 O100 O101
exec "${B:-build}/unit/tar"
