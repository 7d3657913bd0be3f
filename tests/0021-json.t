#!/bin/sh
# core/json: what is JSON is read, and nothing else; limits have names.
# rows: T37 T38 T39 T40 T41 T42 T43 T44 O23 O24 O25 O26 O27 O28 O35
exec "${B:-build}/unit/json"
