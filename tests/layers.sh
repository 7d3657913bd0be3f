# layers.sh - what the tests of layers share; source it after lib.sh
#
#   entry FILE			the descriptor of the last layer of a stream, as JSON
#   diffid FILE			its DiffID, as the stream says
#   unlayer FILE		its tar, decompressed
#   names FILE			the names of its entries
#   as_nobody COMMAND...	without root's powers, whoever runs the tests
# shellcheck shell=sh

entry()
{
	tar xOf "$1" index.json | jq -c '.manifests[-1]'
}

diffid()
{
	entry "$1" | jq -r '.annotations["containerd.io/uncompressed"]'
}

unlayer()
{
	blob=blobs/sha256/$(entry "$1" | jq -r '.digest | ltrimstr("sha256:")')
	case $(entry "$1" | jq -r .mediaType) in
	*+gzip) tar xOf "$1" "$blob" | gzip -dc ;;
	*+zstd) tar xOf "$1" "$blob" | zstd -dcq ;;
	*) tar xOf "$1" "$blob" ;;
	esac
}

names()
{
	unlayer "$1" | tar tf - --quoting-style=escape
}

as_nobody()
{
	if [ "$(id -u)" = 0 ]; then
		chmod 755 "$T" "$T/home"
		chmod 1777 "$TMPDIR"
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}
