/*
 * Administrative jobs: from any thread to the writer and back.
 *
 * A job waits in a list under a mutex; the network thread, which alone may use
 * the ring, hands it over and wakes whoever waits when its batch is back. What
 * is for the network thread itself it does there and then.
 */
#include <pthread.h>
#include <stdlib.h>

#include "net/inner.h"

struct waiting {
	struct inbound in;
	server_called *here; /* for the network thread, not the writer */
	void *cookie;
	bool done;
	struct waiting *next;
};

struct jobs {
	pthread_mutex_t lock;
	pthread_cond_t done;
	struct waiting *head, *tail; /* not handed over */
	struct waiting *given;	     /* handed over */
	struct waiting *calls;	     /* for the network thread */
	bool closed;		     /* nothing more is taken */
};

int jobs_new(struct jobs **ret)
{
	struct jobs *j = calloc(1, sizeof *j);

	*ret = NULL;
	if (j == NULL)
		return ROWAN_E_NOMEM;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->done, NULL);
	*ret = j;
	return 0;
}

void jobs_free(struct jobs *j)
{
	if (j == NULL)
		return;
	pthread_mutex_destroy(&j->lock);
	pthread_cond_destroy(&j->done);
	free(j);
}

int server_job(struct server *r, request_job *job, void *cookie)
{
	struct jobs *j = r->jobs;
	struct waiting *w = calloc(1, sizeof *w);
	int rc = ROWAN_E_STATE;

	if (w == NULL)
		return ROWAN_E_NOMEM;
	w->in.r.kind = REQUEST_JOB;
	w->in.r.job = job;
	w->in.r.cookie = cookie;
	pthread_mutex_lock(&j->lock);
	if (!j->closed) {
		if (j->tail != NULL)
			j->tail->next = w;
		else
			j->head = w;
		j->tail = w;
		wake_kick(&r->lanes.network);
		while (!w->done)
			pthread_cond_wait(&j->done, &j->lock);
		rc = w->in.r.result;
	}
	pthread_mutex_unlock(&j->lock);
	free(w);
	return rc;
}

int server_here(struct server *r, server_called *call, void *cookie)
{
	struct jobs *j = r->jobs;
	struct waiting *w = calloc(1, sizeof *w);
	int rc = ROWAN_E_STATE;

	if (w == NULL)
		return ROWAN_E_NOMEM;
	w->here = call;
	w->cookie = cookie;
	pthread_mutex_lock(&j->lock);
	if (!j->closed) {
		w->next = j->calls;
		j->calls = w;
		wake_kick(&r->lanes.network);
		while (!w->done)
			pthread_cond_wait(&j->done, &j->lock);
		rc = w->in.r.result;
	}
	pthread_mutex_unlock(&j->lock);
	free(w);
	return rc;
}

static void run_calls(struct jobs *j)
{
	while (j->calls != NULL) {
		struct waiting *w = j->calls;

		j->calls = w->next;
		w->here(w->cookie);
		w->done = true;
		pthread_cond_broadcast(&j->done);
	}
}

void jobs_hand_over(struct server *r)
{
	struct jobs *j = r->jobs;
	bool any = false;

	pthread_mutex_lock(&j->lock);
	run_calls(j);
	while (j->head != NULL && !r->draining &&
		ring_put(&r->lanes.requests, &j->head->in.r)) {
		struct waiting *w = j->head;

		j->head = w->next;
		if (j->head == NULL)
			j->tail = NULL;
		w->next = j->given;
		j->given = w;
		any = true;
	}
	pthread_mutex_unlock(&j->lock);
	if (any)
		wake_ring(&r->lanes.writer);
}

void jobs_done(struct server *r, struct request *q)
{
	struct jobs *j = r->jobs;
	struct waiting **at = &j->given;

	pthread_mutex_lock(&j->lock);
	while (*at != NULL && &(*at)->in.r != q)
		at = &(*at)->next;
	if (*at != NULL) {
		struct waiting *w = *at;

		*at = w->next;
		w->done = true;
		pthread_cond_broadcast(&j->done);
	}
	pthread_mutex_unlock(&j->lock);
}

bool jobs_given(struct server *r)
{
	struct jobs *j = r->jobs;
	bool ret;

	pthread_mutex_lock(&j->lock);
	ret = j->given != NULL;
	pthread_mutex_unlock(&j->lock);
	return ret;
}

static void refuse_list(struct waiting *w)
{
	for (; w != NULL; w = w->next) {
		w->in.r.result = ROWAN_E_STATE;
		w->done = true;
	}
}

void jobs_refuse_all(struct server *r)
{
	struct jobs *j = r->jobs;

	pthread_mutex_lock(&j->lock);
	j->closed = true;
	refuse_list(j->head);
	refuse_list(j->given);
	refuse_list(j->calls);
	j->head = j->tail = j->given = j->calls = NULL;
	pthread_cond_broadcast(&j->done);
	pthread_mutex_unlock(&j->lock);
}
