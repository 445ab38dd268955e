SYSTEM_SOURCES := test/os/freertos-m3/kernel.c
SYSTEM_CFLAGS := -Itest/os/freertos-m3
APP_SOURCES := $(SYSTEM_SOURCES)
FAMILY_SOURCES := $(filter-out %/clock.c,$(FAMILY_SOURCES))
# A tick lengthens a frame in which it comes: there are few.
FAMILY_CFLAGS += $(SYSTEM_CFLAGS) -DconfigTICK_RATE_HZ=100
