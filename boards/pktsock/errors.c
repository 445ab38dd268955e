/* The module numbers errors as Linux does; an application sees the platform's numbers. */
#include "component.h"

#include <errno.h>

#ifndef ESOCKTNOSUPPORT
#define ESOCKTNOSUPPORT PKTSOCK_ESOCKTNOSUPPORT
#endif

int pkt_errno(int32_t negative) {
  switch (0u - (uint32_t)negative) {
  case 0: return 0;
  case PKT_EPERM: return EPERM;
  case PKT_ENOENT: return ENOENT;
  case PKT_ENXIO: return ENXIO;
  case PKT_EBADF: return EBADF;
  case PKT_EAGAIN: return EAGAIN;
  case PKT_ENOMEM: return ENOMEM;
  case PKT_EFAULT: return EFAULT;
  case PKT_EBUSY: return EBUSY;
  case PKT_EEXIST: return EEXIST;
  case PKT_ENODEV: return ENODEV;
  case PKT_EINVAL: return EINVAL;
  case PKT_EMFILE: return EMFILE;
  case PKT_ENOTTY: return ENOTTY;
  case PKT_EDOM: return EDOM;
  case PKT_ERANGE: return ERANGE;
  case PKT_EMSGSIZE: return EMSGSIZE;
  case PKT_ENOPROTOOPT: return ENOPROTOOPT;
  case PKT_ESOCKTNOSUPPORT: return ESOCKTNOSUPPORT;
  case PKT_EOPNOTSUPP: return EOPNOTSUPP;
  case PKT_EAFNOSUPPORT: return EAFNOSUPPORT;
  case PKT_EADDRNOTAVAIL: return EADDRNOTAVAIL;
  case PKT_ENETDOWN: return ENETDOWN;
  case PKT_ENOBUFS: return ENOBUFS;
  case PKT_ENOTCONN: return ENOTCONN;
  case PKT_EDESTADDRREQ: return EDESTADDRREQ;
  default: return EIO;
  }
}

int pkt_fail(int32_t negative) {
  errno = pkt_errno(negative);
  return -1;
}
