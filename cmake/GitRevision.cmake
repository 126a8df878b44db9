# Which sources a binary was made from. segwork_revision(<target>) gives a target the
# generated header segwork_revision.h with SEGWORK_REVISION: "1a2b3c4d5e6f", with "-modified" where tracked files differ from the commit, or
# "unknown" without git or outside a clone. Looked up at every build; the header changes only when the answer does.

if(CMAKE_SCRIPT_MODE_FILE) # cmake -DSOURCE=... -DHEADER=... -P GitRevision.cmake
  set(revision unknown)
  find_program(GIT git)
  if(GIT AND EXISTS ${SOURCE}/.git) # not some repository further up that happens to hold a source archive
    execute_process(COMMAND ${GIT} describe --always --abbrev=12 --exclude=* --dirty=-modified
                    WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE answer ERROR_QUIET RESULT_VARIABLE failed
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT failed)
      set(revision ${answer})
    endif()
  endif()
  set(content "#define SEGWORK_REVISION \"${revision}\"\n")
  set(before "")
  if(EXISTS ${HEADER})
    file(READ ${HEADER} before)
  endif()
  if(NOT content STREQUAL before)
    file(WRITE ${HEADER} ${content})
  endif()
  return()
endif()

set(SEGWORK_REVISION_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(segwork_revision target)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/revision)
  add_custom_target(${target}_revision
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DHEADER=${folder}/segwork_revision.h -P ${SEGWORK_REVISION_SCRIPT}
    BYPRODUCTS ${folder}/segwork_revision.h
    COMMENT "Asking git for the revision" VERBATIM)
  add_dependencies(${target} ${target}_revision)
  target_include_directories(${target} PRIVATE ${folder})
  target_compile_definitions(${target} PRIVATE SEGWORK_VERSION="${PROJECT_VERSION}")
endfunction()
