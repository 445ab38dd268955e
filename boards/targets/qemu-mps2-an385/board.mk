# Arm MPS2 with the AN385 FPGA image (Cortex-M3), as QEMU emulates it.
FAMILY := cortex-m
CPU := cortex-m3
CPU_MHZ := 25
UART := cmsdk
MACS := lan9118
EXIT := semihosting
TASK_STACK := 4096
IRQ_STACK := 1024
QEMU := qemu-system-arm -M mps2-an385
QEMU_NIC := lan9118
PRECOMPILE := 1
