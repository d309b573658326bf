# Everything a person does here, one target each; `make` alone lists them.
#
# Which database: DATABASE_URL in the environment or in .env; without one, the file imagor-studio.db.
# More options:   make up ARGS='--to 20250816'
# Which Python:   make clean, then  make PYTHON=python3.12 setup
.POSIX:

PYTHON ?= python3
ARGS =
NAME =
VERSION =
N = 20
VENV = .venv/bin/python
# With the environment's word, a message spells what to type next as a target of this file.
RUN = $(MEANT)MIGRATE_CALLED_BY=make $(VENV) migrate.py
# What stands behind a target and is none, as in `make down 2`, is refused before anything runs: GNU make knows its goals.
GOALS = help up down redo reset status plan log check verify wait baseline repair new setup test test-docker prove \
    repeat bench lint types format man build lock clean
# So is a target behind `plan` or `help`: `make plan down` means the plan of a roll back, and would roll back.
LOOKS = $(filter help plan,$(firstword $(MAKECMDGOALS)))
WORDS = $(strip $(if $(LOOKS),$(wordlist 2,99,$(MAKECMDGOALS)),$(filter-out $(GOALS),$(MAKECMDGOALS))))
TAKES = $(or $(patsubst new,NAME,$(filter new,$@)),$(patsubst %,VERSION,$(filter baseline repair,$@)),ARGS)
TYPED = $(if $(filter help,$(LOOKS)),$(PYTHON) migrate.py help $(firstword $(WORDS)),make $(or $(LOOKS),$@) $(TAKES)=$(SAID))
SAID = $(if $(word 2,$(WORDS)),'$(WORDS)',$(WORDS))
MEANT = $(if $(WORDS),{ echo "error: make takes $(firstword $(WORDS)) for a target of its own" >&2; \
    echo "fix: write it as  $(TYPED)" >&2; exit 2; }; )
LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
    --custom-compile-command 'make lock' $(ARGS)

.PHONY: help
help:       ## this list
	@$(MEANT)awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

##@ Migrations (ARGS='...' is passed on)
.PHONY: up
up: .venv/.runtime      ## apply pending migrations
	@$(RUN) up $(ARGS)

.PHONY: down
down: .venv/.runtime    ## roll back the last migration
	@$(RUN) down $(ARGS)

.PHONY: redo
redo: .venv/.runtime    ## roll back the last migration and apply it again
	@$(RUN) redo $(ARGS)

.PHONY: reset
reset: .venv/.runtime   ## DANGER: drop every table, and what the files made beside them; then run all again
	@$(RUN) reset $(ARGS)

##@ Looking (changes nothing)
.PHONY: status
status: .venv/.runtime  ## what is applied, and what is pending
	@$(RUN) status $(ARGS)

.PHONY: plan
plan: .venv/.runtime    ## what `make up` would run
	@$(RUN) plan $(ARGS)

.PHONY: log
log: .venv/.runtime     ## who ran what, when, with what outcome
	@$(RUN) log $(ARGS)

.PHONY: check
check: .venv/.runtime   ## the migration files alone: names, pairs, parity; no database
	@$(RUN) check $(ARGS)

.PHONY: verify
verify: .venv/.runtime  ## each down file undoes its up file, shown on a scratch database
	@$(RUN) verify $(ARGS)

.PHONY: wait
wait: .venv/.runtime    ## until the database has every migration that is here
	@$(RUN) wait $(ARGS)

##@ The history alone (runs nothing)
.PHONY: baseline
baseline: .venv/.runtime ## a database has the schema already: make baseline VERSION=20250923
	@$(MEANT)test -n "$(VERSION)" || { echo "error: up to which version is it there?" >&2; echo "fix: make baseline VERSION=20250923" >&2; exit 2; }
	@$(RUN) baseline "$(VERSION)" $(ARGS)

.PHONY: repair
repair: .venv/.runtime  ## which way a dirty migration went: make repair VERSION=20250923 ARGS=--applied
	@$(MEANT)test -n "$(VERSION)" || { echo "error: which migration, and which way did it go?" >&2; \
	    echo "fix: make repair VERSION=20250923 ARGS=--applied" >&2; \
	    echo "     make repair VERSION=20250923 ARGS=--pending" >&2; exit 2; }
	@$(RUN) repair "$(VERSION)" $(ARGS)

# A word that is no target: the runner knows what is meant by `rollback` or `stauts`. A folder has the name of one.
.PHONY: migrate
migrate:
	@test -x $(VENV) || $(MAKE) .venv/.runtime
	@MIGRATE_CALLED_BY=make $(VENV) migrate.py $@

