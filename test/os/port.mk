# SYSTEM is the folder with what the tests need of the system: that of OS, unless several systems share a port. On POSIX threads
# all share system.c. A system may have a system.mk.
SYSTEM ?= $(OS)
APP_SOURCES := $(wildcard $(TARGET)/system.c $(TARGET)/main.c test/os/$(SYSTEM)/*.c) test/support/test_nic.c
-include test/os/$(SYSTEM)/system.mk
SYSTEM_SOURCES := $(APP_SOURCES) test/os/port.c
FAMILY_CFLAGS += $(addprefix -Itest/os/,$(or $(HEADERS_OF_SYSTEMS),$(SYSTEM)))
FAMILY_LDFLAGS += $(FAMILY_LDFLAGS_OF_SYSTEM)
