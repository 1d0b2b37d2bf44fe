#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An installation in a prefix of its own: C programs find it by pkg-config and find_package, link it shared or static,
# and a C++ program uses it; nothing in it points back to the build folder. As a part of another project it brings no
# tests.
source "$(dirname "$0")/common.sh"
build=$(realpath "${VDIB%/*}/..")
command -v pkg-config >/dev/null || skip "there is no pkg-config"
nm -D "$VDIB_LIBRARY" >"$folder/stdout"
! grep -qE '__(asan|tsan)_init' "$folder/stdout" || skip "the library is built with a sanitizer"

# The list of files of the user's own last installation stays as it is.
manifest=$build/install_manifest.txt
[[ ! -e $manifest ]] || cp "$manifest" "$folder/manifest"
restore() {
    rm -f "$manifest"
    [[ ! -e $folder/manifest ]] || cp "$folder/manifest" "$manifest"
    clean_up
}
trap restore EXIT

prefix="$folder/a prefix"
expect 0 cmake --install "$build" --prefix "$prefix"
library=$(find "$prefix" -name libvdib.so)
[[ -e $library ]] || fail "no libvdib.so in the prefix"
for file in bin/vdib share/man/man1/vdib.1 share/bash-completion/completions/vdib share/zsh/site-functions/_vdib \
    include/vdib/vdib.h share/vdib/experiments/demo.yaml; do
    [[ -s $prefix/$file ]] || fail "$file is not installed"
done
helper=$(find "$prefix" -name vdib-hdf5)
if [[ -n $helper ]]; then
    [[ $helper == "$prefix/libexec/vdib/vdib-hdf5" ]] || fail "the helper program for HDF5 is at $helper"
    expect 0 "$prefix/bin/vdib" info "$VDIB_SOURCE/tests/core/hdf5/small.h5"
    says stdout "format hdf5"
    mv "$helper" "$helper.away"
    expect 1 "$prefix/bin/vdib" info "$VDIB_SOURCE/tests/core/hdf5/small.h5"
    says stderr "HDF5 is read by a helper program, vdib-hdf5, which is not in"
    mv "$helper.away" "$helper"
fi
for binary in "$prefix/bin/vdib" "$library"; do
    readelf -d "$binary" | sed -n '/RPATH\|RUNPATH/p' >"$folder/stdout"
    ! grep -qF "$build" "$folder/stdout" ||
        fail "$binary looks for libraries in the build folder"
done
grep -rIlF "$VDIB_SOURCE" "$prefix" >"$folder/stdout" && fail "files of the installation name the source folder"
unset LD_LIBRARY_PATH
expect 0 "$prefix/bin/vdib" --version
cp "$folder/stdout" "$folder/version"
ldd "$prefix/bin/vdib" >"$folder/stdout"
says stdout "$(dirname "$(dirname "$library")")"

# A second prefix, moved after the installation: everything is relative. pkg-config cannot express blanks in a path.
moved=$folder/moved
cp -a "$prefix" "$moved"
expect 0 "$moved/bin/vdib" experiments
[[ -z $helper ]] || expect 0 "$moved/bin/vdib" info "$VDIB_SOURCE/tests/core/hdf5/small.h5"

cat >"$folder/user.c" <<'C'
#include <stdio.h>
#include <string.h>
#include <vdib/vdib.h>
int main(void) {
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    vdib_geometry geometry = {.input_channels = 1, .input_height = 1, .input_width = 5, .steps = 4, .classes = 3};
    vdib_status status = vdib_config_create(&config);
    if (status == VDIB_OK)
        status = vdib_config_set(config, "data.target=class");
    if (status == VDIB_OK)
        status = vdib_config_set(config, "encoder.layers=[7]");
    if (status == VDIB_OK)
        status = vdib_config_set(config, "decoder=mlp");
    if (status == VDIB_OK)
        status = vdib_model_create(config, &geometry, &model);
    if (status != VDIB_OK)
        fprintf(stderr, "%s\n", vdib_last_message());
    else
        printf("vdib %s: %zu outputs\n", vdib_version(), vdib_model_outputs(model));
    vdib_model_destroy(model);
    vdib_config_destroy(config);
    return status != VDIB_OK || strcmp(vdib_version(), VDIB_VERSION) != 0;
}
C
uses_it() {
    expect 0 "$@"
    says stdout "$(cat "$folder/version"): 3 outputs"
}

export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$moved" -name vdib.pc)")
[[ "vdib $(pkg-config --modversion vdib)" == "$(cat "$folder/version")" ]] || fail "pkg-config tells another version"
# shellcheck disable=SC2046 # lists of flags
expect 0 cc -std=c11 -Wall -Wextra -Werror "$folder/user.c" $(pkg-config --cflags --libs vdib) \
    -o "$folder/by-pkg-config"
uses_it "$folder/by-pkg-config"

mkdir "$folder/static-only"
cp "$(find "$moved" -name libvdib.a)" "$folder/static-only"
# shellcheck disable=SC2046
expect 0 cc -std=c11 "$folder/user.c" $(pkg-config --cflags vdib) -L"$folder/static-only" -lvdib \
    $(pkg-config --static --libs vdib | sed -e 's/-lvdib//') -o "$folder/by-archive"
uses_it "$folder/by-archive"
ldd "$folder/by-archive" >"$folder/stdout"
! grep -q libvdib "$folder/stdout" || fail "the static program needs libvdib.so"

cat >"$folder/user.cpp" <<'C'
#include <iostream>
#include <vdib/vdib.h>
int main() {
    std::cout << vdib_version() << std::endl;
    return vdib_experiment_name(0) == nullptr;
}
C
if command -v c++ >/dev/null; then
    # shellcheck disable=SC2046
    expect 0 c++ -Wall -Wextra -Werror "$folder/user.cpp" $(pkg-config --cflags --libs vdib) -o "$folder/in-c++"
    expect 0 "$folder/in-c++"
fi

mkdir "$folder/project"
cp "$folder/user.c" "$folder/project"
cat >"$folder/project/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(user C)
find_package(vdib 0.1 REQUIRED)
add_executable(shared user.c)
target_link_libraries(shared PRIVATE vdib::vdib)
add_executable(static user.c)
target_link_libraries(static PRIVATE vdib::static)
CMAKE
expect 0 cmake -S "$folder/project" -B "$folder/found" -DCMAKE_PREFIX_PATH="$prefix"
expect 0 cmake --build "$folder/found"
uses_it "$folder/found/shared"
uses_it "$folder/found/static"
expect 1 cmake -S "$folder/project" -B "$folder/nowhere" -DCMAKE_PREFIX_PATH="$folder/none" -Dvdib_DIR="$folder/none"

# As a part of another project: no tests, no packages, warnings are its user's business.
cat >"$folder/project/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.22)
project(user C)
enable_testing()
add_subdirectory("$VDIB_SOURCE" vdib EXCLUDE_FROM_ALL)
add_executable(user user.c)
target_link_libraries(user PRIVATE vdib::vdib)
if(VDIB_TESTS OR VDIB_INSTALL OR VDIB_WARNINGS_AS_ERRORS)
  message(FATAL_ERROR "a part of another project brings tests, packages or warnings as errors")
endif()
CMAKE
expect 0 cmake -S "$folder/project" -B "$folder/part"
expect 0 ctest --test-dir "$folder/part" -N
says stdout "Total Tests: 0"
