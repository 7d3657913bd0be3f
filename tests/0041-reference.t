#!/bin/sh
# Names: what a reference, a tag and a platform may look like, and what they stand for.
. "${0%/*}/lib.sh"
plan 159

image=$B/unit/image
hex=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a

digits()
{
	printf '%0*d' "$1" 1
}

refers()
{
	gives "$1 is $2" "$2" "$image" reference "$1"
}
refused()
{
	refuses "$1" 3 "$3" "$image" reference "$2"
}

refers alpine docker.io/library/alpine
refers alpine:3.20 docker.io/library/alpine:3.20
refers foo:5000 docker.io/library/foo:5000
refers foo:5000/x foo:5000/x
refers foo.bar/x foo.bar/x
refers foo/bar docker.io/foo/bar
refers localhost docker.io/library/localhost
refers localhost/x localhost/x
refers localhost:5000/a/b:c localhost:5000/a/b:c
refers 127.0.0.1:5000/x 127.0.0.1:5000/x
# rows: T107
refers '[::1]:5000/x' '[::1]:5000/x'
refers '[2001:db8::1]/x:y' '[2001:db8::1]/x:y'
refers docker.io/alpine docker.io/library/alpine
refers docker.io/a/b docker.io/a/b
refers index.docker.io/alpine docker.io/library/alpine
refers registry-1.docker.io/a/b:c docker.io/a/b:c
refers "a/b@sha256:$hex" "docker.io/a/b@sha256:$hex"
refers "reg.io/a:t@sha256:$hex" "reg.io/a:t@sha256:$hex"
refers "a@sha512:$hex$hex" "docker.io/library/a@sha512:$hex$hex"
refers Reg.IO:80/x reg.io:80/x
refers reg.io/a-b--c/d_e/f__g/h.i reg.io/a-b--c/d_e/f__g/h.i
refers "a:$(digits 128)" "docker.io/library/a:$(digits 128)"
refers a:_Tag-1.x docker.io/library/a:_Tag-1.x
refers "reg.io/$(digits 248)" "reg.io/$(digits 248)"
refers "${hex}a" "docker.io/library/${hex}a"
refers "$hex:tag" "docker.io/library/$hex:tag"

refused 'a reference of 256 bytes is refused' "reg.io/$(digits 249)" 'longer than 255'
refused 'so is one that library/ makes longer' "$(digits 238)" 'longer than 255'
refused 'an empty reference is refused' '' 'empty'
refused '64 hexadecimal digits are an id, no name' $hex '64 hexadecimal digits'
# rows: T107
refused 'a blank is refused' 'a b' 'not a repository'
refused 'an upper-case folder is refused' A/x 'must be lower case'
refused 'an upper-case name is refused' reg.io/Foo 'must be lower case'
refused 'a short digest is refused' x@sha256:short 'not a digest: "sha256:short"'
refused 'a scheme is refused' http://x/y 'no scheme'
refused 'two tags are refused' x:tag:tag 'not a repository'
refused 'x/../y is refused' x/../y 'not a repository'
refused '300 characters are refused' "$(digits 300)" 'longer than 255'
refused 'a host with two ports is refused' reg.io:80:80/x 'no host'
refused 'a long host is refused' "$(digits 300).io/x" 'no host'
refused 'hyphens alone are refused' -- 'not a repository'
refused 'an address without its bracket is refused' '[::1/x' 'no host'
refused 'a zone id is refused' '[fe80::1%eth0]/x' 'no host'
refused 'brackets hold an address' '[reg.io]/x' 'no host'
refused 'nothing stands behind a bracket but a port' '[::1]x/y' 'no host'
refused 'an address alone is no repository' '[::1]:5000' 'not a repository'
refused 'a port of 0 is refused' reg.io:0/x 'no host'
refused 'a port of 65536 is refused' reg.io:65536/x 'no host'
refused 'a port in letters is refused' x:tag/foo 'no host'
refused 'an empty port is refused' reg.io:/x 'no host'
refused 'a host that begins with a hyphen is refused' -reg.io/x 'no host'
refused 'a host that ends with a dot is refused' reg.io./x 'no host'
refused 'a host with an underscore is refused' a_b.io/x 'no host'
refused 'a trailing slash is refused' reg.io/x/ 'not a repository'
refused 'two slashes are refused' reg.io/x//y 'not a repository'
refused 'a leading slash is refused' /x 'not a repository'
refused 'three underscores are refused' a___b 'not a repository'
refused 'two dots are refused' a..b 'not a repository'
refused 'a trailing hyphen is refused' a- 'not a repository'
refused 'an empty tag is refused' a: 'not a tag'
refused 'a tag that begins with a dot is refused' a:.b 'not a tag'
refused 'a tag of 129 is refused' "a:$(digits 129)" 'not a tag'
refused 'a digest alone is refused' "@sha256:$hex" 'not a repository'
refused 'an upper-case digest is refused' "a@sha256:$(echo $hex | tr a-f A-F)" 'not a digest'
refused 'a digest of no known algorithm is refused' a@md5:0123 'not a sha256 or sha512 digest'
refused 'a control character is shown escaped' "$(printf 'a\033]0;x')" 'a\x1b]0;x: not a repository'

