#!/bin/sh
# Image configs: what is read of them, what may be changed, and that the rest stays as it was.
. "${0%/*}/lib.sh"
plan 198

image=$B/unit/image
# What the command "layer=one" adds: the digest of that word.
sum()
{
	printf 'sha256:%s' "$(printf %s "$1" | sha256sum | cut -c1-64)"
}
one=$(sum one) two=$(sum two)

# --- reading ---

facts()
{
	gives "$1" "$2" "$image" facts "$3"
}
bad()
{
	refuses "$1" 3 "$3" "$image" facts "$2"
}
rootfs="\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"$one\",\"$two\"]}"
facts 'a config says its platform, layers and history' 'linux/amd64 2 layers 2 history' \
	"{\"os\":\"linux\",\"architecture\":\"x86_64\",$rootfs,\"history\":[{},{\"empty_layer\":true},{\"empty_layer\":false}]}"
facts 'and more of its platform' 'windows(10.0.1+x)/arm/v6 0 layers 0 history' \
	'{"os":"windows","architecture":"arm","variant":"v6","os.version":"10.0.1","os.features":["x"]}'
# rows: O71
facts 'it may lack all of them' '/ 0 layers 0 history' '{}'
# rows: O75
facts 'null is absent everywhere' '/ 0 layers 1 history' \
	'{"os":null,"architecture":null,"variant":null,"os.version":null,"os.features":null,"created":null,"author":null,"config":{"Labels":null,"Env":null},"rootfs":{"type":"layers","diff_ids":null},"history":[{"empty_layer":null}]}'
facts 'config, rootfs and history too' '/ 0 layers 0 history' '{"config":null,"rootfs":null,"history":null}'
facts 'the label makes a bundle' '/ 0 layers 0 history bundle' \
	'{"config":{"Labels":{"dev.carvel.imgpkg.bundle":"true"}}}'
facts 'whatever its value' '/ 0 layers 0 history bundle' \
	'{"config":{"Labels":{"dev.carvel.imgpkg.bundle":"false"}}}'
facts 'also null' '/ 0 layers 0 history bundle' '{"config":{"Labels":{"dev.carvel.imgpkg.bundle":null}}}'
facts 'but not elsewhere' '/ 0 layers 0 history' \
	'{"config":{"dev.carvel.imgpkg.bundle":"true"},"dev.carvel.imgpkg.bundle":"true"}'
# rows: O72
facts 'a created that is no time is none of our business' '/ 0 layers 0 history' '{"created":"yesterday"}'
# rows: O73
facts 'nor is an Env entry without =' '/ 0 layers 0 history' '{"config":{"Env":["A"]}}'
bad 'a config is an object' '[]' 'doc: not an object'
bad 'an os is a string' '{"os":1}' 'doc: os: not a string'
bad 'an architecture is one' '{"architecture":[]}' 'doc: architecture: not a string'
bad 'rootfs is an object' '{"rootfs":[]}' 'doc: rootfs: not an object'
# rows: O68
bad 'of type layers' '{"rootfs":{"type":"weird","diff_ids":[]}}' 'doc: rootfs.type: not "layers"'
bad 'which must be there' '{"rootfs":{"diff_ids":[]}}' 'doc: rootfs.type: not "layers"'
bad 'diff_ids are an array' '{"rootfs":{"type":"layers","diff_ids":{}}}' 'doc: rootfs.diff_ids: not an array'
bad 'of strings' '{"rootfs":{"type":"layers","diff_ids":[1]}}' 'doc: rootfs.diff_ids: not a string'
bad 'which are digests' "{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"$one\",\"sha256:x\"]}}" \
	'doc: rootfs.diff_ids[1]: not a digest: "sha256:x"'
