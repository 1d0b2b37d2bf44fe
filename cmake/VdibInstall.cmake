# SPDX-License-Identifier: MIT
# Installation: library, headers, program, experiments, and what other build systems find vdib by: a CMake package
# (find_package(vdib)), a pkg-config file, completion for shells, and a Debian package (CPack).
include(CMakePackageConfigHelpers)

install(TARGETS vdib vdib_static EXPORT vdibTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS vdib_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET vdib_hdf5)
  install(TARGETS vdib_hdf5 RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/vdib)
endif()
if(TARGET vdib_mpi)
  install(TARGETS vdib_mpi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/vdib)
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/vdib" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY "${PROJECT_SOURCE_DIR}/experiments/" DESTINATION ${CMAKE_INSTALL_DATADIR}/vdib/experiments)
install(FILES "${PROJECT_SOURCE_DIR}/man/vdib.1" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
        DESTINATION ${CMAKE_INSTALL_DOCDIR})

# ---- what a static library leaves to its users ----

# Names of pkg-config packages, and flags for what has none. Debian's OpenBLAS with OpenMP lies in a folder of its own.
set(VDIB_REQUIRES_PRIVATE "yaml-0.1 jansson sleef nettle zlib libzip libpng libprotobuf-c${VDIB_OPTIONAL_MODULES}")
get_filename_component(blas_folder "${BLAS_LIBRARY}" DIRECTORY)
get_filename_component(blas_file "${BLAS_LIBRARY}" NAME)
set(VDIB_LIBS_PRIVATE "-L${blas_folder} -Wl,-rpath,${blas_folder} -l:${blas_file} ${OpenMP_C_FLAGS} -pthread -ldl -lm")
string(APPEND VDIB_LIBS_PRIVATE " ${VDIB_OPTIONAL_LIBS}")

# ---- find_package(vdib) ----

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/vdib")
install(EXPORT vdibTargets NAMESPACE vdib:: DESTINATION "${package_folder}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/vdibConfig.cmake.in" "${PROJECT_BINARY_DIR}/vdibConfig.cmake"
                              INSTALL_DESTINATION "${package_folder}" PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/vdibConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/vdibConfig.cmake" "${PROJECT_BINARY_DIR}/vdibConfigVersion.cmake"
        DESTINATION "${package_folder}")

# ---- pkg-config ----

file(RELATIVE_PATH VDIB_PREFIX_FROM_PC "/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/p")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  message(FATAL_ERROR "CMAKE_INSTALL_LIBDIR is '${CMAKE_INSTALL_LIBDIR}'; give it relative to the prefix, "
    "for example lib, so that an installed vdib can be moved")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/vdib.pc.in" "${PROJECT_BINARY_DIR}/vdib.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/vdib.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# ---- completion, made from the program's own tables of options ----

foreach(shell bash zsh)
  add_custom_command(
    OUTPUT "${PROJECT_BINARY_DIR}/completion/${shell}"
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:vdib_program> -DSHELL=${shell}
            "-DOUTPUT=${PROJECT_BINARY_DIR}/completion/${shell}" -P "${CMAKE_CURRENT_LIST_DIR}/completion.cmake"
    DEPENDS vdib_program "${CMAKE_CURRENT_LIST_DIR}/completion.cmake"
    VERBATIM)
  list(APPEND completions "${PROJECT_BINARY_DIR}/completion/${shell}")
endforeach()
add_custom_target(vdib_completion ALL DEPENDS ${completions})
install(FILES "${PROJECT_BINARY_DIR}/completion/bash" RENAME vdib
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${PROJECT_BINARY_DIR}/completion/zsh" RENAME _vdib
        DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")

# ---- removal: what the last installation wrote ----

add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} "-DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt"
                  -P "${CMAKE_CURRENT_LIST_DIR}/uninstall.cmake" VERBATIM)

# ---- Debian package: `make deb` ----

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME vdib)
set(CPACK_PACKAGE_VENDOR "vdib")
set(CPACK_PACKAGE_CONTACT "the vdib developers <vdib@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/debian_shlibs.cmake")
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
include(CPack)
