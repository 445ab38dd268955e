# How an image for an Xtensa board is compiled and linked: gcc for lx106, whose code (call0 ABI) runs on the ESP32's LX6 too.
# From board.mk: CPU_MHZ, UART, EXIT, TASK_STACK, IRQ_STACK. esp32/family.mk sets what differs before it includes this.
CROSS ?= xtensa-lx106-elf-
CROSS_PACKAGES := gcc-xtensa-lx106 picolibc-xtensa-lx106-elf
# The vectors' distances from VECBASE.
VECTORS ?= debug=0x10 kernel=0x30 user=0x50 double=0x70
MEMORY_LD ?= $(TARGET)/memory.ld
# gcc does not look where Debian's picolibc-xtensa-lx106-elf puts its specs.
FAMILY_CFLAGS := --specs=/usr/lib/xtensa-lx106-elf/picolibc.specs -DPICOLIBC_INTEGER_PRINTF_SCANF -mlongcalls \
  -DBOARD_CPU_MHZ=$(CPU_MHZ) -Iboards/family/xtensa $(PROCESSOR_CFLAGS)
FAMILY_LDFLAGS := -nostartfiles -T $(MEMORY_LD) -T boards/family/xtensa/xtensa.ld \
  $(VECTORS:%=-Wl,--defsym=__vector_%) \
  -Wl,--defsym=__task_stack_size=$(TASK_STACK) -Wl,--defsym=__irq_stack_size=$(IRQ_STACK)
FAMILY_SOURCES := $(addprefix boards/family/xtensa/,start.S startup.c clock.c division.c copy.S) \
  $(EXIT:%=boards/family/$(FAMILY)/%.c) \
  boards/family/common/console.c boards/family/common/uart_$(UART).c
OS := baremetal