bad 'history is an array' '{"history":{}}' 'doc: history: not an array'
bad 'of objects' '{"history":[{},null]}' 'doc: history: not an array of objects'
bad 'whose empty_layer is true or false' '{"history":[{"empty_layer":"true"}]}' 'empty_layer: neither'
bad 'what is run is an object' '{"config":[]}' 'doc: config: not an object'
bad 'its labels too' '{"config":{"Labels":[]}}' 'doc: config.Labels: not an object'
# rows: T42
for member in OS Architecture Created ROOTFS History Config Variant Author Os.Version oS.Features; do
	bad "$member differs in case" "{\"$member\":null}" 'in case alone'
done
bad 'so does DIFF_IDS in rootfs' '{"rootfs":{"type":"layers","DIFF_IDS":[]}}' 'in case alone'
bad 'and Type' '{"rootfs":{"Type":"layers"}}' 'in case alone'
bad 'and labels in config' '{"config":{"labels":{}}}' 'in case alone'
bad 'and ENV' '{"config":{"ENV":[]}}' 'in case alone'
bad 'the same member twice is refused' '{"os":"a","os":"a"}' 'duplicate key'
yes "\"$one\"" | head -n 4097 | paste -sd, - >ids
printf '{"rootfs":{"type":"layers","diff_ids":[%s]}}' "$(cat ids)" >many.json
refuses '4097 layers are refused' 3 'doc: an image of more than 4096 layers' "$image" facts - <many.json

# --- layers, and what stays ---

config()
{
	expected=$1 name=$2
	shift 2
	gives "$name" "$expected" "$image" config "$@"
}
epoch=1970-01-01T00:00:00Z
layers()
{
	printf '"rootfs":{"diff_ids":[%s],"type":"layers"}' "$1"
}
# A config that config_init made, with this as its member config, and these layers and history.
made()
{
	printf '{"architecture":"","config":%s,"created":"%s",%s"os":"",%s}' "$1" "$epoch" "${3-}" \
		"$(layers "${2-}")"
}
config "$(made '{}')" 'an empty config has all that is needed, sorted' new
config "$(made '{}' "\"$one\",\"$two\"" "\"history\":[{\"created\":\"$epoch\",\"created_by\":\"one\"},{\"created\":\"$epoch\",\"created_by\":\"two\"}],")" \
	'each layer has its DiffID and its history' new layer=one layer=two
config "$(made '{}')" 'dropped layers leave nothing' new layer=one layer=two drop
config "$(made '{}' "\"$(sum '')\"")" 'a layer without a creator has no history' new layer=

canonical="{\"architecture\":\"amd64\",\"author\":\"me\",\"config\":{\"Cmd\":[\"a\"],\"Env\":[\"A=b\"],\"Labels\":{\"k\":\"v\"}},\"created\":\"2020-02-02T02:02:02.5+01:00\",\"history\":[{\"created\":\"x\"}],\"os\":\"linux\",$(layers "\"$one\""),\"variant\":\"v3\",\"x\":{\"b\":1.50,\"a\":[ ]}}"
config "$canonical" 'a config in canonical form is written as it was read' "$canonical"
config "{\"a\":{ \"y\" : 1.50 },$(layers ''),\"z\":null}" 'what we do not know stays in its own spelling' \
	'{"z":null,"a":{ "y" : 1.50 }}'
config "{\"created\":\"2020-01-01T00:00:00Z\",\"history\":[ {\"a\":1},{\"created\":\"2020-01-01T00:00:00Z\",\"created_by\":\"two\"}],$(layers "\"$one\",\"$two\"")}" \
	'history goes on behind that of the base, at the time of the config' \
	"{\"created\":\"2020-01-01T00:00:00Z\",\"history\":[ {\"a\":1} ],\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"$one\"]}}" layer=two
config "{\"history\":[{\"created\":\"$epoch\",\"created_by\":\"two\"}],$(layers "\"$two\"")}" \
	'also behind an empty one' '{"history":[ ]}' layer=two
