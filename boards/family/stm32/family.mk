# STM32 boards: a Cortex-M (boards/family/cortex-m) with clocks, pins, console and Ethernet of the chip's series. From
# board.mk: SERIES (f4, f7, h7), CPU, CPU_MHZ, TASK_STACK, IRQ_STACK; BOARD_CODE := own when board.c has its own board_init()
# in place of board.c of the family. HWADDR=02:00:00:00:00:01 on the command line sets the
# MAC address; otherwise it is made from the chip's unique number.
# The heap lies where the MAC's DMA reaches it.
MEMORY ?= malloc
include boards/family/cortex-m/family.mk

STM32 := boards/family/stm32
FAMILY_SOURCES := $(addprefix boards/family/cortex-m/,startup.c clock.c copy.S) boards/family/common/console.c \
  $(addprefix $(STM32)/,report.c pins.c hwaddr.c) $(if $(BOARD_CODE),,$(STM32)/board.c)
ifeq ($(SERIES),h7)
FAMILY_SOURCES += $(addprefix $(STM32)/,clocks_h7.c ethernet_h7.c caches.c) boards/family/common/uart_stm32f7.c
MACS := dwmac_h7
else ifeq ($(SERIES),f7)
FAMILY_SOURCES += $(addprefix $(STM32)/,clocks_f4.c ethernet_f4.c caches.c) boards/family/common/uart_stm32f7.c
MACS := dwmac
else ifeq ($(SERIES),f4)
FAMILY_SOURCES += $(addprefix $(STM32)/,clocks_f4.c ethernet_f4.c) boards/family/common/uart_stm32f4.c
MACS := dwmac
else
$(error $(TARGET)/board.mk: SERIES must be f4, f7 or h7)
endif

SLOT_SOURCES := $(addprefix $(STM32)/,$(if $(filter h7,$(SERIES)),,flash_f4.c flash_trouble.c))
FAMILY_CFLAGS += -Iboards/family/cortex-m -DSTM32_$(shell echo $(SERIES) | tr a-z A-Z)
comma := ,
ifneq ($(HWADDR),)
FAMILY_CFLAGS += -DBOARD_HWADDR='0x$(subst :,$(comma)0x,$(HWADDR))'
endif
