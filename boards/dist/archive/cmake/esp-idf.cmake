# The component of ESP-IDF; CMakeLists.txt includes it. ESP-IDF reads it once without Kconfig's answers, for the dependencies.
include("${CMAKE_CURRENT_LIST_DIR}/kconfig.cmake")
idf_component_register(SRCS ${pktsock_sources} INCLUDE_DIRS ${pktsock_includes})
if(NOT CMAKE_BUILD_EARLY_EXPANSION)
  target_compile_options(${COMPONENT_LIB} PRIVATE -std=gnu11 -w)
endif()
