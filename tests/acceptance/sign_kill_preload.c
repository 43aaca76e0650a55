/*
 * SIGKILL instead of a signature: preloaded into an agent whose witness has
 * kept what it verified and is about to give its word, while the file that
 * ROWAN_TEST_SIGN_KILL names is there.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <dlfcn.h>
#include <sodium.h>

int crypto_sign_detached(unsigned char *sig, unsigned long long *siglen,
	const unsigned char *m, unsigned long long mlen,
	const unsigned char *sk)
{
	static __typeof__(&crypto_sign_detached) next;
	const char *file = getenv("ROWAN_TEST_SIGN_KILL");

	if (file != NULL && access(file, F_OK) == 0)
		(void)kill(getpid(), SIGKILL);
	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "crypto_sign_detached");
	return next(sig, siglen, m, mlen, sk);
}
