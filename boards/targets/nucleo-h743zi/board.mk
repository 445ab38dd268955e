# ST NUCLEO-H743ZI (MB1137; the newer H743ZI2 too): STM32H743ZI (Cortex-M7, 2 MB flash, 1 MB RAM), LAN8742A PHY, ST-LINK
# with console. 400 MHz is possible with every revision of the chip.
FAMILY := stm32
SERIES := h7
CPU := cortex-m7
CPU_MHZ := 400
TASK_STACK := 8192
IRQ_STACK := 2048
OPENOCD := board/st_nucleo_h743zi.cfg
PRECOMPILE := 1
