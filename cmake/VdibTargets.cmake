# SPDX-License-Identifier: MIT
# Compiler settings, and vdib_part(): one folder of src/ as a static library that the shared library is made of.

add_library(vdib_settings INTERFACE)
target_include_directories(vdib_settings INTERFACE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
target_include_directories(vdib_settings SYSTEM INTERFACE "${RANDOM123_INCLUDE}")
target_compile_definitions(vdib_settings INTERFACE _XOPEN_SOURCE=700)
target_compile_options(vdib_settings INTERFACE
  -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Wundef
  # The same bits from every compiler setting: no fused multiply-adds that the source does not ask for.
  -ffp-contract=off -fno-math-errno
  $<$<BOOL:${VDIB_WARNINGS_AS_ERRORS}>:-Werror>
  $<$<CONFIG:Release>:-O3>)
target_link_libraries(vdib_settings INTERFACE Threads::Threads m)
if(VDIB_SANITIZE)
  target_compile_options(vdib_settings INTERFACE -fsanitize=${VDIB_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(vdib_settings INTERFACE -fsanitize=${VDIB_SANITIZE})
  # The library that other programs, such as Python, must load before all else: libasan.so or libtsan.so.
  if(VDIB_SANITIZE MATCHES "address|thread")
    string(SUBSTRING ${CMAKE_MATCH_0} 0 1 kind)
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=lib${kind}san.so
                    OUTPUT_VARIABLE VDIB_SANITIZER_RUNTIME OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
endif()
if(VDIB_FUZZ)
  # The fuzzer sees which edges of the library an input reaches.
  target_compile_options(vdib_settings INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(vdib_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# vdib_part(NAME USES part... LIBRARIES lib...): static library vdib_NAME of src/NAME/*.c and src/NAME/*/*.c. kernels*.c
# are compiled once a kernel level instead, with VDIB_LEVEL naming it. The objects of all parts together, in the global
# property VDIB_OBJECTS, make the library itself.
function(vdib_part name)
  cmake_parse_arguments(PART "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.c" "${CMAKE_CURRENT_SOURCE_DIR}/*/*.c")
  file(GLOB kernels CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/kernels*.c"
       "${CMAKE_CURRENT_SOURCE_DIR}/*/kernels*.c")
  list(REMOVE_ITEM sources ${kernels} "")
  set(objects "")
  if(kernels)
    set(levels portable)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
      list(APPEND levels avx2 avx512)
    endif()
    foreach(level ${levels})
      add_library(vdib_${name}_${level} OBJECT ${kernels})
      target_link_libraries(vdib_${name}_${level} PRIVATE vdib_settings PkgConfig::SLEEF)
      target_compile_definitions(vdib_${name}_${level} PRIVATE VDIB_LEVEL=${level})
      if(level STREQUAL avx2)
        target_compile_options(vdib_${name}_${level} PRIVATE -mavx2)
      elseif(level STREQUAL avx512)
        target_compile_options(vdib_${name}_${level} PRIVATE -mavx2 -mavx512f -mavx512dq -mavx512bw -mavx512vl
          -mprefer-vector-width=512)
      endif()
      list(APPEND objects $<TARGET_OBJECTS:vdib_${name}_${level}>)
    endforeach()
  endif()
  add_library(vdib_${name} STATIC ${sources} ${objects})
  target_link_libraries(vdib_${name} PUBLIC vdib_settings ${PART_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY VDIB_OBJECTS $<TARGET_OBJECTS:vdib_${name}> ${objects})
  set_property(GLOBAL APPEND PROPERTY VDIB_LIBRARIES ${PART_LIBRARIES})
  foreach(part ${PART_USES})
    target_link_libraries(vdib_${name} PUBLIC vdib_${part})
  endforeach()
endfunction()

# vdib_messages(NAME FILE): messages of proto/FILE.proto as a part of src/NAME. What protoc-c generates is compiled with
# its own warnings, apart from ours.
function(vdib_messages part file)
  set(generated "${CMAKE_CURRENT_BINARY_DIR}/proto")
  add_custom_command(
    OUTPUT "${generated}/${file}.pb-c.c" "${generated}/${file}.pb-c.h"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${generated}"
    COMMAND ${PROTOC_C} "--proto_path=${CMAKE_CURRENT_SOURCE_DIR}/proto" "--c_out=${generated}" ${file}.proto
    DEPENDS proto/${file}.proto
    VERBATIM)
  add_library(vdib_${part}_proto OBJECT "${generated}/${file}.pb-c.c" "${generated}/${file}.pb-c.h")
  target_link_libraries(vdib_${part}_proto PRIVATE PkgConfig::PROTOBUF_C)
  add_dependencies(vdib_${part} vdib_${part}_proto)
  target_sources(vdib_${part} PRIVATE $<TARGET_OBJECTS:vdib_${part}_proto>)
  target_include_directories(vdib_${part} SYSTEM PRIVATE "${generated}")
  set_property(GLOBAL APPEND PROPERTY VDIB_OBJECTS $<TARGET_OBJECTS:vdib_${part}_proto>)
endfunction()
