# For src/Makefile of the peers; ROWAN is the root of a built tree.
all: load_rowan
load_rowan: drv_rowan.c bench.c bench.h
	$(CC) $(CFLAGS) -I. -I$(ROWAN)/include -I$(ROWAN)/lib \
	  -I$(ROWAN)/tests -o $@ bench.c drv_rowan.c \
	  $(ROWAN)/build/libtest.a $(ROWAN)/build/librowan-public.a \
	  -lzmq -lsodium -lssl -lcrypto
