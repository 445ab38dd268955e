# Stellaris LM3S6965 evaluation board (Cortex-M3, 64 KB RAM), as QEMU emulates it.
FAMILY := cortex-m
CPU := cortex-m3
CPU_MHZ := 50
UART := pl011
MACS := stellaris
EXIT := semihosting
TASK_STACK := 4096
IRQ_STACK := 1024
QEMU := qemu-system-arm -M lm3s6965evb
QEMU_NIC := stellaris
# 64 KB of RAM suffice for the interpreter's compiled code and a smaller pool of frames.
BOARD_CONFIG := NET_PKT_FRAMES=8 NET_PKT_TX_FRAMES=3 NET_PKT_RX_RESERVE=1 NET_PKT_CODE_PAGES=14
