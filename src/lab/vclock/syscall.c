/* libc's syscall(), by which Perl and Python reach adjtimex. */
#include "preload.h"

#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

EXPORT long syscall(long number, ...)
{
	long a[6];
	va_list arguments;
	va_start(arguments, number);
	for (int i = 0; i < 6; i++) a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (host() == NULL) return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	switch (number) {
	case SYS_clock_gettime:
		return clock_gettime((clockid_t)a[0], (struct timespec *)a[1]);
	case SYS_clock_settime:
		return clock_settime((clockid_t)a[0], (const struct timespec *)a[1]);
	case SYS_adjtimex:
		return adjtimex((struct timex *)a[0]);
	case SYS_clock_adjtime:
		return clock_adjtime((clockid_t)a[0], (struct timex *)a[1]);
	default:
		return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
}