# rows: T52
secret()
{
	run "$image" reference "$1"
	if [ "$STATUS" -eq 3 ] && [ -s "$ERR" ] && ! grep -q -e hunt -e er2 "$ERR"; then
		pass "of $1 the password is not shown"
	else
		fail "of $1 the password is not shown"
		explain "$1"
	fi
}
secret 'u:hunter2@reg.io/x'
secret "u:hunter2@reg.io/x@sha256:$hex"
secret 'u:hunter2@reg.io'
secret 'u:hunter2@reg.io:5000'
secret 'u:hunter2@reg.io:5000/x:y'
secret 'u:hunt@er2@reg.io/x'
secret 'u:hunt/er2@reg.io/x'
secret 'https://u:hunter2@reg.io/x'
secret 'u:hunter2@'
secret 'hunter2@localhost'

# --- what -t takes ---

named()
{
	gives "-t $1 is $2" "$2" "$image" name "$1"
}
unnamed()
{
	refuses "$1" 2 "$3" "$image" name "$2"
}
named v1 'v1 -'
named 5000 '5000 -'
named _ '_ -'
named V1.x-y 'V1.x-y -'
named "$(digits 128)" "$(digits 128) -"
named app:v1 'v1 docker.io/library/app:v1'
named reg.io/app:v1 'v1 reg.io/app:v1'
named reg.io/app 'latest reg.io/app:latest'
named a/b 'latest docker.io/a/b:latest'
# rows: T49 O115
unnamed 'a tag of two lines is refused' 'v1
v2' 'neither a tag nor a reference'
unnamed 'a tag of 129 characters is refused' "$(digits 129)" 'neither a tag nor a reference'
unnamed 'a tag that begins with a hyphen is refused' -x 'neither a tag nor a reference'
unnamed 'a path is no name' ../x 'no host'
unnamed 'an empty name is refused' '' 'neither a tag nor a reference'
unnamed 'a name with blanks is refused' 'bad ref!' 'neither a tag nor a reference'
unnamed 'a name with a digest is refused' "a:b@sha256:$hex" 'has no digest'
unnamed 'a password is a usage error here' u:hunter2@reg.io/x:v1 'no user name or password'

# --- platforms ---

