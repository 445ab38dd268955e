# Emcraft's SmartFusion2 SOM kit (M2S010: Cortex-M3, 256 KB flash, 64 KB RAM, MAC with DMA), as QEMU emulates it.
FAMILY := cortex-m
CPU := cortex-m3
CPU_MHZ := 142
UART := 16550
MACS := msf2
EXIT := semihosting
TASK_STACK := 4096
IRQ_STACK := 1024
QEMU := qemu-system-arm -M emcraft-sf2
QEMU_NIC := msf2-emac
# 64 KB of RAM suffice for the interpreter's compiled code and a smaller pool of frames.
BOARD_CONFIG := NET_PKT_FRAMES=8 NET_PKT_TX_FRAMES=3 NET_PKT_RX_RESERVE=1 NET_PKT_CODE_PAGES=14
