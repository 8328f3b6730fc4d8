/*
 * See stop.h. Not signalfd(2): OpenBLAS starts threads before main() runs, and a
 * signal that only we block would end the process through one of them.
 */
#include "sys/stop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>

static int event_fd = -1;

static void on_signal(int sig)
{
	int saved = errno;
	(void)sig;
	eventfd_write(event_fd, 1);
	errno = saved;
}

int stop_fd_open(int *fd, struct err *e)
{
	static const int sigs[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event_fd < 0)
		return err_sys(e, "eventfd");
	for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++)
		if (sigaction(sigs[i], &sa, NULL))
			return err_sys(e, "sigaction");
	*fd = event_fd;
	return 0;
}
