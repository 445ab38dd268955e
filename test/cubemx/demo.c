/* The demo, started with the memory that boards/mac/cubemx.c has. */
#include "../../boards/apps/demo.c"
