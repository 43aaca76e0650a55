/* The version of rowand and rowanctl. */
#ifndef PROCESS_VERSION_H
#define PROCESS_VERSION_H

#ifndef ROWAND_VERSION
#define ROWAND_VERSION "0.1.0"
#endif

#endif
