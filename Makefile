# The course's commands. `make grade` and `make test` need nothing but python3 with pip, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SAMPLE := 01-backprop 05-optimizers
SEED := 20261120
# Lanes run side by side, and threads that wait for one another would cost several times the work.
export OPENBLAS_NUM_THREADS ?= 1
TORCH := torch==2.13.0 tensorboard==2.21.0
TABLE := $(VENV)/logs/table.txt
ATTACKS := $(addprefix autograder/tests/,test_attacks_are_real.py test_hostile.py test_hostile_elsewhere.py test_walls.py test_walls_plain.py test_walls_attacked.py test_odd_answers_behind_walls.py)
HOSTILE := autograder/tests/test_hostile.py
OTHERS := $(sort $(filter-out $(ATTACKS),$(wildcard utils/tests/test_*.py autograder/tests/test_*.py source/*/tests/test_*.py)))
# Of `make test`, which leaves the other assignments to `make examine`.
SOME := 01-backprop 04-initialisation 07-regularisation 10-finetuning
SOME_NOTEBOOKS := $(foreach name,$(SOME),source/$(name)/$(name).ipynb)
NOTEBOOKS := $(wildcard source/*/*.ipynb)
ORACLES := $(wildcard source/*/tests/test_reference.py) utils/tests/test_convnet.py

.PHONY: help env sandbox grade test examine thorough checks attacks clean-debian places others the-rest slow slow-others slow-rest slow-attacks lint notebooks some-notebooks more-notebooks another-notebooks another-audit known some sampled audit mutants steady torch walls bench sizes build fuzz kills lock wheels engine site site-tests load service-kills clean

help:  ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1	/' | expand -t 24

env: $(READY)  ## Create the environment from the lock file

$(READY): requirements-staff.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else "Python %d.%d was found, where 3.11, 3.12 or 3.13 was expected; name another: make PYTHON=python3.12" % v[:2])'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null && $(PYTHON) -m venv $(VENV) \
	|| { $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --quiet --disable-pip-version-check --python $(BIN)/python install pip; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-staff.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@mkdir -p $(VENV)/etc/jupyter
	@printf '%s\n' '# Whatever class formgrader opens, and from wherever: no script of a submission may run in it.' \
	'from autograder.nbgrader_plugin.formgrader import protect' '' 'protect(get_config())' > $(VENV)/etc/jupyter/nbgrader_config.py
	@touch $@

sandbox:  ## Install bubblewrap, the strongest walls around student code, where that needs no password
	@command -v bwrap >/dev/null 2>&1 \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && timeout 120 apt-get update -qq && timeout 300 apt-get install -y -qq bubblewrap; } >/dev/null 2>&1 \
	|| { sudo -n true && sudo -n apt-get install -y -qq bubblewrap; } >/dev/null 2>&1 \
	|| echo 'bubblewrap is not installed and could not be installed here, so the next walls are used (autograder doctor says which). To install it: sudo apt-get install bubblewrap'

grade: env sandbox  ## Make the sample class in sample/ and grade it
	$(BIN)/autograder sample sample $(SAMPLE)
	$(BIN)/autograder --course sample grade $(SAMPLE)

test: env sandbox  ## Run every kind of test, side by side; what failed is named at the end, with its log
	@.ci/lanes attacks others the-rest some-notebooks some lint

examine: env sandbox  ## Run what takes longer: all that is known, slow tests, the other notebooks, all as on another processor, PyTorch, the site, wheels, the grader alone
	@.ci/lanes known slow-others slow-rest slow-attacks another-notebooks engine more-notebooks torch site-tests sampled wheels

thorough: env sandbox  ## Run what takes longest, before a release: the audit as on another processor, all hostile notebooks behind the other walls, a clean Debian
	@.ci/lanes another-audit walls clean-debian

checks: env sandbox  ## Run the tests of grader and utils
	$(BIN)/python -m pytest

attacks: env sandbox  ## Of these, those with hostile submissions, which mostly wait
	$(BIN)/python -m pytest -m 'not slow' --durations=15 $(ATTACKS)

walls: env sandbox  ## Run all hostile notebooks behind the walls that need no privilege
	for walls in room bare; do AUTOGRADER_WALLS=$$walls $(BIN)/python -m pytest $(HOSTILE) || exit 1; done

places: env  ## Run `make grade` and `make test` in a clone in each place that is like a container: an hour or more
	$(BIN)/python -m autograder.tests.readme_places

clean-debian: env  ## Set up and grade in a new Debian, as in a container, from nothing; run the Dockerfile's steps
	$(BIN)/python -m autograder.tests.clean_debian
	$(BIN)/python -m autograder.tests.dockerfile_steps

others: env sandbox  ## Of these, every second file of those without hostile submissions
	$(BIN)/python -m pytest -m 'not slow' --durations=40 $$(printf '%s\n' $(OTHERS) | awk 'NR % 2')

the-rest: env sandbox  ## Of these, the files between those
	$(BIN)/python -m pytest -m 'not slow' --durations=40 $$(printf '%s\n' $(OTHERS) | awk 'NR % 2 == 0')

slow: slow-others slow-rest  ## Of these, more of a kind that `make test` tries quickly

slow-others: env sandbox  ## Of these, those in the files of `make others`
	$(BIN)/python -m pytest -m slow --durations=40 $$(printf '%s\n' $(OTHERS) | awk 'NR % 2')

slow-rest: env sandbox  ## Of these, those in the files of `make the-rest`
	$(BIN)/python -m pytest -m slow --durations=40 $$(printf '%s\n' $(OTHERS) | awk 'NR % 2 == 0')

slow-attacks: env sandbox  ## The same of those with hostile submissions
	$(BIN)/python -m pytest -m slow --durations=15 $(ATTACKS)

lint: env  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

NBVAL = $(BIN)/python -m pytest --nbval --import-mode=prepend -p no:cacheprovider

notebooks: env  ## Run every source notebook and compare its outputs with those stored
	$(NBVAL) $(NOTEBOOKS)

some-notebooks: env  ## The same of some assignments
	$(NBVAL) $(SOME_NOTEBOOKS)

more-notebooks: env  ## The same of the others
	$(NBVAL) $(filter-out $(SOME_NOTEBOOKS),$(NOTEBOOKS))

# As on an older processor: another kernel of OpenBLAS, and NumPy without the wide registers that this one has.
ANOTHER = OPENBLAS_CORETYPE=Prescott NPY_DISABLE_CPU_FEATURES="$$($(BIN)/python -c 'from numpy._core._multiarray_umath import __cpu_dispatch__ as dispatched, __cpu_features__ as found; print(*[name for name in dispatched if found[name]])')"

another-notebooks: env  ## Run every source notebook as on another processor
	$(ANOTHER) $(MAKE) --no-print-directory notebooks

another-audit: env sandbox  ## Grade all that is known as on another processor, and compare with what `make known` found here
	@test -s $(TABLE) || $(MAKE) --no-print-directory known
	$(ANOTHER) $(BIN)/autograder audit --workers 1 --seed $(SEED) > $(TABLE).another || { cat $(TABLE).another; exit 1; }
	diff $(TABLE) $(TABLE).another && echo 'the same table on both'

known: env sandbox  ## Grade all that is known of the assignments, on one processor
	@mkdir -p $(dir $(TABLE))
	$(BIN)/autograder audit --workers 1 --seed $(SEED) > $(TABLE) && cat $(TABLE) || { cat $(TABLE); rm $(TABLE); exit 1; }

some: env sandbox  ## Grade one in ten of what is known of some assignments
	$(BIN)/autograder audit --every 10 --workers 1 --seed $(SEED) $(SOME)

sampled: env sandbox  ## Grade every 60th small change of the reference solutions, on one processor
	$(BIN)/autograder audit --mutants --every 60 --workers 1 --seed $(SEED) $(EXAMINED)

audit: env sandbox  ## Examine the checks with hidden inputs of many kinds: make audit SEEDS="1 2 3"
	for seed in $(or $(SEEDS),1 2 3 4 5 6 7 8); do $(BIN)/autograder audit --seed $$seed || exit 1; done

mutants: env sandbox  ## Grade every small change of the reference solutions: make mutants EXAMINED=05-optimizers
	$(BIN)/autograder audit --mutants --seed $(SEED) $(EXAMINED)

steady: env  ## Grade all that is known with 50 seeds, and name the checks whose verdict differs
	$(BIN)/autograder audit --seeds 50 --in-process $(EXAMINED)

torch: env  ## Hold the reference solutions against PyTorch, which this installs beside the locked packages
	@$(BIN)/python -c 'import torch, tensorboard' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH) \
	|| { echo 'PyTorch could not be installed here: the oracles that need it were SKIPPED.'; test -z "$$CI"; }
	@! $(BIN)/python -c 'import torch' 2>/dev/null || ORACLES=here $(BIN)/python -m pytest $(ORACLES)

bench: env sandbox  ## Measure 1,000 submissions beside stock nbgrader, otter and the floor: make bench BENCH="--size 20 --rounds 2"
	$(BIN)/python -m autograder.bench $(BENCH)

sizes: env sandbox  ## Measure cost and memory by the size of the class: make sizes SIZES="10 100 1000 10000"
	$(BIN)/python -m autograder.bench.sizes $(SIZES)

fuzz: env  ## Read inputs that nobody wrote for 10 minutes: make fuzz MINUTES=60
	$(BIN)/python -m autograder.tests.fuzz $(or $(MINUTES),10)

kills: env sandbox  ## Kill the grading at random points, ten times as often as the tests do
	KILLS=10 $(BIN)/python -m pytest -s autograder/tests/test_interrupted.py

build: env  ## Make source notebooks and release from the text forms
	$(BIN)/autograder build

lock: env  ## Resolve the packages again and write the lock files
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra grade --extra scale --extra dev --group student pyproject.toml -o requirements-staff.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --constraint requirements-staff.txt --group student -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --constraint requirements-staff.txt --extra site pyproject.toml -o requirements-site.txt

PLATFORMS := x86_64-manylinux_2_28 aarch64-manylinux_2_28 x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-msvc aarch64-pc-windows-msvc
NO_WHEEL := aarch64-pc-windows-msvc-3.11  # PyYAML has none there: README says so

wheels: env  ## Ask the package registry whether each locked package has a wheel for every platform that README names
	@for platform in $(PLATFORMS); do for python in 3.11 3.12 3.13; do \
	case " $(NO_WHEEL) " in *" $$platform-$$python "*) continue;; esac; \
	$(BIN)/uv pip compile --quiet --python-platform $$platform --python-version $$python --only-binary :all: requirements.txt --output-file $(VENV)/wheels.txt > $(VENV)/wheels.log 2>&1 \
	|| { echo "$$python on $$platform:"; cat $(VENV)/wheels.log; exit 1; }; done; done
	@echo 'every locked package has a wheel for each platform'

engine: env sandbox  ## Install the grader alone from its wheel, make a course elsewhere, and grade it
	@.ci/engine

SITE := course/site
READY_SITE := $(VENV)/.ready-site

$(READY_SITE): requirements-site.txt $(SITE)/package-lock.json $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-site.txt
	npm --prefix $(SITE) ci --ignore-scripts --silent
	@touch $@

site: $(READY_SITE)  ## Build the course's site in build/site; needs npm for MathJax
	@rm -rf build/site
	$(BIN)/sphinx-build -W -q -j 2 -c $(SITE) -b html -d build/doctrees . build/site
	@echo 'the site: build/site/index.html'

site-tests: site  ## Build the site, and visit it in a browser
	$(BIN)/python -m pytest course/site/tests

load: env sandbox  ## Measure the server beside the grader alone: make load LOAD="01-backprop --burst 300"
	$(BIN)/python -m autograder.bench.load $(LOAD)

service-kills: env sandbox  ## Kill the server and its workers at 200 random points
	$(BIN)/python -m autograder.bench.kills 200

clean:  ## Remove the environment and what tools left behind
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache
