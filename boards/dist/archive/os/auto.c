/* os.h for builds that cannot choose a file of this folder: the port of the system that the compiler's macros show. With another
 * system the functions of os.h are the application's. */
#if defined(ESP_PLATFORM)
#include "freertos.c"
#elif defined(__ZEPHYR__)
#include "zephyr.c"
#elif defined(__MBED__)
#include "cmsis_rtos2.c"
#elif defined(__NuttX__)
#include "nuttx.c"
#endif
