#!/bin/sh
# The registry room reads challenges, links, addresses and base64 as it should.
# rows: T85
exec "${B:-build}/unit/registry"
