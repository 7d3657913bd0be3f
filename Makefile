# GNU make. Everything built is under $B, what tests borrow from packages under build/peers; nothing
# else is touched but by install and deps.
# "make" builds and installs nothing: it names what is missing. "make help" lists the targets.
B          ?= build
PKG_CONFIG ?= pkg-config
CFLAGS     ?= -O2 -g
WERROR     ?= -Werror
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
PROVE_JOBS ?= 2
FUZZ_SECONDS ?= 60

ifneq ($(words $B),1)
$(error B: a folder without a space in its name, not "$B")
endif

VERSION := 0.1.0

# Commands are shown as one word and a file; with V=1 whole.
Q := $(if $(V),,@)
say = $(if $(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-5s %s\n' $(1) $@)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Walloca -Wformat=2 -Wundef \
	-Wwrite-strings -Wcast-qual -Wcast-align -Wconversion -Wsign-conversion \
	-Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference -Wstrict-prototypes \
	-Wold-style-definition -Wmissing-prototypes -Wdate-time -fno-common

# _FORTIFY_SOURCE asks for an optimiser and hides calls from the sanitizers: off with both.
FORTIFY := $(if $(findstring -fsanitize,$(CFLAGS)),,$(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)), \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
HARDEN    ?= -fstack-protector-strong -fPIE $(FORTIFY)
HARDEN_LD ?= -pie -Wl,-z,relro,-z,now,-z,noexecstack

HOUSE_CPPFLAGS := -Icommon -D_XOPEN_SOURCE=700 -D_FILE_OFFSET_BITS=64
HOUSE_CFLAGS   := -std=c11 -pthread $(WARN) $(WERROR)

# The files with a Linux body: one a facility, a POSIX body beside it.
GNU_SOURCES := common/codec/processors.c common/core/nameless.c common/core/output.c common/core/spool.c \
	common/layer/walk_level.c
$(GNU_SOURCES:%.c=$B/%.o): HOUSE_CPPFLAGS += -D_GNU_SOURCE
$B/common/core/options.o $B/common/registry/http.o: HOUSE_CPPFLAGS += -DVERSION='"$(VERSION)"'

# libcommon.a gives a program the objects that it names, --as-needed the libraries that those
# name. BearSSL is linked statically: it has no ABI promise, and no .pc file. jsmn is a header.
# Asked once, when first needed: a machine without pkg-config still gets "make deps".
pkg = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)
CODEC_LIBS   = $(eval CODEC_LIBS := $(call pkg,--libs libdeflate zlib libzstd))$(CODEC_LIBS)
ARCHIVE_LIBS = $(eval ARCHIVE_LIBS := $(or $(shell $(ARCHIVE_PROBE)),$(call pkg,--libs libarchive)))$(ARCHIVE_LIBS)
CURL_LIBS    = $(eval CURL_LIBS := $(call pkg,--libs libcurl))$(CURL_LIBS)
PKG_CFLAGS   = $(eval PKG_CFLAGS := $(call pkg,--cflags $(PKGS)))$(PKG_CFLAGS)
COMMON_LIBS  = -Wl,--as-needed -l:libbearssl.a $(CODEC_LIBS)

# libarchive too where the machine has it so, with the formats that we read alone: the shared one
# brings libxml2, ICU and the C++ runtime, two thirds of oci-layer's start-up. Whoever wants that
# nevertheless says ARCHIVE_LIBS=-larchive.
ARCHIVE_STATIC = -l:libarchive.a $(filter-out -larchive -lxml2 -lexpat -lacl -llz4, \
	$(call pkg,--static --libs libarchive))
ARCHIVE_PROBE = printf '\043include <archive.h>\nint main(void) { void *a = archive_read_new(); \
	return archive_read_support_format_zip(a) + archive_read_support_format_7zip(a); }' | \
	$(CC) $(PKG_CFLAGS) -x c - -o /dev/null -Wl,--as-needed $(ARCHIVE_STATIC) $(CODEC_LIBS) \
	2>/dev/null && echo '$(ARCHIVE_STATIC)'

# What each program links beyond that.
LINK_oci-layer = $(ARCHIVE_LIBS)
LINK_oci-push  = $(CURL_LIBS)

SOURCES  := $(wildcard common/*/*.c)
PROGS    := $(patsubst bin/%.c,$B/bin/%,$(wildcard bin/oci-*.c))
UNITS    := $(patsubst tests/unit/%.c,$B/unit/%,$(wildcard tests/unit/*.c))
BENCHES  := $(patsubst tests/bench/%.c,$B/bench/%,$(wildcard tests/bench/*.c))
FUZZERS  := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
PAGES    := $(wildcard man/*.[157])

COMPILE = $(CC) $(HOUSE_CPPFLAGS) $(PKG_CFLAGS) $(CPPFLAGS) $(HOUSE_CFLAGS) $(HARDEN) $(CFLAGS)
LINK    = $(CC) -pthread $(HARDEN) $(HARDEN_LD) $(CFLAGS) $(LDFLAGS)

all: $(PROGS)

help:
	@echo 'all           the programs, in $B/bin'
	@echo 'deps          install what the build needs (apt-get, apk or dnf)'
	@echo 'test-deps     install what the tests need besides'
	@echo 'demo          everything for a first image: dependencies, build, a bundle as OCI tar'
	@echo 'test          everything: dependencies, build, the tests twice, once with sanitizers'
	@echo 'check         the tests, once'
	@echo 'check-asan, check-tsan    the tests under AddressSanitizer and UBSan, ThreadSanitizer'
	@echo 'coverage      lines that the tests reach, a file a line'
	@echo 'fuzz          each fuzzer for FUZZ_SECONDS=$(FUZZ_SECONDS)'
	@echo 'lint          the house rules and the analysers'
	@echo 'bench         the figures, beside the peers (10 GB in $B/bench)'
	@echo 'install, uninstall    PREFIX=$(PREFIX) BINDIR= MANDIR= DESTDIR='
	@echo 'format, dist, clean'

$B/%.o: %.c | $B/.have
	@mkdir -p $(@D)
	$(call say,CC)
	$Q$(COMPILE) -MMD -MP -c -o $@ $<

$B/libcommon.a: $(SOURCES:%.c=$B/%.o)
	@mkdir -p $(@D)
	$(call say,AR)
	$Qrm -f $@ && $(AR) rcs $@ $^

$(PROGS): $B/bin/%: $B/bin/%.o $B/libcommon.a
	$(call say,LINK)
	$Q$(LINK) -o $@ $^ $(COMMON_LIBS) $(LINK_$*) $(LDLIBS)

$(UNITS): $B/unit/%: $B/tests/unit/%.o $B/libcommon.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$Q$(LINK) -o $@ $^ $(COMMON_LIBS) $(ARCHIVE_LIBS) $(CURL_LIBS) $(LDLIBS)

$B/bench/%: $B/tests/bench/%.o $B/libcommon.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$Q$(LINK) -o $@ $^ $(COMMON_LIBS) $(LDLIBS)

# --- what must be there ---

PKGS    := libarchive libcurl libdeflate zlib libzstd
HEADERS := bearssl.h jsmn.h
PEERS   := build/peers

APT_BUILD := gcc libc6-dev pkg-config libarchive-dev libcurl4-openssl-dev libdeflate-dev \
	zlib1g-dev libzstd-dev libbearssl-dev libjsmn-dev libbz2-dev liblzma-dev nettle-dev
APK_BUILD := gcc musl-dev pkgconf libarchive-dev libarchive-static curl-dev libdeflate-dev \
	zlib-dev zstd-dev bearssl-dev jsmn-dev bzip2-dev openssl-dev xz-dev
DNF_BUILD := gcc glibc-devel pkgconf-pkg-config libarchive-devel libcurl-devel \
	libdeflate-devel zlib-devel libzstd-devel bearssl-static jsmn-devel

APT_TEST := apache2-utils attr binutils bzip2 ca-certificates clang clang-format clang-tidy \
	cpio cppcheck curl file genisoimage git gnuplot-nox isal jq libarchive-tools libcap2-bin \
	libclang-rt-14-dev llvm mandoc oci-image-tool openssl p7zip-full perl pigz podman buildah procps python3 \
	rpm shellcheck skopeo strace tar umoci valgrind xz-utils zip zstd
APK_TEST := apache2-utils attr bash binutils bzip2 clang clang-extra-tools compiler-rt cpio \
	cppcheck curl file cdrkit git gnuplot jq libarchive-tools libcap llvm mandoc openssl 7zip \
	perl-utils pigz podman buildah procps python3 rpm shellcheck skopeo strace tar umoci \
	valgrind xz zip zstd
DNF_TEST := httpd-tools attr bash binutils bzip2 bsdtar clang clang-tools-extra compiler-rt \
	cpio cppcheck curl file genisoimage git gnuplot isa-l-tools jq libcap llvm mandoc openssl p7zip \
	perl-Test-Harness pigz podman buildah procps-ng python3 rpm-build ShellCheck skopeo \
	strace tar umoci valgrind xz zip zstd
TEST_COMMANDS := bsdtar buildah clang clang-format clang-tidy cpio cppcheck curl file \
	genisoimage htpasswd jq llvm-cov mandoc nm oci-image-tool openssl perl pigz podman prove \
	python3 rpm setcap setfattr shellcheck skopeo strace umoci valgrind xz zip zstd 7z

# Prints what is missing. $B/.have remembers that nothing was.
MISSING = command -v $(CC) >/dev/null 2>&1 || echo a C compiler '($(CC))'; \
	if command -v $(PKG_CONFIG) >/dev/null 2>&1; then \
		for p in $(PKGS); do $(PKG_CONFIG) --exists $$p || echo $$p; done; \
	else \
		echo $(PKG_CONFIG); \
	fi; \
	if command -v $(CC) >/dev/null 2>&1; then \
		for h in $(HEADERS); do \
			echo "\#include <$$h>" | $(CC) $(CPPFLAGS) -E -x c - >/dev/null 2>&1 || \
				echo $$h; \
		done; \
	fi
MISSING_TEST = for c in $(TEST_COMMANDS); do command -v $$c >/dev/null 2>&1 || echo $$c; done

$B/.have:
	@missing=$$({ $(MISSING); } | sort -u | paste -s -d ' ' -); \
	if [ -n "$$missing" ]; then \
		echo "make: not on this machine: $$missing" >&2; \
		echo "make: nothing was installed; 'make deps' installs what the build needs" >&2; \
		exit 1; \
	fi
	@mkdir -p $B && touch $@

# Nothing that comes with a package may start: invoke-rc.d and systemd's helper both ask
# policy-rc.d. It is ours only while apt-get runs.
# $(1) is BUILD or TEST.
define INSTALL
@set -e; \
as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
mkdir -p $B; log=$B/packages.log; \
if command -v apt-get >/dev/null 2>&1; then \
	policy=/usr/sbin/policy-rc.d; \
	if [ ! -e $$policy ]; then \
		trap '$$as_root rm -f '$$policy EXIT; \
		printf '#!/bin/sh\nexit 101\n' | $$as_root tee $$policy >/dev/null; \
		$$as_root chmod 755 $$policy; \
	fi; \
	$$as_root apt-get -qq update; \
	set -- env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
		--no-install-recommends install $(APT_$(1)); \
elif command -v apk >/dev/null 2>&1; then \
	set -- apk add $(APK_$(1)); \
elif command -v dnf >/dev/null 2>&1; then \
	set -- dnf -y --setopt=install_weak_deps=False install $(DNF_$(1)); \
else \
	echo "make: no apt-get, apk or dnf here: install these by hand (Debian's names):" >&2; \
	echo "$(APT_$(1))" >&2; \
	exit 1; \
fi; \
echo "make: $$as_root $$*"; \
$$as_root "$$@" </dev/null >$$log 2>&1 || { cat $$log; exit 1; }
endef

deps:
	$(call INSTALL,BUILD)
	@rm -f $B/.have
	@$(MAKE) --no-print-directory $B/.have

test-deps: peers
	$(call INSTALL,TEST)

# Servers are unpacked, not installed: Debian's packages would start them, docker-registry on
# every interface. Absent elsewhere; the tests that want them are then skipped by name.
PEER_PACKAGES := docker-registry docker.io containerd
peers: $(PEERS)/.unpacked

$(PEERS)/.unpacked:
	@mkdir -p $(PEERS)/deb
	@if command -v apt-get >/dev/null 2>&1; then \
		if [ "$$(id -u)" = 0 ]; then apt-get -qq update; else sudo apt-get -qq update; fi && \
		cd $(PEERS)/deb && apt-get -qq -o APT::Sandbox::User=root download \
			$(PEER_PACKAGES) && \
		for deb in *.deb; do dpkg-deb -x "$$deb" .. || exit 1; done && rm -f *.deb; \
	else \
		echo 'make: docker-registry, dockerd and containerd: no Debian packages here'; \
	fi
	@touch $@

# For the targets that do everything: says what will be installed, and installs only that.
have-build:
	@missing=$$({ $(MISSING); } | sort -u | paste -s -d ' ' -); \
	if [ -n "$$missing" ]; then \
		echo "make: not on this machine: $$missing: installing with the package manager"; \
		$(MAKE) --no-print-directory deps; \
	fi

have-test: have-build
	@missing=$$({ $(MISSING_TEST); } | paste -s -d ' ' -); \
	[ -e $(PEERS)/.unpacked ] || missing="$$missing $(PEER_PACKAGES) (unpacked only)"; \
	if [ -n "$$missing" ]; then \
		echo "make: the tests want: $$missing: installing with the package manager"; \
		$(MAKE) --no-print-directory test-deps; \
	fi

# For a make inside make that was not told how many at once.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j2)

# --- tests ---

# The tests see B, where the programs are, and the peers after everything else.
TEST_ENV = B='$(abspath $B)' PEERS='$(abspath $(PEERS))' CC='$(CC)' \
	PATH="$(abspath $B)/bin:$$PATH:$(abspath $(PEERS))/usr/bin:$(abspath $(PEERS))/usr/sbin"

check: all $(UNITS)
	@$(TEST_ENV) prove -j$(PROVE_JOBS) $(PROVE_FLAGS) $(or $(TESTS),tests)

ASAN := B=$B/asan OCIPIPE_SANITIZED=address \
	CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all'
TSAN := B=$B/tsan OCIPIPE_SANITIZED=thread CFLAGS='-O1 -g -fsanitize=thread'
SANITIZER_OPTIONS := \
	ASAN_OPTIONS=exitcode=99:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1 \
	UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=exitcode=99

# A sanitizer's exit status is none of ours. Sweeps over every byte ran without it already.
check-asan:
	@OCIPIPE_SWEEPS=0 $(SANITIZER_OPTIONS) $(MAKE) --no-print-directory $(PARALLEL) $(ASAN) check

check-tsan:
	@OCIPIPE_SWEEPS=0 $(SANITIZER_OPTIONS) $(MAKE) --no-print-directory $(PARALLEL) $(TSAN) check

test:
	@echo 'make test: installs what is missing, builds, runs the tests, and again with sanitizers'
	@$(MAKE) --no-print-directory have-test
	@$(MAKE) --no-print-directory $(PARALLEL) check
	@echo 'make test: once more, with AddressSanitizer and UndefinedBehaviorSanitizer'
	@$(MAKE) --no-print-directory check-asan

COVERAGE := B=$B/coverage OCIPIPE_SANITIZED=coverage HARDEN= CFLAGS='-O0 -g --coverage'
coverage:
	@find $B/coverage -name '*.gcda' -delete 2>/dev/null; :
	@OCIPIPE_SWEEPS=0 $(MAKE) --no-print-directory $(PARALLEL) $(COVERAGE) check
	@for f in $(SOURCES); do \
		gcov -n -o $B/coverage/$${f%.c}.o $$f 2>/dev/null | grep -A1 "^File '$$f'"; \
	done | awk -F"[':% ]+" '/^File/ { f = $$2 } /^Lines/ { print $$3 "% of " $$5, f }'

# Each fuzzer starts from a copy of its seeds, tests/fuzz/corpus/NAME, which stay as they are.
FUZZ := B=$B/fuzz CC=clang HARDEN= HARDEN_LD= \
	CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
fuzz:
	@$(MAKE) --no-print-directory $(PARALLEL) $(FUZZ) $(FUZZERS:%=fuzz-%)

fuzzers:
	@$(MAKE) --no-print-directory $(PARALLEL) $(FUZZ) $(FUZZERS:%=$B/fuzz/fuzz/%)

$(FUZZERS:%=$B/fuzz/%): $B/fuzz/%: $B/tests/fuzz/%.o $B/libcommon.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$Q$(LINK) -fsanitize=fuzzer -o $@ $^ $(COMMON_LIBS) $(ARCHIVE_LIBS) $(CURL_LIBS) $(LDLIBS)

$(FUZZERS:%=fuzz-%): fuzz-%: $B/fuzz/%
	@mkdir -p $B/corpus/$* $B/crashes
	@if [ -d tests/fuzz/corpus/$* ]; then cp -R tests/fuzz/corpus/$*/. $B/corpus/$*/; fi
	@echo 'fuzz: $* for $(FUZZ_SECONDS) s'
	@$B/fuzz/$* -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix=$B/crashes/$*- \
		$(if $(wildcard tests/fuzz/$*.dict),-dict=tests/fuzz/$*.dict) $B/corpus/$* \
		>$B/$*.log 2>&1 || { cat $B/$*.log; exit 1; }
	@sed -n 's/^stat::number_of_executed_units: */fuzz: $*: runs: /p' $B/$*.log

bench: all $(BENCHES)
	@$(TEST_ENV) python3 tests/bench/bench.py $(JOBS)

# --- the rest ---

demo:
	@echo 'make demo: installs what is missing, builds, and makes an image of a small bundle'
	@$(MAKE) --no-print-directory have-build
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@B=$B sh tests/demo.sh

lint:
	@$(TEST_ENV) B=$B HOUSE_CPPFLAGS='$(HOUSE_CPPFLAGS)' WARN='$(WARN)' \
		GNU_SOURCES='$(GNU_SOURCES)' sh tests/tools/lint.sh $(PARTS)

FORMATTED := $(wildcard bin/*.c common/*/*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch] tests/bench/*.c)
format:
	$Qclang-format -i $(FORMATTED)

install: all
	install -d '$(DESTDIR)$(BINDIR)' $(foreach s,1 5 7,'$(DESTDIR)$(MANDIR)/man$s')
	install $(PROGS) '$(DESTDIR)$(BINDIR)'
	for p in $(PAGES); do \
		install -m 644 $$p '$(DESTDIR)$(MANDIR)'/man$${p##*.} || exit 1; \
	done

uninstall:
	for p in $(notdir $(PROGS)); do rm -f '$(DESTDIR)$(BINDIR)'/$$p; done
	for p in $(notdir $(PAGES)); do rm -f '$(DESTDIR)$(MANDIR)'/man$${p##*.}/$$p; done

dist:
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo 'make: dist packs a git commit' >&2; exit 1; }
	@mkdir -p $B
	git archive --prefix=ocipipe-$(VERSION)/ -o $B/ocipipe-$(VERSION).tar.gz HEAD
	@echo $B/ocipipe-$(VERSION).tar.gz

clean:
	rm -rf $B

-include $(wildcard $B/bin/*.d $B/common/*/*.d $B/tests/*/*.d)

.PHONY: all help deps test-deps peers have-build have-test check check-asan check-tsan test \
	coverage fuzz fuzzers $(FUZZERS:%=fuzz-%) bench demo lint format install uninstall dist clean
.SECONDARY:
