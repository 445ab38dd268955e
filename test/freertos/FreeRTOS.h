/* The stand-in of test/os, and for an application what task.h has beside it. */
#include "../os/freertos/FreeRTOS.h"