.DEFAULT:
	@test -x $(VENV) || $(MAKE) .venv/.runtime
	@MIGRATE_CALLED_BY=make $(VENV) migrate.py "$@"

##@ Development
.PHONY: new
new: .venv/.runtime     ## an empty migration in every dialect: make new NAME=add_email_to_users
	@$(MEANT)test -n "$(NAME)" || { echo "error: a migration needs a name" >&2; echo "fix: make new NAME=add_email_to_users" >&2; exit 2; }
	@$(RUN) new "$(NAME)" $(ARGS)

.PHONY: setup
setup: .venv/.dev       ## the environment in .venv, tools included; the other targets do this when it is due
	@echo "ready: .venv/bin/imagor-studio-migrate"

.PHONY: test
test: .venv/.dev        ## every test on every database; brings its own servers up
	@$(VENV) -m pytest -n 4 $(ARGS)

.PHONY: test-docker
test-docker: .venv/.dev ## the image and the Compose file, really run; brings Docker where it can
	@$(VENV) -m pytest --docker tests/test_docker.py $(ARGS)

.PHONY: prove
prove: .venv/.dev       ## the proofs in full length: kills, stampedes, cut networks, fuzzing
	@$(VENV) -m pytest --prove -n 2 tests/test_proof_*.py tests/test_house.py $(ARGS)

.PHONY: repeat
repeat: .venv/.dev      ## N times what has two runners, a cluster or a signal in it: make repeat N=20
	@$(VENV) -m pytest -n 2 -m repeated --repeat $(N) $(ARGS)

.PHONY: bench
bench: .venv/.dev       ## how fast, beside the databases' own clients and other tools: make bench ARGS=--full
	@$(VENV) -m bench $(ARGS)

.PHONY: lint
lint: .venv/.dev        ## style of the Python, of the SQL, and of what deploys it
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check --quiet . || { echo "fix: make format" >&2; exit 1; }
	@for dialect in sqlite postgres mysql; do $(VENV) -m sqlfluff lint -n --disable-progress-bar --dialect $$dialect sql/$$dialect || exit 1; done
	@.venv/bin/hadolint deploy/Dockerfile
	@.venv/bin/shellcheck .ci/run deploy/*.sh deploy/kubernetes/*.sh tests/images/*.sh migrate_review/completion.bash
	@.venv/bin/kubernetes-validate --strict --quiet deploy/kubernetes/migration-job.yaml deploy/kubernetes/deployment.yaml
	@.venv/bin/actionlint .github/workflows/*.yml

.PHONY: types
types: .venv/.dev       ## mypy, strict
	@$(VENV) -m mypy

.PHONY: format
format: .venv/.dev      ## put the Python into its final shape
	@$(VENV) -m ruff check --fix-only --quiet .
	@$(VENV) -m ruff format .

##@ Release
.PHONY: man
man: .venv/.dev         ## the man page and the completions, in build/share
	@$(VENV) man/hatch_build.py build

.PHONY: build
build: .venv/.dev       ## the sdist and the wheel, in dist/
	@$(VENV) -m hatchling build

.PHONY: lock
lock: .venv/.dev        ## what the image installs, with hashes, as pyproject.toml asks; ARGS=-U: the newest
	@$(LOCK) --output-file deploy/requirements.txt pyproject.toml
	@awk -F '"' '/^requires = / { print $$2 }' pyproject.toml | $(LOCK) --output-file deploy/requirements-build.txt -

.PHONY: clean
clean:      ## remove what make made; databases and .env stay
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis __pycache__ tests/__pycache__ man/__pycache__ bench/__pycache__ \
	    migrate_review/__pycache__ migrate_review/*/__pycache__

# Two stamps: running migrations waits for the drivers only, not for the test tools.
.venv/.runtime: pyproject.toml Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	    echo "error: $(PYTHON) is missing, or older than Python 3.10" >&2; \
	    echo "fix: name another one, for example  make PYTHON=python3.12 setup" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "error: $(PYTHON) cannot make virtual environments: the module ensurepip is missing" >&2; \
	    echo "fix: on Debian and Ubuntu, as root,  apt-get install python3-venv" >&2; exit 1; }
	@echo "setting up .venv (once, under a minute)" >&2
	@$(VENV) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(VENV) -m pip install -qq --disable-pip-version-check --editable .
	@touch $@

.venv/.dev: .venv/.runtime
	@echo "adding the test tools to .venv (once, under a minute)" >&2
	@$(VENV) -m pip install -qq --disable-pip-version-check --editable '.[dev]'
	@touch $@
