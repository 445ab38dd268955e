# ESP-IDF's FreeRTOS has FreeRTOS's calls, but for critical sections: those have a spin lock each.
FAMILY_CFLAGS += -DESP_PLATFORM
APP_SOURCES += test/os/freertos/tasks.c
