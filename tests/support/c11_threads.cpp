// Loaded before a program under the thread sanitizer, which knows POSIX threads but not those of
// C11, which librdkafka uses: their functions, by those of POSIX. Unseen threads end in a crash of
// the sanitizer; unseen locks would make of every hand-over a race. In glibc the types are the
// same.

#include <errno.h>
#include <pthread.h>
#include <threads.h>

#include <cstdint>

namespace {

struct Start {
  thrd_start_t function;
  void* argument;
};

void* run(void* start) {
  const Start s = *static_cast<Start*>(start);
  delete static_cast<Start*>(start);
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(s.function(s.argument)));
}

int result(int error) {
  return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : thrd_error;
}
pthread_mutex_t* posix(mtx_t* m) { return reinterpret_cast<pthread_mutex_t*>(m); }
pthread_cond_t* posix(cnd_t* c) { return reinterpret_cast<pthread_cond_t*>(c); }

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  return result(pthread_create(thread, nullptr, run, new Start{function, argument}));
}
int thrd_join(thrd_t thread, int* code) {
  void* returned = nullptr;
  const int error = pthread_join(thread, &returned);
  if (code != nullptr) *code = static_cast<int>(reinterpret_cast<std::intptr_t>(returned));
  return result(error);
}
int thrd_detach(thrd_t thread) { return result(pthread_detach(thread)); }

int mtx_lock(mtx_t* m) { return result(pthread_mutex_lock(posix(m))); }
int mtx_unlock(mtx_t* m) { return result(pthread_mutex_unlock(posix(m))); }
int cnd_wait(cnd_t* c, mtx_t* m) { return result(pthread_cond_wait(posix(c), posix(m))); }
int cnd_timedwait(cnd_t* c, mtx_t* m, const timespec* until) {
  return result(pthread_cond_timedwait(posix(c), posix(m), until));
}
int cnd_signal(cnd_t* c) { return result(pthread_cond_signal(posix(c))); }
int cnd_broadcast(cnd_t* c) { return result(pthread_cond_broadcast(posix(c))); }
}
