#!/bin/sh
# rooted.sh COMMAND... - runs it where "/" is a mount point
#
# The containers' tools change their root to unpack a layer, and cannot where / is an ordinary
# folder: in a chroot. So / is bound to a folder, in a mount namespace of its own, and taken away
# afterwards: where the mount that holds the chroot is shared, the binding shows outside.
set -eu
# shellcheck disable=SC2016
exec unshare -m --propagation unchanged sh -c '
	root=$(mktemp -d)
	mount --bind / "$root" && mount --make-private "$root" || exit 1
	trap "umount -l \"$root\" && rmdir \"$root\"" EXIT
	[ -e /proc/self/mountinfo ] || mount -t proc proc "$root/proc"
	for point in $(cut -d" " -f5 /proc/self/mountinfo | grep -x "/[^/]*"); do
		mount --rbind "$point" "$root$point"
	done
	chroot "$root" sh -c '\''cd "$1" && shift && exec "$@"'\'' sh "$@"
' sh "$PWD" "$@"
