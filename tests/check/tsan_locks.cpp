// SPDX-License-Identifier: LGPL-2.1-or-later
//
// For ThreadSanitizer alone: GLib's locks are made of futexes and its references of atomics, in
// libraries that are not instrumented, so TSan does not see that who takes one comes after who gave
// it back. These functions stand in front of GLib's and GStreamer's, tell it so, and call them.

#include <dlfcn.h>

#include <glib-object.h>
#include <gst/gst.h>

extern "C" {

void __tsan_acquire(void* address);
void __tsan_release(void* address);

}  // extern "C"

namespace {

/// The function of this name that would be called without this file.
template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

#define NEXT(name) static auto* const next = Next<decltype(name)>(#name)

extern "C" {

void g_mutex_lock(GMutex* mutex) {
  NEXT(g_mutex_lock);
  next(mutex);
  __tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex* mutex) {
  NEXT(g_mutex_trylock);
  if (!next(mutex)) return FALSE;
  __tsan_acquire(mutex);
  return TRUE;
}

void g_mutex_unlock(GMutex* mutex) {
  NEXT(g_mutex_unlock);
  __tsan_release(mutex);
  next(mutex);
}

void g_cond_wait(GCond* cond, GMutex* mutex) {
  NEXT(g_cond_wait);
  __tsan_release(mutex);
  next(cond, mutex);
  __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond* cond, GMutex* mutex, gint64 end_time) {
  NEXT(g_cond_wait_until);
  __tsan_release(mutex);
  const gboolean woken = next(cond, mutex, end_time);
  __tsan_acquire(mutex);
  return woken;
}

void g_rec_mutex_lock(GRecMutex* mutex) {
  NEXT(g_rec_mutex_lock);
  next(mutex);
  __tsan_acquire(mutex);
}

gboolean g_rec_mutex_trylock(GRecMutex* mutex) {
  NEXT(g_rec_mutex_trylock);
  if (!next(mutex)) return FALSE;
  __tsan_acquire(mutex);
  return TRUE;
}

void g_rec_mutex_unlock(GRecMutex* mutex) {
  NEXT(g_rec_mutex_unlock);
  __tsan_release(mutex);
  next(mutex);
}

// Whoever frees comes after all who have let go.

void g_object_unref(gpointer object) {
  NEXT(g_object_unref);
  __tsan_release(object);
  __tsan_acquire(object);
  next(object);
}

void gst_mini_object_unref(GstMiniObject* object) {
  NEXT(gst_mini_object_unref);
  __tsan_release(object);
  __tsan_acquire(object);
  next(object);
}

}  // extern "C"
