# For the tests: the ESP32's MAC, with the addresses and parameters of its boards, on a Cortex-M4 that the test harness can
# run. It shows that boards/mac/dwmac/dwmac.c drives that core, not that an ESP32 starts.
FAMILY := stm32
SERIES := f4
BOARD_CODE := own
CPU := cortex-m4
CPU_MHZ := 160
TASK_STACK := 8192
IRQ_STACK := 2048
# More frames than RX descriptors.
BOARD_CONFIG := NET_PKT_FRAMES=24 NET_PKT_QUEUE_FRAMES=16
