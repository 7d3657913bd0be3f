#!/bin/sh
# oci-layer: what cannot be read is named, what changes is noticed, and nothing half is written.
. "${0%/*}/lib.sh"
. "$TESTS/layers.sh"
plan 41

mkdir tree tree/sub
echo hello >tree/sub/file
oci-layer tree >tree.tar

# --- what cannot be read: all of it is named (rows: T122) ---
mkdir -p closed/dir
for f in a b c/d; do mkdir -p "closed/${f%/*}" 2>"$T/ignored"; done
echo a >closed/a2; echo b >closed/dir/b2; echo c >closed/open
mkdir closed/locked
echo >closed/locked/inside
chmod 000 closed/a2 closed/dir/b2 closed/locked
as_nobody oci-layer closed >x.tar 2>err
status=$?
is 'several files that cannot be read: each is named, then counted' "$status $(cat err)" \
'4 oci-layer: closed/a2: Permission denied
oci-layer: closed/dir/b2: Permission denied
oci-layer: closed/locked: Permission denied
oci-layer: 3 files or directories cannot be read'
ok 'nothing is committed' uncommitted x.tar
refuses 'a single one is the error' 4 'closed/a2: Permission denied' \
	as_nobody oci-layer -x b2 -x locked closed
oci-layer nowhere tree never >x.tar 2>err
is 'of operands that are not there all are named' "$? $(cat err)" \
'4 oci-layer: nowhere: No such file or directory
oci-layer: never: No such file or directory
oci-layer: 2 files or directories cannot be read'
oci-layer --imgpkg nowhere never >x.tar 2>err
is 'for imgpkg too' "$? $(tail -n 1 err)" '4 oci-layer: 2 files or directories cannot be read'
if setfattr -n 'user.a=b' -v 1 tree/sub/file 2>"$T/ignored"; then
	refuses 'attributes that no tar holds: the file is named' 3 \
		"tree/sub/file: a tar cannot hold this extended attribute's name: user.a=b" \
		oci-layer tree
	setfattr -x 'user.a=b' tree/sub/file
else
	skip 1 'no extended attributes here'
fi
refuses 'an operand' 4 'closed/a2: Permission denied' as_nobody oci-layer closed/a2
refuses 'a folder' 4 'closed/locked: Permission denied' as_nobody oci-layer closed/locked
ok 'but what is left out is not missed' as_nobody oci-layer -x b2 -x locked -x a2 closed
chmod 644 closed/dir/b2 && chmod 600 closed/dir
chmod 666 closed/a2 && chmod 755 closed/locked
as_nobody test -r closed/dir || refuses 'a folder that may not be entered' 4 'closed/dir' \
	as_nobody oci-layer closed
chmod 444 closed/dir
refuses 'a folder whose files may not be looked at' 4 'closed/dir/b2: Permission denied' \
	as_nobody oci-layer closed
chmod 755 closed/dir

# --- sizes that lie: files of the kernel (rows: T122) ---
refuses 'a file that is longer than its size' 4 '/proc/version: changed while it was read' \
	oci-layer /proc/version
if [ -r /sys/kernel/mm/transparent_hugepage/enabled ]; then
	refuses 'a file that is shorter' 4 'enabled: changed while it was read' \
		oci-layer /sys/kernel/mm/transparent_hugepage/enabled
else
	skip 1 'no such file of the kernel here'
fi

