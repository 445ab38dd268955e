# An ESP32 as Espressif's fork of QEMU emulates it (-M esp32), with an OpenCores MAC in place of the EMAC.
FAMILY := esp32
BOARD_CODE := own
MACS := opencores
TASK_STACK := 16384
IRQ_STACK := 2048
EMULATED := y
