SYSTEM_SOURCES := test/support/no_wait.c
