# The commands of README.md. Each installs what it needs.

SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
CARGO ?= cargo

.PHONY: help build run test lint bench demo docs fuzz

help: ## Shows this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: tools ## Builds the server
	$(CARGO) build --release

run: build ## Builds and starts the server; DATABASE_URL=postgres://… for PostgreSQL instead of SQLite
	$(if $(DATABASE_URL),export STROWGER_DATABASE_URL='$(DATABASE_URL)')
	exec ./target/release/strowger serve

test: tools nextest clients nameservers ## Runs every test, on SQLite and on a private PostgreSQL
	.ci/with-postgres $(CARGO) nextest run --workspace --features fault-points $(TESTS)

lint: tools deny ## Formatting, lints (warnings are errors), documentation, licences and duplicates
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --features fault-points -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet
	$(CARGO) deny --log-level error check licenses bans sources

bench: build nameservers ## Measures claims, searches, imports, SOAP calls, zone transfers and plugin runs against raw SQL and others
	STROWGER_TEST_FSYNC=on STROWGER_TEST_SHARED_BUFFERS=1GB .ci/with-postgres $(CARGO) run --release -p benches -- $(BENCH)

demo: build curl ## A wholesaler and a retailer on the terminal: sell, refill, run dry, fail over
	deploy/demo.sh ./target/release/strowger

docs: tools ## Writes the generated references under docs/
	$(CARGO) run -q -- reference configuration > docs/configuration.md
	$(CARGO) run -q -- reference enswitch > docs/enswitch-api.md

fuzz: tools ## Runs each fuzz target for FUZZ_SECONDS (60)
	command -v cargo-fuzz >/dev/null || $(CARGO) install cargo-fuzz --locked --version 0.13.2
	for target in $$(cd fuzz && RUSTC_BOOTSTRAP=1 $(CARGO) fuzz list); do
	    RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run $$target -- -max_total_time=$${FUZZ_SECONDS:-60} -rss_limit_mb=2048
	done

.PHONY: tools nextest deny curl clients nameservers
curl:
	@command -v curl >/dev/null || { s=; [ "$$(id -u)" = 0 ] || s=sudo; $$s apt-get update -qq; $$s apt-get install -y -qq curl; }

tools:
	@command -v $(CARGO) >/dev/null || { echo "the Rust toolchain is missing: https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { s=; [ "$$(id -u)" = 0 ] || s=sudo; $$s apt-get update -qq; $$s apt-get install -y -qq gcc libc6-dev; }

# What the tests of the interfaces work with: Perl, PHP and Python programs, schemathesis, and zeep.
SCHEMATHESIS := target/it/schemathesis
ZEEP := target/it/zeep
clients: curl
	@missing=
	for program in php python3 openssl; do command -v $$program >/dev/null || missing=1; done
	php -r 'exit(extension_loaded("soap") ? 0 : 1);' 2>/dev/null || missing=1
	perl -MLWP::UserAgent -MJSON -MLWP::Protocol::https -e 1 2>/dev/null || missing=1
	python3 -m venv --help >/dev/null 2>&1 && python3 -c 'import ensurepip' 2>/dev/null || missing=1
	if [ -n "$$missing" ]; then
	    s=; [ "$$(id -u)" = 0 ] || s=sudo; $$s apt-get update -qq
	    DEBIAN_FRONTEND=noninteractive $$s apt-get install -y -qq \
	        libwww-perl libjson-perl liblwp-protocol-https-perl php-cli php-soap python3-venv openssl >&2
	fi
	[ -x $(SCHEMATHESIS)/bin/schemathesis ] || {
	    python3 -m venv $(SCHEMATHESIS)
	    $(SCHEMATHESIS)/bin/pip install -q --disable-pip-version-check schemathesis==4.32.5
	}
	[ -d $(ZEEP)/lib ] && $(ZEEP)/bin/python -c 'import zeep' 2>/dev/null || {
	    python3 -m venv $(ZEEP)
	    $(ZEEP)/bin/pip install -q --disable-pip-version-check zeep==4.3.3
	}

# Name servers that the tests and the benchmark of DNS start for themselves; the packages must not start theirs.
nameservers:
	@missing=
	for program in named knotd pdns_server dig; do
	    PATH="$$PATH:/usr/sbin:/sbin" command -v $$program >/dev/null || missing=1
	done
	for backend in gsqlite3 gpgsql; do
	    compgen -G "/usr/lib/*/pdns/lib$${backend}backend.so" >/dev/null || missing=1
	done
	if [ -n "$$missing" ]; then
	    s=; [ "$$(id -u)" = 0 ] || s=sudo; policy=/usr/sbin/policy-rc.d
	    if [ ! -e $$policy ]; then
	        printf '#!/bin/sh\nexit 101\n' | $$s tee $$policy >/dev/null; $$s chmod 755 $$policy
	        trap "$$s rm -f $$policy" EXIT
	    fi
	    $$s apt-get update -qq
	    DEBIAN_FRONTEND=noninteractive $$s apt-get install -y -qq --no-install-recommends \
	        pdns-server pdns-backend-sqlite3 pdns-backend-pgsql bind9 bind9-dnsutils knot >&2
	fi

nextest:
	@command -v cargo-nextest >/dev/null || $(CARGO) install cargo-nextest --locked

deny:
	@command -v cargo-deny >/dev/null || $(CARGO) install cargo-deny --locked --version 0.20.2