config "{\"created\":7,\"history\":[{\"created\":\"$epoch\",\"created_by\":\"two\"}],$(layers "\"$two\"")}" \
	'a created that is no text is none' '{"created":7}' layer=two
config "{$(layers "\"$one\",\"$two\"")}" 'a history that tells of nothing is not begun in the middle' \
	"{$(layers "\"$one\"")}" layer=two
config "{$(layers ''),\"x\":1}" 'a config to start from loses its layers and history' \
	"{\"history\":[{}],$(layers "\"$one\""),\"x\":1}" drop

# --- edits ---

# edit NAME EXPECTED-CONFIG EDIT...: of an empty config.
edit()
{
	name=$1 expected=$2
	shift 2
	gives "$name" "$(made "$expected")" "$image" config new "$@"
}
# based NAME BASE EXPECTED EDIT...: of a config that has this member config.
based()
{
	name=$1 base=$2 expected=$3
	shift 3
	gives "$name" "{\"config\":$expected,$(layers '')}" "$image" config "{\"config\":$base}" "$@"
}
usage()
{
	name=$1 text=$2
	shift 2
	refuses "$name" 2 "$text" "$image" config new "$@"
}

edit 'labels are sorted' '{"Labels":{"a":"","b":"x=y"}}' label=b=x=y label=a=
edit 'the last of the same label stays' '{"Labels":{"a":"2"}}' label=a=1 label=a=2
edit 'a label may hold any text' '{"Labels":{"é":"\n\"ü"}}' "label=é=
\"ü"
based 'labels join those of the base' '{"Labels":{"a":"1","b":"2"},"X":[ ]}' '{"Labels":{"a":"1","b":"3","c":"4"},"X":[ ]}' \
	label=c=4 label=b=3
based 'labels of null are none' '{"Labels":null}' '{"Labels":{"a":"1"}}' label=a=1
edit 'a bundle has its label' '{"Labels":{"a":"1","dev.carvel.imgpkg.bundle":"true"}}' label=a=1 bundle
usage 'nobody else may set it' 'reserved for bundles: use -b' label=dev.carvel.imgpkg.bundle=true
usage 'a label has a value' 'label: "a": not name=value' label=a
usage 'and a name' 'label: "=a": not name=value' label==a
usage 'a label is UTF-8' 'not UTF-8' "$(printf 'label=a=\377')"
usage 'overlong forms are not' 'not UTF-8' "$(printf 'label=a=\300\200')"
usage 'surrogates neither' 'not UTF-8' "$(printf 'label=a=\355\240\200')"

edit 'variables keep their order' '{"Env":["B=1","A=","C=x=y"]}' env=B=1 env=A= env=C=x=y
edit 'the last of the same variable stays' '{"Env":["B=1","A=3"]}' env=A=2 env=B=1 env=A=3
based 'one of the base is replaced in its place' '{"Env":["PATH=/a","A=1","AB=2","odd"]}' \
	'{"Env":["PATH=/a","A=9","AB=2","odd","N=1"]}' env=N=1 env=A=9
based 'one that the base has twice is there once' '{"Env":["A=1","B=2","A=3"]}' '{"Env":["A=9","B=2"]}' env=A=9
usage 'a variable has a value' 'env: "A": not name=value' env=A
usage 'and a name' 'not name=value' env==1
usage 'a variable is UTF-8' 'not UTF-8' "$(printf 'env=A=\377')"
refuses 'an Env of the base that is no array is refused' 3 'Env: not an array' \
	"$image" config '{"config":{"Env":{}}}' env=A=1
refuses 'nor one of numbers' 3 'not a string' "$image" config '{"config":{"Env":[1]}}' env=A=1

