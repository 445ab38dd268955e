APP_SOURCES := $(wildcard test/agent/agent_*.c)
