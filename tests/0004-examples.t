#!/bin/sh
# The examples of the man pages: each "$ " line is run, and shows what the page shows.
. "${0%/*}/lib.sh"
. "$TESTS/registry/lib.sh"
need python3 docker-registry

# First all are counted, each page into a directory of its own.
mkdir "$T/pages"
total=0
for page in "$TOP"/man/*.[157]; do
	name=${page##*/}
	mkdir "$T/pages/$name" "$T/pages/$name.work"
	n=$(python3 "$TESTS/tools/examples.py" "$page" "$T/pages/$name") || exit 1
	total=$((total + n))
done
plan "$total"

# The pages' registry is localhost:5000; here it has a port of its own.
start_real examples
for file in "$T"/pages/*/*.cmd "$T"/pages/*/*.shown; do
	sed -i "s/localhost:5000/127.0.0.1:$PORT/g" "$file"
done

for page in "$TOP"/man/*.[157]; do
	name=${page##*/}
	cd "$T/pages/$name.work" || exit 1
	for cmd in "$T/pages/$name"/*.cmd; do
		[ -e "$cmd" ] || continue
		shown=${cmd%.cmd}.shown
		sh "$cmd" >"$OUT" 2>&1 </dev/null
		if python3 "$TESTS/tools/examples.py" -c "$shown" "$OUT"; then
			pass "$name: $(head -n 1 "$cmd")"
		else
			fail "$name: $(head -n 1 "$cmd")"
			show 'the page shows' "$shown"
			show 'the command shows' "$OUT"
		fi
	done
done
