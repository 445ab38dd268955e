/* The libc's features.h. Programs include it to ask for the version of glibc; other libraries have none. */
#ifndef PKT_FEATURES_H
#define PKT_FEATURES_H

#if __has_include_next(<features.h>)
#include_next <features.h>
#endif

#endif
