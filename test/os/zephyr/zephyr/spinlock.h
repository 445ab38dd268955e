/* kernel.h says what this is. */
#include "kernel.h"
