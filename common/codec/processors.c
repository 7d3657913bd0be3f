#include "codec/processors.h"

#ifdef __linux__
#include <sched.h>
#endif
#include <unistd.h>

unsigned int
processors_affine(void)
{
#if defined(__linux__) && defined(CPU_COUNT)
	cpu_set_t set;

	/* Fails with EINVAL where the kernel's mask is wider than 1,024. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (unsigned int)CPU_COUNT(&set);
#endif
	return 0;
}

unsigned int
processors_online(void)
{
	long n;

	n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 && n <= 65536 ? (unsigned int)n : 0;
}

unsigned int
processors_usable(void)
{
	unsigned int n;

	n = processors_affine();
	if (n == 0)
		n = processors_online();
	return n == 0 ? 1 : n;
}
