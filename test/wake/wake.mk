# wasm3 is left out: its compiled code is no code of the compiler's, which could not watch it.
FAMILY_CFLAGS += -fsanitize=thread -DPKTSOCK_RECOVERIES=0
FAMILY_LDFLAGS += -Wl,--wrap=pkt_os_wait -Wl,--wrap=pkt_engine_call
APP_SOURCES := test/wake/pairs.c test/support/test_nic.c
