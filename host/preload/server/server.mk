# Beside server.c, an application of BOARD=linux: what it consists of, compiled with the system's own headers.
APP_SOURCES := $(addprefix host/preload/server/,calls.c connections.c messages.c missing.c ring_blocks.c ring_receive.c ring_send.c rings.c stand_in.c view.c)
SYSTEM_SOURCES += host/preload/server/server.c $(APP_SOURCES)
