# Debian's own interpreter, whatever else is installed: the scripts need nothing beyond its library.
set(Python3_ROOT_DIR /usr)
set(Python3_FIND_STRATEGY LOCATION)
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)

# freshet_script(NAME name SCRIPT file.py [ARGS word…] LABELS … [TIMEOUT s]): one ctest entry, a Python program
# that plays with the built freshet. The label `broker` gives it a Kafka broker of its own.
function(freshet_script)
  cmake_parse_arguments(arg "" "NAME;SCRIPT;TIMEOUT" "ARGS;LABELS" ${ARGN})
  set(command ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCRIPT})
  if("broker" IN_LIST arg_LABELS)
    list(PREPEND command ${PROJECT_SOURCE_DIR}/tests/broker/kafka run)
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${command} $<TARGET_FILE:freshet> ${arg_ARGS}
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set(environment PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/pipeline ${FRESHET_TEST_ENVIRONMENT})
  if("threads" IN_LIST arg_LABELS)
    add_dependencies(threads freshet)
  endif()
  if(TARGET freshet_c11_threads)
    list(APPEND environment LD_PRELOAD=$<TARGET_FILE:freshet_c11_threads>)
  endif()
  set_tests_properties(${arg_NAME} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
                       COST ${arg_TIMEOUT} SKIP_RETURN_CODE 77 ENVIRONMENT "${environment}")
endfunction()
