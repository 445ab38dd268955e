/* wasm3.c, as one of two engines in an image (pair.c). */
#define PKT_ENGINE_NAME wasm3
#include "wasm3.c"
