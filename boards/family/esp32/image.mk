# What the boot ROM loads from flash.
FLASH_MB ?= 4

# EMULATED (board.mk): the board exists only in an emulator.
FLASH = $(if $(EMULATED),,$(TSX) host/esp32/flash.ts $(IMAGE:.elf=.bin) $(PORT_OPTION))
FURTHER_IMAGES := $(IMAGE:.elf=.bin)

$(IMAGE:.elf=.flash): FORCE
	$(call RECORD,$(FLASH_MB))

$(IMAGE:.elf=.bin): $(IMAGE) $(IMAGE:.elf=.flash) $(wildcard host/esp32/*.ts)
	@echo "  image  $@"
	$(QUIET)$(TSX) host/esp32/image.ts $< $@ $(FLASH_MB)
