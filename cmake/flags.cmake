# Flags of every target, and tw_library(): one static library a folder.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

add_compile_options(-Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes
                    -Wpointer-arith -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough
                    -fno-strict-aliasing -fstack-protector-strong -fno-common)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-maybe-uninitialized) # outputs untouched on failure: it guesses wrong
endif()
add_compile_definitions(_GNU_SOURCE TW_VERSION="${PROJECT_VERSION}")
if(NOT TW_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
add_link_options(-Wl,-z,relro,-z,now)
if(TW_WERROR)
  add_compile_options(-Werror)
endif()
if(TW_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -O1 -g)
  add_link_options(-fsanitize=thread)
elseif(TW_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g)
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(TW_SANITIZED=1)
endif()
if(TW_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link) # what is fuzzed tells where it went
endif()

# tw_library(NAME [DEPS target...]): every .c file of the current folder (its main.c left out)
# becomes the static library tw_NAME. Headers are included by their path from the top
# ("scanner/base/err.h"), so an include shows which room it comes from.
function(tw_library name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  add_library(tw_${name} STATIC ${sources})
  target_include_directories(tw_${name} PUBLIC ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..)
  target_link_libraries(tw_${name} PUBLIC ${ARG_DEPS})
endfunction()
