include boards/apps/demo.mk
include test/recover/recover.mk
# Any number of traps does not end the component.
FAMILY_CFLAGS += -DPKTSOCK_RECOVERIES=1000000
