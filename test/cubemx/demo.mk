include boards/apps/demo.mk
include test/cubemx/project.mk