edit 'each value is one argument' '{"Cmd":["-x","a b"],"Entrypoint":["/bin/x"]}' entrypoint=/bin/x cmd=-x 'cmd=a b'
edit 'a value with a bracket is a JSON array' '{"Cmd":["a","b","\u00e9"]}' 'cmd=[ "a", "b", "\u00e9" ]'
edit 'both can be mixed' '{"Entrypoint":["a","b","c"]}' 'entrypoint=["a","b"]' entrypoint=c
edit 'an empty argument is one' '{"Cmd":[""]}' cmd=
based 'an Entrypoint alone removes the Cmd of the base' '{"Cmd":["x"],"Entrypoint":["y"],"User":"u"}' \
	'{"Entrypoint":["z"],"User":"u"}' entrypoint=z
based 'a Cmd alone leaves the Entrypoint' '{"Cmd":["x"],"Entrypoint":["y"]}' '{"Cmd":["z"],"Entrypoint":["y"]}' cmd=z
based 'both replace both' '{"Cmd":["x"],"Entrypoint":["y"]}' '{"Cmd":["b"],"Entrypoint":["a"]}' cmd=b entrypoint=a
based 'an empty array removes' '{"Cmd":["x"],"User":"u"}' '{"User":"u"}' 'cmd=[]'
usage 'a broken array is refused' 'Cmd: byte' 'cmd=["a"'
usage 'an array of numbers too' 'Cmd: not a JSON array of strings' 'cmd=["a",1]'
usage 'an argument is UTF-8' 'not UTF-8' "$(printf 'entrypoint=\377')"

edit 'a port is one of tcp' '{"ExposedPorts":{"80/tcp":{}}}' expose=80
edit 'ports are sorted, and there once' '{"ExposedPorts":{"443/tcp":{},"53/udp":{},"9/sctp":{}}}' \
	expose=9/sctp expose=53/udp expose=443 expose=443/tcp
based 'ports join those of the base' '{"ExposedPorts":{"1":{}}}' '{"ExposedPorts":{"1":{},"65535/tcp":{}}}' expose=65535
for port in 0 65536 99999999999999999999 080 -1 +1 80/ 80/icmp 80/tcp/ a '' ' 80' 80-90 1.5; do
	usage "\"$port\" is no port" 'not a port' "expose=$port"
done

refuses 'ports of the base in an array are refused' 3 'ExposedPorts: config: not an object' \
	"$image" config '{"config":{"ExposedPorts":["80"]}}' expose=80

edit 'volumes are sorted' '{"Volumes":{"/a":{},"/b c":{}}}' 'volume=/b c' volume=/a
based 'volumes join those of the base' '{"Volumes":{"/x":{}}}' '{"Volumes":{"/a":{},"/x":{}}}' volume=/a
usage 'a volume is absolute' 'volume: "a": not an absolute path' volume=a
usage 'and not empty' 'not an absolute path' volume=
edit 'so is a working directory' '{"WorkingDir":"/w"}' workdir=/w
usage 'and nothing else' 'workdir: "w": not an absolute path' workdir=w
usage 'or UTF-8' 'not UTF-8' "$(printf 'workdir=/\377')"
gives 'but on Windows it has a drive' \
	"{\"architecture\":\"amd64\",\"config\":{\"WorkingDir\":\"C:\\\\w\"},\"created\":\"$epoch\",\"os\":\"windows\",$(layers '')}" \
	"$image" config new platform=windows/amd64 'workdir=C:\w'

for user in root 0 root:wheel 1000:1000 u:0 DOMAIN\\u; do
	edit "$user is a user" "{\"User\":\"$(printf %s "$user" | sed 's/\\/&&/')\"}" "user=$user"
done
for user in '' : a: :b a:b:c 'a b'; do
	usage "\"$user\" is no user" 'user: "' "user=$user"
done
usage 'two lines are no user' 'user: "a\x0ab"' 'user=a
b'
usage 'a user is UTF-8' 'not UTF-8' "$(printf 'user=\377')"
for signal in SIGTERM SIGKILL SIGUSR1 SIGRTMIN+3 SIGRTMAX-15 SIGRTMIN 9 64; do
	edit "$signal stops" "{\"StopSignal\":\"$signal\"}" "stop-signal=$signal"
