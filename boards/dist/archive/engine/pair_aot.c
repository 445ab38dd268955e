/* aot.c, as one of two engines in an image (pair.c). */
#define PKT_ENGINE_NAME aot
#include "aot.c"
