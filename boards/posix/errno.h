/* The libc's errno.h, with the one number of socket(2) that picolibc and newlib only have behind a switch. */
#ifndef PKT_ERRNO_H
#define PKT_ERRNO_H

#include_next <errno.h>
#include <pktsock/socket.h>

#ifndef ESOCKTNOSUPPORT
#define ESOCKTNOSUPPORT PKTSOCK_ESOCKTNOSUPPORT
#endif

#endif
