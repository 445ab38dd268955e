# For st-flash (.bin) and for every other tool (.hex).
FLASH = npx tsx host/stm32/flash.ts $(IMAGE) --openocd $(OPENOCD)
FURTHER_IMAGES := $(IMAGE:.elf=.bin) $(IMAGE:.elf=.hex)

$(IMAGE:.elf=.bin): $(IMAGE)
	$(QUIET)$(CROSS)objcopy -O binary $< $@

$(IMAGE:.elf=.hex): $(IMAGE)
	$(QUIET)$(CROSS)objcopy -O ihex $< $@
