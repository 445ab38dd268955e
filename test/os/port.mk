# SYSTEM is the folder with what the tests need of the system: that of OS, unless several systems share a port.
SYSTEM ?= $(OS)
APP_SOURCES := $(wildcard test/os/$(SYSTEM)/*.c) test/support/test_nic.c
SYSTEM_SOURCES := $(APP_SOURCES) test/os/port.c
FAMILY_CFLAGS += -Itest/os/$(SYSTEM)
FAMILY_LDFLAGS += $(FAMILY_LDFLAGS_OF_SYSTEM)