platform()
{
	gives "$1 is $2" "$2" "$image" platform "$1"
}
no_platform()
{
	refuses "$1 is no platform" 2 "$2" "$image" platform "$1"
}
platform linux/amd64 linux/amd64
platform linux/i386 linux/386
platform linux/i386/x linux/386
# rows: O56
platform linux/x86_64 linux/amd64
platform linux/x86-64 linux/amd64
platform linux/aarch64 linux/arm64
platform linux/amd64/v1 linux/amd64
platform linux/amd64/v3 linux/amd64/v3
platform linux/arm64/8 linux/arm64
platform linux/arm64/v8 linux/arm64
platform linux/arm64/v8.0 linux/arm64
platform linux/arm64/v8.2 linux/arm64/v8.2
platform linux/arm64/9 linux/arm64/v9
platform linux/arm64/9.0 linux/arm64/v9
platform linux/arm64/v9.0 linux/arm64/v9
platform linux/arm64/v9.1 linux/arm64/v9.1
platform linux/armhf linux/arm/v7
platform linux/armel linux/arm/v6
platform linux/armel/v7 linux/arm/v6
platform linux/arm linux/arm/v7
platform linux/arm/7 linux/arm/v7
platform linux/arm/5 linux/arm/v5
platform linux/arm/6 linux/arm/v6
platform linux/arm/8 linux/arm/v8
platform macOS/ARM64 darwin/arm64
platform Linux/AMD64/V2 linux/amd64/v2
platform 'windows(10.0.17763.1)/amd64' 'windows(10.0.17763.1)/amd64'
platform 'windows(10.0.1+win32k+a)/amd64' 'windows(10.0.1+a+win32k)/amd64'
platform 'windows(+win32k)/amd64' 'windows(+win32k)/amd64'
no_platform linux 'write os/architecture'
no_platform '' 'write os/architecture'
no_platform linux/ 'write os/architecture'
no_platform /amd64 'write os/architecture'
no_platform linux/amd64/ 'write os/architecture'
no_platform linux/arm64/v8/x 'write os/architecture'
no_platform 'linux/am d64' 'write os/architecture'
no_platform 'linux/*' 'write os/architecture'
no_platform 'windows(10/amd64' 'without its ")"'
no_platform 'windows(1!)/amd64' 'no os version'
no_platform 'windows(1++a)/amd64' 'no os version'
no_platform "linux/$(digits 600)" 'longer than 512 bytes'

# The platform that serves the first best, of those behind it.
best()
{
	wanted=$1 expected=$2
	shift 2
	gives "$wanted of $* takes $expected" "$expected" "$image" best "$wanted" "$@"
}
# rows: O53
best linux/arm64 linux/arm64/v8 linux/amd64 linux/arm64/v8 linux/arm64
# rows: O54
best linux/arm linux/arm/v6 linux/arm/v6 linux/arm/v8
best linux/arm/v7 linux/arm/v6 linux/arm/v5 linux/arm/v6
best linux/arm/v6 none linux/arm/v7
# rows: O55
best linux/amd64 none linux/386
best linux/amd64 none linux/amd64/v2
best linux/amd64/v3 linux/amd64/v2 linux/amd64 linux/amd64/v2 linux/amd64/v4
best linux/amd64/v3 linux/amd64 linux/amd64 linux/386
best linux/arm64/v8.4 linux/arm64/v8.2 linux/arm64 linux/arm64/v8.2 linux/arm64/v8.5
best linux/arm64/v9 linux/arm64/v8.5 linux/arm64/v8.6 linux/arm64/v8.5 linux/arm64/v9.1
best linux/arm64 none linux/arm/v7
best linux/arm64 none linux/arm64/v9
best linux/amd64 none windows/amd64 freebsd/amd64
best linux/riscv64 linux/riscv64 linux/riscv64/rva23 linux/riscv64
best linux/amd64/odd linux/amd64/odd linux/amd64 linux/amd64/odd
best 'linux/*' linux/s390x windows/amd64 linux/s390x
best '*/arm64' darwin/arm64 linux/amd64 darwin/arm64
# rows: O57
best '*/*' linux/amd64 unknown/unknown linux/amd64
best linux/386,linux/s390x linux/s390x linux/amd64 linux/s390x
best windows/amd64 'windows(10.0.1)/amd64' linux/amd64 'windows(10.0.1)/amd64'
best 'windows(10.0.17763)/amd64' 'windows(10.0.17763.2)/amd64' 'windows(10.0.177630)/amd64' \
	windows/amd64 'windows(10.0.17763.2)/amd64'
best 'windows(10.0.1)/amd64' 'windows(10.0.1)/amd64' 'windows(10.0.1.5)/amd64' \
	'windows(10.0.1)/amd64'
best 'windows(+win32k)/amd64' 'windows(1+a+win32k)/amd64' windows/amd64 \
	'windows(1+a+win32k)/amd64'
refuses 'an empty item of a list is refused' 2 'write os/architecture' "$image" best linux/amd64, x/y
refuses 'a variant of every architecture is refused' 2 'variant of every architecture' \
	"$image" best 'linux/*/v8' x/y
