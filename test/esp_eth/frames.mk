# The program's further files and flags: the system on POSIX threads.
OS := freertos
SYSTEM := esp_idf
APP_SOURCES := test/esp_eth/fake.c test/os/linux/system.c test/os/linux/main.c $(wildcard test/os/esp_idf/*.c)
-include test/os/esp_idf/system.mk
SYSTEM_SOURCES := $(APP_SOURCES) test/esp_eth/frames.c
FAMILY_CFLAGS += -Itest/esp_eth -Itest/os/linux -Itest/os/esp_idf -Itest/os/freertos
# A buffer that is freed is counted.
FAMILY_LDFLAGS += -Wl,--wrap=free
