#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/store/fixture.h"

// ---- opening ----

static void open__twice__the_second_is_told_who_has_it(void **state)
{
    struct fixture *f = *state;
    struct tw_store *second = NULL;
    char pid[32];
    assert_int_equal(tw_store_open(f->path, &second, &f->err), TW_E_STORE);
    assert_null(second);
    snprintf(pid, sizeof pid, "process with id %ld", (long)getpid());
    assert_non_null(strstr(f->err.msg, pid));
    assert_non_null(strstr(f->err.msg, f->path));
    assert_int_equal(push_app(f, "1", 1, T0), 0); // the first does not mind
}

static void open__no_folder__names_the_file(void **state)
{
    struct fixture *f = *state;
    struct tw_store *other = NULL;
    assert_int_equal(tw_store_open("/nonexistent/x.db", &other, &f->err), TW_E_STORE);
    assert_non_null(strstr(f->err.msg, "/nonexistent/x.db"));
    assert_non_null(strstr(f->err.msg, "its folder must exist"));
}

static void spoil(const char *path, off_t offset, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, offset), (ssize_t)size);
    close(fd);
}

static void open__not_a_database__says_what_to_do(void **state)
{
    struct fixture *f = *state;
    tw_store_close(TW_TAKE(f->store));
    spoil(f->path, 0, "this is a letter to a friend", 28);
    assert_int_equal(tw_store_open(f->path, &f->store, &f->err), TW_E_STORE);
    assert_non_null(strstr(f->err.msg, f->path));
    assert_non_null(strstr(f->err.msg, "put a backup in its place"));
}

static void open__damaged_inside__a_read_says_so(void **state)
{
    struct fixture *f = *state;
    char junk[4096];
    struct tw_scan got;
    memset(junk, 0xA5, sizeof junk);
    for (unsigned i = 1; i <= 50; i++)
        push_app(f, NULL, i, T0);
    tw_store_close(TW_TAKE(f->store));
    for (off_t page = 1; page < 40; page++)
        spoil(f->path, page * 4096, junk, sizeof junk);
    int r = tw_store_open(f->path, &f->store, &f->err);
    if (r == 0)
        r = tw_store_scan_get(f->store, f->scan.id, &got, &f->err);
    assert_int_equal(r, TW_E_STORE);
    assert_non_null(strstr(f->err.msg, "the file is damaged"));
}

static void open__of_another_program__is_refused(void **state)
{
    struct fixture *f = *state;
    tw_store_close(TW_TAKE(f->store));
    spoil(f->path, 68, "\1\2\3\4", 4); // application_id in the header
    assert_int_equal(tw_store_open(f->path, &f->store, &f->err), TW_E_STORE);
    assert_non_null(strstr(f->err.msg, "another program"));
}

static void open__of_a_newer_version__is_refused(void **state)
{
    struct fixture *f = *state;
    tw_store_close(TW_TAKE(f->store));
    spoil(f->path, 60, "\0\0\0\x63", 4); // user_version in the header
    assert_int_equal(tw_store_open(f->path, &f->store, &f->err), TW_E_STORE);
    assert_non_null(strstr(f->err.msg, "newer Tidewaiter"));
}

static void open__again__everything_is_there(void **state)
{
    struct fixture *f = *state;
    struct tw_image_summary image;
    struct tw_digest digest = digest_of(1);
    store_image(f, "1", 1, T0);
    push_app(f, "2", 2, T0 + 1);
    reopen(f);
    assert_int_equal(tw_store_image_get(f->store, &digest, &image, &f->err), 0);
    assert_int_equal(lease_at(f, T0 + 2), 0);
    assert_string_equal(f->scan.digest.text, digest_of(2).text);
}

// ---- trouble ----

static void write__disk_refuses__fails_and_goes_on_later(void **state)
{
    struct fixture *f = *state;
    struct rlimit old, none;
    assert_int_equal(push_app(f, "1", 1, T0), 0);
    getrlimit(RLIMIT_FSIZE, &old);
    none = (struct rlimit){.rlim_cur = 512, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &none);
    int pushed = push_app(f, "2", 2, T0);
    struct tw_err why = f->err;
    int checked = tw_store_check(f->store, &f->err);
    struct tw_scan got;
    int read = tw_store_scan_get(f->store, f->scan.id, &got, &f->err);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(pushed, TW_E_STORE);
    assert_non_null(strstr(why.msg, f->path));
    assert_int_equal(checked, TW_E_STORE);
    assert_int_equal(read, 0); // what is there can still be read
    assert_int_equal(push_app(f, "2", 2, T0), 0);
    assert_true(f->is_new);
    assert_int_equal(tw_store_check(f->store, &f->err), 0);
}

// ---- many at once ----

enum { THREADS = 8, PUSHES = 60 };

struct pusher {
    struct fixture *f;
    pthread_t thread;
    unsigned number, created, failed;
};

