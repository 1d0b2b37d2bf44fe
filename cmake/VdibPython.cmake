# SPDX-License-Identifier: MIT
# Whether the Python package is built: AUTO, where there is a Python with its headers and cffi (that of `make python`
# first), ON or OFF.
set(VDIB_PYTHON AUTO CACHE STRING "Build the Python package: AUTO, ON or OFF")
if(VDIB_PYTHON AND PROJECT_IS_TOP_LEVEL)
  if(NOT SKBUILD AND NOT Python3_EXECUTABLE AND EXISTS "${PROJECT_SOURCE_DIR}/build/python/bin/python3")
    set(Python3_EXECUTABLE "${PROJECT_SOURCE_DIR}/build/python/bin/python3")
  endif()
  find_package(Python3 3.9 COMPONENTS Interpreter Development.Module)
  set(has_cffi 1)
  if(Python3_FOUND)
    execute_process(COMMAND "${Python3_EXECUTABLE}" -c "import cffi, setuptools" RESULT_VARIABLE has_cffi
                    OUTPUT_QUIET ERROR_QUIET)
  endif()
  if(has_cffi EQUAL 0)
    add_subdirectory(python)
  elseif(VDIB_PYTHON STREQUAL "AUTO")
    message(STATUS "No Python with headers and cffi: the Python package is not built (`make python`)")
  else()
    message(FATAL_ERROR "The Python package needs Python 3.9 or later with its headers and cffi: python3-dev and "
                        "`pip install cffi setuptools`, or leave it out with -DVDIB_PYTHON=OFF")
  endif()
endif()
