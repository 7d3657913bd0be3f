#!/bin/sh
# quiet.sh ARCHIVE - common/ keeps no state and says nothing: one line for each breach
#
# No writable data beyond what relocation makes read-only, and no call that ends the process,
# prints, or asks for locale, clock or chance, but where the design gives it a home.
set -eu
archive=$1

size -A "$archive" | awk '
	/ :$|:$/ || /ex .*archive/ { object = $1 }
	($1 ~ /^\.(data|bss|tdata|tbss)/) && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {
		print object ": " $2 " bytes of " $1 ": state at file scope"
		bad = 1
	}
	END { exit bad }' || status=1

nm -uA "$archive" 2>/dev/null | awk '
	BEGIN {
		split("exit _exit _Exit quick_exit abort printf __printf_chk vprintf puts putchar perror " \
		    "stdout stderr stdin setlocale time gettimeofday rand random srand " \
		    "getpid gethostname system popen __vprintf_chk", list, " ")
		for (i in list)
			banned[list[i]] = 1
		home["options.o"] = " printf __printf_chk puts putchar stdout "
		home["progress.o"] = " stderr clock_gettime "
		# Names for a moment, beside the place of an output.
		home["nameless.o"] = home["layout_dir.o"] = " getpid "
		home["helper.o"] = " _exit _Exit "
	}
	{
		symbol = $NF
		sub(/@.*/, "", symbol)
		object = $1
		sub(/:$/, "", object)
		sub(/.*:/, "", object)
		if ((symbol in banned) && index(home[object], " " symbol " ") == 0) {
			print object ": " symbol ": common/ never exits, prints or asks the locale or clock"
			bad = 1
		}
	}
	END { exit bad }' || status=1
exit "${status:-0}"
