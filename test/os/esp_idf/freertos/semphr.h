/* FreeRTOS.h says what this is. */
#include "../../freertos/semphr.h"
