#include "../os/linux/system.h"
