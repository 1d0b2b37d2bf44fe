# SPDX-License-Identifier: MIT
# MPI, with which several machines train one model (src/mpi/): used where it is found.
# CMake asks the MPI compiler of this machine, which says nothing about another architecture.
if(CMAKE_CROSSCOMPILING)
  set(mpi_is_ours OFF)
else()
  set(mpi_is_ours ON)
endif()
option(VDIB_WITH_MPI "Build the module that trains with several ranks under mpirun, where MPI is found" ${mpi_is_ours})
if(VDIB_WITH_MPI)
  set(MPI_CXX_SKIP_MPICXX ON)
  find_package(MPI QUIET COMPONENTS C)
  if(NOT MPI_C_FOUND)
    message(STATUS "No MPI (libopenmpi-dev): vdib trains on one machine")
  endif()
endif()
file(RELATIVE_PATH VDIB_LIBRARY_FROM_HELPER "${helper_folder}" "${CMAKE_INSTALL_FULL_LIBDIR}")
