# A Linux process whose eth1 may be missing, for the test of what start() and pktsock_start() do then.
FAMILY := linux
MACS := template
BOARD_CONFIG := NET_PKT_INTERFACES=2
