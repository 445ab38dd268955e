# A stand-in for NuttX's Application.mk, of which it has what the archive's nuttx/Makefile uses: CSRCS are names, VPATH has their
# folders with colons, and the objects go into the library of the applications. stdbool.h is as NuttX has it.
.DEFAULT_GOAL := all
VPATH += :.
all: $(CSRCS:.c=.c.o)
	ar rcs $(OUT)/libapps.a $(addprefix $(OUT)/,$(^F))
%.c.o: %.c
	cc -I$(OUT) -I$(APPDIR) -I$(SYSTEMS)/linux -I$(SYSTEMS)/nuttx $(CFLAGS) -c $< -o $(OUT)/$@
