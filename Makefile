# Every command of the workspace; CI runs the same ones. `make help` lists them. Those that check and test
# build the whole workspace even where a part would do: cargo unites the features of what is built together, so that another selection would compile
# the same crates once more.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Arguments for the server or for a suite: make run ARGS="--data /tmp/try"
ARGS ?=

.PHONY: help run release test unit e2e check fmt docs bench fuzz clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start a server for trying things out, on loopback, with its data in ./data
	scripts/install build
	cargo run --bin switchboard -- serve $(ARGS)

release: ## Build the optimised executables, target/release/switchboard and switchboard-load
	scripts/install build
	SWITCHBOARD_REVISION="$$(git describe --always --dirty --tags 2>/dev/null || echo unknown)" \
		cargo build --release --workspace --bins

test: unit e2e ## Run every test: Rust, then the OpenIM SDKs, on SQLite and on PostgreSQL

unit: ## Run the Rust tests, the store's also on PostgreSQL
	scripts/install build postgres
	cargo test --workspace --all-targets --no-fail-fast $(ARGS)

e2e: ## Run the OpenIM SDKs against a real server, on SQLite and on PostgreSQL
	scripts/install build postgres browser node
	cargo test --workspace --all-targets --no-run --quiet
	scripts/e2e $(ARGS)

check: ## Check formatting, lints and the shape of the workspace
	scripts/install build
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	cargo test --workspace --test it --quiet -- tidy

fmt: ## Format the code
	cargo fmt --all

docs: ## Write the pages that are generated from the code
	cargo run --quiet --bin switchboard -- config doc > docs/configuration.md

bench: release ## Measure the optimised server with the load generator, on SQLite and on PostgreSQL
	scripts/install postgres nginx
	target/release/switchboard-load all $(ARGS)

fuzz: ## Fuzz the decoders for a minute each; needs a nightly toolchain and cargo-fuzz
	scripts/fuzz $(ARGS)

clean: ## Remove everything that was built
	cargo clean
	rm -rf e2e/node_modules
