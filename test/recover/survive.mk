include test/recover/recover.mk
