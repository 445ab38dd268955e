include test/agent/agent.mk
include test/recover/recover.mk
FAMILY_LDFLAGS += -Wl,--wrap=agent_read_line
