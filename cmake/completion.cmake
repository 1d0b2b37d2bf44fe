# SPDX-License-Identifier: MIT
# Writes OUTPUT, the completion of SHELL as PROGRAM prints it.
execute_process(COMMAND "${PROGRAM}" completion ${SHELL} OUTPUT_FILE "${OUTPUT}.part" RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} completion ${SHELL}: exit code ${code}")
endif()
file(RENAME "${OUTPUT}.part" "${OUTPUT}")
