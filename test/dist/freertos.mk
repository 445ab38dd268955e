# The program that every port of os.h must pass, on the kernel of test/os/freertos-m3: only the component and the port come from the
# archive, in the folder PKTSOCK. make -f test/dist/freertos.mk PKTSOCK=... PKTSOCK_BUILD=...
all: $(PKTSOCK_BUILD)/port.elf
CC := arm-none-eabi-gcc
AR := arm-none-eabi-ar
KERNEL := test/os/freertos-m3
CFLAGS := --specs=picolibc.specs -DPICOLIBC_INTEGER_PRINTF_SCANF -mcpu=cortex-m3 -mthumb -O2 -I$(KERNEL)
PKTSOCK_OS := freertos
PKTSOCK_ENGINE := aot
PKTSOCK_CONFIG := NET_PKT_PREALLOC_CONNS=8 NET_PKT_FRAMES=24 NET_PKT_TX_FRAMES=8
PKTSOCK_DEFINES := PKTSOCK_ONE_CORE BOARD_CPU_MHZ=25
include $(PKTSOCK)/pktsock.mk

FAMILY := boards/family/cortex-m
COMMON := boards/family/common
SOURCES := test/os/port.c test/support/test_nic.c test/os/cortex-m3/board.c $(wildcard $(KERNEL)/*.c) $(FAMILY)/startup.c $(FAMILY)/clock.c \
  $(FAMILY)/semihosting.c $(FAMILY)/copy.S $(COMMON)/console.c $(COMMON)/uart_cmsdk.c $(COMMON)/start_board.c
LINK := -nostartfiles -T test/os/cortex-m3/memory.ld -T $(FAMILY)/cortex-m.ld -Wl,--defsym=__task_stack_size=4096 \
  -Wl,--defsym=__irq_stack_size=1024 -Wl,--wrap=arch_now_us -Wl,--gc-sections
$(PKTSOCK_BUILD)/port.elf: $(SOURCES) $(PKTSOCK_LIB)
	$(CC) $(CFLAGS) -std=gnu11 $(PKTSOCK_CPPFLAGS) -I$(FAMILY) -I$(COMMON) -ffunction-sections $(SOURCES) $(PKTSOCK_LIB) $(LINK) -o $@
