# SPDX-License-Identifier: MIT
# What vdib builds on. scripts/install-dependencies installs all of it on Debian and Ubuntu.
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SLEEF REQUIRED IMPORTED_TARGET sleef)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(LIBPNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(POPT REQUIRED IMPORTED_TARGET popt)
find_program(PROTOC_C NAMES protoc-c REQUIRED)
find_path(RANDOM123_INCLUDE Random123/philox.h REQUIRED)

# OpenBLAS's serial build: threads are ours, and one BLAS call is always one thread.
find_path(OPENBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas-serial x86_64-linux-gnu/openblas-serial
          aarch64-linux-gnu/openblas-serial REQUIRED)
find_library(OPENBLAS_LIBRARY openblas PATH_SUFFIXES openblas-serial REQUIRED)
add_library(vdib_blas INTERFACE)
target_include_directories(vdib_blas SYSTEM INTERFACE "${OPENBLAS_INCLUDE}")
target_link_libraries(vdib_blas INTERFACE "${OPENBLAS_LIBRARY}")
