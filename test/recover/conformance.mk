include test/agent/agent.mk
include test/recover/recover.mk
FAMILY_LDFLAGS += -Wl,--wrap=agent_read_line
# Any number of traps does not end the component.
FAMILY_CFLAGS += -DPKTSOCK_RECOVERIES=1000000