done
for signal in '' TERM sigterm SIG SIG9 SIGTERM+1 SIGRTMIN+ SIGRTMIN+3x SIGRTMIN+333 'SIGTERM ' 0 65 -9; do
	usage "\"$signal\" does not" 'stop-signal: "' "stop-signal=$signal"
done

gives 'an author is beside the config' "{\"author\":\"Ä <b@c>\",$(layers '')}" "$image" config '{}' 'author=Ä <b@c>'
usage 'and is UTF-8' 'not UTF-8' "$(printf 'author=\377')"

# --- when, and for what ---

timed()
{
	gives "created $1 is $2" "{\"created\":\"$2\",$(layers '')}" "$image" config '{}' "created=$1"
}
timed 0 1970-01-01T00:00:00Z
timed 1 1970-01-01T00:00:01Z
timed 00086399 1970-01-01T23:59:59Z
timed 86400 1970-01-02T00:00:00Z
timed 951782400 2000-02-29T00:00:00Z
timed 951868800 2000-03-01T00:00:00Z
timed 1709251199 2024-02-29T23:59:59Z
timed 1735689599 2024-12-31T23:59:59Z
timed 4107542400 2100-03-01T00:00:00Z
timed 253402300799 9999-12-31T23:59:59Z
for time in 2024-02-29T23:59:59Z 0001-01-01T00:00:00Z 2020-01-01T00:00:00.1Z \
	2020-01-01T00:00:00.123456789+14:00 2020-12-31T23:59:59-23:59 2000-02-29T00:00:00Z; do
	timed $time $time
done
# rows: O72
for time in '' yesterday -1 +1 1.5 0x10 253402300800 99999999999999999999 2020-01-01 2020-01-01T00:00:00 \
	2020-01-01t00:00:00Z 2020-01-01T00:00:00z '2020-01-01 00:00:00Z' 2023-02-29T00:00:00Z \
	1900-02-29T00:00:00Z 2020-13-01T00:00:00Z 2020-00-01T00:00:00Z 2020-01-00T00:00:00Z \
	2020-04-31T00:00:00Z 2020-01-01T24:00:00Z 2020-01-01T00:60:00Z 2020-01-01T00:00:60Z \
	2020-01-01T00:00:00.Z 2020-01-01T00:00:00.1234567890Z 2020-01-01T00:00:00+1:00 \
	2020-01-01T00:00:00+24:00 2020-01-01T00:00:00+01:60 2020-01-01T00:00:00ZZ 20200-01-01T00:00:00Z \
	2020-1-01T00:00:00Z; do
	usage "\"$time\" is no time" 'created: "' "created=$time"
done
gives 'neither locale nor time zone change that' "{\"created\":\"2000-02-29T00:00:00Z\",$(layers '')}" \
	env TZ=Asia/Kathmandu LC_ALL=tr_TR.UTF-8 "$image" config '{}' created=951782400

gives 'a platform is written in its parts' \
	"{\"architecture\":\"arm\",\"config\":{},\"created\":\"$epoch\",\"os\":\"windows\",\"os.features\":[\"a\",\"b\"],\"os.version\":\"10\",$(layers ''),\"variant\":\"v6\"}" \
	"$image" config new 'platform=windows(10+b+a)/arm/v6'
gives 'and takes those of another away' "{\"architecture\":\"amd64\",\"os\":\"linux\",$(layers '')}" \
	"$image" config '{"os":"windows","architecture":"arm","variant":"v6","os.version":"1","os.features":["a"]}' \
	platform=linux/amd64
gives 'an edit leaves alone what it does not name' "{\"author\":\"x\",\"config\":{\"A\":[ ]},$(layers '')}" \
	"$image" config '{"config":{"A":[ ]}}' author=x
gives 'a config that is not there is not made for nothing' "{\"author\":\"\",$(layers '')}" "$image" config '{}' author=
