# SPDX-License-Identifier: MIT
# What vdib builds on. scripts/install-dependencies installs all of it on Debian and Ubuntu.
find_package(OpenMP REQUIRED COMPONENTS C) # BLAS alone uses it; core/matrix.c asks it for one thread a call
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SLEEF REQUIRED IMPORTED_TARGET sleef)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(LIBPNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(POPT REQUIRED IMPORTED_TARGET popt)
find_program(PROTOC_C NAMES protoc-c REQUIRED)
find_path(RANDOM123_INCLUDE Random123/philox.h REQUIRED)

# OpenBLAS's OpenMP build, held to one thread a call (core/matrix.c): threads are ours. Debian's serial build of
# 0.3.21 gives wrong results when two threads call it at once (bench/blas_threads.c shows it).
find_path(BLAS_INCLUDE cblas.h PATH_SUFFIXES openblas-openmp x86_64-linux-gnu/openblas-openmp
          aarch64-linux-gnu/openblas-openmp REQUIRED)
find_library(BLAS_LIBRARY NAMES libopenblas.so.0 openblas PATH_SUFFIXES openblas-openmp REQUIRED)
add_library(vdib_blas INTERFACE)
target_include_directories(vdib_blas SYSTEM INTERFACE "${BLAS_INCLUDE}")
target_link_libraries(vdib_blas INTERFACE "${BLAS_LIBRARY}" ${OpenMP_C_LIBRARIES})
