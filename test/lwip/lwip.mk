# Debian's lwIP, whose headers declare the system's socket types: the program uses the component under its own names.
APP_SOURCES := boards/stack/lwip/pktsock_lwip.c
SYSTEM_SOURCES := test/lwip/lwip.c boards/stack/lwip/pktsock_lwip.c
# The pool's pbufs of Debian's lwIP 2.1.3 have 592 bytes where its headers say 1536, so copies go into others.
FAMILY_CFLAGS += -isystem /usr/include/lwip -Iboards/stack/lwip -DPKTSOCK_LWIP_COPIES=PBUF_RAM
FAMILY_LIBS += -llwip
# Nearly as many frames as there can be: the receive window of Debian's lwIP is 64 KB.
BOARD_CONFIG += NET_PKT_FRAMES=36 NET_PKT_TX_FRAMES=12 NET_PKT_QUEUE_FRAMES=28 NET_PKT_HEAP_SIZE=1024
