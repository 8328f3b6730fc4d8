/* Signals and threads behind one descriptor; see wake.h. */
#include "wake.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int wake_open(struct wake *w, int stop_fd, struct err *e)
{
	*w = (struct wake){stop_fd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), epoll_create1(EPOLL_CLOEXEC)};
	const int fd[2] = {w->stop_fd, w->event_fd};
	if (w->event_fd < 0 || w->poll_fd < 0)
		return err_sys(e, "eventfd");
	for (size_t i = 0; i < 2; i++) {
		struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd[i]};
		if (epoll_ctl(w->poll_fd, EPOLL_CTL_ADD, fd[i], &ev))
			return err_sys(e, "epoll");
	}
	return 0;
}

void wake_up(const struct wake *w)
{
	eventfd_write(w->event_fd, 1);
}

bool wake_told(const struct wake *w)
{
	struct epoll_event got[2];
	eventfd_t n;
	bool leave = false;
	for (int i = epoll_wait(w->poll_fd, got, 2, 0); i-- > 0;)
		if (got[i].data.fd == w->event_fd)
			eventfd_read(w->event_fd, &n);
		else
			leave = true;
	return leave;
}

void wake_close(struct wake *w)
{
	if (w->event_fd >= 0)
		close(w->event_fd);
	if (w->poll_fd >= 0)
		close(w->poll_fd);
}
