/* The libc's errno.h, plus ESOCKTNOSUPPORT, which picolibc and newlib define only on request. */
#ifndef PKT_ERRNO_H
#define PKT_ERRNO_H

#include_next <errno.h>
#include <pktsock/socket.h>

#ifndef ESOCKTNOSUPPORT
#define ESOCKTNOSUPPORT PKTSOCK_ESOCKTNOSUPPORT
#endif

#endif
