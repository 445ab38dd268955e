# A .bin for st-flash, and a .hex for other tools.
FLASH = $(TSX) host/stm32/flash.ts $(IMAGE) --openocd $(OPENOCD)
FURTHER_IMAGES := $(IMAGE:.elf=.bin) $(IMAGE:.elf=.hex)

$(IMAGE:.elf=.bin): $(IMAGE)
	$(QUIET)$(CROSS)objcopy -O binary $< $@

$(IMAGE:.elf=.hex): $(IMAGE)
	$(QUIET)$(CROSS)objcopy -O ihex $< $@
