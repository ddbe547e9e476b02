# Everything that a person runs. Tools that are missing are installed into target/ and web/node_modules/.

# What the functions are built for; x86_64 where the compiler has no library for arm64.
ARCH ?= arm64
# Where the local stack keeps its tables: one port above its own.
LOCAL = AWS_REGION=eu-west-2 AWS_EC2_METADATA_DISABLED=true AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local-stack-only \
	AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$(shell expr $(or $(PORT),3000) + 1)
VENV := target/venv
TOOLS := $(VENV)/.installed
PAGES := web/node_modules/.package-lock.json
CHROMIUM ?= $(firstword $(shell command -v chromium chromium-browser google-chrome))
ifneq ($(CHROMIUM),)
export CHROMIUM
endif
MAKEFLAGS += --no-print-directory

.PHONY: run import verify-ledger restore test test-dynamodb-local bench package lint prove-lint web chromium target-$(ARCH)

## Everything on http://127.0.0.1:3000; PORT=4000 takes another port, DATA=folder keeps what is stored.
run: $(PAGES)
	@cargo build --workspace
	@exec target/debug/local $(if $(DATA),--data "$(DATA)")

## Brings a file into the stack that runs: FILE=calls.csv SOURCE=telephone, and PORT=4000 if it has another port.
import:
	@cargo build --quiet --workspace
	@exec target/debug/local import --source "$(SOURCE)" "$(FILE)"

## Verifies the ledger's chain: of the stack that runs here, PORT=4000 if it has another port; with TABLE=custodian-Ledger of the
## AWS account that the environment names. CERTIFICATE=2029-11-24=hash also demands a certificate that was noted elsewhere.
verify-ledger:
	@cargo build --quiet --workspace
	@$(if $(TABLE),,$(LOCAL)) target/debug/verify-ledger --table "$(or $(TABLE),custodian-Ledger)" \
		$(if $(CERTIFICATE),--certificate "$(CERTIFICATE)")

## Makes a restored table of records fit to be read: TABLE=custodian-restored SINCE=2026-11-24T10:00:00Z LEDGER=… REGISTER=…, and
## LIVE=… if the live table is there and to be trusted. Of the AWS account that the environment names; docs/operations.md says when.
restore:
	@cargo build --quiet --workspace
	@target/debug/restore --table "$(TABLE)" --since "$(SINCE)" --ledger "$(LEDGER)" --register "$(REGISTER)" \
		$(if $(LIVE),--live "$(LIVE)") $(if $(RECOVERY_DAYS),--recovery-days "$(RECOVERY_DAYS)")

## Every test: functions, journeys, the real binaries, the pages in a browser.
test: $(TOOLS) $(PAGES) chromium
	cargo build --workspace --all-targets
	cargo test --quiet --workspace
	npm test --silent --prefix web

## The storage tests before another judge than the embedded database: Amazon's DynamoDB Local (Java 17, Linux).
test-dynamodb-local:
	@.ci/test-dynamodb-local

## CPU, latency, cold start and memory, beside a bare SDK call; BENCH_RECORDS=1000 leaves out what is large.
bench:
	@cargo build --quiet --release --workspace --bin ingest --example bare
	@cargo bench --quiet --workspace --bench costs

## What is deployed: one build of all functions, then the template that points to them in .aws-sam/.
# cargo-lambda would call rustup to download a toolchain; named so, it finds none and takes the one that is there.
package: target-$(ARCH) $(TOOLS)
	RUSTUP=/nonexistent/rustup $(VENV)/bin/cargo-lambda lambda build --quiet --release --workspace \
		--exclude local --exclude operations --exclude journeys $(if $(filter arm64,$(ARCH)),--arm64,--x86-64)
	SAM_CLI_TELEMETRY=0 $(VENV)/bin/sam build --parameter-overrides Architecture=$(ARCH)

## The template, as CloudFormation will read it.
lint: $(TOOLS)
	$(VENV)/bin/python .ci/lint-template

## The lint itself: plants faults into the template and demands that each is found (minutes).
prove-lint: $(TOOLS)
	$(VENV)/bin/python .ci/prove-lint

## The stylesheet of the pages.
web: $(PAGES)
	npm run --silent build --prefix web

$(PAGES): web/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix web
	@touch $@

$(TOOLS): .ci/requirements.txt
	python3 -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement .ci/requirements.txt
	@touch $@

chromium:
ifeq ($(CHROMIUM),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium; \
	else \
		echo "The pages are tested in Chromium: install it, or set CHROMIUM=/path/to/it."; exit 1; \
	fi
endif

target-arm64:
	@test -d "$$(rustc --print target-libdir --target aarch64-unknown-linux-gnu)" || { \
		echo "No library for arm64: rustup target add aarch64-unknown-linux-gnu, or make package ARCH=x86_64."; exit 1; }

target-x86_64:
	@test -d "$$(rustc --print target-libdir --target x86_64-unknown-linux-gnu)" || { \
		echo "No library for x86-64: rustup target add x86_64-unknown-linux-gnu."; exit 1; }
