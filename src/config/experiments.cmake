# SPDX-License-Identifier: MIT
# cmake -DFOLDER=... -DNAMES="a b/c" -DOUTPUT=... -P config_experiments.cmake: C source with the text of every
# FOLDER/NAME.yaml.
separate_arguments(NAMES)

# Text as the inside of a C string literal.
function(c_text text result)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n        \"" text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

set(source "/* SPDX-License-Identifier: MIT */\n/* Made from experiments/ by src/model/config_experiments.cmake. */\n")
string(APPEND source "#include \"config/experiments.h\"\n\nconst vdib__experiment vdib__experiments[] = {\n")
foreach(name ${NAMES})
  file(READ "${FOLDER}/${name}.yaml" yaml)
  if(NOT yaml MATCHES "^# ([^\n]+)\n")
    message(FATAL_ERROR "${FOLDER}/${name}.yaml: the first line must be a comment, its one-line summary")
  endif()
  c_text("${CMAKE_MATCH_1}" summary)
  c_text("${yaml}" text)
  string(APPEND source "    {\"${name}\", \"${summary}\",\n        \"${text}\"},\n")
endforeach()
string(APPEND source "};\n\nconst size_t vdib__experiment_total = "
              "sizeof vdib__experiments / sizeof vdib__experiments[0];\n")
file(WRITE "${OUTPUT}" "${source}")
