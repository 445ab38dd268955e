# The management protocol, which belongs to the component's side: it is compiled without boards/posix.
APP_SOURCES := $(wildcard boards/manage/*.c)
SYSTEM_SOURCES += $(APP_SOURCES)
