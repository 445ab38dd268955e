/* How the standard names of this folder reach the component: a function that is declared here under its standard name
 * is linked under the prefix pktsock_, so that it never clashes with a libc's function of that name. */
#ifndef PKT_PKT_REDIRECT_H
#define PKT_PKT_REDIRECT_H

#define PKT_CALLS(name) __asm__("pktsock_" #name)

/* NuttX's programs qualify pointers with it; it means nothing on a flat address space. */
#ifndef FAR
#define FAR
#endif

#endif
