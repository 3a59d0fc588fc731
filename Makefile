# make app: the dashboard on http://127.0.0.1:8501   make test: every check   make bench: timings

PYTHON ?= python3
BIN := .venv/bin

.PHONY: app test lint bench

app: .venv/installed
	$(BIN)/streamlit run app.py --server.address 127.0.0.1 --server.port 8501

test: lint
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: .venv/installed
	$(BIN)/python -m benchmarks

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements.txt
	touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	touch $@
