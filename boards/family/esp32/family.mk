# ESP32 boards: the core (boards/family/xtensa), with clocks, watchdogs, pins and Ethernet of the chip. From board.mk:
# TASK_STACK, IRQ_STACK; MACS when it is not the EMAC; BOARD_CODE := own when board.c has its own board_init() in place of
# board.c of the family. HWADDR=02:00:00:00:00:01 on the command line sets the MAC address; otherwise it is the chip's own.
CPU_MHZ := 40
UART := esp32
EXIT := halt
MACS ?= dwmac
VECTORS := debug=0x280 kernel=0x300 user=0x340 double=0x3c0
PROCESSOR_CFLAGS := -DXTENSA_LX6
comma := ,
ifneq ($(HWADDR),)
PROCESSOR_CFLAGS += -DBOARD_HWADDR='0x$(subst :,$(comma)0x,$(HWADDR))'
endif
MEMORY_LD := boards/family/esp32/memory.ld
include boards/family/xtensa/family.mk
FAMILY_SOURCES += $(addprefix boards/family/esp32/,system.c emac.c pins.c apll.c rom.S $(if $(BOARD_CODE),,board.c))
