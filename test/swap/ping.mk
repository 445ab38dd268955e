include boards/apps/demo.mk
