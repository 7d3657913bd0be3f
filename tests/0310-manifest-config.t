#!/bin/sh
# oci-manifest -c: a config to start from is held to what the options are held to.
. "${0%/*}/lib.sh"
plan 57

mkdir app
echo hello >app/greeting
oci-layer app >layer.tar

# The config of the image in an archive.
config()
{
	manifest=$(tar xOf "$1" index.json | jq -r '.manifests[0].digest[7:]')
	tar xOf "$1" "blobs/sha256/$(tar xOf "$1" "blobs/sha256/$manifest" | jq -r '.config.digest[7:]')"
}
entry() { tar xOf "$1" index.json | jq -c ".manifests[0]$2"; }
# takes NAME CONFIG FILTER EXPECTED: what the filter gives of the image's config.
takes()
{
	printf '%s' "$2" >c.json
	if oci-manifest -c c.json -o taken.tar layer.tar 2>"$ERR"; then
		is "$1" "$(config taken.tar | jq -c "$3")" "$4"
	else
		fail "$1"
		show stderr "$ERR"
	fi
}
bad()
{
	printf '%s' "$2" >c.json
	refuses "$1" 3 "c.json: $3" oci-manifest -c c.json layer.tar
}
run_as() { bad "$1" "{\"config\":{$2}}" "config.$3"; }

# --- what is taken ---
takes 'every member, and others' '{"architecture":"arm64","os":"linux","author":"me","created":"2020-02-02T02:02:02.5+01:00","config":{"ArgsEscaped":true,"Cmd":["a",""],"Entrypoint":[],"Env":["A=","B=x=y"],"ExposedPorts":{"80":{},"53/udp":{}},"Hostname":"h","Labels":{"":"","k":"v"},"StopSignal":"SIGRTMIN+3","User":"1:g","Volumes":{"/v":{}},"WorkingDir":"/w"}}' \
	'[.author,.created,(.config|length),.config.Hostname]' '["me","2020-02-02T02:02:02.5+01:00",11,"h"]'
takes 'texts that Docker leaves empty' '{"author":"","config":{"StopSignal":"","User":"","WorkingDir":""}}' \
	.config '{"StopSignal":"","User":"","WorkingDir":""}'
takes 'null is absent' '{"created":null,"author":null,"config":{"Cmd":null,"Env":null,"ExposedPorts":null,"Labels":null,"User":null,"Volumes":null}}' \
	.created '"1970-01-01T00:00:00Z"'
takes 'paths of Windows begin with a drive' '{"os":"windows","architecture":"amd64","config":{"WorkingDir":"C:\\w","Volumes":{"c:\\v":{}}}}' \
	.config.WorkingDir '"C:\\w"'
takes 'os and architecture in their usual spelling' '{"os":"Linux","architecture":"aarch64","variant":"v8"}' \
	'[.os,.architecture,.variant]' '["linux","arm64",null]'
is 'as the entry has them' "$(entry taken.tar .platform)" '{"architecture":"arm64","os":"linux"}'
takes 'an architecture alone stays' '{"architecture":"s390x"}' '[.os,.architecture]' '["linux","s390x"]'
takes 'an os alone too' '{"os":"freebsd"}' '.os' '"freebsd"'
printf '{"architecture":"s390x","os":"windows","os.version":"10.0.1","variant":"x"}' >c.json
oci-manifest -c c.json -p linux/arm64 -o taken.tar layer.tar
is '-p replaces all of it' "$(config taken.tar | jq -c '[.os,.architecture,.variant,."os.version"]')" \
	'["linux","arm64",null,null]'
SOURCE_DATE_EPOCH=86400 oci-manifest -c c.json -o taken.tar layer.tar
is 'SOURCE_DATE_EPOCH is the time that it lacks' "$(config taken.tar | jq -c .created)" '"1970-01-02T00:00:00Z"'
oci-manifest -c - -o taken.tar layer.tar <c.json
is 'it may be standard input' "$(config taken.tar | jq -c .architecture)" '"s390x"'

