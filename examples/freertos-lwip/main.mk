# lldp.c has the standard names. main.c includes lwIP's headers, which declare the same names, and has the component's own.
APP_SOURCES := examples/freertos-lwip/lldp.c boards/stack/lwip/pktsock_lwip.c
SYSTEM_SOURCES := $(APP_SOURCE) boards/stack/lwip/pktsock_lwip.c
# The board's: where lwIP's headers are, and its library if it is one.
FAMILY_CFLAGS += -Iboards/stack/lwip $(LWIP_CFLAGS)
FAMILY_LIBS += $(LWIP_LIBS)
