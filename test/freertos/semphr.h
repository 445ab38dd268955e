#include "../os/freertos/semphr.h"
