# examples/freertos-lwip in a Linux process: the stand-in for FreeRTOS of test/os, with what an application calls beside it, and
# Debian's lwIP, on BOARD=linux's MAC. OS=freertos on the command line.
FAMILY := linux
FAMILY_SOURCES := test/freertos/application.c test/os/freertos/kernel.c test/os/freertos/tasks.c test/os/linux/system.c
# The pool's pbufs of Debian's lwIP 2.1.3 have 592 bytes where its headers say 1536, so copies go into others.
LWIP_CFLAGS := -isystem /usr/include/lwip -DPKTSOCK_LWIP_COPIES=PBUF_RAM
LWIP_LIBS := -llwip
# The receive window of Debian's lwIP is 64 KB.
BOARD_CONFIG := NET_PKT_FRAMES=36 NET_PKT_TX_FRAMES=12 NET_PKT_QUEUE_FRAMES=28
