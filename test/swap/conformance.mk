FAMILY_LDFLAGS += -Wl,--wrap=agent_read_line
LTO :=
APP_SOURCES := $(wildcard test/agent/agent_*.c)
