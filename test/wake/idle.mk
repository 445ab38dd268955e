# Its tasks replace the only task of boards/os/baremetal.c.
BOARD_CONFIG += NET_PKT_PREALLOC_CONNS=5
FAMILY_LDFLAGS += $(foreach name,self watch wait wake_task wake,-Wl,--wrap=pkt_os_$(name))
# Within LTO, calls are not wrapped.
LTO :=
