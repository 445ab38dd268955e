APP_SOURCES := $(wildcard boards/apps/agent_*.c)