// Every thread pushes the same digests, half of them in a full queue's face.
static void *push_many(void *ctx)
{
    struct pusher *me = ctx;
    for (unsigned i = 0; i < PUSHES; i++) {
        char text[256];
        struct tw_push push = {.requested_by = "api"};
        struct tw_scan scan;
        bool is_new = false;
        struct tw_queue_limits limits = {.max_queued = i % 2 ? 0 : 1000000};
        snprintf(text, sizeof text, "registry.example/team/app@%s", digest_of(i + 1).text);
        tw_reference_parse(text, &push.reference, NULL);
        int r = tw_store_push(me->f->store, &push, false, T0, &limits, &scan, &is_new, NULL);
        me->created += r == 0 && is_new;
        me->failed += r == TW_E_BUSY;
        if (r == 0 && tw_store_scan_get(me->f->store, scan.id, &scan, NULL) < 0)
            me->failed += 1000;
    }
    return NULL;
}

static void push__from_many_threads__one_scan_each_and_failures_harm_no_other(void **state)
{
    struct fixture *f = *state;
    struct pusher pushers[THREADS] = {0};
    unsigned created = 0, failed = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        pushers[i] = (struct pusher){.f = f, .number = i};
        assert_int_equal(pthread_create(&pushers[i].thread, NULL, push_many, &pushers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(pushers[i].thread, NULL);
        created += pushers[i].created;
        failed += pushers[i].failed;
    }
    assert_int_equal(created, PUSHES / 2);
    assert_int_equal(failed, THREADS * PUSHES / 2);
    uint64_t counts[4];
    int64_t oldest;
    assert_int_equal(tw_store_queue_stats(f->store, counts, &oldest, &f->err), 0);
    assert_int_equal(counts[TW_SCAN_QUEUED], PUSHES / 2);
}

static void *lease_many(void *ctx)
{
    struct pusher *me = ctx;
    char name[16];
    snprintf(name, sizeof name, "w%u", me->number);
    for (;;) {
        struct tw_scan scan;
        int64_t next;
        if (tw_store_lease(me->f->store, name, T0, 60000, &scan, &next, NULL) < 0)
            return NULL;
        me->created++;
        me->failed += scan.attempts != 1;
    }
}

static void lease__from_many_threads__no_scan_is_given_twice(void **state)
{
    struct fixture *f = *state;
    struct pusher workers[THREADS] = {0};
    unsigned leased = 0;
    for (unsigned i = 1; i <= 100; i++)
        push_app(f, NULL, i, T0);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct pusher){.f = f, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, lease_many, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        leased += workers[i].created;
        assert_int_equal(workers[i].failed, 0);
    }
    assert_int_equal(leased, 100);
}

// ---- unclean ends ----

// Pushes until it is killed; tells every id that was acknowledged.
static void push_until_killed(const char *path, int out, unsigned first)
{
    struct fixture f = {.limits = {.max_queued = 1000000, .max_attempts = 3}};
    if (tw_store_open(path, &f.store, &f.err) < 0)
        _exit(3);
    for (unsigned i = first;; i++) {
        if (push_app(&f, NULL, i, T0) < 0 || write(out, f.scan.id, 32) != 32)
            _exit(4);
    }
}

static void kill9__at_random_moments__no_acknowledged_push_is_lost(void **state)
{
    struct fixture *f = *state;
    static char ids[100000][33];
    size_t count = 0;
    tw_store_close(TW_TAKE(f->store));
    srand((unsigned)getpid());
    for (unsigned round = 0; round < 12; round++) {
        int pipes[2];
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        if (child == 0) {
            close(pipes[0]);
            push_until_killed(f->path, pipes[1], round * 1000000 + 1);
        }
        close(pipes[1]);
        size_t until = count + 1 + (size_t)(rand() % 40);
        while (count < TW_COUNT(ids) && read(pipes[0], ids[count], 32) == 32) {
            if (++count == until) // the child is in the middle of the next ones
                kill(child, SIGKILL);
        }
        close(pipes[0]);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    assert_int_equal(tw_store_open(f->path, &f->store, &f->err), 0);
    assert_true(count >= 12);
    for (size_t i = 0; i < count; i++) {
        struct tw_scan got;
        assert_int_equal(tw_store_scan_get(f->store, ids[i], &got, &f->err), 0);
        assert_int_equal(got.state, TW_SCAN_QUEUED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kill9__at_random_moments__no_acknowledged_push_is_lost), // while there is one thread
        TEST(open__twice__the_second_is_told_who_has_it),
        TEST(open__no_folder__names_the_file),
        TEST(open__not_a_database__says_what_to_do),
        TEST(open__damaged_inside__a_read_says_so),
        TEST(open__of_another_program__is_refused),
        TEST(open__of_a_newer_version__is_refused),
        TEST(open__again__everything_is_there),
        TEST(write__disk_refuses__fails_and_goes_on_later),
        TEST(push__from_many_threads__one_scan_each_and_failures_harm_no_other),
        TEST(lease__from_many_threads__no_scan_is_given_twice),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