# --- what is not ---
bad 'a created that is no time' '{"created":"yesterday"}' 'created: "yesterday": not a time'
bad 'nor seconds' '{"created":"86400"}' 'created: "86400": not a time'
bad 'an empty one' '{"created":""}' 'created: "": not a time'
bad 'a number' '{"created":0}' 'created: not a string'
bad 'an author that is no text' '{"author":[]}' 'author: not a string'
bad 'an os of two words' '{"os":"my os"}' 'os: "my os": not a word'
bad 'a platform for an architecture' '{"architecture":"linux/amd64"}' 'architecture: "linux/amd64": not a word'
bad 'a variant that is none' '{"architecture":"arm","variant":"*"}' 'variant: "*": not a word'
bad 'an os.version' '{"os.version":"(1)"}' 'os.version: "(1)": not a word'
bad 'an os.feature' '{"os.features":["a","b c"]}' 'os.features: "b c": not a word'
run_as 'variables that are no list' '"Env":"x"' 'Env: not an array'
run_as 'nor an object' '"Env":{"A":"b"}' 'Env: not an array'
run_as 'a variable that is no text' '"Env":["A=b",1]' 'Env: not a string'
run_as 'one without a value' '"Env":["NOEQ"]' 'Env: "NOEQ": not name=value'
run_as 'one without a name' '"Env":["=x"]' 'Env: "=x": not name=value'
for member in Cmd Entrypoint; do
	run_as "a $member in one text" "\"$member\":\"/bin/sh -c\"" "$member: not an array"
	run_as "a $member of numbers" "\"$member\":[1]" "$member: not a string"
done
for member in StopSignal User WorkingDir; do
	run_as "a $member that is no text" "\"$member\":[\"x\"]" "$member: not a string"
done
run_as 'a signal that is none' '"StopSignal":"TERM"' 'StopSignal: "TERM": not a signal'
run_as 'a user that is none' '"User":"a:b:c"' 'User: "a:b:c": not user:group'
run_as 'a folder that is not absolute' '"WorkingDir":"w"' 'WorkingDir: "w": not an absolute path'
run_as 'a volume that is not' '"Volumes":{"v":{}}' 'Volumes: "v": not an absolute path'
run_as 'an empty volume' '"Volumes":{"":{}}' 'Volumes: "": not an absolute path'
run_as 'volumes in a list' '"Volumes":["/v"]' 'Volumes: not an object'
run_as 'a volume with a value' '"Volumes":{"/v":"/w"}' 'Volumes: not an object of empty objects'
run_as 'ports in a list' '"ExposedPorts":["80"]' 'ExposedPorts: not an object'
run_as 'a port that is none' '"ExposedPorts":{"http":{}}' 'ExposedPorts: "http": not a port'
run_as 'a port with a value' '"ExposedPorts":{"80":{"a":1}}' 'ExposedPorts: not an object of empty objects'
run_as 'a port of null' '"ExposedPorts":{"80":null}' 'ExposedPorts: not an object of empty objects'
run_as 'labels in a list' '"Labels":["a=b"]' 'Labels: not an object'
run_as 'a label that is no text' '"Labels":{"a":1}' 'Labels: not a string'
run_as 'a label of null' '"Labels":{"dev.carvel.imgpkg.bundle":null}' 'Labels: not a string'
run_as 'an ArgsEscaped that is neither' '"ArgsEscaped":"yes"' 'ArgsEscaped: neither true nor false'
bad 'what config_parse refuses' '{"rootfs":{"type":"weird"}}' 'rootfs.type'
bad 'what is no JSON' '{' 'byte 1'
bad 'what is no object' '[]' 'not an object'

# --- and when ---
echo '{"created":"yesterday"}' >c.json
refuses 'before any input is read' 3 'c.json: created' oci-manifest -c c.json /dev/null/none
tarlib 'layout(image(tag="v1"))' >base.tar
refuses 'also where a base makes it useless' 3 'c.json: created' oci-manifest -c c.json base.tar
refuses 'a file that is not there' 4 'none.json: No such file' oci-manifest -c none.json layer.tar
head -c 4194305 /dev/zero | tr '\0' ' ' >large.json
refuses 'one that is too large' 3 'large.json' oci-manifest -c large.json layer.tar
tarlib 'layout(image(config={"created":"yesterday","config":{"Env":["NOEQ"]}}))' >old.tar
ok 'a base need not be so good' oci-manifest -l a=b -o taken.tar old.tar
is 'and stays as it was' "$(config taken.tar | jq -c '[.created,.config.Env]')" '["yesterday",["NOEQ"]]'
