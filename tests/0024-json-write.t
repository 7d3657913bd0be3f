#!/bin/sh
# core/json: text is written in RFC 8785's form.
exec "${B:-build}/unit/json_write"
