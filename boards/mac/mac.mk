# The files of each MAC driver in this folder, for MACS in board.mk. Plain lists, which the archive of `make dist` reads too.
# board.c includes <pktsock/DRIVER.h>. common/fifo.c is for processors without a fifo.S (boards/mac/common/fifo.h).
MAC_lan9118 := lan9118.c common/fifo.c
MAC_stellaris := stellaris.c common/fifo.c
MAC_opencores := opencores.c common/phy.c
MAC_msf2 := msf2.c common/phy.c
# STM32F4, STM32F7, ESP32
MAC_dwmac := dwmac/dwmac.c dwmac/dwmac_rings.c dwmac/dwmac_clock.c dwmac/dwmac_common.c common/phy.c
# STM32H7
MAC_dwmac_h7 := dwmac/dwmac_h7.c dwmac/dwmac_h7_rings.c dwmac/dwmac_clock.c dwmac/dwmac_common.c common/phy.c
# ESP-IDF's esp_eth
MAC_esp_eth := esp_eth.c
# The driver to start from: a loopback plug.
MAC_template := template.c
# BOARD=linux: a TAP interface or a UDP cable.
MAC_host_nic := host_nic.c host_nic_open.c

DRIVERS_FOLDER := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
mac_sources = $(addprefix $(DRIVERS_FOLDER)/,$(sort $(foreach mac,$(1),$(or $(MAC_$(mac)),$(error There is no MAC driver "$(mac)")))))