# --- a tree that changes while it is read (rows: T122) ---
if ! sanitized && "$CC" -shared -fPIC -o meddle.so "$TESTS/tools/meddle.c" 2>"$T/ignored"; then
	during() # where, name, command, operand...
	{
		MEDDLE_AT=$1 MEDDLE_NAME=$2 MEDDLE_DO=$3
		shift 3
		env LD_PRELOAD="$PWD/meddle.so" MEDDLE_AT="$MEDDLE_AT" MEDDLE_NAME="$MEDDLE_NAME" \
			MEDDLE_DO="$MEDDLE_DO" timeout 20 oci-layer "$@"
	}
	fresh() { rm -rf t && mkdir -p t/d/e && tarlib 'b"x" * 300000' >t/d/file && echo last >t/z; }
	changes() # name, text, where, file, command
	{
		fresh
		refuses "$1" 4 "$2" during "$3" "$4" "$5" t
	}
	changes 'a file grows' 't/d/file: changed while' read file 'echo more >>t/d/file'
	changes 'a file shrinks' 't/d/file: changed while' read file ': >t/d/file'
	changes 'a file keeps its size' 't/d/file: changed while' read file \
		'printf y | dd of=t/d/file bs=1 conv=notrunc status=none'
	changes 'a file gets another mode' 't/d/file: changed while' read file 'chmod 600 t/d/file'
	changes 'a file is replaced while it is read' 't/d/file: changed while' read file \
		'cp t/d/file t/n; mv t/n t/d/file'
	changes 'a file is deleted while it is read' 't/d/file: changed while' read file 'rm t/d/file'
	changes 'a file is deleted before' 't/d/file: No such file' openat file 'rm t/d/file'
	fresh
	ok 'a file is replaced before: then it is the new one' during openat file \
		'cp t/d/file t/n; mv t/n t/d/file' t
	changes 'a file becomes a fifo' 't/d/file: replaced while' openat file \
		'rm t/d/file; mkfifo t/d/file'
	echo secret >secret
	changes 'a file becomes a link' 't/d/file: replaced while' openat file \
		'ln -sf ../../secret t/d/file'
	changes 'a file becomes a folder' 't/d/file: replaced while' openat file \
		'rm t/d/file; mkdir t/d/file'
	changes 'a folder becomes a link' 't/d: replaced while' openat d 'mv t/d old; ln -s ../tree t/d'
	rm -rf old
	fresh
	ok 'a folder becomes another: then it is that one' during openat d 'mv t/d old; mkdir t/d' t
	rm -rf old
	changes 'a file that was listed is gone' 't/z: No such file' openat file 'rm t/z'
	if [ "$(id -u)" != 0 ]; then
		changes 'a file is closed before' 't/d/file: Permission' openat file 'chmod 0 t/d/file'
	else
		skip 1 'root may read it'
	fi
	# Deep in, where the folders above are closed and will be opened again as "..".
	rm -rf t && mkdir -p t/1/2/3/4/5/6/7/8 t/1/2/z && echo >t/1/2/3/4/5/6/7/8/file
	refuses 'a folder above is another when it is come back to' 4 't/1/2/z: replaced while' during openat file \
		'mv t/1/2/3 old; mv t/1/2 older; mkdir t/1/2' t
	rm -rf t old older && mkdir -p t/1/2/3/4/5/6/7/8 t/1/2/z && echo >t/1/2/3/4/5/6/7/8/file
	ok 'a folder that is added where the walk has been is not missed' during openat file \
		'mkdir t/0' t
	# Where directories do not tell types, each name is looked at before it is opened.
	oci-layer tree "$DATA/imgpkg" >typed.tar
	MEDDLE_UNTYPED=1 LD_PRELOAD=$PWD/meddle.so oci-layer tree "$DATA/imgpkg" >untyped.tar
	ok 'directories that do not tell types give the same' cmp untyped.tar typed.tar
	MEDDLE_UNTYPED=1
	export MEDDLE_UNTYPED
	changes 'untyped: a file is replaced after the look' 't/d/file: replaced while' openat file \
		'cp t/d/file t/n; mv t/n t/d/file'
	changes 'untyped: a file becomes a fifo' 't/d/file: replaced while' openat file \
		'rm t/d/file; mkfifo t/d/file'
	changes 'untyped: a folder becomes another' 't/d: replaced while' openat d \
		'mv t/d old; mkdir t/d'
	rm -rf old
	unset MEDDLE_UNTYPED
else
	skip 21 'no library can be preloaded here'
fi

# --- outputs (rows: T116 T118) ---
refuses 'a full disk' 4 'standard output' sh -c 'exec oci-layer tree >/dev/full'
tarlib 'noise(6000000)' >tree/noise
refuses 'a full disk, later' 4 'standard output' sh -c 'exec oci-layer tree >/dev/full'
echo old >x.tar
refuses 'a failure leaves -o alone' 4 'missing' oci-layer -o x.tar tree missing
is 'as it was' "$(cat x.tar)" old
mkfifo pipe
cat pipe >"$T/ignored" &
refuses 'a layer too large for memory, and no TMPDIR' 4 'TMPDIR nowhere' \
	sh -c 'TMPDIR=nowhere exec oci-layer tree >pipe'
wait
ok 'a file as output needs none' env TMPDIR=nowhere oci-layer -o x.tar tree
is 'nothing is left in TMPDIR' "$(ls -A "$TMPDIR")" ''
