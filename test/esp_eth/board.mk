# boards/mac/esp_eth.c on stand-ins for ESP-IDF, in a Linux process: the system of test/os/esp_idf, and esp_eth with the MAC of fake.c.
FAMILY := linux
MACS := esp_eth
BOARD_CONFIG := NET_PKT_FRAMES=24 NET_PKT_TX_FRAMES=8
