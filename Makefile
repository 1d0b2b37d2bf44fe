# SPDX-License-Identifier: MIT
# A thin front for CMake. `make demo` and `make test` do everything on a fresh Debian or Ubuntu.
BUILD := build/release
JOBS := $(shell nproc)
DEMO := build/demo-run

# Set-up comes before builds and tests, also under -j; each of them uses all cores by itself.
.NOTPARALLEL:
.PHONY: demo test build install uninstall deb format mutants asan tsan coverage interop test-torch python wheel clean
.PHONY: docs tutorials ledger analyse memcheck
.PHONY: dependencies test-dependencies configure

demo: configure
	cmake --build --preset release --target vdib_program
	rm -rf $(DEMO)
	$(BUILD)/bin/vdib train demo --out $(DEMO)

test: test-dependencies python configure
	cmake --build --preset release
	TMPDIR=$$(scripts/test-folder) ctest --preset release -j $(JOBS)

build: configure
	cmake --build --preset release

# make install PREFIX=DIR; /usr/local without one.
install: build
	cmake --install $(BUILD) $(if $(PREFIX),--prefix $(PREFIX))

# Removes what the last `make install` wrote.
uninstall:
	cmake --build $(BUILD) --target uninstall

# A Debian package in build/release.
deb: build
	cd $(BUILD) && cpack -G DEB

format:
	scripts/check-format --fix

# The same tests under the sanitizers.
asan tsan: test-dependencies
	cmake --preset $@
	cmake --build --preset $@
	TMPDIR=$$(scripts/test-folder) ctest --preset $@ -j $(JOBS)

# Does the suite notice? Slips made on purpose, one at a time: tests/mutants/README.md. PART=learn runs those of one
# folder.
mutants: test-dependencies
	tests/mutants/run $(if $(PART),--part $(PART))

# The bytes of tests/ledger.txt, made by gcc, clang and for aarch64, at every kernel level, by 1, 2, 3 and 5 threads.
ledger: test-dependencies
	tests/ledger/everywhere

# Static analysis of src/ by clang-tidy, cppcheck and gcc; what they find wrongly stands in scripts/analyse.exceptions.
analyse: dependencies
	scripts/install-dependencies --analysis
	cmake --preset release
	cmake --build --preset release
	scripts/analyse

# Short test programs under valgrind's memcheck.
memcheck: test-dependencies build
	scripts/memcheck

# Branches taken by all unit tests, in src/learn and src/eval: gcov without optimisation.
coverage: test-dependencies
	cmake --preset coverage
	cmake --build --preset coverage
	find build/coverage -name '*.gcda' -delete
	ctest --preset coverage -j $(JOBS) -LE 'cli|bench'
	scripts/coverage build/coverage learn eval

# Other programs that tests compare vdib with, from PyPI: CTest label interop. Without them those tests are skipped.
interop:
	python3 -m venv build/interop
	build/interop/bin/pip install --quiet --requirement tests/interop/requirements.txt

# What the Python package and its tests are built and run with, from PyPI: CTest label python. Without it both are left
# out, which is said.
python:
	python3 -m venv build/python
	build/python/bin/pip install --quiet --requirement python/tests/requirements.txt || \
	    echo "PyPI could not be reached: the Python package is not tested" >&2
	python/tests/interpreters | while read -r version python; do \
	    build/python/bin/pip --python "$$python" install --quiet --root-user-action ignore --upgrade \
	        --target build/python/of-$$version cffi || true; \
	done

# A Python wheel in build/wheel that brings its libraries and their licence texts, tried in an environment of its own.
wheel: dependencies
	scripts/wheel

# Programs on PyTorch: some GB from PyPI into build/torch, and the tests of label torch, which `make test` leaves out.
test-torch: python build
	python3 -m venv build/torch
	build/torch/bin/pip install --quiet --requirement tests/torch/requirements.txt
	ctest --test-dir build/release -C torch -L torch --output-on-failure

# The documentation site in build/docs/html, with Sphinx from PyPI and Doxygen.
docs: dependencies python configure
	command -v doxygen >/dev/null || scripts/install-dependencies --docs
	cmake --build --preset release --target vdib_python
	python3 -m venv build/docs-tools
	build/docs-tools/bin/pip install --quiet --requirement docs/site/requirements.txt
	build/docs-tools/bin/python scripts/site $(BUILD)/bin/vdib build/docs

# The tutorials from their first line to their last; `make docs` shows what they printed.
tutorials: python configure
	cmake --build --preset release --target vdib_program --target vdib_python
	PYTHONPATH=$(CURDIR)/$(BUILD)/python build/python/bin/python scripts/tutorials --out build/tutorials $(BUILD)/bin/vdib

clean:
	rm -rf build

dependencies:
	scripts/install-dependencies

test-dependencies:
	scripts/install-dependencies --tests

configure: dependencies
	cmake --preset release
