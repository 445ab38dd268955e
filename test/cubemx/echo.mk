include test/cubemx/project.mk
