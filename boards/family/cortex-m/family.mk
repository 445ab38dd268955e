# How an image for a Cortex-M board is compiled and linked. From board.mk: CPU, CPU_MHZ, UART, EXIT, TASK_STACK, IRQ_STACK.
CROSS ?= arm-none-eabi-
CROSS_PACKAGES := gcc-arm-none-eabi picolibc-arm-none-eabi
FAMILY_CFLAGS := --specs=picolibc.specs -DPICOLIBC_INTEGER_PRINTF_SCANF -mcpu=$(CPU) -mthumb -DPKTSOCK_ONE_CORE -DBOARD_CPU_MHZ=$(CPU_MHZ)
FAMILY_LDFLAGS := -nostartfiles -T $(TARGET)/memory.ld -T boards/family/cortex-m/cortex-m.ld \
  -Wl,--defsym=__task_stack_size=$(TASK_STACK) -Wl,--defsym=__irq_stack_size=$(IRQ_STACK)
FAMILY_LTO := -flto=auto
# Then ENGINE=aot knows where linear memory lies.
MEMORY ?= $(if $(filter aot,$(ENGINE)),static,malloc)
FAMILY_SOURCES := $(addprefix boards/family/cortex-m/,startup.c clock.c $(EXIT).c copy.S fifo.S) \
  boards/family/common/console.c boards/family/common/uart_$(UART).c
OS := baremetal
