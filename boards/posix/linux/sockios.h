/* Where Linux programs find SIOCGSTAMP and SIOCETHTOOL. */
#ifndef PKT_LINUX_SOCKIOS_H
#define PKT_LINUX_SOCKIOS_H

#include <sys/ioctl.h>

#endif
