# qemu-lm3s6965evb with boards/os/freertos.c, for `make bench`: OS=freertos on the command line. FreeRTOS is the stand-in of test/os,
# or a real one: SYSTEM_SOURCES and SYSTEM_CFLAGS on the command line.
include boards/targets/qemu-lm3s6965evb/board.mk
