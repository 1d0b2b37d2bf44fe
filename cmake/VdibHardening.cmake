# SPDX-License-Identifier: MIT
# Release builds check copies into buffers of known size and the stack's end at run time, lie at random addresses, and
# have tables of addresses that nobody can write after the start. What is built is read by tests/cli/test_hardening.sh;
# what it
# costs stands in docs/reliability.md.
include(CheckCCompilerFlag)
include(CheckPIESupported)
option(VDIB_HARDENING "Release builds with checks of buffers and stacks, and read-only tables of addresses" ON)
if(NOT VDIB_HARDENING OR VDIB_SANITIZE OR VDIB_FUZZ)
  return()
endif()

check_pie_supported() # CMAKE_POSITION_INDEPENDENT_CODE makes programs position-independent, too
set(flags -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
foreach(flag -fstack-protector-strong -fstack-clash-protection)
  string(MAKE_C_IDENTIFIER "VDIB_HAS${flag}" has)
  check_c_compiler_flag(${flag} ${has})
  if(${has})
    list(APPEND flags ${flag})
  endif()
endforeach()
add_compile_options("$<$<CONFIG:Release>:${flags}>")
add_link_options("$<$<CONFIG:Release>:-Wl,-z,relro,-z,now,-z,noexecstack>")
