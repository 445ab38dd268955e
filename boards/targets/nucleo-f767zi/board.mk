# ST NUCLEO-F767ZI (MB1137): STM32F767ZI (Cortex-M7, 2 MB flash, 512 KB RAM), LAN8742A PHY, ST-LINK with console.
FAMILY := stm32
SERIES := f7
CPU := cortex-m7
CPU_MHZ := 216
TASK_STACK := 8192
IRQ_STACK := 2048
OPENOCD := board/st_nucleo_f7.cfg
