# The files of each MAC driver, for MACS in board.mk. board.c includes <pktsock/DRIVER.h>.
MAC_lan9118 := lan9118.c
MAC_stellaris := stellaris.c
MAC_opencores := opencores.c common/phy.c
MAC_msf2 := msf2.c common/phy.c
# STM32F4, STM32F7, ESP32
MAC_dwmac := $(addprefix dwmac/,dwmac.c dwmac_rings.c dwmac_clock.c dwmac_common.c) common/phy.c
# STM32H7
MAC_dwmac_h7 := $(addprefix dwmac/,dwmac_h7.c dwmac_h7_rings.c dwmac_clock.c dwmac_common.c) common/phy.c
# The driver to start from: a loopback plug.
MAC_template := template.c
# BOARD=linux: a TAP interface or a UDP cable.
MAC_host_nic := host_nic.c host_nic_open.c

mac_sources = $(addprefix boards/mac/,$(sort $(foreach mac,$(1),$(or $(MAC_$(mac)),$(error There is no MAC driver "$(mac)")))))
