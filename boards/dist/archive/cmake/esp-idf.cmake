# The component of ESP-IDF; CMakeLists.txt includes it. ESP-IDF reads it as a script first, without Kconfig's answers, for the
# dependencies.
include("${CMAKE_CURRENT_LIST_DIR}/kconfig.cmake")
idf_component_register(SRCS ${pktsock_sources} INCLUDE_DIRS ${pktsock_includes} REQUIRES esp_eth PRIV_REQUIRES esp_timer)
target_compile_options(${COMPONENT_LIB} PRIVATE -std=gnu11 -w) # not reached in the script
