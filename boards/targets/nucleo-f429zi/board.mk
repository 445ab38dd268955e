# ST NUCLEO-F429ZI (MB1137): STM32F429ZI (Cortex-M4, 2 MB flash, 192 KB RAM), LAN8742A PHY, ST-LINK with console.
FAMILY := stm32
SERIES := f4
CPU := cortex-m4
CPU_MHZ := 168
TASK_STACK := 8192
IRQ_STACK := 2048
OPENOCD := board/st_nucleo_f4.cfg
