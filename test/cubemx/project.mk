# What the programs here need beside the project of TARGET.
SYSTEM_SOURCES += boards/mac/cubemx.c
APP_SOURCES += boards/mac/cubemx.c
FAMILY_CFLAGS += -Itest/cubemx
FAMILY_LDFLAGS += -Wl,--wrap=pktsock_start
# Within LTO, calls are not wrapped.
LTO :=
