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

# vdib_optional(NAME LIBRARY MODULE PURPOSE): the interface library LIBRARY stands for what pkg-config calls MODULE and
# defines VDIB_WITH_<NAME>: 1, or 0 with -DVDIB_WITH_<NAME>=OFF, which leaves out what PURPOSE says.
set(VDIB_OPTIONAL_MODULES "") # for a static library's users
function(vdib_optional name library module purpose)
  option(VDIB_WITH_${name} "${purpose} (${module})" ON)
  add_library(${library} INTERFACE)
  if(NOT VDIB_WITH_${name})
    target_compile_definitions(${library} INTERFACE VDIB_WITH_${name}=0)
    return()
  endif()
  pkg_check_modules(${name} IMPORTED_TARGET ${module})
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${module} is missing: install it (scripts/install-dependencies), or leave out "
                        "'${purpose}' with -DVDIB_WITH_${name}=OFF")
  endif()
  target_compile_definitions(${library} INTERFACE VDIB_WITH_${name}=1)
  target_link_libraries(${library} INTERFACE PkgConfig::${name})
  set(VDIB_OPTIONAL_MODULES "${VDIB_OPTIONAL_MODULES} ${module}" PARENT_SCOPE)
endfunction()
vdib_optional(LZ4 vdib_lz4 liblz4 "AEDAT 4 files and ROS bags packed by LZ4")
vdib_optional(ZSTD vdib_zstd libzstd "AEDAT 4 files packed by Zstandard")
vdib_optional(XZ vdib_xz liblzma "event files packed by xz")
vdib_optional(ARCHIVE vdib_archive libarchive "archives as data sets")

# bzip2 comes without a description for pkg-config.
option(VDIB_WITH_BZIP2 "ROS bags packed by bzip2" ON)
set(VDIB_OPTIONAL_LIBS "")
add_library(vdib_bzip2 INTERFACE)
if(VDIB_WITH_BZIP2)
  find_package(BZip2)
  if(NOT BZIP2_FOUND)
    message(FATAL_ERROR "bzip2 is missing: install it (scripts/install-dependencies), or leave out 'ROS bags packed by "
                        "bzip2' with -DVDIB_WITH_BZIP2=OFF")
  endif()
  target_compile_definitions(vdib_bzip2 INTERFACE VDIB_WITH_BZIP2=1)
  target_include_directories(vdib_bzip2 SYSTEM INTERFACE "${BZIP2_INCLUDE_DIR}")
  target_link_libraries(vdib_bzip2 INTERFACE ${BZIP2_LIBRARIES})
  set(VDIB_OPTIONAL_LIBS "-lbz2")
else()
  target_compile_definitions(vdib_bzip2 INTERFACE VDIB_WITH_BZIP2=0)
endif()

# OpenBLAS's OpenMP build, held to one thread a call (core/matrix.c): threads are ours. Debian's serial build of
# 0.3.21 gives wrong results when two threads call it at once (bench/blas_threads.c shows it).
find_path(BLAS_INCLUDE cblas.h PATH_SUFFIXES openblas-openmp x86_64-linux-gnu/openblas-openmp
          aarch64-linux-gnu/openblas-openmp REQUIRED)
find_library(BLAS_LIBRARY NAMES libopenblas.so.0 openblas PATH_SUFFIXES openblas-openmp REQUIRED)
add_library(vdib_blas INTERFACE)
target_include_directories(vdib_blas SYSTEM INTERFACE "${BLAS_INCLUDE}")
target_link_libraries(vdib_blas INTERFACE "${BLAS_LIBRARY}" ${OpenMP_C_LIBRARIES})
