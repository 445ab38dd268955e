include boards/apps/demo.mk
include test/recover/recover.mk
