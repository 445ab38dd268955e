# The tests of a port of os.h on QEMU's mps2-an385, with the MAC of test/support and a system in test/os/NAME.
FAMILY := cortex-m
CPU := cortex-m3
CPU_MHZ := 25
UART := cmsdk
MACS :=
EXIT := semihosting
TASK_STACK := 4096
IRQ_STACK := 1024
PRECOMPILE := 1
BOARD_CONFIG := NET_PKT_PREALLOC_CONNS=8 NET_PKT_FRAMES=24 NET_PKT_TX_FRAMES=8
QEMU := qemu-system-arm -M mps2-an385
# The family's clock uses SysTick, which is the system's: the console takes the port's. Within LTO, calls are not wrapped.
FAMILY_LDFLAGS_OF_SYSTEM := -Wl,--wrap=arch_now_us
LTO :=
