# The two commands of the README are 'make up' and 'make test'. Each gets what the machine lacks and can be repeated.
# More for 'kastell up' goes into ARGS: make up ARGS=--enable-admission-plugins=PodSecurityPolicy

.PHONY: help up down test bench clean
.DEFAULT_GOAL := help

help: ## Show this list.
	@grep -hE '^[a-z]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+): .*## /  make \1|/' | column -t -s '|'

up: ## Build kastell and start a cluster that is ready when this ends.
	@Scripts/up $(ARGS)

down: ## Stop the cluster; its state stays.
	@.build/bin/kastell down $(ARGS)

test: ## Build and run every test: units, end to end, corpora.
	@Scripts/test

bench: ## Measure, against a peer in the same run.
	@Scripts/bench $(ARGS)

clean: ## Remove what was built. The cluster's state is elsewhere and stays.
	rm -rf .build Benchmarks/.build
