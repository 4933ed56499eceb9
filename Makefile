# Thin: one word a task. The work is done by deploy/*.sh and the `frontline` command.
FRONTLINE := .venv/bin/frontline
.PHONY: help env pages up demo-wechat down test check bench eval models clean

help:    ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*##/\t/' | expand -t 16
env:     ## both Python environments from their lock files
	@bash deploy/environment.sh main
	@bash deploy/environment.sh bot
pages:   env ## the web pages
	@bash deploy/pages.sh
models: env ## encoder, triage model and trained bot
	@$(FRONTLINE) models
up:      pages ## build what is missing and run everything
	@exec $(FRONTLINE) up
demo-wechat: pages ## the same beside a WeChat platform of our own, with a phone to try
	@bash deploy/demo_wechat.sh
down:    ## stop what `make up` started
	@$(FRONTLINE) down
check:   env ## lint, types, import contracts
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports
test:    pages models ## everything that CI runs
	@bash deploy/test.sh
bench:   pages models ## measure (see benchmarks/README.md)
	.venv/bin/python -m benchmarks
eval:    models ## measure on your own file: make eval ARGS="triage --file T.jsonl"
	$(FRONTLINE) eval $(or $(ARGS),--help)
clean:   ## remove environments, builds and data of this checkout
	rm -rf .venv bot/.venv bot/models web/node_modules web/*/dist var
