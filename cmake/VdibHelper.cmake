# SPDX-License-Identifier: MIT
# The helper program for HDF5 (src/hdf5/): whether it is built, what it links, and where library and programs find it.
option(VDIB_WITH_HDF5 "Build the helper program that reads and writes HDF5 files (libhdf5)" ON)

# Without one of these, HDF5 files whose chunks it packs are refused.
function(vdib_filter_library name header library)
  find_path(VDIB_${name}_INCLUDE ${header})
  find_library(VDIB_${name}_LIBRARY ${library})
  if(VDIB_${name}_INCLUDE AND VDIB_${name}_LIBRARY)
    add_library(vdib_${name} INTERFACE)
    target_include_directories(vdib_${name} SYSTEM INTERFACE "${VDIB_${name}_INCLUDE}")
    target_link_libraries(vdib_${name} INTERFACE "${VDIB_${name}_LIBRARY}")
  else()
    message(STATUS "No ${library}: HDF5 files that are packed by it are not read")
  endif()
endfunction()

if(VDIB_WITH_HDF5)
  pkg_check_modules(HDF5 IMPORTED_TARGET hdf5)
  if(NOT HDF5_FOUND)
    message(FATAL_ERROR "libhdf5 (libhdf5-dev) is not here; without it no HDF5 files are read: "
      "cmake -D VDIB_WITH_HDF5=OFF")
  endif()
  vdib_filter_library(LZ4 lz4.h lz4)
  vdib_filter_library(BZIP2 bzlib.h bz2)
  vdib_filter_library(ZSTD zstd.h zstd)
  vdib_filter_library(BLOSC blosc.h blosc)
endif()

# Seen from the folders of libraries and of programs, so that an installation can be moved.
set(helper_folder "${CMAKE_INSTALL_FULL_LIBEXECDIR}/vdib")
file(RELATIVE_PATH VDIB_HELPER_FROM_LIBRARY "${CMAKE_INSTALL_FULL_LIBDIR}" "${helper_folder}")
file(RELATIVE_PATH VDIB_HELPER_FROM_PROGRAM "${CMAKE_INSTALL_FULL_BINDIR}" "${helper_folder}")
