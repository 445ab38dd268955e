# A Linux process with a MAC whose interrupts a test makes (wake.c), under ThreadSanitizer.
FAMILY := linux
MACS :=
BOARD_CONFIG := NET_PKT_PREALLOC_CONNS=8 NET_PKT_FRAMES=24 NET_PKT_TX_FRAMES=8
