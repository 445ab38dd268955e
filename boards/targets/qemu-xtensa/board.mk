# Tensilica's LX60 board with an lx106 core, as QEMU emulates it. Memory is laid out as on an ESP32.
FAMILY := xtensa
CPU_MHZ := 40
UART := 16550
MACS := opencores
EXIT := simcall
TASK_STACK := 16384
IRQ_STACK := 2048
QEMU := qemu-system-xtensa -M lx60-nommu -cpu lx106 -m 16M
QEMU_NIC := open_eth
