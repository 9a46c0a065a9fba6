/*
 * lab-init: pid 1 of a lab host. Starts one command, reaps every orphan, ends on SIGTERM (and the pid namespace with
 * it). With --until-eof it also ends when its standard input does, that is when whoever holds the other end is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "lab-init: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Returns the errno of a failed exec, 0 when the command runs. */
static int start(char **argv, const sigset_t *mask)
{
	int report[2];
	int error = 0;
	if (pipe2(report, O_CLOEXEC) != 0) return errno;
	pid_t child = fork();
	if (child < 0) return errno;
	if (child == 0) {
		int null = open("/dev/null", O_RDONLY);
		if (null > 0 && dup2(null, 0) == 0) close(null);
		sigprocmask(SIG_SETMASK, mask, NULL);
		execvp(argv[0], argv);
		error = errno;
		_exit(write(report[1], &error, sizeof error) == sizeof error ? 127 : 126);
	}
	close(report[1]);
	/* End of file: the exec closed the other end. */
	if (read(report[0], &error, sizeof error) < 0) error = errno;
	close(report[0]);
	return error;
}

static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0) continue;
}

static int stay(int signals, bool until_eof)
{
	struct pollfd waits[] = { { .fd = signals, .events = POLLIN }, { .fd = until_eof ? 0 : -1, .events = POLLIN } };
	for (;;) {
		if (poll(waits, 2, -1) < 0 && errno != EINTR) return fail("poll");
		struct signalfd_siginfo got;
		if ((waits[0].revents & POLLIN) && read(signals, &got, sizeof got) == sizeof got && got.ssi_signo == SIGTERM) return 0;
		char word[64];
		if (waits[1].revents != 0 && read(0, word, sizeof word) <= 0) return 0;
		reap();
	}
}

int main(int argc, char **argv)
{
	bool until_eof = argc > 1 && strcmp(argv[1], "--until-eof") == 0;
	char **command = argv + (until_eof ? 2 : 1);
	if (*command == NULL || strcmp(*command, "--") != 0 || command[1] == NULL) {
		fprintf(stderr, "usage: lab-init [--until-eof] -- COMMAND [ARGUMENT...]\n");
		return 2;
	}
	sigset_t mask, before;
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, &before);
	int signals = signalfd(-1, &mask, SFD_CLOEXEC);
	if (signals < 0) return fail("signalfd");
	errno = start(command + 1, &before);
	if (errno != 0) {
		fail(command[1]);
		return 127;
	}
	return stay(signals, until_eof);
}
