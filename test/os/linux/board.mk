# The tests of a port of os.h in a Linux process, under ThreadSanitizer: OS=posix, or a system that stands in for a real one
# (test/os/NAME). It has the board of test/wake.
FAMILY := linux
MACS :=
# The flags are the same for each, so that make compiles only its files.
HEADERS_OF_SYSTEMS := cmsis_rtos2 esp_idf freertos nuttx threadx zephyr
BOARD_CONFIG := NET_PKT_PREALLOC_CONNS=8 NET_PKT_FRAMES=24 NET_PKT_TX_FRAMES=8
