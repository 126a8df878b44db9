# One INTERFACE target carries the language level, the warnings and the sanitizers to every room.
add_library(segwork_options INTERFACE)
target_compile_features(segwork_options INTERFACE c_std_11)
target_compile_definitions(segwork_options INTERFACE _POSIX_C_SOURCE=200809L _XOPEN_SOURCE=700
                           CL_TARGET_OPENCL_VERSION=120)
target_compile_options(segwork_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
  # Results must not depend on the compiler's taste for fused multiply-adds: same source, same bits
  -ffp-contract=off)
if(SEGWORK_WERROR)
  target_compile_options(segwork_options INTERFACE -Werror)
endif()
if(SEGWORK_SANITIZE)
  target_compile_options(segwork_options INTERFACE -fsanitize=${SEGWORK_SANITIZE} -fno-sanitize-recover=all
                         -fno-omit-frame-pointer -g)
  target_link_options(segwork_options INTERFACE -fsanitize=${SEGWORK_SANITIZE})
endif()

# segwork_room(<name> SOURCES ... [USES rooms and libraries visible in the room's headers]
#                                 [PRIVATE libraries only its .c files see])
function(segwork_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;PRIVATE" ${ARGN})
  add_library(sw_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(sw_${name} PUBLIC include)
  target_link_libraries(sw_${name} PUBLIC ${ROOM_USES} PRIVATE segwork_options ${ROOM_PRIVATE})
endfunction()
