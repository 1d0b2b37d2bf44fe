#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public header stands alone, in strict C and in strict C++ of several years, and a C++ program calls the library.
source "$(dirname "$0")/common.sh"
compiler=${CC:-cc}
command -v "$compiler" >/dev/null || skip "there is no C compiler"
command -v g++ >/dev/null || skip "g++ is not installed"
symbols=$(nm -D "$VDIB_LIBRARY")
flags=()
grep -q __asan_init <<<"$symbols" && flags=("-fsanitize=address,undefined")
grep -q __tsan_init <<<"$symbols" && skip "the library is built with the thread sanitizer"
strict=(-Wall -Wextra -Wpedantic -Wshadow -Werror -I "$VDIB_SOURCE/include")

for header in "$VDIB_SOURCE"/include/vdib/*.h; do
    name=vdib/$(basename "$header")
    printf '#include <%s>\n#include <%s>\nint main(void) { return 0; }\n' "$name" "$name" >"$folder/alone.c"
    cp "$folder/alone.c" "$folder/alone.cpp"
    expect 0 "$compiler" -std=c11 "${strict[@]}" -fsyntax-only "$folder/alone.c"
    for year in 11 17 20; do
        expect 0 g++ -std=c++$year "${strict[@]}" -fsyntax-only "$folder/alone.cpp"
    done
done

cat >"$folder/use.cpp" <<'CPP'
#include <vdib/vdib.h>

#include <cstdio>
#include <stdexcept>
#include <vector>

static void check(vdib_status status) {
    if (status != VDIB_OK)
        throw std::runtime_error(vdib_last_message());
}

int main() {
    vdib_key_info info{};
    info.size = sizeof info;
    check(vdib_config_key_info("objective.beta", &info));
    vdib_raster *raster = nullptr;
    check(vdib_raster_create(5, 3, &raster));
    const std::vector<uint32_t> steps{0, 2}, channels{4, 1};
    check(vdib_raster_from_pairs(raster, steps.data(), channels.data(), steps.size(), nullptr));
    std::printf("%s %d %s %zu\n", vdib_version(), vdib_version_number() - VDIB_VERSION_NUMBER, info.name,
                vdib_raster_spikes(raster));
    vdib_raster_destroy(raster);
    try {
        check(vdib_raster_create(0, 3, &raster));
    } catch (const std::runtime_error &error) {
        std::printf("%s\n", error.what());
        return 0;
    }
    return 1;
}
CPP
expect 0 g++ -std=c++11 "${strict[@]}" "${flags[@]}" "$folder/use.cpp" "$VDIB_LIBRARY" \
    -Wl,-rpath,"$(dirname "$VDIB_LIBRARY")" -o "$folder/use"
expect 0 "$folder/use"
says stdout " 0 objective.beta 2" "channels"
