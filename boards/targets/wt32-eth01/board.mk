# Wireless-Tag WT32-ETH01: ESP32 (classic), 4 MB flash, LAN8720A PHY. Console: TXD0, RXD0 and GND to a 3.3 V serial adapter.
FAMILY := esp32
TASK_STACK := 16384
IRQ_STACK := 2048
