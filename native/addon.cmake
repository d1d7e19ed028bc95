# How an addon is compiled, be it the app's or one of the tests' own (test/addon/faults).
set(REFIT_NATIVE "${CMAKE_CURRENT_LIST_DIR}")
set(REFIT_NODE_MODULES "${REFIT_NATIVE}/../node_modules" CACHE PATH "Where node-api-headers and node-addon-api are")
option(REFIT_WERROR "Warnings end the build: for .ci/run, where the compiler is known" OFF)
option(SANITIZE "AddressSanitizer and UndefinedBehaviorSanitizer (GCC, Clang)" OFF)

# For clang-tidy (tools/cpp.ts).
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Without Microsoft's redistributable too: the addon brings its C++ runtime along (MSVC).
set(CMAKE_MSVC_RUNTIME_LIBRARY "MultiThreaded$<$<CONFIG:Debug>:Debug>")

find_package(Threads REQUIRED)

# The addon reads files of strangers. test/addon/hardening.integration.test.ts looks for these in what was built.
set(hardening)
set(link_hardening)
if(MSVC)
  # No /Qspectre: it wants libraries that Visual Studio installs only where asked.
  set(hardening /sdl /guard:cf)
  set(link_hardening /guard:cf)
else()
  include(CheckCXXCompilerFlag)
  include(CheckLinkerFlag)
  foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection)
    string(MAKE_C_IDENTIFIER "HAS${flag}" has)
    check_cxx_compiler_flag("${flag}" ${has})
    if(${has})
      list(APPEND hardening "${flag}")
    endif()
  endforeach()
  foreach(flag relro now noexecstack)
    check_linker_flag(CXX "LINKER:-z,${flag}" HAS_LINKER_${flag})
    if(HAS_LINKER_${flag})
      list(APPEND link_hardening "LINKER:-z,${flag}")
    endif()
  endforeach()
  # AddressSanitizer checks the same calls. Level 3 warns where the compiler does not have it.
  if(NOT SANITIZE)
    list(APPEND hardening -U_FORTIFY_SOURCE "$<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>")
  endif()
endif()

# cmake-js (8.0, MIT, maintained) makes node.lib the same way, from node-api-headers' .def files, and for Node-API downloads nothing. It
# would replace about 25 lines, here and in src/win_delay_load.cc, by eight more packages that choose generator and folder: not worth it.
if(MSVC)
  set(defs "${REFIT_NODE_MODULES}/node-api-headers/def")
  file(STRINGS "${defs}/js_native_api.def" js_lines)
  file(STRINGS "${defs}/node_api.def" node_lines REGEX "^napi|^node_api")
  list(JOIN js_lines "\n" js_text)
  list(JOIN node_lines "\n" node_text)
  file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/node.def" CONTENT "${js_text}\n${node_text}\n")
  add_custom_command(OUTPUT "${CMAKE_BINARY_DIR}/node.lib"
    COMMAND "${CMAKE_AR}" /nologo /machine:x64 "/def:${CMAKE_BINARY_DIR}/node.def" "/out:${CMAKE_BINARY_DIR}/node.lib"
    DEPENDS "${CMAKE_BINARY_DIR}/node.def")
  add_custom_target(node-lib DEPENDS "${CMAKE_BINARY_DIR}/node.lib")
endif()

# refit_addon(TARGET SOURCE...) makes TARGET.node in the build folder.
function(refit_addon target)
  add_library(${target} MODULE ${ARGN})
  set_target_properties(${target} PROPERTIES
    PREFIX ""
    SUFFIX ".node"
    # The same place for every generator: the expression keeps Visual Studio from adding a folder per configuration.
    LIBRARY_OUTPUT_DIRECTORY "$<1:${CMAKE_BINARY_DIR}>"
    CXX_STANDARD 17
    CXX_STANDARD_REQUIRED ON
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
  )
  target_include_directories(${target} PRIVATE "${REFIT_NATIVE}/src")
  target_include_directories(${target} SYSTEM PRIVATE
    "${REFIT_NODE_MODULES}/node-api-headers/include"
    "${REFIT_NODE_MODULES}/node-addon-api"
  )
  # Node-API 8: the newest that both Node 18, which Electron 25 holds, and everything after it have.
  target_compile_definitions(${target} PRIVATE NAPI_VERSION=8 NODE_ADDON_API_CPP_EXCEPTIONS NODE_GYP_MODULE_NAME=refit)
  target_compile_options(${target} PRIVATE ${hardening})
  target_link_options(${target} PRIVATE ${link_hardening})
  target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS} Threads::Threads)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${REFIT_WERROR}>:/WX> /EHsc /external:W0 /utf-8)
    target_compile_definitions(${target} PRIVATE NOMINMAX WIN32_LEAN_AND_MEAN)
    # One DLL for node.exe and electron.exe: see src/win_delay_load.cc.
    target_sources(${target} PRIVATE "${REFIT_NATIVE}/src/win_delay_load.cc")
    add_dependencies(${target} node-lib)
    target_link_libraries(${target} PRIVATE "${CMAKE_BINARY_DIR}/node.lib" delayimp)
    target_link_options(${target} PRIVATE /DELAYLOAD:node.exe)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic $<$<BOOL:${REFIT_WERROR}>:-Werror> "$<$<CONFIG:Release>:-O2>")
  endif()
  if(SANITIZE AND NOT MSVC)
    # Undefined behaviour ends the process, so that no test passes over it. `vptr` is left out: the engine library exports no
    # type information for its interfaces. Shared runtimes, because they are preloaded into a node that has none.
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-sanitize=vptr)
    target_compile_options(${target} PRIVATE ${sanitizers} -fno-omit-frame-pointer -g)
    target_link_options(${target} PRIVATE ${sanitizers} "$<$<CXX_COMPILER_ID:Clang>:-shared-libsan>")
  endif()
endfunction()
