/* The echo of bench.c, in a task. */
#include "../../../boards/apps/bench.c"
