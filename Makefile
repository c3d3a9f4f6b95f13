# neuropil: `make` alone lists what there is to make.
SHELL := bash
PYTHON ?= python3.11
CONFIG ?= config/phantom.yaml
WORKERS ?= 2
export PYTHON
run := .venv/bin/python -m
pytest := $(run) pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder
snakemake := $(run) snakemake --configfile $(CONFIG)
results := results/$(basename $(notdir $(CONFIG)))

.PHONY: help setup setup-tests demo test test-fast bench lint format readme clean clean-results

help:  ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup:  ## .venv with the packages of requirements.lock; nothing to do if it is there
	@.ci/setup

setup-tests: setup  ## beside it, the packages of requirements-test.lock
	@.ci/setup tests

demo: setup  ## from the phantom's volumes to its connectome, evaluation and report
	@$(snakemake) $(ARGS)
	@$(snakemake) --report $(results)/report.html > $(results)/logs/report.log 2>&1 \
		|| { cat $(results)/logs/report.log; exit 1; }
	@cat $(results)/summary.txt
	@echo "  $(results)/report.html      all of it on one page, for a browser"

test: setup-tests  ## all tests, in two processes at a time (WORKERS=2)
	@$(pytest) $(ARGS)

test-fast: setup-tests  ## the tests that take seconds
	@$(pytest) -m 'not slow' tests/unit tests/workflow $(ARGS)

bench: setup  ## speed of voxel steps beside plain scipy, of Snakemake alone (DATA_ROOT=... for real tissue)
	@PYTHONPATH=scripts:tests $(run) bench.bench $(DATA_ROOT)
	@PYTHONPATH=scripts:tests $(run) bench.rehearse

lint: setup  ## ruff, snakefmt, snakemake --lint
	@$(run) ruff check .
	@$(run) ruff format --check .
	@$(run) snakefmt --check Snakefile rules
	@$(snakemake) --lint

format: setup  ## lay out the code with ruff and snakefmt
	@$(run) ruff check --fix .
	@$(run) ruff format .
	@$(run) snakefmt Snakefile rules

readme: setup  ## generate the README's tables of outputs from the schemas
	@PYTHONPATH=scripts:tests $(run) readme_tables

clean:  ## remove .venv and caches; results stay
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
	find scripts tests -name __pycache__ -prune -exec rm -rf {} +
	@echo "results/ stays ($$(du -sh results | cut -f1)). To remove it: make clean-results"

clean-results:  ## remove the results of all datasets, after asking
	@du -sh results/*/ 2>/dev/null || { echo "There are no results."; exit 1; }
	@read -r -p "Remove these results for good? [y/N] " answer && [ "$$answer" = y ]
	rm -rf results/*/
