# Targets for the people who grade. `make grade SUBMISSION=alice.zip` is the main one.
#
#   PYTHON=...  an existing environment's Python with everything installed; no .venv is made
#   TORCH=...   what pip installs as torch, e.g. TORCH="torch==2.13.0 --index-url <an index>"

TORCH ?= torch==2.13.0
BASE_PYTHON ?= python3
PY := $(if $(PYTHON),$(PYTHON),.venv/bin/python)
READY := $(if $(PYTHON),,.venv/.installed)

GRADE_FLAGS = $(if $(OUT),--out "$(OUT)") $(if $(RUBRIC),--rubric "$(RUBRIC)") \
	$(if $(FEEDBACK_LANG),--lang "$(FEEDBACK_LANG)")

.PHONY: help grade grade-all desk gradescope check test test-all explore lint format docs starter attacks mutants \
	bench reproduce bench-peers lock clean

help:
	@echo 'make grade SUBMISSION=alice.zip [REPORT=alice.pdf] [OUT=results] [RUBRIC=rubric.yaml] [FEEDBACK_LANG=zh|en]'
	@echo 'make grade-all SUBMISSIONS=folder/ [ROSTER=class.csv] [OUT=results] [JOBS=n] [DRY_RUN=1]'
	@echo 'make desk [OUT=results] [PORT=8765]   mark the class on a local page'
	@echo 'make gradescope [RUBRIC=rubric.yaml] [TO=autograder.zip]   what Gradescope grades with'
	@echo 'make check     whether this machine grades correctly'
	@echo 'make reproduce [ROW=name] [SEED=42] [QUICK=1]   what the course reports, measured again'
	@echo 'make bench-peers [ROUNDS=3]   this grader beside others'
	@echo 'make docs      the documentation, as a site in build/site'
	@echo 'make test | test-all | explore | lint | format | starter | attacks | mutants | bench | lock | clean'

.venv/.installed: requirements.lock pyproject.toml
	@$(BASE_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is needed; name one by BASE_PYTHON=python3.11'; exit 1; }
	$(BASE_PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	.venv/bin/python -m pip install --quiet $(TORCH)
	.venv/bin/python -m pip install --quiet --no-deps --editable .
	@touch $@

grade: $(READY)
	@test -n "$(SUBMISSION)" || { echo 'Name a hand-in: make grade SUBMISSION=alice.zip'; exit 2; }
	@$(PY) -m grader grade "$(SUBMISSION)" $(if $(REPORT),--report "$(REPORT)") $(GRADE_FLAGS)

grade-all: $(READY)
	@test -n "$(SUBMISSIONS)" || { echo 'Name a folder: make grade-all SUBMISSIONS=folder/'; exit 2; }
	@$(PY) -m grader batch "$(SUBMISSIONS)" $(if $(ROSTER),--roster "$(ROSTER)") \
		$(if $(JOBS),--jobs "$(JOBS)") $(if $(DRY_RUN),--dry-run) $(GRADE_FLAGS)

desk: $(READY)
	@$(PY) -m grader desk $(if $(OUT),--out "$(OUT)") $(if $(PORT),--port $(PORT)) \
		$(if $(FEEDBACK_LANG),--lang "$(FEEDBACK_LANG)")

gradescope: $(READY)
	@$(PY) -m grader gradescope --to "$(or $(TO),autograder.zip)" $(if $(RUBRIC),--rubric "$(RUBRIC)") \
		$(if $(FEEDBACK_LANG),--lang "$(FEEDBACK_LANG)")

check: $(READY)
	@$(PY) -m grader check $(if $(RUBRIC),--rubric "$(RUBRIC)") \
		$(if $(FEEDBACK_LANG),--lang "$(FEEDBACK_LANG)")

# Compiled tests are kept, whatever the environment says: each process would compile them again.
test test-all explore: export PYTHONDONTWRITEBYTECODE =

# By worksteal the tests of a file stay together, so that its servers start once and not twice.
# Three processes for two cores: a fifth of the time, a test waits for a hang or a process to end.
SIDE_BY_SIDE ?= 3

test: $(READY)
	$(PY) -m pytest -q -n $(SIDE_BY_SIDE) --dist worksteal -m "not slow"

test-all: $(READY)
	$(PY) -m pytest -q -n $(SIDE_BY_SIDE) --dist worksteal -m slow

# The same tests draw the same in every run; these draw by chance, ten times as often. With
# TESTS=tests/diagnosis, all tests there instead of the property tests, by a secret of chance.
explore: export HYPOTHESIS_PROFILE = explore
explore: $(READY)
	RNN_TEST_SECRET="$(or $(SECRET),$$($(PY) -c 'import secrets; print(secrets.token_hex(32))'))" \
		$(PY) -m pytest -v -n 2 --dist worksteal $(or $(TESTS),-m hypothesis)

lint: $(READY)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m grader.authoring.checks_doc --check
	$(PY) -m grader.authoring.rubric_doc --check
	$(PY) -m grader.authoring.report_schema --check
	$(PY) -m grader.cli.commands_doc --check

format: $(READY)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict

starter: $(READY)
	$(PY) -m grader.authoring.cut
	$(PY) -m grader.authoring.publish $(if $(RUBRIC),--rubric "$(RUBRIC)")
	$(PY) -m grader.authoring.checks_doc
	$(PY) -m grader.authoring.rubric_doc
	$(PY) -m grader.authoring.report_schema
	$(PY) -m grader.cli.commands_doc

mutants: $(READY)
	$(PY) -m grader.authoring.mutants $(if $(PART),--part $(PART)) $(if $(SAMPLE),--sample $(SAMPLE)) \
		--jobs $(or $(JOBS),2)

attacks: $(READY)
	$(PY) -m tests.attacks.table
	$(PY) -m tests.desk_attacks

bench: $(READY)
	PYTHONPATH=. $(PY) bench/grading.py
	PYTHONPATH=. $(PY) bench/suite.py
	PYTHONPATH=. $(PY) bench/spawn.py
	PYTHONPATH=. $(PY) bench/batch.py
	PYTHONPATH=. $(PY) bench/desk.py

# One thread, so that minutes mean the same on every machine.
reproduce: $(READY)
	PYTHONPATH=bench OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) -m reproduce \
		$(if $(ROW),--row $(ROW)) $(if $(SEED),--seed $(SEED)) $(if $(QUICK),--quick)

# The peers have an environment of their own; PEERS names one that exists.
PEERS ?= .venv-peers/bin/python

.venv-peers/bin/python: bench/peers.txt
	$(BASE_PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet -r bench/peers.txt
	@touch $@

bench-peers: $(READY) $(PEERS)
	PYTHONPATH=bench $(PY) -m peers --python $(PEERS) $(if $(ROUNDS),--rounds $(ROUNDS))

lock:
	$(PY) -m pip install --quiet pip-tools
	$(PY) -m piptools compile --quiet --extra dev --extra docs --extra similarity --extra cluster --generate-hashes --strip-extras \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--unsafe-package torch --unsafe-package setuptools --unsafe-package pip \
		-o requirements.lock pyproject.toml

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
