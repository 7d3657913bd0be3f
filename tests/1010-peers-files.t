#!/bin/sh
# Other tools' files become ours, and our rarer forms are read by other tools.
. "${0%/*}/lib.sh"
need skopeo podman buildah jq zip rpmbuild zstd
plan 24

copies() { rm -rf copied && skopeo --insecure-policy copy -q "$1" dir:copied; }
root() { tar xOf "$1" index.json | jq -r '.manifests[0].digest'; }
document() { tar xOf "$1" "blobs/sha256/${2#sha256:}"; }
config() { document "$1" "$(document "$1" "$(root "$1")" | jq -r .config.digest)"; }

mkdir -p app/bin && echo hello >app/greeting && echo '#!/bin/sh' >app/bin/run && chmod 755 app/bin/run
oci-layer app | oci-manifest -t example.com/app:v1 --cmd /bin/run | oci-pack -o app.tar
diffid=$(config app.tar | jq -r '.rootfs.diff_ids[0]')

# --- docker archives (rows: T30 O94) ---
podman load -q -i app.tar >/dev/null
podman save -q --format docker-archive -o podman.tar example.com/app:v1
is 'what podman saves is a docker archive' "$(oci-sniff podman.tar)" docker-archive
ok 'it is read' oci-pack -o from-podman.tar podman.tar
is 'its layer is the same' "$(config from-podman.tar | jq -r '.rootfs.diff_ids[0]')" "$diffid"
is 'its name is kept' "$(tar xOf from-podman.tar index.json |
    jq -r '.manifests[0].annotations["io.containerd.image.name"]')" example.com/app:v1
ok 'and goes on to others' copies oci-archive:from-podman.tar:v1
skopeo --insecure-policy copy -q oci-archive:app.tar:v1 docker-archive:skopeo.tar:example.com/app:v1
is 'what skopeo writes, with its links, is a docker archive' "$(oci-sniff skopeo.tar)" docker-archive
ok 'it is read from a pipe' sh -c 'cat skopeo.tar | oci-pack -o from-skopeo.tar'
is 'as the same image as podman'"'"'s' "$(root from-skopeo.tar)" "$(root from-podman.tar)"
podman save -q --format oci-archive -o podman-oci.tar example.com/app:v1
is 'an OCI archive of podman keeps its manifest' "$(oci-pack podman-oci.tar | root /dev/stdin)" \
	"$(root podman-oci.tar)"

# --- archives of other kinds become layers ---
(cd app && zip -q -r -y ../app.zip .)
ok 'a zip becomes an image' sh -c 'oci-layer <app.zip | oci-manifest -t v1 | oci-pack -o zip.tar'
ok 'that skopeo copies' copies oci-archive:zip.tar:v1
mkdir rpm
cat >rpm/x.spec <<END
Name: x
Version: 1
Release: 1
Summary: x
License: ISC
BuildArch: noarch
%description
x
%install
mkdir -p %{buildroot}/opt/x
cp $PWD/app/greeting %{buildroot}/opt/x
%files
/opt/x
END
rpmbuild -bb --quiet --define "_topdir $PWD/rpm" rpm/x.spec >/dev/null 2>&1
ok 'an rpm becomes an image' sh -c 'oci-layer <rpm/RPMS/noarch/x-1-1.noarch.rpm | oci-manifest -t v1 | oci-pack -o rpm.tar'
ok 'that skopeo copies' copies oci-archive:rpm.tar:v1
is 'with its files' "$(document rpm.tar "$(document rpm.tar "$(root rpm.tar)" | jq -r '.layers[0].digest')" |
    tar xzO opt/x/greeting)" hello

# --- zstd ---
oci-layer -z zstd app | oci-manifest -t v1 | oci-pack -o zstd.tar
ok 'a zstd layer: skopeo copies it' copies oci-archive:zstd.tar:v1
ok 'podman loads it' podman load -q -i zstd.tar
is 'its DiffID is that of gzip' "$(config zstd.tar | jq -r '.rootfs.diff_ids[0]')" "$diffid"

# --- thin, and whole again ---
mkdir more && echo more >more/file
oci-layer -A more <app.tar | oci-manifest -t v2 | oci-pack -o full.tar
oci-pack -H app.tar -o thin.tar full.tar
is 'a thin tar lacks what the other side has' "$(tar tf thin.tar | grep -c 'blobs/sha256/.')" 3
ok 'and is made whole there' oci-pack --from app.tar -o whole.tar thin.tar
ok 'to the same bytes' cmp whole.tar full.tar

# --- an artifact about an image ---
oci-layer -A more <app.tar | oci-manifest -T application/x -S v1 -t about | oci-pack -o about.tar
ok 'an artifact with a subject is copied by skopeo' copies oci-archive:about.tar:about
# --- a config to start from ---
echo '{"config":{"Env":["A=1"]}}' >config.json
oci-layer app | oci-manifest -c config.json -t v1 -o configured.tar
ok 'a config to start from: buildah pulls the image' buildah pull -q "oci-archive:$PWD/configured.tar:v1"
# --- a guard ---
is 'a guard lets the right kind through' "$(oci-sniff -e oci-layout <app.tar | sha256sum)" \
	"$(sha256sum <app.tar)"
refuses 'and nothing else' 1 'docker-archive' sh -c 'oci-sniff -e oci-layout <podman.tar'
