# A Linux process. SANITIZE=1 adds the address and undefined-behaviour sanitizers, SANITIZE=thread the thread sanitizer.
CROSS :=
OS := posix
# Above the descriptors of the system, so that a program can distinguish them.
FAMILY_CFLAGS := -DPKTSOCK_FIRST_DESCRIPTOR=512
FAMILY_LIBS := -lpthread
# For SWAP_KEY.
ED25519 ?= openssl
MACS ?= host_nic
SANITIZE ?=
ifeq ($(SANITIZE),thread)
FAMILY_CFLAGS += -fsanitize=thread
OUT_SUFFIX := -thread
else ifneq ($(SANITIZE),)
FAMILY_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=undefined
OUT_SUFFIX := -sanitized
endif
